//! Automatic resets: when they happen, what with, and what they leave alone.

use super::desk::{Asking, DAY, Deed, Desk, HOUR, MINUTE, instant};
use crate::decide::{Outcome, Request};
use crate::model::{Role, SessionState, Words};
use crate::reset::{ResetReason, Setting, TimeOfDay, Tz};

fn at_four() -> TimeOfDay {
    TimeOfDay::new(4, 0).unwrap()
}

fn daily() -> ResetReason {
    ResetReason::Daily { at: at_four(), zone: Tz::UTC }
}

fn idle(minutes: u64) -> ResetReason {
    ResetReason::Idle { after: std::time::Duration::from_mins(minutes) }
}

/// A lane that resets after ten idle minutes, with a conversation of one message, and how long it has been idle.
fn idle_for(idle: std::time::Duration) -> Desk {
    let mut desk = Desk::with(&["a"]);
    desk.does(Request::SetIdle(Setting::Value(10)));
    desk.wait(idle);
    desk
}

/// Why a message would begin a new session.
fn reason(desk: &mut Desk) -> Option<ResetReason> {
    let said = desk.does(Request::Say(Words::user("next")));
    let Outcome::Said { reset, .. } = said else { panic!("not said") };
    reset
}

#[test]
fn there_are_no_resets_unless_somebody_asks_for_them() {
    let mut desk = Desk::with(&["a"]);
    desk.wait(1_000 * DAY);
    assert_eq!(reason(&mut desk), None);
}

#[test]
fn a_reset_is_due_by_the_lanes_settings_else_by_configuration() {
    let four = Some(at_four());
    // Configuration (daily, idle minutes), the lane's own, the hours waited from noon, and why.
    use Setting::{Off, Unset, Value};
    for (configured, own_daily, own_idle, hours, expected) in [
        ((None, None), Unset, Unset, 100, None),
        ((four, None), Unset, Unset, 15, None),
        ((four, None), Unset, Unset, 16, Some(daily())),
        ((four, None), Off, Unset, 100, None),
        ((None, None), Value(at_four()), Unset, 16, Some(daily())),
        ((None, Some(60)), Unset, Unset, 1, Some(idle(60))),
        ((None, Some(60)), Unset, Off, 100, None),
        ((None, Some(60)), Unset, Value(600), 9, None),
        ((None, Some(60)), Unset, Value(600), 10, Some(idle(600))),
        ((four, Some(60)), Unset, Unset, 20, Some(idle(60))),
        ((four, Some(1_000)), Unset, Unset, 20, Some(daily())),
    ] {
        let mut desk = Desk::with(&["a"]);
        (desk.rules.daily, desk.rules.idle_minutes) = configured;
        desk.view.lane.settings.daily = own_daily;
        desk.view.lane.settings.idle_minutes = own_idle;
        desk.wait(hours * HOUR);
        let case = (configured, own_daily, own_idle, hours);
        assert_eq!(reason(&mut desk), expected, "{case:?}");
    }
}

#[test]
fn the_message_that_brings_a_reset_about_is_the_first_of_the_new_session() {
    let mut desk = idle_for(10 * MINUTE);
    let first = desk.current();
    assert_eq!(reason(&mut desk), Some(idle(10)));
    assert_ne!(desk.current(), first);
    assert_eq!(desk.history(), ["next"]);
    assert_eq!(desk.state(first), SessionState::Past, "kept, listed, resumable");
    assert_eq!(desk.history_of(first), ["a"]);
    assert_eq!(reason(&mut desk), None, "and once only");
}

#[test]
fn a_visit_brings_a_due_reset_about_and_readiness_does_not() {
    for (request, is_reset) in [(Request::Visit, true), (Request::Ready, false)] {
        let mut desk = idle_for(HOUR);
        let reset = is_reset.then(|| idle(10));
        assert_eq!(desk.does(request), Outcome::Visited { reset });
        assert_eq!(desk.history().is_empty(), is_reset);
    }
}

#[test]
fn commands_act_on_what_is_current_though_a_reset_is_due() {
    let requests: [Asking; 7] = [
        |_| Request::Save { name: None, description: None },
        |_| Request::Clear,
        |_| Request::Rename("title".to_owned()),
        |_| Request::SetStrategy(crate::model::Strategy::Recent),
        |_| Request::SetDaily(Setting::Off),
        |desk| Request::Pin(Box::new(desk.messages.values().next().unwrap().clone())),
        |desk| Request::Append(desk.current(), Words::user("b")),
    ];
    for request in requests {
        let mut desk = idle_for(HOUR);
        let first = desk.current();
        let outcome = desk.does(request(&desk));
        assert_eq!(desk.current(), first, "{outcome:?}");
        assert_eq!(desk.sessions.len(), 1);
    }
}

#[test]
fn an_empty_session_is_never_due() {
    let mut desk = Desk::new();
    desk.does(Request::SetIdle(Setting::Value(10)));
    desk.wait(DAY);
    assert_eq!(reason(&mut desk), None);

    let mut desk = idle_for(MINUTE);
    desk.does(Request::Clear);
    desk.wait(DAY);
    assert_eq!(reason(&mut desk), None, "one that was cleared is empty too");
}

#[test]
fn a_live_turn_puts_a_reset_off() {
    let mut desk = idle_for(DAY);
    desk.view.busy = true;
    assert_eq!(reason(&mut desk), None);
    assert_eq!(desk.history(), ["a", "next"]);
    desk.view.busy = false;
    desk.wait(10 * MINUTE);
    assert_eq!(reason(&mut desk), Some(idle(10)), "until it is due again");
}

#[test]
fn what_people_and_assistants_say_counts_as_interaction_and_nothing_else() {
    let requests: [(Asking, bool); 7] = [
        (|_| Request::Say(Words::user("b")), true),
        (
            |desk| {
                let words = Words { role: Role::Assistant, ..Words::user("b") };
                Request::Append(desk.current(), words)
            },
            true,
        ),
        (
            |desk| {
                let words = Words { role: Role::System, ..Words::user("b") };
                Request::Append(desk.current(), words)
            },
            false,
        ),
        (|_| Request::Save { name: None, description: None }, false),
        (|_| Request::Rename("title".to_owned()), false),
        (|_| Request::SetStrategy(crate::model::Strategy::Recent), false),
        (|desk| Request::Pin(Box::new(desk.messages.values().next().unwrap().clone())), false),
    ];
    for (request, counts) in requests {
        let mut desk = idle_for(6 * MINUTE);
        let outcome = desk.does(request(&desk));
        desk.wait(6 * MINUTE);
        assert_eq!(reason(&mut desk).is_none(), counts, "{outcome:?}");
    }
}

#[test]
fn what_changes_the_count_starts_it_again() {
    let requests: [(&str, Deed); 8] = [
        ("idle limit", |desk| drop(desk.does(Request::SetIdle(Setting::Value(10))))),
        ("daily time", |desk| drop(desk.does(Request::SetDaily(Setting::Off)))),
        ("zone", |desk| desk.rules.zone_since = desk.now),
        ("restore", |desk| {
            let saved = desk.saves("here");
            desk.restores(saved);
        }),
        ("undo", |desk| {
            desk.does(Request::Clear);
            desk.undoes();
        }),
        ("resume", |desk| {
            let first = desk.current();
            desk.does(Request::New(Some(Words::user("b"))));
            desk.does(desk.resume(first));
        }),
        ("redo", |desk| {
            let first = desk.current();
            desk.does(Request::New(Some(Words::user("b"))));
            desk.does(desk.resume(first));
            desk.undoes();
            desk.redoes();
        }),
        ("new session", |desk| drop(desk.does(Request::New(Some(Words::user("b")))))),
    ];
    for (what, change) in requests {
        let mut desk = idle_for(9 * MINUTE);
        change(&mut desk);
        desk.wait(9 * MINUTE);
        assert_eq!(reason(&mut desk), None, "{what}");
        desk.wait(10 * MINUTE);
        assert_eq!(reason(&mut desk), Some(idle(10)), "{what}");
    }
}

#[test]
fn a_daily_time_set_behind_the_present_waits_for_tomorrow() {
    let mut desk = Desk::with(&["a"]);
    desk.now = instant("2026-03-02T09:00:00Z");
    desk.does(Request::SetDaily(Setting::Value(at_four())));
    assert_eq!(reason(&mut desk), None, "four o'clock was before it was asked for");
    desk.now = instant("2026-03-03T03:59:59Z");
    assert_eq!(reason(&mut desk), None);
    desk.now = instant("2026-03-03T04:00:00Z");
    assert_eq!(reason(&mut desk), Some(daily()));
}

#[test]
fn a_clock_that_goes_back_resets_nothing() {
    let mut desk = idle_for(MINUTE);
    desk.now = desk.now.minus(30 * DAY);
    assert_eq!(reason(&mut desk), None);
}

#[test]
fn undoing_a_reset_does_not_bring_it_about_again() {
    let mut desk = idle_for(HOUR);
    desk.says("b");
    desk.undoes();
    desk.wait(MINUTE);
    assert_eq!(reason(&mut desk), None);
    assert_eq!(desk.history(), ["a", "b", "next"]);
}
