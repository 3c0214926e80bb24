//! Every command on Discord, in a direct channel: filled in as the client offers it, and typed as it is.

use e2e::discord::Person;
use e2e::{Daemon, FakeDiscord};

/// Tells a story to Ann and her bot. She owns it.
fn story(tell: impl Fn(&Daemon, &Person)) {
    let discord = FakeDiscord::start();
    let ann = discord.person("Ann");
    let bot = Daemon::beside(&discord).owned_by(&[&ann]).start();
    discord.connected();
    tell(&bot, &ann);
}

#[test]
fn what_is_said_is_kept() {
    story(|bot, ann| {
        insta::assert_snapshot!(bot.types_each(ann, "What is my portfolio value?"), @r"
        > What is my portfolio value?
        Kept as message 1. No assistant is configured, so nobody answers.
        ");
    });
}
