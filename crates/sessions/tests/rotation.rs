//! Rotation of the master key: which keys open what, what a kill leaves, and what runs beside it.

#![allow(clippy::unwrap_used, reason = "a panic is a failing test")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sessions::id::{IdBytes, QueueKeyId, SessionId};
use sessions::manager::{AddMessage, GetOrCreate, HistoryOptions, KeyCheck, Progress, Rotation};
use sessions::model::Role;
use sessions::store::conformance::block_on;
use sessions::store::memory::MemoryStore;
use sessions::store::rows::{Header, KeyPurpose, KeyRow, Write};
use sessions::store::{Commit, Committed, Store};
use sessions::time::Timestamp;
use sessions::vault::{KeyText, KeyVersion, UnwrapKeyError};
use sessions::{
    Config, EntropyError, Environment, Failure, Fault, KeySource, OpenManagerError, RotateError,
    SessionManager,
};

#[derive(Clone, Default)]
struct World(Arc<AtomicU64>);

impl Environment for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_772_366_400_000)
    }

    fn random(&self) -> Result<IdBytes, EntropyError> {
        let drawn = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(u128::from(drawn).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_be_bytes())
    }
}

type Manager = SessionManager<MemoryStore, World>;

/// The texts of four keys, by their number; the last is a passphrase.
const TEXTS: [&str; 4] = [
    "hex:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1",
    "hex:b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2",
    "hex:c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3",
    "passphrase:five random words of an operator",
];
const PASSPHRASE: usize = 3;

fn text(key: usize) -> KeyText {
    KeyText::parse(TEXTS.get(key).unwrap()).unwrap()
}

fn sealed(key: usize) -> KeySource {
    KeySource::Sealed(text(key))
}

fn rotating(current: usize, previous: usize) -> KeySource {
    KeySource::Rotating { current: text(current), previous: text(previous) }
}

fn open(
    store: &MemoryStore,
    world: &World,
    key: KeySource,
) -> Result<Manager, Box<OpenManagerError>> {
    let opening = SessionManager::open(store.clone(), world.clone(), Config::default(), key);
    block_on(opening).map_err(Box::new)
}

fn somebody(n: u64) -> GetOrCreate {
    GetOrCreate { user_id: n.to_string(), channel_id: "here".to_owned(), peer_id: None }
}

fn say(manager: &Manager, n: u64) -> SessionId {
    let session_id = block_on(manager.get_or_create_session(&somebody(n))).unwrap().id;
    let content = format!("words of {n}");
    let add = AddMessage { session_id, role: Role::User, content, usage: None };
    block_on(manager.add_message(add)).unwrap();
    session_id
}

fn is_heard(manager: &Manager, n: u64, id: SessionId) {
    let history = block_on(manager.get_history(id, HistoryOptions::default())).unwrap();
    assert!(format!("{history:?}").contains(&format!("words of {n}")), "{history:?}");
}

/// A store in which so many people have spoken, sealed under key 0, with their sessions.
fn lived_in(people: u64) -> (MemoryStore, World, Vec<SessionId>) {
    let (store, world) = (MemoryStore::new(), World::default());
    let manager = open(&store, &world, sealed(0)).unwrap();
    let sessions = (0..people).map(|n| say(&manager, n)).collect();
    (store, world, sessions)
}

fn all_open(store: &MemoryStore, world: &World, key: usize, sessions: &[SessionId]) {
    let manager = open(store, world, sealed(key)).unwrap();
    assert_eq!(manager.rotation(), None);
    for (n, id) in (0..).zip(sessions) {
        is_heard(&manager, n, *id);
    }
}

fn versions(store: &MemoryStore) -> Vec<u32> {
    let rows = [KeyPurpose::Session, KeyPurpose::Queue]
        .map(|purpose| block_on(store.keys(purpose, None, usize::MAX)).unwrap());
    rows.iter().flatten().map(|row| row.wrapped.version.0).collect()
}

#[test]
fn everything_comes_under_the_new_key_and_nothing_else_changes() {
    let (store, world, sessions) = lived_in(600);
    let manager = open(&store, &world, sealed(0)).unwrap();
    let queue = QueueKeyId::new([7; 16]);
    let tag = block_on(manager.make_queue_key(queue, world.now())).unwrap().tag("mark", &[]);
    let before = block_on(store.session(sessions[5])).unwrap();
    let mut heard = Vec::new();
    let report = block_on(manager.rotate(text(1), |come| heard.push(come))).unwrap();
    assert_eq!((report.version, report.keys, report.scrubbed), (KeyVersion(2), 601, true));
    let step = |done| Progress { done, total: 601 };
    assert_eq!(heard, [0, 256, 512, 600, 601].map(step));
    assert_eq!(versions(&store), vec![2; 601]);
    assert_eq!(manager.rotation(), None);
    assert_eq!(
        block_on(store.session(sessions[5])).unwrap(),
        before,
        "rows are sealed as they were"
    );
    let (again, _) = block_on(manager.queue_key(queue)).unwrap();
    assert_eq!(again.tag("mark", &[]), tag);
    is_heard(&manager, 3, sessions[3]);
    say(&manager, 1_000);
    drop(manager);
    all_open(&store, &world, 1, &sessions);
    let old = open(&store, &world, sealed(0)).err().unwrap();
    assert!(matches!(*old, OpenManagerError::WrongKey), "{old:?}");
}

#[test]
fn a_rotation_that_is_killed_at_any_commit_goes_on_with_both_keys() {
    // One commit begins it, three batches, and one that ends it.
    for kill_at in 0..4 {
        let (store, world, sessions) = lived_in(600);
        let manager = open(&store, &world, sealed(0)).unwrap();
        let mut step = 0;
        let killed = catch_unwind(AssertUnwindSafe(|| {
            block_on(manager.rotate(text(1), |_| {
                assert!(step < kill_at, "killed");
                step += 1;
            }))
        }));
        assert!(killed.is_err());
        drop(manager);
        let done = versions(&store).iter().filter(|version| **version == 2).count();
        assert_eq!(done, (kill_at * 256).min(600));

        let alone = open(&store, &world, sealed(1)).err().unwrap();
        assert!(matches!(*alone, OpenManagerError::PreviousKeyMissing(KeyVersion(1))), "{alone:?}");
        let old = open(&store, &world, sealed(0)).err().unwrap();
        assert!(matches!(*old, OpenManagerError::WrongKey), "{old:?}");

        let manager = open(&store, &world, rotating(1, 0)).unwrap();
        let under_way = Rotation { from: KeyVersion(1), to: KeyVersion(2) };
        assert_eq!(manager.rotation(), Some(under_way));
        for (n, id) in (0..).zip(&sessions) {
            is_heard(&manager, n, *id);
        }
        let refused = block_on(manager.rotate(text(2), |_| ())).unwrap_err();
        assert!(matches!(refused, RotateError::Unfinished(KeyVersion(1))), "{refused:?}");
        let report = block_on(manager.resume_rotation(|_| ())).unwrap().unwrap();
        assert_eq!(report.keys, u64::try_from(600 - done).unwrap());
        assert_eq!(block_on(manager.resume_rotation(|_| ())).unwrap(), None);
        drop(manager);
        all_open(&store, &world, 1, &sessions);
    }
}

#[test]
fn a_rotation_that_began_unheard_is_told_of_and_goes_on_with_the_new_key() {
    let (store, world, sessions) = lived_in(300);
    // Another manager's commit, as that of one whose disk failed in the moment in which it happened.
    let unheard = open(&store, &world, sealed(0)).unwrap();
    let manager = open(&store, &world, sealed(0)).unwrap();
    let killed =
        catch_unwind(AssertUnwindSafe(|| block_on(manager.rotate(text(1), |_| panic!("killed")))));
    assert!(killed.is_err());
    drop(manager);

    assert_eq!(unheard.rotation(), None);
    let check = |key| {
        let KeyCheck { version, current, leaving } =
            block_on(unheard.check_key(&text(key))).unwrap();
        (version.map(|it| it.0), current.0, leaving.map(|it| it.0))
    };
    assert_eq!(check(0), (Some(1), 2, Some(1)));
    assert_eq!(check(1), (Some(2), 2, Some(1)));
    assert_eq!(check(2), (None, 2, Some(1)));
    assert_eq!(block_on(unheard.resume_rotation(|_| ())).unwrap(), None, "it does not know");
    let report = block_on(unheard.rotate(text(1), |_| ())).unwrap();
    assert_eq!((report.version, report.keys), (KeyVersion(2), 300));
    assert_eq!(check(1), (Some(2), 2, None));
    drop(unheard);
    all_open(&store, &world, 1, &sessions);
}

/// What opening comes to, in short.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Opens,
    GoesOn,
    Begins,
    WrongKey,
    KeyMissing,
    PreviousMissing,
    WrongPrevious,
    Unfinished,
}

/// What the rules say of a store whose keys are these.
fn expected(
    current: usize,
    previous: Option<usize>,
    given: (Option<usize>, Option<usize>),
) -> Outcome {
    match given {
        (None, _) => Outcome::KeyMissing,
        (Some(key), None) if key == current && previous.is_none() => Outcome::Opens,
        (Some(key), None) if key == current => Outcome::PreviousMissing,
        (Some(_), None) => Outcome::WrongKey,
        (Some(key), Some(before)) if key == current => match previous {
            None => Outcome::Opens,
            Some(wanted) if wanted == before => Outcome::GoesOn,
            Some(_) => Outcome::WrongPrevious,
        },
        (Some(_), Some(before)) if before != current => Outcome::WrongKey,
        (Some(_), Some(_)) if previous.is_some() => Outcome::Unfinished,
        (Some(_), Some(_)) => Outcome::Begins,
    }
}

fn found(header: &Header, key: KeySource) -> Outcome {
    let store = MemoryStore::new();
    let writes = vec![Write::PutHeader(Box::new(header.clone()))];
    block_on(store.commit(Commit { writes, ..Commit::default() })).unwrap();
    let opened = open(&store, &World::default(), key);
    let after = block_on(store.header()).unwrap().unwrap();
    if opened.is_err() {
        assert_eq!(&after, header, "what is refused is not touched");
    }
    match opened.map_err(|error| *error) {
        Ok(manager) if manager.rotation().is_none() => Outcome::Opens,
        Ok(_) if after.key_version == header.key_version => Outcome::GoesOn,
        Ok(_) => {
            assert_eq!(after.key_version.0, header.key_version.0 + 1);
            assert_eq!(after.previous.unwrap().check, header.check);
            Outcome::Begins
        }
        Err(OpenManagerError::WrongKey) => Outcome::WrongKey,
        Err(OpenManagerError::KeyMissing) => Outcome::KeyMissing,
        Err(OpenManagerError::PreviousKeyMissing(_)) => Outcome::PreviousMissing,
        Err(OpenManagerError::WrongPreviousKey(_)) => Outcome::WrongPrevious,
        Err(OpenManagerError::Rotation(RotateError::Unfinished(_))) => Outcome::Unfinished,
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn each_pair_of_keys_opens_what_it_should() {
    let states =
        [(0, None), (1, Some(0)), (PASSPHRASE, None), (PASSPHRASE, Some(0)), (0, Some(PASSPHRASE))];
    for (current, previous) in states {
        let (store, world) = (MemoryStore::new(), World::default());
        open(&store, &world, sealed(previous.unwrap_or(current))).unwrap();
        if let Some(previous) = previous {
            open(&store, &world, rotating(current, previous)).unwrap();
        }
        let header = block_on(store.header()).unwrap().unwrap();
        let check = |given: (Option<usize>, Option<usize>), source: KeySource| {
            let outcome = found(&header, source);
            assert_eq!(
                outcome,
                expected(current, previous, given),
                "{current} {previous:?} {given:?}"
            );
        };
        check((None, None), KeySource::Plain);
        for key in 0..TEXTS.len() {
            check((Some(key), None), sealed(key));
            for before in 0..TEXTS.len() {
                check((Some(key), Some(before)), rotating(key, before));
            }
        }
    }
}

#[test]
fn keys_that_have_changed_places_begin_the_rotation_at_opening() {
    let (store, world, sessions) = lived_in(3);
    let manager = open(&store, &world, rotating(PASSPHRASE, 0)).unwrap();
    assert_eq!(manager.rotation(), Some(Rotation { from: KeyVersion(1), to: KeyVersion(2) }));
    is_heard(&manager, 1, sessions[1]);
    assert_eq!(block_on(manager.resume_rotation(|_| ())).unwrap().unwrap().keys, 3);
    drop(manager);
    all_open(&store, &world, PASSPHRASE, &sessions);
    // Left in the configuration, the old key does no harm.
    let manager = open(&store, &world, rotating(PASSPHRASE, 0)).unwrap();
    assert_eq!(manager.rotation(), None);
}

#[test]
fn a_first_opening_takes_the_current_key() {
    let (store, world) = (MemoryStore::new(), World::default());
    open(&store, &world, rotating(1, 0)).unwrap();
    assert!(open(&store, &world, sealed(1)).is_ok());
    let plain = MemoryStore::new();
    open(&plain, &world, KeySource::Plain).unwrap();
    let refused = open(&plain, &world, rotating(1, 0)).err().unwrap();
    assert!(matches!(*refused, OpenManagerError::NotSealed), "{refused:?}");
}

#[test]
fn what_cannot_be_rotated_is_refused_and_stays_as_it_was() {
    for key in [0, PASSPHRASE] {
        let (store, world) = (MemoryStore::new(), World::default());
        let manager = open(&store, &world, sealed(key)).unwrap();
        let before = block_on(store.header()).unwrap();
        let refused = block_on(manager.rotate(text(key), |_| ())).unwrap_err();
        assert!(matches!(refused, RotateError::SameKey), "{refused:?}");
        assert_eq!(block_on(store.header()).unwrap(), before);
    }
    let plain = open(&MemoryStore::new(), &World::default(), KeySource::Plain).unwrap();
    let refused = block_on(plain.rotate(text(0), |_| ())).unwrap_err();
    assert!(matches!(refused, RotateError::NotSealed), "{refused:?}");
}

#[test]
fn two_rotations_do_not_run_at_once() {
    let (store, world, _) = lived_in(3);
    let manager = open(&store, &world, sealed(0)).unwrap();
    let mut refused = 0;
    block_on(manager.rotate(text(1), |_| {
        for other in [
            block_on(manager.rotate(text(2), |_| ())).map(Some),
            block_on(manager.resume_rotation(|_| ())),
        ] {
            assert!(matches!(other, Err(RotateError::Running)), "{other:?}");
            refused += 1;
        }
    }))
    .unwrap();
    assert_eq!(refused, 4);
    assert_eq!(block_on(manager.rotate(text(2), |_| ())).unwrap().version, KeyVersion(3));
}

#[test]
fn a_key_that_lands_behind_the_walk_is_found() {
    let (store, world, mut sessions) = lived_in(3);
    // Opened before, so what it wraps is wrapped under the old key.
    let late = open(&store, &world, sealed(0)).unwrap();
    let manager = open(&store, &world, sealed(0)).unwrap();
    let mut news = 3..5;
    let report = block_on(manager.rotate(text(1), |_| {
        sessions.extend(news.next().map(|n| say(&late, n)));
    }));
    assert_eq!(report.unwrap().keys, 5);
    assert_eq!(versions(&store), [2; 5]);
    // Once the old key is forgotten, the store does not take what is wrapped under it.
    let refused = block_on(late.get_or_create_session(&somebody(9))).unwrap_err();
    assert!(matches!(refused, Failure::Fault(Fault::Contended(_))), "{refused:?}");
    let queue = block_on(late.make_queue_key(QueueKeyId::new([1; 16]), world.now())).unwrap_err();
    assert!(matches!(queue, Fault::Contended(_)), "{queue:?}");
    assert_eq!(versions(&store), [2; 5]);
    all_open(&store, &world, 1, &sessions);
}

#[test]
fn a_beginning_that_was_not_heard_of_is_taken_up_by_the_same_call() {
    let (store, world, sessions) = lived_in(3);
    let deaf = open(&store, &world, sealed(0)).unwrap();
    // As if the answer to its own commit had been lost.
    open(&store, &world, rotating(1, 0)).unwrap();
    let other = block_on(deaf.rotate(text(2), |_| ())).unwrap_err();
    assert!(matches!(other, RotateError::Unfinished(KeyVersion(1))), "{other:?}");
    let report = block_on(deaf.rotate(text(1), |_| ())).unwrap();
    assert_eq!((report.version, report.keys), (KeyVersion(2), 3));
    drop(deaf);
    all_open(&store, &world, 1, &sessions);
}

#[test]
fn a_key_that_is_destroyed_meanwhile_stays_destroyed() {
    let (store, world, sessions) = lived_in(3);
    let doomed = *sessions[1].as_bytes();
    let stored = block_on(store.key(KeyPurpose::Session, doomed)).unwrap().unwrap();
    let manager = open(&store, &world, sealed(0)).unwrap();
    let destroy = || {
        let writes = vec![Write::DestroyKey(KeyPurpose::Session, doomed)];
        block_on(store.commit(Commit { writes, ..Commit::default() })).unwrap()
    };
    block_on(manager.rotate(text(1), |come| {
        if come.done == 0 {
            destroy();
            // What a batch that was read before writes after.
            let wrapped =
                sessions::vault::WrappedKey { version: KeyVersion(2), ..stored.wrapped.clone() };
            let late = Write::RewrapKey(KeyRow { wrapped, ..stored.clone() });
            let done = block_on(store.commit(Commit { writes: vec![late], ..Commit::default() }));
            assert!(matches!(done, Ok(Committed::Done(_))));
        }
    }))
    .unwrap();
    assert_eq!(versions(&store), [2, 2]);
    assert_eq!(block_on(store.key(KeyPurpose::Session, doomed)).unwrap(), None);
    let lost = block_on(manager.get_history(sessions[1], HistoryOptions::default())).unwrap_err();
    assert!(lost.to_string().contains("is missing"), "{lost}");
}

#[test]
fn a_damaged_key_is_named_and_does_not_keep_the_others_back() {
    let (store, world, sessions) = lived_in(600);
    let bad = *sessions[300].as_bytes();
    let mut row = block_on(store.key(KeyPurpose::Session, bad)).unwrap().unwrap();
    row.wrapped.bytes[40] ^= 1;
    let writes = vec![Write::PutKey(row)];
    block_on(store.commit(Commit { writes, ..Commit::default() })).unwrap();
    let manager = open(&store, &world, sealed(0)).unwrap();
    let fault = block_on(manager.rotate(text(1), |_| ())).unwrap_err();
    let RotateError::Fault(Fault::Key { of, source: UnwrapKeyError::Damaged }) = &fault else {
        panic!("{fault:?}")
    };
    assert_eq!(of, &format!("session {}", sessions[300]));
    assert_eq!(versions(&store).iter().filter(|version| **version == 2).count(), 599);
    assert!(manager.rotation().is_some(), "both keys are needed still");
    // Its session is given up; then the rotation can be finished.
    let writes = vec![Write::DestroyKey(KeyPurpose::Session, bad)];
    block_on(store.commit(Commit { writes, ..Commit::default() })).unwrap();
    assert_eq!(block_on(manager.resume_rotation(|_| ())).unwrap().unwrap().keys, 0);
}

#[test]
fn long_work_can_be_done_on_any_thread() {
    fn spawned<F: Future + Send>(work: F) {
        drop(work);
    }
    let manager = open(&MemoryStore::new(), &World::default(), sealed(0)).unwrap();
    spawned(manager.rotate(text(1), |_| ()));
    spawned(manager.resume_rotation(|_| ()));
    spawned(manager.verify(|_| ()));
    let queues = sessions::manager::QueueBounds {
        event: |_| sessions::vault::Bound::new("inbox", "none"),
        answer: |_| sessions::vault::Bound::new("outbox", "none"),
    };
    spawned(manager.reseal(sealed(1), queues, |_| ()));
}
