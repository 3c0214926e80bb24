//! Between the domain's data and the rows of a store: sealing, opening, and checking what stands in clear.
//!
//! A session's key seals its record, timelines, messages, checkpoints and summaries; the names key seals lanes, journals,
//! places and persons. Records are postcard behind a format number.
//!
//! Invariant: a row that does not open, or whose clear columns disagree with its record, is an error that names it;
//! it is never skipped and never taken for absent.

mod message;
mod record;

use serde::{Deserialize, Serialize};
use vault::{Bound, DataKey, OpenError, SealError};

use crate::id::{IdBytes, PersonId, PlaceId, SessionId};
use crate::manager::SearchNote;
use crate::model::{
    Checkpoint, JournalEntry, Lane, Person, Place, Session, Summary, Tag, Timeline,
};
use crate::name::fold;
use crate::store::rows::{CheckpointRow, JournalRow, LaneRow, SessionRow, SummaryRow, TimelineRow};
pub(crate) use message::{message_name, open_message, seal_message, with_body};
use record::{CheckpointRecord, JournalRecord, LaneRecord, SessionRecord, TimelineRecord};

/// A row could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("{row} {fault}")]
pub struct OpenRowError {
    /// Which row: its table and key.
    pub row: String,
    /// What is wrong with it.
    #[source]
    pub fault: RowFault,
}

/// What is wrong with a row.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RowFault {
    /// It does not open.
    #[error("does not open: {0}")]
    Sealed(#[from] OpenError),
    /// It opens to something that is no record of its kind.
    #[error("holds no readable record")]
    Record,
    /// A clear column says something else than the record.
    #[error("does not agree with its sealed record")]
    Disagrees,
    /// It should be there and is not.
    #[error("is missing")]
    Missing,
}

impl RowFault {
    /// The fault of a row that goes by this name.
    #[must_use]
    pub fn of(self, row: impl std::fmt::Display) -> OpenRowError {
        OpenRowError { row: row.to_string(), fault: self }
    }
}

/// The format of a record: a new one is a new variant, old ones stay readable.
#[derive(Serialize, Deserialize)]
enum Format<T> {
    V1(T),
}

fn pack<T: Serialize>(key: &DataKey, bound: &Bound, record: &T) -> Result<Vec<u8>, SealError> {
    let plain = postcard::to_allocvec(&Format::V1(record)).expect("a record is plain data");
    key.seal(bound, &plain)
}

fn unpack<T: for<'a> Deserialize<'a>>(
    key: &DataKey,
    bound: &Bound,
    sealed: &[u8],
) -> Result<T, RowFault> {
    let plain = key.open(bound, sealed)?;
    let Format::V1(record) = postcard::from_bytes(&plain).map_err(|_| RowFault::Record)?;
    Ok(record)
}

fn check(agrees: bool) -> Result<(), RowFault> {
    if agrees { Ok(()) } else { Err(RowFault::Disagrees) }
}

pub(crate) fn seal_lane(names: &DataKey, lane: &Lane) -> Result<LaneRow, SealError> {
    Ok(LaneRow {
        id: lane.id,
        version: lane.version,
        current: lane.current,
        owner: lane.owner,
        sealed: pack(names, &lane_bound(lane.id.as_bytes()), &LaneRecord::of(lane))?,
    })
}

pub(crate) fn open_lane(names: &DataKey, row: &LaneRow) -> Result<Lane, OpenRowError> {
    let lane = || -> Result<Lane, RowFault> {
        let record: LaneRecord = unpack(names, &lane_bound(row.id.as_bytes()), &row.sealed)?;
        let lane = record.into_lane(row.id, row.version);
        check(lane.current == row.current && lane.owner == row.owner)?;
        Ok(lane)
    };
    lane().map_err(|fault| fault.of(format_args!("lane {}", row.id)))
}

fn lane_bound(id: &[u8]) -> Bound {
    Bound::new("lane", "record").bytes(id)
}

pub(crate) fn seal_session(key: &DataKey, session: &Session) -> Result<SessionRow, SealError> {
    let bound = session_bound(session.id.as_bytes(), session.lane.as_bytes());
    let sealed = pack(key, &bound, &SessionRecord::of(session))?;
    Ok(SessionRow {
        id: session.id,
        lane: session.lane,
        state: session.state,
        last_activity_at: session.last_activity_at,
        seals: key.seals(),
        sealed,
    })
}

pub(crate) fn open_session(key: &DataKey, row: &SessionRow) -> Result<Session, OpenRowError> {
    let session = || -> Result<Session, RowFault> {
        let bound = session_bound(row.id.as_bytes(), row.lane.as_bytes());
        let record: SessionRecord = unpack(key, &bound, &row.sealed)?;
        let session = record.into_session(row.id, row.lane);
        check(session.state == row.state && session.last_activity_at == row.last_activity_at)?;
        Ok(session)
    };
    session().map_err(|fault| fault.of(format_args!("session {}", row.id)))
}

fn session_bound(id: &[u8], lane: &[u8]) -> Bound {
    Bound::new("session", "record").bytes(id).bytes(lane)
}

pub(crate) fn seal_timeline(
    key: &DataKey,
    session: &SessionId,
    timeline: &Timeline,
) -> Result<TimelineRow, SealError> {
    let bound = timeline_bound(timeline.id.as_bytes(), session.as_bytes());
    let record = TimelineRecord { parent: timeline.parent, tip: timeline.tip };
    let sealed = pack(key, &bound, &record)?;
    Ok(TimelineRow { id: timeline.id, session: *session, sealed })
}

pub(crate) fn open_timeline(key: &DataKey, row: &TimelineRow) -> Result<Timeline, OpenRowError> {
    let bound = timeline_bound(row.id.as_bytes(), row.session.as_bytes());
    unpack(key, &bound, &row.sealed)
        .map(|record: TimelineRecord| Timeline {
            id: row.id,
            parent: record.parent,
            tip: record.tip,
        })
        .map_err(|fault| fault.of(format_args!("timeline {}", row.id)))
}

fn timeline_bound(id: &[u8], session: &[u8]) -> Bound {
    Bound::new("timeline", "record").bytes(id).bytes(session)
}

/// What is stored of the id that a tag is bound to: nobody without the key can tell which tag leads where, or make one
/// lead elsewhere.
pub(crate) fn seal_binding(names: &DataKey, tag: &Tag, id: &IdBytes) -> IdBytes {
    names.cover("binding", &[tag], id)
}

/// The id that a tag is bound to. One that was changed, or bound to another tag, opens to an id that nothing goes by.
pub(crate) fn open_binding(names: &DataKey, tag: &Tag, stored: &IdBytes) -> IdBytes {
    names.uncover("binding", &[tag], stored)
}

/// The tag by which a checkpoint is found by name.
pub(crate) fn name_tag(names: &DataKey, name: &str) -> Tag {
    names.tag("checkpoint name", &[fold(name).as_bytes()])
}

pub(crate) fn seal_checkpoint(
    key: &DataKey,
    names: &DataKey,
    checkpoint: &Checkpoint,
) -> Result<CheckpointRow, SealError> {
    let row = CheckpointRow {
        id: checkpoint.id,
        lane: checkpoint.lane,
        session: checkpoint.session,
        created_at: checkpoint.created_at,
        automatic: checkpoint.automatic,
        deleted_at: checkpoint.deleted_at,
        name: name_tag(names, &checkpoint.name),
        sealed: Vec::new(),
    };
    let sealed = pack(key, &checkpoint_bound(&row), &CheckpointRecord::of(checkpoint))?;
    Ok(CheckpointRow { sealed, ..row })
}

pub(crate) fn open_checkpoint(
    key: &DataKey,
    names: &DataKey,
    row: &CheckpointRow,
) -> Result<Checkpoint, OpenRowError> {
    let checkpoint = || -> Result<Checkpoint, RowFault> {
        let record: CheckpointRecord = unpack(key, &checkpoint_bound(row), &row.sealed)?;
        let found = record.into_checkpoint(row.id, row.lane, row.session);
        let agrees = found.created_at == row.created_at
            && found.automatic == row.automatic
            && found.deleted_at == row.deleted_at
            && name_tag(names, &found.name) == row.name;
        check(agrees)?;
        Ok(found)
    };
    checkpoint().map_err(|fault| fault.of(format_args!("checkpoint {}", row.id)))
}

fn checkpoint_bound(row: &CheckpointRow) -> Bound {
    Bound::new("checkpoint", "record")
        .bytes(row.id.as_bytes())
        .bytes(row.lane.as_bytes())
        .bytes(row.session.as_bytes())
}

pub(crate) fn seal_journal(names: &DataKey, entry: &JournalEntry) -> Result<JournalRow, SealError> {
    let row = JournalRow { lane: entry.lane, seq: entry.seq, at: entry.at, sealed: Vec::new() };
    let sealed = pack(names, &journal_bound(&row), &JournalRecord::of(entry))?;
    Ok(JournalRow { sealed, ..row })
}

pub(crate) fn open_journal(
    names: &DataKey,
    row: &JournalRow,
) -> Result<JournalEntry, OpenRowError> {
    unpack(names, &journal_bound(row), &row.sealed)
        .map(|record: JournalRecord| record.into_entry(row.lane, row.seq, row.at))
        .map_err(|fault| fault.of(format_args!("journal entry {} of lane {}", row.seq, row.lane)))
}

fn journal_bound(row: &JournalRow) -> Bound {
    Bound::new("journal", "record")
        .bytes(row.lane.as_bytes())
        .number(row.seq)
        .number(row.at.as_millis().cast_unsigned())
}

pub(crate) fn seal_summary(
    key: &DataKey,
    session: &SessionId,
    summary: &Summary,
) -> Result<SummaryRow, SealError> {
    let row = SummaryRow { upto: summary.upto, created_at: summary.created_at, sealed: Vec::new() };
    let sealed = pack(key, &summary_bound(session, &row), &summary.text)?;
    Ok(SummaryRow { sealed, ..row })
}

pub(crate) fn open_summary(
    key: &DataKey,
    session: &SessionId,
    row: &SummaryRow,
) -> Result<Summary, OpenRowError> {
    unpack(key, &summary_bound(session, row), &row.sealed)
        .map(|text| Summary { upto: row.upto, created_at: row.created_at, text })
        .map_err(|fault| {
            fault.of(format_args!(
                "summary up to {} of timeline {}",
                row.upto.position, row.upto.timeline
            ))
        })
}

fn summary_bound(session: &SessionId, row: &SummaryRow) -> Bound {
    Bound::new("summary", "text")
        .bytes(session.as_bytes())
        .bytes(row.upto.timeline.as_bytes())
        .number(row.upto.position)
        .number(row.created_at.as_millis().cast_unsigned())
}

pub(crate) fn seal_place(names: &DataKey, place: &Place) -> Result<Vec<u8>, SealError> {
    pack(names, &Bound::new("place", "record").bytes(place.id.as_bytes()), place)
}

pub(crate) fn open_place(
    names: &DataKey,
    id: PlaceId,
    sealed: &[u8],
) -> Result<Place, OpenRowError> {
    unpack(names, &Bound::new("place", "record").bytes(id.as_bytes()), sealed)
        .map_err(|fault| fault.of(format_args!("place {id}")))
}

pub(crate) fn seal_person(names: &DataKey, person: &Person) -> Result<Vec<u8>, SealError> {
    pack(names, &Bound::new("person", "record").bytes(person.id.as_bytes()), person)
}

pub(crate) fn open_person(
    names: &DataKey,
    id: PersonId,
    sealed: &[u8],
) -> Result<Person, OpenRowError> {
    unpack(names, &Bound::new("person", "record").bytes(id.as_bytes()), sealed)
        .map_err(|fault| fault.of(format_args!("person {id}")))
}

pub(crate) fn seal_search(
    names: &DataKey,
    id: &IdBytes,
    note: &SearchNote,
) -> Result<Vec<u8>, SealError> {
    pack(names, &Bound::new("search", "record").bytes(id), note)
}

pub(crate) fn open_search(
    names: &DataKey,
    id: &IdBytes,
    sealed: &[u8],
) -> Result<SearchNote, OpenRowError> {
    unpack(names, &Bound::new("search", "record").bytes(id), sealed)
        .map_err(|fault| fault.of("a remembered search"))
}
