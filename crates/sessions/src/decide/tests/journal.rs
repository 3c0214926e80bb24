//! Undo and redo: what can be taken back, how far, and that nothing said meanwhile is lost.

use super::desk::{Asking, DAY, Deed, Desk, HOUR, MINUTE, WINDOW};
use crate::decide::{Change, Outcome, Request};
use crate::importance;
use crate::model::{Author, Operation, SessionState, Words};
use crate::refusal::Refusal;
use crate::reset::Setting;
use std::time::Duration;

/// An operation, and a lane on which it can be done.
struct Journalled {
    operation: Operation,
    prepare: Deed,
    request: Asking,
}

fn first_session(desk: &Desk) -> crate::id::SessionId {
    *desk.sessions.keys().next().unwrap()
}

fn first_checkpoint(desk: &Desk) -> crate::id::CheckpointId {
    *desk.checkpoints.keys().next().unwrap()
}

fn nothing(_: &mut Desk) {}

fn in_a_second_session(desk: &mut Desk) {
    desk.does(Request::New(Some(Words::user("second"))));
}

/// Everything that the journal keeps.
const JOURNALLED: [Journalled; 10] = [
    Journalled { operation: Operation::New, prepare: nothing, request: |_| Request::New(None) },
    Journalled { operation: Operation::Reset, prepare: nothing, request: |_| Request::Reset },
    Journalled { operation: Operation::Clear, prepare: nothing, request: |_| Request::Clear },
    Journalled {
        operation: Operation::AutomaticReset,
        prepare: |desk| {
            desk.does(Request::SetIdle(Setting::Value(10)));
            desk.wait(HOUR);
        },
        request: |_| Request::Visit,
    },
    Journalled {
        operation: Operation::Restore,
        prepare: |desk| {
            desk.saves("one");
            desk.says("b");
        },
        request: |desk| desk.restore(first_checkpoint(desk)),
    },
    Journalled {
        operation: Operation::Restore,
        prepare: |desk| {
            desk.saves("in the first session");
            desk.says("b");
            in_a_second_session(desk);
        },
        request: |desk| desk.restore(first_checkpoint(desk)),
    },
    Journalled {
        operation: Operation::DeleteCheckpoint,
        prepare: |desk| {
            desk.saves("one");
        },
        request: |desk| desk.delete_checkpoint(first_checkpoint(desk)),
    },
    Journalled {
        operation: Operation::Resume,
        prepare: in_a_second_session,
        request: |desk| desk.resume(first_session(desk)),
    },
    Journalled {
        operation: Operation::Resume,
        prepare: |desk| {
            desk.does(Request::Reset);
        },
        request: |desk| desk.resume(first_session(desk)),
    },
    Journalled {
        operation: Operation::DeleteSession,
        prepare: in_a_second_session,
        request: |desk| desk.delete_session(first_session(desk)),
    },
];

#[test]
fn undo_takes_back_and_redo_does_again_each_journalled_operation() {
    for Journalled { operation, prepare, request } in JOURNALLED {
        let mut desk = Desk::with(&["a"]);
        prepare(&mut desk);
        let before = desk.scene().without_empty();
        desk.does(request(&desk));
        let after = desk.scene().without_empty();
        assert_ne!(before, after, "{operation} does something");
        for _ in 0..2 {
            desk.wait(MINUTE);
            let moved = Outcome::Moved { operation, kept: None, carried: 0 };
            assert_eq!(desk.undoes(), moved);
            assert_eq!(desk.scene().without_empty(), before, "{operation} taken back");
            assert_eq!(desk.redoes(), moved);
            assert_eq!(desk.scene().without_empty(), after, "{operation} done again");
        }
    }
}

#[test]
fn what_is_not_journalled_leaves_nothing_to_undo() {
    let requests: [Asking; 8] = [
        |_| Request::Say(Words::user("b")),
        |desk| Request::Append(desk.current(), Words::user("b")),
        |_| Request::Save { name: None, description: None },
        |_| Request::Rename("title".to_owned()),
        |_| Request::SetIdle(Setting::Value(5)),
        |_| Request::SetDaily(Setting::Off),
        |desk| Request::Pin(Box::new(desk.messages.values().next().unwrap().clone())),
        |_| Request::Visit,
    ];
    for request in requests {
        let mut desk = Desk::with(&["a"]);
        desk.does(request(&desk));
        assert_eq!(desk.ask(desk.undo()), Err(Refusal::NothingToUndo { days: 7 }));
        assert_eq!(desk.ask(desk.redo()), Err(Refusal::NothingToRedo));
    }
}

#[test]
fn undo_goes_back_step_by_step_and_redo_forward_again() {
    let mut desk = Desk::with(&["a"]);
    let mut scenes = vec![desk.scene().without_empty()];
    for text in ["b", "c", "d"] {
        desk.does(Request::New(Some(Words::user(text))));
        scenes.push(desk.scene().without_empty());
    }
    for _ in 0..3 {
        desk.undoes();
    }
    assert_eq!(desk.history(), ["a"]);
    assert_eq!(desk.ask(desk.undo()), Err(Refusal::NothingToUndo { days: 7 }));
    for _ in 0..3 {
        desk.redoes();
    }
    assert_eq!(desk.scene().without_empty(), scenes.pop().unwrap());
    assert_eq!(desk.ask(desk.redo()), Err(Refusal::NothingToRedo));
}

#[test]
fn a_new_operation_ends_redo() {
    let mut desk = Desk::with(&["a"]);
    desk.does(Request::New(Some(Words::user("b"))));
    desk.does(Request::Clear);
    desk.undoes();
    desk.undoes();
    desk.does(Request::Clear);
    assert_eq!(desk.ask(desk.redo()), Err(Refusal::NothingToRedo));
    assert_eq!(desk.journal.len(), 1, "the entries above are cut");
    desk.undoes();
    assert_eq!(desk.history(), ["a"]);
}

#[test]
fn talking_does_not_end_redo() {
    let mut desk = Desk::with(&["a"]);
    desk.does(Request::New(Some(Words::user("b"))));
    desk.undoes();
    desk.says("c");
    desk.redoes();
    assert_eq!(desk.history(), ["b"]);
}

#[test]
fn undo_and_redo_go_as_far_as_the_undo_window() {
    let millisecond = Duration::from_millis(1);
    for (age, may) in [(WINDOW, true), (WINDOW + millisecond, false)] {
        let mut desk = Desk::with(&["a"]);
        desk.does(Request::Clear);
        desk.wait(age);
        assert_eq!(desk.ask(desk.undo()).is_ok(), may, "undo after {age:?}");

        let mut desk = Desk::with(&["a"]);
        desk.does(Request::Clear);
        desk.wait(DAY);
        desk.undoes();
        desk.wait(age - DAY);
        assert_eq!(desk.ask(desk.redo()).is_ok(), may, "redo after {age:?}");
    }
}

#[test]
fn a_clock_that_went_back_does_not_take_undo_away() {
    let mut desk = Desk::with(&["a"]);
    desk.does(Request::Clear);
    desk.now = desk.now.minus(30 * DAY);
    desk.undoes();
    assert_eq!(desk.history(), ["a"]);
}

#[test]
fn undo_and_redo_set_off_from_their_own_entry_only() {
    let mut desk = Desk::with(&["a"]);
    desk.does(Request::New(Some(Words::user("b"))));
    let stale = desk.undo();
    desk.does(Request::Clear);
    assert_eq!(desk.ask(stale), Err(Refusal::NothingToUndo { days: 7 }));
}

#[test]
fn undo_refuses_when_a_session_that_it_touches_was_cleaned_up() {
    let mut desk = Desk::with(&["a"]);
    let first = desk.current();
    desk.saves("one");
    desk.does(Request::New(Some(Words::user("b"))));
    desk.empties(first);
    assert_eq!(desk.ask(desk.undo()), Err(Refusal::NothingToUndo { days: 7 }));
}

#[test]
fn words_said_since_an_undone_clear_are_kept_apart() {
    let mut desk = Desk::with(&["a", "b"]);
    desk.does(Request::Clear);
    desk.says("c");
    let Outcome::Moved { kept: Some(kept), .. } = desk.undoes() else { panic!("nothing kept") };
    assert_eq!(desk.history(), ["a", "b"]);
    assert!(kept.automatic);
    assert_eq!(desk.kept(), [("before undo".to_owned(), vec!["c".to_owned()])]);
}

#[test]
fn words_said_since_an_undone_restore_are_kept_apart() {
    let mut desk = Desk::with(&["a"]);
    let one = desk.saves("one");
    desk.says("b");
    desk.restores(one);
    desk.says("c");
    desk.undoes();
    assert_eq!(desk.history(), ["a", "b"]);
    let texts: Vec<_> = desk.kept().into_iter().map(|(_, texts)| texts.join(" ")).collect();
    assert_eq!(texts, ["a b", "a c"], "of the restore, and of the undo");
}

#[test]
fn redo_returns_to_what_was_said_before_the_undo() {
    let mut desk = Desk::with(&["a"]);
    desk.does(Request::Clear);
    desk.says("b");
    desk.says("c");
    desk.undoes();
    desk.redoes();
    assert_eq!(desk.history(), ["b", "c"]);
}

#[test]
fn words_said_before_a_redo_are_kept_apart_and_undo_returns_to_them() {
    let mut desk = Desk::with(&["a"]);
    desk.does(Request::Clear);
    desk.undoes();
    desk.says("b");
    desk.redoes();
    assert_eq!(desk.history(), Vec::<String>::new());
    let words = vec!["a".to_owned(), "b".to_owned()];
    assert_eq!(desk.kept(), [("before redo".to_owned(), words.clone())]);
    desk.undoes();
    assert_eq!(desk.history(), words);
}

#[test]
fn nothing_is_kept_apart_where_nothing_was_said() {
    let mut desk = Desk::with(&["a"]);
    desk.does(Request::Clear);
    desk.undoes();
    desk.redoes();
    desk.undoes();
    assert_eq!(desk.kept(), []);
}

#[test]
fn the_session_of_an_undone_new_is_kept_with_its_words() {
    for request in [Request::New(None), Request::Reset] {
        let mut desk = Desk::with(&["a"]);
        desk.does(request);
        desk.says("b");
        let second = desk.current();
        desk.undoes();
        assert_eq!(desk.history(), ["a"]);
        assert_eq!(desk.state(second), SessionState::Past);
        assert_eq!(desk.history_of(second), ["b"]);
    }
}

#[test]
fn a_session_that_goes_back_to_the_bin_leaves_what_was_said_in_it_under_a_checkpoint() {
    let mut desk = Desk::with(&["a"]);
    let first = desk.current();
    desk.does(Request::Reset);
    desk.does(desk.resume(first));
    desk.says("b");
    desk.undoes();
    assert_eq!(desk.state(first), SessionState::Binned);
    assert_eq!(desk.kept(), [("before undo".to_owned(), vec!["a".to_owned(), "b".to_owned()])]);
    desk.redoes();
    assert_eq!(desk.history(), ["a", "b"]);
}

/// A lane that was reset for being idle; its new session begins with these messages.
fn reset_by_idleness(since: &[&str]) -> Desk {
    let mut desk = Desk::with(&["a", "b"]);
    desk.does(Request::SetIdle(Setting::Value(10)));
    desk.wait(HOUR);
    since.iter().for_each(|text| desk.says(text));
    desk
}

#[test]
fn undoing_an_automatic_reset_carries_over_what_was_said_since() {
    let mut desk = reset_by_idleness(&["c", "d"]);
    let second = desk.current();
    let operation = Operation::AutomaticReset;
    assert_eq!(desk.undoes(), Outcome::Moved { operation, kept: None, carried: 2 });
    assert_eq!(desk.history(), ["a", "b", "c", "d"]);
    assert_eq!(desk.state(second), SessionState::Binned, "all that it holds is in the first");
}

#[test]
fn what_was_carried_over_is_not_carried_twice() {
    let mut desk = reset_by_idleness(&["c"]);
    desk.undoes();
    desk.redoes();
    assert_eq!(desk.history(), ["c"]);
    desk.undoes();
    assert_eq!(desk.history(), ["a", "b", "c"]);
    desk.says("d");
    desk.redoes();
    desk.says("e");
    let operation = Operation::AutomaticReset;
    assert_eq!(desk.undoes(), Outcome::Moved { operation, kept: None, carried: 1 });
    assert_eq!(desk.history(), ["a", "b", "c", "d", "e"]);
}

#[test]
fn a_carried_message_keeps_its_time_author_and_pin() {
    let mut desk = reset_by_idleness(&[]);
    let ann = Author { peer: "telegram:1".to_owned(), name: "Ann".to_owned() };
    desk.does(Request::Say(Words { author: Some(ann.clone()), ..Words::user("c") }));
    let said_at = desk.now;
    let said = desk.line(desk.view.current.head())[0].clone();
    desk.does(Request::Pin(Box::new(said)));
    desk.wait(MINUTE);
    desk.undoes();
    let line = desk.line(desk.view.current.head());
    let carried = line.last().unwrap();
    assert_eq!(carried.words.author, Some(ann));
    assert_eq!(carried.created_at, said_at);
    assert_eq!(carried.importance, importance::PINNED);
}

#[test]
fn a_carried_answer_names_the_carried_question() {
    let mut desk = reset_by_idleness(&["question"]);
    desk.answers(1, "answer");
    desk.undoes();
    assert_eq!(desk.history(), ["a", "b", "question", "answer"]);
    let answers: Vec<_> =
        desk.line(desk.view.current.head()).iter().map(|one| one.words.answers_to).collect();
    assert_eq!(answers, [None, None, None, Some(3)]);
}

#[test]
fn an_answer_carried_after_its_question_names_none_rather_than_another() {
    let mut desk = reset_by_idleness(&["question"]);
    desk.undoes();
    desk.says("x");
    desk.redoes();
    desk.answers(1, "late answer");
    desk.undoes();
    assert_eq!(desk.history(), ["a", "b", "question", "x", "late answer"]);
    let line = desk.line(desk.view.current.head());
    assert_eq!(line.last().unwrap().words.answers_to, None);
}

#[test]
fn a_journalled_operation_an_undo_and_a_redo_end_the_live_turn() {
    let ends = |desk: &Desk| desk.changes.iter().any(|change| matches!(change, Change::EndTurn(_)));
    for Journalled { operation, prepare, request } in JOURNALLED {
        if operation == Operation::AutomaticReset {
            continue;
        }
        let mut desk = Desk::with(&["a"]);
        prepare(&mut desk);
        for next in [request, |desk: &Desk| desk.undo(), |desk: &Desk| desk.redo()] {
            desk.view.busy = true;
            desk.does(next(&desk));
            assert!(ends(&desk), "{operation}");
        }
    }
    let mut desk = Desk::with(&["a"]);
    desk.view.busy = true;
    desk.says("b");
    assert!(!ends(&desk), "talking does not");
}
