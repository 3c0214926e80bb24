//! Lists: sessions, checkpoints, history, hits of a search.

use sessions::decide::Rules;
use sessions::manager::{CheckpointPage, HistoryPage, Listed, SearchPage, SessionPage};
use sessions::model::{Checkpoint, Message};
use sessions::time::Timestamp;

use super::{ago, counted, local, messages};

pub(crate) fn sessions(page: &SessionPage, now: Timestamp) -> String {
    let mut lines = Vec::new();
    if !page.active.is_empty() {
        lines.push("Active:".to_owned());
        lines.extend(page.active.iter().map(|listed| session(listed, now)));
    }
    if page.past.is_empty() {
        lines.push(if lines.is_empty() {
            "No more past sessions.".to_owned()
        } else {
            "No past sessions here.".to_owned()
        });
    } else {
        lines.push("Past, in this conversation:".to_owned());
        lines.extend(page.past.iter().map(|listed| session(listed, now)));
    }
    lines.join("\n")
}

fn session(listed: &Listed, now: Timestamp) -> String {
    let session = &listed.session;
    let called = session.title.as_ref().or(listed.first_words.as_ref());
    let called = called.map_or(String::new(), |words| format!(" “{words}”"));
    let mark = if listed.here { " ← here" } else { "" };
    format!(
        "{}{called} · {} · {} · {}{mark}",
        session.id.short(),
        session.origin.channel,
        messages(session.message_count()),
        ago(session.last_activity_at, now)
    )
}

pub(crate) fn all_lanes(lanes: u64, count: u64) -> String {
    format!(
        "{}, {} in their current sessions. No text is shown here.",
        counted(lanes, "conversation"),
        messages(count)
    )
}

pub(crate) fn checkpoints(page: &CheckpointPage, now: Timestamp) -> String {
    let mut lines = Vec::new();
    if page.checkpoints.is_empty() {
        lines.push("No checkpoints here. /checkpoint save names this point.".to_owned());
    } else {
        lines.push(format!(
            "{} in this conversation, newest first:",
            counted(page.total, "checkpoint")
        ));
        lines.extend(page.checkpoints.iter().map(|saved| checkpoint(saved, now)));
    }
    if !page.automatic.is_empty() {
        lines.push("Kept automatically, while undo goes back:".to_owned());
        lines.extend(page.automatic.iter().map(|saved| checkpoint(saved, now)));
    }
    lines.join("\n")
}

fn checkpoint(saved: &Checkpoint, now: Timestamp) -> String {
    let more = saved.description.as_ref().map_or(String::new(), |text| format!("\n    {text}"));
    format!(
        "{} “{}” · {} · {} · session {}{more}",
        saved.id.short(),
        saved.name,
        messages(saved.message_count()),
        ago(saved.created_at, now),
        saved.session.short()
    )
}

pub(crate) fn history(page: &HistoryPage, rules: &Rules) -> String {
    let session = &page.session;
    let (Some(first), Some(last)) = (page.messages.first(), page.messages.last()) else {
        return format!("Session {} is empty.", session.id.short());
    };
    let mut text = format!(
        "Session {}, messages {} to {} of {}",
        session.id.short(),
        first.point.position,
        last.point.position,
        session.message_count()
    );
    for message in &page.messages {
        text.push_str(&said(message, rules));
    }
    text
}

fn said(message: &Message, rules: &Rules) -> String {
    let words = &message.words;
    let by = words.author.as_ref().map_or(words.role.word(), |author| author.name.as_str());
    let pinned = if message.importance == sessions::importance::PINNED { " · pinned" } else { "" };
    format!(
        "\n\n#{} {by} · {}{pinned}\n{}",
        message.point.position,
        local(message.created_at, rules.zone),
        words.content
    )
}

pub(crate) fn search(words: &str, page: &SearchPage, rules: &Rules) -> String {
    let words: String = words.chars().take(100).collect();
    let opened = messages(u64::try_from(page.opened).unwrap_or(u64::MAX));
    if page.hits.is_empty() {
        let more = if page.next.is_some() { " so far; “Older” goes on" } else { "" };
        return format!("Nothing found for “{words}” in {opened}{more}.");
    }
    let mut text = format!("Found for “{words}”, newest first:");
    for hit in &page.hits {
        text.push_str(&format!(
            "\n{} #{} {} · {}\n    {}",
            hit.session.short(),
            hit.position,
            hit.role.word(),
            local(hit.created_at, rules.zone),
            hit.snippet
        ));
    }
    text
}
