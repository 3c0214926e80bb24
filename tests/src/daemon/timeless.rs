//! Texts of the program without what differs from run to run.

use super::Daemon;

impl Daemon {
    /// A text of the program, with stable names for what differs: ids, folders, times.
    #[must_use]
    pub fn shown(&self, text: &str) -> String {
        timeless(&self.home().shown(text))
    }
}

/// A text with `DATE` for dates and `TIME` for the times after them.
fn timeless(text: &str) -> String {
    let date = replaced(text, "0000-00-00", "DATE");
    let exact = replaced(&date, "DATE 00:00:00", "DATE TIME");
    replaced(&exact, "DATE 00:00", "DATE TIME")
}

/// A text with what has a form (`0` for a digit) replaced.
fn replaced(text: &str, form: &str, by: &str) -> String {
    let mut left = text;
    let mut done = String::new();
    while let Some(first) = left.chars().next() {
        if let Some(rest) = after(left, form) {
            done.push_str(by);
            left = rest;
        } else {
            done.push(first);
            left = left.strip_prefix(first).unwrap_or_default();
        }
    }
    done
}

/// What follows a form that the text begins with.
fn after<'t>(text: &'t str, form: &str) -> Option<&'t str> {
    form.chars().try_fold(text, |text, expected| match expected {
        '0' => text.strip_prefix(|c: char| c.is_ascii_digit()),
        other => text.strip_prefix(other),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_shown_by_their_names() {
        assert_eq!(timeless("#1 · 2026-01-05 12:00 UTC"), "#1 · DATE TIME UTC");
        assert_eq!(timeless("x-2026-01-05.md 2026-01-05 12:00:09"), "x-DATE.md DATE TIME");
        assert_eq!(timeless("04:00 🦀 2026-01"), "04:00 🦀 2026-01");
    }
}
