//! Checkpoints: what they name, what a restore moves and keeps, what a deletion leaves.

use super::desk::{Deed, Desk, instant};
use crate::decide::{Outcome, Request};
use crate::id::CheckpointId;
use crate::model::{Checkpoint, SessionState, Words};
use crate::refusal::{NameFault, Refusal};
use crate::reset::Tz;

fn save(name: Option<&str>, description: Option<&str>) -> Request {
    Request::Save { name: name.map(str::to_owned), description: description.map(str::to_owned) }
}

fn saved(desk: &mut Desk, request: Request) -> Checkpoint {
    let Outcome::Saved(checkpoint) = desk.does(request) else { panic!("not saved") };
    *checkpoint
}

/// The automatic checkpoint of what a restore found.
fn kept(outcome: Outcome) -> Option<Checkpoint> {
    let Outcome::Restored { kept, .. } = outcome else { panic!("not restored") };
    kept.map(|kept| *kept)
}

#[test]
fn a_checkpoint_names_the_present_head() {
    let mut desk = Desk::with(&["a", "b"]);
    let checkpoint = saved(&mut desk, save(Some(" before refactor "), Some("of the parser")));
    assert_eq!(checkpoint.name, "before refactor");
    assert_eq!(checkpoint.description.as_deref(), Some("of the parser"));
    assert_eq!((checkpoint.head, checkpoint.message_count()), (desk.view.current.head(), 2));
    assert_eq!((checkpoint.session, checkpoint.created_at), (desk.current(), desk.now));
    assert!(!checkpoint.automatic);
}

#[test]
fn without_a_name_it_is_called_by_the_local_date_and_time() {
    for (zone, name) in [
        (Tz::UTC, "2026-03-01 23:30"),
        (Tz::Europe__Paris, "2026-03-02 00:30"),
        (Tz::America__New_York, "2026-03-01 18:30"),
    ] {
        let mut desk = Desk::with(&["a"]);
        desk.rules.zone = zone;
        desk.now = instant("2026-03-01T23:30:59Z");
        assert_eq!(saved(&mut desk, save(None, None)).name, name);
    }
}

#[test]
fn a_name_or_description_that_cannot_be_one_is_refused() {
    let long = "x".repeat(501);
    for (request, what, why) in [
        (save(Some(" "), None), "name", NameFault::Empty),
        (save(Some(long.get(..101).unwrap()), None), "name", NameFault::TooLong(100)),
        (save(Some("a\nb"), None), "name", NameFault::BadCharacter),
        (save(None, Some(&long)), "description", NameFault::TooLong(500)),
    ] {
        let mut desk = Desk::with(&["a"]);
        assert_eq!(desk.ask(request), Err(Refusal::BadName { what, why }));
    }
}

#[test]
fn an_empty_conversation_can_be_saved_and_restored() {
    let mut desk = Desk::new();
    let empty = desk.saves("empty");
    desk.says("a");
    desk.restores(empty);
    assert_eq!(desk.history(), Vec::<String>::new());
    assert_eq!(desk.checkpoints[&empty].message_count(), 0);
}

#[test]
fn a_restore_moves_the_head_and_keeps_what_was_there() {
    let mut desk = Desk::with(&["a"]);
    let one = desk.saves("one");
    desk.says("b");
    let kept = kept(desk.restores(one)).unwrap();
    assert_eq!(desk.history(), ["a"]);
    assert!(kept.automatic);
    assert_eq!(kept.name, format!("before restoring {}", one.short()));
    assert_eq!(desk.texts(kept.head), ["a", "b"]);
    desk.restores(kept.id);
    assert_eq!(desk.history(), ["a", "b"], "an automatic one can be restored like any other");
}

#[test]
fn a_restore_into_an_empty_conversation_has_nothing_to_keep() {
    let mut desk = Desk::with(&["a"]);
    let one = desk.saves("one");
    desk.does(Request::Clear);
    assert_eq!(kept(desk.restores(one)), None);
    assert_eq!(desk.history(), ["a"]);
}

#[test]
fn a_restore_from_another_session_makes_that_one_current() {
    let leave: [(&str, Deed); 3] = [
        ("past", |desk| drop(desk.does(Request::New(None)))),
        ("binned", |desk| drop(desk.does(Request::Reset))),
        ("held", |desk| {
            let first = desk.current();
            desk.does(Request::New(None));
            desk.empties(first);
        }),
    ];
    for (what, leave) in leave {
        let mut desk = Desk::with(&["a"]);
        let one = desk.saves("one");
        let first = desk.current();
        desk.says("b");
        leave(&mut desk);
        desk.says("c");
        let second = desk.current();
        let was = desk.state(first);

        let kept = kept(desk.restores(one)).unwrap();
        assert_eq!(desk.current(), first, "{what}");
        assert_eq!(desk.state(first), SessionState::Current, "{what}");
        assert_eq!(desk.history(), ["a"], "{what}");
        assert_eq!(desk.state(second), SessionState::Past, "{what}");
        assert_eq!(desk.history_of(second), ["c"], "{what}");
        assert_eq!(kept.session, second, "{what}");

        desk.says("d");
        assert_eq!(desk.history(), ["a", "d"], "{what}");
        desk.undoes();
        assert_eq!((desk.current(), desk.state(first)), (second, was), "{what}");
        desk.redoes();
        assert_eq!(desk.history(), ["a", "d"], "{what}");
    }
}

#[test]
fn words_said_after_a_restore_from_a_held_session_outlive_its_undo() {
    let mut desk = Desk::with(&["a"]);
    let one = desk.saves("one");
    let first = desk.current();
    desk.does(Request::New(None));
    desk.empties(first);
    desk.restores(one);
    desk.says("b");
    desk.undoes();
    assert_eq!(desk.history_of(first), Vec::<String>::new());
    assert_eq!(desk.kept(), [("before undo".to_owned(), vec!["a".to_owned(), "b".to_owned()])]);
}

#[test]
fn checkpoints_outlive_new_reset_and_clear() {
    for request in [Request::New(None), Request::Reset, Request::Clear] {
        let mut desk = Desk::with(&["a", "b"]);
        let two = desk.saves("two");
        desk.does(request);
        desk.restores(two);
        assert_eq!(desk.history(), ["a", "b"]);
    }
}

#[test]
fn a_deleted_checkpoint_can_be_neither_restored_nor_deleted() {
    let mut desk = Desk::with(&["a"]);
    let one = desk.saves("one");
    desk.does(desk.delete_checkpoint(one));
    assert_eq!(desk.checkpoints[&one].deleted_at, Some(desk.now));
    let gone = Err(Refusal::NoSuchCheckpoint(one.short()));
    assert_eq!(desk.ask(desk.restore(one)), gone);
    assert_eq!(desk.ask(desk.delete_checkpoint(one)), gone);
}

#[test]
fn undoing_a_deletion_brings_the_checkpoint_back_as_it_was() {
    let mut desk = Desk::with(&["a"]);
    let one = desk.saves("one");
    let was = desk.checkpoints[&one].clone();
    desk.does(desk.delete_checkpoint(one));
    desk.undoes();
    assert_eq!(desk.checkpoints[&one], was);
    desk.redoes();
    assert_eq!(desk.checkpoints[&one].deleted_at, Some(desk.now));
}

#[test]
fn every_checkpoint_has_an_id_of_its_own() {
    let mut desk = Desk::with(&["a"]);
    let ids: Vec<CheckpointId> = (0..3).map(|_| desk.saves("same name")).collect();
    assert_eq!(desk.checkpoints.len(), 3, "{ids:?}");
    desk.does(Request::New(Some(Words::user("b"))));
    assert_eq!(desk.checkpoints.len(), 3);
}
