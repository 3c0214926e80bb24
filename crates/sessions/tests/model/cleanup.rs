//! What a clean-up removes, and what it leaves alone.

use std::time::Duration;

use sessions::Refusal;
use sessions::decide::Outcome;
use sessions::id::SessionId;
use sessions::manager::{Ask, CheckpointRef, Cleanup, CleanupReport};
use sessions::model::Words;
use sessions::store::conformance::block_on;
use sessions::store::rows::{KeyPurpose, Write};
use sessions::store::{Commit, Store};

use super::lane::{DAY, Lane};

/// Longer ago than anything can be undone.
const LONG_AGO: Duration = Duration::from_hours(8 * 24);

fn has_key(lane: &Lane, id: SessionId) -> bool {
    let key = lane.manager.store().key(KeyPurpose::Session, *id.as_bytes());
    block_on(key).unwrap().is_some()
}

/// How many journal rows the lane has.
fn journal_rows(lane: &Lane) -> usize {
    let store = lane.manager.store();
    let row = block_on(store.session(lane.current())).unwrap().unwrap();
    block_on(store.journal(row.lane, 1, 1_000)).unwrap().len()
}

/// A past session of three messages, the second one saved, behind a current one of one message.
fn two_sessions() -> (Lane, SessionId) {
    let lane = Lane::new();
    lane.says(&["a", "b"]);
    lane.saves("two");
    lane.says(&["c"]);
    let first = lane.current();
    lane.does(Ask::New(Some(Words::user("now"))));
    (lane, first)
}

#[test]
fn a_dry_run_changes_nothing() {
    let (lane, first) = two_sessions();
    lane.wait(LONG_AGO);
    let asked = Cleanup { older_than: DAY, keep_checkpoints: false, dry_run: true };
    for _ in 0..2 {
        let report = block_on(lane.manager.cleanup(asked)).unwrap();
        let removed = (report.sessions, report.checkpoints, report.messages);
        assert_eq!((removed, report.scrubbed), ((1, 1, 3), false));
    }
    assert_eq!((lane.past(), lane.checkpoints()), (vec![first], vec!["two".to_owned()]));
}

#[test]
fn a_current_session_is_never_removed() {
    let lane = Lane::new();
    lane.says(&["a", "b"]);
    lane.wait(1_000 * DAY);
    let nothing = CleanupReport { scrubbed: true, ..CleanupReport::default() };
    assert_eq!(lane.cleans_up(Duration::ZERO, false), nothing);
    assert_eq!(lane.history(), ["a", "b"]);
}

#[test]
fn a_first_message_that_comes_while_its_session_is_planned_stays() {
    let lane = Lane::new();
    lane.says(&["a"]);
    lane.does(Ask::New(None));
    lane.wait(Duration::from_hours(24));
    let other = lane.once_more();
    // The clean-up looks once, and once for each session that it plans, after it has read that.
    lane.happens_at_look(1, move || {
        other.says(&["b"]);
        other.does(Ask::Clear);
        other.says(&["c"]);
    });
    let asked = Cleanup { older_than: DAY * 365, keep_checkpoints: true, dry_run: false };
    let report = block_on(lane.manager.cleanup(asked)).unwrap();
    assert_eq!((report.messages, report.failed), (0, 0), "{report:?}");
    assert_eq!(lane.history(), ["c"]);
    lane.does(Ask::Undo);
    assert_eq!(lane.history(), ["b"]);
}

#[test]
fn a_session_that_does_not_open_does_not_keep_the_others() {
    let lane = Lane::new();
    lane.says(&["a"]);
    let first = lane.current();
    lane.does(Ask::New(Some(Words::user("b"))));
    let second = lane.current();
    lane.does(Ask::New(Some(Words::user("now"))));
    let writes = vec![Write::DestroyKey(KeyPurpose::Session, *first.as_bytes())];
    block_on(lane.manager.store().commit(Commit { writes, ..Commit::default() })).unwrap();
    lane.wait(LONG_AGO);
    // Another one has not kept the key in mind.
    let report = lane.once_more().cleans_up(DAY, true);
    assert_eq!((report.sessions, report.messages, report.failed), (1, 1, 1), "{report:?}");
    let why = report.first_failure.unwrap();
    assert!(why.contains(&first.to_string()), "{why}");
    assert!(!has_key(&lane, second));
}

#[test]
fn a_session_goes_when_it_is_older_than_asked_and_out_of_the_undo_window() {
    for (waited, older_than, goes) in [
        (6 * DAY, DAY, false), // `/undo` may still bring it back
        (8 * DAY, 9 * DAY, false),
        (8 * DAY, 7 * DAY, true),
    ] {
        let lane = Lane::new();
        lane.says(&["a"]);
        let first = lane.current();
        lane.does(Ask::New(Some(Words::user("now"))));
        lane.wait(waited);
        let report = lane.cleans_up(older_than, true);
        assert_eq!((report.sessions, report.messages), (u64::from(goes), u64::from(goes)));
        assert_eq!(has_key(&lane, first), !goes, "its key goes with it");
        assert_eq!(lane.resume(first).is_ok(), !goes);
    }
}

#[test]
fn a_binned_session_goes_with_its_key_when_the_bins_time_is_over() {
    let lane = Lane::new();
    lane.says(&["a"]);
    let first = lane.current();
    lane.does(Ask::Reset);
    lane.says(&["now"]);
    lane.wait(7 * DAY);
    assert_eq!(lane.cleans_up(Duration::ZERO, false).sessions, 0, "not before");
    lane.wait(Duration::from_millis(1));
    assert_eq!(lane.cleans_up(365 * DAY, true).sessions, 1, "whatever its age");
    assert!(!has_key(&lane, first));
    assert_eq!(lane.resume(first), Err(Refusal::NoSuchSession(first.short())));
    assert_eq!(lane.history(), ["now"]);
}

#[test]
fn undo_and_redo_still_work_after_a_clean_up_within_the_window() {
    let lane = Lane::new();
    lane.says(&["a", "b"]);
    lane.does(Ask::Clear);
    lane.says(&["c"]);
    lane.does(Ask::Reset);
    lane.wait(6 * DAY);
    lane.cleans_up(Duration::ZERO, false);
    lane.does(Ask::Undo);
    assert_eq!(lane.history(), ["c"]);
    lane.cleans_up(Duration::ZERO, false);
    lane.does(Ask::Undo);
    assert_eq!(lane.history(), ["a", "b"]);
    lane.cleans_up(Duration::ZERO, false);
    lane.does(Ask::Redo);
    assert_eq!(lane.history(), ["c"]);
}

#[test]
fn undo_and_redo_refuse_what_was_cleaned_up() {
    let lane = Lane::new();
    lane.says(&["a"]);
    lane.does(Ask::Clear);
    lane.does(Ask::Undo);
    lane.says(&["b"]);
    lane.does(Ask::New(None));
    lane.says(&["c"]);
    lane.does(Ask::Clear);
    lane.does(Ask::Undo);
    for clean in [false, true] {
        lane.wait(LONG_AGO);
        if clean {
            lane.cleans_up(Duration::ZERO, false);
            assert_eq!(journal_rows(&lane), 0, "what is too old to be undone goes");
        }
        assert_eq!(lane.ask(Ask::Undo), Err(Refusal::NothingToUndo { days: 7 }));
        assert_eq!(lane.ask(Ask::Redo), Err(Refusal::NothingToRedo));
    }
    lane.does(Ask::Clear);
    lane.does(Ask::Undo);
    assert_eq!(lane.history(), ["c"], "and the journal goes on");
}

#[test]
fn entries_within_the_window_outlive_older_ones() {
    let lane = Lane::new();
    lane.says(&["a"]);
    lane.does(Ask::New(Some(Words::user("b"))));
    lane.wait(4 * DAY);
    lane.does(Ask::New(Some(Words::user("c"))));
    lane.wait(4 * DAY);
    lane.cleans_up(365 * DAY, true);
    assert_eq!(journal_rows(&lane), 1);
    lane.does(Ask::Undo);
    assert_eq!(lane.history(), ["b"]);
    assert_eq!(lane.ask(Ask::Undo), Err(Refusal::NothingToUndo { days: 7 }));
}

#[test]
fn a_kept_checkpoint_holds_on_to_what_it_reaches() {
    let (lane, first) = two_sessions();
    lane.wait(LONG_AGO);
    let report = lane.cleans_up(DAY, true);
    let removed = (report.sessions, report.held, report.checkpoints, report.messages);
    assert_eq!(removed, (0, 1, 0, 1), "the message behind the checkpoint goes");
    assert_eq!(lane.past(), []);
    assert_eq!(lane.resume(first), Err(Refusal::Emptied));

    lane.restore_typed("two").unwrap();
    assert_eq!(lane.current(), first);
    assert_eq!(lane.history(), ["a", "b"]);
    lane.says(&["d"]);
    assert_eq!(lane.history(), ["a", "b", "d"]);
    lane.does(Ask::Undo);
    assert_eq!(lane.history(), ["now"]);
}

#[test]
fn a_held_session_that_was_restored_is_a_session_like_any_other() {
    let (lane, first) = two_sessions();
    lane.wait(LONG_AGO);
    lane.cleans_up(DAY, true);
    lane.restore_typed("two").unwrap();
    lane.says(&["d"]);
    lane.does(Ask::New(None));
    lane.wait(LONG_AGO);
    lane.cleans_up(30 * DAY, true);
    lane.resume(first).unwrap();
    assert_eq!(lane.history(), ["a", "b", "d"]);
}

#[test]
fn without_kept_checkpoints_an_old_session_goes_whole() {
    let (lane, first) = two_sessions();
    lane.wait(LONG_AGO);
    let report = lane.cleans_up(DAY, false);
    assert_eq!((report.sessions, report.checkpoints, report.messages), (1, 1, 3));
    assert!(!has_key(&lane, first));
    assert_eq!(lane.checkpoints(), Vec::<String>::new());
    assert_eq!(lane.restore_typed("two"), Err(Refusal::NoSuchCheckpoint("two".to_owned())));
}

#[test]
fn checkpoints_of_a_session_that_is_not_old_stay() {
    let (lane, _) = two_sessions();
    lane.saves("of the current one");
    lane.wait(LONG_AGO);
    lane.cleans_up(DAY, true);
    let report = lane.cleans_up(30 * DAY, false);
    assert_eq!(report.checkpoints, 0, "not of a held session either");
    assert_eq!(lane.checkpoints(), ["of the current one", "two"]);
    let report = lane.cleans_up(DAY, false);
    assert_eq!((report.sessions, report.checkpoints), (1, 1));
    assert_eq!(lane.checkpoints(), ["of the current one"], "nor of the current one, ever");
}

#[test]
fn a_held_session_goes_with_its_last_checkpoint() {
    let (lane, first) = two_sessions();
    lane.wait(LONG_AGO);
    lane.cleans_up(DAY, true);
    lane.does(Ask::DeleteCheckpoint(CheckpointRef::Typed("two".to_owned())));
    assert_eq!(lane.cleans_up(DAY, false).sessions, 0, "the deletion can be undone");
    lane.does(Ask::Undo);
    assert_eq!(lane.checkpoints(), ["two"]);
    lane.does(Ask::Redo);
    lane.wait(LONG_AGO);
    let report = lane.cleans_up(DAY, true);
    assert_eq!((report.sessions, report.checkpoints, report.messages), (1, 1, 2));
    assert!(!has_key(&lane, first));
}

#[test]
fn a_deleted_checkpoint_of_an_old_session_can_be_brought_back() {
    let (lane, _) = two_sessions();
    lane.wait(LONG_AGO);
    lane.does(Ask::DeleteCheckpoint(CheckpointRef::Typed("two".to_owned())));
    lane.cleans_up(Duration::ZERO, false);
    lane.does(Ask::Undo);
    lane.restore_typed("two").unwrap();
    assert_eq!(lane.history(), ["a", "b"]);
}

#[test]
fn a_checkpoint_that_redo_would_delete_again_stays_until_then() {
    let (lane, _) = two_sessions();
    lane.wait(LONG_AGO);
    lane.does(Ask::DeleteCheckpoint(CheckpointRef::Typed("two".to_owned())));
    lane.does(Ask::Undo);
    assert_eq!(lane.cleans_up(Duration::ZERO, false).checkpoints, 0);
    lane.does(Ask::Redo);
    assert_eq!(lane.checkpoints(), Vec::<String>::new());
}

#[test]
fn a_restore_that_races_with_a_clean_up_is_decided_again() {
    let lane = Lane::new();
    lane.says(&["a"]);
    let one = lane.saves("one");
    lane.says(&["b"]);
    let outcome = lane.does(Ask::Restore(CheckpointRef::Id(one)));
    let Outcome::Restored { kept: Some(kept), .. } = outcome else { panic!("nothing kept") };
    lane.wait(LONG_AGO);
    let restore = Ask::Restore(CheckpointRef::Id(kept.id));
    let raced = lane.ask_while(restore, lane.now(), || {
        assert_eq!(lane.cleans_up(DAY, true).messages, 1);
    });
    assert_eq!(raced, Err(Refusal::NoSuchCheckpoint(kept.id.short())));
    assert_eq!(lane.history(), ["a"]);
}

#[test]
fn an_undo_that_races_with_a_clean_up_is_decided_again() {
    let lane = Lane::new();
    lane.says(&["a"]);
    lane.does(Ask::Clear);
    lane.wait(7 * DAY);
    let said_at = lane.now();
    lane.wait(DAY);
    let raced = lane.ask_while(Ask::Undo, said_at, || {
        assert_eq!(lane.cleans_up(DAY, true).messages, 1);
    });
    assert_eq!(raced, Err(Refusal::NothingToUndo { days: 7 }), "though it was asked in time");
    assert_eq!(lane.history(), Vec::<String>::new());
}

#[test]
fn a_checkpoint_of_an_empty_conversation_holds_its_session() {
    let lane = Lane::new();
    lane.saves("empty");
    lane.says(&["a"]);
    let first = lane.current();
    lane.does(Ask::New(Some(Words::user("now"))));
    lane.wait(LONG_AGO);
    let report = lane.cleans_up(DAY, true);
    assert_eq!((report.sessions, report.held, report.messages), (0, 1, 1));
    lane.restore_typed("empty").unwrap();
    assert_eq!((lane.current(), lane.history()), (first, Vec::new()));
}

#[test]
fn automatic_checkpoints_live_for_the_undo_window() {
    let lane = Lane::new();
    lane.says(&["a"]);
    let one = lane.saves("one");
    lane.says(&["b", "c"]);
    lane.restores(one);
    lane.wait(7 * DAY);
    assert_eq!(lane.cleans_up(Duration::ZERO, false).messages, 0);
    lane.wait(Duration::from_millis(1));
    let report = lane.cleans_up(Duration::ZERO, true);
    assert_eq!((report.checkpoints, report.messages), (1, 2));
    assert_eq!(lane.history(), ["a"]);
    lane.says(&["d"]);
    assert_eq!(lane.history(), ["a", "d"]);
}

#[test]
fn what_a_current_session_left_behind_goes_once() {
    let lane = Lane::new();
    lane.says(&["a", "b", "c"]);
    lane.does(Ask::Clear);
    lane.says(&["d"]);
    lane.wait(LONG_AGO);
    assert_eq!(lane.cleans_up(Duration::ZERO, false).messages, 3);
    assert_eq!(lane.cleans_up(Duration::ZERO, false).messages, 0);
    assert_eq!(lane.history(), ["d"]);
}

#[test]
fn branches_go_and_the_trunk_that_they_share_stays() {
    let lane = Lane::new();
    lane.says(&["a", "b"]);
    let two = lane.saves("two");
    for text in ["c", "d", "e"] {
        lane.restores(two);
        lane.says(&[text, "more"]);
    }
    lane.does(Ask::New(Some(Words::user("now"))));
    lane.wait(LONG_AGO);
    let report = lane.cleans_up(DAY, true);
    assert_eq!((report.held, report.messages), (1, 6));
    lane.restores(two);
    assert_eq!(lane.history(), ["a", "b"]);
}

#[test]
fn what_is_left_of_an_undone_new_goes_unseen() {
    let lane = Lane::new();
    lane.says(&["a"]);
    lane.does(Ask::New(None));
    let empty = lane.current();
    lane.does(Ask::Undo);
    lane.wait(LONG_AGO);
    assert_eq!(lane.cleans_up(365 * DAY, true).sessions, 1);
    assert!(!has_key(&lane, empty));
}

#[test]
fn a_long_session_goes_in_several_commits_and_is_counted_whole() {
    let lane = Lane::new();
    (0..1_201).for_each(|n| lane.says(&[&n.to_string()]));
    lane.does(Ask::New(Some(Words::user("now"))));
    lane.wait(LONG_AGO);
    let report = lane.cleans_up(DAY, true);
    assert_eq!((report.sessions, report.messages), (1, 1_201));
}
