//! Killed at any instant, under load: each update takes effect once, each answer is delivered once or labelled as perhaps
//! missing.
//!
//! Everybody says lines of a script that chance wrote. The daemon is killed and started again and again while they do;
//! then, when all is quiet, what it did and answered is held against what a daemon did and answered that was told the
//! same and never killed.
//!
//! ```text
//! KILLS=1000 KILL_SEED=7 cargo test --release -p e2e --test telegram_kill -- --nocapture
//! ```

use std::thread;
use std::time::{Duration, Instant};

use e2e::{Chance, Daemon, FakeTelegram, Fault, Person, Seen};

/// Kills of each story, where `KILLS` does not say.
const KILLS: usize = 60;
/// Who say nothing but numbered messages, and who say anything.
const TALKERS: usize = 4;
const CHANGERS: usize = 4;
/// Who press buttons.
const PRESSERS: usize = 2;
const NOTE: &str = "(An earlier answer may not have reached you. /history shows what was said; \
                    /session shows where you are.)\n\n";
/// What everybody says in the end: all that is kept, and what nobody says before. Its answer comes after all others.
const LAST: &str = "/history export text";
const END: &str = "/whoami";

/// Somebody with a script, as far as it is said.
struct Speaker {
    person: Person,
    lines: Vec<String>,
    changes: bool,
}

/// Somebody who clears, and presses the button that takes it back, twice.
struct Presser {
    person: Person,
    cleared: usize,
    pressed: Vec<Seen>,
}

/// What came of an answer, over all people.
#[derive(Default, Debug)]
struct Tally {
    updates: usize,
    answers: usize,
    missing: usize,
    labels: usize,
}

impl Speaker {
    /// What is said next.
    fn speaks(&mut self, chance: &mut Chance) {
        let number = self.lines.len() + 1;
        let earlier = 1 + chance.below(number);
        let what = if self.changes { chance.below(100) } else { 0 };
        let line = match what {
            0..40 => format!("w-{number}"),
            40..48 => "/new".to_owned(),
            48..52 => "/reset".to_owned(),
            52..58 => "/history clear".to_owned(),
            58..70 => "/undo".to_owned(),
            70..76 => "/redo".to_owned(),
            76..84 => format!("/checkpoint save \"p-{number}\""),
            84..89 => format!("/checkpoint restore \"p-{earlier}\""),
            89..92 => format!("/checkpoint delete \"p-{earlier}\""),
            92..94 => format!("/new w-{number}"),
            94..96 => format!("/session rename \"t-{number}\""),
            96..98 => "/history 5".to_owned(),
            _ => LAST.to_owned(),
        };
        self.person.says(&line);
        self.lines.push(line);
    }
}

impl Presser {
    /// Presses what can be pressed; else gives cause for a button.
    fn acts(&mut self) {
        let new = |seen: &Seen| {
            seen.button("Undo").is_some() && self.pressed.iter().all(|old| old.id != seen.id)
        };
        let Some(button) = self.person.sees().into_iter().find(new) else {
            self.person.says(&format!("w-{}", self.cleared));
            self.person.says("/history clear");
            self.cleared += 1;
            return;
        };
        self.person.presses(button.id, "Undo");
        self.person.presses(button.id, "Undo");
        self.pressed.push(button);
    }

    /// Every change was done once and taken back once: by a press, by its second press never.
    fn assert_all_once(&self, tally: &mut Tally) {
        let said = self.said();
        let of = |words: &str| said.iter().filter(|text| text.contains(words)).count();
        let taken_back = of("Took back: ");
        let refused = of("Other things were done since.") + of("There is nothing to undo here");
        let presses = 2 * self.pressed.len();
        assert!(taken_back <= self.pressed.len() && taken_back + refused <= presses, "{said:?}");
        let missing = presses - taken_back - refused;
        let mut left = 0;
        loop {
            self.person.says("/undo");
            let answer = self.last_words(said.len() + left + 1);
            if answer.contains("There is nothing to undo here") {
                break;
            }
            assert!(answer.contains("Took back: /history clear"), "{answer}");
            left += 1;
        }
        let done = left + taken_back;
        assert!(
            done <= self.cleared && self.cleared <= done + missing,
            "cleared {}, taken back {taken_back} by presses and {left} by words: {said:?}",
            self.cleared
        );
        let answers = of("Kept as message ") + of("Cleared ") + taken_back + refused;
        tally.updates += 2 * self.cleared + presses;
        tally.answers += answers;
        tally.missing += 2 * self.cleared + presses - answers;
        tally.labels += said.iter().filter(|text| text.starts_with(NOTE)).count();
    }

    fn said(&self) -> Vec<String> {
        self.person.sees().into_iter().filter(|seen| seen.is_from_bot).map(|it| it.text).collect()
    }

    /// The answer that is the so-maniest.
    fn last_words(&self, number: usize) -> String {
        let _heard = hears(&self.person, number);
        self.said().pop().expect("it was heard")
    }
}

/// Waits until the bot has said so many messages to somebody.
fn hears(person: &Person, count: usize) -> Seen {
    let mut last = person.hears();
    while person.sees().iter().filter(|seen| seen.is_from_bot).count() < count {
        last = person.hears();
    }
    last
}

/// What the bot said to somebody, once it has answered the last line.
fn all_said(person: &Person) -> Vec<Seen> {
    person.says(LAST);
    let last = person.says(END);
    loop {
        let sees = person.sees();
        if sees.last().is_some_and(|end| end.id > last && end.text.contains("You: telegram:")) {
            return sees.into_iter().filter(|seen| seen.is_from_bot).collect();
        }
        let _next = person.hears();
    }
}

/// An answer without what differs from run to run: label, ids, times.
fn plain(seen: &Seen) -> String {
    let text = seen.text.strip_prefix(NOTE).unwrap_or(&seen.text);
    let file = seen.document.as_ref().map(|file| format!("\n{}", file.text()));
    let text = format!("{text}{}", file.unwrap_or_default());
    let is_inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ':');
    let is_time = |word: &str| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        digits >= 4 && word.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b':'))
    };
    let is_id = |word: &str| {
        let id = word.strip_prefix("s-").or_else(|| word.strip_prefix("c-"));
        id.is_some_and(|id| id.len() >= 6) || word.starts_with("session-")
    };
    let blank = |word: &str| {
        let bare = word.trim_matches(|c| !is_inner(c));
        let is_blank = is_time(bare) || is_id(bare);
        if is_blank { word.replace(bare, "…") } else { word.to_owned() }
    };
    text.split_inclusive([' ', '\n']).map(blank).collect()
}

/// Holds what was said against what was to be said: nothing twice, nothing else, and what is missing is labelled by an
/// answer after it.
fn assert_told(person: &Person, said: &[Seen], expected: &[String], tally: &mut Tally) {
    let mut at = expected.len();
    let mut is_labelled = false;
    for seen in said.iter().rev() {
        let text = plain(seen);
        let found = expected.get(..at).and_then(|left| left.iter().rposition(|it| *it == text));
        let found = found.unwrap_or_else(|| {
            panic!("{person:?} was told twice, or wrongly: {text:?} before answer {at} of {expected:#?}")
        });
        let missing = at - found - 1;
        assert!(
            missing == 0 || is_labelled,
            "{missing} before answer {at} without a label: {text:?} after {:#?}",
            expected.get(at.saturating_sub(5)..at)
        );
        tally.missing += missing;
        if seen.text.starts_with(NOTE) {
            tally.labels += 1;
            is_labelled = true;
        }
        at = found;
    }
    assert!(at == 0 || is_labelled, "the first {at} are missing, without a label");
    tally.missing += at;
    tally.answers += said.len();
    tally.updates += expected.len();
}

/// What a daemon says that is told the same in peace.
fn told_in_peace(speakers: &[Speaker]) -> Vec<Vec<String>> {
    let telegram = FakeTelegram::start();
    let bot = Daemon::beside(&telegram).start();
    let people: Vec<_> = speakers.iter().map(|_| telegram.person("Somebody")).collect();
    for (person, speaker) in people.iter().zip(speakers) {
        for line in &speaker.lines {
            person.says(line);
        }
    }
    let said = people.iter().zip(speakers).map(|(person, speaker)| {
        person.says(LAST);
        person.says(END);
        let answers = || person.sees().into_iter().filter(|seen| seen.is_from_bot);
        // One answer to each.
        while answers().count() < speaker.lines.len() + 2 {
            let _next = person.hears();
        }
        answers().map(|seen| plain(&seen)).collect()
    });
    let said = said.collect();
    drop(bot);
    said
}

/// Something that may go wrong besides, and what befalls a daemon that is killed then.
fn breaks(telegram: &FakeTelegram, chance: &mut Chance) {
    let faults = [
        Fault::cut_after().of("sendMessage"),
        Fault::cut_before().of("sendMessage"),
        Fault::malformed().of("sendMessage"),
        Fault::too_many(1).of("sendMessage"),
        Fault::page(502).of("sendMessage"),
        Fault::cut_after().of("getUpdates"),
        Fault::malformed().of("getUpdates"),
        Fault::page(502).of("getUpdates"),
        Fault::too_many(1).of("getUpdates"),
        Fault::cut_after().of("sendDocument"),
    ];
    telegram.breaks(chance.pick(&faults).clone());
}

/// Kills it at an instant that chance draws: after so many requests, or after so long, which may be before it is ready.
fn kills(telegram: &FakeTelegram, bot: &mut Daemon, chance: &mut Chance) {
    let requests = || telegram.look(|world| world.requests().len());
    let (since, before) = (Instant::now(), requests());
    let longest = Duration::from_micros(chance.draw() % 400_000);
    let most = if chance.is_so(70) { chance.below(40) } else { usize::MAX };
    let is_time = || requests() - before > most || since.elapsed() > longest;
    while !is_time() {
        thread::park_timeout(Duration::from_micros(50));
    }
    bot.dies();
    bot.starts();
}

fn story(renumbers: bool) {
    let kills_left = std::env::var("KILLS").map_or(KILLS, |kills| kills.parse().expect("a number"));
    let mut chance = Chance::seeded_by("KILL_SEED");
    let telegram = FakeTelegram::start();
    let speaker = |number: usize| {
        let (person, changes) = (telegram.person("Somebody"), number >= TALKERS);
        Speaker { person, lines: Vec::new(), changes }
    };
    let mut speakers: Vec<_> = (0..TALKERS + CHANGERS).map(speaker).collect();
    let presser = |_| {
        let person = telegram.person("Presser");
        Presser { person, cleared: 0, pressed: Vec::new() }
    };
    let mut pressers: Vec<_> = (0..PRESSERS).map(presser).collect();
    let mut bot = Daemon::beside(&telegram).start();
    for _ in 0..kills_left {
        for speaker in &mut speakers {
            (0..chance.below(4)).for_each(|_| speaker.speaks(&mut chance));
        }
        pressers.iter_mut().for_each(Presser::acts);
        if chance.is_so(30) {
            breaks(&telegram, &mut chance);
        }
        if renumbers && chance.is_so(40) {
            telegram.renumbers_updates();
        }
        kills(&telegram, &mut bot, &mut chance);
    }
    telegram.heals();
    let mut tally = Tally::default();
    let said: Vec<_> = speakers.iter().map(|speaker| all_said(&speaker.person)).collect();
    pressers.iter().for_each(|presser| drop(all_said(&presser.person)));
    telegram.drained();
    pressers.iter().for_each(|presser| presser.assert_all_once(&mut tally));
    for speaker in speakers.iter().filter(|speaker| !speaker.changes) {
        assert_kept_once(&speaker.person, &speaker.lines);
    }
    for ((speaker, said), expected) in speakers.iter().zip(&said).zip(told_in_peace(&speakers)) {
        assert_told(&speaker.person, said, &expected, &mut tally);
    }
    println!("{kills_left} kills: {tally:?}");
}

/// All that somebody said is there, once and in its order.
fn assert_kept_once(person: &Person, lines: &[String]) {
    let seen = person.sees();
    let export = seen.iter().rev().find_map(|seen| seen.document.as_ref());
    let export = export.map(|file| file.text().to_owned()).unwrap_or_default();
    let said = export.lines().filter_map(|line| line.split_once("user: "));
    assert_eq!(said.map(|(_, line)| line).collect::<Vec<_>>(), lines);
}

#[test]
fn each_update_takes_effect_once_and_no_answer_comes_twice() {
    story(false);
}

#[test]
fn so_it_is_when_update_ids_start_again_anywhere() {
    story(true);
}
