//! What is printed: one line a case, as soon as it is measured.

use std::fmt;

/// A number with its unit.
#[derive(Clone, Copy)]
pub(crate) enum Amount {
    Times(f64),
    Micros(f64),
    PerSecond(f64),
    Bytes(f64),
    Mebibytes(f64),
}

/// What an amount must be.
#[derive(Clone, Copy)]
pub(crate) enum Bound {
    /// Shown for comparison.
    Free,
    AtMost(Amount),
    AtLeast(Amount),
}

/// One line.
pub(crate) struct Row {
    pub(crate) case: String,
    pub(crate) ours: Amount,
    /// What it is compared with, if with anything.
    pub(crate) bare: Option<Amount>,
    /// What is bounded.
    pub(crate) measured: Amount,
    pub(crate) bound: Bound,
}

/// The lines so far.
pub(crate) struct Table {
    broken: bool,
}

impl Amount {
    fn number(self) -> f64 {
        match self {
            Self::Times(number)
            | Self::Micros(number)
            | Self::PerSecond(number)
            | Self::Bytes(number)
            | Self::Mebibytes(number) => number,
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Times(number) => write!(f, "{number:.2} ×"),
            Self::Micros(number) if number < 10.0 => write!(f, "{number:.2} µs"),
            Self::Micros(number) if number.abs() < 2_000.0 => write!(f, "{number:.0} µs"),
            Self::Micros(number) if number < 2_000_000.0 => write!(f, "{:.1} ms", number / 1e3),
            Self::Micros(number) => write!(f, "{:.2} s", number / 1e6),
            Self::PerSecond(number) => write!(f, "{number:.0} /s"),
            Self::Bytes(number) => write!(f, "{number:.0} B"),
            Self::Mebibytes(number) => write!(f, "{number:.1} MiB"),
        }
    }
}

impl Bound {
    fn holds(self, measured: Amount) -> bool {
        match self {
            Self::Free => true,
            Self::AtMost(most) => measured.number() <= most.number(),
            Self::AtLeast(least) => measured.number() >= least.number(),
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Free => Ok(()),
            Self::AtMost(most) => write!(f, "≤ {most}"),
            Self::AtLeast(least) => write!(f, "≥ {least}"),
        }
    }
}

impl Table {
    pub(crate) fn new() -> Self {
        println!("| case | ours | bare | ratio | bound | |");
        println!("| --- | ---: | ---: | ---: | ---: | --- |");
        Self { broken: false }
    }

    pub(crate) fn add(&mut self, row: &Row) {
        let Row { case, ours, bare, measured, bound } = row;
        let holds = bound.holds(*measured);
        self.broken |= !holds;
        let bare = bare.map_or_else(String::new, |bare| bare.to_string());
        let verdict = match bound {
            Bound::Free => "",
            _ if holds => "ok",
            Bound::AtMost(_) => "OVER",
            Bound::AtLeast(_) => "UNDER",
        };
        println!("| {case} | {ours} | {bare} | {measured} | {bound} | {verdict} |");
    }

    /// Whether any bound is broken.
    pub(crate) fn end(self) -> bool {
        self.broken
    }
}
