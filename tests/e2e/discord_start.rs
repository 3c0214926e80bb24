//! `sessionsd run` with Discord, started and stopped: what it says when it cannot run, what it does while Discord cannot be
//! reached, and both channels in one run.

use std::net::TcpListener;

use e2e::discord::{Fault, World};
use e2e::{Daemon, FakeDiscord, FakeTelegram, Signal};
use serde_json::json;

const KEPT: &str = "Kept as message 1. No assistant is configured, so nobody answers.";

/// What it says before it ends, once it does.
#[track_caller]
fn complained(bot: &mut Daemon) -> String {
    let ended = bot.ends();
    assert!(matches!(ended.code, Some(1 | 78)), "{:?}: {}", ended.code, ended.stderr);
    let at = ended.stderr.find("sessionsd: ").expect("it says why");
    bot.shown(ended.stderr.get(at..).unwrap_or_default())
}

/// What it says before it ends, when it is started.
#[track_caller]
fn complains(bot: &mut Daemon) -> String {
    bot.starts();
    complained(bot)
}

/// An address where nobody listens.
fn nowhere() -> String {
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    format!("http://{}", address.expect("a port is free"))
}

/// Stops it as a service manager does; with errors in its log or without.
#[track_caller]
fn ends_well(bot: &mut Daemon) {
    bot.signal(Signal::TERM);
    let ended = bot.ends();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

#[test]
fn a_token_that_discord_does_not_know_ends_it() {
    let discord = FakeDiscord::start();
    let mut bot = Daemon::beside(&discord)
        .set("discord.token", "OTAwMDAwMDAwMDAwMDAwMDAx.Gother.that-nobody-knows_0123456789abcdef");
    insta::assert_snapshot!(complains(&mut bot), @"sessionsd: Discord does not know this token: check discord.token or discord.token_file against what the developer portal shows under Bot (Reset Token gives out a new one), and discord.api_url if that is set");
    assert!(!bot.log().contains("nobody-knows"));
}

#[test]
fn a_token_that_is_none_and_a_guild_that_is_none_are_refused_without_being_shown() {
    let discord = FakeDiscord::start();
    let mut bot = Daemon::beside(&discord)
        .set("discord.token", "my secret token")
        .set("discord.guilds", vec!["Crew"])
        .set("discord.api_url", "discord.com");
    insta::assert_snapshot!(complains(&mut bot), @"
    sessionsd: the configuration HOME/sessionsd.toml cannot be used:
      discord.api_url: a URL is expected that begins with https://
      discord.guilds: “Crew” is not the number of a guild: Discord shows it as Copy Server ID
      discord.token: the Discord token has characters that no token has: it is letters, digits, “_”, “-” and two dots, on one line
    ");
    assert!(!bot.log().contains("my secret"));
}

#[test]
fn a_token_file_that_is_missing_is_named() {
    let discord = FakeDiscord::start();
    let ann = discord.person("Ann");
    let mut bot = Daemon::beside(&discord).unset("discord.token");
    let file = bot.home().path().join("discord.token");
    bot.sets("discord.token_file", file.display().to_string());
    insta::assert_snapshot!(complains(&mut bot), @"
    sessionsd: the configuration HOME/sessionsd.toml cannot be used:
      discord.token_file: HOME/discord.token cannot be read: No such file or directory (os error 2)
    ");
    std::fs::write(&file, format!("{}\n", discord.token())).expect("it can be written");
    bot.starts();
    discord.connected();
    assert_eq!(bot.types(&ann, "one"), KEPT);
}

#[test]
fn a_token_that_is_revoked_while_it_runs_ends_it() {
    let discord = FakeDiscord::start();
    let ann = discord.person("Ann");
    let mut bot = Daemon::beside(&discord).start();
    discord.connected();
    assert_eq!(bot.types(&ann, "one"), KEPT);
    discord.revokes_token();
    insta::assert_snapshot!(complained(&mut bot), @"sessionsd: Discord does not know this token: check discord.token or discord.token_file against what the developer portal shows under Bot (Reset Token gives out a new one), and discord.api_url if that is set");
}

#[test]
fn an_intent_that_is_not_granted_ends_it_at_the_start_and_later() {
    let discord = FakeDiscord::start();
    let mut bot = Daemon::beside(&discord).set("discord.message_content", true).start();
    discord.connected();
    discord.disallows_message_content();
    discord.invalidates_session(false);
    let late = complained(&mut bot);
    insta::assert_snapshot!(late, @"sessionsd: Discord does not grant the message content intent: switch on “Message Content Intent” in the developer portal under Bot, Privileged Gateway Intents, or set discord.message_content = false");
    bot.starts();
    assert!(bot.ends().stderr.ends_with(&late));
    bot.logs("the developer portal shows Message Content Intent as off");
    bot.sets("discord.message_content", false);
    bot.starts();
    discord.connected();
}

#[test]
fn a_server_that_is_not_there_is_waited_for_and_stopping_does_not_wait() {
    let discord = FakeDiscord::start();
    let mut bot = Daemon::at("discord", &nowhere(), &discord.token()).start();
    let line = bot.logs("Discord cannot be reached");
    assert!(line.contains("trying again until it answers"), "{line}");
    assert!(line.contains("no connection"), "{line}");
    bot.stops();
    assert!(!bot.log().contains(&discord.token()));
}

#[test]
fn what_is_not_discord_s_api_is_told_so() {
    for status in [200, 302, 403, 404, 502] {
        let discord = FakeDiscord::start();
        discord.breaks(Fault::page(status).always());
        let mut bot = Daemon::beside(&discord).start();
        let line = bot.logs("Discord cannot be reached");
        assert!(status == 502 || line.contains("check discord.api_url"), "{line}");
        bot.stops();
    }
}

#[test]
fn it_goes_on_when_discord_is_back_and_what_was_said_meanwhile_is_answered() {
    let discord = FakeDiscord::start();
    let ann = discord.person("Ann");
    let mut bot = Daemon::beside(&discord).start();
    discord.connected();
    assert_eq!(bot.types(&ann, "one"), KEPT);
    bot.stops();
    ann.says("two");
    discord.breaks(Fault::cut_before().of("GET /users/@me"));
    discord.breaks(Fault::page(502).of("GET /gateway"));
    bot.starts();
    assert!(ann.hears().text.starts_with("Kept as message 2."));
}

#[test]
fn the_gateway_is_where_rest_says_and_nowhere_else() {
    let (rest, gateway) = (FakeDiscord::start(), FakeDiscord::start());
    rest.names_gateway(&gateway.url().replace("http://", "ws://"));
    let mut bot = Daemon::beside(&rest).start();
    gateway.connected();
    bot.stops();
    assert_eq!((rest.look(World::identifies), gateway.look(World::identifies)), (0, 1));
    assert_eq!(gateway.look(|world| world.requests().len()), 0);
    // What is no gateway is not tried, and no other one is.
    for url in ["http://127.0.0.1:1", "ftp://127.0.0.1", "", "127.0.0.1", "ws://127.0.0.1:1/?x=y"] {
        rest.names_gateway(url);
        let mut bot = Daemon::beside(&rest).start();
        let line = bot.logs("no connection to Discord's gateway");
        assert!(line.contains("the address of the gateway is none that can be used"), "{line}");
        bot.stops();
    }
}

#[test]
fn a_gateway_that_is_not_there_is_waited_for_and_stopping_does_not_wait() {
    let discord = FakeDiscord::start();
    discord.goes_offline();
    let mut bot = Daemon::beside(&discord).start();
    bot.logs("no connection to Discord's gateway");
    bot.stops();
    discord.comes_back();
    bot.starts();
    discord.connected();
    discord.goes_offline();
    discord.breaks(Fault::page(502).always());
    discord.wait_for(|world| (!world.is_connected()).then_some(()));
    bot.stops();
}

#[test]
fn both_channels_are_served_in_one_run() {
    let (telegram, discord) = (FakeTelegram::start(), FakeDiscord::start());
    let (ann, ben) = (telegram.person("Ann"), discord.person("Ben"));
    let bot = Daemon::beside(&telegram).and_beside(&discord).owned_by(&[&ann, &ben]).start();
    discord.connected();
    insta::assert_snapshot!(bot.talk(&ann, "one\n/session scope main\nfrom Telegram"), @"
    > one
    Kept as message 1. No assistant is configured, so nobody answers.
    > /session scope main
    Scope is now main (one session for the whole store). Current session: s-1 (0 messages). Nothing was merged; the other sessions stay where they were. Beware: every owner shares this session, from every direct chat with this scope.
    > from Telegram
    Kept as message 1. No assistant is configured, so nobody answers.
    ");
    insta::assert_snapshot!(bot.types_each(&ben, "one\n/session scope main\n/history"), @r"
    > one
    Kept as message 1. No assistant is configured, so nobody answers.
    > /session scope main
    Scope is now main (one session for the whole store). Current session: s-1 (1 message). Nothing was merged; the other sessions stay where they were. Beware: every owner shares this session, from every direct chat with this scope.
    > /history
    Session s-1, messages 1 to 1 of 1

    \#1 user · DATE TIME UTC
    from Telegram
    ");
}

#[test]
fn a_channel_that_fails_for_good_ends_the_other_too() {
    let (telegram, discord) = (FakeTelegram::start(), FakeDiscord::start());
    let ann = telegram.person("Ann");
    let mut bot = Daemon::beside(&telegram).and_beside(&discord).start();
    discord.connected();
    assert_eq!(bot.answer(&ann, "one"), KEPT);
    discord.revokes_token();
    insta::assert_snapshot!(complained(&mut bot), @"sessionsd: Discord does not know this token: check discord.token or discord.token_file against what the developer portal shows under Bot (Reset Token gives out a new one), and discord.api_url if that is set");
    let mut bot = Daemon::beside(&FakeDiscord::start())
        .and_beside(&telegram)
        .set("telegram.token", "5000000001:AAanother_token_that_nobody_knows_0123");
    insta::assert_snapshot!(complains(&mut bot), @"sessionsd: Telegram does not know this token: check telegram.token or telegram.token_file against what @BotFather shows, and telegram.api_url if that is set");
}

#[test]
fn while_one_channel_cannot_be_reached_the_other_is_served_and_both_stop_at_once() {
    let (telegram, discord) = (FakeTelegram::start(), FakeDiscord::start());
    let (ann, ben) = (telegram.person("Ann"), discord.person("Ben"));
    let mut bot = Daemon::beside(&telegram).and_beside(&discord);
    bot.sets("discord.api_url", nowhere());
    bot.starts();
    assert_eq!(bot.answer(&ann, "one"), KEPT);
    bot.logs("Discord cannot be reached");
    bot.stops();
    bot.sets("discord.api_url", discord.url());
    bot.sets("telegram.api_url", nowhere());
    bot.starts();
    discord.connected();
    assert_eq!(bot.types(&ben, "one"), KEPT);
    ends_well(&mut bot);
}

#[test]
fn what_serenity_cannot_read_is_logged_by_its_type_and_what_follows_is_heard() {
    let discord = FakeDiscord::start();
    let ann = discord.person("Ann");
    let bot = Daemon::beside(&discord).start();
    discord.connected();
    discord.unreadable_event();
    discord.unreadable_event();
    discord.odd_event("VOICE_CHANNEL_EFFECT", json!({"unheard": "of"}));
    discord.odd_event("GUILD_MEMBER_ADD", json!({"guild_id": "no number"}));
    assert_eq!(bot.types(&ann, "one"), KEPT);
    for (kind, words) in [
        ("GUILD_CREATE", "of it is taken what can be read"),
        ("VOICE_CHANNEL_EFFECT", "it is passed over"),
        ("GUILD_MEMBER_ADD", "it is passed over"),
    ] {
        let log = bot.log();
        let lines: Vec<_> = log.lines().filter(|line| line.contains(kind)).collect();
        assert_eq!(lines.len(), 1, "{kind}: {log}");
        assert!(lines[0].contains(words), "{lines:?}");
    }
}

#[test]
fn a_message_that_serenity_cannot_read_is_answered_as_far_as_it_can_be_read() {
    let discord = FakeDiscord::start();
    let ann = discord.person("Ann");
    let bot = Daemon::beside(&discord).start();
    discord.connected();
    let said = ann.says("");
    discord.odd_event(
        "MESSAGE_CREATE",
        json!({
            "id": (said.id() + 1).to_string(), "channel_id": ann.place().id().to_string(), "type": 0,
            "content": "one", "author": {"id": ann.id().to_string(), "username": "ann"},
        }),
    );
    assert!(ann.hears().text.starts_with("Kept as message 1."));
    assert!(bot.runs(&ann, "/history show").ends_with("one"));
}

#[test]
fn frames_that_are_nothing_do_not_stop_it() {
    let discord = FakeDiscord::start();
    let ann = discord.person("Ann");
    let bot = Daemon::beside(&discord).start();
    discord.connected();
    for frame in [
        "",
        "no JSON",
        "{}",
        "[]",
        "null",
        "{\"op\":99}",
        "{\"op\":0,\"t\":null,\"s\":null,\"d\":null}",
    ] {
        discord.odd_frame(frame);
    }
    ann.says("one");
    assert_eq!(ann.hears().text, KEPT);
    assert!(bot.runs(&ann, "/history show").ends_with("one"));
}
