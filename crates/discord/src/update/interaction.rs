//! Interactions: commands that were filled in, components that were pressed, and what is asked while somebody types.

use bot::{Body, Incoming};
use serde_json::Value;

use super::wire::{Channel, Member};
use super::{Reader, Spot, Translated, command, event, read, wire};
use crate::ticket::{EPHEMERAL, Interaction, Ticket};

const COMMAND: u8 = 2;
const COMPONENT: u8 = 3;
const AUTOCOMPLETE: u8 = 4;
/// A command that is typed with a slash; others hang on people and messages.
const CHAT_INPUT: u8 = 1;
/// A chat between others, which the bot is no part of.
const OF_OTHERS: u8 = 2;

/// Administrator, Manage Channels, Manage Messages: whoever has one of them runs a channel.
pub(crate) const RUNS_A_CHANNEL: u64 = 1 << 3 | 1 << 4 | 1 << 13;

/// What is asked while somebody fills in an option.
pub(crate) struct Asked {
    /// The command as the table calls it: `session resume`.
    pub(crate) command: String,
    /// The option.
    pub(crate) option: String,
    /// What stands there so far.
    pub(crate) typed: String,
    /// Where it is asked, and by whom.
    pub(crate) at: Box<Incoming>,
}

/// Reads an interaction that asks for suggestions.
pub(crate) fn asked(interaction: &Value, account: &str, me: Option<&str>) -> Option<Asked> {
    let asked = read::<wire::Interaction>(interaction)?;
    let data = asked.data.as_ref().filter(|_| asked.kind == AUTOCOMPLETE)?;
    let filled = command::filled(data);
    let focused = filled.options.iter().find(|given| given.focused)?;
    let body = Body::Text { text: String::new(), addressed: true };
    let at = incoming(&Reader { account, me }, &asked, body, None).ok()?;
    let (option, typed) = (focused.name.clone(), focused.text());
    Some(Asked { command: filled.name, option, typed, at: Box::new(at) })
}

pub(super) fn translate(by: &Reader<'_>, happened: &wire::Interaction) -> Translated {
    let Some(data) = &happened.data else {
        return Translated::Ignored("interaction without data");
    };
    let body = match happened.kind {
        COMMAND if data.kind.is_none_or(|kind| kind == CHAT_INPUT) => {
            Body::Text { text: command::filled(data).line(), addressed: true }
        }
        COMPONENT => {
            // A menu carries what was chosen, a button itself.
            let chosen = data.values.first().or(data.custom_id.as_ref());
            let Some(chosen) = chosen else {
                return Translated::Ignored("press without data");
            };
            Body::Press { data: chosen.clone() }
        }
        _ => return Translated::Ignored("another kind of interaction"),
    };
    let ticket = Ticket {
        message: happened.message.as_ref().map(|pressed| pressed.id.clone()),
        guild: happened.guild_id.clone(),
        interaction: Some(interaction(happened)),
    };
    match incoming(by, happened, body, ticket.to_wire()) {
        Ok(incoming) => event(incoming),
        Err(why) => Translated::Ignored(why),
    }
}

fn interaction(happened: &wire::Interaction) -> Interaction {
    let pressed = happened.message.as_ref().filter(|_| happened.kind == COMPONENT);
    let is_press = happened.kind == COMPONENT;
    let is_ephemeral = match pressed {
        Some(pressed) => pressed.flags & EPHEMERAL != 0,
        None => !is_press && happened.guild_id.is_some(),
    };
    let [id, token, application] =
        [&happened.id, &happened.token, &happened.application_id].map(Clone::clone);
    Interaction { id, token, application, is_press, is_ephemeral }
}

/// The event, or why it is none.
fn incoming(
    by: &Reader<'_>,
    happened: &wire::Interaction,
    body: Body,
    ticket: Option<String>,
) -> Result<Incoming, &'static str> {
    if happened.context == Some(OF_OTHERS) {
        return Err("in a chat of others");
    }
    let user = happened.user().ok_or("nobody did it")?;
    let unknown = happened.channel_id.as_deref().map(Channel::unknown);
    let channel = happened.channel.as_ref().or(unknown.as_ref()).ok_or("in no channel")?;
    let at = Spot { channel, guild: happened.guild_id.as_deref() };
    let member = happened.member.as_ref();
    let admin = if at.is_direct() { Some(false) } else { member.and_then(runs_the_channel) };
    let id = ("interaction", happened.id.as_str());
    Ok(Incoming { admin, ticket, ..by.event(id, &at, user.peer(member), body) })
}

/// Whether somebody runs the channel, as far as Discord says what they may there.
fn runs_the_channel(member: &Member) -> Option<bool> {
    let permissions = member.permissions.as_ref()?.parse::<u64>().ok()?;
    Some(permissions & RUNS_A_CHANNEL != 0)
}
