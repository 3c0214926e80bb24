//! The library's calls, one for each of the documented session API.
//!
//! Ids map as: `per-peer` by user id, `per-channel-peer` by channel and user id, `main` by neither.

use crate::context::{Context, ContextRequest};
use crate::decide::{Change, Decision, Outcome, Rules};
use crate::environment::Environment;
use crate::error::{Failure, Fault};
use crate::export::{self, ExportFormat};
use crate::id::{CheckpointId, LaneId, SessionId};
use crate::model::ZoneSetting;
use crate::model::{Checkpoint, Message, Origin, Role, Scope, Session, Strategy, Usage, Words};
use crate::refusal::Refusal;
use crate::store::Store;
use crate::time::Timestamp;

use super::{Ask, At, CheckpointRef, Ground, LaneKey, Rider, SessionManager, SessionRef};

/// Bytes of a message at most.
const MESSAGE_BYTES: usize = 1 << 20;
/// Checkpoints read at a time.
const PAGE: usize = 256;

/// Whose session is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GetOrCreate {
    /// The user.
    pub user_id: String,
    /// The channel.
    pub channel_id: String,
    /// The peer, kept with the session's origin.
    pub peer_id: Option<String>,
}

/// Whose session is to be reset.
pub type ResetTarget = GetOrCreate;

/// A session as the library shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionInfo {
    /// Its id.
    pub id: SessionId,
    /// When it began.
    pub created_at: Timestamp,
    /// How many messages it holds.
    pub message_count: u64,
    /// When anything last happened in it.
    pub last_activity_at: Timestamp,
    /// Its title.
    pub title: Option<String>,
    /// Tokens of its model calls.
    pub usage: Usage,
}

impl From<&Session> for SessionInfo {
    fn from(session: &Session) -> Self {
        Self {
            id: session.id,
            created_at: session.created_at,
            message_count: session.message_count(),
            last_activity_at: session.last_activity_at,
            title: session.title.clone(),
            usage: session.usage,
        }
    }
}

/// A message to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddMessage {
    /// The session, which must be current in its lane.
    pub session_id: SessionId,
    /// Who speaks.
    pub role: Role,
    /// The text, at most 1 MiB.
    pub content: String,
    /// What a model call took.
    pub usage: Option<Usage>,
}

/// How history is handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HistoryFormat {
    /// As data.
    #[default]
    Messages,
    /// As markdown.
    Markdown,
    /// As plain text.
    Text,
}

/// Which part of a history is wanted, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HistoryOptions {
    /// The newest so many messages; all of them by default.
    pub limit: Option<usize>,
    /// The form.
    pub format: HistoryFormat,
}

/// A history, oldest message first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryView {
    /// As data.
    Messages(Vec<Message>),
    /// As text in the form that was asked for.
    Text(String),
}

/// A checkpoint to save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaveCheckpoint {
    /// The session, which must be current in its lane.
    pub session_id: SessionId,
    /// Its name, at most 100 characters; the default is date and time.
    pub name: Option<String>,
    /// A longer text, at most 500 characters.
    pub description: Option<String>,
}

/// How a session is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportOptions {
    /// The form.
    pub format: ExportFormat,
}

/// Which context is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContextOptions {
    /// The session.
    pub session_id: SessionId,
    /// Tokens that the context may take.
    pub max_tokens: u64,
    /// How it is chosen; the lane's own strategy by default.
    pub strategy: Option<Strategy>,
}

impl<S: Store, E: Environment> SessionManager<S, E> {
    /// The current session of a user, made if need be; begins a new one when a reset is due.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn get_or_create_session(&self, of: &GetOrCreate) -> Result<SessionInfo, Failure> {
        let done = self.perform(&self.ground_of(of), &Ask::Visit, None, no_rider).await?;
        Ok(SessionInfo::from(&done.decision.current))
    }

    /// Adds a message to the end of a session.
    ///
    /// # Errors
    /// A refusal when the session is not current in its lane or the message is too long; a fault of the store.
    pub async fn add_message(&self, add: AddMessage) -> Result<Message, Failure> {
        let AddMessage { session_id, role, content, usage } = add;
        if content.len() > MESSAGE_BYTES {
            let (bytes, limit) = (content.len(), MESSAGE_BYTES);
            return Err(Refusal::TooLong { bytes, limit }.into());
        }
        let words = Words { role, content, author: None, usage, answers_to: None };
        let lane = self.lane_with(session_id).await?;
        let done = self.perform(&lane, &Ask::Append(session_id, words), None, no_rider).await?;
        let appended = done.decision.changes.into_iter().find_map(|change| {
            if let Change::Append(_, message) = change { Some(message) } else { None }
        });
        Ok(appended.expect("an append that was not refused appends"))
    }

    /// The history of a session, oldest message first.
    ///
    /// # Errors
    /// A refusal when there is no such session; a fault of the store.
    pub async fn get_history(
        &self,
        session_id: SessionId,
        options: HistoryOptions,
    ) -> Result<HistoryView, Failure> {
        let session = self.session_by_id(session_id).await?;
        let limit = options.limit.unwrap_or(usize::MAX);
        let messages = self.messages_upto(&session, None, limit).await?;
        Ok(match options.format {
            HistoryFormat::Messages => HistoryView::Messages(messages),
            HistoryFormat::Markdown => HistoryView::Text(export::markdown_messages(&messages)),
            HistoryFormat::Text => HistoryView::Text(export::text_messages(&messages)),
        })
    }

    /// Empties the conversation and keeps the session.
    ///
    /// # Errors
    /// A refusal when the session is not current or empty already; a fault of the store.
    pub async fn clear_history(&self, session_id: SessionId) -> Result<u64, Failure> {
        let done = self.on_current(session_id, &Ask::Clear).await?;
        let Outcome::Cleared(count) = done.outcome else { unreachable!("clearing clears") };
        Ok(count)
    }

    /// Puts the current session of a user in the bin and begins a new one.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn reset(&self, of: &ResetTarget) -> Result<SessionInfo, Failure> {
        let done = self.perform(&self.ground_of(of), &Ask::Reset, None, no_rider).await?;
        Ok(SessionInfo::from(&done.decision.current))
    }

    /// Names the present end of a session.
    ///
    /// # Errors
    /// A refusal when the session is not current or the name cannot be one; a fault of the store.
    pub async fn save_checkpoint(&self, save: SaveCheckpoint) -> Result<Checkpoint, Failure> {
        let SaveCheckpoint { session_id, name, description } = save;
        let done = self.on_current(session_id, &Ask::Save { name, description }).await?;
        let Outcome::Saved(checkpoint) = done.outcome else { unreachable!("saving saves") };
        Ok(*checkpoint)
    }

    /// The checkpoints of a session's lane that people saved, newest first.
    ///
    /// # Errors
    /// A refusal when there is no such session; a fault of the store.
    pub async fn list_checkpoints(
        &self,
        session_id: SessionId,
    ) -> Result<Vec<Checkpoint>, Failure> {
        let lane = self.lane_with(session_id).await?;
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = self.list_checkpoints_of(&lane, after, PAGE).await?;
            all.extend(page.checkpoints);
            after = page.next;
            if after.is_none() {
                return Ok(all);
            }
        }
    }

    /// Moves a lane to a checkpoint; what was there is kept under an automatic checkpoint.
    ///
    /// # Errors
    /// A refusal when there is no such checkpoint; a fault of the store.
    pub async fn restore_checkpoint(&self, id: CheckpointId) -> Result<SessionInfo, Failure> {
        let ask = Ask::Restore(CheckpointRef::Id(id));
        let done =
            self.perform(&self.lane_with_checkpoint(id).await?, &ask, None, no_rider).await?;
        Ok(SessionInfo::from(&done.decision.current))
    }

    /// Deletes a checkpoint; undo brings it back.
    ///
    /// # Errors
    /// A refusal when there is no such checkpoint; a fault of the store.
    pub async fn delete_checkpoint(&self, id: CheckpointId) -> Result<Checkpoint, Failure> {
        let ask = Ask::DeleteCheckpoint(CheckpointRef::Id(id));
        let done =
            self.perform(&self.lane_with_checkpoint(id).await?, &ask, None, no_rider).await?;
        let Outcome::CheckpointDeleted(checkpoint) = done.decision.outcome else {
            unreachable!("deleting deletes")
        };
        Ok(*checkpoint)
    }

    /// A whole session as text.
    ///
    /// # Errors
    /// A refusal when there is no such session; a fault of the store.
    pub async fn export(
        &self,
        session_id: SessionId,
        options: ExportOptions,
    ) -> Result<String, Failure> {
        let session = self.session_by_id(session_id).await?;
        self.export_session(&session, options.format).await
    }

    /// Brings a JSON export in as a past session of the user's lane.
    ///
    /// # Errors
    /// A refusal when the text is no such export; a fault of the store.
    pub async fn import(&self, of: &GetOrCreate, json: &str) -> Result<SessionInfo, Failure> {
        self.import_into(&self.ground_of(of), json).await
    }

    /// What a model would see of a session.
    ///
    /// # Errors
    /// A refusal when the newest question alone exceeds the budget; a fault of the store.
    pub async fn get_context_history(&self, options: ContextOptions) -> Result<Context, Failure> {
        let session = self.session_by_id(options.session_id).await?;
        let strategy = match options.strategy {
            Some(strategy) => strategy,
            None => self.strategy_of(session.lane).await?,
        };
        let request =
            ContextRequest { max_tokens: options.max_tokens, strategy, system_prompt_tokens: 0 };
        self.context_of(&session, &request).await
    }

    async fn strategy_of(&self, lane: LaneId) -> Result<Strategy, Failure> {
        let view = self.view(&At::Lane(lane)).await?;
        Ok(view.lane.settings.strategy.unwrap_or(self.config().strategy))
    }

    async fn on_current(&self, session_id: SessionId, ask: &Ask) -> Result<Decision, Failure> {
        let lane = self.lane_with(session_id).await?;
        let view = self.view(&lane).await?;
        if view.current.id != session_id {
            return Err(Refusal::SessionClosed.into());
        }
        Ok(self.perform(&lane, ask, None, no_rider).await?.decision)
    }

    /// A session by its id, of whatever lane.
    ///
    /// # Errors
    /// A refusal when there is no such session; a fault of the store.
    pub async fn session_by_id(&self, id: SessionId) -> Result<Session, Failure> {
        match self.inner.store.session(id).await? {
            Some(row) => Ok(self.open_row(&row).await?),
            None => Err(Refusal::NoSuchSession(id.short()).into()),
        }
    }

    async fn lane_with(&self, session: SessionId) -> Result<At, Failure> {
        match self.lane_of_session(session).await? {
            Some(lane) => Ok(At::Lane(lane)),
            None => Err(Refusal::NoSuchSession(session.short()).into()),
        }
    }

    async fn lane_with_checkpoint(&self, id: CheckpointId) -> Result<At, Failure> {
        match self.inner.store.checkpoint(id).await? {
            Some(row) => Ok(At::Lane(row.lane)),
            None => Err(Refusal::NoSuchCheckpoint(id.short()).into()),
        }
    }

    fn ground_of(&self, of: &GetOrCreate) -> At {
        let (channel, user) = (of.channel_id.clone(), of.user_id.clone());
        let (key, owner) = match self.config().scope {
            Scope::Main => (LaneKey::Main, None),
            Scope::PerPeer => (LaneKey::PerPeer { user: user.clone() }, Some(user.clone())),
            Scope::PerChannelPeer => {
                let key = LaneKey::PerChannelPeer { channel: channel.clone(), user: user.clone() };
                (key, Some(user.clone()))
            }
            Scope::PerChannel => (LaneKey::PerChannel { channel: channel.clone() }, None),
        };
        let origin = Origin { channel, user: Some(user), peer: of.peer_id.clone() };
        At::Ground(Ground { key, owner, origin, zone: ZoneSetting::default() })
    }

    /// A session of a lane by its id.
    ///
    /// # Errors
    /// A refusal when the lane has no such session; a fault of the store.
    pub async fn session_in(&self, lane: LaneId, id: SessionId) -> Result<Session, Failure> {
        self.find_session(lane, &SessionRef::Id(id)).await
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it is the rider of calls that have nothing to add")]
fn no_rider(_: &Decision, _: &Rules, _: Timestamp) -> Result<Rider, Fault> {
    Ok(Rider::default())
}
