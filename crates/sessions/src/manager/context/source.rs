//! Reading what a summary is made from: the newest messages before its end, the important ones before those, and the
//! summary that covers the rest.
//!
//! Invariant: the same line gives the same source, whatever was counted meanwhile.

use crate::context::summary::{MARKING, SummaryTask};
use crate::error::Fault;
use crate::line::point_at;
use crate::model::{Message, Point, Role};
use crate::seal::{RowFault, message_name, open_message};
use crate::store::Store;
use crate::store::rows::MessageRow;

use super::reader::{PAGE, Reader};

/// Messages that a summary is made from.
const SOURCE: usize = 2_000;
/// Characters of each of them.
const SOURCE_CHARS: usize = 4_096;

impl<S: Store> Reader<'_, S> {
    /// What a summary that ends at `end` is made from: the summary before it and what was said since.
    pub(super) async fn summary_task(
        &mut self,
        end: u64,
        share: u64,
    ) -> Result<SummaryTask, Fault> {
        let upto = point_at(self.store, self.of, self.end, end).await?;
        let upto = upto.ok_or_else(|| RowFault::Missing.of(format_args!("position {end}")))?;
        let previous = self.summary(end.saturating_sub(1)).await?;
        let first = previous.as_ref().map_or(1, |summary| summary.upto.position + 1);
        let (mut messages, mut next) = (Vec::new(), end);
        // About four characters are a token.
        let mut left = usize::try_from(self.room.saturating_mul(4)).unwrap_or(usize::MAX);
        while next >= first && messages.len() < SOURCE && left > 0 {
            let rows = self.rows_down_from(next, first, PAGE).await?;
            for row in &rows {
                self.add_source(row, &mut messages, &mut left)?;
            }
            let Some(last) = rows.last() else {
                let gap = Point { position: next, ..upto };
                return Err(RowFault::Missing.of(message_name(gap)).into());
            };
            next = last.point.position - 1;
        }
        if next >= first {
            let mut unbounded = usize::MAX;
            for row in self.important_rows(first, next).await? {
                self.add_source(&row, &mut messages, &mut unbounded)?;
            }
        }
        messages.sort_by_key(|message: &Message| message.point.position);
        let max_tokens = share.saturating_sub(MARKING);
        Ok(SummaryTask { upto, previous, messages, max_tokens })
    }

    /// The beginning of a message, unless it is the operator's.
    fn add_source(
        &mut self,
        row: &MessageRow,
        messages: &mut Vec<Message>,
        left: &mut usize,
    ) -> Result<(), Fault> {
        if row.role == Role::System {
            return Ok(());
        }
        let mut message = open_message(self.of.key, &self.of.id, row, &mut self.buffer)?;
        let content = &mut message.words.content;
        if let Some((cut, _)) = content.char_indices().nth(SOURCE_CHARS) {
            content.truncate(cut);
        }
        *left = left.saturating_sub(content.len());
        messages.push(Message { tokens: None, ..message });
        Ok(())
    }
}
