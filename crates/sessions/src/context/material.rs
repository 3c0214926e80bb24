//! What a context is chosen from: what the manager read of a session.
//!
//! Invariant: whatever may be chosen is here, each message with its count.

use crate::model::Message;

/// What is chosen from.
#[derive(Debug, Default)]
pub(crate) struct Material {
    /// The newest messages without a gap, the newest first: until they cost more than the room, or all there are.
    pub(crate) newest: Vec<Message>,
    /// The newest user message.
    pub(crate) question: Option<Message>,
    /// The first user message.
    pub(crate) first: Option<Message>,
    /// System and important messages, the most important first.
    pub(crate) important: Vec<Important>,
    /// How many messages the session has.
    pub(crate) total: u64,
}

/// An important message, and the question without which it is not shown.
#[derive(Debug)]
pub(crate) struct Important {
    pub(crate) message: Message,
    pub(crate) question: Option<Message>,
}

impl Material {
    /// Whether `newest` is the whole session.
    pub(crate) fn is_whole(&self) -> bool {
        u64::try_from(self.newest.len()).is_ok_and(|read| read >= self.total)
    }
}

/// The position of the question that an answer names.
pub(crate) fn question_position(answer: &Message) -> Option<u64> {
    answer.words.answers_to.filter(|question| (1..answer.point.position).contains(question))
}
