//! A data folder as the console makes it, with one conversation of a given length in it.
//!
//! The conversation comes in through the core like any other: somebody says hello to a bot, an import is brought into
//! their lane and made current. So the program itself can be started on the folder.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use bot::{Access, Body, Bot, Delivered, Incoming, Outlet, Parcel, Peer, Settings};
use sessions::decide::{Imported, ImportedMessage};
use sessions::id::{LaneId, SessionId};
use sessions::manager::{Ask, At, Done, Rider, SessionRef};
use sessions::model::{Role, Usage, Words};
use sessions::store::Store;
use sessions::time::Timestamp;
use sessions::vault::KeyText;
use sessions::{Config, KeySource, SessionManager};
use sqlite::{SqliteStore, SystemEnvironment};
use tempfile::TempDir;

use crate::Bench;
use crate::text::message;

pub(crate) type Manager = SessionManager<SqliteStore, SystemEnvironment>;

/// Who talks in the conversation: `USER` of the program that is started on the folder.
pub(crate) const WHO: &str = "ann";

/// A folder with its store opened.
pub(crate) struct Home {
    folder: TempDir,
    pub(crate) manager: Manager,
    pub(crate) lane: LaneId,
    pub(crate) session: SessionId,
}

impl Home {
    /// A new folder whose current conversation has so many messages.
    pub(crate) fn new(bench: &Bench, messages: usize) -> anyhow::Result<Self> {
        let folder = TempDir::new_in(&bench.folder)?;
        let key = make_key(&folder.path().join("master.key"))?;
        let store = SqliteStore::open(&folder.path().join("sessions.db"))?;
        bench.runtime.block_on(async {
            let key = KeySource::Sealed(KeyText::parse(&key)?);
            let config = Config::default();
            let manager = SessionManager::open(store, SystemEnvironment, config, key).await?;
            let (lane, session) = talk(&manager, messages).await?;
            Ok(Self { folder, manager, lane, session })
        })
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("sessions.db")
    }

    /// A file of the bare side, beside the database.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Does what is asked of the conversation's lane.
    pub(crate) async fn perform(&self, ask: &Ask) -> anyhow::Result<Done> {
        perform(&self.manager, self.lane, ask).await
    }

    /// Closes the store; the folder goes with what is answered.
    pub(crate) fn close(self) -> TempDir {
        let Self { folder, manager, .. } = self;
        drop(manager);
        folder
    }
}

/// A bot over a store, open to everybody.
pub(crate) async fn start_bot<O: Outlet>(
    manager: &Manager,
    outlet: O,
) -> anyhow::Result<Bot<SqliteStore, SystemEnvironment, O>> {
    let settings = Settings { access: Access::open(BTreeSet::new()), ..Settings::default() };
    Ok(Bot::start(manager.clone(), settings, outlet).await?)
}

/// Something said in the direct chat of a peer, as the console hands it in.
pub(crate) fn said(peer: &str, event: String, text: String) -> Incoming {
    Incoming {
        channel: "console".to_owned(),
        account: "console".to_owned(),
        event,
        also: Vec::new(),
        chat: format!("dm:{peer}"),
        thread: None,
        guild: None,
        direct: true,
        me: None,
        admin: Some(false),
        faceless: false,
        peer: Peer { id: peer.to_owned(), name: peer.to_owned() },
        said_at: None,
        ticket: None,
        body: Body::Text { text, addressed: true },
    }
}

/// Delivers nothing.
struct Nowhere;

impl Outlet for Nowhere {
    async fn deliver(&self, _: Parcel) -> Delivered {
        Delivered::Sent
    }
}

async fn talk(manager: &Manager, messages: usize) -> anyhow::Result<(LaneId, SessionId)> {
    let bot = start_bot(manager, Nowhere).await?;
    bot.receive(said(WHO, "hello".to_owned(), "hello".to_owned())).await?;
    bot.settle().await?;
    bot.stop().await?;
    let lanes = manager.store().lanes(None, None, 1).await?;
    let lane = lanes.first().ok_or_else(|| anyhow::anyhow!("no lane was made"))?;
    if messages == 0 {
        return Ok((lane.id, lane.current));
    }
    let done = perform(manager, lane.id, &Ask::Import(Box::new(conversation(messages)))).await?;
    let sessions::decide::Outcome::Imported(session) = done.decision.outcome else {
        anyhow::bail!("an import brings a session in");
    };
    perform(manager, lane.id, &Ask::Resume(SessionRef::Id(session.id))).await?;
    Ok((lane.id, session.id))
}

fn conversation(messages: usize) -> Imported {
    let start = 1_700_000_000_000;
    let at = |number: usize| {
        Timestamp::from_millis(start + i64::try_from(number).unwrap_or(0).saturating_mul(1_000))
    };
    let messages = (1..=messages).map(|number| {
        let role = if number % 2 == 1 { Role::User } else { Role::Assistant };
        let words = Words { role, ..Words::user(message(number)) };
        ImportedMessage { words, created_at: at(number), pinned: false }
    });
    Imported {
        created_at: at(0),
        title: None,
        messages: messages.collect(),
        checkpoints: Vec::new(),
        usage: Usage::default(),
    }
}

async fn perform(manager: &Manager, lane: LaneId, ask: &Ask) -> anyhow::Result<Done> {
    let at = At::Lane(lane);
    let done = manager.perform(&at, ask, None, |_, _, _| Ok(Rider::default())).await;
    done.map_err(|failure| anyhow::anyhow!("{failure:?}"))
}

fn make_key(file: &Path) -> anyhow::Result<String> {
    let (_, line) = KeyText::generate()?;
    let mut key = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    writeln!(key, "{}", line.as_str())?;
    Ok(line.as_str().to_owned())
}
