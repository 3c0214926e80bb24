//! What the bot says. Every answer is computed from what was stored; each destructive one ends with the way back.

mod card;
mod context;
mod decided;
mod list;

use std::time::Duration;

use sessions::decide::Rules;
use sessions::model::{Scope, Session, Strategy};
use sessions::reset::Tz;
use sessions::time::Timestamp;
use sessions::{Fault, StoreError};

use crate::reply::Reply;

pub(crate) use card::{card, policy};
pub(crate) use context::{context, strategy};
pub(crate) use decided::decided;
pub(crate) use list::{all_lanes, checkpoints, history, search, sessions};

/// `1 message`, `2 messages`.
fn counted(count: u64, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

fn messages(count: u64) -> String {
    counted(count, "message")
}

/// An instant on a wall clock: date, time, zone, offset.
fn local(at: Timestamp, zone: Tz) -> String {
    let local = at.to_utc().with_timezone(&zone);
    if zone == Tz::UTC {
        return local.format("%Y-%m-%d %H:%M UTC").to_string();
    }
    format!("{} {} (UTC{})", local.format("%Y-%m-%d %H:%M"), zone.name(), local.format("%:z"))
}

/// How long ago something was, in its largest unit.
fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.since(at).as_secs();
    let (count, unit) = match seconds {
        0..60 => return "just now".to_owned(),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{} ago", counted(count, unit))
}

fn days(window: Duration) -> String {
    counted(window.as_secs() / 86_400, "day")
}

pub(crate) fn stranger(who: &str) -> String {
    format!("I may not talk here. Ask whoever runs this bot to let {who} in.")
}

pub(crate) fn faceless() -> String {
    "A chat that speaks in its own name has no conversation of its own here. Speak as yourself, or let an administrator set /session scope group, which all share."
        .to_owned()
}

pub(crate) fn later(command: &str) -> String {
    format!("/{command} is not available in this build yet. Nothing was changed.")
}

pub(crate) fn stale_button() -> String {
    "This button is not yours, or it is too old. Nothing was changed; the command itself still works."
        .to_owned()
}

pub(crate) fn missing() -> &'static str {
    "(An earlier answer may not have reached you. /history shows what was said; /session shows where you are.)"
}

/// What a button says that shows what waits behind it.
pub(crate) const SHOW: &str = "Show me";

/// What stands in the place of an answer that waits behind a button.
pub(crate) fn covered() -> String {
    "The answer is for you alone.".to_owned()
}

pub(crate) fn no_file() -> String {
    "The file could not be made. Nothing was changed; the operator finds the cause in the log."
        .to_owned()
}

pub(crate) fn nothing_to_export() -> String {
    "There is nothing to export: this conversation is empty.".to_owned()
}

pub(crate) fn owners_only(command: &str) -> String {
    format!("{command} is for owners only.")
}

pub(crate) fn admins_only() -> String {
    "Everybody here shares this conversation; only those who run the chat may change it so."
        .to_owned()
}

/// Why nothing can be kept, if that is the fault: it may be mended from outside.
pub(crate) fn why_nothing_is_kept(fault: &Fault) -> Option<&'static str> {
    if let Fault::Store(StoreError::Full(_)) = fault {
        Some("the disk is full")
    } else if let Fault::Store(StoreError::ReadOnly(_) | StoreError::Unresolved(_)) = fault {
        Some("the database cannot be written")
    } else {
        None
    }
}

/// What is said where nothing can be kept, if that is why: it comes again until it can.
pub(crate) fn waits(fault: &Fault) -> Option<Reply> {
    let why = why_nothing_is_kept(fault)?;
    Some(Reply::text(format!(
        "Nothing can be done just now: {why}. What you said here waits, and is taken up in order as soon as that is mended."
    )))
}

/// A fault, in one sentence, with a reference that the log has too.
pub(crate) fn fault(event: i64, fault: &Fault) -> Reply {
    if let Fault::Store(StoreError::Unresolved(_)) = fault {
        return Reply::text(format!(
            "It cannot be told whether that was done: the database cannot be written. Look before you try again. (reference e-{event})"
        ));
    }
    let (why, next) = if let Fault::Store(StoreError::Full(_)) = fault {
        ("the disk is full", "try again when there is room")
    } else if let Fault::Store(StoreError::ReadOnly(_)) = fault {
        ("the database cannot be written", "try again later")
    } else if let Fault::Store(StoreError::Damaged(_)) | Fault::Row(_) = fault {
        ("stored data is damaged", "the operator has to look at it")
    } else {
        ("something went wrong on this side", "try again later")
    };
    Reply::text(format!(
        "That was not done: {why}. Nothing was changed; {next}. (reference e-{event})"
    ))
}

/// An event that is set aside after several attempts.
pub(crate) fn parked(event: i64) -> Reply {
    Reply::text(format!(
        "That could not be done and has been set aside. Nothing was changed. (reference e-{event})"
    ))
}

/// What is said when not even the answer can be stored.
pub(crate) fn still_waiting(text: &str) -> String {
    format!("{text} It is kept and will be tried again when the program starts next.")
}

pub(crate) fn exported(session: &Session, name: &str) -> String {
    format!(
        "Exported {} of session {} as {name}.",
        messages(session.message_count()),
        session.id.short()
    )
}

pub(crate) fn zone(zone: Tz, now: Timestamp) -> String {
    format!("Time zone: {}. It is {} there.", zone.name(), local(now, zone))
}

pub(crate) fn zone_set(zone: Tz, now: Timestamp, own: bool) -> String {
    let whose = if own { "your time zone" } else { "this chat's time zone" };
    format!("{} is now {whose}. It is {} there.", zone.name(), local(now, zone))
}

fn scope_words(scope: Scope) -> &'static str {
    match scope {
        Scope::Main => "main (one session for the whole store)",
        Scope::PerPeer => "peer (one session per person, over all channels)",
        Scope::PerChannelPeer => "channel (one session per person in this chat)",
        Scope::PerChannel => "group (one session shared by all in this chat)",
    }
}

pub(crate) fn scope(scope: Scope, direct: bool) -> String {
    let choices = if direct { "main, channel, peer" } else { "channel, peer, group" };
    format!("Scope: {}. /session scope sets it: {choices}.", scope_words(scope))
}

/// What is heard; `untold` is the setting without which the channel does not tell all.
pub(crate) fn hears(all: bool, untold: Option<&str>) -> String {
    match (all, untold) {
        (true, None) => "I hear everything that is said here.".to_owned(),
        (true, Some(setting)) => format!(
            "I am to hear everything that is said here, but am told only what mentions me, replies to me or is filled in \
             as a command, until whoever runs this bot sets {setting}."
        ),
        (false, _) => "I hear commands, mentions of me and replies to me. /session hear all makes me hear everything."
            .to_owned(),
    }
}

pub(crate) fn scope_set(scope: Scope, selected: Option<&Session>) -> String {
    let mut text = format!("Scope is now {}.", scope_words(scope));
    if let Some(session) = selected {
        let (id, count) = (session.id.short(), messages(session.message_count()));
        text.push_str(&format!(" Current session: {id} ({count})."));
    }
    text.push_str(" Nothing was merged; the other sessions stay where they were.");
    if scope == Scope::Main {
        text.push_str(
            " Beware: every owner shares this session, from every direct chat with this scope.",
        );
    }
    text
}

/// A reset that has just happened, said before the answer.
fn reset_notice(reason: &sessions::reset::ResetReason) -> String {
    format!("New session ({reason}). /undo brings the previous one back.")
}

fn daily_words(rules: &Rules, policy: &sessions::reset::ResetPolicy) -> String {
    match policy.daily {
        None => "off".to_owned(),
        Some(at) => format!("daily at {at} {}", rules.zone.name()),
    }
}

fn idle_words(policy: &sessions::reset::ResetPolicy) -> String {
    match policy.idle {
        None => "off".to_owned(),
        Some(after) => {
            let minutes = after.as_secs() / 60;
            let (count, unit) = match minutes {
                _ if minutes.is_multiple_of(1_440) => (minutes / 1_440, "day"),
                _ if minutes.is_multiple_of(60) => (minutes / 60, "hour"),
                _ => (minutes, "minute"),
            };
            format!("after {} without a message", counted(count, unit))
        }
    }
}

fn strategy_words(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Recent => "recent (the newest messages that fit)",
        Strategy::Smart => {
            "smart (instructions, the first question, what is important, then the newest)"
        }
        Strategy::Summarize => "summarize (a summary of what is older, then the newest)",
    }
}
