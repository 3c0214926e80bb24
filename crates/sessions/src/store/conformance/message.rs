//! Messages of a stretch: order, limits, importance, what may change.

use super::row::{
    ALL, add_messages, at, message_row, open_lane, open_lane_with_messages, point, stretch,
    timeline_row,
};
use super::{done, read};
use crate::model::{Role, TokenCount};
use crate::store::Order::{NewestFirst, OldestFirst};
use crate::store::rows::{MessageRow, SealedRow, Write};
use crate::store::{Store, Stretch};

fn positions(rows: &[MessageRow]) -> Vec<u64> {
    rows.iter().map(|row| row.point.position).collect()
}

fn set_importance<S: Store>(store: &S, importances: &[(u64, u8)]) {
    for (position, importance) in importances {
        done(store, [Write::SetImportance(point(1, *position), *importance)]);
    }
}

pub fn a_message_is_read_as_it_was_written<S: Store>(store: &S) {
    open_lane(store, 1);
    let rows = [
        MessageRow { role: Role::System, importance: 255, ..message_row(1, 1) },
        MessageRow { role: Role::User, sealed: vec![], created_at: at(-1), ..message_row(1, 2) },
        MessageRow {
            role: Role::Assistant,
            tokens: Some(TokenCount { tokenizer: 255, tokens: u32::MAX }),
            sealed: vec![0xff; 100_000],
            ..message_row(1, 3)
        },
    ];
    let [first, second, third] = rows.clone();
    done(store, [Write::AddMessage(first), Write::AddMessage(second), Write::AddMessage(third)]);
    assert_eq!(read(store.messages(stretch(1, 1..=3), OldestFirst, ALL)), rows);
}

pub fn messages_are_read_forwards_or_backwards<S: Store>(store: &S) {
    open_lane_with_messages(store, 6);
    let of = |positions_, order, limit| {
        positions(&read(store.messages(stretch(1, positions_), order, limit)))
    };
    assert_eq!(of(1..=6, OldestFirst, ALL), [1, 2, 3, 4, 5, 6]);
    assert_eq!(of(1..=6, NewestFirst, ALL), [6, 5, 4, 3, 2, 1]);
    assert_eq!(of(2..=5, OldestFirst, 2), [2, 3]);
    assert_eq!(of(2..=5, NewestFirst, 2), [5, 4]);
    assert_eq!(of(2..=5, NewestFirst, 0), [] as [u64; 0]);
}

pub fn both_ends_of_a_stretch_belong_to_it<S: Store>(store: &S) {
    open_lane_with_messages(store, 3);
    let of =
        |positions_| positions(&read(store.messages(stretch(1, positions_), OldestFirst, ALL)));
    assert_eq!(of(2..=2), [2]);
    assert_eq!(of(0..=1), [1]);
    assert_eq!(of(3..=u64::MAX), [3]);
    assert_eq!(of(0..=u64::MAX), [1, 2, 3]);
    assert_eq!(of(4..=9), [] as [u64; 0]);
}

pub fn a_stretch_that_ends_before_it_begins_is_empty<S: Store>(store: &S) {
    open_lane_with_messages(store, 3);
    let backwards = Stretch { from: 3, to: 1, ..stretch(1, 1..=1) };
    assert_eq!(read(store.messages(backwards, OldestFirst, ALL)), []);
    assert_eq!(read(store.messages(backwards, NewestFirst, ALL)), []);
    assert_eq!(read(store.important_messages(backwards, ALL)), []);
    assert_eq!(read(store.summary(backwards)), None);
}

pub fn a_stretch_holds_messages_of_its_timeline_only<S: Store>(store: &S) {
    open_lane_with_messages(store, 2);
    done(store, [Write::PutTimeline(timeline_row(2, 1)), Write::PutTimeline(timeline_row(3, 1))]);
    add_messages(store, 2, 2..=4);
    let of = |n| positions(&read(store.messages(stretch(n, 0..=u64::MAX), OldestFirst, ALL)));
    assert_eq!((of(1), of(2), of(3)), (vec![1, 2], vec![2, 3, 4], vec![]));
}

pub fn importance_changes_and_nothing_else<S: Store>(store: &S) {
    open_lane_with_messages(store, 2);
    set_importance(store, &[(1, 255)]);
    let changed = MessageRow { importance: 255, ..message_row(1, 1) };
    let all = || read(store.messages(stretch(1, 1..=2), OldestFirst, ALL));
    assert_eq!(all(), [changed, message_row(1, 2)]);
    set_importance(store, &[(1, 0)]);
    assert_eq!(all(), [message_row(1, 1), message_row(1, 2)]);
}

pub fn a_token_count_is_filled_in_and_replaced<S: Store>(store: &S) {
    open_lane_with_messages(store, 2);
    for count in [TokenCount { tokenizer: 1, tokens: 12 }, TokenCount { tokenizer: 2, tokens: 0 }] {
        done(store, [Write::SetTokens(point(1, 2), count)]);
        let counted = MessageRow { tokens: Some(count), ..message_row(1, 2) };
        let all = read(store.messages(stretch(1, 1..=2), OldestFirst, ALL));
        assert_eq!(all, [message_row(1, 1), counted]);
    }
}

pub fn changing_a_message_that_is_not_there_changes_nothing<S: Store>(store: &S) {
    open_lane_with_messages(store, 1);
    let tokens = TokenCount { tokenizer: 1, tokens: 12 };
    done(store, [Write::SetImportance(point(1, 2), 9), Write::SetTokens(point(2, 1), tokens)]);
    let all = read(store.messages(stretch(1, 0..=u64::MAX), OldestFirst, ALL));
    assert_eq!(all, [message_row(1, 1)]);
}

pub fn the_most_important_come_first_and_among_equals_the_newest<S: Store>(store: &S) {
    open_lane_with_messages(store, 8);
    set_importance(store, &[(1, 9), (2, 255), (4, 9), (5, 1), (6, 200), (8, 9)]);
    let of = |limit| positions(&read(store.important_messages(stretch(1, 1..=8), limit)));
    assert_eq!(of(ALL), [2, 6, 8, 4, 1, 5]);
    assert_eq!(of(4), [2, 6, 8, 4]);
    assert_eq!(of(0), [] as [u64; 0]);
    let first = read(store.important_messages(stretch(1, 1..=8), 1));
    assert_eq!(first, [MessageRow { importance: 255, ..message_row(1, 2) }]);
}

pub fn important_messages_lie_in_the_stretch<S: Store>(store: &S) {
    open_lane_with_messages(store, 5);
    done(store, [Write::PutTimeline(timeline_row(2, 1))]);
    let elsewhere = MessageRow { importance: 255, ..message_row(2, 3) };
    done(store, [Write::AddMessage(elsewhere)]);
    set_importance(store, &[(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]);
    let of = |range| positions(&read(store.important_messages(stretch(1, range), ALL)));
    assert_eq!(of(2..=4), [4, 3, 2]);
    assert_eq!(of(5..=u64::MAX), [5]);
    assert_eq!(of(6..=9), [] as [u64; 0]);
    set_importance(store, &[(3, 0)]);
    assert_eq!(of(2..=4), [4, 2]);
}

pub fn a_message_is_sealed_anew_and_nothing_else<S: Store>(store: &S) {
    open_lane_with_messages(store, 2);
    let tokens = TokenCount { tokenizer: 1, tokens: 12 };
    set_importance(store, &[(1, 9)]);
    done(store, [Write::SetTokens(point(1, 1), tokens)]);
    done(store, [Write::Reseal(SealedRow::Message(point(1, 1)), vec![0xee; 3_000])]);
    let sealed = vec![0xee; 3_000];
    let anew = MessageRow { importance: 9, tokens: Some(tokens), sealed, ..message_row(1, 1) };
    let all = || read(store.messages(stretch(1, 1..=9), OldestFirst, ALL));
    assert_eq!(all(), [anew.clone(), message_row(1, 2)]);
    for gone in [point(1, 3), point(2, 1)] {
        done(store, [Write::Reseal(SealedRow::Message(gone), vec![1])]);
    }
    assert_eq!(all(), [anew, message_row(1, 2)]);
}
