//! Reading what is important in a session, by index: the store keeps it in order.
//!
//! Invariant: an important answer comes with its question or not at all.

use crate::context::material::{Important, Material, question_position};
use crate::error::Fault;
use crate::model::{Message, Role};
use crate::store::Store;
use crate::store::rows::MessageRow;

use super::reader::{LOOK, Reader, within};

/// Important messages that are looked at.
const IMPORTANT: usize = 128;

impl<S: Store> Reader<'_, S> {
    /// Important messages (all, or those of one role), the most important first, until they take more than the room.
    pub(super) async fn important(
        &mut self,
        material: &Material,
        only: Option<Role>,
    ) -> Result<Vec<Important>, Fault> {
        let mut rows = self.important_rows(1, u64::MAX).await?;
        rows.retain(|row| only.is_none_or(|role| row.role == role));
        let (mut found, mut sum) = (Vec::new(), 0_u64);
        for row in &rows {
            let message = self.open(row)?;
            let cost = self.tokenizer.cost(&message);
            if cost > self.room {
                continue;
            }
            sum = sum.saturating_add(cost);
            let question = match self.question_of(&message, material).await? {
                Asked::Nothing => None,
                Asked::By(question) => Some(*question),
                Asked::Unknown => continue,
            };
            found.push(Important { message, question });
            if sum > self.room {
                break;
            }
        }
        Ok(found)
    }

    /// The rows of the most important messages between two positions, the most important first.
    pub(super) async fn important_rows(
        &mut self,
        from: u64,
        to: u64,
    ) -> Result<Vec<MessageRow>, Fault> {
        let mut rows = Vec::new();
        for stretch in within(self.stretches().await?, from, to) {
            rows.extend(self.store.important_messages(stretch, IMPORTANT).await?);
        }
        rows.sort_by_key(|row| std::cmp::Reverse((row.importance, row.point.position)));
        rows.truncate(IMPORTANT);
        Ok(rows)
    }

    /// The message that an answer answers: the one it names, else the nearest user message before it, if that is near.
    async fn question_of(&mut self, answer: &Message, material: &Material) -> Result<Asked, Fault> {
        let named = question_position(answer);
        if answer.words.role != Role::Assistant || named.is_none() && material.question.is_none() {
            return Ok(Asked::Nothing);
        }
        let fits = |position: u64, role: Role| match named {
            // An answer to an answer would need more than one message with it.
            Some(named) => position == named && role != Role::Assistant,
            None => position < answer.point.position && role == Role::User,
        };
        let mut at_hand = material.newest.iter();
        if let Some(found) = at_hand.find(|it| fits(it.point.position, it.words.role)) {
            return Ok(Asked::By(Box::new(found.clone())));
        }
        let last = named.unwrap_or(answer.point.position.saturating_sub(1));
        let limit = if named.is_some() { 1 } else { LOOK };
        let rows = self.rows_down_from(last, 1, limit).await?;
        match rows.iter().find(|row| fits(row.point.position, row.role)) {
            Some(row) => Ok(Asked::By(Box::new(self.open(row)?))),
            None if rows.len() < limit => Ok(Asked::Nothing),
            None => Ok(Asked::Unknown),
        }
    }
}

/// What an important message answers.
enum Asked {
    /// It is no answer, or there is no question before it.
    Nothing,
    /// This question.
    By(Box<Message>),
    /// Something that is far away or no question.
    Unknown,
}
