//! From an incoming event to the reply that is owed for it.
//!
//! An adapter hands in [`Incoming`]; [`Bot::receive`] has stored it when it returns. One worker per busy place takes
//! events in order; places run side by side. Each event is decided in one commit: its effect, the fact that it is done,
//! and the answer that is owed. An [`Outlet`] delivers answers, which are data: text, buttons, a file, visibility.
//!
//! Not here: any platform's types or limits, and any rule about sessions.
//!
//! Invariant: an event whose `receive` has returned takes effect exactly once, whatever happens to the process.
//! Invariant: a private answer is never shown to a group, however late it comes.

mod access;
mod aside;
mod backoff;
mod bot;
mod button;
mod catch;
mod causes;
mod handle;
mod incoming;
mod link;
mod meter;
mod outbox;
mod pace;
mod queue;
mod reply;
mod restored;
mod stored;
mod suggest;
mod verify;
mod whereabouts;
mod words;

pub use access::Access;
pub use aside::{Content, SetAside, give_up, set_aside, try_at_next_start};
pub use backoff::Backoff;
pub use bot::held::Held;
pub use bot::load::Load;
pub use bot::{Bot, BotError, Settings, Taken};
pub use causes::Causes;
pub use incoming::{Body, Incoming, Peer};
pub use link::{Link, LinkState, Standing};
pub use meter::Meter;
pub use outbox::{Delivered, Outlet, Parcel, RenderedFile};
pub use pace::{Limit, Pace};
pub use queue::QUEUE_BOUNDS;
pub use reply::{Address, Button, FileRef, Reply, Shape};
pub use restored::{HeldBack, RESTORED, hold_back};
pub use sessions::Environment;
pub use sessions::store::Store;
pub use suggest::Suggestions;
pub use verify::verify_queues;
pub use whereabouts::owner_of;
