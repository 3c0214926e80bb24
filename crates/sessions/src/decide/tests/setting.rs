//! Settings of the lane, the title of a session, pins.

use super::desk::{Desk, HOUR};
use crate::decide::{Outcome, Request};
use crate::importance;
use crate::model::{Message, Role, Strategy, Words};
use crate::refusal::{NameFault, Refusal};
use crate::reset::{Setting, TimeOfDay};

fn message(desk: &Desk, position: usize) -> Box<Message> {
    Box::new(desk.line(desk.view.current.head())[position - 1].clone())
}

#[test]
fn a_setting_is_a_value_off_or_left_to_configuration() {
    let four = TimeOfDay::new(4, 0).unwrap();
    for daily in [Setting::Value(four), Setting::Off, Setting::Unset] {
        for idle in [Setting::Value(30), Setting::Off, Setting::Unset] {
            let mut desk = Desk::new();
            assert_eq!(desk.does(Request::SetDaily(daily)), Outcome::SettingChanged);
            assert_eq!(desk.does(Request::SetIdle(idle)), Outcome::SettingChanged);
            let settings = &desk.view.lane.settings;
            assert_eq!((settings.daily, settings.idle_minutes), (daily, idle));
        }
    }
}

#[test]
fn a_strategy_is_the_lanes() {
    let mut desk = Desk::with(&["a"]);
    desk.does(Request::SetStrategy(Strategy::Recent));
    desk.does(Request::New(None));
    assert_eq!(desk.view.lane.settings.strategy, Some(Strategy::Recent));
}

#[test]
fn a_title_is_trimmed_checked_and_the_sessions_own() {
    let mut desk = Desk::with(&["a"]);
    let renamed = desk.does(Request::Rename("  the parser ".to_owned()));
    assert_eq!(renamed, Outcome::Renamed("the parser".to_owned()));
    assert_eq!(desk.view.current.title.as_deref(), Some("the parser"));
    let refused = desk.ask(Request::Rename("\t".to_owned()));
    assert_eq!(refused, Err(Refusal::BadName { what: "title", why: NameFault::Empty }));
    desk.does(Request::New(None));
    assert_eq!(desk.view.current.title, None);
}

#[test]
fn bookkeeping_is_activity_but_no_interaction() {
    for request in [Request::Rename("title".to_owned()), Request::SetDaily(Setting::Off)] {
        let mut desk = Desk::with(&["a"]);
        let said_at = desk.now;
        desk.wait(HOUR);
        desk.does(request);
        assert_eq!(desk.view.current.last_activity_at, desk.now);
        assert_eq!(desk.view.current.last_interaction_at, said_at);
    }
}

#[test]
fn unpinning_gives_back_the_importance_that_a_message_had() {
    let mut desk = Desk::with(&["opening", "please remember this", "plain"]);
    desk.does(Request::Append(
        desk.current(),
        Words { role: Role::System, ..Words::user("Be brief.") },
    ));
    let natural = [importance::OPENING, importance::REMEMBER, 0, importance::SYSTEM];
    for (position, natural) in (1..).zip(natural) {
        let number = u64::try_from(position).unwrap();
        let pin = Request::Pin(message(&desk, position));
        assert_eq!(desk.does(pin), Outcome::PinChanged { position: number, pinned: true });
        assert_eq!(message(&desk, position).importance, importance::PINNED);
        let unpin = Request::Unpin(message(&desk, position));
        assert_eq!(desk.does(unpin), Outcome::PinChanged { position: number, pinned: false });
        assert_eq!(message(&desk, position).importance, natural);
    }
}

#[test]
fn what_is_not_pinned_cannot_be_unpinned() {
    let mut desk = Desk::with(&["a"]);
    assert_eq!(desk.ask(Request::Unpin(message(&desk, 1))), Err(Refusal::NotPinned));
}

#[test]
fn a_pin_holds_on_every_branch_that_reaches_the_message() {
    let mut desk = Desk::with(&["a", "b"]);
    let two = desk.saves("two");
    desk.says("c");
    desk.does(Request::Pin(message(&desk, 2)));
    desk.restores(two);
    desk.says("d");
    assert_eq!(message(&desk, 2).importance, importance::PINNED);
}
