//! The fake Discord as a process of its own, for loads: told line by line what to do, it answers each line by one line of
//! JSON. Its first line says where it is: `{"url": …, "token": …}`.
//!
//! ```text
//! people 1000                 so many people; they are numbered from 1
//! connected                   waits until the bot is connected
//! load 200 10 /session list   so many commands a second for so many seconds, one person after the other, each in their
//!                             direct channel; ends when all are answered, else the process does: {"commands",
//!                             "per_second", "refused" (not put off, as all others are), and p50, p99 and longest of
//!                             "acknowledged_ms" and "answered_ms"}
//! run 1 /session list         person 1 runs the command: {"answered": text}
//! pour 1 10000 hello          person 1 says the line so often, at once
//! say 1 hello                 person 1 says the line
//! said 1                      what the bot said to person 1: {"said": [text, …]}
//! count 1                     how many messages that were: {"count": …}
//! offline                     the gateway is gone; what is said then is known to REST alone
//! online                      it is there again
//! limit                       Discord's own limits from now on
//! ```
//!
//! It ends with its input.

use std::io::{self, BufRead, Write};
use std::thread;
use std::time::{Duration, Instant};

use e2e::FakeDiscord;
use e2e::discord::{Acknowledged, Interaction, Limits, Person};
use serde_json::{Value, json};

fn main() -> io::Result<()> {
    let discord = FakeDiscord::start();
    discord.forgets_requests();
    let mut people = Vec::new();
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{}", json!({"url": discord.url(), "token": discord.token()}))?;
    stdout.flush()?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let done = obey(&discord, &mut people, &line);
        let answer = done.unwrap_or_else(|| json!({"error": format!("not understood: {line}")}));
        writeln!(stdout, "{answer}")?;
        stdout.flush()?;
    }
    Ok(())
}

/// Does what a line says; nothing where it cannot be read.
fn obey(discord: &FakeDiscord, people: &mut Vec<Person>, line: &str) -> Option<Value> {
    let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
    match word {
        "people" => {
            let names = 1..=rest.parse::<usize>().ok()?;
            people.extend(names.map(|number| discord.person(&format!("Person {number}"))));
        }
        "connected" => discord.connected(),
        "load" => {
            let (a_second, rest) = number(rest)?;
            let (seconds, line) = number(rest)?;
            return load(people, a_second, a_second * seconds, line);
        }
        "run" => {
            let (person, line) = person(people, rest)?;
            return Some(json!({"answered": person.runs(line).answered().text}));
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
            let said = discord.look(|world| world.said_by_bot(person.place()));
            return Some(
                json!({"said": said.into_iter().map(|seen| seen.text).collect::<Vec<_>>()}),
            );
        }
        "count" => {
            let (person, _) = person(people, rest)?;
            let count = discord.look(|world| world.said_by_bot(person.place()).len());
            return Some(json!({"count": count}));
        }
        "offline" => discord.goes_offline(),
        "online" => discord.comes_back(),
        "limit" => discord.limits(Limits::default()),
        _ => return None,
    }
    Some(json!({"done": word}))
}

/// Runs so many commands at a steady rate; answers what it came to when all are answered.
fn load(people: &[Person], a_second: usize, commands: usize, line: &str) -> Option<Value> {
    let pause = Duration::from_secs(1).checked_div(u32::try_from(a_second).ok()?)?;
    let started = Instant::now();
    let mut asked: Vec<Interaction> = Vec::with_capacity(commands);
    for person in people.iter().cycle().take(commands) {
        let due = started + pause * u32::try_from(asked.len()).ok()?;
        while let Some(left) = due.checked_duration_since(Instant::now()).filter(|it| !it.is_zero())
        {
            thread::park_timeout(left);
        }
        asked.push(person.runs(line));
    }
    let mut refused = 0;
    for asked in &asked {
        drop(asked.answered());
        refused += usize::from(asked.acknowledged() != Acknowledged::Deferred);
    }
    let took = started.elapsed();
    let took_each: Vec<_> = asked.iter().map(Interaction::took).collect();
    let acknowledged = took_each.iter().filter_map(|took| took.acknowledged).collect();
    let answered = took_each.iter().filter_map(|took| took.answered).collect();
    let per_second = f64::from(u32::try_from(asked.len()).ok()?) / took.as_secs_f64();
    Some(json!({
        "commands": asked.len(), "per_second": per_second, "refused": refused,
        "acknowledged_ms": spread(acknowledged), "answered_ms": spread(answered),
    }))
}

/// The middle, the hundredth part, the longest.
fn spread(mut took: Vec<Duration>) -> Value {
    took.sort_unstable();
    let at = |part: usize| took.get((took.len() * part / 100).min(took.len().max(1) - 1));
    let milliseconds = |part| at(part).map(|time| time.as_secs_f64() * 1000.0);
    json!({"p50": milliseconds(50), "p99": milliseconds(99), "longest": milliseconds(100)})
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
