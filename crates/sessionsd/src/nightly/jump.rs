//! Whether the clock can be trusted with what cannot be undone.
//!
//! The wall clock is held against one that nobody sets, which counts from the start of the machine, its sleep included.
//! Where the wall clock moves ahead of it by more than an hour, while the program runs or from one run to the next, what
//! is destroyed by age is held until as much time has been lived through. Nothing tells a machine that was off from a
//! clock that jumped: both are waited out.
//!
//! Invariant: a clock that steps backwards holds nothing and destroys nothing.

use std::time::Duration;

use sessions::time::Timestamp;

/// A difference that is not worth a word.
const TOLERANCE: Duration = Duration::from_secs(3_600);

/// What is known of the clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clocks {
    /// The wall clock when it was last looked at.
    pub(super) wall: Timestamp,
    /// The time since the machine was started, then.
    pub(super) up: Duration,
    /// How much is still to be lived through.
    pub(super) held: Duration,
}

impl Clocks {
    /// As they are when nothing is known of earlier.
    pub(super) const fn begin(wall: Timestamp, up: Duration) -> Self {
        Self { wall, up, held: Duration::ZERO }
    }

    /// Looks at both again; answers by how much the wall clock has jumped ahead, if it has.
    pub(super) fn look(&mut self, wall: Timestamp, up: Duration) -> Option<Duration> {
        // After a start of the machine, no more than the time since then was lived through for certain.
        let lived = up.checked_sub(self.up).unwrap_or(up);
        let jump = wall.since(self.wall).saturating_sub(lived);
        self.held = self.held.saturating_sub(lived);
        (self.wall, self.up) = (wall, up);
        if jump <= TOLERANCE {
            return None;
        }
        self.held += jump;
        Some(jump)
    }

    /// Whether what cannot be undone is to wait.
    pub(super) const fn is_held(&self) -> bool {
        !self.held.is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const HOUR: Duration = Duration::from_secs(3_600);
    const DAY: Duration = Duration::from_secs(86_400);

    fn noon() -> Timestamp {
        Timestamp::parse_rfc3339("2026-11-29T12:00:00Z").expect("it is a time")
    }

    #[test]
    fn a_clock_that_goes_on_holds_nothing() {
        let mut clocks = Clocks::begin(noon(), HOUR);
        for minute in 1..2_000 {
            let since = MINUTE * minute;
            assert_eq!(clocks.look(noon().plus(since), HOUR + since), None);
        }
        assert!(!clocks.is_held());
    }

    #[test]
    fn a_day_ahead_is_held_until_a_day_has_been_lived_through() {
        let mut clocks = Clocks::begin(noon(), HOUR);
        let wall = noon().plus(DAY + MINUTE);
        assert_eq!(clocks.look(wall, HOUR + MINUTE), Some(DAY));
        assert_eq!(clocks.look(wall.plus(DAY - MINUTE), HOUR + DAY), None);
        assert!(clocks.is_held());
        assert_eq!(clocks.look(wall.plus(DAY), HOUR + DAY + MINUTE), None);
        assert!(!clocks.is_held());
    }

    #[test]
    fn a_day_back_holds_nothing_and_the_way_forth_again_does() {
        let mut clocks = Clocks::begin(noon(), HOUR);
        assert_eq!(clocks.look(noon().minus(DAY), HOUR + MINUTE), None);
        assert!(!clocks.is_held());
        assert!(clocks.look(noon().plus(MINUTE * 2), HOUR + MINUTE * 2).is_some());
        assert!(clocks.is_held());
    }

    #[test]
    fn a_program_that_was_stopped_on_a_machine_that_ran_missed_nothing() {
        let mut clocks = Clocks::begin(noon(), HOUR);
        assert_eq!(clocks.look(noon().plus(DAY * 3), HOUR + DAY * 3), None);
        assert!(!clocks.is_held());
    }

    #[test]
    fn a_machine_that_was_off_is_waited_out() {
        let mut clocks = Clocks::begin(noon(), DAY * 9);
        assert_eq!(clocks.look(noon().plus(DAY * 3), MINUTE), Some(DAY * 3 - MINUTE));
        let mut rebooted = Clocks::begin(noon(), DAY * 9);
        assert_eq!(rebooted.look(noon().plus(MINUTE * 5), MINUTE * 4), None);
    }
}
