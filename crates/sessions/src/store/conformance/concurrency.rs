//! Many commits at once: none is lost, none happens twice, one version is won once, a bad one harms no other.

use std::sync::Barrier;
use std::thread;

use super::row::{
    ALL, ToCommit as _, at, bytes, expecting, inbox_row, lane, message_row, open_lane,
    open_lane_with_messages, opening, outbox_row, stretch, tag,
};
use super::{answer, done, read, refused};
use crate::delivery::Delivery;
use crate::store::rows::Write;
use crate::store::{Commit, Committed, Order, Store};

const THREADS: u8 = 8;
const ROUNDS: u64 = 12;

/// Runs one copy of the work on each of several threads that start together, and collects what they answer.
fn together<T: Send>(work: impl Fn(u8) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(usize::from(THREADS));
    let (start, work) = (&start, &work);
    thread::scope(|scope| {
        let threads: Vec<_> = (1..=THREADS)
            .map(|n| {
                scope.spawn(move || {
                    start.wait();
                    work(n)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn positions<S: Store>(store: &S, n: u8) -> Vec<u64> {
    let rows = read(store.messages(stretch(n, 0..=u64::MAX), Order::OldestFirst, ALL));
    rows.iter().map(|row| row.point.position).collect()
}

fn version<S: Store>(store: &S, n: u8) -> u64 {
    read(store.lane(lane(n))).unwrap().lane.version
}

fn is_done(committed: &Committed) -> bool {
    matches!(committed, Committed::Done(_))
}

pub fn commits_in_different_lanes_all_land<S: Store>(store: &S) {
    together(|n| {
        open_lane(store, n);
        for position in 1..=ROUNDS {
            let message = Write::AddMessage(message_row(n, position));
            done(store, expecting([(lane(n), position)], [message]));
            assert_eq!(
                positions(store, n).len() as u64,
                position,
                "a commit is seen once it is answered"
            );
        }
    });
    for n in 1..=THREADS {
        assert_eq!(positions(store, n), (1..=ROUNDS).collect::<Vec<u64>>());
        assert_eq!(version(store, n), ROUNDS + 1);
    }
}

pub fn of_commits_on_one_version_exactly_one_wins<S: Store>(store: &S) {
    open_lane(store, 1);
    for round in 1..=ROUNDS {
        let answers = together(|_| {
            let message = Write::AddMessage(message_row(1, round));
            answer(store, expecting([(lane(1), round)], [message]))
        });
        assert_eq!(answers.iter().filter(|answer| is_done(answer)).count(), 1, "{answers:?}");
        let lost = answers.iter().filter(|answer| **answer == Committed::Conflict).count();
        assert_eq!(lost, usize::from(THREADS) - 1, "{answers:?}");
    }
    assert_eq!((version(store, 1), positions(store, 1).len() as u64), (ROUNDS + 1, ROUNDS));
}

pub fn one_of_many_opens_a_lane<S: Store>(store: &S) {
    let answers = together(|_| answer(store, opening(1)));
    assert_eq!(answers.iter().filter(|answer| is_done(answer)).count(), 1, "{answers:?}");
    assert_eq!(version(store, 1), 1);
}

pub fn commits_that_are_tried_again_all_land_in_one_lane<S: Store>(store: &S) {
    open_lane(store, 1);
    together(|_| {
        let mut landed = 0;
        // Whenever one loses another wins, so this is more than enough.
        for _ in 0..1000 {
            if landed == 3 {
                break;
            }
            let seen = version(store, 1);
            let message = Write::AddMessage(message_row(1, seen));
            landed += u8::from(is_done(&answer(store, expecting([(lane(1), seen)], [message]))));
        }
    });
    let landed = 3 * u64::from(THREADS);
    assert_eq!(version(store, 1), landed + 1);
    assert_eq!(positions(store, 1), (1..=landed).collect::<Vec<u64>>());
}

pub fn commits_over_two_lanes_raise_both_or_none<S: Store>(store: &S) {
    open_lane(store, 1);
    open_lane(store, 2);
    let wins = together(|n| {
        let mut wins = 0;
        for _ in 0..ROUNDS {
            let (first, second) = (version(store, 1), version(store, 2));
            let mut expect = vec![(lane(1), first), (lane(2), second)];
            if n % 2 == 0 {
                expect.reverse();
            }
            wins += u64::from(is_done(&answer(store, Commit { expect, ..Commit::default() })));
        }
        wins
    });
    let wins: u64 = wins.iter().sum();
    assert!(wins > 0);
    assert_eq!((version(store, 1), version(store, 2)), (wins + 1, wins + 1));
}

pub fn a_tag_is_bound_by_one_of_many<S: Store>(store: &S) {
    for round in 1..=4 {
        let answers = together(|n| {
            let bind = [Write::Bind(tag(round), bytes(n))].to_commit();
            (n, answer(store, Commit { unbound: Some(tag(round)), ..bind }))
        });
        let bound: Vec<u8> =
            answers.iter().filter(|(_, answer)| is_done(answer)).map(|(n, _)| *n).collect();
        assert_eq!(bound.len(), 1, "{answers:?}");
        assert_eq!(read(store.binding(tag(round))), Some(bytes(bound[0])));
    }
}

pub fn a_token_is_spent_by_one_of_many<S: Store>(store: &S) {
    for round in 1..=4 {
        let answers = together(|n| {
            let once = Some((tag(round), at(1000)));
            let delivery = vec![Delivery::Owe(outbox_row(n))];
            answer(store, Commit { once, delivery, ..Commit::default() })
        });
        assert_eq!(answers.iter().filter(|answer| is_done(answer)).count(), 1, "{answers:?}");
    }
    assert_eq!(read(store.outbox(0, ALL)).len(), 4);
}

pub fn an_event_that_arrives_many_times_at_once_is_received_once<S: Store>(store: &S) {
    let received = together(|_| done(store, [Delivery::Receive(inbox_row(1))]).received[0]);
    assert_eq!(received.iter().flatten().count(), 1, "{received:?}");
    assert_eq!(read(store.inbox(0, ALL)).len(), 1);
}

pub fn each_receipt_belongs_to_its_own_commit<S: Store>(store: &S) {
    let receipts = together(|n| {
        let changes = [Delivery::Receive(inbox_row(n)), Delivery::Owe(outbox_row(n))];
        let receipt = done(store, changes);
        (n, receipt.received[0].unwrap(), receipt.owed[0])
    });
    let (inbox, outbox) = (read(store.inbox(0, ALL)), read(store.outbox(0, ALL)));
    for (n, received, owed) in receipts {
        assert_eq!(inbox.iter().find(|row| row.seq == received).unwrap().sealed, [n]);
        assert_eq!(outbox.iter().find(|row| row.seq == owed).unwrap().sealed, [n]);
    }
}

pub fn a_refused_commit_harms_no_other_beside_it<S: Store>(store: &S) {
    open_lane_with_messages(store, 1);
    together(|n| {
        for round in 0..ROUNDS {
            if n % 4 == 1 {
                let bad =
                    [Write::AddMessage(message_row(1, 100)), Write::AddMessage(message_row(1, 1))];
                refused(store, bad);
            } else {
                let position = 1000 * u64::from(n) + round;
                done(store, [Write::AddMessage(message_row(1, position))]);
            }
        }
    });
    let kept = positions(store, 1);
    assert!(!kept.contains(&100));
    assert_eq!(kept.len() as u64, 1 + ROUNDS * u64::from(THREADS - THREADS / 4));
}

pub fn patient_commits_among_others_all_land<S: Store>(store: &S) {
    together(|n| {
        for _ in 0..3 {
            let delivery = vec![Delivery::Owe(outbox_row(n))];
            done(store, Commit { delivery, patient: n % 2 == 0, ..Commit::default() });
        }
    });
    assert_eq!(read(store.outbox(0, ALL)).len(), 3 * usize::from(THREADS));
}

/// A reader sees the effect of a commit as a whole: here two messages that come and go together.
pub fn a_read_beside_commits_sees_whole_commits<S: Store>(store: &S) {
    open_lane(store, 1);
    together(|n| {
        for _ in 0..ROUNDS {
            if n == 1 {
                let pair = [1, 2].map(|position| Write::AddMessage(message_row(1, position)));
                done(store, pair);
                done(store, [Write::CutTimeline(message_row(1, 1).point.timeline, 0, ALL)]);
            } else {
                let seen = positions(store, 1);
                assert!(seen.is_empty() || seen == [1, 2], "half a commit: {seen:?}");
            }
        }
    });
}
