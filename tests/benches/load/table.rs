//! What is printed: a table in markdown, one line a measure, as soon as it is there.

/// What a measure must be.
#[derive(Clone, Copy)]
pub(crate) enum Bound {
    /// Shown for comparison.
    Free,
    AtMost(f64),
    AtLeast(f64),
}

/// The lines so far.
pub(crate) struct Table {
    broken: bool,
}

impl Table {
    pub(crate) fn new() -> Self {
        println!("| measure | value | bound | |");
        println!("| --- | ---: | ---: | --- |");
        Self { broken: false }
    }

    pub(crate) fn add(&mut self, measure: &str, value: f64, unit: &str, bound: Bound) {
        let (shown, holds) = match bound {
            Bound::Free => (String::new(), None),
            Bound::AtMost(most) => (format!("≤ {most} {unit}"), Some(value <= most)),
            Bound::AtLeast(least) => (format!("≥ {least} {unit}"), Some(value >= least)),
        };
        let verdict = match holds {
            None => "",
            Some(true) => "ok",
            Some(false) => "BROKEN",
        };
        self.broken |= holds == Some(false);
        let value = if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") };
        println!("| {measure} | {value} {unit} | {shown} | {verdict} |");
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }
}
