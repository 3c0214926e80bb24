//! What people type for a checkpoint or session, and what that finds.

use sessions::Refusal;
use sessions::id::CheckpointId;
use sessions::manager::{Ask, SessionRef};
use sessions::model::Words;

use super::lane::Lane;

fn several(refused: Result<CheckpointId, Refusal>) -> usize {
    match refused {
        Err(Refusal::Several { fits, .. }) => fits.len(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_name_is_found_whatever_its_case_and_accents() {
    let lane = Lane::new();
    lane.says(&["a"]);
    let saved = lane.saves("Crème brûlée");
    for typed in ["Crème brûlée", "creme BRULEE", "  crème brûlée "] {
        assert_eq!(lane.restore_typed(typed), Ok(saved), "{typed}");
    }
    let part = "crème".to_owned();
    assert_eq!(lane.restore_typed(&part), Err(Refusal::NoSuchCheckpoint(part)));
}

#[test]
fn a_name_that_several_have_lists_them() {
    let lane = Lane::new();
    lane.says(&["a"]);
    let first = lane.saves("same");
    lane.saves("Same");
    assert_eq!(several(lane.restore_typed("same")), 2);
    lane.deletes(first);
    assert!(lane.restore_typed("same").is_ok(), "the deleted one does not count");
}

#[test]
fn a_name_comes_before_the_beginning_of_an_id() {
    let lane = Lane::new();
    lane.says(&["a"]);
    let by_id = lane.saves("first");
    let letters = by_id.to_string().get(..3).unwrap().to_owned();
    assert_eq!(lane.restore_typed(&letters), Ok(by_id));
    let by_name = lane.saves(&letters);
    assert_eq!(lane.restore_typed(&letters), Ok(by_name));
}

#[test]
fn an_id_as_it_is_shown_comes_before_a_name_that_looks_like_it() {
    let lane = Lane::new();
    lane.says(&["a"]);
    let shown = lane.saves("first");
    let pretender = lane.saves(&shown.short());
    assert_eq!(lane.restore_typed(&shown.short().to_uppercase()), Ok(shown));
    lane.deletes(shown);
    assert_eq!(lane.restore_typed(&shown.short()), Ok(pretender), "where there is no such id");
}

#[test]
fn deleted_checkpoints_do_not_hide_what_stands_behind_them() {
    let lane = Lane::new();
    lane.says(&["a"]);
    let mut saved: Vec<CheckpointId> = (0..40).map(|n| lane.saves(&format!("#{n}"))).collect();
    saved.sort();
    let last = saved.pop().unwrap();
    saved.iter().for_each(|id| lane.deletes(*id));
    let letter = last.to_string().get(..1).unwrap().to_owned();
    assert_eq!(lane.restore_typed(&letter), Ok(last));
}

#[test]
fn a_beginning_that_several_share_lists_them() {
    let lane = Lane::new();
    lane.says(&["a"]);
    (0..33).for_each(|n| {
        lane.saves(&format!("#{n}"));
    });
    let counts = "0123456789abcdefghjkmnpqrstvwxyz".chars().map(|letter| {
        match lane.restore_typed(&format!("c-{letter}")) {
            Err(Refusal::Several { fits, .. }) => fits.len(),
            Err(Refusal::NoSuchCheckpoint(_)) => 0,
            other => other.map_or_else(|refused| panic!("{refused}"), |_| 1),
        }
    });
    assert!(counts.max() > Some(1), "33 ids begin with 32 letters");
}

#[test]
fn a_past_session_is_found_by_the_beginning_of_its_id() {
    let lane = Lane::new();
    lane.says(&["a"]);
    let first = lane.current();
    lane.does(Ask::New(Some(Words::user("b"))));
    for typed in [first.short(), first.short().to_uppercase(), first.to_string()] {
        lane.does(Ask::Resume(SessionRef::Typed(typed)));
        assert_eq!(lane.current(), first);
        lane.does(Ask::Undo);
    }
    let typed = "not an id".to_owned();
    let refused = lane.ask(Ask::Resume(SessionRef::Typed(typed.clone())));
    assert_eq!(refused, Err(Refusal::NoSuchSession(typed)));
}
