//! The fake Telegram as a process of its own, for loads: told line by line what to do, it answers each line by one line
//! of JSON. Its first line says where it is: `{"url": …, "token": …}`.
//!
//! ```text
//! people 1000            so many people; they are numbered from 1
//! load 10 60 /whoami     each says the line, waits for the answer, so often; ends within 60 seconds, else the process
//!                        does: {"commands", "per_second", "seconds", "p50_ms", "p99_ms", "longest_ms"}
//! pour 1 10000 /whoami   person 1 says the line so often, at once
//! say 1 /whoami          person 1 says the line
//! said 1                 what the bot said to person 1: {"said": [text, …]}
//! ask 1 60 /whoami       person 1 says the line and waits for the answer: as `load`
//! count 1                how many messages that were: {"count": …}
//! answered               how much of the load is answered: {"answered": …}
//! unconfirmed            how many updates are not confirmed: {"unconfirmed": …}
//! drained                waits until all are confirmed
//! renumber               update ids start again elsewhere
//! limit                  Telegram's own limits from now on
//! ```
//!
//! With `--older` it is a server of Bot API 9.1. It ends with its input.

use std::io::{self, BufRead, Write};
use std::time::Duration;

use e2e::{FakeTelegram, Limits, Person};
use serde_json::{Value, json};

fn main() -> io::Result<()> {
    let is_older = std::env::args().any(|argument| argument == "--older");
    let telegram = if is_older { FakeTelegram::older() } else { FakeTelegram::start() };
    telegram.forgets_requests();
    let mut people = Vec::new();
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{}", json!({"url": telegram.url(), "token": telegram.token()}))?;
    stdout.flush()?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let done = obey(&telegram, &mut people, &line);
        let answer = done.unwrap_or_else(|| json!({"error": format!("not understood: {line}")}));
        writeln!(stdout, "{answer}")?;
        stdout.flush()?;
    }
    Ok(())
}

/// Does what a line says; nothing where it cannot be read.
fn obey(telegram: &FakeTelegram, people: &mut Vec<Person>, line: &str) -> Option<Value> {
    let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
    match word {
        "people" => {
            let names = 1..=rest.parse::<usize>().ok()?;
            people.extend(names.map(|number| telegram.person(&format!("Person {number}"))));
        }
        "load" => {
            let (each, rest) = number(rest)?;
            let (seconds, line) = number(rest)?;
            telegram.load(people, each, line);
            let within = Duration::from_secs(seconds.try_into().ok()?);
            return Some(telegram.measured(within).to_json());
        }
        "ask" => {
            let (person, rest) = person(people, rest)?;
            let (seconds, line) = number(rest)?;
            telegram.load(std::slice::from_ref(person), 1, line);
            let within = Duration::from_secs(seconds.try_into().ok()?);
            return Some(telegram.measured(within).to_json());
        }
        "count" => {
            let (person, _) = person(people, rest)?;
            let count = telegram.look(|world| world.said_by_bot(person.place()).len());
            return Some(json!({"count": count}));
        }
        "pour" => {
            let (person, rest) = person(people, rest)?;
            let (times, line) = number(rest)?;
            for _ in 0..times {
                person.says(line);
            }
        }
        "say" => {
            let (person, line) = person(people, rest)?;
            person.says(line);
        }
        "said" => {
            let (person, _) = person(people, rest)?;
            let said = telegram.look(|world| world.said_by_bot(person.place()));
            let said: Vec<_> = said.into_iter().map(|seen| seen.text).collect();
            return Some(json!({"said": said}));
        }
        "answered" => return Some(json!({"answered": telegram.answered()})),
        "unconfirmed" => {
            let unconfirmed = telegram.look(e2e::World::unconfirmed_count);
            return Some(json!({"unconfirmed": unconfirmed}));
        }
        "drained" => telegram.drained(),
        "renumber" => telegram.renumbers_updates(),
        "limit" => telegram.limits(Limits::default()),
        _ => return None,
    }
    Some(json!({"done": word}))
}

/// A number, and what follows it.
fn number(text: &str) -> Option<(usize, &str)> {
    let (number, rest) = text.split_once(' ').unwrap_or((text, ""));
    Some((number.parse().ok()?, rest))
}

/// A person by number, and what follows.
fn person<'p, 't>(people: &'p [Person], text: &'t str) -> Option<(&'p Person, &'t str)> {
    let (at, rest) = number(text)?;
    Some((people.get(at.checked_sub(1)?)?, rest))
}
