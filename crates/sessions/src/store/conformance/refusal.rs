//! What no store takes, and that such a commit leaves no trace.

use vault::KeyVersion;

use super::row::{
    ALL, add_messages, at, bytes, checkpoint, checkpoint_row, inbox_row, journal_row, key_row,
    lane, lane_row, message_row, open_lane, open_lane_with_messages, outbox_row, point,
    rotating_header, session, session_row, stretch, summary_row, tag, timeline, timeline_row,
    turn_row, wrapped,
};
use super::{done, read, refused};
use crate::delivery::{Delivery, OutboxState};
use crate::model::{Role, TokenCount};
use crate::store::rows::{
    CheckpointRow, KeyPurpose, KeyRow, LaneRow, MessageRow, RecordKind, SealedRow, Write,
};
use crate::store::{Commit, Order, Store};

pub fn a_message_on_an_occupied_point_is_refused<S: Store>(store: &S) {
    open_lane_with_messages(store, 2);
    let other = MessageRow { role: Role::Assistant, sealed: vec![0xee], ..message_row(1, 2) };
    refused(store, [Write::AddMessage(other)]);
    let kept = read(store.messages(stretch(1, 1..=9), Order::OldestFirst, ALL));
    assert_eq!(kept, [message_row(1, 1), message_row(1, 2)]);
}

pub fn the_same_point_twice_in_one_commit_is_refused<S: Store>(store: &S) {
    open_lane(store, 1);
    refused(store, [Write::AddMessage(message_row(1, 1)), Write::AddMessage(message_row(1, 1))]);
    assert_eq!(read(store.messages(stretch(1, 1..=9), Order::OldestFirst, ALL)), []);
}

pub fn a_message_on_an_unknown_timeline_is_refused<S: Store>(store: &S) {
    open_lane(store, 1);
    refused(store, [Write::AddMessage(message_row(2, 1))]);
    assert_eq!(read(store.messages(stretch(2, 1..=9), Order::OldestFirst, ALL)), []);
}

pub fn a_timeline_of_an_unknown_session_is_refused<S: Store>(store: &S) {
    open_lane(store, 1);
    refused(store, [Write::PutTimeline(timeline_row(2, 2))]);
    assert_eq!(read(store.timeline(timeline(2))), None);
}

pub fn a_checkpoint_of_an_unknown_session_is_refused<S: Store>(store: &S) {
    open_lane(store, 1);
    refused(
        store,
        [Write::PutCheckpoint(CheckpointRow { session: session(2), ..checkpoint_row(1) })],
    );
    assert_eq!(read(store.checkpoint(checkpoint(1))), None);
}

pub fn a_lane_without_its_current_session_is_refused<S: Store>(store: &S) {
    refused(store, [Write::PutLane(lane_row(1, 1))]);
    assert_eq!(read(store.lanes(None, None, ALL)), []);
    open_lane(store, 1);
    refused(store, [Write::PutLane(lane_row(1, 2))]);
    assert_eq!(read(store.lane(lane(1))).unwrap().lane, lane_row(1, 1));
}

/// The two refer to each other, so one of them has to come before what it refers to.
pub fn a_lane_and_its_session_are_checked_when_all_is_written<S: Store>(store: &S) {
    done(store, [Write::PutLane(lane_row(1, 1)), Write::PutSession(session_row(1, 1))]);
    done(store, [Write::PutSession(session_row(2, 2)), Write::PutLane(lane_row(2, 2))]);
    assert_eq!(read(store.lanes(None, None, ALL)), [lane_row(1, 1), lane_row(2, 2)]);
}

pub fn what_belongs_to_an_unknown_lane_is_refused<S: Store>(store: &S) {
    open_lane(store, 1);
    let checkpoint = CheckpointRow { lane: lane(2), ..checkpoint_row(1) };
    refused(store, [Write::PutCheckpoint(checkpoint)]);
    refused(store, [Write::PutJournal(journal_row(2, 1))]);
    refused(store, [Delivery::PutTurn(turn_row(1, 2))]);
    assert_eq!(read(store.turn(lane(2))), None);
}

pub fn a_summary_on_an_unknown_timeline_is_refused<S: Store>(store: &S) {
    open_lane(store, 1);
    refused(store, [Write::PutSummary(summary_row(2, 1))]);
    assert_eq!(read(store.summary(stretch(2, 0..=9))), None);
}

pub fn a_session_of_an_unknown_lane_is_refused<S: Store>(store: &S) {
    refused(store, [Write::PutSession(session_row(1, 1))]);
    assert_eq!(read(store.session(session(1))), None);
}

pub fn a_timeline_with_messages_cannot_be_dropped<S: Store>(store: &S) {
    open_lane_with_messages(store, 1);
    refused(store, [Write::DropTimeline(timeline(1))]);
    assert_eq!(read(store.timeline(timeline(1))), Some(timeline_row(1, 1)));
}

pub fn a_session_with_a_timeline_cannot_be_dropped<S: Store>(store: &S) {
    open_lane(store, 1);
    done(store, [Write::PutSession(session_row(2, 1)), Write::PutTimeline(timeline_row(2, 2))]);
    refused(store, [Write::DropSession(session(2))]);
    assert_eq!(read(store.session(session(2))), Some(session_row(2, 1)));
}

pub fn a_session_with_a_checkpoint_cannot_be_dropped<S: Store>(store: &S) {
    open_lane(store, 1);
    let held = CheckpointRow { session: session(2), ..checkpoint_row(1) };
    done(store, [Write::PutSession(session_row(2, 1)), Write::PutCheckpoint(held)]);
    refused(store, [Write::DropSession(session(2))]);
    assert_eq!(read(store.session(session(2))), Some(session_row(2, 1)));
}

pub fn a_current_session_cannot_be_dropped<S: Store>(store: &S) {
    open_lane(store, 1);
    refused(store, [Write::DropTimeline(timeline(1)), Write::DropSession(session(1))]);
    assert_eq!(read(store.lane(lane(1))).unwrap().session, session_row(1, 1));
    assert_eq!(read(store.timeline(timeline(1))), Some(timeline_row(1, 1)));
}

pub fn a_store_goes_on_after_a_refusal<S: Store>(store: &S) {
    open_lane_with_messages(store, 1);
    for position in 2..=4 {
        refused(store, [Write::AddMessage(message_row(1, 1))]);
        done(store, [Write::AddMessage(message_row(1, position))]);
    }
    assert_eq!(read(store.messages(stretch(1, 1..=9), Order::OldestFirst, ALL)).len(), 4);
}

/// A lane with something in every table.
fn furnish<S: Store>(store: &S) {
    open_lane_with_messages(store, 3);
    done(
        store,
        [
            Write::PutHeader(Box::new(rotating_header())),
            Write::Bind(tag(1), bytes(1)),
            Write::PutRecord(RecordKind::Person, bytes(1), vec![1]),
            Write::PutCheckpoint(checkpoint_row(1)),
            Write::PutJournal(journal_row(1, 1)),
            Write::PutKey(key_row(KeyPurpose::Session, 1)),
            Write::PutSummary(summary_row(1, 2)),
        ],
    );
    let receipt = done(
        store,
        [
            Delivery::Receive(inbox_row(1)),
            Delivery::Receive(inbox_row(2)),
            Delivery::Owe(outbox_row(1)),
            Delivery::PutTurn(turn_row(1, 1)),
        ],
    );
    done(store, [Delivery::Finish(receipt.received[0].unwrap())]);
}

/// All that can be read of what `furnish` made and `upheaval` would change.
fn picture<S: Store>(store: &S) -> Vec<String> {
    let see = |value: &dyn std::fmt::Debug| format!("{value:?}");
    vec![
        see(&read(store.header())),
        see(&read(store.binding(tag(1)))),
        see(&read(store.record(RecordKind::Person, bytes(1)))),
        see(&read(store.lane(lane(1)))),
        see(&read(store.lanes(None, None, ALL))),
        see(&read(store.session(session(2)))),
        see(&read(store.timelines(session(1)))),
        see(&read(store.messages(stretch(1, 1..=9), Order::OldestFirst, ALL))),
        see(&read(store.checkpoints_of(session(1), None, ALL))),
        see(&read(store.journal(lane(1), 1, ALL))),
        see(&read(store.keys(KeyPurpose::Session, None, ALL))),
        see(&read(store.summary(stretch(1, 1..=9)))),
        see(&read(store.inbox(0, ALL))),
        see(&read(store.outbox(0, ALL))),
        see(&read(store.turn(lane(1)))),
    ]
}

/// Writes that change every table.
fn upheaval() -> Vec<Write> {
    let mut other = rotating_header();
    other.names_seals += 1;
    other.previous = None;
    other.key_version = KeyVersion(1);
    vec![
        Write::PutHeader(Box::new(other)),
        Write::ReserveNames(1 << 20),
        Write::Bind(tag(1), bytes(9)),
        Write::PutRecord(RecordKind::Person, bytes(1), vec![9]),
        Write::PutSession(session_row(2, 1)),
        Write::PutLane(LaneRow { owner: None, ..lane_row(1, 2) }),
        Write::PutTimeline(timeline_row(2, 2)),
        Write::AddMessage(message_row(1, 4)),
        Write::SetImportance(point(1, 1), 9),
        Write::Reseal(SealedRow::Message(point(1, 1)), vec![9]),
        Write::SetTokens(point(1, 1), TokenCount { tokenizer: 1, tokens: 9 }),
        Write::DropCheckpoint(checkpoint(1)),
        Write::CutJournal(lane(1), 1, 1),
        Write::PutJournal(journal_row(1, 2)),
        Write::DestroyKey(KeyPurpose::Session, bytes(1)),
        Write::PutKey(key_row(KeyPurpose::Session, 2)),
        Write::RewrapKey(KeyRow { wrapped: wrapped(2), ..key_row(KeyPurpose::Session, 1) }),
        Write::PutSummary(summary_row(1, 3)),
        Write::CutTimeline(timeline(1), 1, ALL),
    ]
}

pub fn a_refused_commit_leaves_no_trace<S: Store>(store: &S) {
    furnish(store);
    let before = picture(store);
    let waiting = read(store.inbox(0, ALL))[0].seq;
    let owed = read(store.outbox(0, ALL))[0].seq;
    let mut writes = upheaval();
    writes.push(Write::AddMessage(message_row(1, 1)));
    let doomed = Commit {
        expect: vec![(lane(1), 1), (lane(2), 0)],
        unbound: Some(tag(9)),
        once: Some((tag(5), at(1000))),
        event: Some((vec![tag(77)], at(1000))),
        writes,
        delivery: vec![
            Delivery::Receive(inbox_row(3)),
            Delivery::Finish(waiting),
            Delivery::Mark(owed, OutboxState::Sent),
            Delivery::Owe(outbox_row(2)),
            Delivery::EndTurn(lane(1)),
            Delivery::Forget(at(9000)),
        ],
        patient: false,
    };
    refused(store, doomed.clone());
    assert_eq!(picture(store), before);

    // Nor did it spend its token, learn the tag of its event or forget the tag of another.
    done(store, Commit { writes: vec![], delivery: vec![], ..doomed });
    let known = [Delivery::Receive(inbox_row(3)), Delivery::Receive(inbox_row(1))];
    let received = done(store, known).received;
    assert!(received[0].is_some() && received[1].is_none());
}

pub fn a_refusal_in_one_lane_does_not_raise_its_version<S: Store>(store: &S) {
    open_lane(store, 1);
    open_lane(store, 2);
    add_messages(store, 1, 1..=1);
    refused(
        store,
        Commit {
            expect: vec![(lane(1), 1), (lane(2), 1)],
            writes: vec![Write::AddMessage(message_row(1, 1))],
            ..Commit::default()
        },
    );
    for n in [1, 2] {
        assert_eq!(read(store.lane(lane(n))).unwrap().lane.version, 1);
    }
}
