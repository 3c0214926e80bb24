//! Suggestions: what a person could mean where they stand, for completion.

use sessions::manager::Listed;
use sessions::store::Store;
use sessions::{Environment, Failure};

use crate::bot::{Bot, BotError};
use crate::incoming::Incoming;
use crate::outbox::Outlet;

/// How many of each are suggested.
const MOST: usize = 50;

/// Short ids and names that commands take as targets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suggestions {
    /// The current session: short id and title, or its first words; neither where nothing was said.
    pub current: Option<(String, String)>,
    /// Past sessions, in the same way.
    pub sessions: Vec<(String, String)>,
    /// Checkpoints: short id and name.
    pub checkpoints: Vec<(String, String)>,
}

impl<S: Store, E: Environment, O: Outlet> Bot<S, E, O> {
    /// What there is to name where an event would happen. Makes nothing.
    ///
    /// # Errors
    /// When the store fails or a row does not open.
    pub async fn suggestions(&self, incoming: &Incoming) -> Result<Suggestions, BotError> {
        let manager = self.manager();
        let Some(at) = self.lane_known(incoming).await? else { return Ok(Suggestions::default()) };
        let fault = |failure: Failure| match failure {
            Failure::Fault(fault) => BotError::Fault(fault),
            Failure::Refused(refusal) => unreachable!("a list is not refused: {refusal}"),
        };
        let sessions = manager.list_sessions(&at, None, MOST).await.map_err(fault)?;
        let checkpoints = manager.list_checkpoints_of(&at, None, MOST).await.map_err(fault)?;
        Ok(Suggestions {
            current: sessions.active.iter().find(|listed| listed.here).map(called),
            sessions: sessions.past.iter().map(called).collect(),
            checkpoints: checkpoints
                .checkpoints
                .into_iter()
                .map(|saved| (saved.id.short(), saved.name))
                .collect(),
        })
    }
}

fn called(listed: &Listed) -> (String, String) {
    let session = &listed.session;
    let words = session.title.as_ref().or(listed.first_words.as_ref());
    (session.id.short(), words.cloned().unwrap_or_default())
}
