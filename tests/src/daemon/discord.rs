//! A talk with the bot on Discord as a story shows it: `> ` what is filled in or typed, then the message that came back, as
//! it was sent, with stable names for ids and times.

use std::fmt::Write;

use super::Daemon;
use crate::discord::{Embed, Menu, Seat, Seen};

/// What stands in a command's own message when its answer is one for all to see.
const BELOW: &str = "Answered below.";

impl Daemon {
    /// Runs a command as the client lets it be filled in, and gives the answer as a story shows it. Stable names in it
    /// (`s-1`) stand for the ids.
    #[track_caller]
    pub fn runs(&self, seat: &Seat, line: &str) -> String {
        let answer = self.ran(seat, line);
        self.pictures(&answer)
    }

    /// The same, and gives the answer as it is seen.
    #[track_caller]
    pub fn ran(&self, seat: &Seat, line: &str) -> Seen {
        self.lets_pass(seat, line);
        self.fills_in(seat, line)
    }

    /// The same while answers to what was said before may still come.
    #[track_caller]
    pub fn ran_amid(&self, seat: &Seat, line: &str) -> Seen {
        seat.lets_pass();
        self.fills_in(seat, line)
    }

    #[track_caller]
    fn fills_in(&self, seat: &Seat, line: &str) -> Seen {
        let answer = seat.runs(&self.home().meant(line)).answered();
        if answer.text == BELOW { seat.hears() } else { answer }
    }

    /// Says a line as it is, and gives the answer as a story shows it.
    #[track_caller]
    pub fn types(&self, seat: &Seat, line: &str) -> String {
        let answer = self.typed(seat, line);
        self.pictures(&answer)
    }

    /// The same, and gives the answer as it is seen.
    #[track_caller]
    pub fn typed(&self, seat: &Seat, line: &str) -> Seen {
        self.lets_pass(seat, line);
        seat.says(&self.home().meant(line));
        seat.hears()
    }

    /// In a guild, what was said to others before is let pass; in a direct channel nothing may be left.
    #[track_caller]
    fn lets_pass(&self, seat: &Seat, line: &str) {
        if seat.place().guild_id().is_some() {
            return seat.lets_pass();
        }
        let unheard = seat.unheard();
        assert!(unheard.is_empty(), "not heard before {line:?}: {unheard:?}");
    }

    /// Runs commands one by one and gives the whole talk.
    #[track_caller]
    pub fn runs_each(&self, seat: &Seat, lines: &str) -> String {
        talk(lines, |line| self.runs(seat, line))
    }

    /// Says lines one by one, each answered by one message, and gives the whole talk.
    #[track_caller]
    pub fn types_each(&self, seat: &Seat, lines: &str) -> String {
        talk(lines, |line| self.types(seat, line))
    }

    /// Presses a button of a message, by its label with stable names, and gives the new message that answers it.
    #[track_caller]
    pub fn touches(&self, seat: &Seat, on: &Seen, label: &str) -> String {
        let _pressed = seat.presses(on.id, &self.home().meant(label));
        self.pictures(&seat.hears())
    }

    /// A message as a story shows it: its markdown, its cards, the names of its files, a line for each row of buttons and
    /// for each menu.
    #[must_use]
    pub fn pictures(&self, seen: &Seen) -> String {
        let mut shown = if seen.is_ephemeral { "[ephemeral] " } else { "" }.to_owned();
        shown.push_str(&seen.text);
        seen.embeds.iter().for_each(|embed| shown.push_str(&card(embed)));
        for document in &seen.documents {
            let _ = write!(shown, "\nFile: {}", document.name);
        }
        seen.menus.iter().for_each(|choose| shown.push_str(&menu(choose)));
        for row in &seen.buttons {
            let labels: Vec<_> = row.iter().map(|button| format!("[{}]", button.label)).collect();
            let _ = write!(shown, "\n{}", labels.join(" "));
        }
        self.shown(shown.trim_start())
    }
}

fn talk(lines: &str, answer: impl Fn(&str) -> String) -> String {
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| format!("> {line}\n{}\n", answer(line))).collect()
}

/// A card, with a bar at its side as clients show it.
fn card(embed: &Embed) -> String {
    let fields = embed.fields.iter().map(|(name, value)| format!("{name} = {value}"));
    let title = (!embed.title.is_empty()).then(|| format!("**{}**", embed.title));
    let texts = [embed.description.clone(), embed.footer.clone()];
    let all = title.into_iter().chain(texts).chain(fields);
    let lines: Vec<_> =
        all.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    lines.iter().map(|line| format!("\n| {line}")).collect()
}

fn menu(menu: &Menu) -> String {
    let labels: Vec<_> = menu.options.iter().map(|option| option.label.as_str()).collect();
    format!("\n({} {})", menu.placeholder, labels.join(" / "))
}
