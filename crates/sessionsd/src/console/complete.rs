//! Completion: commands, ids of sessions, ids and names of checkpoints.

use std::sync::{Arc, Mutex, PoisonError};

use bot::Suggestions;
use rustyline::completion::{Completer as Complete, Pair};
use rustyline::{Context, Helper, Highlighter, Hinter, Validator};

use super::{ConsoleBot, Stance};

/// What can be completed where the person stands, looked up before each prompt.
#[derive(Clone, Default, Helper, Highlighter, Hinter, Validator)]
pub(crate) struct Completer {
    known: Arc<Mutex<Suggestions>>,
}

impl Completer {
    /// Looks up what there is; an error leaves the last answer, since a prompt is no place for one.
    pub(crate) async fn look_up(&self, bot: &ConsoleBot, stance: &Stance) {
        let body = bot::Body::Text { text: String::new(), addressed: false };
        let incoming = stance.incoming(String::new(), body);
        if let Ok(found) = bot.suggestions(&incoming).await {
            *self.known.lock().unwrap_or_else(PoisonError::into_inner) = found;
        }
    }

    fn candidates(&self, line: &str) -> Vec<String> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let words = commands::COMMANDS.iter().flat_map(|spec| {
            let alone = std::iter::once(format!("/{} ", spec.name));
            alone.chain(spec.subcommands.iter().map(|sub| format!("/{} ", sub.name)))
        });
        let mut candidates: Vec<String> = words.collect();
        for command in ["/session resume ", "/session delete "] {
            candidates.extend(known.sessions.iter().map(|(id, _)| format!("{command}{id}")));
        }
        for command in ["/checkpoint restore ", "/checkpoint delete "] {
            candidates.extend(known.checkpoints.iter().map(|(id, _)| format!("{command}{id}")));
            let names = known.checkpoints.iter().map(|(_, name)| name);
            candidates.extend(names.map(|name| format!("{command}{name}")));
        }
        candidates.retain(|candidate| candidate.starts_with(line) && candidate != line);
        candidates.sort();
        candidates.dedup();
        candidates
    }
}

impl Complete for Completer {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let before = line.get(..at).unwrap_or(line);
        let pairs = self.candidates(before).into_iter().map(|candidate| Pair {
            display: candidate.trim_end().to_owned(),
            replacement: candidate,
        });
        Ok((0, pairs.collect()))
    }
}
