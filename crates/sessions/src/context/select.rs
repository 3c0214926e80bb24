//! Choosing messages: what `recent` and `smart` have in common with `summarize`, and these two.
//!
//! Shares of `smart`, of what the system prompt and the newest question leave: system messages a quarter, the first
//! question an eighth, what is important a quarter, with pinned messages up to a half; the newest messages get the rest.
//!
//! Invariant: what is chosen never costs more than the room.

use std::collections::BTreeMap;

use crate::importance;
use crate::model::{Message, Role, Strategy, Summary, message_count};
use crate::refusal::Refusal;

use super::material::{Important, Material, question_position};
use super::tokens::Tokenizer;
use super::{Context, ContextRequest, FellBack, PartTokens};

/// What a message is in a context for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    System,
    FirstQuestion,
    Important,
    Newest,
}

/// A choice being made.
#[derive(Debug)]
pub(crate) struct Selection<'m> {
    tokenizer: Tokenizer,
    material: &'m Material,
    request: ContextRequest,
    chosen: BTreeMap<u64, (Part, &'m Message)>,
    /// Tokens that are left.
    pub(super) left: u64,
}

impl<'m> Selection<'m> {
    /// Begins with the newest question.
    ///
    /// # Errors
    /// When it and the system prompt do not fit.
    pub(crate) fn new(
        tokenizer: Tokenizer,
        material: &'m Material,
        request: &ContextRequest,
    ) -> Result<Self, Refusal> {
        let cost = material.question.as_ref().map_or(0, |question| tokenizer.cost(question));
        let needed = request.system_prompt_tokens.saturating_add(cost);
        let Some(left) = request.max_tokens.checked_sub(needed) else {
            return Err(Refusal::OverBudget { needed, budget: request.max_tokens });
        };
        let question = material.question.iter().map(|it| (it.point.position, (Part::Newest, it)));
        let chosen = question.collect();
        Ok(Self { tokenizer, material, request: *request, chosen, left })
    }

    pub(super) fn has(&self, message: &Message) -> bool {
        self.chosen.contains_key(&message.point.position)
    }

    /// What it would take more to have a message.
    pub(super) fn cost(&self, message: &Message) -> u64 {
        if self.has(message) { 0 } else { self.tokenizer.cost(message) }
    }

    /// Takes messages together, or none of them; answers what they cost.
    fn take(&mut self, part: Part, messages: &[&'m Message], limit: u64) -> Option<u64> {
        let costs = messages.iter().map(|message| self.cost(message));
        let cost = costs.fold(0, u64::saturating_add);
        if cost > limit.min(self.left) {
            return None;
        }
        for message in messages {
            self.chosen.entry(message.point.position).or_insert((part, message));
        }
        self.left -= cost;
        Some(cost)
    }

    /// System messages, in a quarter of what is left.
    pub(super) fn take_system(&mut self) {
        let mut limit = self.left / 4;
        for Important { message, .. } in &self.material.important {
            if message.words.role == Role::System {
                limit -= self.take(Part::System, &[message], limit).unwrap_or(0);
            }
        }
    }

    /// Important messages, in a quarter of `base`; pinned ones first, in half of it.
    fn take_important(&mut self, base: u64) {
        let mut spent = 0;
        for Important { message, question } in &self.material.important {
            if message.words.role == Role::System {
                continue;
            }
            let share = if message.importance == importance::PINNED { base / 2 } else { base / 4 };
            let limit = share.saturating_sub(spent);
            let both: Vec<&Message> = question.iter().chain([message]).collect();
            spent += self.take(Part::Important, &both, limit).unwrap_or(0);
        }
    }

    /// The newest messages above a position, until one does not fit.
    pub(super) fn take_newest(&mut self, above: u64) {
        for message in &self.material.newest {
            let system = message.words.role == Role::System;
            let part = if system { Part::System } else { Part::Newest };
            if message.point.position <= above || self.take(part, &[message], u64::MAX).is_none() {
                return;
            }
        }
    }

    fn is_important(&self, position: u64) -> bool {
        self.chosen.get(&position).is_some_and(|(part, _)| *part == Part::Important)
    }

    /// Lets go of answers whose question is not here.
    fn drop_answers_without_question(&mut self) {
        let Material { newest, question, .. } = self.material;
        // Without any user message, or with all of them at hand, an answer may have no question.
        let all_known = question.is_none() || self.material.is_whole();
        let oldest = newest.last().map_or(0, |message| message.point.position);
        let before = question.as_ref().map(|message| message.point.position);
        let mut nearest = before.filter(|position| *position < oldest);
        for message in newest.iter().rev() {
            let position = message.point.position;
            match message.words.role {
                Role::System => {}
                Role::User => nearest = Some(position),
                // Taken together with its question.
                Role::Assistant if self.is_important(position) => {}
                Role::Assistant => {
                    let stands = match question_position(message).or(nearest) {
                        Some(question) => self.chosen.contains_key(&question),
                        None => all_known,
                    };
                    if !stands {
                        self.chosen.remove(&position);
                    }
                }
            }
        }
    }

    /// The context with what was chosen.
    pub(super) fn finish(mut self, strategy: Strategy, summary: Option<(Summary, u64)>) -> Context {
        self.drop_answers_without_question();
        let mut tokens = PartTokens {
            system_prompt: self.request.system_prompt_tokens,
            ..PartTokens::default()
        };
        let upto = message_count(summary.as_ref().map(|(summary, _)| summary.upto));
        let (mut messages, mut covered) = (Vec::with_capacity(self.chosen.len()), upto);
        for (part, message) in self.chosen.into_values() {
            let count = self.tokenizer.count_of(message);
            let of = match part {
                Part::System => &mut tokens.system,
                Part::FirstQuestion => &mut tokens.first_question,
                Part::Important => &mut tokens.important,
                Part::Newest => &mut tokens.newest,
            };
            *of = of.saturating_add(self.tokenizer.cost(message));
            covered -= u64::from(message.point.position <= upto);
            messages.push(Message { tokens: Some(count), ..message.clone() });
        }
        let shown = u64::try_from(messages.len()).unwrap_or(u64::MAX);
        let left_out = self.material.total.saturating_sub(shown).saturating_sub(covered);
        let summary = summary.map(|(summary, cost)| {
            tokens.summary = cost;
            summary
        });
        Context {
            strategy,
            summary,
            messages,
            tokens,
            budget: self.request.max_tokens,
            covered_by_summary: covered,
            left_out,
            fell_back: None,
        }
    }
}

/// The newest messages that fit.
///
/// # Errors
/// When the newest question does not.
pub(crate) fn recent(
    tokenizer: Tokenizer,
    material: &Material,
    request: &ContextRequest,
) -> Result<Context, Refusal> {
    let mut selection = Selection::new(tokenizer, material, request)?;
    selection.take_newest(0);
    Ok(selection.finish(request.strategy, None))
}

/// System messages, the first question, what is important, then the newest.
///
/// # Errors
/// When the newest question does not fit.
pub(crate) fn smart(
    tokenizer: Tokenizer,
    material: &Material,
    request: &ContextRequest,
    fell_back: Option<FellBack>,
) -> Result<Context, Refusal> {
    let mut selection = Selection::new(tokenizer, material, request)?;
    let base = selection.left;
    selection.take_system();
    if let Some(first) = &material.first {
        selection.take(Part::FirstQuestion, &[first], base / 8);
    }
    selection.take_important(base);
    selection.take_newest(0);
    Ok(Context { fell_back, ..selection.finish(Strategy::Smart, None) })
}
