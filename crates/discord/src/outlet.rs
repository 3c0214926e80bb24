//! Delivering what the bot owes: one try for each parcel, and the truth about what became of it.
//!
//! ```text
//! interaction, within 15 minutes   private, or in a direct chat: its own message, then follow-ups, as ephemeral as that
//!                                  for all to hear: a message in the channel; a page: in the message that was pressed
//! typed text                       for all to hear, or in a direct chat: a message in the channel
//!                                  private: a note in the channel with a button, whose press is an interaction
//! later interactions               private: the direct chat; where that is closed, a note with a button
//! ```
//!
//! Not here: order, pacing and trying again, which are the bot's; what a parcel says.
//!
//! Invariant: a private answer to somebody in a guild reaches that person or nobody. What the channel may see instead is a
//! note without any of it.
//! Invariant: what may have arrived is sent again only where Discord drops what is sent twice: by a nonce, or as an edit.
//! Invariant: no text, no name and no token is logged; a refusal is logged by its codes and the server's own words.

mod admin;
mod answer;
mod body;
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

use crate::api::Api;
use crate::render;
use crate::ticket::Ticket;

use answer::Answered;
use body::Piece;
use note::Note;
use recent::Recent;
use wire::Wire;

/// To one channel: five in any five seconds.
const CHANNEL: Limit = Limit { burst: 5, every: Duration::from_secs(1) };
/// To all of them: fifty in any second.
const ACCOUNT: Limit = Limit { burst: 5, every: Duration::from_millis(23) };

/// The way out to Discord.
pub struct DiscordOutlet {
    delivery: Delivery<Api>,
    is_paced: bool,
}

impl DiscordOutlet {
    pub(crate) fn new(api: Api) -> Self {
        Self { delivery: Delivery::new(api, now()), is_paced: true }
    }

    /// The bot's own id, once Discord has been asked.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        self.delivery.wire.me().map(|me| me.id.as_str())
    }

    /// Without limits of our own, for a server that has none.
    #[must_use]
    pub fn unpaced(self) -> Self {
        Self { is_paced: false, ..self }
    }
}

impl Outlet for DiscordOutlet {
    async fn deliver(&self, parcel: Parcel) -> Delivered {
        self.delivery.deliver(parcel, now()).await
    }

    fn chunks(&self, to: &Address, reply: Reply) -> Vec<Reply> {
        if needs_press(to, reply.private) { vec![reply] } else { chunks(reply) }
    }

    fn pace(&self, to: &Address) -> Pace {
        if self.is_paced { pace(to, now()) } else { Pace::default() }
    }

    async fn is_admin(&self, to: &Address) -> Option<bool> {
        if to.direct { Some(false) } else { self.delivery.runs_the_channel(to).await }
    }
}

/// In milliseconds since the epoch.
fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    i64::try_from(now).unwrap_or(i64::MAX)
}

/// Interactions do not count among what a bot may send.
fn pace(to: &Address, now: i64) -> Pace {
    let ticket = Ticket::from_wire(to.ticket.as_deref());
    if ticket.live_interaction(now).is_some() {
        return Pace::default();
    }
    Pace { chat: CHANNEL, account: ACCOUNT }
}

/// Whether an answer is for one person's eyes where nothing but a press can show it to them: what was typed in a guild.
fn needs_press(to: &Address, private: bool) -> bool {
    private && !to.direct && Ticket::from_wire(to.ticket.as_deref()).interaction.is_none()
}

/// Cuts an answer into messages. A file goes with the last one; the first alone may take the place of another message.
fn chunks(reply: Reply) -> Vec<Reply> {
    if render::fits(&reply.text, render::MESSAGE) {
        return vec![reply];
    }
    let Reply { text, shape: _, buttons, file, private, in_place } = reply;
    let mut texts = render::chunks(&text);
    if texts.is_empty() {
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

/// Delivers over a wire, and remembers what it did last.
struct Delivery<W> {
    wire: W,
    /// When it began to, in milliseconds since the epoch: of what happened later it has seen everything.
    since: i64,
    /// The interactions whose own message says something.
    filled: Recent<()>,
    /// The events that a message in the channel has referred to.
    referred: Recent<()>,
    /// Since when it is not known whether a message has arrived, by its nonce.
    doubts: Recent<i64>,
    /// The direct chats of people.
    direct: Recent<u64>,
    notes: Recent<Note>,
}

/// What a parcel is an answer to.
struct Case<'a> {
    to: &'a Address,
    ticket: &'a Ticket,
    /// In milliseconds since the epoch.
    now: i64,
}

impl Case<'_> {
    /// The channel in which it happened, or the thread.
    fn spot(&self) -> &str {
        self.to.thread.as_deref().unwrap_or(&self.to.chat)
    }

    /// Whether it is known where to: what is no id would be another path.
    fn is_possible(&self) -> bool {
        let mut ids = [Some(&self.to.chat), self.to.thread.as_ref(), Some(&self.to.peer)];
        ids.iter_mut().flatten().all(|id| is_id(id))
    }
}

fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())
}

impl<W: Wire> Delivery<W> {
    fn new(wire: W, since: i64) -> Self {
        Self {
            wire,
            since,
            filled: Recent::default(),
            referred: Recent::default(),
            doubts: Recent::default(),
            direct: Recent::default(),
            notes: Recent::default(),
        }
    }

    /// Makes one try; `now` in milliseconds since the epoch.
    async fn deliver(&self, parcel: Parcel, now: i64) -> Delivered {
        let ticket = Ticket::from_wire(parcel.to.ticket.as_deref());
        let to = parcel.to.clone();
        let case = Case { to: &to, ticket: &ticket, now };
        if !case.is_possible() {
            tracing::error!("an answer has an address that is not one of Discord");
            return Delivered::Dead;
        }
        if let Some(interaction) = ticket.live_interaction(now) {
            match self.answer(&parcel, &case, interaction).await {
                Answered::Settled(delivered) => return delivered,
                Answered::Impossible => {}
            }
        }
        if parcel.is_kept && needs_press(&to, parcel.private) {
            return Delivered::NeedsPress;
        }
        if parcel.private && !to.direct {
            return self.whisper(parcel, &case).await;
        }
        match self.post(&case, case.spot(), Piece::all_of(parcel)).await {
            Ok(()) => Delivered::Sent,
            Err(error) => error.became(&to),
        }
    }
}
