//! `sessionsd sessions …`.

use std::fmt::Write;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;

use anyhow::{Context, bail};

use crate::arguments::{Export, Import, List, OneSession};
use crate::control::{Answer, Request, SessionLine};

use super::{Desk, ELSE};

pub(crate) fn list(asked: &List) -> anyhow::Result<()> {
    let desk = Desk::of(&asked.whose)?;
    let (limit, bin, of) = (asked.limit, asked.bin, asked.of.clone());
    let answer = desk.ask(&Request::Sessions { limit, bin, of }, None)?;
    let Answer::Sessions { sessions, of } = &answer else { bail!(ELSE) };
    desk.show(&answer, || {
        let mut told = String::new();
        for session in sessions {
            let SessionLine { id, state, messages, last_activity_at, title, .. } = session;
            let whose = session.user.as_ref().unwrap_or(&session.channel);
            let title = title.as_ref().map(|title| format!("  “{title}”")).unwrap_or_default();
            let _ = writeln!(
                told,
                "{id}  {state:<7}  {whose:<20}  {messages:>8} messages  {last_activity_at}{title}"
            );
        }
        let _ = write!(told, "{} of {of} sessions", sessions.len());
        told
    })
}

pub(crate) fn show(asked: &OneSession) -> anyhow::Result<()> {
    let desk = Desk::of(&asked.whose)?;
    let answer = desk.ask(&Request::Show { session: asked.session.clone() }, None)?;
    let Answer::Show(session) = &answer else { bail!(ELSE) };
    desk.show(&answer, || {
        let title = session.title.as_deref().unwrap_or("none");
        let user = session.user.as_deref().unwrap_or("unknown");
        format!(
            "Session {}\nState: {}\nChannel: {}\nUser: {user}\nTitle: {title}\nMessages: {}\nStarted: {}\nLast activity: {}",
            session.id,
            session.state,
            session.channel,
            session.messages,
            session.created_at,
            session.last_activity_at
        )
    })
}

pub(crate) fn export(asked: &Export) -> anyhow::Result<()> {
    let desk = Desk::of(&asked.one.whose)?;
    let path = asked.file.display();
    if fs::symlink_metadata(&asked.file).is_ok() {
        bail!("{path} is there already: it is left as it is; give another name");
    }
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&asked.file);
    let file = made.with_context(|| format!("{path} cannot be made"))?;
    let request = Request::Export { session: asked.one.session.clone(), form: asked.form };
    let answer = desk.ask(&request, Some(file)).inspect_err(|_| {
        let _ = fs::remove_file(&asked.file);
    })?;
    let Answer::Exported { session, bytes } = &answer else { bail!(ELSE) };
    desk.show(&answer, || {
        format!("Exported session {session} to {path} ({bytes} bytes, not encrypted).")
    })
}

pub(crate) fn import(asked: &Import) -> anyhow::Result<()> {
    let desk = Desk::of(&asked.whose)?;
    let path = asked.file.display();
    let file = File::open(&asked.file).with_context(|| format!("{path} cannot be read"))?;
    let answer = desk.ask(&Request::Import { beside: asked.beside.clone() }, Some(file))?;
    let Answer::Imported(imported) = &answer else { bail!(ELSE) };
    desk.show(&answer, || {
        let (id, messages) = (&imported.session, imported.messages);
        format!("Imported {messages} messages as session {id}. Whoever it belongs to finds it with /session list.")
    })
}

pub(crate) fn delete(asked: &OneSession) -> anyhow::Result<()> {
    let desk = Desk::of(&asked.whose)?;
    let answer = desk.ask(&Request::Delete { session: asked.session.clone() }, None)?;
    let Answer::Deleted { session, undo_days } = &answer else { bail!(ELSE) };
    desk.show(&answer, || {
        format!("Session {session} is in the bin. For {undo_days} days /undo and /session resume bring it back; after that a clean-up destroys its key.")
    })
}
