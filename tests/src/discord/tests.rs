//! The fake itself, driven by raw HTTP and WebSocket: what a bot is told, what people see, what goes wrong when it should.

mod channel;
mod client;
mod command;
mod fault;
mod gateway;
mod interaction;
mod wire;

use client::Client;
use wire::Wire;

use super::*;

/// A server with a bot that asks by REST.
fn start() -> (FakeDiscord, Client) {
    let discord = FakeDiscord::start();
    let bot = Client::of(&discord);
    (discord, bot)
}

/// The intents of guilds, messages of both kinds, without content.
const PLAIN: u64 = 1 | 1 << 9 | 1 << 12;
