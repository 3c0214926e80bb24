//! Timelines and summaries: what is cut off, what is dropped.

use super::row::{
    ALL, add_messages, at, message_row, open_lane, open_lane_with_messages, session, session_row,
    stretch, summary_row, timeline, timeline_row,
};
use super::{done, read};
use crate::store::rows::{SummaryRow, TimelineRow, Write};
use crate::store::{Order, Store};

fn positions<S: Store>(store: &S, n: u8) -> Vec<u64> {
    let rows = read(store.messages(stretch(n, 0..=u64::MAX), Order::OldestFirst, ALL));
    rows.iter().map(|row| row.point.position).collect()
}

/// The position of the last summary.
fn summary<S: Store>(store: &S, n: u8) -> Option<u64> {
    read(store.summary(stretch(n, 0..=u64::MAX))).map(|row| row.upto.position)
}

pub fn a_timeline_is_put_and_replaced<S: Store>(store: &S) {
    open_lane_with_messages(store, 2);
    let row = TimelineRow { sealed: vec![0xee; 80], ..timeline_row(1, 1) };
    done(store, [Write::PutTimeline(row.clone())]);
    assert_eq!(read(store.timeline(timeline(1))), Some(row));
    assert_eq!(read(store.timeline(timeline(2))), None);
    assert_eq!(positions(store, 1), [1, 2]);
}

pub fn timelines_of_a_session_come_in_the_order_of_their_ids<S: Store>(store: &S) {
    open_lane(store, 5);
    done(store, [Write::PutSession(session_row(2, 5)), Write::PutTimeline(timeline_row(4, 2))]);
    done(store, [Write::PutTimeline(timeline_row(9, 5)), Write::PutTimeline(timeline_row(1, 5))]);
    let of = |n| read(store.timelines(session(n)));
    assert_eq!(of(5), [timeline_row(1, 5), timeline_row(5, 5), timeline_row(9, 5)]);
    assert_eq!((of(2), of(3)), (vec![timeline_row(4, 2)], vec![]));
}

pub fn a_cut_takes_what_is_above_a_position_and_counts_it<S: Store>(store: &S) {
    open_lane_with_messages(store, 6);
    done(store, [Write::PutTimeline(timeline_row(2, 1))]);
    add_messages(store, 2, 1..=6);
    assert_eq!(done(store, [Write::CutTimeline(timeline(1), 4, ALL)]).cut, 2);
    assert_eq!(positions(store, 1), [1, 2, 3, 4]);
    assert_eq!(done(store, [Write::CutTimeline(timeline(1), 4, ALL)]).cut, 0);
    assert_eq!(done(store, [Write::CutTimeline(timeline(1), 0, ALL)]).cut, 4);
    assert_eq!(positions(store, 1), [] as [u64; 0]);
    assert_eq!(positions(store, 2), [1, 2, 3, 4, 5, 6]);
}

pub fn a_limited_cut_takes_the_highest<S: Store>(store: &S) {
    open_lane_with_messages(store, 7);
    let mut counts = Vec::new();
    let mut left = Vec::new();
    for _ in 0..4 {
        counts.push(done(store, [Write::CutTimeline(timeline(1), 2, 2)]).cut);
        left.push(positions(store, 1).len());
    }
    assert_eq!((counts, left), (vec![2, 2, 1, 0], vec![5, 3, 2, 2]));
    assert_eq!(positions(store, 1), [1, 2]);
    assert_eq!(done(store, [Write::CutTimeline(timeline(1), 0, 0)]).cut, 0);
    assert_eq!(positions(store, 1), [1, 2]);
}

pub fn cuts_of_one_commit_are_counted_together<S: Store>(store: &S) {
    open_lane_with_messages(store, 5);
    done(store, [Write::PutTimeline(timeline_row(2, 1))]);
    add_messages(store, 2, 6..=9);
    let receipt = done(
        store,
        [
            Write::CutTimeline(timeline(1), 3, ALL),
            Write::CutTimeline(timeline(2), 6, 1),
            Write::CutTimeline(timeline(3), 0, ALL),
        ],
    );
    assert_eq!(receipt.cut, 3);
    assert_eq!((positions(store, 1), positions(store, 2)), (vec![1, 2, 3], vec![6, 7, 8]));
}

pub fn a_cut_off_position_can_be_written_again<S: Store>(store: &S) {
    open_lane_with_messages(store, 3);
    done(store, [Write::CutTimeline(timeline(1), 1, ALL), Write::AddMessage(message_row(1, 2))]);
    assert_eq!(positions(store, 1), [1, 2]);
}

pub fn a_cut_takes_the_summaries_above_too<S: Store>(store: &S) {
    open_lane_with_messages(store, 6);
    for position in [2, 4, 6] {
        done(store, [Write::PutSummary(summary_row(1, position))]);
    }
    done(store, [Write::CutTimeline(timeline(1), 4, ALL)]);
    assert_eq!(summary(store, 1), Some(4));
    done(store, [Write::CutTimeline(timeline(1), 3, ALL)]);
    assert_eq!(summary(store, 1), Some(2));
    assert_eq!(done(store, [Write::CutTimeline(timeline(1), 0, ALL)]).cut, 3);
    assert_eq!(summary(store, 1), None);
}

pub fn a_limited_cut_takes_every_summary_above<S: Store>(store: &S) {
    open_lane_with_messages(store, 6);
    for position in [2, 4, 6] {
        done(store, [Write::PutSummary(summary_row(1, position))]);
    }
    assert_eq!(done(store, [Write::CutTimeline(timeline(1), 2, 1)]).cut, 1);
    assert_eq!((positions(store, 1).len(), summary(store, 1)), (5, Some(2)));
}

pub fn the_summary_of_a_stretch_is_the_one_that_ends_latest<S: Store>(store: &S) {
    open_lane_with_messages(store, 9);
    for position in [5, 2, 8] {
        done(store, [Write::PutSummary(summary_row(1, position))]);
    }
    let of = |range| read(store.summary(stretch(1, range)));
    assert_eq!(of(0..=u64::MAX), Some(summary_row(1, 8)));
    assert_eq!(of(1..=7), Some(summary_row(1, 5)));
    assert_eq!(of(2..=2), Some(summary_row(1, 2)));
    assert_eq!((of(3..=4), of(9..=20), of(0..=1)), (None, None, None));
    assert_eq!(read(store.summary(stretch(2, 0..=u64::MAX))), None);
}

pub fn a_summary_is_replaced_at_its_point<S: Store>(store: &S) {
    open_lane_with_messages(store, 2);
    let better = SummaryRow { created_at: at(5000), sealed: vec![1; 500], ..summary_row(1, 2) };
    done(store, [Write::PutSummary(summary_row(1, 2))]);
    done(store, [Write::PutSummary(better.clone())]);
    assert_eq!(read(store.summary(stretch(1, 1..=2))), Some(better));
}

pub fn an_empty_timeline_can_be_dropped<S: Store>(store: &S) {
    open_lane_with_messages(store, 3);
    done(store, [Write::PutSummary(summary_row(1, 3))]);
    done(store, [Write::CutTimeline(timeline(1), 0, ALL), Write::DropTimeline(timeline(1))]);
    assert_eq!(read(store.timeline(timeline(1))), None);
    assert_eq!(read(store.timelines(session(1))), []);
    done(store, [Write::DropTimeline(timeline(1))]);
}

pub fn a_session_can_go_with_all_it_held_in_one_commit<S: Store>(store: &S) {
    open_lane(store, 1);
    done(store, [Write::PutSession(session_row(2, 1)), Write::PutTimeline(timeline_row(2, 2))]);
    add_messages(store, 2, 1..=3);
    let receipt = done(
        store,
        [
            Write::CutTimeline(timeline(2), 0, ALL),
            Write::DropTimeline(timeline(2)),
            Write::DropSession(session(2)),
        ],
    );
    assert_eq!(receipt.cut, 3);
    assert_eq!(read(store.session(session(2))), None);
    assert_eq!(positions(store, 2), [] as [u64; 0]);
}
