//! Turns: at most one is live in a lane, and the lane is busy while it is.

use super::row::{at, lane, open_lane, turn_row};
use super::{done, read};
use crate::delivery::{Delivery, TurnRow, TurnState};
use crate::store::Store;

fn is_busy<S: Store>(store: &S, n: u8) -> bool {
    read(store.lane(lane(n))).unwrap().busy
}

pub fn a_lane_is_busy_while_its_turn_is_live<S: Store>(store: &S) {
    open_lane(store, 1);
    open_lane(store, 2);
    assert!(!is_busy(store, 1));
    done(store, [Delivery::PutTurn(turn_row(1, 1))]);
    assert!(is_busy(store, 1) && !is_busy(store, 2));
    done(store, [Delivery::PutTurn(TurnRow { state: TurnState::Running, ..turn_row(1, 1) })]);
    assert!(is_busy(store, 1));
    done(store, [Delivery::EndTurn(lane(1))]);
    assert!(!is_busy(store, 1));
}

pub fn a_turn_is_read_as_it_was_put<S: Store>(store: &S) {
    open_lane(store, 1);
    open_lane(store, 2);
    assert_eq!(read(store.turn(lane(1))), None);
    let row = TurnRow { created_at: at(-9), upto: 1 << 40, ..turn_row(1, 1) };
    done(store, [Delivery::PutTurn(row.clone())]);
    assert_eq!(read(store.turn(lane(1))), Some(row));
    assert_eq!(read(store.turn(lane(2))), None);
}

pub fn a_turn_moves_on<S: Store>(store: &S) {
    open_lane(store, 1);
    done(store, [Delivery::PutTurn(turn_row(1, 1))]);
    let moved = TurnRow { upto: 7, state: TurnState::Running, ..turn_row(1, 1) };
    done(store, [Delivery::PutTurn(moved.clone())]);
    assert_eq!(read(store.turn(lane(1))), Some(moved));
}

pub fn another_turn_takes_the_place_of_the_live_one<S: Store>(store: &S) {
    open_lane(store, 1);
    done(store, [Delivery::PutTurn(turn_row(1, 1))]);
    done(store, [Delivery::PutTurn(turn_row(2, 1))]);
    assert_eq!(read(store.turn(lane(1))), Some(turn_row(2, 1)));
    done(store, [Delivery::EndTurn(lane(1))]);
    assert_eq!(read(store.turn(lane(1))), None);
}

pub fn a_turn_may_end_and_the_next_begin_in_one_commit<S: Store>(store: &S) {
    open_lane(store, 1);
    done(store, [Delivery::PutTurn(turn_row(1, 1))]);
    done(store, [Delivery::EndTurn(lane(1)), Delivery::PutTurn(turn_row(2, 1))]);
    assert_eq!(read(store.turn(lane(1))), Some(turn_row(2, 1)));
}

pub fn ending_a_turn_ends_it_in_its_lane_only<S: Store>(store: &S) {
    open_lane(store, 1);
    open_lane(store, 2);
    done(store, [Delivery::PutTurn(turn_row(1, 1)), Delivery::PutTurn(turn_row(2, 2))]);
    done(store, [Delivery::EndTurn(lane(1)), Delivery::EndTurn(lane(9))]);
    assert_eq!(read(store.turn(lane(1))), None);
    assert_eq!(read(store.turn(lane(2))), Some(turn_row(2, 2)));
    done(store, [Delivery::EndTurn(lane(1))]);
}
