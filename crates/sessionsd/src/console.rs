//! The console channel: a person, or a program, talks to the bot through lines.
//!
//! Everybody here may talk; whoever started the program is the owner. Lines that begin with `:` drive the console
//! itself, so that one person can try what needs several people, or tomorrow.
//!
//! Not here: any rule about sessions. What a line does is decided by `bot`, as on every other channel.

mod clock;
mod complete;
mod directive;
mod input;
mod outlet;

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Context;
use bot::{Access, Body, Bot, BotError, Incoming, Peer, Settings};
use sessions::Environment;
use sqlite::SqliteStore;
use tokio::signal::unix::{SignalKind, signal};

use crate::data::Data;
use crate::nightly;
use clock::ConsoleClock;
use directive::Directive;
use input::Line;
use outlet::Printer;

pub(crate) use outlet::printable;

/// The bot's login, on whatever channel somebody plays here.
const ACCOUNT: &str = "console";

type ConsoleBot = Bot<SqliteStore, Arc<ConsoleClock>, Arc<Printer>>;

/// Who speaks, and where, until a directive changes it.
#[derive(Debug, Clone)]
pub(crate) struct Stance {
    me: String,
    peer: String,
    chat: Option<String>,
    channel: String,
}

impl Stance {
    fn new(me: String) -> Self {
        Self { peer: me.clone(), me, chat: None, channel: "console".to_owned() }
    }

    fn prompt(&self) -> String {
        let chat = self.chat.as_ref().map_or(String::new(), |chat| format!(" in {chat}"));
        let channel =
            if self.channel == "console" { String::new() } else { format!(" on {}", self.channel) };
        format!("{}{chat}{channel}> ", self.peer)
    }

    fn incoming(&self, event: String, body: Body) -> Incoming {
        Incoming {
            channel: self.channel.clone(),
            account: ACCOUNT.to_owned(),
            event,
            also: Vec::new(),
            chat: self.chat.clone().unwrap_or_else(|| format!("dm:{}", self.peer)),
            thread: None,
            guild: None,
            direct: self.chat.is_none(),
            peer: Peer { id: self.peer.clone(), name: self.peer.clone() },
            me: None,
            admin: Some(false),
            faceless: false,
            said_at: None,
            ticket: None,
            body,
        }
    }
}

/// Runs the console until its input ends or somebody says stop.
pub(crate) async fn run(data: &Data, config: sessions::Config, json: bool) -> anyhow::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let me = std::env::var("USER").ok().filter(|name| !name.is_empty());
    let mut stance = Stance::new(me.unwrap_or_else(|| "me".to_owned()));
    let printer = Arc::new(Printer::new(data.exports(), json));
    let clock = Arc::new(ConsoleClock::default());
    let bot = open(data, config, &stance, &clock, &printer).await?;
    bot.settle().await?;
    nightly::forget_once(&bot).await;

    let mut lines = input::lines(&bot, json)?;
    loop {
        let line = tokio::select! {
            line = lines.next(&stance) => line,
            _ = terminated.recv() => None,
            _ = interrupted.recv() => None,
        };
        let Some(line) = line else { break };
        let go_on = match line {
            Line::Text(text) => obey(&bot, &printer, &clock, &mut stance, text).await?,
            Line::Unreadable(why) => {
                printer.notice(&why);
                true
            }
        };
        if !go_on || printer.is_closed() {
            break;
        }
    }
    bot.stop().await?;
    Ok(())
}

async fn open(
    data: &Data,
    config: sessions::Config,
    stance: &Stance,
    clock: &Arc<ConsoleClock>,
    printer: &Arc<Printer>,
) -> anyhow::Result<ConsoleBot> {
    let opened = data.open(Arc::clone(clock), config).await?;
    let new = match (opened.is_new, data.is_sealed()) {
        (true, true) => " (new, sealed)",
        (true, false) => " (new, not sealed)",
        (false, _) => "",
    };
    eprintln!("Database: {}{new}", data.database().display());
    if data.is_sealed() {
        let new = " (new; keep a copy elsewhere: without it nothing can be read)";
        eprintln!("Key: {}{}", opened.key, if opened.new_key.is_some() { new } else { "" });
    }
    let channels = ["console", "telegram", "discord"];
    let owners: BTreeSet<String> =
        channels.iter().map(|channel| format!("{channel}:{}", stance.me)).collect();
    let settings = Settings { access: Access::open(owners), ..Settings::default() };
    Bot::start(opened.manager, settings, Arc::clone(printer)).await.context("the bot cannot start")
}

/// Does what a line says; answers whether to go on.
async fn obey(
    bot: &ConsoleBot,
    printer: &Printer,
    clock: &ConsoleClock,
    stance: &mut Stance,
    text: String,
) -> anyhow::Result<bool> {
    if text.trim().is_empty() {
        return Ok(true);
    }
    let body = match directive::parse(&text) {
        None => Body::Text { text, addressed: true },
        Some(Err(why)) => {
            printer.notice(&why);
            return Ok(true);
        }
        Some(Ok(Directive::Quit)) => return Ok(false),
        Some(Ok(Directive::PressData(data))) => Body::Press { data },
        Some(Ok(Directive::Press(number))) => match printer.button(number) {
            Ok(data) => Body::Press { data },
            Err(why) => {
                printer.notice(&why);
                return Ok(true);
            }
        },
        Some(Ok(directive)) => {
            printer.notice(&directive::apply(directive, stance, clock));
            return Ok(true);
        }
    };
    let event = sessions::id::TurnId::new(clock.random()?).to_string();
    match bot.receive(stance.incoming(event, body)).await {
        Ok(_) => bot.quiet().await,
        Err(BotError::Fault(fault)) => {
            tracing::error!(error = &fault as &dyn std::error::Error, "an event was not taken in");
            printer.notice(&format!("That was not taken in and takes no effect: {fault}."));
        }
    }
    Ok(true)
}
