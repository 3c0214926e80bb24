//! Help, welcome, and who one is.

use crate::bot::Job;
use crate::reply::Reply;
use crate::whereabouts::Here;

pub(super) fn help(topic: Option<&str>) -> Reply {
    Reply::text(commands::help(topic))
}

pub(super) fn welcome(here: &Here) -> Reply {
    let where_kept = if here.lane_is_private() {
        "What you say here is kept as your own session; nobody else sees it."
    } else {
        "What is said here is kept as one session that everybody in this chat shares."
    };
    Reply::text(format!(
        "Welcome. Write, and it is kept. {where_kept}\n\
         /session shows where you are, /checkpoint save names this point, /undo takes back, /help lists every command."
    ))
}

pub(super) fn whoami(here: &Here, job: &Job) -> Reply {
    let incoming = &job.incoming;
    let mut lines = vec![format!("You: {}", incoming.peer_name())];
    lines.push(format!("Chat: {}:{}", incoming.channel, incoming.chat));
    if let Some(thread) = &incoming.thread {
        lines.push(format!("Thread: {thread}"));
    }
    lines.push(format!("Owner: {}", if here.owner { "yes" } else { "no" }));
    Reply { private: !here.direct, ..Reply::text(lines.join("\n")) }
}
