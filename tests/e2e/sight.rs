//! What can be seen of the daemon from beside it: numbers, life, readiness, and its log as JSON. And that nothing of what
//! people wrote or are called can be seen there.

#![allow(clippy::unwrap_used, reason = "a panic is a failing story")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;

use e2e::{Daemon, FakeDiscord, FakeTelegram, Fault};
use serde_json::Value;

/// An address where nobody listens.
fn free() -> String {
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    address.expect("a port is free").to_string()
}

/// Asks over a connection; answers the status and what was told.
fn ask(mut stream: impl Read + Write, path: &str) -> (u16, String) {
    let head = format!("GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("there is a body");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

/// A daemon that is seen at an address.
struct Seen {
    bot: Daemon,
    address: String,
}

impl Seen {
    fn start(bot: Daemon) -> Self {
        let address = free();
        let bot = bot.set("metrics.listen", address.as_str()).start();
        bot.logs("metrics and health are shown");
        Self { bot, address }
    }

    fn get(&self, path: &str) -> (u16, String) {
        ask(TcpStream::connect(&self.address).expect("it listens"), path)
    }

    fn numbers(&self) -> String {
        let (status, text) = self.get("/metrics");
        assert_eq!(status, 200, "{text}");
        text
    }

    /// A number by its name and labels.
    #[track_caller]
    fn number(&self, name: &str) -> f64 {
        let text = self.numbers();
        let found = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        found.unwrap_or_else(|| panic!("{name} is not in:\n{text}")).parse().unwrap()
    }
}

#[test]
fn what_is_done_is_counted_by_command_and_outcome() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let seen = Seen::start(Daemon::beside(&telegram));
    seen.bot.logs("Telegram knows the bot");
    assert!(seen.number("sessionsd_build_info{version=\"0.1.0\"}") == 1.0);
    assert!(seen.number("sessionsd_updates_total{channel=\"telegram\",result=\"new\"}") == 0.0);
    seen.bot.talk(
        &ann,
        "hello
         /checkpoint restore nothing
         /teleport
         /new
         once more",
    );
    for (command, outcome, times) in [
        ("message", "answered", 2.0),
        ("checkpoint restore", "refused", 1.0),
        ("none", "refused", 1.0),
        ("new", "answered", 1.0),
    ] {
        let name = "sessionsd_commands_total";
        let name = format!("{name}{{command=\"{command}\",outcome=\"{outcome}\"}}");
        assert!(seen.number(&name) == times, "{name}: {}", seen.numbers());
    }
    assert!(seen.number("sessionsd_command_seconds_count{command=\"message\"}") == 2.0);
    assert!(seen.number("sessionsd_resets_total{reason=\"asked\"}") == 1.0);
    assert!(seen.number("sessionsd_channel_up{channel=\"telegram\"}") == 1.0);
    // The last of them may be under way to where it is counted.
    let taken = seen.number("sessionsd_updates_total{channel=\"telegram\",result=\"new\"}");
    assert!((4.0..=5.0).contains(&taken), "{taken}");
    let arrived = seen.number("sessionsd_delivery_seconds_count{channel=\"telegram\"}");
    assert!((4.0..=5.0).contains(&arrived), "{arrived}");
    let attempted = seen.number("sessionsd_outbox_moves_total{state=\"attempting\"}");
    assert!(attempted == 5.0, "{attempted}");
    assert!(seen.number("sessionsd_store_commits_total") >= 5.0);
    assert!(seen.number("sessionsd_store_database_bytes") >= 4_096.0);
    assert!(seen.number("sessionsd_store_errors_total{kind=\"full\"}") == 0.0);
}

#[test]
fn it_is_ready_while_its_platform_can_be_reached_and_only_then() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    telegram.breaks(Fault::page(502).of("getMe").always());
    let seen = Seen::start(Daemon::beside(&telegram));
    seen.bot.logs("Telegram cannot be reached");
    let (status, told) = seen.get("/readyz");
    assert_eq!(status, 503);
    assert!(told.contains("telegram: retrying since 20"), "{told}");
    assert_eq!(seen.get("/livez"), (200, "alive\n".to_owned()));
    assert!(seen.number("sessionsd_channel_up{channel=\"telegram\"}") == 0.0);

    telegram.heals();
    seen.bot.talk(&ann, "hello");
    assert_eq!(seen.get("/readyz"), (200, "ready\n".to_owned()));

    telegram.breaks(Fault::page(502).of("getUpdates").always());
    ann.says("is anybody there?");
    seen.bot.logs("no updates from Telegram");
    let (status, told) = seen.get("/readyz");
    assert_eq!(status, 503, "{told}");
    assert!(told.starts_with("telegram: retrying since 20"), "{told}");
    telegram.heals();
    seen.bot.logs("Telegram answers again");
    assert_eq!(seen.get("/readyz"), (200, "ready\n".to_owned()));
    seen.bot.hears(&ann);
    assert_eq!(seen.get("/secrets").0, 404);
}

#[test]
fn while_nothing_can_be_stored_everybody_is_told_and_nothing_is_lost() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let seen = Seen::start(Daemon::beside(&telegram).bounded().expects("updates cannot be stored"));
    seen.bot.talk(&ann, "one");
    seen.bot.bounds_files(Some(0));
    ann.says("two");
    assert_eq!(
        seen.bot.hears(&ann),
        "Nothing can be done just now: the database cannot be written. What you said here waits, and is taken up in order as soon as that is mended."
    );
    ann.says("/history export text");
    seen.bot
        .logs("they are tried again until they are error=the database cannot be written: check");
    let (status, told) = seen.get("/readyz");
    assert_eq!(status, 503);
    assert!(told.starts_with("store: nothing can be stored since 20"), "{told}");
    assert_eq!(seen.get("/livez").0, 200);
    for command in ["status", "doctor"] {
        let ended = seen.bot.operator(&[command]);
        assert_eq!(ended.code, Some(3), "{}", ended.stderr);
        assert!(ended.text().contains("nothing can be stored since 20"), "{}", ended.text());
    }
    seen.bot.bounds_files(None);
    assert!(seen.bot.hears(&ann).starts_with("Kept as message 2."));
    let export = seen.bot.heard(&ann);
    let export = export.document.expect("an export is a file");
    assert!(export.text().contains("one") && export.text().contains("two"), "{export:?}");
    assert_eq!(seen.get("/readyz"), (200, "ready\n".to_owned()));
}

#[test]
fn a_port_in_use_is_told_before_anything_is_begun() {
    let telegram = FakeTelegram::start();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut bot = Daemon::beside(&telegram).set("metrics.listen", address.as_str());
    let ended = bot.runs_to_its_end();
    assert_eq!(ended.code, Some(1));
    let told = format!(
        "sessionsd: metrics.listen: {address} cannot be listened at: Address already in use"
    );
    assert!(ended.stderr.contains(&told), "{}", ended.stderr);
    assert!(telegram.look(|world| world.requests().is_empty()), "no channel was begun");
    assert!(!bot.home().database().exists(), "nothing was made");
}

#[test]
fn a_socket_serves_as_well_and_one_that_a_kill_left_is_no_obstacle() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let bot = Daemon::beside(&telegram);
    let socket = bot.home().path().join("metrics.sock");
    let mut bot = bot.set("metrics.listen", format!("unix:{}", socket.display())).start();
    bot.talk(&ann, "one");
    let ready = || ask(UnixStream::connect(&socket).expect("it listens"), "/readyz");
    assert_eq!(ready().0, 200);
    bot.dies();
    assert!(socket.exists() && UnixStream::connect(&socket).is_err());
    bot.starts();
    bot.talk(&ann, "two");
    assert_eq!(ready(), (200, "ready\n".to_owned()));
    bot.stops();
    assert!(!socket.exists(), "it is taken away");
}

#[test]
fn nothing_of_what_people_wrote_or_are_called_is_in_the_numbers() {
    let telegram = FakeTelegram::start();
    let (ann, bob) = (telegram.person("Quagga"), telegram.person("Okapi"));
    let crew = telegram.supergroup("Dugong", &[&ann, &bob]);
    let seen = Seen::start(Daemon::beside(&telegram).owned_by(&[&ann]));
    seen.bot.talk(
        &ann,
        "words of the zebra-7731
         /checkpoint save yak-4410
         /session rename ibex-9921
         /history search gnu-6604
         /teleport lynx-1207",
    );
    seen.bot.answer(&bob.at(&crew), "/whoami");
    telegram.odd_update("newt_kind_8843", serde_json::json!({"newt-8843": 1}));
    seen.bot.talk(&ann, "the end");
    let text = seen.numbers();
    let secret = telegram.token();
    let private = ["quagga", "okapi", "dugong", "zebra", "yak-", "ibex", "gnu-", "lynx", "newt"];
    let ids = [crew.id().to_string(), secret.split_once(':').unwrap().1.to_owned()];
    for private in private.into_iter().chain(ids.iter().map(String::as_str)) {
        assert!(!text.to_lowercase().contains(&private.to_lowercase()), "{private} is in:\n{text}");
    }
    // A label is one of a few, and its value a word of the program.
    for (label, value) in text.lines().filter(|line| !line.starts_with('#')).flat_map(labels) {
        let is_known = match label {
            "le" => value == "+Inf" || value.parse::<f64>().is_ok(),
            "version" => value == "0.1.0",
            "channel" | "command" | "kind" | "outcome" | "reason" | "result" | "state" => {
                value.bytes().all(|b| b.is_ascii_lowercase() || b"_- ".contains(&b))
            }
            _ => false,
        };
        assert!(is_known, "{label}={value:?}");
    }
}

/// The labels of a line of numbers, with their values.
fn labels(line: &str) -> Vec<(&str, &str)> {
    let inner = line.split_once('{').and_then(|(_, rest)| rest.rsplit_once('}'));
    let inner = inner.map_or("", |(inner, _)| inner);
    let pairs = inner.split("\",").filter_map(|pair| pair.split_once("=\""));
    pairs.map(|(label, value)| (label, value.trim_end_matches('"'))).collect()
}

/// The names of ours that stand in a text.
fn named(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_lowercase() && c != '_');
    words.filter(|word| word.starts_with("sessionsd_") || word.starts_with("process_")).collect()
}

#[test]
fn dashboard_and_alerts_ask_for_numbers_that_there_are() {
    let (telegram, discord) = (FakeTelegram::start(), FakeDiscord::start());
    let ann = telegram.person("Ann");
    let seen = Seen::start(Daemon::beside(&telegram).and_beside(&discord));
    seen.bot.talk(&ann, "hello\n/new");
    let text = seen.numbers();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let there: BTreeSet<_> = lines.filter_map(|line| line.split(['{', ' ']).next()).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../systemd");
    for file in ["grafana-dashboard.json", "prometheus-alerts.yaml"] {
        let asking = fs::read_to_string(root.join(file)).unwrap();
        let asked = named(&asking);
        assert!(asked.len() > 5, "{file} asks for {asked:?}");
        let missing: Vec<_> = asked.difference(&there).collect();
        assert!(missing.is_empty(), "{file} asks for {missing:?}; there are {there:?}");
    }
    let dashboard = fs::read_to_string(root.join("grafana-dashboard.json")).unwrap();
    serde_json::from_str::<Value>(&dashboard).expect("it is JSON");
}

#[test]
fn a_log_in_json_is_an_object_a_line_with_what_was_done_in_fields() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let mut bot = Daemon::beside(&telegram).set("log.format", "json").start();
    bot.talk(&ann, "/new\n/checkpoint restore nothing");
    bot.stops();
    let log = bot.log();
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let done = |command: &str| {
        let mut lines = lines.iter().filter(|line| line["message"] == "done");
        lines.find(|line| line["command"] == command).unwrap_or_else(|| panic!("{log}")).clone()
    };
    for (command, outcome) in [("new", "answered"), ("checkpoint restore", "refused")] {
        let line = done(command);
        assert_eq!(
            (line["outcome"].as_str(), line["level"].as_str()),
            (Some(outcome), Some("INFO"))
        );
        assert!(line["ms"].is_u64() && line["timestamp"].is_string(), "{line}");
        assert_eq!(line["span"]["channel"], "telegram");
        assert!(line["span"]["seq"].as_i64().is_some_and(|seq| seq > 0), "{line}");
    }
}

#[test]
fn a_log_in_json_holds_no_word_and_no_token_however_much_it_is() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Quagga");
    let bot = Daemon::beside(&telegram).set("log.format", "json");
    telegram.breaks(Fault::page(502).of("getUpdates").times(2));
    let mut bot = bot.set("log.level", "trace").start();
    bot.talk(&ann, "words of the zebra-7731\n/teleport lynx-1207");
    bot.stops();
    let log = bot.log();
    assert!(log.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{log}");
    assert!(log.contains("\"level\":\"DEBUG\",\"message\":\"still no updates"), "{log}");
    let token = telegram.token();
    let secret = token.split_once(':').unwrap().1;
    for private in ["zebra", "lynx", "Quagga", secret] {
        assert!(!log.contains(private), "{private} is in:\n{log}");
    }
}

#[test]
fn how_much_is_logged_is_configured_and_the_environment_goes_before_it() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let quiet = Daemon::beside(&telegram).set("log.level", "warn");
    let mut quiet = quiet.start();
    quiet.talk(&ann, "hello");
    quiet.stops();
    assert!(!quiet.log().contains("INFO"), "{}", quiet.log());

    let mut loud = Daemon::beside(&telegram).set("log.level", "warn");
    loud = loud.variable("SESSIONSD_LOG", "bot=info").start();
    loud.talk(&ann, "hello");
    loud.stops();
    let log = loud.log();
    assert!(log.contains("INFO event") && !log.contains("stopped"), "{log}");
}
