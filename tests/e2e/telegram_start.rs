//! `sessionsd run`, started and stopped: what it says when it cannot run, what it does when it cannot reach Telegram, what
//! it finds when it comes back.

use std::net::TcpListener;
use std::sync::Arc;

use e2e::{Daemon, FakeTelegram, Fault};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection};

/// What it says before it ends.
fn complains(bot: &mut Daemon) -> String {
    let ended = bot.runs_to_its_end();
    assert!(matches!(ended.code, Some(1 | 78)), "{:?}: {}", ended.code, ended.stderr);
    let at = ended.stderr.find("sessionsd: ").expect("it says why");
    bot.shown(ended.stderr.get(at..).unwrap_or_default())
}

#[test]
fn a_token_that_telegram_does_not_know_ends_it() {
    let telegram = FakeTelegram::start();
    let mut bot = Daemon::beside(&telegram)
        .set("telegram.token", "5000000001:AAanother_token_that_nobody_knows_0123");
    insta::assert_snapshot!(complains(&mut bot), @"sessionsd: Telegram does not know this token: check telegram.token or telegram.token_file against what @BotFather shows, and telegram.api_url if that is set");
    assert!(!bot.log().contains("another_token"));
}

#[test]
fn a_token_that_is_none_is_refused_without_being_shown() {
    let telegram = FakeTelegram::start();
    let mut bot = Daemon::beside(&telegram).set("telegram.token", "my secret token");
    insta::assert_snapshot!(complains(&mut bot), @r"
    sessionsd: the configuration HOME/sessionsd.toml cannot be used:
      telegram.token: the Telegram token has no “:” after the bot's number; it looks like 123456789:AAE…
    ");
    assert!(!bot.log().contains("my secret"));
}

#[test]
fn a_token_file_that_is_missing_is_named() {
    let telegram = FakeTelegram::start();
    let mut bot = Daemon::beside(&telegram).unset("telegram.token");
    let file = bot.home().path().join("telegram.token");
    bot.sets("telegram.token_file", file.display().to_string());
    insta::assert_snapshot!(complains(&mut bot), @r"
    sessionsd: the configuration HOME/sessionsd.toml cannot be used:
      telegram.token_file: HOME/telegram.token cannot be read: No such file or directory (os error 2)
    ");
    std::fs::write(&file, format!("{}\n", telegram.token()))
        .expect("the story's folder can be written");
    let ann = telegram.person("Ann");
    bot.starts();
    bot.talk(&ann, "/start");
}

#[test]
fn wrong_keys_and_values_are_told_all_at_once() {
    let mut bot = Daemon::unconfigured()
        .set("telegram.token", "")
        .set("telegram.api_ulr", "https://example.org")
        .set("telegram.mode", "polling,please")
        .set("access.owners", vec!["Ann"])
        .set("sessions.timezone", "Europe/Pariss");
    insta::assert_snapshot!(complains(&mut bot), @r"
    sessionsd: the configuration HOME/sessionsd.toml cannot be used:
      telegram.api_ulr: there is no such key; did you mean api_url?
      telegram.mode: unknown variant `polling,please`, expected `polling` or `webhook`
      access.owners: “Ann” is not a person: write the channel and the number of the person, as telegram:77
      sessions.timezone: I don't know the time zone “Europe/Pariss”. Did you mean Europe/Paris?
    ");
}

#[test]
fn a_server_that_is_not_there_is_waited_for_and_stopping_does_not_wait() {
    // Bound and never listened to beyond its backlog: dropped, so that nobody answers.
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = address.expect("a port is free");
    let telegram = FakeTelegram::start();
    let mut bot = Daemon::at("telegram", &format!("http://{address}"), &telegram.token()).start();
    let line = bot.logs("Telegram cannot be reached");
    assert!(line.contains("trying again until it answers"), "{line}");
    assert!(line.contains("no connection"), "{line}");
    bot.stops();
    assert!(!bot.log().contains(&telegram.token()));
}

#[test]
fn what_is_not_the_bot_api_is_told_so() {
    for status in [200, 302, 403, 404, 502] {
        let telegram = FakeTelegram::start();
        telegram.breaks(Fault::page(status).always());
        let mut bot = Daemon::beside(&telegram).start();
        let line = bot.logs("Telegram cannot be reached");
        assert!(status == 502 || line.contains("check telegram.api_url"), "{line}");
        bot.stops();
    }
}

#[test]
fn it_goes_on_when_telegram_is_back_and_nothing_is_lost() {
    let telegram = FakeTelegram::start();
    telegram.breaks(Fault::cut_before().of("getMe"));
    let ann = telegram.person("Ann");
    ann.says("one");
    let bot = Daemon::beside(&telegram).start();
    assert_eq!(
        bot.hears(&ann),
        "Kept as message 1. No assistant is configured, so nobody answers."
    );
}

#[test]
fn what_was_said_while_it_was_down_is_answered_in_order() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    for line in ["one", "two", "/new three"] {
        ann.says(line);
    }
    let mut bot = Daemon::beside(&telegram).start();
    insta::assert_snapshot!([bot.hears(&ann), bot.hears(&ann), bot.hears(&ann)].join("\n"), @r"
    Kept as message 1. No assistant is configured, so nobody answers.
    Kept as message 2. No assistant is configured, so nobody answers.
    New session s-1. The one before, s-2 (2 messages), is kept: /undo or /session resume s-2 goes back to it. Your message is its first. No assistant is configured, so nobody answers.
    [Undo]
    ");
    bot.stops();
    ann.says("four");
    bot.starts();
    assert_eq!(
        bot.hears(&ann),
        "Kept as message 2. No assistant is configured, so nobody answers."
    );
    // What was stored last was not confirmed: it comes again, and is known.
    bot.talk(&ann, "five");
    assert_eq!(ann.unheard(), []);
}

#[test]
fn update_ids_that_begin_anew_are_followed_and_repeat_nothing() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let mut bot = Daemon::beside(&telegram).start();
    bot.talk(&ann, "one");
    telegram.renumbers_updates();
    bot.talk(&ann, "two");
    bot.stops();
    telegram.renumbers_updates();
    bot.starts();
    bot.talk(&ann, "three");
    insta::assert_snapshot!(bot.answer(&ann, "/history"), @r"
    Session s-1, messages 1 to 3 of 3

    #1 user · DATE TIME UTC
    one

    #2 user · DATE TIME UTC
    two

    #3 user · DATE TIME UTC
    three
    ");
}

#[test]
fn the_environment_goes_over_the_file() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let bot = Daemon::beside(&telegram)
        .set("telegram.token", "wrong")
        .variable("SESSIONSD__TELEGRAM__TOKEN", &telegram.token())
        .variable("SESSIONSD__ACCESS__OWNERS", "telegram:101")
        .start();
    assert!(bot.answer(&ann, "/whoami").ends_with("Owner: yes"));
}

#[test]
fn https_where_there_is_none_is_told_so() {
    let telegram = FakeTelegram::start();
    let url = telegram.url().replace("http://", "https://");
    let bot = Daemon::at("telegram", &url, &telegram.token()).start();
    insta::assert_snapshot!(bot.logs("Telegram cannot be reached").split_once("WARN").expect("it is a warning").1, @" telegram: Telegram cannot be reached: trying again until it answers error=not sent: no connection: received corrupt message of type InvalidContentType");
}

/// A server with a certificate that nobody trusts, for one connection; answers where it is.
fn untrusted() -> String {
    const PEM: &[u8] = include_bytes!("../../crates/telegram/src/api/untrusted.pem");
    let certificate = CertificateDer::from_pem_slice(PEM).expect("there is a certificate");
    let key = PrivateKeyDer::from_pem_slice(PEM).expect("there is a key");
    let tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|tls| tls.with_no_client_auth().with_single_cert(vec![certificate], key));
    let tls = Arc::new(tls.expect("they belong together"));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody connects");
        let mut connection = ServerConnection::new(tls).expect("the configuration is whole");
        // The client hangs up.
        drop(connection.complete_io(&mut stream));
    });
    format!("https://{address}")
}

#[test]
fn a_certificate_that_nobody_trusts_is_told_so_and_healing_is_waited_for() {
    let telegram = FakeTelegram::start();
    let mut bot = Daemon::at("telegram", &untrusted(), &telegram.token()).start();
    let line = bot.logs("Telegram cannot be reached");
    let words = "the server's certificate is not trusted: check telegram.api_url, the clock, and the certificates of this system";
    assert!(line.contains(words), "{line}");
    bot.stops();
}
