//! The daemon under a service manager: the notify protocol, the watchdog, and its end.

#![allow(clippy::unwrap_used, reason = "a panic is a failing story")]

use e2e::{Daemon, FakeTelegram, ServiceManager, Signal};

#[test]
fn it_is_ready_once_the_channel_is_connected() {
    let telegram = FakeTelegram::start();
    let manager = ServiceManager::start();
    let bot = Daemon::beside(&telegram).variable("NOTIFY_SOCKET", &manager.socket()).start();
    let ready = manager.hears("READY=1");
    assert!(ready.contains("STATUS=telegram connected since "), "{ready}");
    drop(bot);
    manager.hears("STOPPING=1");
}

#[test]
fn a_platform_that_is_away_is_told_and_is_no_hang() {
    let telegram = FakeTelegram::start();
    telegram.breaks(e2e::Fault::refused(502, "Bad Gateway").of("getMe").always());
    let manager = ServiceManager::start();
    let bot = Daemon::beside(&telegram)
        .variable("NOTIFY_SOCKET", &manager.socket())
        .variable("WATCHDOG_USEC", "4000000")
        .start();
    let ready = manager.hears("READY=1");
    assert!(ready.contains("STATUS=telegram retrying since "), "{ready}");
    for _ in 0..3 {
        manager.hears("WATCHDOG=1");
    }
    telegram.heals();
    let status = manager.hears("telegram connected since ");
    assert!(status.starts_with("STATUS="), "{status}");
    drop(bot);
}

#[test]
fn a_process_that_stands_still_feeds_no_watchdog() {
    let telegram = FakeTelegram::start();
    let manager = ServiceManager::start();
    let bot = Daemon::beside(&telegram)
        .variable("NOTIFY_SOCKET", &manager.socket())
        .variable("WATCHDOG_USEC", "400000")
        .expects("gives no sign of life")
        .start();
    manager.hears("WATCHDOG=1");
    bot.signal(Signal::STOP);
    manager.hears_nothing();
    bot.signal(Signal::CONT);
    manager.hears("WATCHDOG=1");
}

#[test]
fn it_stops_with_its_log_carried_into_the_database() {
    let telegram = FakeTelegram::start();
    let ann = telegram.person("Ann");
    let mut bot = Daemon::beside(&telegram).start();
    bot.talk(&ann, "one\ntwo");
    bot.stops();
    let log = bot.home().data().join("sessions.db-wal");
    let left = std::fs::metadata(&log).map(|log| log.len()).unwrap_or_default();
    assert_eq!(left, 0);
    assert!(!bot.home().data().join("sessions.db.control").exists());
}
