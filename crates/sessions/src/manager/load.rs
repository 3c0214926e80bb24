//! Loading a lane for deciding: its rows opened, its rules put together, the instant that counts as now.

use std::time::Duration;

use crate::decide::{Change, Fresh, LaneView, Moment, NewLane, Rules, open_lane};
use crate::environment::{Environment, fresh, fresh_lane};
use crate::error::{Failure, Fault};
use crate::id::LaneId;
use crate::model::{Session, Tag, ZoneSetting};
use crate::reset::parse_zone;
use crate::seal::{self, RowFault};
use crate::store::Store;
use crate::store::rows::{LoadedLane, SessionRow};
use crate::time::Timestamp;

use super::{At, Config, Ground, LaneKey, SessionManager};

/// A lane ready for deciding.
pub(super) struct Loaded {
    pub(super) view: LaneView,
    pub(super) rules: Rules,
    pub(super) now: Timestamp,
    /// For a lane that does not exist yet: the changes that make it.
    pub(super) opening: Vec<Change>,
    /// And the tag that is bound to it.
    pub(super) bind: Option<Tag>,
    /// Whether this is a guess (`guess`), which only a commit can prove right.
    pub(super) guessed: bool,
}

impl Loaded {
    pub(super) fn moment<'a>(&'a self, fresh: &'a Fresh) -> Moment<'a> {
        Moment { now: self.now, rules: &self.rules, fresh }
    }
}

impl Config {
    /// The rules of a lane whose person or place chose this zone.
    pub(super) fn rules(&self, zone: &ZoneSetting) -> Rules {
        let chosen = zone.name.as_deref().and_then(|name| parse_zone(name).ok());
        Rules {
            daily: self.daily_reset,
            idle_minutes: self.idle_reset_minutes,
            daily_min_idle: self.daily_min_idle,
            zone: chosen.unwrap_or(self.zone),
            zone_since: zone.since,
            strategy: self.strategy,
            undo_window: self.undo_window(),
        }
    }

    /// How long things can be undone and stay in the bin.
    pub(super) fn undo_window(&self) -> Duration {
        Duration::from_secs(u64::from(self.undo_days) * 86_400)
    }
}

impl<S: Store, E: Environment> SessionManager<S, E> {
    /// The lane of a ground, if it has been made.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn lane_of(&self, ground: &Ground) -> Result<Option<LaneId>, Fault> {
        let tag = self.lane_tag(&ground.key);
        if let Some(known) = self.inner.guesses.bound(tag) {
            return Ok(Some(known));
        }
        let bound = self.bound(tag).await?.map(LaneId::new);
        if let Some(lane) = bound {
            self.inner.guesses.keep_bound(tag, lane);
        }
        Ok(bound)
    }

    /// The rules that hold for a request from there.
    #[must_use]
    pub fn rules(&self, at: &At) -> Rules {
        match at {
            At::Lane(_) => self.config().rules(&ZoneSetting::default()),
            At::Ground(ground) => self.config().rules(&ground.zone),
        }
    }

    pub(super) async fn load(
        &self,
        at: &At,
        said_at: Option<Timestamp>,
        guess: bool,
    ) -> Result<Loaded, Failure> {
        let rules = self.rules(at);
        let wall = self.inner.environment.now();
        let id = match at {
            At::Lane(id) => Some(*id),
            At::Ground(ground) => self.lane_of(ground).await?,
        };
        // A guess that is not used is out of date soon.
        let guess = id.and_then(|id| self.inner.guesses.take(id)).filter(|_| guess);
        let guessed = guess.is_some();
        let view = match (guess, id) {
            (Some(view), _) => Some(view),
            (None, Some(id)) => Some(self.known_view(id).await?),
            (None, None) => None,
        };
        match (view, at) {
            (Some(view), _) => {
                let now = lane_time(said_at.unwrap_or(wall), view.current.last_activity_at, wall);
                Ok(Loaded { view, rules, now, opening: Vec::new(), bind: None, guessed })
            }
            (None, At::Ground(ground)) => {
                let now = said_at.unwrap_or(wall).min(wall);
                self.opened(ground, rules, now)
            }
            (None, At::Lane(id)) => {
                Err(Fault::from(RowFault::Missing.of(format_args!("lane {id}"))).into())
            }
        }
    }

    fn opened(&self, ground: &Ground, rules: Rules, now: Timestamp) -> Result<Loaded, Failure> {
        let environment = &self.inner.environment;
        let new = NewLane {
            id: fresh_lane(environment)?,
            scope: ground.key.scope(),
            owner: ground.owner.as_deref().map(|owner| self.owner_tag(owner)),
            origin: ground.origin.clone(),
        };
        let fresh = fresh(environment)?;
        let moment = Moment { now, rules: &rules, fresh: &fresh };
        let (view, opening) = open_lane(new, fresh.session, &moment);
        Ok(Loaded {
            view,
            rules,
            now,
            opening,
            bind: Some(self.lane_tag(&ground.key)),
            guessed: false,
        })
    }

    /// A lane and its current session, opened.
    pub(super) async fn load_view(&self, id: LaneId) -> Result<Option<LaneView>, Fault> {
        let Some(LoadedLane { lane, session, busy }) = self.inner.store.lane(id).await? else {
            return Ok(None);
        };
        let lane = seal::open_lane(&self.inner.names, &lane)?;
        if lane.current != session.id || session.lane != lane.id {
            return Err(RowFault::Disagrees.of(format_args!("lane {id}")).into());
        }
        let current = self.open_row(&session).await?;
        Ok(Some(LaneView { lane, current, busy }))
    }

    /// A lane that something refers to. Lanes are never removed: one that is not there was taken away.
    pub(super) async fn known_view(&self, id: LaneId) -> Result<LaneView, Fault> {
        let missing = || RowFault::Missing.of(format_args!("lane {id}"));
        Ok(self.load_view(id).await?.ok_or_else(missing)?)
    }

    /// A session row, opened.
    pub(super) async fn open_row(&self, row: &SessionRow) -> Result<Session, Fault> {
        let key = self.key_of(row).await?;
        Ok(seal::open_session(&key, row)?)
    }

    pub(super) fn lane_tag(&self, key: &LaneKey) -> Tag {
        let scope = key.scope().to_string();
        let scope = scope.as_bytes();
        let names = &self.inner.names;
        match key {
            LaneKey::Main => names.tag("lane", &[scope]),
            LaneKey::PerPeer { user } => names.tag("lane", &[scope, user.as_bytes()]),
            LaneKey::PerChannelPeer { channel, user } => {
                names.tag("lane", &[scope, channel.as_bytes(), user.as_bytes()])
            }
            LaneKey::PerChannel { channel } => names.tag("lane", &[scope, channel.as_bytes()]),
        }
    }

    /// What stands for the owner of private lanes in clear columns.
    #[must_use]
    pub fn owner_tag(&self, owner: &str) -> Tag {
        self.inner.names.tag("owner", &[owner.as_bytes()])
    }
}

/// The instant that counts as now in a lane: when something was said, but not before the lane's last activity, and not
/// after the wall clock unless that has stepped back.
fn lane_time(said_at: Timestamp, last: Timestamp, wall: Timestamp) -> Timestamp {
    said_at.min(wall).max(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn now_lies_between_the_lanes_last_activity_and_the_wall_clock() {
        let at = Timestamp::from_millis;
        for (said, last, wall, now) in [
            (50, 10, 100, 50),   // a backlog is judged as it was said
            (5, 10, 100, 10),    // never before what happened already
            (200, 10, 100, 100), // a platform's clock that runs ahead
            (50, 90, 60, 90),    // our own clock stepped back
        ] {
            assert_eq!(lane_time(at(said), at(last), at(wall)), at(now), "{said} {last} {wall}");
        }
    }
}
