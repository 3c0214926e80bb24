//! Measuring two things in turn, so that whatever else the machine does meets both alike.

use std::time::{Duration, Instant};

use crate::table::{Amount, Bound, Row};

/// What came of it: medians over rounds, of each side in microseconds and of the ratio within a round.
#[derive(Clone, Copy)]
pub(crate) struct Paired {
    pub(crate) ours: f64,
    pub(crate) bare: f64,
    pub(crate) ratio: f64,
}

impl Paired {
    /// The line of a comparison that promises nothing.
    pub(crate) fn free(self, case: impl Into<String>) -> Row {
        Row { bound: Bound::Free, ..self.at_most(case, f64::INFINITY) }
    }

    /// The line of a case that may take so many times what the other takes.
    pub(crate) fn at_most(self, case: impl Into<String>, bound: f64) -> Row {
        Row {
            case: case.into(),
            ours: Amount::Micros(self.ours),
            bare: Some(Amount::Micros(self.bare)),
            measured: Amount::Times(self.ratio),
            bound: Bound::AtMost(Amount::Times(bound)),
        }
    }
}

/// Runs both in turn, `rounds` times, after one round that does not count; each says how long it took for one operation.
pub(crate) fn in_turn(
    rounds: usize,
    mut ours: impl FnMut() -> anyhow::Result<Duration>,
    mut bare: impl FnMut() -> anyhow::Result<Duration>,
) -> anyhow::Result<Paired> {
    ours()?;
    bare()?;
    let (mut all_ours, mut all_bare, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        // Whoever comes second finds the machine as the first left it: that changes from round to round.
        let (of_ours, of_bare) = if round % 2 == 0 {
            let of_ours = ours()?;
            (of_ours, bare()?)
        } else {
            let of_bare = bare()?;
            (ours()?, of_bare)
        };
        let (of_ours, of_bare) = (micros(of_ours), micros(of_bare));
        all_ours.push(of_ours);
        all_bare.push(of_bare);
        ratios.push(of_ours / of_bare);
    }
    Ok(Paired { ours: median(all_ours), bare: median(all_bare), ratio: median(ratios) })
}

/// How long one of `count` operations took that were begun at `since`.
pub(crate) fn each(since: Instant, count: usize) -> Duration {
    since.elapsed() / u32::try_from(count).unwrap_or(u32::MAX)
}

pub(crate) fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

pub(crate) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}
