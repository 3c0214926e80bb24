//! Rows for tests, each with the least that makes it valid. What a test is about it sets itself:
//! `SessionRow { state: Past, ..session_row(1, 1) }`.
//!
//! Things are named by small numbers; the ids of number n are all bytes n, so their order is that of the numbers.

use std::ops::RangeInclusive;

use vault::{KdfParams, KeyVersion, Mode, WrappedKey};

use super::done;
use crate::delivery::{Delivery, InboxRow, OutboxRow, OutboxState, TurnRow, TurnState};
use crate::id::{
    CheckpointId, IdBytes, LaneId, PlaceId, QueueKeyId, SessionId, TimelineId, TurnId,
};
use crate::model::{Point, Role, SessionState, Tag};
use crate::store::rows::{
    CheckpointRow, Header, JournalRow, KeyPurpose, KeyRow, LaneRow, MessageRow, PreviousMaster,
    SessionRow, SummaryRow, TimelineRow, Write,
};
use crate::store::{Commit, Store, Stretch};
use crate::time::Timestamp;

/// As many rows as there are.
pub(super) const ALL: usize = usize::MAX;

pub(super) fn bytes(n: u8) -> IdBytes {
    [n; 16]
}

pub(super) fn tag(n: u8) -> Tag {
    [n; 16]
}

pub(super) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(super) fn lane(n: u8) -> LaneId {
    LaneId::new(bytes(n))
}

pub(super) fn session(n: u8) -> SessionId {
    SessionId::new(bytes(n))
}

pub(super) fn timeline(n: u8) -> TimelineId {
    TimelineId::new(bytes(n))
}

pub(super) fn checkpoint(n: u8) -> CheckpointId {
    CheckpointId::new(bytes(n))
}

/// A message of timeline `n`.
pub(super) fn point(n: u8, position: u64) -> Point {
    Point { timeline: timeline(n), position }
}

pub(super) fn stretch(n: u8, positions: RangeInclusive<u64>) -> Stretch {
    Stretch { timeline: timeline(n), from: *positions.start(), to: *positions.end() }
}

pub(super) fn header() -> Header {
    Header {
        mode: Mode::Sealed,
        key_version: KeyVersion(1),
        check: vec![7; 32],
        kdf: Some(KdfParams { salt: [9; 16], memory_kib: 64 * 1024, passes: 3, lanes: 1 }),
        names_key: wrapped(1),
        names_seals: 1024,
        previous: None,
    }
}

/// The header of a store that goes from master key 1 to 2.
pub(super) fn rotating_header() -> Header {
    let previous = PreviousMaster {
        version: KeyVersion(1),
        check: vec![7; 32],
        kdf: Some(KdfParams { salt: [9; 16], memory_kib: 64 * 1024, passes: 3, lanes: 1 }),
    };
    Header {
        key_version: KeyVersion(2),
        check: vec![8; 32],
        kdf: None,
        names_key: wrapped(2),
        previous: Some(previous),
        ..header()
    }
}

pub(super) fn wrapped(n: u8) -> WrappedKey {
    WrappedKey { version: KeyVersion(n.into()), bytes: vec![n; 61] }
}

pub(super) fn key_row(purpose: KeyPurpose, owner: u8) -> KeyRow {
    KeyRow { purpose, owner: bytes(owner), wrapped: wrapped(owner), created_at: at(1000) }
}

pub(super) fn lane_row(n: u8, current: u8) -> LaneRow {
    LaneRow {
        id: lane(n),
        version: 1,
        current: session(current),
        owner: Some(tag(n)),
        sealed: vec![n, current],
    }
}

pub(super) fn session_row(n: u8, of_lane: u8) -> SessionRow {
    SessionRow {
        id: session(n),
        lane: lane(of_lane),
        state: SessionState::Current,
        last_activity_at: at(1000),
        seals: 0,
        sealed: vec![n, of_lane],
    }
}

pub(super) fn timeline_row(n: u8, of_session: u8) -> TimelineRow {
    TimelineRow { id: timeline(n), session: session(of_session), sealed: vec![n, of_session] }
}

pub(super) fn message_row(n: u8, position: u64) -> MessageRow {
    MessageRow {
        point: point(n, position),
        role: Role::User,
        created_at: at(1000),
        importance: 0,
        tokens: None,
        sealed: position.to_be_bytes().to_vec(),
    }
}

pub(super) fn summary_row(n: u8, position: u64) -> SummaryRow {
    SummaryRow { upto: point(n, position), created_at: at(1000), sealed: vec![n, 0xaa] }
}

/// A checkpoint of lane and session 1.
pub(super) fn checkpoint_row(n: u8) -> CheckpointRow {
    CheckpointRow {
        id: checkpoint(n),
        lane: lane(1),
        session: session(1),
        created_at: at(1000),
        automatic: false,
        deleted_at: None,
        name: tag(n),
        sealed: vec![n],
    }
}

pub(super) fn journal_row(of_lane: u8, seq: u64) -> JournalRow {
    JournalRow { lane: lane(of_lane), seq, at: at(1000), sealed: seq.to_be_bytes().to_vec() }
}

/// An event known by the tag `n`.
pub(super) fn inbox_row(n: u8) -> InboxRow {
    InboxRow {
        seq: 0,
        place: PlaceId::new(bytes(1)),
        events: vec![tag(n)],
        received_at: at(1000),
        attempts: 0,
        key: QueueKeyId::new(bytes(1)),
        sealed: vec![n],
    }
}

pub(super) fn outbox_row(n: u8) -> OutboxRow {
    OutboxRow {
        seq: 0,
        place: PlaceId::new(bytes(1)),
        chunk: n.into(),
        private: false,
        state: OutboxState::Pending,
        created_at: at(1000),
        key: QueueKeyId::new(bytes(1)),
        sealed: vec![n],
    }
}

pub(super) fn turn_row(n: u8, of_lane: u8) -> TurnRow {
    TurnRow {
        id: TurnId::new(bytes(n)),
        lane: lane(of_lane),
        upto: 1,
        state: TurnState::Queued,
        created_at: at(1000),
    }
}

/// What makes a commit: itself, or changes of one kind that expect nothing.
pub(super) trait ToCommit {
    fn to_commit(self) -> Commit;
}

impl ToCommit for Commit {
    fn to_commit(self) -> Commit {
        self
    }
}

impl<const N: usize> ToCommit for [Write; N] {
    fn to_commit(self) -> Commit {
        Commit { writes: self.into(), ..Commit::default() }
    }
}

impl ToCommit for Vec<Write> {
    fn to_commit(self) -> Commit {
        Commit { writes: self, ..Commit::default() }
    }
}

impl<const N: usize> ToCommit for [Delivery; N] {
    fn to_commit(self) -> Commit {
        Commit { delivery: self.into(), ..Commit::default() }
    }
}

/// A commit of these writes that expects these lanes.
pub(super) fn expecting<const L: usize, const N: usize>(
    lanes: [(LaneId, u64); L],
    writes: [Write; N],
) -> Commit {
    Commit { expect: lanes.into(), ..writes.to_commit() }
}

/// What opens lane `n` with its first session `n` and that session's timeline `n`.
pub(super) fn opening(n: u8) -> Commit {
    expecting(
        [(lane(n), 0)],
        [
            Write::PutLane(lane_row(n, n)),
            Write::PutSession(session_row(n, n)),
            Write::PutTimeline(timeline_row(n, n)),
        ],
    )
}

/// Opens lane `n`; it is at version 1 then.
pub(super) fn open_lane<S: Store>(store: &S, n: u8) {
    done(store, opening(n));
}

/// Opens lane 1 and adds messages 1 to `last` to its timeline.
pub(super) fn open_lane_with_messages<S: Store>(store: &S, last: u64) {
    open_lane(store, 1);
    add_messages(store, 1, 1..=last);
}

pub(super) fn add_messages<S: Store>(store: &S, n: u8, positions: RangeInclusive<u64>) {
    let writes = positions.map(|position| Write::AddMessage(message_row(n, position))).collect();
    done(store, Commit { writes, ..Commit::default() });
}
