//! Sessions: by state, by age, by the beginning of their ids.

use super::row::{ALL, at, bytes, checkpoint_row, lane, open_lane, session, session_row};
use super::{done, read};
use crate::id::{IdBytes, SessionId};
use crate::model::SessionState;
use crate::store::rows::{CheckpointRow, SessionRow, Write};
use crate::store::{After, IdKind, Store};

use SessionState::{Binned, Current, Held, Past};

fn past(n: u8, of_lane: u8, active: i64) -> Write {
    let row = session_row(n, of_lane);
    Write::PutSession(SessionRow { state: Past, last_activity_at: at(active), ..row })
}

fn in_state(n: u8, state: SessionState) -> Write {
    Write::PutSession(SessionRow { state, ..session_row(n, 1) })
}

/// The numbers of rows, from their ids.
fn numbers(rows: &[SessionRow]) -> Vec<u8> {
    rows.iter().map(|row| row.id.as_bytes()[0]).collect()
}

/// Behind this row.
fn behind(row: &SessionRow) -> After {
    Some((row.last_activity_at, *row.id.as_bytes()))
}

pub fn a_session_is_found_by_its_id<S: Store>(store: &S) {
    open_lane(store, 1);
    assert_eq!(read(store.session(session(1))), Some(session_row(1, 1)));
    assert_eq!(read(store.session(session(2))), None);
}

pub fn sessions_are_listed_by_lane_and_state<S: Store>(store: &S) {
    open_lane(store, 1);
    open_lane(store, 2);
    done(store, [in_state(3, Past), in_state(4, Binned), in_state(5, Held), past(6, 2, 1000)]);
    let of = |n, state| numbers(&read(store.sessions(lane(n), state, None, ALL)));
    assert_eq!((of(1, Current), of(1, Past)), (vec![1], vec![3]));
    assert_eq!((of(1, Binned), of(1, Held)), (vec![4], vec![5]));
    assert_eq!((of(2, Past), of(2, Held), of(3, Past)), (vec![6], vec![], vec![]));

    done(store, [in_state(3, Binned)]);
    assert_eq!((of(1, Past), of(1, Binned)), (vec![], vec![4, 3]));
}

pub fn the_latest_activity_comes_first<S: Store>(store: &S) {
    open_lane(store, 1);
    done(store, [past(2, 1, 3000), past(3, 1, -5), past(4, 1, 4000), past(5, 1, 0)]);
    let rows = read(store.sessions(lane(1), Past, None, ALL));
    assert_eq!(numbers(&rows), [4, 2, 5, 3]);
    assert_eq!(numbers(&read(store.sessions(lane(1), Past, None, 2))), [4, 2]);
    assert_eq!(read(store.sessions(lane(1), Past, None, 0)), []);
}

pub fn among_sessions_of_one_instant_the_greatest_id_comes_first<S: Store>(store: &S) {
    open_lane(store, 1);
    done(store, [past(4, 1, 1000), past(2, 1, 1000), past(200, 1, 1000), past(3, 1, 1000)]);
    let rows = read(store.sessions(lane(1), Past, None, ALL));
    assert_eq!(numbers(&rows), [200, 4, 3, 2]);
}

pub fn pages_of_sessions_neither_skip_nor_repeat<S: Store>(store: &S) {
    open_lane(store, 1);
    for n in 2..=20 {
        done(store, [past(n, 1, 1000 * i64::from(n / 5))]);
    }
    let all = read(store.sessions(lane(1), Past, None, ALL));
    assert_eq!(all.len(), 19);
    for limit in [1, 2, 3, 7] {
        let mut paged: Vec<SessionRow> = Vec::new();
        loop {
            let page = read(store.sessions(lane(1), Past, paged.last().and_then(behind), limit));
            if page.is_empty() {
                break;
            }
            assert!(page.len() <= limit);
            paged.extend(page);
            assert!(paged.len() <= all.len(), "repeated: {:?}", numbers(&paged));
        }
        assert_eq!(paged, all, "pages of {limit}");
    }
}

pub fn a_page_goes_on_behind_a_row_that_is_gone<S: Store>(store: &S) {
    open_lane(store, 1);
    done(store, [past(2, 1, 1000), past(3, 1, 2000), past(4, 1, 3000)]);
    let after = Some((at(2000), bytes(3)));
    done(store, [Write::DropSession(session(3))]);
    assert_eq!(numbers(&read(store.sessions(lane(1), Past, after, ALL))), [2]);
}

pub fn stale_sessions_are_those_of_any_lane_before_an_instant<S: Store>(store: &S) {
    open_lane(store, 1);
    open_lane(store, 2);
    done(store, [past(3, 1, 1000), past(4, 2, 999), past(5, 1, 1001), past(6, 2, -1)]);
    let stale = |before| numbers(&read(store.stale_sessions(Past, at(before), None, ALL)));
    assert_eq!(stale(5000), [6, 4, 3, 5]);
    assert_eq!(stale(1000), [6, 4]);
    assert_eq!(stale(-1), [] as [u8; 0]);
    assert_eq!(numbers(&read(store.stale_sessions(Current, at(1001), None, ALL))), [1, 2]);
    assert_eq!(read(store.stale_sessions(Binned, at(5000), None, ALL)), []);
}

pub fn pages_of_stale_sessions_go_from_the_earliest_on<S: Store>(store: &S) {
    open_lane(store, 1);
    for n in 2..=14 {
        done(store, [past(n, 1, 1000 * i64::from(n / 4))]);
    }
    for limit in [1, 3, 5] {
        let mut paged: Vec<SessionRow> = Vec::new();
        loop {
            let after = paged.last().and_then(behind);
            let page = read(store.stale_sessions(Past, at(3000), after, limit));
            if page.is_empty() {
                break;
            }
            paged.extend(page);
            assert!(paged.len() <= 10, "repeated: {:?}", numbers(&paged));
        }
        assert_eq!(numbers(&paged), (2..=11).collect::<Vec<u8>>(), "pages of {limit}");
    }
}

pub fn a_session_without_timelines_can_be_dropped<S: Store>(store: &S) {
    open_lane(store, 1);
    done(store, [past(2, 1, 1000)]);
    done(store, [Write::DropSession(session(2))]);
    assert_eq!(read(store.session(session(2))), None);
    assert_eq!(read(store.sessions(lane(1), Past, None, ALL)), []);
}

pub fn dropping_a_session_that_is_not_there_changes_nothing<S: Store>(store: &S) {
    open_lane(store, 1);
    done(store, [Write::DropSession(session(9))]);
    assert_eq!(read(store.session(session(1))), Some(session_row(1, 1)));
}

fn id_range(low: u8, high: u8) -> std::ops::RangeInclusive<IdBytes> {
    bytes(low)..=bytes(high)
}

pub fn ids_of_sessions_lie_in_the_range_and_the_lane<S: Store>(store: &S) {
    open_lane(store, 1);
    open_lane(store, 200);
    done(store, [past(5, 1, 1), past(3, 1, 2), in_state(4, Binned), past(6, 200, 3)]);
    let ids =
        |low, high, limit| read(store.ids(IdKind::Session, lane(1), id_range(low, high), limit));
    assert_eq!(ids(0, 255, ALL), [bytes(1), bytes(3), bytes(4), bytes(5)]);
    assert_eq!(ids(3, 4, ALL), [bytes(3), bytes(4)]);
    assert_eq!(ids(0, 255, 2), [bytes(1), bytes(3)]);
    assert_eq!(ids(6, 255, ALL), [] as [IdBytes; 0]);
    assert_eq!(ids(5, 3, ALL), [] as [IdBytes; 0]);
    assert_eq!(ids(0, 255, 0), [] as [IdBytes; 0]);
}

pub fn the_ends_of_a_range_of_ids_belong_to_it_to_the_last_byte<S: Store>(store: &S) {
    open_lane(store, 1);
    let mut above = bytes(1);
    above[15] += 1;
    let mut below = bytes(1);
    below[15] -= 1;
    let ids = |range| read(store.ids(IdKind::Session, lane(1), range, ALL));
    assert_eq!(ids(bytes(1)..=bytes(1)), [bytes(1)]);
    assert_eq!(ids(below..=above), [bytes(1)]);
    assert_eq!(ids(above..=bytes(255)), [] as [IdBytes; 0]);
    assert_eq!(ids(bytes(0)..=below), [] as [IdBytes; 0]);
}

pub fn ids_of_checkpoints_hold_the_deleted_and_on_demand_the_automatic<S: Store>(store: &S) {
    open_lane(store, 1);
    open_lane(store, 2);
    let elsewhere = CheckpointRow { lane: lane(2), session: session(2), ..checkpoint_row(6) };
    done(
        store,
        [
            Write::PutCheckpoint(checkpoint_row(5)),
            Write::PutCheckpoint(CheckpointRow { automatic: true, ..checkpoint_row(4) }),
            Write::PutCheckpoint(CheckpointRow { deleted_at: Some(at(1)), ..checkpoint_row(3) }),
            Write::PutCheckpoint(elsewhere),
        ],
    );
    let ids = |kind| read(store.ids(kind, lane(1), id_range(0, 255), ALL));
    assert_eq!(ids(IdKind::Checkpoint), [bytes(3), bytes(5)]);
    assert_eq!(ids(IdKind::AnyCheckpoint), [bytes(3), bytes(4), bytes(5)]);
    assert_eq!(ids(IdKind::Session), [bytes(1)]);
    assert_eq!(read(store.ids(IdKind::AnyCheckpoint, lane(1), id_range(4, 4), 1)), [bytes(4)]);
}

pub fn all_sessions_are_read_in_pages_by_id<S: Store>(store: &S) {
    open_lane(store, 3);
    open_lane(store, 1);
    let states = [(2, SessionState::Past), (200, SessionState::Binned), (4, SessionState::Held)];
    for (n, state) in states {
        done(store, [Write::PutSession(SessionRow { state, ..session_row(n, 1) })]);
    }
    let page = |after: Option<u8>, limit| -> Vec<SessionId> {
        let rows = read(store.all_sessions(after.map(session), limit));
        rows.iter().map(|row| row.id).collect()
    };
    assert_eq!(page(None, ALL), [1, 2, 3, 4, 200].map(session));
    assert_eq!(page(None, 2), [1, 2].map(session));
    assert_eq!(page(Some(2), 2), [3, 4].map(session));
    assert_eq!(page(Some(200), 2), []);
    assert_eq!(
        read(store.all_sessions(Some(session(3)), 1)),
        [SessionRow { state: SessionState::Held, ..session_row(4, 1) }]
    );
}
