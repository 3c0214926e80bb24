//! The harness for stories told to the real program: lines in, exact words out.
//!
//! A [`Home`] is a data folder of its own; a [`Console`] is the program at work in it, one line and one reply at a time;
//! [`Home::pipes`] is a whole run of it; a [`Daemon`] is `sessionsd run` beside a [`FakeTelegram`], a
//! [`FakeDiscord`], or both. What differs from run to run (ids, paths) is shown by stable names; the clock is set by the
//! harness, so that times are shown as they are.
//!
//! Not here: anything that the program does. Its crates are not among the dependencies; it is built and started like
//! anybody would.
//!
//! Invariant: nothing here waits for a time to pass. A program that hangs is killed by its watchdog, and the story fails.

mod chance;
mod console;
mod daemon;
pub mod discord;
mod home;
mod names;
mod platform;
mod program;
mod service_manager;
mod telegram;
mod watchdog;
mod wire;

pub use chance::Chance;
pub use console::{Console, Reply};
pub use daemon::Daemon;
pub use discord::FakeDiscord;
pub use home::{Ended, Home};
pub use platform::{Named, Platform};
pub use rustix::process::Signal;
pub use service_manager::ServiceManager;
pub use telegram::{
    Button, Document, FakeTelegram, Fault, Gate, Limits, Measured, MessageId, Notice, Person,
    Place, Post, Press, Request, Seat, Seen, World,
};
