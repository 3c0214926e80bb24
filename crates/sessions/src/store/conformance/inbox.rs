//! The inbox: each event once, in the order of arrival, until it is done.

use super::row::{ALL, at, inbox_row, outbox_row, tag};
use super::{done, read};
use crate::delivery::{Delivery, InboxRow, OutboxRow};
use crate::id::{LaneId, PlaceId, QueueKeyId};
use crate::model::Tag;
use crate::store::rows::{SealedRow, Write};
use crate::store::{Commit, Committed, Store};

/// Takes an event in and tells its number, if it is new.
fn receive<S: Store>(store: &S, row: InboxRow) -> Option<i64> {
    done(store, [Delivery::Receive(row)]).received[0]
}

/// Takes in the event known by the tag `n`, which is new.
fn receive_new<S: Store>(store: &S, n: u8) -> i64 {
    receive(store, inbox_row(n)).unwrap()
}

fn with_tags(tags: &[u8]) -> InboxRow {
    InboxRow { events: tags.iter().map(|n| tag(*n)).collect(), ..inbox_row(1) }
}

/// The payloads that wait.
fn waiting<S: Store>(store: &S) -> Vec<Vec<u8>> {
    read(store.inbox(0, ALL)).into_iter().map(|row| row.sealed).collect()
}

pub fn a_received_event_waits_as_it_came<S: Store>(store: &S) {
    let row = InboxRow {
        seq: 12_345,
        place: PlaceId::new([3; 16]),
        received_at: at(-9),
        attempts: 2,
        key: QueueKeyId::new([4; 16]),
        sealed: vec![0xee; 5000],
        ..inbox_row(1)
    };
    let seq = receive(store, row.clone()).unwrap();
    assert!(seq > 0, "0 means from the start");
    assert_eq!(read(store.inbox(0, ALL)), [InboxRow { seq, ..row }]);
}

pub fn events_wait_in_the_order_of_arrival<S: Store>(store: &S) {
    // Neither the time nor the tag decides.
    for (n, received) in [(5, 3000), (2, 1000), (9, 2000), (1, 1000)] {
        receive(store, InboxRow { received_at: at(received), ..inbox_row(n) });
    }
    assert_eq!(waiting(store), [[5], [2], [9], [1]]);
}

pub fn events_of_one_commit_wait_in_its_order<S: Store>(store: &S) {
    let all = [4, 2, 3].map(|n| Delivery::Receive(inbox_row(n)));
    let numbers = done(store, all).received;
    assert!(numbers.is_sorted() && numbers.iter().all(Option::is_some), "{numbers:?}");
    assert_eq!(waiting(store), [[4], [2], [3]]);
}

pub fn the_inbox_is_read_in_pages<S: Store>(store: &S) {
    let numbers: Vec<i64> = (1..=5).map(|n| receive_new(store, n)).collect();
    let page = |after, limit| -> Vec<i64> {
        read(store.inbox(after, limit)).iter().map(|row| row.seq).collect()
    };
    assert_eq!(page(0, 2), numbers[..2]);
    assert_eq!(page(numbers[1], 2), numbers[2..4]);
    assert_eq!(page(numbers[3], 2), numbers[4..]);
    assert_eq!(page(numbers[4], 2), [] as [i64; 0]);
    assert_eq!(page(i64::MAX, ALL), [] as [i64; 0]);
    assert_eq!(page(0, 0), [] as [i64; 0]);
}

pub fn an_event_is_received_once<S: Store>(store: &S) {
    receive_new(store, 1);
    let again = InboxRow { sealed: vec![0xee], received_at: at(9000), ..inbox_row(1) };
    assert_eq!(receive(store, again), None);
    assert_eq!(waiting(store), [[1]]);
}

pub fn an_event_twice_in_one_commit_is_received_once<S: Store>(store: &S) {
    let twice = [Delivery::Receive(inbox_row(1)), Delivery::Receive(inbox_row(1))];
    let received = done(store, twice).received;
    assert!(received[0].is_some() && received[1].is_none());
    assert_eq!(waiting(store), [[1]]);
}

pub fn an_event_with_any_known_tag_is_a_duplicate<S: Store>(store: &S) {
    assert!(receive(store, with_tags(&[1, 2])).is_some());
    assert_eq!(receive(store, with_tags(&[2])), None);
    assert_eq!(receive(store, with_tags(&[3, 1])), None);
    assert_eq!(receive(store, with_tags(&[4, 2, 5])), None);
}

pub fn a_duplicate_makes_no_tag_known<S: Store>(store: &S) {
    receive(store, with_tags(&[1]));
    assert_eq!(receive(store, with_tags(&[2, 1, 3])), None);
    assert!(receive(store, with_tags(&[2])).is_some());
    assert!(receive(store, with_tags(&[3])).is_some());
}

pub fn a_waiting_event_shows_all_of_its_tags<S: Store>(store: &S) {
    receive(store, with_tags(&[7]));
    receive(store, with_tags(&[3, 1, 2]));
    let mut tags: Vec<Tag> = read(store.inbox(0, ALL))[1].events.clone();
    tags.sort_unstable();
    assert_eq!(tags, [tag(1), tag(2), tag(3)]);
}

pub fn an_attempt_is_counted<S: Store>(store: &S) {
    let seq = receive_new(store, 1);
    receive_new(store, 2);
    done(store, [Delivery::Attempt(seq)]);
    done(store, [Delivery::Attempt(seq), Delivery::Attempt(i64::MAX)]);
    let attempts: Vec<u32> = read(store.inbox(0, ALL)).iter().map(|row| row.attempts).collect();
    assert_eq!(attempts, [2, 0]);
}

pub fn a_finished_event_waits_no_longer_and_stays_known<S: Store>(store: &S) {
    let seq = receive_new(store, 1);
    receive_new(store, 2);
    done(store, [Delivery::Finish(seq)]);
    assert_eq!(waiting(store), [[2]]);
    assert_eq!(receive(store, inbox_row(1)), None);
    assert_eq!(waiting(store), [[2]]);
}

pub fn what_is_done_stays_done<S: Store>(store: &S) {
    let seq = receive_new(store, 1);
    done(store, [Delivery::Finish(seq)]);
    for change in [Delivery::Attempt, Delivery::Park, Delivery::Unpark, Delivery::Finish] {
        done(store, [change(seq)]);
        assert_eq!(read(store.inbox(0, ALL)), []);
    }
    assert_eq!(receive(store, inbox_row(1)), None);
}

pub fn changes_of_an_unknown_event_change_nothing<S: Store>(store: &S) {
    let seq = receive_new(store, 1);
    for change in [Delivery::Attempt, Delivery::Park, Delivery::Unpark, Delivery::Finish] {
        done(store, [change(seq + 1)]);
    }
    assert_eq!(read(store.inbox(0, ALL)), [InboxRow { seq, ..inbox_row(1) }]);
}

pub fn an_event_may_come_and_be_done_in_one_commit_with_others<S: Store>(store: &S) {
    let first = receive_new(store, 1);
    done(store, [Delivery::Finish(first), Delivery::Receive(inbox_row(2))]);
    assert_eq!(waiting(store), [[2]]);
}

pub fn a_parked_event_is_not_listed_and_stays_known<S: Store>(store: &S) {
    let seq = receive_new(store, 1);
    receive_new(store, 2);
    done(store, [Delivery::Park(seq)]);
    assert_eq!(waiting(store), [[2]]);
    assert_eq!(receive(store, inbox_row(1)), None);
}

pub fn an_unparked_event_is_listed_at_its_old_place_as_if_it_had_never_been_tried<S: Store>(
    store: &S,
) {
    let seq = receive_new(store, 1);
    receive_new(store, 2);
    done(store, [Delivery::Attempt(seq), Delivery::Park(seq)]);
    done(store, [Delivery::Unpark(seq)]);
    assert_eq!(waiting(store), [[1], [2]]);
    let row = read(store.inbox(0, 1)).remove(0);
    assert_eq!(row, InboxRow { seq, attempts: 0, ..inbox_row(1) });
}

pub fn unparking_what_is_not_parked_changes_nothing<S: Store>(store: &S) {
    let seq = receive_new(store, 1);
    done(store, [Delivery::Attempt(seq), Delivery::Unpark(seq)]);
    assert_eq!(read(store.inbox(0, ALL)), [InboxRow { seq, attempts: 1, ..inbox_row(1) }]);
}

pub fn a_parked_event_can_be_finished<S: Store>(store: &S) {
    let seq = receive_new(store, 1);
    done(store, [Delivery::Park(seq)]);
    done(store, [Delivery::Finish(seq), Delivery::Unpark(seq)]);
    assert_eq!(waiting(store), [] as [Vec<u8>; 0]);
    assert_eq!(receive(store, inbox_row(1)), None);
    done(store, [Delivery::Forget(at(9000))]);
    assert!(receive(store, inbox_row(1)).is_some());
}

pub fn numbers_of_events_are_never_used_again<S: Store>(store: &S) {
    let mut last = receive_new(store, 1);
    for n in 2..=4 {
        done(store, [Delivery::Finish(last), Delivery::Forget(at(9000))]);
        let next = receive_new(store, n);
        assert!(next > last, "{next} after {last}");
        last = next;
    }
}

pub fn tags_of_done_events_received_before_an_instant_are_forgotten<S: Store>(store: &S) {
    for (n, received) in [(1, 999), (2, 1000), (3, 1001)] {
        let row = InboxRow { received_at: at(received), ..inbox_row(n) };
        let seq = receive(store, row).unwrap();
        done(store, [Delivery::Finish(seq)]);
    }
    done(store, [Delivery::Forget(at(1000))]);
    assert_eq!(receive(store, inbox_row(2)), None);
    assert_eq!(receive(store, inbox_row(3)), None);
    assert!(receive(store, inbox_row(1)).is_some());
}

pub fn all_tags_of_a_done_event_are_forgotten<S: Store>(store: &S) {
    let seq = receive(store, with_tags(&[1, 2])).unwrap();
    done(store, [Delivery::Finish(seq)]);
    done(store, [Delivery::Forget(at(9000))]);
    assert!(receive(store, with_tags(&[2])).is_some());
    assert!(receive(store, with_tags(&[1])).is_some());
}

pub fn what_is_not_done_is_never_forgotten<S: Store>(store: &S) {
    receive_new(store, 1);
    let parked = receive_new(store, 2);
    done(store, [Delivery::Park(parked)]);
    done(store, [Delivery::Forget(at(i64::MAX))]);
    assert_eq!(receive(store, inbox_row(1)), None);
    assert_eq!(receive(store, inbox_row(2)), None);
    done(store, [Delivery::Unpark(parked)]);
    assert_eq!(waiting(store), [[1], [2]]);
}

pub fn tokens_spent_before_an_instant_are_forgotten<S: Store>(store: &S) {
    let spend = |n, millis| {
        let once = Some((tag(n), at(millis)));
        super::answer(store, Commit { once, ..Commit::default() })
    };
    for (n, spent) in [(1, 999), (2, 1000), (3, 1001)] {
        assert!(matches!(spend(n, spent), Committed::Done(_)));
    }
    done(store, [Delivery::Forget(at(1000))]);
    assert_eq!((spend(2, 5000), spend(3, 5000)), (Committed::Spent, Committed::Spent));
    assert!(matches!(spend(1, 5000), Committed::Done(_)));
}

/// What is answered to a commit with an event of these tags, that also binds a tag of its own.
fn at_once<S: Store>(store: &S, tags: &[u8], millis: i64) -> Committed {
    let event = Some((tags.iter().map(|n| tag(*n)).collect(), at(millis)));
    let writes = vec![Write::Bind(tag(200 + tags[0]), [7; 16])];
    super::answer(store, Commit { event, writes, ..Commit::default() })
}

pub fn an_event_done_at_once_never_waits_and_is_known<S: Store>(store: &S) {
    assert!(matches!(at_once(store, &[1, 2], 1000), Committed::Done(_)));
    assert!(waiting(store).is_empty());
    assert_eq!(receive(store, inbox_row(1)), None);
    assert_eq!(receive(store, inbox_row(2)), None);
    assert!(receive(store, inbox_row(3)).is_some());
}

pub fn of_a_known_event_nothing_happens_at_once<S: Store>(store: &S) {
    let waits = receive_new(store, 1);
    assert_eq!(at_once(store, &[1], 1000), Committed::Known);
    done(store, [Delivery::Finish(waits)]);
    assert_eq!(at_once(store, &[1], 1000), Committed::Known);
    assert!(matches!(at_once(store, &[2, 3], 1000), Committed::Done(_)));
    assert_eq!(at_once(store, &[4, 3], 1000), Committed::Known);
    assert_eq!(read(store.binding(tag(201))), None);
    assert_eq!(read(store.binding(tag(204))), None);
    assert_eq!(read(store.binding(tag(202))), Some([7; 16]));
}

pub fn a_known_event_is_answered_before_a_conflict<S: Store>(store: &S) {
    receive_new(store, 1);
    let expect = vec![(LaneId::new([9; 16]), 5)];
    let event = Some((vec![tag(1)], at(1000)));
    let commit = Commit { expect: expect.clone(), event, ..Commit::default() };
    assert_eq!(super::answer(store, commit), Committed::Known);
    let event = Some((vec![tag(2)], at(1000)));
    let commit = Commit { expect, event, ..Commit::default() };
    assert_eq!(super::answer(store, commit), Committed::Conflict);
    assert!(receive(store, inbox_row(2)).is_some(), "a conflict makes nothing known");
}

pub fn an_event_done_at_once_is_forgotten_like_any_other<S: Store>(store: &S) {
    for (n, millis) in [(1, 999), (2, 1000)] {
        assert!(matches!(at_once(store, &[n], millis), Committed::Done(_)));
    }
    done(store, [Delivery::Forget(at(1000))]);
    assert!(matches!(at_once(store, &[1], 5000), Committed::Done(_)));
    assert_eq!(at_once(store, &[2], 5000), Committed::Known);
}

pub fn parked_events_are_read_in_pages<S: Store>(store: &S) {
    let seqs =
        [1, 2, 3, 4].map(|n| done(store, [Delivery::Receive(inbox_row(n))]).received[0].unwrap());
    assert_eq!(read(store.parked(0, ALL)), []);
    done(store, [Delivery::Park(seqs[3]), Delivery::Park(seqs[0]), Delivery::Park(seqs[2])]);
    let page = |after, limit| -> Vec<i64> {
        read(store.parked(after, limit)).iter().map(|row| row.seq).collect()
    };
    assert_eq!(page(0, ALL), [seqs[0], seqs[2], seqs[3]]);
    assert_eq!(page(0, 1), [seqs[0]]);
    assert_eq!(page(seqs[0], 1), [seqs[2]]);
    assert_eq!(read(store.parked(0, 1)), [InboxRow { seq: seqs[0], ..inbox_row(1) }]);
    done(store, [Delivery::Unpark(seqs[0]), Delivery::Finish(seqs[2])]);
    assert_eq!(page(0, ALL), [seqs[3]]);
}

pub fn what_waits_is_sealed_anew_and_nothing_else<S: Store>(store: &S) {
    let [first, parked, done_one] =
        [1, 2, 3].map(|n| done(store, [Delivery::Receive(inbox_row(n))]).received[0].unwrap());
    done(store, [Delivery::Park(parked), Delivery::Finish(done_one)]);
    let owed = done(store, [1, 2].map(|n| Delivery::Owe(outbox_row(n)))).owed;
    done(
        store,
        [
            Write::Reseal(SealedRow::Event(first), vec![8; 40]),
            Write::Reseal(SealedRow::Event(parked), vec![9; 40]),
            Write::Reseal(SealedRow::Event(done_one), vec![9; 40]),
            Write::Reseal(SealedRow::Answer(owed[1]), vec![7; 40]),
            Write::Reseal(SealedRow::Answer(owed[1] + 1), vec![7; 40]),
        ],
    );
    let row = |n, seq, sealed| InboxRow { seq, sealed, ..inbox_row(n) };
    assert_eq!(read(store.inbox(0, ALL)), [row(1, first, vec![8; 40])]);
    assert_eq!(read(store.parked(0, ALL)), [row(2, parked, vec![9; 40])]);
    let answer = |n, seq| OutboxRow { seq, ..outbox_row(n) };
    let anew = OutboxRow { sealed: vec![7; 40], ..answer(2, owed[1]) };
    assert_eq!(read(store.outbox(0, ALL)), [answer(1, owed[0]), anew]);
}
