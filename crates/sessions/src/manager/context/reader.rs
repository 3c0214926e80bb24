//! Reading what a context is chosen from, and no more of it than can fit.
//!
//! Invariant: apart from the search for the newest user message, what is read is bounded by the room, by the constants
//! below, and by the branches that the line crosses.

use crate::context::Tokenizer;
use crate::context::material::Material;
use crate::context::tokens::OVERHEAD;
use crate::error::Fault;
use crate::line::{Line, SessionKey};
use crate::model::{Message, Point, Role, Spot, Summary, TokenCount};
use crate::seal::{RowFault, open_message, open_summary};
use crate::store::rows::{MessageRow, Write};
use crate::store::{Commit, Order, Store, Stretch};

/// Rows of the first page.
const FIRST_PAGE: usize = 32;
/// Rows of the largest page.
pub(super) const PAGE: usize = 256;
/// How far the first user message is looked for, and the question of an important answer.
pub(super) const LOOK: usize = 32;
/// Tokens counted anew from which on the counts are kept: fewer are counted again sooner than written.
const WORTH_NOTING: u64 = 4_096;

pub(super) struct Reader<'a, S> {
    pub(super) store: &'a S,
    pub(super) of: SessionKey<'a>,
    pub(super) end: Option<Spot>,
    pub(super) tokenizer: Tokenizer,
    /// Tokens that messages may take.
    pub(super) room: u64,
    pub(super) buffer: Vec<u8>,
    counted: Vec<(Point, TokenCount)>,
    /// Of the line, the newest first; read when first needed.
    stretches: Option<Vec<Stretch>>,
}

impl<'a, S: Store> Reader<'a, S> {
    pub(super) fn new(store: &'a S, of: SessionKey<'a>, end: Option<Spot>, room: u64) -> Self {
        Self {
            store,
            of,
            end,
            tokenizer: Tokenizer::default(),
            room,
            buffer: Vec::new(),
            counted: Vec::new(),
            stretches: None,
        }
    }

    /// Whether all of the session fits.
    pub(super) fn fits(&self, material: &Material) -> bool {
        let costs = material.newest.iter().map(|message| self.tokenizer.cost(message));
        material.is_whole() && costs.fold(0, u64::saturating_add) <= self.room
    }

    /// A message with its count.
    pub(super) fn open(&mut self, row: &MessageRow) -> Result<Message, Fault> {
        let message = open_message(self.of.key, &self.of.id, row, &mut self.buffer)?;
        let count = self.tokenizer.count_of(&message);
        if message.tokens != Some(count) {
            self.counted.push((message.point, count));
        }
        Ok(Message { tokens: Some(count), ..message })
    }

    /// The newest messages, until they take more than the room, and the newest user message.
    pub(super) async fn newest(&mut self) -> Result<Material, Fault> {
        let total = self.end.map_or(0, |spot| spot.position);
        let mut material = Material { total, ..Material::default() };
        let mut line = Line::new(self.store, self.of, self.end);
        let mut sum = 0_u64;
        loop {
            let page = material.newest.len().clamp(FIRST_PAGE, PAGE);
            let rows = line.older_rows(page).await?;
            for row in &rows {
                if sum <= self.room {
                    let message = self.open(row)?;
                    sum = sum.saturating_add(self.tokenizer.cost(&message));
                    if row.role == Role::User && material.question.is_none() {
                        material.question = Some(message.clone());
                    }
                    material.newest.push(message);
                } else if material.question.is_none() && row.role == Role::User {
                    material.question = Some(self.open(row)?);
                }
            }
            if rows.is_empty() || sum > self.room && material.question.is_some() {
                return Ok(material);
            }
        }
    }

    /// The first user message, if it is among the first messages.
    pub(super) async fn first_question(
        &mut self,
        material: &Material,
    ) -> Result<Option<Message>, Fault> {
        if material.is_whole() {
            let first = material.newest.iter().rev().find(|it| it.words.role == Role::User);
            return Ok(first.cloned());
        }
        let mut left = LOOK;
        for stretch in self.stretches().await?.into_iter().rev() {
            let rows = self.store.messages(stretch, Order::OldestFirst, left).await?;
            expect_whole(stretch, left, &rows)?;
            if let Some(row) = rows.iter().find(|row| row.role == Role::User) {
                return Ok(Some(self.open(row)?));
            }
            left = left.saturating_sub(rows.len());
            if left == 0 {
                break;
            }
        }
        Ok(None)
    }

    /// Up to `limit` rows from position `last` down to `first`, the newest first.
    pub(super) async fn rows_down_from(
        &mut self,
        last: u64,
        first: u64,
        limit: usize,
    ) -> Result<Vec<MessageRow>, Fault> {
        let mut rows: Vec<MessageRow> = Vec::new();
        for stretch in within(self.stretches().await?, first, last) {
            let room = limit.saturating_sub(rows.len());
            if room == 0 {
                break;
            }
            let found = self.store.messages(stretch, Order::NewestFirst, room).await?;
            expect_whole(stretch, room, &found)?;
            rows.extend(found);
        }
        Ok(rows)
    }

    /// The stretches of the line, the newest first.
    pub(super) async fn stretches(&mut self) -> Result<Vec<Stretch>, Fault> {
        if let Some(known) = &self.stretches {
            return Ok(known.clone());
        }
        let mut line = Line::new(self.store, self.of, self.end);
        let mut found = Vec::new();
        while let Some(stretch) = line.stretch().await? {
            found.push(stretch);
        }
        Ok(self.stretches.insert(found).clone())
    }

    /// The newest summary of the line that ends at `last` or before.
    pub(super) async fn summary(&mut self, last: u64) -> Result<Option<Summary>, Fault> {
        for stretch in within(self.stretches().await?, 1, last) {
            if let Some(row) = self.store.summary(stretch).await? {
                return Ok(Some(open_summary(self.of.key, &self.of.id, &row)?));
            }
        }
        Ok(None)
    }

    /// Keeps the counts that were made, if they are worth it. Best effort: what is not kept is counted again.
    pub(super) async fn note_counts(self) {
        let costs = self.counted.iter().map(|(_, count)| u64::from(count.tokens) + OVERHEAD);
        if costs.fold(0, u64::saturating_add) < WORTH_NOTING {
            return;
        }
        let writes = self.counted.iter().map(|(point, count)| Write::SetTokens(*point, *count));
        let commit = Commit { writes: writes.collect(), patient: true, ..Commit::default() };
        let _noted = self.store.commit(commit).await;
    }
}

/// A stretch of a line has no gaps: fewer rows than it holds, up to the limit, are a fault.
fn expect_whole(stretch: Stretch, limit: usize, found: &[MessageRow]) -> Result<(), Fault> {
    let holds = usize::try_from(stretch.to + 1 - stretch.from).unwrap_or(usize::MAX);
    if found.len() < holds.min(limit) {
        let Stretch { timeline, from, to } = stretch;
        let row = format_args!("a message from {from} to {to} of timeline {timeline}");
        return Err(RowFault::Missing.of(row).into());
    }
    Ok(())
}

/// What of the stretches lies between two positions.
pub(super) fn within(stretches: Vec<Stretch>, from: u64, to: u64) -> impl Iterator<Item = Stretch> {
    let clipped = stretches.into_iter().map(move |it| Stretch {
        from: it.from.max(from),
        to: it.to.min(to),
        ..it
    });
    clipped.filter(|stretch| stretch.from <= stretch.to)
}
