//! Sessions of any lane: listed, shown, exported, imported, deleted.
//!
//! Whoever may ask here has the key of all of them; a lane is no border for them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{Read, Write};

use anyhow::{Context, anyhow, bail};
use sessions::export::ExportFormat;
use sessions::id::{IdPrefix, SessionId};
use sessions::manager::{Ask, At, ExportOptions, Rider, SessionRef};
use sessions::model::{Session, SessionState};
use sessions::store::Store;
use sessions::time::Timestamp;

use crate::control::{Answer, Form, Imported, SessionLine};

use super::Office;

/// Rows read at a time.
const PAGE: usize = 256;
/// An export at most, in bytes.
const MOST_BYTES: u64 = 1 << 30;
/// States in which a session is somebody's to look at.
const SHOWN: [SessionState; 2] = [SessionState::Current, SessionState::Past];

impl Office {
    pub(super) async fn list(&self, limit: usize, bin: bool) -> anyhow::Result<Answer> {
        // The oldest of those that are kept lies on top.
        let mut newest: BinaryHeap<Reverse<(Timestamp, SessionId)>> = BinaryHeap::new();
        let mut of = 0;
        for state in SHOWN.into_iter().chain(bin.then_some(SessionState::Binned)) {
            self.visit(state, |at, id| {
                of += 1;
                newest.push(Reverse((at, id)));
                if newest.len() > limit {
                    newest.pop();
                }
                true
            })
            .await?;
        }
        let mut sessions = Vec::with_capacity(newest.len());
        for Reverse((_, id)) in newest.into_sorted_vec() {
            sessions.push(line(&self.manager.session_by_id(id).await?));
        }
        Ok(Answer::Sessions { sessions, of })
    }

    pub(super) async fn show(&self, typed: &str) -> anyhow::Result<Answer> {
        let session = self.manager.session_by_id(self.find(typed).await?).await?;
        Ok(Answer::Show(line(&session)))
    }

    pub(super) async fn export(
        &self,
        typed: &str,
        form: Form,
        mut file: File,
    ) -> anyhow::Result<Answer> {
        let id = self.find(typed).await?;
        let format = match form {
            Form::Markdown => ExportFormat::Markdown { metadata: true },
            Form::Json => ExportFormat::Json,
            Form::Text => ExportFormat::Text,
        };
        let text = self.manager.export(id, ExportOptions { format }).await?;
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        written.context("the export cannot be written")?;
        Ok(Answer::Exported { session: id.to_string(), bytes: text.len() as u64 })
    }

    pub(super) async fn import(&self, beside: &str, file: File) -> anyhow::Result<Answer> {
        let lane = self.lane_of(self.find(beside).await?).await?;
        let mut text = String::new();
        file.take(MOST_BYTES).read_to_string(&mut text).context("the file cannot be read")?;
        let imported = self.manager.import_into(&lane, &text).await?;
        let (session, messages) = (imported.id.to_string(), imported.message_count);
        Ok(Answer::Imported(Imported { session, messages }))
    }

    pub(super) async fn delete(&self, typed: &str) -> anyhow::Result<Answer> {
        let id = self.find(typed).await?;
        let session = self.manager.session_by_id(id).await?;
        let ask = match session.state {
            SessionState::Current => Ask::Reset,
            SessionState::Past => Ask::DeleteSession(SessionRef::Id(id)),
            SessionState::Binned | SessionState::Held => {
                bail!("session {id} is in the bin already")
            }
        };
        let nothing = |_: &_, _: &_, _| Ok(Rider::default());
        self.manager.perform(&At::Lane(session.lane), &ask, None, nothing).await?;
        let undo_days = self.manager.config().undo_days;
        Ok(Answer::Deleted { session: id.to_string(), undo_days })
    }

    async fn lane_of(&self, session: SessionId) -> anyhow::Result<At> {
        let lane = self.manager.lane_of_session(session).await?;
        lane.map(At::Lane).ok_or_else(|| anyhow!("there is no session {session}"))
    }

    /// The one session whose id begins so.
    async fn find(&self, typed: &str) -> anyhow::Result<SessionId> {
        if let Ok(id) = typed.parse::<SessionId>() {
            return Ok(id);
        }
        let unknown =
            || anyhow!("there is no session “{typed}”: `sessionsd sessions list` shows their ids");
        let prefix = IdPrefix::parse(typed, 's').ok_or_else(unknown)?;
        let range = prefix.range();
        let mut found = Vec::new();
        for state in SHOWN.into_iter().chain([SessionState::Binned, SessionState::Held]) {
            self.visit(state, |_, id| {
                if range.contains(id.as_bytes()) {
                    found.push(id);
                }
                found.len() < 2
            })
            .await?;
        }
        match found.as_slice() {
            [] => Err(unknown()),
            [only] => Ok(*only),
            _ => bail!("several sessions begin with “{typed}”: type more of the id"),
        }
    }

    /// Goes through the sessions in one state, as long as it is wanted.
    async fn visit(
        &self,
        state: SessionState,
        mut each: impl FnMut(Timestamp, SessionId) -> bool,
    ) -> anyhow::Result<()> {
        let end = Timestamp::from_millis(i64::MAX);
        let mut after = None;
        loop {
            let store = self.manager.store();
            let rows = store.stale_sessions(state, end, after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = Some((last.last_activity_at, *last.id.as_bytes()));
            if !rows.iter().all(|row| each(row.last_activity_at, row.id)) {
                return Ok(());
            }
        }
    }
}

fn line(session: &Session) -> SessionLine {
    let state = match session.state {
        SessionState::Current => "current",
        SessionState::Past => "past",
        SessionState::Binned => "bin",
        SessionState::Held => "held",
    };
    SessionLine {
        id: session.id.to_string(),
        state: state.to_owned(),
        channel: session.origin.channel.clone(),
        user: session.origin.user.clone(),
        title: session.title.clone(),
        messages: session.message_count(),
        created_at: session.created_at.to_rfc3339(),
        last_activity_at: session.last_activity_at.to_rfc3339(),
    }
}
