//! Sessions: how they begin and end, come back, and come in from elsewhere.

use super::desk::{DAY, Desk, HOUR, instant};
use crate::decide::{Imported, ImportedCheckpoint, ImportedMessage, Outcome, Request};
use crate::id::{CheckpointId, SessionId};
use crate::importance;
use crate::model::{SessionState, Usage, Words};
use crate::refusal::Refusal;

/// Two sessions: the second is current, the first is past.
fn two_sessions() -> (Desk, SessionId, SessionId) {
    let mut desk = Desk::with(&["a"]);
    let first = desk.current();
    desk.does(Request::New(Some(Words::user("b"))));
    let second = desk.current();
    (desk, first, second)
}

#[test]
fn new_keeps_the_old_session_and_reset_bins_it() {
    for (request, state) in
        [(Request::New(None), SessionState::Past), (Request::Reset, SessionState::Binned)]
    {
        let mut desk = Desk::with(&["a", "b"]);
        let first = desk.current();
        desk.wait(HOUR);
        let Outcome::Began { closed: Some(closed), said: false } = desk.does(request) else {
            panic!("nothing was closed")
        };
        assert_eq!((closed.id, closed.state, closed.message_count()), (first, state, 2));
        assert_eq!((desk.state(first), desk.sessions[&first].state_since), (state, desk.now));
        assert_eq!(desk.history_of(first), ["a", "b"]);
        assert_ne!(desk.current(), first);
        assert_eq!(desk.history(), Vec::<String>::new());
        assert_eq!(desk.view.current.origin.channel, "console", "it comes from the same place");
        assert_eq!(desk.view.current.title, None);
    }
}

#[test]
fn new_with_words_begins_with_them() {
    let mut desk = Desk::with(&["a"]);
    let outcome = desk.does(Request::New(Some(Words::user("b"))));
    assert!(matches!(outcome, Outcome::Began { closed: Some(_), said: true }));
    assert_eq!(desk.history(), ["b"]);
}

#[test]
fn an_empty_session_is_used_again() {
    for request in [Request::New(None), Request::Reset] {
        let mut desk = Desk::new();
        let first = desk.current();
        assert_eq!(desk.does(request), Outcome::Began { closed: None, said: false });
        assert_eq!(desk.changes, []);
        assert_eq!(desk.current(), first);
    }
    let mut desk = Desk::new();
    let outcome = desk.does(Request::New(Some(Words::user("a"))));
    assert_eq!(outcome, Outcome::Began { closed: None, said: true });
    assert_eq!((desk.sessions.len(), desk.history()), (1, vec!["a".to_owned()]));
}

#[test]
fn settings_of_the_lane_outlive_its_sessions() {
    let mut desk = Desk::with(&["a"]);
    desk.does(Request::SetIdle(crate::reset::Setting::Value(10)));
    let settings = desk.view.lane.settings.clone();
    desk.does(Request::Reset);
    assert_eq!(desk.view.lane.settings, settings);
}

#[test]
fn resume_makes_a_past_or_binned_session_current_again() {
    for request in [Request::New(None), Request::Reset] {
        let mut desk = Desk::with(&["a"]);
        let first = desk.current();
        desk.does(request);
        desk.says("b");
        let second = desk.current();
        let Outcome::Resumed(was) = desk.does(desk.resume(first)) else { panic!("not resumed") };
        assert_eq!((was.id, desk.state(second)), (second, SessionState::Past));
        assert_eq!((desk.current(), desk.state(first)), (first, SessionState::Current));
        desk.says("c");
        assert_eq!(desk.history(), ["a", "c"], "it goes on where it was");
    }
}

#[test]
fn the_current_session_and_what_was_emptied_cannot_be_resumed() {
    let (mut desk, first, second) = two_sessions();
    assert_eq!(desk.ask(desk.resume(second)), Err(Refusal::AlreadyCurrent));
    desk.empties(first);
    assert_eq!(desk.ask(desk.resume(first)), Err(Refusal::Emptied));
}

#[test]
fn deleting_the_current_session_is_a_reset() {
    let mut desk = Desk::with(&["a"]);
    let first = desk.current();
    let outcome = desk.does(desk.delete_session(first));
    assert!(matches!(outcome, Outcome::Began { closed: Some(_), said: false }));
    assert_eq!(desk.state(first), SessionState::Binned);
    assert_ne!(desk.current(), first);
}

#[test]
fn a_past_session_is_deleted_into_the_bin_and_only_once() {
    let (mut desk, first, second) = two_sessions();
    desk.wait(DAY);
    desk.does(desk.delete_session(first));
    assert_eq!((desk.current(), desk.history()), (second, vec!["b".to_owned()]));
    assert_eq!(
        (desk.state(first), desk.sessions[&first].state_since),
        (SessionState::Binned, desk.now)
    );
    let again = desk.ask(desk.delete_session(first));
    assert_eq!(again, Err(Refusal::NoSuchSession(first.short())));
    desk.undoes();
    assert_eq!(desk.state(first), SessionState::Past);
}

#[test]
fn what_was_emptied_cannot_be_deleted() {
    let (mut desk, first, _) = two_sessions();
    desk.empties(first);
    assert_eq!(desk.ask(desk.delete_session(first)), Err(Refusal::Emptied));
}

#[test]
fn a_closed_session_takes_no_messages() {
    let (mut desk, first, second) = two_sessions();
    let append = |session| Request::Append(session, Words::user("c"));
    assert_eq!(desk.ask(append(first)), Err(Refusal::SessionClosed));
    assert_eq!(desk.ask(append(SessionId::new([99; 16]))), Err(Refusal::SessionClosed));
    desk.does(append(second));
    assert_eq!(desk.history(), ["b", "c"]);
}

#[test]
fn a_clear_keeps_the_session_and_says_how_much_went() {
    let mut desk = Desk::with(&["a", "b"]);
    let first = desk.current();
    desk.does(Request::Rename("title".to_owned()));
    assert_eq!(desk.does(Request::Clear), Outcome::Cleared(2));
    assert_eq!((desk.current(), desk.view.current.title.as_deref()), (first, Some("title")));
    assert_eq!(desk.ask(Request::Clear), Err(Refusal::NothingToClear));
}

#[test]
fn usage_adds_up_whatever_becomes_of_the_messages() {
    let mut desk = Desk::new();
    let usage = Some(Usage { input_tokens: 10, output_tokens: 3 });
    for _ in 0..2 {
        desk.does(Request::Say(Words { usage, ..Words::user("a") }));
        desk.does(Request::Clear);
    }
    assert_eq!(desk.view.current.usage, Usage { input_tokens: 20, output_tokens: 6 });
}

fn export(texts: &[&str]) -> Imported {
    let created_at = instant("2025-01-01T00:00:00Z");
    let message = |text: &&str| ImportedMessage {
        words: Words::user(*text),
        created_at,
        pinned: *text == "pinned",
    };
    Imported {
        created_at,
        title: Some("from elsewhere".to_owned()),
        messages: texts.iter().map(message).collect(),
        checkpoints: Vec::new(),
        usage: Usage { input_tokens: 5, output_tokens: 7 },
    }
}

fn checkpoint(position: u64) -> ImportedCheckpoint {
    ImportedCheckpoint {
        id: CheckpointId::new([200 + u8::try_from(position).unwrap(); 16]),
        position,
        name: "imported".to_owned(),
        description: None,
        created_at: instant("2025-01-02T00:00:00Z"),
    }
}

#[test]
fn an_import_becomes_a_past_session_and_touches_no_other() {
    let mut desk = Desk::with(&["a"]);
    let current = desk.view.current.clone();
    let imported = Imported {
        checkpoints: vec![checkpoint(0), checkpoint(1), checkpoint(3)],
        ..export(&["x", "pinned", "z"])
    };
    let Outcome::Imported(session) = desk.does(Request::Import(Box::new(imported))) else {
        panic!("not imported")
    };
    assert_eq!(desk.view.current, current);
    assert_eq!((session.state, session.message_count()), (SessionState::Past, 3));
    assert_eq!(session.title.as_deref(), Some("from elsewhere"));
    assert_eq!(session.created_at, instant("2025-01-01T00:00:00Z"));
    assert_eq!(session.usage, Usage { input_tokens: 5, output_tokens: 7 });
    assert_eq!(desk.history_of(session.id), ["x", "pinned", "z"]);
    let pinned: Vec<bool> = desk
        .line(session.head())
        .iter()
        .map(|message| message.importance == importance::PINNED)
        .collect();
    assert_eq!(pinned, [false, true, false]);
    let reached: Vec<usize> =
        desk.checkpoints.values().map(|saved| desk.texts(saved.head).len()).collect();
    assert_eq!(reached, [0, 1, 3]);

    desk.does(desk.resume(session.id));
    desk.says("next");
    assert_eq!(desk.history(), ["x", "pinned", "z", "next"]);
}

#[test]
fn an_import_whose_checkpoint_is_not_on_its_line_is_refused() {
    let mut desk = Desk::with(&["a"]);
    let imported = Imported { checkpoints: vec![checkpoint(2)], ..export(&["x"]) };
    let before = desk.scene();
    let refused = desk.ask(Request::Import(Box::new(imported)));
    assert!(matches!(refused, Err(Refusal::BadImport(_))), "{refused:?}");
    assert_eq!(desk.scene(), before);
}
