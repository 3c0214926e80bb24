//! What a commit promises: versions, tokens, order, all or nothing.

use super::row::{
    ALL, ToCommit as _, at, bytes, expecting, inbox_row, lane, lane_row, open_lane, outbox_row,
    session, session_row, tag, timeline_row,
};
use super::{answer, done, read};
use crate::delivery::Delivery;
use crate::model::SessionState;
use crate::store::rows::{LaneRow, SessionRow, Write};
use crate::store::{Commit, Committed, Receipt, Store};

/// The version of lane `n`; 0 when there is none.
fn version<S: Store>(store: &S, n: u8) -> u64 {
    read(store.lane(lane(n))).map_or(0, |loaded| loaded.lane.version)
}

/// Changes of all kinds, to see whether any of them happened.
fn marks() -> Commit {
    Commit {
        writes: vec![Write::Bind(tag(77), bytes(77))],
        delivery: vec![Delivery::Receive(inbox_row(77)), Delivery::Owe(outbox_row(77))],
        ..Commit::default()
    }
}

fn is_marked<S: Store>(store: &S) -> bool {
    let marks = [
        read(store.binding(tag(77))).is_some(),
        !read(store.inbox(0, ALL)).is_empty(),
        !read(store.outbox(0, ALL)).is_empty(),
    ];
    assert!(marks.iter().all(|mark| *mark == marks[0]), "a part of a commit happened: {marks:?}");
    marks[0]
}

pub fn an_empty_commit_is_done<S: Store>(store: &S) {
    assert_eq!(done(store, Commit::default()), Receipt::default());
}

pub fn a_new_lane_has_version_one<S: Store>(store: &S) {
    open_lane(store, 1);
    assert_eq!(version(store, 1), 1);
}

pub fn a_new_lane_has_version_one_even_if_it_was_not_expected<S: Store>(store: &S) {
    done(store, [Write::PutLane(lane_row(1, 1)), Write::PutSession(session_row(1, 1))]);
    assert_eq!(version(store, 1), 1);
}

pub fn each_commit_raises_the_version_that_it_expects_by_one<S: Store>(store: &S) {
    open_lane(store, 1);
    for expected in 1..=5 {
        done(store, expecting([(lane(1), expected)], []));
        assert_eq!(version(store, 1), expected + 1);
    }
}

pub fn a_version_is_raised_once_however_much_is_written<S: Store>(store: &S) {
    open_lane(store, 1);
    let put = || Write::PutLane(lane_row(1, 1));
    done(store, expecting([(lane(1), 1)], [put(), put(), Write::PutSession(session_row(1, 1))]));
    assert_eq!(version(store, 1), 2);
}

pub fn the_version_in_a_written_lane_is_ignored<S: Store>(store: &S) {
    let put = |version| Write::PutLane(LaneRow { version, ..lane_row(1, 1) });
    done(store, expecting([(lane(1), 0)], [put(70), Write::PutSession(session_row(1, 1))]));
    assert_eq!(version(store, 1), 1);
    done(store, expecting([(lane(1), 1)], [put(80)]));
    assert_eq!(version(store, 1), 2);
    done(store, [put(90)]);
    assert_eq!(version(store, 1), 2);
}

pub fn a_lane_that_is_not_expected_keeps_its_version<S: Store>(store: &S) {
    open_lane(store, 1);
    open_lane(store, 2);
    done(store, expecting([(lane(1), 1)], [Write::PutSession(session_row(2, 2))]));
    assert_eq!((version(store, 1), version(store, 2)), (2, 1));
}

pub fn a_lane_that_moved_on_is_a_conflict_and_nothing_happens<S: Store>(store: &S) {
    open_lane(store, 1);
    done(store, expecting([(lane(1), 1)], []));
    for stale in [0, 1, 3, u64::from(u32::MAX)] {
        let commit = Commit { expect: vec![(lane(1), stale)], ..marks() };
        assert_eq!(answer(store, commit), Committed::Conflict, "version {stale}");
        assert!(!is_marked(store));
        assert_eq!(version(store, 1), 2);
    }
    done(store, Commit { expect: vec![(lane(1), 2)], ..marks() });
    assert!(is_marked(store));
}

pub fn a_lane_that_is_not_there_is_a_conflict_but_for_version_zero<S: Store>(store: &S) {
    let commit = Commit { expect: vec![(lane(1), 1)], ..marks() };
    assert_eq!(answer(store, commit), Committed::Conflict);
    assert!(!is_marked(store));
    assert_eq!(version(store, 1), 0);
    done(store, Commit { expect: vec![(lane(1), 0)], ..marks() });
    assert!(is_marked(store));
}

pub fn a_commit_may_expect_that_a_lane_is_not_there_and_leave_it_so<S: Store>(store: &S) {
    done(store, expecting([(lane(1), 0)], []));
    assert_eq!(version(store, 1), 0);
    open_lane(store, 1);
    assert_eq!(version(store, 1), 1);
}

pub fn every_expected_lane_is_raised<S: Store>(store: &S) {
    open_lane(store, 1);
    open_lane(store, 2);
    open_lane(store, 3);
    done(store, expecting([(lane(3), 1), (lane(1), 1)], []));
    assert_eq!((version(store, 1), version(store, 2), version(store, 3)), (2, 1, 2));
}

pub fn of_two_lanes_one_moved_on_and_neither_is_touched<S: Store>(store: &S) {
    open_lane(store, 1);
    open_lane(store, 2);
    done(store, expecting([(lane(2), 1)], []));
    for expect in [vec![(lane(1), 1), (lane(2), 1)], vec![(lane(2), 1), (lane(1), 1)]] {
        assert_eq!(answer(store, Commit { expect, ..marks() }), Committed::Conflict);
        assert!(!is_marked(store));
        assert_eq!((version(store, 1), version(store, 2)), (1, 2));
    }
    done(store, expecting([(lane(1), 1), (lane(2), 2)], []));
    assert_eq!((version(store, 1), version(store, 2)), (2, 3));
}

pub fn a_tag_that_should_be_unbound_and_is_bound_is_a_conflict<S: Store>(store: &S) {
    open_lane(store, 1);
    done(store, [Write::Bind(tag(3), bytes(3))]);
    let commit = Commit { unbound: Some(tag(3)), expect: vec![(lane(1), 1)], ..marks() };
    assert_eq!(answer(store, commit), Committed::Conflict);
    assert!(!is_marked(store));
    assert_eq!(version(store, 1), 1);
}

pub fn a_tag_that_should_be_unbound_can_be_bound_by_the_commit<S: Store>(store: &S) {
    let bind =
        |id| Commit { unbound: Some(tag(3)), ..[Write::Bind(tag(3), bytes(id))].to_commit() };
    done(store, Commit { unbound: Some(tag(3)), ..marks() });
    done(store, bind(1));
    assert_eq!(answer(store, bind(2)), Committed::Conflict);
    assert_eq!(read(store.binding(tag(3))), Some(bytes(1)));
}

pub fn a_bound_tag_does_not_spend_the_token<S: Store>(store: &S) {
    done(store, [Write::Bind(tag(3), bytes(3))]);
    let once = Some((tag(5), at(1000)));
    let conflict = Commit { once, unbound: Some(tag(3)), ..Commit::default() };
    assert_eq!(answer(store, conflict.clone()), Committed::Conflict);
    done(store, Commit { once, ..Commit::default() });
    assert_eq!(answer(store, conflict), Committed::Conflict);
}

pub fn a_token_counts_once<S: Store>(store: &S) {
    open_lane(store, 1);
    let once = Some((tag(5), at(1000)));
    done(store, Commit { once, ..Commit::default() });
    let again = Commit { once: Some((tag(5), at(2000))), expect: vec![(lane(1), 1)], ..marks() };
    assert_eq!(answer(store, again), Committed::Spent);
    assert!(!is_marked(store));
    assert_eq!(version(store, 1), 1);
}

pub fn another_token_counts_too<S: Store>(store: &S) {
    done(store, Commit { once: Some((tag(5), at(1000))), ..Commit::default() });
    done(store, Commit { once: Some((tag(6), at(1000))), ..marks() });
    assert!(is_marked(store));
}

pub fn a_conflict_does_not_spend_the_token<S: Store>(store: &S) {
    let once = Some((tag(5), at(1000)));
    let conflict = Commit { once, expect: vec![(lane(1), 1)], ..Commit::default() };
    assert_eq!(answer(store, conflict), Committed::Conflict);
    done(store, Commit { once, ..Commit::default() });
}

pub fn of_a_conflict_and_a_spent_token_the_conflict_is_answered<S: Store>(store: &S) {
    let once = Some((tag(5), at(1000)));
    done(store, Commit { once, ..Commit::default() });
    let both = Commit { once, expect: vec![(lane(1), 1)], ..Commit::default() };
    assert_eq!(answer(store, both), Committed::Conflict);
}

pub fn writes_happen_in_their_order<S: Store>(store: &S) {
    open_lane(store, 1);
    let past = SessionRow { state: SessionState::Past, ..session_row(2, 1) };
    let writes = [
        Write::Bind(tag(1), bytes(1)),
        Write::Bind(tag(1), bytes(2)),
        Write::PutSession(session_row(2, 1)),
        Write::PutTimeline(timeline_row(2, 2)),
        Write::PutSession(past.clone()),
        Write::DropTimeline(timeline_row(2, 2).id),
        Write::PutSession(session_row(3, 1)),
        Write::DropSession(session(3)),
    ];
    done(store, writes);
    assert_eq!(read(store.binding(tag(1))), Some(bytes(2)));
    assert_eq!(read(store.session(session(2))), Some(past));
    assert_eq!(read(store.timelines(session(2))), []);
    assert_eq!(read(store.session(session(3))), None);
}

pub fn a_patient_commit_is_answered_and_seen<S: Store>(store: &S) {
    let receipt = done(store, Commit { patient: true, ..marks() });
    assert_eq!((receipt.received.len(), receipt.owed.len()), (1, 1));
    assert!(is_marked(store));
}

pub fn a_patient_commit_conflicts_like_any_other<S: Store>(store: &S) {
    let commit = Commit { patient: true, expect: vec![(lane(1), 1)], ..marks() };
    assert_eq!(answer(store, commit), Committed::Conflict);
    assert!(!is_marked(store));
}

pub fn a_receipt_answers_for_each_change_in_its_order<S: Store>(store: &S) {
    let changes = [
        Delivery::Receive(inbox_row(1)),
        Delivery::Owe(outbox_row(1)),
        Delivery::Receive(inbox_row(1)),
        Delivery::Owe(outbox_row(2)),
        Delivery::Receive(inbox_row(2)),
    ];
    let Receipt { received, owed, cut } = done(store, changes.to_commit());
    assert!(received[0].is_some() && received[1].is_none() && received[2] > received[0]);
    assert_eq!((received.len(), owed.len(), cut), (3, 2, 0));
    assert!(owed[1] > owed[0]);
}

pub fn scrubbing_takes_nothing_that_is_kept<S: Store>(store: &S) {
    open_lane(store, 1);
    done(store, marks());
    read(store.scrub());
    assert!(is_marked(store));
    assert_eq!(version(store, 1), 1);
    assert!(read(store.scrub()), "nobody reads, so everything can be removed");
}
