//! Timelines and heads: where a message goes, and what is written when a head moves.

use super::desk::{Deed, Desk};
use crate::decide::{Change, Request};
use crate::id::SessionId;
use crate::model::{Point, Spot, Timeline, Words};

/// The timelines that the last decision saved.
fn saved_timelines(desk: &Desk) -> Vec<(SessionId, Timeline)> {
    let saved = |change: &Change| {
        let Change::SaveTimeline(session, timeline) = change else { return None };
        Some((*session, *timeline))
    };
    desk.changes.iter().filter_map(saved).collect()
}

fn end(desk: &Desk) -> Spot {
    desk.view.current.end.unwrap()
}

#[test]
fn a_message_at_the_tip_extends_its_timeline() {
    let desk = Desk::with(&["a", "b", "c"]);
    assert_eq!(desk.history(), ["a", "b", "c"]);
    assert_eq!(desk.timelines.len(), 1);
    assert_eq!((end(&desk).position, end(&desk).timeline.tip), (3, 3));
    assert_eq!(end(&desk).timeline.parent, None);
}

#[test]
fn a_message_below_the_tip_opens_a_branch_in_the_same_decision() {
    let mut desk = Desk::with(&["a"]);
    let one = desk.saves("one");
    desk.says("b");
    let trunk = end(&desk).timeline;
    desk.restores(one);
    desk.says("c");

    let branch = end(&desk).timeline;
    let at_one = Some(Point { timeline: trunk.id, position: 1 });
    assert_eq!((branch.parent, branch.first(), branch.tip), (at_one, 2, 2));
    let saved = saved_timelines(&desk);
    let ids: Vec<_> = saved.iter().map(|(_, timeline)| timeline.id).collect();
    assert_eq!(ids, [trunk.id, branch.id], "the one that is left, then the new one");
    assert_eq!(saved.first().unwrap().1, trunk, "with its tip");
    assert_eq!(desk.history(), ["a", "c"]);
}

#[test]
fn a_position_means_the_same_on_every_branch() {
    let mut desk = Desk::with(&["a", "b"]);
    let two = desk.saves("two");
    desk.says("c");
    for text in ["d", "e", "f"] {
        desk.restores(two);
        desk.says(text);
        assert_eq!(end(&desk).position, 3);
        assert_eq!(desk.history(), ["a", "b", text]);
    }
}

#[test]
fn a_branch_at_the_start_of_a_branch_hangs_on_the_parent() {
    let mut desk = Desk::with(&["a"]);
    let one = desk.saves("one");
    desk.says("b");
    let trunk = end(&desk).timeline.id;
    for text in ["c", "d"] {
        desk.restores(one);
        desk.says(text);
        let at_one = Some(Point { timeline: trunk, position: 1 });
        assert_eq!(end(&desk).timeline.parent, at_one, "not on the branch before");
    }
}

#[test]
fn a_branch_off_a_branch_reaches_what_all_of_them_share() {
    let mut desk = Desk::with(&["a"]);
    let one = desk.saves("one");
    desk.says("b");
    desk.restores(one);
    desk.says("c");
    desk.says("d");
    let four = desk.saves("a, c, d");
    desk.says("e");
    desk.restores(four);
    desk.says("f");
    assert_eq!(desk.history(), ["a", "c", "d", "f"]);
    assert_eq!(desk.timelines.len(), 3);
}

#[test]
fn after_a_clear_the_conversation_begins_on_a_timeline_of_its_own() {
    let mut desk = Desk::with(&["a", "b"]);
    let session = desk.current();
    desk.does(Request::Clear);
    assert_eq!(desk.view.current.end, None);
    desk.says("c");
    assert_eq!(desk.current(), session);
    assert_eq!((end(&desk).timeline.parent, end(&desk).position), (None, 1));
    assert_eq!(desk.history(), ["c"]);
}

#[test]
fn a_timeline_is_saved_with_its_tip_when_the_end_leaves_it() {
    let leave: [(&str, Deed); 4] = [
        ("clear", |desk| drop(desk.does(Request::Clear))),
        ("restore of the empty conversation", |desk| {
            let empty = *desk.checkpoints.keys().next().unwrap();
            desk.restores(empty);
        }),
        ("undo", |desk| drop(desk.undoes())),
        ("redo", |desk| {
            desk.undoes();
            desk.says("x");
            desk.redoes();
        }),
    ];
    for (what, leave) in leave {
        let mut desk = Desk::new();
        desk.saves("empty");
        desk.says("a");
        desk.does(Request::Clear);
        desk.says("b");
        desk.says("c");
        desk.says("d");
        let left = (desk.current(), end(&desk).timeline);
        assert_eq!(left.1.tip, 3);
        leave(&mut desk);
        assert_eq!(desk.timelines.get(&left.1.id), Some(&left.1), "{what}");
    }
}

#[test]
fn an_end_that_moves_along_its_timeline_knows_the_tip_still() {
    let mut desk = Desk::with(&["a"]);
    let one = desk.saves("one");
    desk.says("b");
    desk.says("c");
    desk.restores(one);
    assert_eq!((end(&desk).position, end(&desk).timeline.tip), (1, 3));
    assert_eq!(saved_timelines(&desk), [], "nothing to save: the end is on it");
}

#[test]
fn back_at_the_tip_a_message_extends_the_timeline_again() {
    let mut desk = Desk::with(&["a", "b"]);
    let two = desk.saves("two");
    let trunk = end(&desk).timeline.id;
    desk.does(Request::Clear);
    desk.restores(two);
    desk.says("c");
    assert_eq!((end(&desk).timeline.id, end(&desk).timeline.tip), (trunk, 3));
}

#[test]
fn what_a_request_costs_does_not_depend_on_the_length() {
    let cost = |length: usize| {
        let mut desk = Desk::with(&vec!["a"; length]);
        let mut costs = Vec::new();
        let saved = desk.saves("x");
        costs.push(desk.changes.len());
        for request in [Request::Say(Words::user("b")), Request::Clear] {
            desk.does(request);
            costs.push(desk.changes.len());
        }
        desk.undoes();
        costs.push(desk.changes.len());
        desk.restores(saved);
        costs.push(desk.changes.len());
        costs
    };
    assert_eq!(cost(2), cost(100));
    let mut desk = Desk::with(&["a"]);
    desk.says("b");
    let [Change::SaveSession(_), Change::Append(..)] = desk.changes.as_slice() else {
        panic!("a session and a message, no more: {:?}", desk.changes)
    };
}
