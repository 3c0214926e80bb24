//! `summarize`: where a summary has to end, and the context with it.
//!
//! A stored summary is used as long as all that came after it fits. When that no longer fits, a new one is due which
//! leaves half of the room to the newest messages: so it stays good until as much again has been said.
//!
//! Invariant: a summary ends before the newest question and, where it can, before a question, so that no answer
//! is parted from it.

use crate::model::{Role, Strategy, Summary};
use crate::refusal::Refusal;

use super::material::Material;
use super::select::Selection;
use super::summary::{cost_of, shorten};
use super::tokens::Tokenizer;
use super::{Context, ContextRequest, FellBack};

/// Percent of the room that a summary may take.
const PERCENT: u64 = 15;
/// Tokens below which a summary says nothing.
const LEAST: u64 = 96;

/// A context with a summary, before the summary is chosen.
#[derive(Debug)]
pub(crate) struct Outline<'m> {
    tokenizer: Tokenizer,
    material: &'m Material,
    selection: Selection<'m>,
    /// Tokens that a summary may take.
    pub(crate) share: u64,
}

impl<'m> Outline<'m> {
    /// System messages and the newest question, and how much a summary may take beside them.
    ///
    /// # Errors
    /// When the newest question does not fit.
    pub(crate) fn new(
        tokenizer: Tokenizer,
        material: &'m Material,
        request: &ContextRequest,
    ) -> Result<Result<Self, FellBack>, Refusal> {
        let mut selection = Selection::new(tokenizer, material, request)?;
        selection.take_system();
        let share = (request.room() / 100).saturating_mul(PERCENT).min(selection.left / 2);
        if share < LEAST {
            return Ok(Err(FellBack::NoRoom));
        }
        Ok(Ok(Self { tokenizer, material, selection, share }))
    }

    /// The last position that a summary may cover.
    pub(crate) fn last(&self) -> u64 {
        let question = self.material.question.as_ref().map(|message| message.point.position);
        question.unwrap_or(self.material.total).saturating_sub(1)
    }

    /// Where a new summary has to end, if what came after `covered` does not fit any more.
    pub(crate) fn due(&self, covered: u64) -> Option<u64> {
        let room = self.selection.left.saturating_sub(self.share);
        self.last_beyond(room).filter(|overflow| *overflow > covered)?;
        let edge = self.last_beyond(room / 2)?;
        // Newest first, so the last one found is the next question behind the edge.
        let behind = self.material.newest.iter().take_while(|it| it.point.position > edge);
        let question = behind.filter(|message| message.words.role == Role::User).last();
        let end = question.map_or(edge, |message| message.point.position - 1).min(self.last());
        (end > covered).then_some(end)
    }

    /// The newest position which, with all after it, takes more than `room`.
    fn last_beyond(&self, room: u64) -> Option<u64> {
        let mut sum = 0_u64;
        let beyond = self.material.newest.iter().find(|message| {
            sum = sum.saturating_add(self.selection.cost(message));
            sum > room
        });
        beyond.map(|message| message.point.position)
    }

    /// The context with a summary, made shorter if it is too long.
    pub(crate) fn finish(mut self, summary: Option<Summary>) -> Result<Context, FellBack> {
        let summary = match summary {
            Some(summary) => {
                let summary =
                    shorten(self.tokenizer, summary, self.share).map_err(FellBack::Failed)?;
                let cost = cost_of(self.tokenizer, &summary);
                self.selection.left = self.selection.left.saturating_sub(cost);
                Some((summary, cost))
            }
            None => None,
        };
        let covered = summary.as_ref().map_or(0, |(summary, _)| summary.upto.position);
        self.selection.take_newest(covered);
        Ok(self.selection.finish(Strategy::Summarize, summary))
    }
}
