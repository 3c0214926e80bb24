//! A lane on a desk: it asks `decide`, applies the changes to plain tables, and shows what stands there.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::decide::{
    Change, Fresh, JournalTarget, LaneView, Moment, NewLane, Outcome, Request, RestoreTarget,
    Rules, decide, open_lane,
};
use crate::id::{CheckpointId, LaneId, SessionId, TimelineId};
use crate::model::{
    Checkpoint, Head, JournalEntry, MarkedEnd, Message, Operation, Origin, Point, Role, Scope,
    Session, SessionState, Spot, Strategy, Timeline, Words,
};
use crate::refusal::Refusal;
use crate::reset::Tz;
use crate::time::Timestamp;

pub(super) const MINUTE: Duration = Duration::from_mins(1);
pub(super) const HOUR: Duration = Duration::from_hours(1);
pub(super) const DAY: Duration = Duration::from_hours(24);
pub(super) const WINDOW: Duration = Duration::from_hours(7 * 24);

/// What somebody does to a lane.
pub(super) type Deed = fn(&mut Desk);
/// A request that depends on the lane.
pub(super) type Asking = fn(&Desk) -> Request;

pub(super) fn instant(rfc3339: &str) -> Timestamp {
    Timestamp::parse_rfc3339(rfc3339).unwrap()
}

pub(super) struct Desk {
    pub(super) view: LaneView,
    pub(super) now: Timestamp,
    pub(super) rules: Rules,
    /// The changes of the last decision.
    pub(super) changes: Vec<Change>,
    pub(super) sessions: BTreeMap<SessionId, Session>,
    pub(super) timelines: BTreeMap<TimelineId, Timeline>,
    pub(super) messages: BTreeMap<Point, Message>,
    pub(super) checkpoints: BTreeMap<CheckpointId, Checkpoint>,
    pub(super) journal: BTreeMap<u64, JournalEntry>,
    drawn: u8,
}

/// All that an operation may change, so that two moments can be compared.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Scene {
    current: SessionId,
    sessions: Vec<(SessionId, SessionState, Vec<String>)>,
    checkpoints: Vec<CheckpointId>,
}

impl Scene {
    /// Without sessions that hold nothing and are not current: undo does not unmake them.
    pub(super) fn without_empty(mut self) -> Self {
        let current = self.current;
        self.sessions.retain(|(id, _, texts)| *id == current || !texts.is_empty());
        self
    }
}

impl Desk {
    /// A lane with an empty session, on 2026-03-01 at noon UTC; resets are off.
    pub(super) fn new() -> Self {
        let now = instant("2026-03-01T12:00:00Z");
        let rules = Rules {
            daily: None,
            idle_minutes: None,
            daily_min_idle: Duration::ZERO,
            zone: Tz::UTC,
            zone_since: Timestamp::from_millis(0),
            strategy: Strategy::Smart,
            undo_window: WINDOW,
        };
        let lane = NewLane {
            id: LaneId::new([9; 16]),
            scope: Scope::PerPeer,
            owner: None,
            origin: Origin { channel: "console".to_owned(), ..Origin::default() },
        };
        let session = SessionId::new([1; 16]);
        let (view, changes) =
            open_lane(lane, session, &Moment { now, rules: &rules, fresh: &fresh(1) });
        let mut desk = Self {
            view,
            now,
            rules,
            changes: Vec::new(),
            sessions: BTreeMap::new(),
            timelines: BTreeMap::new(),
            messages: BTreeMap::new(),
            checkpoints: BTreeMap::new(),
            journal: BTreeMap::new(),
            drawn: 1,
        };
        changes.into_iter().for_each(|change| desk.apply(change));
        desk
    }

    /// A lane whose session holds these messages of a person.
    pub(super) fn with(texts: &[&str]) -> Self {
        let mut desk = Self::new();
        texts.iter().for_each(|text| desk.says(text));
        desk
    }

    pub(super) fn ask(&mut self, request: Request) -> Result<Outcome, Refusal> {
        self.drawn += 1;
        let fresh = fresh(self.drawn);
        let moment = Moment { now: self.now, rules: &self.rules, fresh: &fresh };
        let decision = decide(&self.view, request, &moment)?;
        decision.changes.iter().for_each(|change| self.apply(change.clone()));
        self.view.lane = decision.lane;
        self.view.current = decision.current;
        assert_eq!(
            self.sessions[&self.view.current.id], self.view.current,
            "all is in the changes"
        );
        self.changes = decision.changes;
        Ok(decision.outcome)
    }

    /// A request that is done.
    pub(super) fn does(&mut self, request: Request) -> Outcome {
        self.ask(request).unwrap()
    }

    pub(super) fn wait(&mut self, duration: Duration) {
        self.now = self.now.plus(duration);
    }

    pub(super) fn says(&mut self, text: &str) {
        self.does(Request::Say(Words::user(text)));
    }

    /// The assistant answers the question at a position.
    pub(super) fn answers(&mut self, question: u64, text: &str) {
        let answer =
            Words { role: Role::Assistant, answers_to: Some(question), ..Words::user(text) };
        self.does(Request::Append(self.current(), answer));
    }

    pub(super) fn saves(&mut self, name: &str) -> CheckpointId {
        let save = Request::Save { name: Some(name.to_owned()), description: None };
        let Outcome::Saved(checkpoint) = self.does(save) else { panic!("not saved") };
        checkpoint.id
    }

    pub(super) fn restores(&mut self, id: CheckpointId) -> Outcome {
        self.does(self.restore(id))
    }

    pub(super) fn undoes(&mut self) -> Outcome {
        self.does(self.undo())
    }

    pub(super) fn redoes(&mut self) -> Outcome {
        self.does(self.redo())
    }

    pub(super) fn restore(&self, id: CheckpointId) -> Request {
        let checkpoint = self.checkpoints[&id].clone();
        let session = Some(&self.sessions[&checkpoint.session])
            .filter(|session| session.id != self.current())
            .cloned();
        let spot = self.spot(checkpoint.head);
        Request::Restore(Box::new(RestoreTarget { checkpoint, session, spot }))
    }

    pub(super) fn delete_checkpoint(&self, id: CheckpointId) -> Request {
        Request::DeleteCheckpoint(Box::new(self.checkpoints[&id].clone()))
    }

    pub(super) fn resume(&self, id: SessionId) -> Request {
        Request::Resume(Box::new(self.sessions[&id].clone()))
    }

    pub(super) fn delete_session(&self, id: SessionId) -> Request {
        Request::DeleteSession(Box::new(self.sessions[&id].clone()))
    }

    pub(super) fn undo(&self) -> Request {
        Request::Undo(Box::new(self.target(self.view.lane.journal.done)))
    }

    pub(super) fn redo(&self) -> Request {
        Request::Redo(Box::new(self.target(self.view.lane.journal.done + 1)))
    }

    pub(super) fn current(&self) -> SessionId {
        self.view.lane.current
    }

    pub(super) fn state(&self, id: SessionId) -> SessionState {
        self.sessions[&id].state
    }

    /// The texts of the current session.
    pub(super) fn history(&self) -> Vec<String> {
        self.history_of(self.current())
    }

    pub(super) fn history_of(&self, id: SessionId) -> Vec<String> {
        self.texts(self.sessions[&id].head())
    }

    /// The texts that a head reaches.
    pub(super) fn texts(&self, head: Head) -> Vec<String> {
        self.line(head).into_iter().map(|message| message.words.content.clone()).collect()
    }

    /// The messages that a head reaches, the first one first.
    pub(super) fn line(&self, head: Head) -> Vec<&Message> {
        let mut line = Vec::new();
        let mut at = head;
        while let Some(Point { timeline, position }) = at {
            let timeline = self.timelines[&timeline];
            for position in (timeline.first()..=position).rev() {
                line.push(&self.messages[&Point { timeline: timeline.id, position }]);
            }
            at = timeline.parent;
        }
        line.reverse();
        line
    }

    /// Automatic checkpoints that stand: their names and what they reach.
    pub(super) fn kept(&self) -> Vec<(String, Vec<String>)> {
        let standing = |kept: &&Checkpoint| kept.automatic && kept.deleted_at.is_none();
        let kept = self.checkpoints.values().filter(standing);
        kept.map(|kept| (kept.name.clone(), self.texts(kept.head))).collect()
    }

    pub(super) fn scene(&self) -> Scene {
        let session = |session: &Session| (session.id, session.state, self.history_of(session.id));
        let named = |saved: &&Checkpoint| !saved.automatic && saved.deleted_at.is_none();
        Scene {
            current: self.current(),
            sessions: self.sessions.values().map(session).collect(),
            checkpoints: self.checkpoints.values().filter(named).map(|saved| saved.id).collect(),
        }
    }

    /// Takes a session down to what checkpoints hold, as a clean-up does.
    pub(super) fn empties(&mut self, id: SessionId) {
        let session = self.sessions.get_mut(&id).unwrap();
        session.state = SessionState::Held;
        if let Some(end) = session.end.take() {
            self.timelines.insert(end.timeline.id, end.timeline);
        }
    }

    fn spot(&self, head: Head) -> Option<Spot> {
        let Point { timeline, position } = head?;
        let ends = self.sessions.values().filter_map(|session| session.end);
        let known = ends.map(|end| end.timeline).find(|known| known.id == timeline);
        let timeline = known.unwrap_or(self.timelines[&timeline]);
        assert!(
            (timeline.first()..=timeline.tip).contains(&position),
            "{head:?} is on {timeline:?}"
        );
        Some(Spot { timeline, position })
    }

    fn target(&self, seq: u64) -> JournalTarget {
        let entry = self.journal.get(&seq).cloned().unwrap_or_else(no_entry);
        let marks = || entry.before.sessions.iter().chain(&entry.after.sessions);
        let others = self.sessions.values().filter(|session| session.id != self.current());
        let touched = others.filter(|session| marks().any(|mark| mark.id == session.id));
        let spot = |end: MarkedEnd| match end {
            MarkedEnd::AsItIs => None,
            MarkedEnd::At(head) => self.spot(head),
        };
        let mut said_since = Vec::new();
        if entry.operation == Operation::AutomaticReset {
            let line = self.line(self.view.current.head()).into_iter().cloned();
            said_since = line.skip(usize::try_from(entry.carried).unwrap()).collect();
        }
        JournalTarget {
            sessions: touched.cloned().collect(),
            spots: marks().filter_map(|mark| spot(mark.end)).collect(),
            checkpoint: entry.before.checkpoint.map(|(id, _)| self.checkpoints[&id].clone()),
            said_since,
            entry,
        }
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::SaveLane(lane) => self.view.lane = lane,
            Change::OpenSession(session) | Change::SaveSession(session) => {
                self.sessions.insert(session.id, session);
            }
            Change::SaveTimeline(_, timeline) => {
                self.timelines.insert(timeline.id, timeline);
            }
            Change::Append(_, message) => {
                assert!(self.timelines.contains_key(&message.point.timeline), "{message:?}");
                let taken = self.messages.insert(message.point, message);
                assert_eq!(taken, None, "a point is written once");
            }
            Change::SetImportance(point, importance) => {
                self.messages.get_mut(&point).unwrap().importance = importance;
            }
            Change::SaveCheckpoint(checkpoint) => {
                self.checkpoints.insert(checkpoint.id, checkpoint);
            }
            Change::WriteJournal(entry) => {
                self.journal.insert(entry.seq, entry);
            }
            Change::CutJournal(_, from, to) => {
                self.journal.retain(|seq, _| !(from..=to).contains(seq));
            }
            Change::EndTurn(_) => self.view.busy = false,
        }
    }
}

fn fresh(drawn: u8) -> Fresh {
    Fresh {
        session: SessionId::new([drawn; 16]),
        timeline: TimelineId::new([drawn; 16]),
        checkpoint: CheckpointId::new([drawn; 16]),
        mark: u32::from(drawn),
    }
}

/// What nobody wrote: its number is none that could be asked for.
fn no_entry() -> JournalEntry {
    let nothing = crate::model::Snapshot {
        current: SessionId::new([0; 16]),
        sessions: Vec::new(),
        checkpoint: None,
    };
    JournalEntry {
        lane: LaneId::new([9; 16]),
        seq: u64::MAX,
        at: Timestamp::from_millis(0),
        mark: 0,
        operation: Operation::New,
        before: nothing.clone(),
        after: nothing,
        carried: 0,
    }
}
