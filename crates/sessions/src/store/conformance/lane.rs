//! Lanes: loading one, listing many.

use super::row::{ALL, at, lane, lane_row, open_lane, session, session_row, tag, timeline};
use super::{done, read};
use crate::id::LaneId;
use crate::model::SessionState;
use crate::store::Store;
use crate::store::rows::{LaneRow, LoadedLane, SessionRow, Write};

fn ids(rows: &[LaneRow]) -> Vec<LaneId> {
    rows.iter().map(|row| row.id).collect()
}

pub fn a_store_that_was_never_used_has_no_lanes<S: Store>(store: &S) {
    assert_eq!(read(store.lane(lane(1))), None);
    assert_eq!(read(store.lanes(None, None, ALL)), []);
}

pub fn a_lane_is_loaded_with_its_current_session<S: Store>(store: &S) {
    open_lane(store, 1);
    open_lane(store, 2);
    let expected = LoadedLane { lane: lane_row(1, 1), session: session_row(1, 1), busy: false };
    assert_eq!(read(store.lane(lane(1))), Some(expected));
}

pub fn a_lane_moves_to_another_session<S: Store>(store: &S) {
    open_lane(store, 1);
    let past = SessionRow { state: SessionState::Past, ..session_row(1, 1) };
    done(
        store,
        [
            Write::PutSession(past.clone()),
            Write::PutSession(session_row(2, 1)),
            Write::PutLane(lane_row(1, 2)),
        ],
    );
    let loaded = read(store.lane(lane(1))).unwrap();
    assert_eq!((loaded.lane, loaded.session), (lane_row(1, 2), session_row(2, 1)));
    assert_eq!(read(store.session(session(1))), Some(past));
}

pub fn putting_a_lane_again_keeps_what_refers_to_it<S: Store>(store: &S) {
    open_lane(store, 1);
    let changed = LaneRow { owner: None, sealed: vec![0xee; 100], ..lane_row(1, 1) };
    done(store, [Write::PutLane(changed.clone())]);
    assert_eq!(read(store.lane(lane(1))).unwrap().lane, changed);
    assert_eq!(read(store.session(session(1))), Some(session_row(1, 1)));
    assert!(read(store.timeline(timeline(1))).is_some());
}

pub fn a_lane_shows_the_session_as_it_was_put_last<S: Store>(store: &S) {
    open_lane(store, 1);
    let later = SessionRow {
        last_activity_at: at(2000),
        seals: u64::from(u32::MAX) + 1,
        sealed: vec![],
        ..session_row(1, 1)
    };
    done(store, [Write::PutSession(later.clone())]);
    assert_eq!(read(store.lane(lane(1))).unwrap().session, later);
}

pub fn lanes_come_in_the_order_of_their_ids<S: Store>(store: &S) {
    for n in [3, 1, 200, 2] {
        open_lane(store, n);
    }
    let all = read(store.lanes(None, None, ALL));
    assert_eq!(ids(&all), [lane(1), lane(2), lane(3), lane(200)]);
    assert_eq!(all[3], lane_row(200, 200));
}

pub fn lanes_are_read_in_pages<S: Store>(store: &S) {
    for n in 1..=5 {
        open_lane(store, n);
    }
    let page = |after, limit| ids(&read(store.lanes(None, after, limit)));
    assert_eq!(page(None, 2), [lane(1), lane(2)]);
    assert_eq!(page(Some(lane(2)), 2), [lane(3), lane(4)]);
    assert_eq!(page(Some(lane(4)), 2), [lane(5)]);
    assert_eq!(page(Some(lane(5)), 2), []);
    assert_eq!(page(None, 0), []);
}

pub fn an_owner_sees_their_own_lanes_only<S: Store>(store: &S) {
    let owned = |n, owner| Write::PutLane(LaneRow { owner, ..lane_row(n, n) });
    for (n, owner) in [(1, Some(tag(7))), (2, None), (3, Some(tag(8))), (4, Some(tag(7)))] {
        done(store, [owned(n, owner), Write::PutSession(session_row(n, n))]);
    }
    let of = |owner, after| ids(&read(store.lanes(Some(tag(owner)), after, ALL)));
    assert_eq!(of(7, None), [lane(1), lane(4)]);
    assert_eq!(of(7, Some(lane(1))), [lane(4)]);
    assert_eq!(of(8, None), [lane(3)]);
    assert_eq!(of(9, None), []);

    done(store, [owned(4, None)]);
    assert_eq!(of(7, None), [lane(1)]);
}
