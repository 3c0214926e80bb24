//! What room behind tails saves, and that nobody sees it.

use std::fs;

use rusqlite::Connection;
use sessions::id::{LaneId, SessionId};
use sessions::model::{Point, Role, SessionState};
use sessions::store::rows::{LaneRow, MessageRow, SessionRow, TimelineRow, Write};
use sessions::store::{Commit, Committed, Order, Stretch};
use sessions::time::Timestamp;

use super::*;
use crate::evidence::Best;
use crate::{apply, read, schema};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// A database of its own, with lane and timeline 1 to `timelines`.
struct Db {
    folder: tempfile::TempDir,
    conn: Connection,
    tails: Tails,
}

fn id(n: u8) -> TimelineId {
    TimelineId::new([n; 16])
}

impl Db {
    fn new(timelines: u8) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let conn = Connection::open(folder.path().join("tail.db")).unwrap();
        conn.execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0").unwrap();
        schema::migrate(&conn, schema::newest()).unwrap();
        let mut db = Self { folder, conn, tails: Tails::default() };
        for n in 1..=timelines {
            let (lane, session) = (LaneId::new([n; 16]), SessionId::new([n; 16]));
            let (owner, state, sealed) = (None, SessionState::Current, || vec![1]);
            let last_activity_at = NOW;
            db.write([
                Write::PutLane(LaneRow {
                    id: lane,
                    version: 0,
                    current: session,
                    owner,
                    sealed: sealed(),
                }),
                Write::PutSession(SessionRow {
                    id: session,
                    lane,
                    state,
                    last_activity_at,
                    seals: 0,
                    sealed: sealed(),
                }),
                Write::PutTimeline(TimelineRow { id: id(n), session, sealed: sealed() }),
            ]);
        }
        db
    }

    fn write(&mut self, writes: impl Into<Vec<Write>>) {
        let commit = Commit { writes: writes.into(), ..Commit::default() };
        self.conn.execute_batch("BEGIN").unwrap();
        let done = apply::commit(&self.conn, &mut self.tails, &commit, &mut Best::default());
        assert!(matches!(done.unwrap(), Committed::Done(_)));
        self.conn.execute_batch("COMMIT").unwrap();
    }

    fn append(&mut self, n: u8, position: u64, length: usize) {
        let point = Point { timeline: id(n), position };
        let (role, sealed) = (Role::User, vec![7; length]);
        let row = MessageRow { point, role, created_at: NOW, importance: 0, tokens: None, sealed };
        self.write([Write::AddMessage(row)]);
    }

    fn positions(&self, n: u8) -> Vec<u64> {
        let all = Stretch { timeline: id(n), from: 0, to: u64::MAX };
        let rows = read::message::list(&self.conn, all, Order::OldestFirst, usize::MAX).unwrap();
        assert!(rows.iter().all(|row| !row.sealed.is_empty()));
        rows.iter().map(|row| row.point.position).collect()
    }

    fn count(&self, of: &str) -> i64 {
        self.conn.query_row(&format!("SELECT count(*) FROM {of}"), (), |row| row.get(0)).unwrap()
    }

    /// End marks, by the numbers of their timelines.
    fn marks(&self) -> Vec<i64> {
        let sql = "SELECT key >> 32 FROM message WHERE key & 0xffffffff = 0xffffffff ORDER BY 1";
        let mut select = self.conn.prepare(sql).unwrap();
        let found = select.query_map((), |row| row.get(0)).unwrap();
        found.map(Result::unwrap).collect()
    }

    /// Frames that were written to the log since it was last emptied.
    fn frames(&self) -> u64 {
        fs::metadata(self.folder.path().join("tail.db-wal")).unwrap().len() / (4_096 + 24)
    }
}

#[test]
fn timelines_that_grow_side_by_side_write_little_more_than_a_page_a_message() {
    const EACH: u64 = 200;
    let mut db = Db::new(8);
    let grow = |db: &mut Db, from: u64| {
        for position in from..from + EACH {
            (1..=8).for_each(|n| db.append(n, position, 230));
        }
    };
    grow(&mut db, 1);
    db.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(())).unwrap();
    grow(&mut db, EACH + 1);
    // Without marks: 2.3 frames a message.
    let (frames, messages) = (db.frames(), 8 * EACH);
    assert!(frames * 10 < messages * 16, "{frames} frames for {messages} messages");
}

#[test]
fn a_mark_is_neither_read_nor_cut_and_goes_with_its_timeline() {
    let mut db = Db::new(2);
    db.append(2, 1, 10);
    (1..=50).for_each(|position| db.append(1, position, 230));
    assert_eq!(db.marks(), [1]);
    assert_eq!(db.positions(1), (1..=50).collect::<Vec<_>>());
    db.write([Write::CutTimeline(id(1), 20, 10)]);
    assert_eq!(db.positions(1), (1..=40).collect::<Vec<_>>());
    db.write([Write::CutTimeline(id(1), 0, 1_000)]);
    assert_eq!((db.positions(1), db.marks()), (vec![], vec![1]));
    db.write([Write::DropTimeline(id(1))]);
    assert_eq!((db.marks(), db.count("message")), (vec![], 1));
}

#[test]
fn few_messages_and_the_last_timeline_get_no_mark() {
    let mut db = Db::new(2);
    (1..=10).for_each(|position| db.append(1, position, 230));
    (1..=100).for_each(|position| db.append(2, position, 230));
    assert_eq!(db.marks(), Vec::<i64>::new());
}

#[test]
fn messages_of_any_length_find_room() {
    let mut db = Db::new(2);
    db.append(2, 1, 10);
    let lengths = [1, 4_031, 4_032, 4_033, 1, 100_000, 300, 2_000, 2_000, 4_000, 5];
    for (position, length) in (1..).zip(lengths.into_iter().cycle().take(110)) {
        db.append(1, position, length);
    }
    assert_eq!(db.positions(1), (1..=110).collect::<Vec<_>>());
    assert_eq!(db.marks(), [1]);
}

#[test]
fn many_timelines_are_not_remembered_for_ever() {
    let mut db = Db::new(1);
    for n in 0..=MOST {
        let n = u32::try_from(n).unwrap().to_be_bytes();
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&n);
        let timeline = TimelineId::new(bytes);
        let session = SessionId::new([1; 16]);
        db.write([Write::PutTimeline(TimelineRow { id: timeline, session, sealed: vec![1] })]);
        assert!(db.tails.make_room(&db.conn, timeline, 1).unwrap().is_some());
        assert!(db.tails.0.len() <= MOST);
    }
}
