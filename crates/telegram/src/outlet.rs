//! Delivering what the bot owes: one try for each parcel, and the truth about what became of it.
//!
//! Not here: order, pacing and trying again, which are the bot's; what a parcel says.
//!
//! Invariant: a private answer to somebody in a group reaches that person or nobody. What the group may see instead is a
//! note without any of it.
//! Invariant: what may have arrived is not sent again, and what certainly did not is not called sent.
//! Invariant: no text and no name is logged; a refusal is logged by its code and the server's own words.

mod note;
mod post;
mod recent;
#[cfg(test)]
mod tests;
mod verdict;
mod whisper;
mod wire;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bot::{Address, Delivered, Limit, Outlet, Pace, Parcel, Reply};

use crate::admins::Admins;
use crate::api::Api;
use crate::render;
use crate::ticket::Ticket;

use note::Notes;
use post::{Edited, Piece, Spot, Words};
use verdict::{RETRY, became};
use whisper::Whispers;
use wire::{Knows, Wire};

/// To one chat: one a second, a few at once.
const CHAT: Limit = Limit { burst: 3, every: Duration::from_secs(1) };
/// To one group: twenty in any minute, the first few at once.
const GROUP: Limit = Limit { burst: 3, every: Duration::from_millis(3_500) };
/// To all chats: thirty in any second.
const ACCOUNT: Limit = Limit { burst: 4, every: Duration::from_millis(38) };

/// The way out to Telegram.
pub struct TelegramOutlet {
    delivery: Delivery<Api>,
    admins: Admins,
    is_paced: bool,
}

impl TelegramOutlet {
    pub(crate) fn new(api: Api, admins: Admins) -> Self {
        Self { delivery: Delivery::new(api), admins, is_paced: true }
    }

    /// The bot's own id.
    #[must_use]
    pub fn account(&self) -> &str {
        self.delivery.wire.account()
    }

    /// Without limits of our own, for a server that has none.
    #[must_use]
    pub fn unpaced(self) -> Self {
        Self { is_paced: false, ..self }
    }
}

impl Outlet for TelegramOutlet {
    async fn deliver(&self, parcel: Parcel) -> Delivered {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        self.delivery.deliver(parcel, i64::try_from(now).unwrap_or(i64::MAX)).await
    }

    fn chunks(&self, _to: &Address, reply: Reply) -> Vec<Reply> {
        chunks(reply)
    }

    fn pace(&self, to: &Address) -> Pace {
        if !self.is_paced {
            return Pace::default();
        }
        Pace { chat: if to.direct { CHAT } else { GROUP }, account: ACCOUNT }
    }

    async fn is_admin(&self, to: &Address) -> Option<bool> {
        if to.direct { Some(false) } else { self.admins.is_admin(&to.chat, &to.peer).await }
    }
}

/// Cuts an answer into messages. A file stands last, with the text as its caption where that is short enough; the first
/// piece alone may take the place of another message.
fn chunks(reply: Reply) -> Vec<Reply> {
    let Reply { text, buttons, file, private, in_place, .. } = reply;
    let is_caption = file.is_some() && render::fits(&text, render::CAPTION);
    let mut texts = if is_caption { vec![text] } else { render::chunks(&text) };
    if (file.is_some() && !is_caption) || texts.is_empty() {
        texts.push(String::new());
    }
    let mut replies: Vec<Reply> = texts
        .into_iter()
        .enumerate()
        .map(|(number, text)| {
            let in_place = in_place && number == 0;
            Reply { text, private, in_place, ..Reply::default() }
        })
        .collect();
    if let Some(last) = replies.last_mut() {
        last.buttons = buttons;
        last.file = file;
    }
    replies
}

/// Delivers over a wire, and remembers what it has learnt about the server for as long as the program runs.
struct Delivery<W> {
    wire: W,
    knows: Knows,
    notes: Notes,
    whispers: Whispers,
}

impl<W: Wire> Delivery<W> {
    fn new(wire: W) -> Self {
        let (knows, notes) = (Knows::default(), Notes::default());
        Self { wire, knows, notes, whispers: Whispers::default() }
    }

    /// Makes one try; `now` in seconds since the epoch.
    async fn deliver(&self, parcel: Parcel, now: i64) -> Delivered {
        let Some(spot) = Spot::of(&parcel.to) else {
            tracing::error!("an answer has an address that is not one of Telegram");
            return Delivered::Dead;
        };
        let ticket = Ticket::from_wire(parcel.to.ticket.as_deref());
        if parcel.private && !parcel.to.direct {
            return self.whisper(parcel, spot, &ticket, now).await;
        }
        if let Some(message) = replaceable(&parcel, &ticket) {
            let words = Words::of(&parcel.text);
            match self.edit(&spot, message, &words, &parcel.buttons).await {
                Edited::Done => return Delivered::Sent,
                // The same however often it is done.
                Edited::Unsure => return RETRY,
                Edited::Failed(error) => return became(&error),
                Edited::Impossible => {}
            }
        }
        match self.post(spot, Piece::all_of(parcel)).await {
            Ok(()) => Delivered::Sent,
            Err(error) => error.became(),
        }
    }
}

/// The message that a parcel takes the place of.
fn replaceable(parcel: &Parcel, ticket: &Ticket) -> Option<i32> {
    let is_possible = parcel.in_place
        && ticket.press.is_some()
        && parcel.file.is_none()
        && render::fits(&parcel.text, render::MESSAGE);
    ticket.message.filter(|_| is_possible)
}
