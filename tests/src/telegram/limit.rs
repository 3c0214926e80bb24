//! How much the platform lets a bot send: a second, a chat, a group. Sends and edits count alike.
//!
//! Not here: the platform's clock. Who waits for `retry_after` waits on the machine's.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// How much may be sent.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// In all, in one second.
    pub a_second: usize,
    /// In one chat, at once; then one a second.
    pub chat_burst: usize,
    /// In one group, in one minute.
    pub group_a_minute: usize,
}

impl Default for Limits {
    /// What Telegram writes: 30 a second, 1 a second in a chat, 20 a minute in a group.
    fn default() -> Self {
        Self { a_second: 30, chat_burst: 1, group_a_minute: 20 }
    }
}

/// What was sent lately.
#[derive(Debug)]
pub(super) struct Limiter {
    limits: Limits,
    all: VecDeque<Instant>,
    chats: BTreeMap<i64, VecDeque<Instant>>,
}

impl Limiter {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, all: VecDeque::new(), chats: BTreeMap::new() }
    }

    /// Counts a send, or says after how many seconds it may be tried again.
    pub(super) fn admit(&mut self, chat: i64, is_group: bool, now: Instant) -> Result<(), u64> {
        let Limits { a_second, chat_burst, group_a_minute } = self.limits;
        let sent = self.chats.entry(chat).or_default();
        let second = Duration::from_secs(1);
        let burst = second * u32::try_from(chat_burst).unwrap_or(u32::MAX);
        let minute = Duration::from_secs(60);
        let waits = [
            wait(&self.all, a_second, second, now),
            wait(sent, chat_burst, burst, now),
            if is_group { wait(sent, group_a_minute, minute, now) } else { None },
        ];
        match waits.into_iter().flatten().max() {
            Some(wait) => Err(wait.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)),
            None => {
                for sent in [&mut self.all, sent] {
                    sent.retain(|at| now.duration_since(*at) < minute);
                    sent.push_back(now);
                }
                Ok(())
            }
        }
    }
}

/// How long until fewer than so many lie within the time before now.
fn wait(sent: &VecDeque<Instant>, most: usize, within: Duration, now: Instant) -> Option<Duration> {
    let first = sent.len().checked_sub(most.max(1))?;
    let over = *sent.get(first)? + within;
    over.checked_duration_since(now).filter(|wait| !wait.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_a_group_and_all_have_their_own_limits() {
        let mut limiter = Limiter::new(Limits { a_second: 4, chat_burst: 2, group_a_minute: 3 });
        let start = Instant::now();
        let mut admit = |chat, at| limiter.admit(chat, chat < 0, start + Duration::from_millis(at));
        assert_eq!([admit(1, 0), admit(1, 0), admit(1, 0)], [Ok(()), Ok(()), Err(2)]);
        assert_eq!([admit(1, 1900), admit(1, 2000), admit(1, 2001)], [Err(1), Ok(()), Ok(())]);
        assert_eq!([admit(2, 2002), admit(3, 2003), admit(4, 2004)], [Ok(()), Ok(()), Err(1)]);
        assert_eq!([admit(-1, 4000), admit(-1, 6000), admit(-1, 8000)], [Ok(()); 3]);
        assert_eq!(admit(-1, 10_000), Err(54));
    }
}
