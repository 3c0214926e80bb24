//! Each kind of evidence is there after COMMIT, and not after ROLLBACK.

use rusqlite::Connection;
use sessions::delivery::{Delivery, InboxRow};
use sessions::id::{LaneId, PlaceId, QueueKeyId, SessionId, TimelineId};
use sessions::model::{Role, SessionState};
use sessions::store::rows::{LaneRow, MessageRow, SessionRow, TimelineRow, Write};
use sessions::store::{Commit, Committed};
use sessions::time::Timestamp;

use super::*;
use crate::tail::Tails;
use crate::{apply, schema};

const ID: [u8; 16] = [1; 16];
const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn writes(writes: impl Into<Vec<Write>>) -> Commit {
    Commit { writes: writes.into(), ..Commit::default() }
}

fn delivery(delivery: Delivery) -> Commit {
    Commit { delivery: vec![delivery], ..Commit::default() }
}

fn message(position: u64) -> Write {
    let point = Point { timeline: TimelineId::new(ID), position };
    let (role, sealed) = (Role::User, vec![1]);
    let row = MessageRow { point, role, created_at: NOW, importance: 0, tokens: None, sealed };
    Write::AddMessage(row)
}

fn event(tag: Tag) -> Delivery {
    Delivery::Receive(InboxRow {
        seq: 0,
        place: PlaceId::new(ID),
        events: vec![tag],
        received_at: NOW,
        attempts: 0,
        key: QueueKeyId::new(ID),
        sealed: vec![1],
    })
}

/// Lane 1 with message 1, and event 1.
fn opening() -> Commit {
    let (lane, session) = (LaneId::new(ID), SessionId::new(ID));
    let state = SessionState::Current;
    let sealed = || vec![1];
    Commit {
        expect: vec![(lane, 0)],
        writes: vec![
            Write::PutLane(LaneRow {
                id: lane,
                version: 0,
                current: session,
                owner: None,
                sealed: sealed(),
            }),
            Write::PutSession(SessionRow {
                id: session,
                lane,
                state,
                last_activity_at: NOW,
                seals: 0,
                sealed: sealed(),
            }),
            Write::PutTimeline(TimelineRow { id: TimelineId::new(ID), session, sealed: sealed() }),
            message(1),
        ],
        delivery: vec![event([1; 16])],
        ..Commit::default()
    }
}

fn run(conn: &Connection, commit: &Commit, end: &str) -> Best {
    let mut best = Best::default();
    conn.execute_batch("BEGIN IMMEDIATE").unwrap();
    let committed = apply::commit(conn, &mut Tails::default(), commit, &mut best).unwrap();
    assert!(matches!(committed, Committed::Done(_)), "{committed:?}");
    conn.execute_batch(end).unwrap();
    best
}

fn check(commit: &Commit, expected: fn(&Evidence) -> bool) {
    let conn = Connection::open_in_memory().unwrap();
    schema::migrate(&conn, schema::newest()).unwrap();
    run(&conn, &opening(), "COMMIT");
    let best = run(&conn, commit, "ROLLBACK");
    assert!(best.0.as_ref().is_some_and(expected), "{best:?}");
    assert_eq!(best.happened(&conn).unwrap(), Some(false), "rolled back: {best:?}");
    let best = run(&conn, commit, "COMMIT");
    assert_eq!(best.happened(&conn).unwrap(), Some(true), "committed: {best:?}");
}

#[test]
fn a_raised_version_tells() {
    let commit = Commit { expect: vec![(LaneId::new(ID), 1)], ..writes([message(2)]) };
    check(&commit, |evidence| matches!(evidence, Evidence::Lane(_, 1)));
}

#[test]
fn a_new_lane_tells() {
    let conn = Connection::open_in_memory().unwrap();
    schema::migrate(&conn, schema::newest()).unwrap();
    let best = run(&conn, &opening(), "ROLLBACK");
    assert!(matches!(best.0, Some(Evidence::Lane(_, 0))), "{best:?}");
    assert_eq!(best.happened(&conn).unwrap(), Some(false));
    run(&conn, &opening(), "COMMIT");
    assert_eq!(best.happened(&conn).unwrap(), Some(true));
}

#[test]
fn an_expected_lane_that_nobody_makes_tells_nothing() {
    let conn = Connection::open_in_memory().unwrap();
    schema::migrate(&conn, schema::newest()).unwrap();
    let commit = Commit { expect: vec![(LaneId::new(ID), 0)], ..Commit::default() };
    assert_eq!(run(&conn, &commit, "COMMIT").happened(&conn).unwrap(), None);
}

#[test]
fn a_number_tells_though_its_row_is_gone_again() {
    let commit =
        Commit { delivery: vec![event([2; 16]), Delivery::Finish(2)], ..Commit::default() };
    check(&commit, |evidence| matches!(evidence, Evidence::Number(Table::Inbox, 2)));
}

#[test]
fn a_spent_token_tells() {
    let commit = Commit { once: Some((ID, NOW)), ..Commit::default() };
    check(&commit, |evidence| matches!(evidence, Evidence::Token(_)));
}

#[test]
fn a_tag_that_was_not_bound_tells() {
    let commit = Commit { unbound: Some(ID), ..writes([Write::Bind(ID, ID)]) };
    check(&commit, |evidence| matches!(evidence, Evidence::Bound(_)));
}

#[test]
fn an_event_done_at_once_tells() {
    let commit = Commit { event: Some((vec![[8; 16]], NOW)), ..Commit::default() };
    check(&commit, |evidence| matches!(evidence, Evidence::Event(_)));
}

#[test]
fn a_counted_attempt_tells() {
    check(&delivery(Delivery::Attempt(1)), |evidence| matches!(evidence, Evidence::Attempts(1, 1)));
}

#[test]
fn a_message_tells() {
    check(&writes([message(2)]), |evidence| matches!(evidence, Evidence::Message(_)));
}

#[test]
fn a_message_that_is_gone_tells() {
    let cut = Write::CutTimeline(TimelineId::new(ID), 0, 1);
    check(&writes([cut]), |evidence| matches!(evidence, Evidence::Cut(_)));
}

#[test]
fn what_may_be_done_twice_tells_nothing() {
    let conn = Connection::open_in_memory().unwrap();
    schema::migrate(&conn, schema::newest()).unwrap();
    run(&conn, &opening(), "COMMIT");
    for commit in [writes([Write::Bind(ID, ID)]), delivery(Delivery::Finish(1))] {
        assert_eq!(run(&conn, &commit, "COMMIT").happened(&conn).unwrap(), None);
    }
}

#[test]
fn the_evidence_that_is_hardest_to_undo_is_kept() {
    let mut best = Best::default();
    best.offer(Evidence::Cut(1));
    best.offer(Evidence::Lane(LaneId::new(ID), 3));
    best.offer(Evidence::Token(ID));
    assert_eq!(best.0, Some(Evidence::Lane(LaneId::new(ID), 3)));
}
