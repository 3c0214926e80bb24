//! Rows for the tests of the file: lane n has session n and timeline n. And a few ways to run things.

#![allow(dead_code, reason = "each test binary takes what it needs")]

use std::env;
use std::future::{Future, poll_fn};
use std::path::Path;
use std::pin::Pin;
use std::process::Command;
use std::task::Poll;

use sessions::delivery::{InboxRow, OutboxRow, OutboxState};
use sessions::id::{IdBytes, LaneId, PlaceId, QueueKeyId, SessionId, TimelineId};
use sessions::model::{Point, Role, SessionState};
use sessions::store::conformance::block_on;
use sessions::store::rows::{LaneRow, MessageRow, SessionRow, TimelineRow, Write};
use sessions::store::{Commit, Committed, Order, Receipt, Store, Stretch};
use sessions::time::Timestamp;
use sqlite::SqliteStore;

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// An id or tag that is made of a number.
pub(crate) fn bytes(n: u32) -> IdBytes {
    let mut bytes = [0x5a; 16];
    bytes[..4].copy_from_slice(&n.wrapping_mul(0x9e37_79b1).to_be_bytes());
    bytes[12..].copy_from_slice(&n.to_be_bytes());
    bytes
}

pub(crate) fn lane(n: u32) -> LaneId {
    LaneId::new(bytes(n))
}

pub(crate) fn session_row(n: u32) -> SessionRow {
    SessionRow {
        id: SessionId::new(bytes(n)),
        lane: lane(n),
        state: SessionState::Current,
        last_activity_at: NOW,
        seals: 0,
        sealed: vec![0x5e; 240],
    }
}

pub(crate) fn message_row(n: u32, position: u64, sealed: Vec<u8>) -> MessageRow {
    MessageRow {
        point: Point { timeline: TimelineId::new(bytes(n)), position },
        role: Role::User,
        created_at: NOW,
        importance: 0,
        tokens: None,
        sealed,
    }
}

/// Opens lane n: it is at version 1 then.
pub(crate) fn opening(n: u32) -> Commit {
    let lane_row = LaneRow {
        id: lane(n),
        version: 0,
        current: SessionId::new(bytes(n)),
        owner: None,
        sealed: vec![0x1a; 120],
    };
    let timeline = TimelineRow {
        id: TimelineId::new(bytes(n)),
        session: SessionId::new(bytes(n)),
        sealed: vec![0x71; 60],
    };
    Commit {
        expect: vec![(lane(n), 0)],
        writes: vec![
            Write::PutLane(lane_row),
            Write::PutSession(session_row(n)),
            Write::PutTimeline(timeline),
        ],
        ..Commit::default()
    }
}

/// Adds the message at a position to lane n, which is at that version.
pub(crate) fn append(n: u32, position: u64) -> Commit {
    Commit {
        expect: vec![(lane(n), position)],
        writes: vec![
            Write::PutSession(SessionRow { seals: position, ..session_row(n) }),
            Write::AddMessage(message_row(n, position, vec![0x3e; 320])),
        ],
        ..Commit::default()
    }
}

pub(crate) fn inbox_row(n: u32) -> InboxRow {
    InboxRow {
        seq: 0,
        place: PlaceId::new(bytes(1)),
        events: vec![bytes(n)],
        received_at: NOW,
        attempts: 0,
        key: QueueKeyId::new(bytes(1)),
        sealed: n.to_be_bytes().to_vec(),
    }
}

pub(crate) fn outbox_row(n: u32) -> OutboxRow {
    OutboxRow {
        seq: 0,
        place: PlaceId::new(bytes(1)),
        chunk: n,
        private: false,
        state: OutboxState::Pending,
        created_at: NOW,
        key: QueueKeyId::new(bytes(1)),
        sealed: n.to_be_bytes().to_vec(),
    }
}

pub(crate) fn done(store: &SqliteStore, commit: Commit) -> Receipt {
    match block_on(store.commit(commit)).unwrap() {
        Committed::Done(receipt) => receipt,
        other @ (Committed::Conflict | Committed::Spent | Committed::Known) => {
            panic!("not done: {other:?}")
        }
    }
}

/// The positions of the messages of lane n.
pub(crate) fn positions(store: &SqliteStore, n: u32) -> Vec<u64> {
    let stretch = Stretch { timeline: TimelineId::new(bytes(n)), from: 0, to: u64::MAX };
    let rows = block_on(store.messages(stretch, Order::OldestFirst, usize::MAX)).unwrap();
    rows.iter().map(|row| row.point.position).collect()
}

/// Polls all, each for the first time before any is waited for.
pub(crate) fn join_all<T>(futures: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut running: Vec<(Pin<Box<_>>, Option<T>)> =
        futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    block_on(poll_fn(|ctx| {
        let mut is_ready = true;
        for (future, output) in &mut running {
            if output.is_none() {
                match future.as_mut().poll(ctx) {
                    Poll::Ready(ready) => *output = Some(ready),
                    Poll::Pending => is_ready = false,
                }
            }
        }
        if is_ready { Poll::Ready(()) } else { Poll::Pending }
    }));
    running.into_iter().filter_map(|(_, output)| output).collect()
}

/// This test binary again, running only the test `role`, which finds the database in the environment.
pub(crate) fn again_as(role: &str, db: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", role, "--nocapture", "--test-threads=1"]).env(ROLE_DB, db);
    command
}

/// Set for a process that plays a role.
pub(crate) const ROLE_DB: &str = "SQLITE_TEST_ROLE_DB";
