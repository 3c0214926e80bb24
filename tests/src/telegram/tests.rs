//! The fake itself, driven by raw HTTP: what a bot is told, what people see, what goes wrong when it should.

mod client;
mod ephemeral;
mod fault;
mod talk;
mod updates;

use client::Client;

use super::*;

/// A server of today with a bot.
fn start() -> (FakeTelegram, Client) {
    let telegram = FakeTelegram::start();
    let bot = Client::of(&telegram);
    (telegram, bot)
}
