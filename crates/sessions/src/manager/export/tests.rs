//! Exports of what is stored: whole lines over all their branches, and the way back in.

mod round_trip;

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use serde_json::{Value, json};

use super::*;
use crate::environment::EntropyError;
use crate::id::IdBytes;
use crate::manager::{CheckpointRef, Config, GetOrCreate, Ground, KeySource, LaneKey};
use crate::model::{Origin, Role, SessionState, Usage, Words, ZoneSetting};
use crate::store::memory::MemoryStore;

type Manager = SessionManager<MemoryStore, Ticking>;

/// A clock that goes on by a second whenever it is asked, and ids that are all different.
#[derive(Default)]
struct Ticking {
    seconds: AtomicU64,
    drawn: AtomicU64,
}

impl Environment for Ticking {
    fn now(&self) -> Timestamp {
        let seconds = self.seconds.fetch_add(1, Ordering::Relaxed);
        Timestamp::from_millis(1_795_341_791_123 + i64::try_from(seconds).unwrap() * 1_000)
    }

    fn random(&self) -> Result<IdBytes, EntropyError> {
        let drawn = self.drawn.fetch_add(1, Ordering::Relaxed) + 1;
        Ok((u128::from(drawn).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
            .to_be_bytes())
    }
}

/// The futures of a store in memory are ready at once.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a store in memory does not wait"),
    }
}

fn manager() -> Manager {
    let store = MemoryStore::new();
    let open = Manager::open(store, Ticking::default(), Config::default(), KeySource::Plain);
    now(open).unwrap()
}

fn lane(user: &str) -> At {
    let user = user.to_owned();
    At::Ground(Ground {
        key: LaneKey::PerPeer { user: user.clone() },
        owner: Some(user.clone()),
        origin: Origin { channel: "console".to_owned(), user: Some(user), peer: None },
        zone: ZoneSetting::default(),
    })
}

fn perform(manager: &Manager, at: &At, ask: &Ask) -> Result<(), Failure> {
    let nothing = |_: &_, _: &_, _| Ok(Rider::default());
    now(manager.perform(at, ask, None, nothing)).map(drop)
}

fn say(manager: &Manager, at: &At, content: &str) {
    perform(manager, at, &Ask::Say(Words::user(content))).unwrap();
}

fn save(manager: &Manager, at: &At, name: &str) {
    let ask = Ask::Save { name: Some(name.to_owned()), description: None };
    perform(manager, at, &ask).unwrap();
}

fn restore(manager: &Manager, at: &At, name: &str) {
    perform(manager, at, &Ask::Restore(CheckpointRef::Typed(name.to_owned()))).unwrap();
}

fn current(manager: &Manager, at: &At) -> Session {
    now(manager.view(at)).unwrap().current
}

fn export(manager: &Manager, session: &Session) -> String {
    now(manager.export_session(session, ExportFormat::Json)).unwrap()
}

fn import(manager: &Manager, at: &At, json: &str) -> Session {
    let info = now(manager.import_into(at, json)).unwrap();
    let row = now(manager.store().session(info.id)).unwrap().unwrap();
    now(manager.open_row(&row)).unwrap()
}

fn messages(json: &str) -> Vec<String> {
    let file: Value = serde_json::from_str(json).unwrap();
    let messages = file["messages"].as_array().unwrap();
    messages.iter().map(|message| message["content"].as_str().unwrap().to_owned()).collect()
}

/// What should be the same after a round trip: ids, origin and last activity are new.
fn lasting(json: &str) -> Value {
    let mut file: Value = serde_json::from_str(json).unwrap();
    for field in ["id", "origin", "lastActivityAt"] {
        file["session"][field] = json!(null);
    }
    for checkpoint in file["checkpoints"].as_array_mut().unwrap() {
        checkpoint["id"] = json!(null);
    }
    file
}

#[test]
fn an_export_holds_the_line_over_all_branches_and_the_checkpoints_on_it() {
    let (manager, ann) = (manager(), lane("ann"));
    for content in ["one", "two", "three"] {
        say(&manager, &ann, content);
        save(&manager, &ann, &format!("after {content}"));
    }
    restore(&manager, &ann, "after two");
    say(&manager, &ann, "four");
    save(&manager, &ann, "after four");
    perform(&manager, &ann, &Ask::DeleteCheckpoint(CheckpointRef::Typed("after one".to_owned())))
        .unwrap();

    let json = export(&manager, &current(&manager, &ann));
    assert_eq!(messages(&json), ["one", "two", "four"]);
    let file: Value = serde_json::from_str(&json).unwrap();
    let checkpoints = file["checkpoints"].as_array().unwrap();
    let found: Vec<_> = checkpoints.iter().map(|at| (&at["position"], &at["name"])).collect();
    assert_eq!(found, [(&json!(2), &json!("after two")), (&json!(3), &json!("after four"))]);
}

#[test]
fn an_export_at_a_head_is_the_session_as_it_stood() {
    let (manager, ann) = (manager(), lane("ann"));
    say(&manager, &ann, "one");
    say(&manager, &ann, "two");
    let then = current(&manager, &ann);
    let before = export(&manager, &then);
    say(&manager, &ann, "three");
    perform(&manager, &ann, &Ask::Clear).unwrap();
    say(&manager, &ann, "four");
    let session = current(&manager, &ann);

    assert_eq!(messages(&export(&manager, &session)), ["four"]);
    let later = now(manager.export_at(&session, then.head(), ExportFormat::Json)).unwrap();
    assert_eq!(lasting(&later), lasting(&before));
    let empty = now(manager.export_at(&session, None, ExportFormat::Json)).unwrap();
    assert!(messages(&empty).is_empty());
}

#[test]
fn a_long_line_is_read_page_by_page() {
    let (manager, ann) = (manager(), lane("ann"));
    let count = PAGE * 2 + 1;
    for at in 1..=count {
        say(&manager, &ann, &at.to_string());
    }
    let expected: Vec<String> = (1..=count).map(|at| at.to_string()).collect();
    assert_eq!(messages(&export(&manager, &current(&manager, &ann))), expected);
}

#[test]
fn a_message_that_is_missing_is_a_fault_that_names_it() {
    let (manager, ann) = (manager(), lane("ann"));
    say(&manager, &ann, "one");
    let mut session = current(&manager, &ann);
    let spot = session.end.as_mut().unwrap();
    (spot.timeline.tip, spot.position) = (2, 2);
    let fault = now(manager.export_session(&session, ExportFormat::Text)).unwrap_err();
    let timeline = spot_timeline(&session);
    assert_eq!(fault.to_string(), format!("message 2 of timeline {timeline} is missing"));
}

fn spot_timeline(session: &Session) -> crate::id::TimelineId {
    session.end.unwrap().timeline.id
}

#[test]
fn an_import_is_a_past_session_beside_the_current_one() {
    let (manager, ann, ben) = (manager(), lane("ann"), lane("ben"));
    let usage = Usage { input_tokens: 500, output_tokens: 200 };
    let answer = Words { role: Role::Assistant, usage: Some(usage), ..Words::user("hi") };
    say(&manager, &ann, "hello");
    perform(&manager, &ann, &Ask::Say(answer)).unwrap();
    save(&manager, &ann, "both");
    say(&manager, &ben, "mine");
    let mine = current(&manager, &ben);

    let json = export(&manager, &current(&manager, &ann));
    let imported = import(&manager, &ben, &json);
    assert_eq!(imported.state, SessionState::Past);
    assert_eq!(imported.usage, usage, "totals are not counted twice");
    assert_eq!(current(&manager, &ben), mine);
    assert_eq!(lasting(&export(&manager, &imported)), lasting(&json));

    restore(&manager, &ben, "both");
    assert_eq!(current(&manager, &ben).id, imported.id);
    say(&manager, &ben, "go on");
    let now_said = messages(&export(&manager, &current(&manager, &ben)));
    assert_eq!(now_said, ["hello", "hi", "go on"]);
}

#[test]
fn importing_twice_gives_two_sessions() {
    let (manager, ann) = (manager(), lane("ann"));
    say(&manager, &ann, "hello");
    save(&manager, &ann, "it");
    let json = export(&manager, &current(&manager, &ann));
    let (one, two) = (import(&manager, &ann, &json), import(&manager, &ann, &json));
    assert_ne!(one.id, two.id);
    let found = now(manager.list_checkpoints(one.id)).unwrap();
    assert_eq!(found.len(), 3);
}

#[test]
fn what_is_no_export_makes_no_lane() {
    let manager = manager();
    let of = GetOrCreate { user_id: "ann".to_owned(), ..GetOrCreate::default() };
    let failure = now(manager.import(&of, "{}")).unwrap_err();
    assert!(matches!(failure, Failure::Refused(crate::refusal::Refusal::BadImport(_))));
    assert!(now(manager.store().lanes(None, None, 1)).unwrap().is_empty());
}
