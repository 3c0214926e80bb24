//! `sessionsd events …`.

use std::fmt::Write;

use anyhow::bail;

use crate::arguments::{SomeEvents, Whose};
use crate::control::{Answer, EventLine, Events, Request};

use super::{Desk, ELSE};

pub(crate) fn list_events(whose: &Whose) -> anyhow::Result<()> {
    let desk = Desk::of(whose)?;
    let answer = desk.ask(&Request::Events, None)?;
    let Answer::Events { events } = &answer else { bail!(ELSE) };
    desk.show(&answer, || {
        let mut told = String::new();
        for event in events {
            let _ = writeln!(told, "{}", line(event));
        }
        told.push_str(match events.len() {
            0 => "No event is set aside.",
            _ => {
                "`sessionsd events retry` has them tried again, `sessionsd events delete` gives them up."
            }
        });
        told
    })
}

fn line(event: &EventLine) -> String {
    let EventLine { event, received_at, from, what, unreadable, .. } = event;
    let what = match (what, unreadable) {
        (_, Some(kind)) => format!("of a kind that this version cannot read ({kind})"),
        (Some(what), None) => what.clone(),
        (None, None) => "does not open".to_owned(),
    };
    let from = from.as_deref().unwrap_or("unknown");
    format!("e-{event}  {received_at}  {from}  {what}")
}

pub(crate) fn retry_events(asked: &SomeEvents) -> anyhow::Result<()> {
    let desk = Desk::of(&asked.whose)?;
    let answer = desk.ask(&Request::RetryEvents { events: asked.which() }, None)?;
    let Answer::TriedAgain { events, left, at_once } = &answer else { bail!(ELSE) };
    desk.show(&answer, || {
        let when = match (events.is_empty(), at_once) {
            (true, _) => "Nothing is tried again.".to_owned(),
            (false, true) => format!(
                "Tried again now: {}. Answers go where they were asked for; what fails again is set aside again.",
                named(events)
            ),
            (false, false) => {
                format!("Tried again when the daemon starts next: {}.", named(events))
            }
        };
        match left {
            0 => when,
            left => format!("{when} Left, as they cannot be read: {left}."),
        }
    })
}

pub(crate) fn delete_events(asked: &SomeEvents) -> anyhow::Result<()> {
    let desk = Desk::of(&asked.whose)?;
    let answer = desk.ask(&Request::DeleteEvents { events: asked.which() }, None)?;
    let Answer::GivenUp { events } = &answer else { bail!(ELSE) };
    desk.show(&answer, || match events.as_slice() {
        [] => "Nothing was given up.".to_owned(),
        events => format!("Given up for good: {}. They never take effect.", named(events)),
    })
}

impl SomeEvents {
    fn which(&self) -> Events {
        if self.all { Events::All } else { Events::These(self.events.clone()) }
    }
}

fn named(events: &[i64]) -> String {
    let names: Vec<_> = events.iter().map(|event| format!("e-{event}")).collect();
    names.join(", ")
}
