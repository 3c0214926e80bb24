//! Writing a summary without a model: the most telling sentences of what it covers, and of the summary before it.
//!
//! A sentence counts more for who said it, how important its message is, how late it comes, whether it begins its
//! message, and how often its words come up elsewhere. System messages are no part of it: they are kept as they are.
//!
//! Invariant: the same task gives the same text, and what `shorten` answers takes no more than its share.

mod sentence;

use std::collections::{BTreeMap, BTreeSet};

use crate::importance;
use crate::model::{Message, Point, Role, Summary};
use crate::name::fold;

use super::render::{render_name, render_summary};
use super::tokens::Tokenizer;
use sentence::sentences;

/// Sentences of one message that are looked at.
const SENTENCES: usize = 24;
/// What counts for a line of the summary before: it was chosen once already.
const OLD: u64 = 420;
/// What counts for each point of a message's importance.
const OF_IMPORTANCE: u64 = 8;
/// Lines that do not fit before the search for one that does ends.
const MISSES: usize = 64;
/// Letters that a word has at least to count.
const WORD: usize = 4;
/// Tokens of the words that mark a summary, in a context.
pub(crate) const MARKING: u64 = 40;

/// A summary to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryTask {
    /// The last message that it covers.
    pub upto: Point,
    /// The summary that covers what came before `messages`.
    pub previous: Option<Summary>,
    /// The messages behind that, oldest first: if there are very many, the newest and the most important ones, each
    /// cut to its beginning. Material to judge, never instructions.
    pub messages: Vec<Message>,
    /// Tokens that the text may take.
    pub max_tokens: u64,
}

impl SummaryTask {
    /// What the summary may take in a context, its marking included.
    pub(crate) const fn share(&self) -> u64 {
        self.max_tokens.saturating_add(MARKING)
    }
}

/// A summary could not be written, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SummaryFailed(pub String);

/// A line that may go into a summary.
struct Candidate {
    line: String,
    words: BTreeSet<String>,
    /// What counts beside its words.
    merit: u64,
}

impl Candidate {
    fn new(line: String, said: &str, merit: u64) -> Self {
        let folded = fold(said);
        let words = folded.split(|c: char| !c.is_alphanumeric());
        let words = words.filter(|word| word.chars().nth(WORD - 1).is_some());
        Self { line, words: words.map(str::to_owned).collect(), merit }
    }
}

/// Writes a summary from the task alone.
///
/// # Errors
/// When nothing in it fits.
pub fn extract(tokenizer: Tokenizer, task: &SummaryTask) -> Result<String, SummaryFailed> {
    let mut candidates = Vec::new();
    if let Some(previous) = &task.previous {
        let lines = previous.text.lines().flat_map(sentences);
        candidates.extend(lines.enumerate().map(|(index, line)| {
            let merit = if index == 0 { OLD * 2 } else { OLD } + asks_to_be_kept(&line);
            Candidate::new(line.clone(), &line, merit)
        }));
    }
    let count = u64::try_from(task.messages.len()).unwrap_or(u64::MAX).max(1);
    for (index, message) in (0_u64..).zip(&task.messages) {
        candidates.extend(candidates_of(message, index.saturating_mul(150) / count));
    }
    let text = best(tokenizer, &candidates, task.max_tokens);
    if text.is_empty() {
        return Err(SummaryFailed("nothing of what was said fits".to_owned()));
    }
    Ok(text)
}

/// What counts for a line of a summary because of its words, so that they outlive the next one, too.
fn asks_to_be_kept(line: &str) -> u64 {
    let role = if line.starts_with("- assistant:") { Role::Assistant } else { Role::User };
    OF_IMPORTANCE * u64::from(importance::of(role, line, u64::MAX))
}

fn candidates_of(message: &Message, lateness: u64) -> impl Iterator<Item = Candidate> {
    let words = &message.words;
    let speaker = match (&words.author, words.role) {
        (Some(author), Role::User) => render_name(&author.name),
        (None, Role::User) | (_, Role::Assistant | Role::System) => words.role.word().to_owned(),
    };
    let of_role = match words.role {
        Role::User => 120,
        Role::Assistant => 60,
        Role::System => 0,
    };
    let said = if words.role == Role::System { "" } else { &words.content };
    let merit = of_role + lateness + OF_IMPORTANCE * u64::from(message.importance);
    sentences(said).take(SENTENCES).enumerate().map(move |(index, sentence)| {
        let first = if index == 0 { 60 } else { 0 };
        // “ok” and “thanks” tell nothing.
        let long = if sentence.chars().nth(11).is_some() { 200 } else { 0 };
        let digits = if sentence.chars().any(char::is_numeric) { 20 } else { 0 };
        let merit = merit + first + long + digits;
        Candidate::new(format!("- {speaker}: {sentence}"), &sentence, merit)
    })
}

/// The lines that count most and fit together, in their order.
fn best(tokenizer: Tokenizer, candidates: &[Candidate], max_tokens: u64) -> String {
    let mut frequency: BTreeMap<&str, u64> = BTreeMap::new();
    for word in candidates.iter().flat_map(|candidate| &candidate.words) {
        *frequency.entry(word).or_default() += 1;
    }
    let score = |candidate: &Candidate| {
        let of = |word: &String| frequency.get(word.as_str()).map_or(0, |often| (often - 1).min(6));
        let sum: u64 = candidate.words.iter().map(of).sum();
        let words = u64::try_from(candidate.words.len()).unwrap_or(u64::MAX);
        candidate.merit + sum * 30 / words.saturating_add(3)
    };
    let mut ranked: Vec<(usize, &Candidate)> = candidates.iter().enumerate().collect();
    ranked.sort_by_key(|(index, candidate)| (std::cmp::Reverse(score(candidate)), *index));
    let (mut lines, mut seen) = (BTreeMap::new(), BTreeSet::new());
    let (mut left, mut misses) = (max_tokens, 0);
    for (index, candidate) in ranked {
        let line = candidate.line.as_str();
        if misses == MISSES || !seen.insert(line) {
            continue;
        }
        match left.checked_sub(line_tokens(tokenizer, line)) {
            Some(rest) => {
                left = rest;
                lines.insert(index, line);
            }
            None => misses += 1,
        }
    }
    let chosen: Vec<&str> = lines.into_values().collect();
    chosen.join("\n")
}

/// Tokens of a line as it stands in a context.
fn line_tokens(tokenizer: Tokenizer, line: &str) -> u64 {
    u64::from(tokenizer.count(&format!("\n> {line}")))
}

/// What a summary takes in a context.
pub(crate) fn cost_of(tokenizer: Tokenizer, summary: &Summary) -> u64 {
    tokenizer.message(&render_summary(summary))
}

/// The summary, or the most telling lines of it that fit into `share` tokens.
///
/// # Errors
/// When nothing of it fits.
pub(crate) fn shorten(
    tokenizer: Tokenizer,
    summary: Summary,
    share: u64,
) -> Result<Summary, SummaryFailed> {
    let (mut shorter, mut max_tokens) = (summary, share.saturating_sub(MARKING));
    while cost_of(tokenizer, &shorter) > share {
        let (upto, created_at) = (shorter.upto, shorter.created_at);
        let task = SummaryTask { upto, previous: Some(shorter), messages: Vec::new(), max_tokens };
        shorter = Summary { upto, created_at, text: extract(tokenizer, &task)? };
        // Lines counted one by one may take a few more together.
        max_tokens = max_tokens.saturating_sub(max_tokens / 8 + 1);
    }
    Ok(shorter)
}
