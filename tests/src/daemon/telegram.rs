//! A talk with the bot on Telegram as a story shows it: `> ` what is said, then what came back, as it was sent, with stable
//! names for ids and times.

use std::fmt::Write;

use crate::daemon::Daemon;
use crate::telegram::{Seat, Seen};

/// What an answer for one person says before it is known to be that.
const PLACEHOLDER: &str = "…";

impl Daemon {
    /// Says a line somewhere and gives the answer as a story shows it. Stable names in it (`s-1`) stand for the ids.
    #[track_caller]
    pub fn answer(&self, seat: &Seat, line: &str) -> String {
        let seen = self.asks(seat, line);
        self.shows(&seen)
    }

    /// Says a line somewhere and gives the answer as it is seen. In a group, what was said to others before is let pass.
    ///
    /// # Panics
    /// When something was said in a private chat that was not heard.
    #[track_caller]
    pub fn asks(&self, seat: &Seat, line: &str) -> Seen {
        if seat.place().id() < 0 {
            seat.lets_pass();
        }
        let unheard = seat.unheard();
        assert!(unheard.is_empty(), "not heard before {line:?}: {unheard:?}");
        seat.says(&self.home().meant(line));
        self.heard(seat)
    }

    /// The next answer somewhere; one for this person alone once there is something in it.
    #[track_caller]
    pub fn heard(&self, seat: &Seat) -> Seen {
        loop {
            let heard = seat.hears();
            if heard.id.is_ephemeral() {
                return seat.sees_when(heard.id, |seen| seen.text != PLACEHOLDER);
            }
            // An older server shows it to all; it is deleted at once.
            if heard.text != PLACEHOLDER {
                return heard;
            }
        }
    }

    /// The next answer somewhere, as a story shows it.
    #[track_caller]
    pub fn hears(&self, seat: &Seat) -> String {
        self.shows(&self.heard(seat))
    }

    /// Presses a button of a message, by its label with stable names, and gives the message that answers it.
    #[track_caller]
    pub fn presses(&self, seat: &Seat, on: &Seen, label: &str) -> String {
        let _notice = seat.presses(on.id, &self.home().meant(label)).answered();
        self.hears(seat)
    }

    /// Says lines one by one, each answered by one message, and gives the whole talk.
    #[track_caller]
    pub fn talk(&self, seat: &Seat, lines: &str) -> String {
        let mut told = String::new();
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let answer = self.answer(seat, line);
            let _ = writeln!(told, "> {line}\n{answer}");
        }
        told
    }

    /// A message as a story shows it: its HTML, the name of its file, a line for each row of buttons.
    #[must_use]
    pub fn shows(&self, seen: &Seen) -> String {
        let mut shown = if seen.id.is_ephemeral() { "[ephemeral] " } else { "" }.to_owned();
        shown.push_str(&seen.html);
        if let Some(document) = &seen.document {
            let _ = write!(shown, "\nFile: {}", document.name);
        }
        for row in &seen.buttons {
            let labels: Vec<_> = row.iter().map(|button| format!("[{}]", button.label)).collect();
            let _ = write!(shown, "\n{}", labels.join(" "));
        }
        self.shown(&shown)
    }
}
