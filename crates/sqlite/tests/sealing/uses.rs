//! Using everything in a store: each answer in words, until the first fault.

use std::path::Path;
use std::time::Duration;

use sessions::context::ContextRequest;
use sessions::export::ExportFormat;
use sessions::manager::{
    Ask, At, CheckpointRef, Cleanup, HistoryFormat, HistoryOptions, SessionRef,
};
use sessions::model::{SessionState, Strategy};
use sessions::store::conformance::block_on;
use sessions::{Failure, Fault, OpenManagerError, Refusal, StoreError};

use crate::life::{
    DAY, KEY, Lived, Manager, OTHER_PERSON, OTHER_SEARCH, PERSON, PLACE, SEARCH, World, does,
    lanes, open,
};

/// What the use of a store came to.
pub(crate) struct Answers {
    /// What was answered, in order.
    pub(crate) given: Vec<String>,
    /// What ended it, if something did.
    pub(crate) trouble: Option<Trouble>,
}

/// What ends the use of a store.
#[derive(Debug)]
pub(crate) enum Trouble {
    Open(OpenManagerError),
    Fault(Fault),
    /// A clean-up did all but this.
    PassedOver(String),
}

impl Trouble {
    /// Whether it says which row is to blame.
    pub(crate) fn names_the_row(&self) -> bool {
        match self {
            Self::Fault(Fault::Row(_) | Fault::Key { .. }) => true,
            // A value that no column of ours may hold: SQLite's own message names the column.
            Self::Fault(Fault::Store(StoreError::Damaged(_))) => true,
            // There is one header, and each of its errors says what is wrong with it.
            Self::Open(error) => !matches!(error, OpenManagerError::Seal(_)),
            Self::Fault(_) => false,
            Self::PassedOver(why) => !why.starts_with("the database could not be read"),
        }
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Fault(fault) => Self::Fault(fault),
            Failure::Refused(refusal) => panic!("a refusal is an answer: {refusal}"),
        }
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Opens the file and uses everything that `lived` knows of.
pub(crate) fn use_everything(lived: &Lived, db: &Path) -> Answers {
    let world = World::new(2, lived.now);
    let mut uses = Uses { lived, given: Vec::new() };
    let trouble = match open(db, Some(KEY), &world) {
        Err(error) => Some(Trouble::Open(error)),
        Ok(manager) => uses.all(&manager).err(),
    };
    Answers { given: uses.given, trouble }
}

struct Uses<'a> {
    lived: &'a Lived,
    given: Vec<String>,
}

impl Uses<'_> {
    fn all(&mut self, manager: &Manager) -> Result<(), Trouble> {
        for at in &lanes() {
            self.look(manager, at)?;
        }
        self.remembered(manager)?;
        for at in &lanes() {
            self.undo_and_redo(manager, at)?;
            self.restore_and_resume(manager, at)?;
            self.look(manager, at)?;
        }
        manager.environment().pass(DAY * 30);
        let asked = Cleanup { older_than: Duration::ZERO, keep_checkpoints: true, dry_run: false };
        let cleaned = block_on(manager.cleanup(asked));
        if let Some(why) = cleaned.as_ref().ok().and_then(|report| report.first_failure.clone()) {
            return Err(Trouble::PassedOver(why));
        }
        self.note("cleaned up", cleaned)
    }

    /// Takes an answer down; a refusal is one.
    fn note<T: std::fmt::Debug>(
        &mut self,
        what: &str,
        answer: Result<T, impl Into<Failure>>,
    ) -> Result<(), Trouble> {
        match answer.map_err(Into::into) {
            Ok(answer) => self.given.push(format!("{what}: {answer:?}")),
            Err(Failure::Refused(refusal)) => self.given.push(format!("{what}: {refusal}")),
            Err(Failure::Fault(fault)) => return Err(fault.into()),
        }
        Ok(())
    }

    fn look(&mut self, manager: &Manager, at: &At) -> Result<(), Trouble> {
        let card = block_on(manager.card(at));
        self.note(
            "card",
            card.map(|card| (card.lane.id, card.lane.settings, card.session, card.checkpoints)),
        )?;
        self.note("sessions", block_on(manager.list_sessions(at, None, 100)))?;
        self.note("checkpoints", block_on(manager.list_checkpoints_of(at, None, 100)))?;
        self.note("search", block_on(manager.search(at, "albatross content", None, 100)))?;
        let lane = block_on(manager.view(at))?.lane.id;
        for name in ["before-the-refactoring", "beta"] {
            let found = block_on(manager.checkpoint_typed(at, name));
            let messages = found.as_ref().ok().map(|it| block_on(manager.messages_of(it, 100)));
            self.note(name, found)?;
            if let Some(messages) = messages {
                self.note(name, messages)?;
            }
        }
        for id in self.lived.sessions.clone() {
            let session = block_on(manager.session_in(lane, id));
            if session.is_ok() {
                self.contents(manager, id)?;
            }
            self.note("session", session)?;
        }
        Ok(())
    }

    fn contents(&mut self, manager: &Manager, id: sessions::id::SessionId) -> Result<(), Trouble> {
        let options = HistoryOptions { limit: None, format: HistoryFormat::Messages };
        self.note("history", block_on(manager.get_history(id, options)))?;
        let session = block_on(manager.session_by_id(id))?;
        self.note("export", block_on(manager.export_session(&session, ExportFormat::Json)))?;
        for strategy in [Strategy::Recent, Strategy::Smart, Strategy::Summarize] {
            let request = ContextRequest { max_tokens: 700, strategy, system_prompt_tokens: 0 };
            self.note("context", block_on(manager.context_of(&session, &request)))?;
        }
        Ok(())
    }

    fn remembered(&mut self, manager: &Manager) -> Result<(), Trouble> {
        self.note("place", block_on(manager.place(PLACE)))?;
        for person in [PERSON, OTHER_PERSON] {
            self.note("person", block_on(manager.person(person)))?;
        }
        for search in [SEARCH, OTHER_SEARCH] {
            self.note("remembered search", block_on(manager.remembered_search(search)))?;
        }
        Ok(())
    }

    /// All the way back and forth again, with the history at each stop.
    fn undo_and_redo(&mut self, manager: &Manager, at: &At) -> Result<(), Trouble> {
        for ask in [Ask::Undo, Ask::Redo] {
            while self.change(manager, at, &ask)? {
                self.note("history", block_on(manager.history_page(at, None, None, 100)))?;
            }
        }
        Ok(())
    }

    fn restore_and_resume(&mut self, manager: &Manager, at: &At) -> Result<(), Trouble> {
        for id in self.lived.checkpoints.clone() {
            if self.change(manager, at, &Ask::Restore(CheckpointRef::Id(id)))? {
                self.note("history", block_on(manager.history_page(at, None, None, 100)))?;
            }
        }
        for id in self.lived.sessions.clone() {
            if self.change(manager, at, &Ask::Resume(SessionRef::Id(id)))? {
                let page = block_on(manager.history_page(at, None, None, 100))?;
                assert_eq!(page.session.state, SessionState::Current);
                self.note("history", Ok::<_, Failure>(page))?;
            }
        }
        Ok(())
    }

    /// Whether the change was made; a refusal is an answer.
    fn change(&mut self, manager: &Manager, at: &At, ask: &Ask) -> Result<bool, Trouble> {
        let done = does(manager, at, ask);
        let is_done = done.is_ok();
        let told = done.map(|done| (done.decision.outcome, done.decision.current));
        if let Err(Failure::Refused(Refusal::AlreadyPressed)) = &told {
            panic!("nothing here counts once");
        }
        self.note(&format!("{ask:?}"), told)?;
        Ok(is_done)
    }
}
