//! Sessions of any lane: listed, shown, exported, imported, deleted.
//!
//! Whoever may ask here has the key of all of them; a lane is no border for them.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::fs::File;
use std::io::{Read, Write};

use anyhow::{Context, anyhow, bail};
use sessions::export::ExportFormat;
use sessions::id::{IdPrefix, LaneId, SessionId};
use sessions::manager::{Ask, At, ExportOptions, Rider, SessionRef};
use sessions::model::{Session, SessionState};
use sessions::store::Store;
use sessions::store::rows::SessionRow;
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
    pub(super) async fn list(
        &self,
        limit: usize,
        bin: bool,
        of: Option<&str>,
    ) -> anyhow::Result<Answer> {
        let lanes = match of {
            Some(person) => Some(self.lanes_of(person).await?),
            None => None,
        };
        let is_asked_for = |lane| lanes.as_ref().is_none_or(|lanes| lanes.contains(&lane));
        // The oldest of those that are kept lies on top.
        let mut newest: BinaryHeap<Reverse<(Timestamp, SessionId)>> = BinaryHeap::new();
        let mut of = 0;
        for state in SHOWN.into_iter().chain(bin.then_some(SessionState::Binned)) {
            self.visit(state, |row| {
                if is_asked_for(row.lane) {
                    of += 1;
                    newest.push(Reverse((row.last_activity_at, row.id)));
                }
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
        if matches!(session.state, SessionState::Binned | SessionState::Held) {
            bail!("session {id} is in the bin already");
        }
        let ask = Ask::DeleteSession(SessionRef::Id(id));
        let nothing = |_: &_, _: &_, _| Ok(Rider::default());
        self.manager.perform(&At::Lane(session.lane), &ask, None, nothing).await?;
        let undo_days = self.manager.config().undo_days;
        Ok(Answer::Deleted { session: id.to_string(), undo_days })
    }

    async fn lane_of(&self, session: SessionId) -> anyhow::Result<At> {
        let lane = self.manager.lane_of_session(session).await?;
        lane.map(At::Lane).ok_or_else(|| anyhow!("there is no session {session}"))
    }

    /// The private lanes of a person, as `telegram:77`.
    async fn lanes_of(&self, person: &str) -> anyhow::Result<HashSet<LaneId>> {
        let (channel, peer) = person.split_once(':').with_context(|| {
            format!(
                "“{person}” is no person: a channel and its id of them are expected, as telegram:77"
            )
        })?;
        let owner = bot::owner_of(&self.manager, channel, peer).await?;
        let owner =
            owner.with_context(|| format!("nobody called {person} has talked to the bot"))?;
        let (mut lanes, mut after) = (HashSet::new(), None);
        loop {
            let rows = self.manager.store().lanes(Some(owner), after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(lanes) };
            after = Some(last.id);
            lanes.extend(rows.iter().map(|row| row.id));
        }
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
            self.visit(state, |row| {
                if range.contains(row.id.as_bytes()) {
                    found.push(row.id);
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
        mut each: impl FnMut(&SessionRow) -> bool,
    ) -> anyhow::Result<()> {
        let end = Timestamp::from_millis(i64::MAX);
        let mut after = None;
        loop {
            let store = self.manager.store();
            let rows = store.stale_sessions(state, end, after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = Some((last.last_activity_at, *last.id.as_bytes()));
            if !rows.iter().all(&mut each) {
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
