//! Which channels the bot is active in, and up to where each has been taken in: low-water marks.
//!
//! The marks are kept as notes, `discord/<account>/mark/<slot>`, each holding a channel and the id of a message (8 bytes
//! each, big-endian). There are so many slots; the channel that was silent for the longest gives up its own.
//!
//! A mark that is behind costs a fetch of what is known already; one that is ahead would lose messages. So they are
//! written after what they stand for, a moment later, but that of a new channel before.
//!
//! Invariant: everything of a channel up to its mark has been taken in.

use std::collections::HashMap;

use crate::inbox::Inbox;

use super::first_id_at;

/// Channels that are remembered at most.
const SLOTS: usize = 256;

/// The marks of all active channels.
#[derive(Default)]
pub(crate) struct Marks {
    account: String,
    slots: Vec<Slot>,
    by_channel: HashMap<u64, usize>,
    clock: u64,
}

#[derive(Clone, Copy)]
struct Slot {
    channel: u64,
    mark: u64,
    used: u64,
    is_written: bool,
}

impl Marks {
    /// The marks that were kept for an account.
    pub(crate) async fn load<I: Inbox>(inbox: &I, account: &str) -> Result<Self, I::Error> {
        let mut marks = Self { account: account.to_owned(), ..Self::default() };
        for number in 0..SLOTS {
            let Some(note) = inbox.noted(&marks.name(number)).await? else { break };
            let whole = u128::from_be_bytes(note);
            let (channel, mark) = ((whole >> 64) as u64, whole as u64);
            if channel != 0 {
                marks.by_channel.insert(channel, number);
            }
            marks.slots.push(Slot { channel, mark, used: mark, is_written: true });
        }
        marks.begin_at_restore(inbox).await?;
        marks.clock = marks.slots.iter().map(|slot| slot.used).max().unwrap_or_default();
        Ok(marks)
    }

    /// In a store that comes from a backup, what was said before that was restored is not fetched.
    async fn begin_at_restore<I: Inbox>(&mut self, inbox: &I) -> Result<(), I::Error> {
        let Some(note) = inbox.noted(bot::RESTORED).await? else { return Ok(()) };
        let restored = first_id_at(i64::try_from(u128::from_be_bytes(note)).unwrap_or_default());
        for slot in self.slots.iter_mut().filter(|slot| slot.channel != 0 && slot.mark < restored) {
            (slot.mark, slot.used, slot.is_written) = (restored, restored, false);
        }
        Ok(())
    }

    /// The channels and their marks.
    pub(crate) fn all(&self) -> Vec<(u64, u64)> {
        let named = |(channel, number): (&u64, &usize)| {
            self.slots.get(*number).map(|slot| (*channel, slot.mark))
        };
        self.by_channel.iter().filter_map(named).collect()
    }

    /// The mark of a channel, if the bot is active there.
    pub(crate) fn get(&self, channel: u64) -> Option<u64> {
        self.slots.get(*self.by_channel.get(&channel)?).map(|slot| slot.mark)
    }

    /// Begins to remember a channel; answers whether it is a new one.
    pub(crate) fn begin(&mut self, channel: u64, mark: u64) -> bool {
        self.clock += 1;
        if let Some(slot) = self.slot(channel) {
            slot.used = slot.used.max(mark);
            return false;
        }
        let slot = Slot { channel, mark, used: self.clock.max(mark), is_written: false };
        let number = self.free();
        match self.slots.get_mut(number) {
            Some(taken) => {
                self.by_channel.remove(&taken.channel);
                *taken = slot;
            }
            None => self.slots.push(slot),
        }
        self.by_channel.insert(channel, number);
        true
    }

    /// Moves the mark of a channel that is remembered.
    pub(crate) fn advance(&mut self, channel: u64, mark: u64) {
        if let Some(slot) = self.slot(channel)
            && slot.mark < mark
        {
            slot.mark = mark;
            slot.used = slot.used.max(mark);
            slot.is_written = false;
        }
    }

    /// Stops remembering a channel. Its slot is the next to be taken.
    pub(crate) fn end(&mut self, channel: u64) {
        if let Some(slot) = self.slot(channel) {
            (slot.used, slot.channel, slot.mark, slot.is_written) = (0, 0, 0, false);
        }
        self.by_channel.remove(&channel);
    }

    /// Writes what has changed.
    pub(crate) async fn save<I: Inbox>(&mut self, inbox: &I) -> Result<(), I::Error> {
        for number in 0..self.slots.len() {
            let Some(slot) = self.slots.get(number).copied().filter(|slot| !slot.is_written) else {
                continue;
            };
            let whole = u128::from(slot.channel) << 64 | u128::from(slot.mark);
            inbox.note(&self.name(number), whole.to_be_bytes()).await?;
            self.slots.get_mut(number).into_iter().for_each(|slot| slot.is_written = true);
        }
        Ok(())
    }

    fn name(&self, number: usize) -> String {
        format!("discord/{}/mark/{number}", self.account)
    }

    fn slot(&mut self, channel: u64) -> Option<&mut Slot> {
        self.slots.get_mut(*self.by_channel.get(&channel)?)
    }

    /// The number of a slot to take.
    fn free(&self) -> usize {
        let is_full = self.slots.len() >= SLOTS;
        let oldest = self.slots.iter().enumerate().min_by_key(|(_, slot)| slot.used);
        match oldest {
            Some((number, slot)) if is_full || slot.channel == 0 => number,
            _ => self.slots.len(),
        }
    }
}
