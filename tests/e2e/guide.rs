//! The user's guide shows what the program answers: every picture of a chat in `docs/user.md` is told to the real program.
//!
//! ```text
//! picture   = a fenced block with the info string `chat`
//! said      = "> " and the line
//! happening = "(" what happens ")": time passes, somebody else speaks, a button is pressed, …  ([`Teller::happens`])
//! answer    = every other line: what the program answered to the line before
//! file      = a fenced block with the info string `file`: the file that came with the last answer
//! ```
//!
//! Each chapter (`## `) begins with an empty store. Ids have the harness's stable names.
//! With [`UPDATE`] set to anything, the answers are written anew, and whoever did it reads what changed.
//!
//! Invariant: every command that `/help` lists has a picture, or the guide names it as not there yet.

#![allow(clippy::unwrap_used, reason = "a panic is a failing story")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use e2e::{Console, Home, Reply};

/// Set to anything, the answers are written anew.
const UPDATE: &str = "GUIDE_UPDATE";
/// How a picture begins and ends, and how the file that the last answer brought.
const CHAT: &str = "```chat";
const FILE: &str = "```file";
const CLOSE: &str = "```";
/// The chapter that names what is not there yet.
const LATER: &str = "## Not in this build yet";
/// What stands behind a line that is not answered.
const NO_ANSWER: &str = "(no answer)";

fn document() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "docs", "user.md"].iter().collect()
}

/// Who tells a chapter: the program at work, and what it answered last.
struct Teller<'h> {
    home: &'h Home,
    console: Option<Console<'h>>,
    last: Option<Reply>,
}

impl<'h> Teller<'h> {
    fn new(home: &'h Home) -> Self {
        Self { home, console: Some(home.start()), last: None }
    }

    fn console(&mut self) -> &mut Console<'h> {
        self.console.as_mut().expect("it runs until the chapter ends")
    }

    /// Says a line; gives the answer as the guide shows it.
    fn says(&mut self, line: &str) -> String {
        let reply = self.console().asks(line);
        assert!(!reply.console, "a guide's reader has no such line: {line}: {reply}");
        let shown = self.home.shown(&reply.to_string());
        self.last = Some(reply);
        shown
    }

    /// Lets something happen; gives what is seen of it.
    fn happens(&mut self, what: &str) -> Option<String> {
        let words: Vec<_> = what.split(' ').collect();
        match *words.as_slice() {
            [count, unit, "later"] => {
                let unit = unit.chars().next().unwrap();
                self.turns(&format!(":clock +{count}{unit}"));
                None
            }
            [who, "in", "a", "direct", "chat"] => {
                self.turns(&format!(":as {who}"));
                self.turns(":in dm");
                None
            }
            [who, "in", "the", "group", group] => {
                self.turns(&format!(":as {who}"));
                self.turns(&format!(":in {group}"));
                None
            }
            ["presses", ..] => {
                let label = what.strip_prefix("presses “").and_then(|rest| rest.strip_suffix('”'));
                Some(self.presses(label.unwrap()))
            }
            ["stopped", "and", "started", "again"] => {
                self.console.take().unwrap().end();
                self.console = Some(self.home.start());
                None
            }
            _ => panic!("nobody knows how this happens: ({what})"),
        }
    }

    /// Drives the console.
    fn turns(&mut self, line: &str) {
        let reply = self.console().asks(line);
        assert!(reply.console && reply.text.starts_with("You are "), "{line}: {reply}");
    }

    fn presses(&mut self, label: &str) -> String {
        let label = self.home.meant(label);
        let last = self.last.clone().expect("something was answered");
        let mut offered = last.buttons.iter().zip(&last.presses);
        let found = offered.find(|(button, _)| **button == label);
        let (_, data) = found.unwrap_or_else(|| panic!("there is no button {label}: {last}"));
        self.says(&format!(":press ={data}"))
    }

    /// What is in the file that came last.
    fn file(&self) -> Vec<String> {
        let file = self.last.as_ref().and_then(|reply| reply.file.as_ref());
        let text = fs::read_to_string(file.expect("a file came along")).unwrap();
        self.home.shown(text.trim_end()).lines().map(str::to_owned).collect()
    }

    fn ends(mut self) {
        self.console.take().unwrap().end();
    }
}

/// A picture told again, line by line.
fn retold(picture: &[&str], teller: &mut Teller<'_>) -> Vec<String> {
    let mut told = Vec::new();
    for (at, line) in picture.iter().enumerate() {
        let answer = if let Some(said) = line.strip_prefix("> ") {
            if picture.get(at + 1) == Some(&NO_ANSWER) {
                teller.console().says_to_nobody(said);
                Some(NO_ANSWER.to_owned())
            } else {
                let answer = teller.says(said);
                let is_clear = |line: &str| !line.starts_with("> ") && !is_happening(line);
                assert!(answer.lines().all(is_clear), "it looks like something else: {answer}");
                Some(answer)
            }
        } else if is_happening(line) && *line != NO_ANSWER {
            teller.happens(line.trim_matches(['(', ')']))
        } else {
            continue;
        };
        told.push((*line).to_owned());
        told.extend(answer.iter().flat_map(|answer| answer.lines()).map(str::to_owned));
    }
    told
}

fn is_happening(line: &str) -> bool {
    line.starts_with('(') && line.ends_with(')')
}

/// The whole guide with its pictures told again.
fn retold_guide(guide: &str) -> String {
    let mut told = Vec::new();
    for chapter in chapters(guide) {
        let home = Home::new();
        let mut teller = Teller::new(&home);
        let mut lines = chapter.into_iter();
        while let Some(line) = lines.next() {
            told.push(line.to_owned());
            if [CHAT, FILE].contains(&line) {
                let picture: Vec<_> = lines.by_ref().take_while(|line| *line != CLOSE).collect();
                let is_chat = line == CHAT;
                told.extend(if is_chat { retold(&picture, &mut teller) } else { teller.file() });
                told.push(CLOSE.to_owned());
            }
        }
        teller.ends();
    }
    told.join("\n") + "\n"
}

/// What stands before the first chapter, and the chapters, each with its heading.
fn chapters(guide: &str) -> Vec<Vec<&str>> {
    let mut chapters = vec![Vec::new()];
    for line in guide.lines() {
        if line.starts_with("## ") {
            chapters.push(Vec::new());
        }
        chapters.last_mut().unwrap().push(line);
    }
    chapters
}

/// Every line that is said in a picture.
fn said(guide: &str) -> Vec<&str> {
    let mut lines = guide.lines();
    let mut said = Vec::new();
    while lines.by_ref().any(|line| line == CHAT) {
        let picture = lines.by_ref().take_while(|line| *line != CLOSE);
        said.extend(picture.filter_map(|line| line.strip_prefix("> ")));
    }
    said
}

/// A command that `/help` lists: its first word, its second if it is one of several, and whether it can be shown.
struct Listed {
    word: String,
    under: Option<String>,
    is_later: bool,
}

/// Every command, as the program lists them.
fn listed() -> Vec<Listed> {
    let help = Home::new().talk(|ann| ann.asks("/help").text);
    let is_listed = |line: &&str| line.starts_with('/') && line.contains(" – ");
    let lines: Vec<_> = help.lines().filter(is_listed).collect();
    let first = |line: &str| line.split(' ').next().unwrap().to_owned();
    let listed = |line: &&str| {
        let (usage, summary) = line.split_once(" – ")?;
        let word = first(usage);
        let has_several = lines.iter().filter(|line| first(line) == word).count() > 1;
        let second = usage.split(' ').nth(1).filter(|_| has_several);
        let under = second.map(|second| second.trim_matches(['[', ']']).to_owned());
        let is_later = summary.ends_with("(not available in this build yet)");
        Some(Listed { word, under, is_later })
    };
    let found: Vec<_> = lines.iter().filter_map(listed).collect();
    assert!(found.len() > 30, "{help}");
    found
}

impl Listed {
    /// Whether a line that is said is this command; `show` is what a command with several does when none is named.
    fn is_said(&self, line: &str, all: &[Self]) -> bool {
        let mut words = line.split(' ');
        let (word, next) = (words.next(), words.next());
        let named = |next: &str| {
            let same = |other: &&Self| other.word == self.word;
            all.iter().filter(same).find(|other| other.under.as_deref() == Some(next))
        };
        let is_under = match (self.under.as_deref(), next.and_then(named)) {
            (None, _) => true,
            (Some(under), Some(named)) => named.under.as_deref() == Some(under),
            (Some(under), None) => under == "show",
        };
        word == Some(self.word.as_str()) && is_under
    }
}

#[test]
fn the_guide_shows_what_the_program_answers() {
    let guide = fs::read_to_string(document()).unwrap();
    let told = retold_guide(&guide);
    if std::env::var_os(UPDATE).is_some() {
        fs::write(document(), &told).unwrap();
    } else {
        let first = guide.lines().zip(told.lines()).find(|(shown, told)| shown != told);
        assert!(
            guide == told,
            "docs/user.md shows something else: set {UPDATE}=1 and test again\n{first:#?}"
        );
    }
}

#[test]
fn every_command_has_a_picture_or_is_named_as_not_there_yet() {
    let guide = fs::read_to_string(document()).unwrap();
    let said = said(&guide);
    let all = listed();
    let is_shown = |listed: &&Listed| said.iter().any(|line| listed.is_said(line, &all));
    let (later, now): (Vec<_>, Vec<_>) = all.iter().partition(|listed| listed.is_later);
    let name = |listed: &Listed| match &listed.under {
        Some(under) => format!("{} {under}", listed.word),
        None => listed.word.clone(),
    };
    let missing: Vec<_> = now.into_iter().filter(|now| !is_shown(now)).map(name).collect();
    assert_eq!(missing, [""; 0], "commands without a picture in docs/user.md");

    let chapter = chapters(&guide).into_iter().find(|chapter| chapter.first() == Some(&LATER));
    let chapter = chapter.unwrap_or_default().join("\n");
    let named: BTreeSet<_> = chapter.split('`').filter(|word| word.starts_with('/')).collect();
    let later: Vec<_> = later.into_iter().map(name).collect();
    let later: BTreeSet<_> = later.iter().map(String::as_str).collect();
    assert_eq!(named, later, "what docs/user.md names as not there yet, and what is not");
}
