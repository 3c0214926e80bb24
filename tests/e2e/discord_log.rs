//! What is private is in no log, however much is asked for, and in no file in clear: tokens of the bot and of interactions,
//! texts, names, ids of people, what is on buttons; when all goes well, when Discord fails, and when it sends what nobody
//! can read.

use e2e::discord::{Fault, Person, Post};
use e2e::{Daemon, FakeDiscord};
use serde_json::{Value, json};

/// Of a message, a name of a checkpoint, its description, a title, words searched for, of what cannot be read, of files.
const WORDS: [&str; 8] = [
    "zebra-7731",
    "yak-4410",
    "okapi-5502",
    "ibex-9921",
    "gnu-6604",
    "lynx-1207",
    "moth-3318",
    "newt-8843",
];
/// Of people, of a guild, of a channel, of threads.
const NAMES: [&str; 6] = ["Quagga", "Kiwibird", "Bongo", "Kudu", "Dugong", "Serval"];

/// A daemon that logs all it can.
fn loud(daemon: Daemon) -> Daemon {
    daemon.variable("SESSIONSD_LOG", "trace").variable("RUST_BACKTRACE", "1")
}

/// Asserts that none of these is there, in whatever case.
#[track_caller]
fn assert_none(private: &[String], place: &str, content: &[u8]) {
    let content = String::from_utf8_lossy(content).to_ascii_lowercase();
    for private in private {
        assert!(private.len() > 3, "{private:?} is a word");
        assert!(!content.contains(&private.to_ascii_lowercase()), "{private:?} is in {place}");
    }
}

/// All `custom_id`s in what was sent.
fn put_on_buttons(sent: &Value, into: &mut Vec<String>) {
    match sent {
        Value::Object(fields) => {
            into.extend(fields.get("custom_id").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| put_on_buttons(value, into));
        }
        Value::Array(values) => values.iter().for_each(|value| put_on_buttons(value, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Asserts that the log and the files of a daemon hold nothing private.
#[track_caller]
fn assert_silent(discord: &FakeDiscord, bot: &Daemon, people: &[&Person]) {
    let mut private: Vec<String> = WORDS.into_iter().chain(NAMES).map(str::to_owned).collect();
    private.extend(
        discord.token().split('.').skip(1).filter(|part| part.len() > 6).map(str::to_owned),
    );
    discord.look(|world| {
        for asked in world.requests() {
            put_on_buttons(&asked.body, &mut private);
            let parts: Vec<_> = asked.path.split('/').collect();
            if let [_, "interactions", _, token, _] | [_, "webhooks", _, token, ..] = parts[..] {
                private.push(token.to_owned());
            }
        }
    });
    private.sort();
    private.dedup();
    assert_none(&private, "the log", bot.log().as_bytes());
    // Ids of people are short here: they are looked for as words, where nothing is counted.
    let log = bot.log();
    let counted = |part: &&str| part.starts_with("seq=") || part.starts_with("ms=");
    let parts = log.split_whitespace().filter(|part| !counted(part));
    let mut words = parts.flat_map(|part| part.split(|c: char| !c.is_ascii_alphanumeric()));
    let ids: Vec<String> = people.iter().map(|person| person.id().to_string()).collect();
    let told = words.find(|word| ids.iter().any(|id| id == word));
    assert_eq!(told, None, "{log}");
    for (path, content) in bot.home().contents() {
        assert_none(&private, &path.display().to_string(), &content);
    }
}

/// Quagga says and asks all that is private, alone and then in a guild.
fn talks(discord: &FakeDiscord, bot: &Daemon, quagga: &Person, kiwi: &Person) {
    bot.types_each(
        quagga,
        "/start
         words of the zebra-7731
         /checkpoint save \"yak-4410\" \"okapi-5502\"
         /session rename \"ibex-9921\"
         /history search gnu-6604
         /history search zebra-7731
         /checkpoint list
         /checkpoint restore yak-4411
         /checkpoint restore \"yak-4410
         /teleport lynx-1207
         /session reset-time lynx-1207
         /session list all
         /context
         /whoami
         /new lynx-1207
         /undo",
    );
    bot.runs_each(
        quagga,
        "/checkpoint save name:yak-4410 description:okapi-5502
         /session rename title:ibex-9921
         /history search words:gnu-6604
         /checkpoint restore checkpoint:yak-4411
         /session reset-time time:lynx-1207
         /new text:lynx-1207
         /help command:lynx-1207",
    );
    assert_eq!(quagga.completes("/checkpoint restore checkpoint:yak-4410").offered().len(), 2);
    assert!(quagga.completes("/session resume id:gnu-6604").offered().is_empty());
    let cleared = bot.ran(quagga, "/history clear");
    // Pressed, pressed again, and a button that was never there.
    let data = &cleared.button("Undo").expect("it can be undone").data;
    for (data, answer) in [
        (data.as_str(), "Took back"),
        (data, "Other things were done since"),
        ("moth-3318", "This button is not yours"),
    ] {
        quagga.presses_data(cleared.id, data);
        let heard = quagga.hears().text;
        assert!(heard.starts_with(answer), "{heard}");
    }
    let _file = bot.ran(quagga, "/history export");
    quagga.sends(&Post::text("zebra-7731").with_file(
        "moth-3318.pdf",
        "application/pdf",
        b"newt-8843",
    ));
    let _kept = quagga.hears();
    talks_in_a_guild(discord, bot, quagga, kiwi);
}

/// The same in a guild, with somebody else there.
fn talks_in_a_guild(discord: &FakeDiscord, bot: &Daemon, quagga: &Person, kiwi: &Person) {
    let bongo = discord.guild("Bongo", &[quagga, kiwi]);
    let kudu = bongo.channel("Kudu");
    bongo.names(quagga, "Dugong");
    let there = quagga.at(&kudu);
    let _kept = bot.typed(&there, &format!("{} zebra-7731", discord.bot_mention()));
    let _card = bot.ran(&there, "/session show");
    let _shared = bot.ran(&there, "/session scope scope:group");
    let thread = there.opens_thread("Serval");
    let _kept = bot.typed(&kiwi.at(&thread), &format!("{} moth-3318", discord.bot_mention()));
    let _refused =
        bot.typed(&kiwi.at(&kudu), &format!("{} /session scope channel", discord.bot_mention()));
    let said = there.says("newt-8843");
    there.edits(said, "moth-3318");
    there.deletes(said);
    thread.disappears();
}

/// Events that serenity or nobody can read, and frames that are none, with what is private in them.
fn says_oddly(discord: &FakeDiscord, quagga: &Person) {
    let channel = quagga.place().id().to_string();
    let author =
        json!({"id": quagga.id().to_string(), "username": "Dugong", "global_name": "Quagga"});
    for (kind, body) in [
        ("MESSAGE_CREATE", json!("newt-8843")),
        (
            "MESSAGE_CREATE",
            json!({"id": "zebra-7731", "channel_id": channel, "content": "moth-3318", "author": author}),
        ),
        (
            "MESSAGE_CREATE",
            json!({"id": "7", "channel_id": "moth-3318", "content": {"newt-8843": 1}}),
        ),
        ("MESSAGE_UPDATE", json!({"id": "zebra-7731", "content": "moth-3318", "author": author})),
        (
            "INTERACTION_CREATE",
            json!({"id": "17", "token": "newt-8843", "data": "moth-3318", "user": author}),
        ),
        (
            "INTERACTION_CREATE",
            json!({
                "id": "17", "token": "newt-8843", "type": 2, "channel_id": channel, "user": author,
                "data": {"name": "moth-3318", "type": 1},
            }),
        ),
        ("GUILD_CREATE", json!({"id": "zebra-7731", "name": "Bongo", "channels": ["Kudu"]})),
        ("THREAD_CREATE", json!({"id": "5", "name": "Serval", "type": "zebra-7731"})),
        ("GUILD_MEMBER_ADD", json!({"guild_id": "zebra-7731", "user": author})),
        ("zebra-7731 of Quagga", json!({"content": "newt-8843"})),
    ] {
        discord.odd_event(kind, body);
    }
    for frame in [
        "zebra-7731",
        "{\"op\":\"zebra-7731\"}",
        "{\"op\":0,\"t\":\"MESSAGE_CREATE\",\"s\":\"zebra-7731\",\"d\":{\"content\":\"newt-8843\"}}",
        "{\"op\":0,\"t\":\"MESSAGE_CREATE\",\"d\":{\"content\":\"newt-8843",
        "[\"zebra-7731\"]",
    ] {
        discord.odd_frame(frame);
    }
    discord.unreadable_event();
}

#[test]
fn at_trace_a_talk_leaves_no_word_of_it() {
    let discord = FakeDiscord::start();
    let (quagga, kiwi) = (discord.person("Quagga"), discord.person("Kiwibird"));
    let daemon = loud(Daemon::beside(&discord).owned_by(&[&quagga]));
    let mut bot = daemon.set("discord.message_content", true).start();
    discord.connected();
    talks(&discord, &bot, &quagga, &kiwi);
    says_oddly(&discord, &quagga);
    quagga.says("zebra-7731 at last");
    while !quagga.hears().text.starts_with("Kept as") {}
    assert_silent(&discord, &bot, &[&quagga, &kiwi]);
    bot.stops();
    assert_silent(&discord, &bot, &[&quagga, &kiwi]);
}

/// What goes wrong with a request, the server quoting it.
fn quotes(like: &str) -> Vec<Fault> {
    let refused = [
        (400, 50_035, "Invalid Form Body"),
        (400, 50_006, "Cannot send zebra-7731"),
        (403, 50_013, "Missing Permissions for \"zebra-7731\" of Quagga"),
        (404, 10_062, "Unknown “moth-3318”"),
    ];
    let refused = refused.map(|(status, code, words)| Fault::refused(status, code, words));
    let others = [
        Fault::page(502),
        Fault::malformed(),
        Fault::cut_before(),
        Fault::cut_after(),
        Fault::odd_headers(),
    ];
    refused.into_iter().chain(others).map(|fault| fault.of(like)).collect()
}

#[test]
fn a_server_that_fails_and_quotes_what_it_refuses_brings_no_word_into_the_log() {
    let discord = FakeDiscord::start();
    let (quagga, kiwi) = (discord.person("Quagga"), discord.person("Kiwibird"));
    let kudu = discord.guild("Bongo", &[&quagga, &kiwi]).channel("Kudu");
    let mut bot = loud(Daemon::beside(&discord).owned_by(&[&quagga])).start();
    discord.connected();
    let mention = discord.bot_mention();
    // Its answer is longer than one message.
    drop(bot.ran(&quagga.at(&kudu), &format!("/new text:{}", "zebra-7731 ".repeat(300))));
    let cases: [(&str, &dyn Fn()); 7] = [
        ("POST /channels/*/messages", &|| {
            quagga.says("zebra-7731");
        }),
        ("POST /interactions/*/*/callback", &|| {
            drop(quagga.runs("/checkpoint save name:yak-4410"))
        }),
        ("POST /interactions/*/*/callback", &|| {
            drop(quagga.completes("/session resume id:gnu-6604"))
        }),
        ("GET /webhooks/*/*/messages/@original", &|| drop(kiwi.runs("/pin"))),
        ("PATCH /webhooks/*/*/messages/@original", &|| {
            drop(quagga.at(&kudu).runs("/session rename title:ibex-9921"));
        }),
        ("POST /webhooks/*/*", &|| drop(quagga.at(&kudu).runs("/history show"))),
        ("GET /guilds/*/members/*", &|| {
            kiwi.at(&kudu).says(&format!("{mention} /session hear all"));
        }),
    ];
    for (like, asks) in cases {
        // What waits for a server that fails waits for long.
        let many = if like.starts_with("GET /webhooks") { 4 } else { usize::MAX };
        for fault in quotes(like).into_iter().take(many) {
            let asked = || discord.look(|world| world.requests_of(like).count());
            let before = asked();
            discord.breaks(fault);
            asks();
            // The first of them breaks.
            discord.wait_for(|world| (world.requests_of(like).count() > before).then_some(()));
        }
    }
    // What comes last is answered, after all that.
    quagga.says("/new lynx-1207");
    while !quagga.hears().text.contains("Your message is its first") {}
    assert_silent(&discord, &bot, &[&quagga, &kiwi]);
    bot.dies();
    assert_silent(&discord, &bot, &[&quagga, &kiwi]);
}

#[test]
fn a_gateway_that_breaks_leaves_no_word_of_what_it_told() {
    let discord = FakeDiscord::start();
    let quagga = discord.person("Quagga");
    let mut bot = loud(Daemon::beside(&discord)).start();
    discord.connected();
    let breaks: [&dyn Fn(); 4] = [
        &|| discord.cuts_gateway(),
        &|| discord.closes_gateway(4000),
        &|| discord.asks_to_reconnect(),
        &|| discord.invalidates_session(false),
    ];
    for (number, cut) in breaks.into_iter().enumerate() {
        quagga.says("zebra-7731");
        cut();
        quagga.says("moth-3318");
        for kept in [2 * number + 1, 2 * number + 2] {
            let heard = quagga.hears().text;
            assert!(heard.starts_with(&format!("Kept as message {kept}.")), "{heard}");
        }
    }
    assert_silent(&discord, &bot, &[&quagga]);
    bot.stops();
    assert_silent(&discord, &bot, &[&quagga]);
}

#[test]
fn a_token_that_is_not_known_is_in_no_line() {
    let discord = FakeDiscord::start();
    let token = "OTAwMDAwMDAwMDAwMDAwMDAx.Gserval.caracal-9917_0123456789abcdefghijklmn";
    let elsewhere = format!("{}/?token=caracal-9917", discord.url());
    for (url, token) in [
        (discord.url(), token),
        (discord.url(), "caracal-9917 no token"),
        (elsewhere.as_str(), token),
        ("https://caracal-9917:secret@127.0.0.1", token),
    ] {
        let mut bot = loud(Daemon::at("discord", url, token)).expects("");
        let ended = bot.runs_to_its_end();
        assert_ne!(ended.code, Some(0));
        assert_none(&["caracal-9917".to_owned()], "the log", bot.log().as_bytes());
    }
    // Nor one that is revoked.
    let mut bot = loud(Daemon::beside(&discord)).start();
    discord.connected();
    let known = discord.token();
    discord.revokes_token();
    assert_eq!(bot.ends().code, Some(78));
    let secret = known.rsplit('.').next().expect("a token has parts").to_owned();
    assert_none(&[secret], "the log", bot.log().as_bytes());
}
