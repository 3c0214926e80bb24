//! The suite that every store must pass.
//!
//! Each function of a chapter states one behaviour in its name and takes a store that was never used.
//! [`store_conformance!`](crate::store_conformance) makes one test of each:
//!
//! ```ignore
//! sessions::store_conformance!(MemoryStore::new);
//! sessions::store_conformance!(|| {
//!     let folder = TempDir::new().unwrap();
//!     let store = SqliteStore::open(folder.path()).unwrap();
//!     (folder, store)
//! });
//! ```
//!
//! Not here: durability, files, crashes; a store tests those itself.
//!
//! Where the trait leaves a choice, the suite makes it, in the name of a function:
//!
//! - Of a conflict and a spent token, the conflict is answered.
//! - A lane that was put without being expected starts at version 1, too.
//! - Rows of the same instant are listed by id: newest-first lists from the greatest, `stale_sessions` from the smallest.
//! - Changing or removing what is not there is no failure and changes nothing.
//! - An event counts as done before an instant if it was received before it: finishing has no time of its own.
//! - A chunk that is sent or dead, and an event that is done, stay so.
//! - A lane has one turn: the one that was put last.
//! - A limited cut removes every summary above the position, though messages are left.
//!
//! - Lanes and sessions refer to each other, so this is checked when all of a commit is written; every other reference
//!   may be checked at once, and rows are written in its order: sessions, their timelines, their messages.
//!
//! Invariant: a store that does not conform fails; no test waits for ever on a wrong answer.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    missing_docs,
    reason = "every function is a test: its name says what it holds, and a panic is a failing test"
)]

pub mod checkpoint;
pub mod commit;
pub mod concurrency;
pub mod inbox;
pub mod journal;
pub mod lane;
pub mod message;
pub mod outbox;
pub mod queue_key;
pub mod record;
pub mod refusal;
mod row;
pub mod session;
pub mod timeline;
pub mod turn;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use self::row::ToCommit;
use super::{Commit, Committed, Receipt, Store, StoreError};

/// A store together with whatever must live as long as it does.
pub trait Guarded {
    /// The store's type.
    type Store: Store;

    /// The store.
    fn store(&self) -> &Self::Store;
}

impl<S: Store> Guarded for S {
    type Store = S;

    fn store(&self) -> &S {
        self
    }
}

/// A guard, such as a temporary folder, and the store.
impl<G, S: Store> Guarded for (G, S) {
    type Store = S;

    fn store(&self) -> &S {
        &self.1
    }
}

/// Opens a store, runs one test on it and only then lets go of the guard.
pub fn run<G: Guarded>(open: impl FnOnce() -> G, test: impl FnOnce(&G::Store)) {
    let guard = open();
    test(guard.store());
}

/// Waits for a future on this thread. For stores that need no runtime to be polled in.
pub fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut ctx = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut ctx) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// What a read answers.
fn read<T>(reading: impl Future<Output = Result<T, StoreError>>) -> T {
    block_on(reading).expect("a conforming store can be read")
}

/// What a commit answers that is not refused.
fn answer<S: Store>(store: &S, commit: Commit) -> Committed {
    block_on(store.commit(commit)).expect("a conforming store takes this commit")
}

/// The receipt of a commit that must happen.
fn done<S: Store>(store: &S, commit: impl ToCommit) -> Receipt {
    match answer(store, commit.to_commit()) {
        Committed::Done(receipt) => receipt,
        other @ (Committed::Conflict | Committed::Spent | Committed::Known) => {
            panic!("not done: {other:?}")
        }
    }
}

/// Demands that a commit is refused as a whole.
fn refused<S: Store>(store: &S, commit: impl ToCommit) {
    let answer = block_on(store.commit(commit.to_commit()));
    assert!(answer.is_err(), "not refused: {answer:?}");
}

/// Makes one test of each function of the suite. `$open` is called once for each and gives a fresh store, alone or in
/// a [`Guarded`](crate::store::conformance::Guarded).
#[macro_export]
macro_rules! store_conformance {
    ($open:expr) => {
        $crate::store_conformance! { @tests $open;
            checkpoint:
                a_checkpoint_is_found_by_its_id_deleted_or_not
                checkpoints_list_the_automatic_or_the_others_never_the_deleted
                checkpoints_with_a_name_are_neither_deleted_nor_automatic
                the_count_of_checkpoints_leaves_out_the_deleted_and_automatic
                all_checkpoints_of_a_session_are_its_checkpoints
                a_checkpoint_stays_with_its_session_in_its_lane
                the_newest_checkpoint_comes_first
                of_checkpoints_with_one_name_the_newest_comes_first
                pages_of_checkpoints_neither_skip_nor_repeat
                automatic_checkpoints_are_read_in_pages_too
                a_deleted_checkpoint_comes_back_when_it_is_put_again
                a_dropped_checkpoint_is_gone
            ;
            commit:
                an_empty_commit_is_done
                a_new_lane_has_version_one
                a_new_lane_has_version_one_even_if_it_was_not_expected
                each_commit_raises_the_version_that_it_expects_by_one
                a_version_is_raised_once_however_much_is_written
                the_version_in_a_written_lane_is_ignored
                a_lane_that_is_not_expected_keeps_its_version
                a_lane_that_moved_on_is_a_conflict_and_nothing_happens
                a_lane_that_is_not_there_is_a_conflict_but_for_version_zero
                a_commit_may_expect_that_a_lane_is_not_there_and_leave_it_so
                every_expected_lane_is_raised
                of_two_lanes_one_moved_on_and_neither_is_touched
                a_tag_that_should_be_unbound_and_is_bound_is_a_conflict
                a_tag_that_should_be_unbound_can_be_bound_by_the_commit
                a_bound_tag_does_not_spend_the_token
                a_token_counts_once
                another_token_counts_too
                a_conflict_does_not_spend_the_token
                of_a_conflict_and_a_spent_token_the_conflict_is_answered
                writes_happen_in_their_order
                a_patient_commit_is_answered_and_seen
                a_patient_commit_conflicts_like_any_other
                a_receipt_answers_for_each_change_in_its_order
                scrubbing_takes_nothing_that_is_kept
            ;
            concurrency:
                commits_in_different_lanes_all_land
                of_commits_on_one_version_exactly_one_wins
                one_of_many_opens_a_lane
                commits_that_are_tried_again_all_land_in_one_lane
                commits_over_two_lanes_raise_both_or_none
                a_tag_is_bound_by_one_of_many
                a_token_is_spent_by_one_of_many
                an_event_that_arrives_many_times_at_once_is_received_once
                each_receipt_belongs_to_its_own_commit
                a_refused_commit_harms_no_other_beside_it
                patient_commits_among_others_all_land
                a_read_beside_commits_sees_whole_commits
            ;
            inbox:
                a_received_event_waits_as_it_came
                events_wait_in_the_order_of_arrival
                events_of_one_commit_wait_in_its_order
                the_inbox_is_read_in_pages
                an_event_is_received_once
                an_event_twice_in_one_commit_is_received_once
                an_event_with_any_known_tag_is_a_duplicate
                a_duplicate_makes_no_tag_known
                a_waiting_event_shows_all_of_its_tags
                an_attempt_is_counted
                a_finished_event_waits_no_longer_and_stays_known
                what_is_done_stays_done
                changes_of_an_unknown_event_change_nothing
                an_event_may_come_and_be_done_in_one_commit_with_others
                a_parked_event_is_not_listed_and_stays_known
                parked_events_are_read_in_pages
                what_waits_is_sealed_anew_and_nothing_else
                an_unparked_event_is_listed_at_its_old_place_as_if_it_had_never_been_tried
                unparking_what_is_not_parked_changes_nothing
                a_parked_event_can_be_finished
                numbers_of_events_are_never_used_again
                tags_of_done_events_received_before_an_instant_are_forgotten
                all_tags_of_a_done_event_are_forgotten
                what_is_not_done_is_never_forgotten
                tokens_spent_before_an_instant_are_forgotten
                an_event_done_at_once_never_waits_and_is_known
                of_a_known_event_nothing_happens_at_once
                a_known_event_is_answered_before_a_conflict
                an_event_done_at_once_is_forgotten_like_any_other
            ;
            journal:
                journal_rows_come_in_the_order_of_their_numbers
                a_journal_row_is_replaced_by_its_number
                a_cut_of_the_journal_takes_both_ends_and_one_lane
                a_cut_of_nothing_in_the_journal_changes_nothing
                a_cut_number_can_be_put_again
            ;
            lane:
                a_store_that_was_never_used_has_no_lanes
                a_lane_is_loaded_with_its_current_session
                a_lane_moves_to_another_session
                putting_a_lane_again_keeps_what_refers_to_it
                a_lane_shows_the_session_as_it_was_put_last
                lanes_come_in_the_order_of_their_ids
                lanes_are_read_in_pages
                an_owner_sees_their_own_lanes_only
            ;
            message:
                a_message_is_read_as_it_was_written
                messages_are_read_forwards_or_backwards
                both_ends_of_a_stretch_belong_to_it
                a_stretch_that_ends_before_it_begins_is_empty
                a_stretch_holds_messages_of_its_timeline_only
                importance_changes_and_nothing_else
                a_token_count_is_filled_in_and_replaced
                a_message_is_sealed_anew_and_nothing_else
                changing_a_message_that_is_not_there_changes_nothing
                the_most_important_come_first_and_among_equals_the_newest
                important_messages_lie_in_the_stretch
            ;
            outbox:
                an_owed_chunk_is_listed_as_it_was_owed
                the_same_chunk_may_be_owed_twice
                chunks_are_listed_in_the_order_in_which_they_were_owed
                the_outbox_is_read_in_pages
                a_chunk_may_be_owed_in_any_unfinished_state
                a_chunk_moves_on_and_keeps_its_payload_until_it_is_sent_or_dead
                what_is_sent_or_dead_is_not_listed
                what_is_sent_or_dead_stays_so
                marking_an_unknown_chunk_changes_nothing
                numbers_of_chunks_are_never_used_again
                what_is_still_owed_is_never_forgotten
                what_is_covered_is_forgotten_in_time
            ;
            queue_key:
                empty_queues_use_no_key
                each_generation_in_use_is_named_once
                a_parked_event_uses_its_key_until_it_is_finished
                what_is_done_sent_or_dead_uses_no_key
            ;
            record:
                a_store_that_was_never_used_has_no_header
                there_is_one_header_the_last_that_was_put
                a_header_tells_of_a_rotation_until_it_is_over
                the_seals_of_the_names_key_are_raised_and_never_fall
                a_tag_is_bound_to_the_last_id
                places_and_persons_are_kept_apart
                a_record_is_replaced
                a_key_is_found_by_purpose_and_owner
                a_key_is_replaced_when_it_is_wrapped_anew
                a_key_is_rewrapped_under_a_later_master_key_only
                a_destroyed_key_is_not_rewrapped
                keys_before_a_version_are_counted
                a_key_under_a_master_key_that_is_not_named_is_a_conflict
                a_header_that_does_not_name_the_master_key_of_a_key_is_a_conflict
                a_destroyed_key_is_gone_and_no_other
                keys_of_one_purpose_are_read_in_pages_by_owner
                bound_tags_are_read_in_pages
                records_of_one_kind_are_read_in_pages
                rows_of_each_kind_are_counted
            ;
            refusal:
                a_message_on_an_occupied_point_is_refused
                the_same_point_twice_in_one_commit_is_refused
                a_message_on_an_unknown_timeline_is_refused
                a_timeline_of_an_unknown_session_is_refused
                a_checkpoint_of_an_unknown_session_is_refused
                a_lane_without_its_current_session_is_refused
                a_lane_and_its_session_are_checked_when_all_is_written
                what_belongs_to_an_unknown_lane_is_refused
                a_summary_on_an_unknown_timeline_is_refused
                a_session_of_an_unknown_lane_is_refused
                a_timeline_with_messages_cannot_be_dropped
                a_session_with_a_timeline_cannot_be_dropped
                a_session_with_a_checkpoint_cannot_be_dropped
                a_current_session_cannot_be_dropped
                a_store_goes_on_after_a_refusal
                a_refused_commit_leaves_no_trace
                a_refusal_in_one_lane_does_not_raise_its_version
            ;
            session:
                a_session_is_found_by_its_id
                sessions_are_listed_by_lane_and_state
                all_sessions_are_read_in_pages_by_id
                the_latest_activity_comes_first
                among_sessions_of_one_instant_the_greatest_id_comes_first
                pages_of_sessions_neither_skip_nor_repeat
                a_page_goes_on_behind_a_row_that_is_gone
                stale_sessions_are_those_of_any_lane_before_an_instant
                pages_of_stale_sessions_go_from_the_earliest_on
                a_session_without_timelines_can_be_dropped
                dropping_a_session_that_is_not_there_changes_nothing
                ids_of_sessions_lie_in_the_range_and_the_lane
                the_ends_of_a_range_of_ids_belong_to_it_to_the_last_byte
                ids_of_checkpoints_hold_the_deleted_and_on_demand_the_automatic
            ;
            timeline:
                a_timeline_is_put_and_replaced
                timelines_of_a_session_come_in_the_order_of_their_ids
                a_cut_takes_what_is_above_a_position_and_counts_it
                a_limited_cut_takes_the_highest
                cuts_of_one_commit_are_counted_together
                a_cut_off_position_can_be_written_again
                a_cut_takes_the_summaries_above_too
                a_limited_cut_takes_every_summary_above
                the_summary_of_a_stretch_is_the_one_that_ends_latest
                a_summary_is_replaced_at_its_point
                an_empty_timeline_can_be_dropped
                a_session_can_go_with_all_it_held_in_one_commit
            ;
            turn:
                a_lane_is_busy_while_its_turn_is_live
                a_turn_is_read_as_it_was_put
                a_turn_moves_on
                another_turn_takes_the_place_of_the_live_one
                a_turn_may_end_and_the_next_begin_in_one_commit
                ending_a_turn_ends_it_in_its_lane_only
            ;
        }
    };
    (@tests $open:expr; $($chapter:ident: $($name:ident)*;)*) => {$($(
        #[test]
        fn $name() {
            $crate::store::conformance::run(
                $open,
                $crate::store::conformance::$chapter::$name,
            );
        }
    )*)*};
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::task::Poll;
    use std::thread;

    use super::{block_on, run};
    use crate::store::memory::MemoryStore;

    #[test]
    fn waiting_ends_when_another_thread_wakes_it() {
        let mut waker_is_out = false;
        let answer = block_on(poll_fn(|ctx| {
            if waker_is_out {
                return Poll::Ready(7);
            }
            waker_is_out = true;
            let waker = ctx.waker().clone();
            thread::spawn(move || waker.wake());
            Poll::Pending
        }));
        assert_eq!(answer, 7);
    }

    #[test]
    fn a_guard_outlives_the_test() {
        struct Guard<'a>(&'a std::cell::Cell<bool>);
        impl Drop for Guard<'_> {
            fn drop(&mut self) {
                self.0.set(true);
            }
        }
        let is_dropped = std::cell::Cell::new(false);
        let open = || (Guard(&is_dropped), MemoryStore::new());
        run(open, |_: &MemoryStore| assert!(!is_dropped.get()));
        assert!(is_dropped.get());
    }

    /// A function that the macro does not name would never run.
    #[test]
    fn the_macro_names_every_function_of_the_suite() {
        let listed = include_str!("conformance.rs");
        let chapters = [
            include_str!("conformance/checkpoint.rs"),
            include_str!("conformance/commit.rs"),
            include_str!("conformance/concurrency.rs"),
            include_str!("conformance/inbox.rs"),
            include_str!("conformance/journal.rs"),
            include_str!("conformance/lane.rs"),
            include_str!("conformance/message.rs"),
            include_str!("conformance/outbox.rs"),
            include_str!("conformance/queue_key.rs"),
            include_str!("conformance/record.rs"),
            include_str!("conformance/refusal.rs"),
            include_str!("conformance/session.rs"),
            include_str!("conformance/timeline.rs"),
            include_str!("conformance/turn.rs"),
        ];
        for text in chapters {
            for line in text.lines() {
                let Some(rest) = line.strip_prefix("pub fn ") else { continue };
                let name = rest.split('<').next().unwrap();
                let is_listed = listed.lines().any(|line| line.trim() == name);
                assert!(is_listed, "{name} is not in store_conformance!");
            }
        }
    }
}
