//! From decided changes to the rows of a commit.

use std::collections::BTreeMap;
use std::sync::Arc;

use vault::{DataKey, Purpose};

use crate::decide::{Change, Decision};
use crate::environment::Environment;
use crate::error::Fault;
use crate::id::{IdBytes, LaneId, PersonId, PlaceId, SessionId};
use crate::model::{Person, Place, Session, Tag};
use crate::seal;
use crate::store::rows::{KeyPurpose, KeyRow, RecordKind, Write};
use crate::store::{Commit, Receipt, Store};

use super::SessionManager;
use super::keys::KnownKey;

type Keys = BTreeMap<SessionId, Arc<DataKey>>;

impl<S: Store, E: Environment> SessionManager<S, E> {
    /// Seals changes, in their order.
    pub(super) async fn seal_changes(
        &self,
        decision: &Decision,
        changes: &[Change],
        bind: Option<Tag>,
    ) -> Result<Vec<Write>, Fault> {
        self.reserve_names().await?;
        let mut writes = Vec::with_capacity(changes.len() + 3);
        if let Some(tag) = bind {
            writes.push(self.bind(tag, decision.lane.id.as_bytes()));
        }
        let mut keys = Keys::new();
        for change in changes {
            if let Change::OpenSession(session) = change {
                writes.push(self.new_key(session, &mut keys)?);
            }
            if let Some(id) = session_of(change)
                && !keys.contains_key(&id)
            {
                keys.insert(id, self.needed_key(id).await?);
            }
        }
        for change in changes {
            writes.extend(self.seal_change(change, &keys)?);
        }
        // Rows sealed behind a session's own count as well.
        for write in &mut writes {
            if let Write::PutSession(row) = write
                && let Some(key) = keys.get(&row.id)
            {
                row.seals = key.seals();
            }
        }
        Ok(writes)
    }

    fn new_key(&self, session: &Session, keys: &mut Keys) -> Result<Write, Fault> {
        let (ring, owner) = (self.keyring(), *session.id.as_bytes());
        let key = ring.generate()?;
        let wrapped = ring.wrap(Purpose::Session, &owner, &key)?;
        let known = KnownKey { key: Arc::new(key), lane: session.lane };
        keys.insert(session.id, self.inner.keys.keep(session.id, known).key);
        Ok(Write::PutKey(KeyRow {
            purpose: KeyPurpose::Session,
            owner,
            wrapped,
            created_at: session.created_at,
        }))
    }

    fn seal_change(&self, change: &Change, keys: &Keys) -> Result<Option<Write>, Fault> {
        let names = &self.inner.names;
        let key =
            |id: &SessionId| keys.get(id).expect("the keys of all changed sessions are at hand");
        Ok(Some(match change {
            Change::SaveLane(lane) => Write::PutLane(seal::seal_lane(names, lane)?),
            Change::OpenSession(session) | Change::SaveSession(session) => {
                Write::PutSession(seal::seal_session(key(&session.id), session)?)
            }
            Change::SaveTimeline(id, timeline) => {
                Write::PutTimeline(seal::seal_timeline(key(id), id, timeline)?)
            }
            Change::Append(id, message) => {
                Write::AddMessage(seal::seal_message(key(id), id, message)?)
            }
            Change::SetImportance(point, importance) => Write::SetImportance(*point, *importance),
            Change::SaveCheckpoint(saved) => {
                Write::PutCheckpoint(seal::seal_checkpoint(key(&saved.session), names, saved)?)
            }
            Change::WriteJournal(entry) => Write::PutJournal(seal::seal_journal(names, entry)?),
            Change::CutJournal(lane, from, to) => Write::CutJournal(*lane, *from, *to),
            Change::EndTurn(_) => return Ok(None),
        }))
    }

    /// What is remembered of a place.
    ///
    /// # Errors
    /// When the store fails or the record does not open.
    pub async fn place(&self, id: PlaceId) -> Result<Option<Place>, Fault> {
        let sealed = self.inner.store.record(RecordKind::Place, *id.as_bytes()).await?;
        Ok(sealed.map(|sealed| seal::open_place(&self.inner.names, id, &sealed)).transpose()?)
    }

    /// What is remembered of a person.
    ///
    /// # Errors
    /// When the store fails or the record does not open.
    pub async fn person(&self, id: PersonId) -> Result<Option<Person>, Fault> {
        let sealed = self.inner.store.record(RecordKind::Person, *id.as_bytes()).await?;
        Ok(sealed.map(|sealed| seal::open_person(&self.inner.names, id, &sealed)).transpose()?)
    }

    /// The write that remembers a place.
    ///
    /// # Errors
    /// When sealing fails.
    pub fn remember_place(&self, place: &Place) -> Result<Write, Fault> {
        let sealed = seal::seal_place(&self.inner.names, place)?;
        Ok(Write::PutRecord(RecordKind::Place, *place.id.as_bytes(), sealed))
    }

    /// The write that remembers a person.
    ///
    /// # Errors
    /// When sealing fails.
    pub fn remember_person(&self, person: &Person) -> Result<Write, Fault> {
        let sealed = seal::seal_person(&self.inner.names, person)?;
        Ok(Write::PutRecord(RecordKind::Person, *person.id.as_bytes(), sealed))
    }

    /// Makes a new place or person known under the tag that leads to it.
    ///
    /// # Errors
    /// When the store fails, or somebody else has bound the tag meanwhile.
    pub async fn make_known(&self, tag: Tag, id: IdBytes, record: Write) -> Result<(), Fault> {
        self.reserve_names().await?;
        let writes = vec![record, self.bind(tag, &id)];
        self.commit_free(Commit { unbound: Some(tag), writes, ..Commit::default() }).await.map(drop)
    }

    /// The id that a tag was bound to (`make_known`). What it leads to is there, or something was taken away.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn bound(&self, tag: Tag) -> Result<Option<IdBytes>, Fault> {
        let stored = self.inner.store.binding(tag).await?;
        Ok(stored.map(|stored| seal::open_binding(&self.inner.names, &tag, &stored)))
    }

    /// The write that binds a tag to an id, in place of what it was bound to.
    #[must_use]
    pub fn bind(&self, tag: Tag, id: &IdBytes) -> Write {
        Write::Bind(tag, seal::seal_binding(&self.inner.names, &tag, id))
    }

    /// Commits what expects no lane.
    ///
    /// # Errors
    /// When the store fails, or what should be unbound is bound.
    pub async fn commit_free(&self, commit: Commit) -> Result<Receipt, Fault> {
        use crate::store::Committed;
        match self.inner.store.commit(commit).await? {
            Committed::Done(receipt) => Ok(receipt),
            Committed::Conflict | Committed::Spent | Committed::Known => Err(Fault::Contended(1)),
        }
    }

    /// Which lane a session belongs to; `None` when there is no such session.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn lane_of_session(&self, id: SessionId) -> Result<Option<LaneId>, Fault> {
        Ok(self.known(id).await?.map(|known| known.lane))
    }
}

fn session_of(change: &Change) -> Option<SessionId> {
    match change {
        Change::SaveSession(session) => Some(session.id),
        Change::SaveTimeline(id, _) | Change::Append(id, _) => Some(*id),
        Change::SaveCheckpoint(saved) => Some(saved.session),
        Change::OpenSession(_)
        | Change::SaveLane(_)
        | Change::SetImportance(..)
        | Change::WriteJournal(_)
        | Change::CutJournal(..)
        | Change::EndTurn(_) => None,
    }
}
