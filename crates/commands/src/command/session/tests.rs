//! Lines that begin with `/session`, and what they are.

use insta::assert_snapshot;

use crate::testing::read;

#[test]
fn bare_means_show() {
    assert_snapshot!(read("/session"), @"Session(Show)");
    assert_snapshot!(read("/session show"), @"Session(Show)");
    assert_snapshot!(read("/session show s-7k3f9q"), @"I don't expect “s-7k3f9q” there. Usage: /session [show]");
}

#[test]
fn list_is_of_the_caller_or_of_all() {
    assert_snapshot!(read("/session list"), @"Session(List { all: false })");
    assert_snapshot!(read("/session list ALL"), @"Session(List { all: true })");
    assert_snapshot!(read("/session list mine"), @"I don't expect “mine” there. Usage: /session list [all]");
    assert_snapshot!(read("/session list all mine"), @"I don't expect “mine” there. Usage: /session list [all]");
}

#[test]
fn resume_and_delete_need_one_id() {
    assert_snapshot!(read("/session resume s-7k3f9q"), @r#"Session(Resume { id: "s-7k3f9q" })"#);
    assert_snapshot!(read("/session delete s-7k3f9q"), @r#"Session(Delete { id: "s-7k3f9q" })"#);
    assert_snapshot!(read("/session resume"), @"/session resume needs the id of a session. Usage: /session resume <id>");
    assert_snapshot!(read("/session delete"), @"/session delete needs the id of a session. Usage: /session delete <id>");
    assert_snapshot!(read("/session resume s-7k3f9q s-2m8xwa"), @"I don't expect “s-2m8xwa” there. Usage: /session resume <id>");
    assert_snapshot!(read("/session delete \"\""), @"The id is empty. Usage: /session delete <id>");
    assert_snapshot!(read(&format!("/session resume {}", "s".repeat(101))), @"The id is too long: 100 characters is the most. Nothing was cut off or kept. Usage: /session resume <id>");
}

#[test]
fn delete_must_be_written_whole() {
    assert_snapshot!(read("/session del s-7k3f9q"), @"/session delete takes something away, so its name must be written whole. Usage: /session delete <id>");
    assert_snapshot!(read("/sess delete s-7k3f9q"), @"/session delete takes something away, so its name must be written whole. Usage: /session delete <id>");
}

#[test]
fn a_title_is_quoted_or_the_rest_of_the_line() {
    assert_snapshot!(read("/session rename \"Trip to Lisbon\""), @r#"Session(Rename { title: "Trip to Lisbon" })"#);
    assert_snapshot!(read("/session rename Trip -- to Lisbon"), @r#"Session(Rename { title: "Trip -- to Lisbon" })"#);
    assert_snapshot!(read("/session rename"), @r#"/session rename needs a title. Usage: /session rename "title""#);
    assert_snapshot!(read("/session rename \"Trip\" to Lisbon"), @r#"I don't expect “to” there. Usage: /session rename "title""#);
    assert_snapshot!(read("/session rename \"Trip to Lisbon"), @r#"The quote " is never closed. Usage: /session rename "title""#);
    assert_snapshot!(read("/session rename Trip\u{202d}!"), @r#"The title holds a character that may not be in it: U+202D. Usage: /session rename "title""#);
    assert_snapshot!(read(&format!("/session rename {}", "t".repeat(101))), @r#"The title is too long: 100 characters is the most. Nothing was cut off or kept. Usage: /session rename "title""#);
}

#[test]
fn a_scope_is_set_by_its_word() {
    assert_snapshot!(read("/session hear"), @"Session(Hear(None))");
    assert_snapshot!(read("/session hear ALL"), @"Session(Hear(Some(All)))");
    assert_snapshot!(read("/session hear mentions"), @"Session(Hear(Some(Mentions)))");
    assert_snapshot!(read("/session scope"), @"Session(Scope(None))");
    assert_snapshot!(read("/session scope main"), @"Session(Scope(Some(Main)))");
    assert_snapshot!(read("/session scope Channel"), @"Session(Scope(Some(Channel)))");
    assert_snapshot!(read("/session scope peer"), @"Session(Scope(Some(Peer)))");
    assert_snapshot!(read("/session scope group"), @"Session(Scope(Some(Group)))");
    assert_snapshot!(read("/session scope everyone"), @"“everyone” is not main, channel, peer or group. Usage: /session scope main | channel | peer | group");
}

#[test]
fn a_reset_time_is_a_time_or_off() {
    assert_snapshot!(read("/session reset-time"), @"Session(ResetTime(None))");
    assert_snapshot!(read("/session reset-time 00:00"), @"Session(ResetTime(Some(At(TimeOfDay { hour: 0, minute: 0 }))))");
    assert_snapshot!(read("/session reset_time 4:30"), @"Session(ResetTime(Some(At(TimeOfDay { hour: 4, minute: 30 }))))");
    assert_snapshot!(read("/session RESET-TIME 23:59"), @"Session(ResetTime(Some(At(TimeOfDay { hour: 23, minute: 59 }))))");
    assert_snapshot!(read("/session reset-time Off"), @"Session(ResetTime(Some(Off)))");
}

#[test]
fn what_is_no_time_is_refused() {
    assert_snapshot!(read("/session reset-time 25:99"), @"I can't read “25:99” as a time. Usage: /session reset-time HH:MM | off");
    assert_snapshot!(read("/session reset-time 24:00"), @"I can't read “24:00” as a time. Usage: /session reset-time HH:MM | off");
    assert_snapshot!(read("/session reset-time 4:5"), @"I can't read “4:5” as a time. Usage: /session reset-time HH:MM | off");
    assert_snapshot!(read("/session reset-time 4"), @"I can't read “4” as a time. Usage: /session reset-time HH:MM | off");
    assert_snapshot!(read("/session reset-time 004:00"), @"I can't read “004:00” as a time. Usage: /session reset-time HH:MM | off");
    assert_snapshot!(read("/session reset-time ٠٤:٠٠"), @"I can't read “٠٤:٠٠” as a time. Usage: /session reset-time HH:MM | off");
    assert_snapshot!(read("/session reset-time 04:00 UTC"), @"I don't expect “UTC” there. Usage: /session reset-time HH:MM | off");
}

#[test]
fn an_idle_reset_is_a_length_of_time_or_off() {
    assert_snapshot!(read("/session idle-reset"), @"Session(IdleReset(None))");
    assert_snapshot!(read("/session idle-reset 30"), @"Session(IdleReset(Some(After { minutes: 30 })))");
    assert_snapshot!(read("/session idle-reset 30m"), @"Session(IdleReset(Some(After { minutes: 30 })))");
    assert_snapshot!(read("/session idle_reset 2H"), @"Session(IdleReset(Some(After { minutes: 120 })))");
    assert_snapshot!(read("/session idle-reset 30d"), @"Session(IdleReset(Some(After { minutes: 43200 })))");
    assert_snapshot!(read("/session idle-reset off"), @"Session(IdleReset(Some(Off)))");
}

#[test]
fn what_is_no_length_of_time_is_refused() {
    assert_snapshot!(read("/session idle-reset soon"), @"I can't read “soon” as a length of time. Usage: /session idle-reset 30 | 30m | 2h | off");
    assert_snapshot!(read("/session idle-reset -5"), @"I can't read “-5” as a length of time. Usage: /session idle-reset 30 | 30m | 2h | off");
    assert_snapshot!(read("/session idle-reset 0"), @"“0” is out of range: 1 minute to 30 days. Usage: /session idle-reset 30 | 30m | 2h | off");
    assert_snapshot!(read("/session idle-reset 43200"), @"Session(IdleReset(Some(After { minutes: 43200 })))");
    assert_snapshot!(read("/session idle-reset 43201"), @"“43201” is out of range: 1 minute to 30 days. Usage: /session idle-reset 30 | 30m | 2h | off");
    assert_snapshot!(read("/session idle-reset 99999999999h"), @"“99999999999h” is out of range: 1 minute to 30 days. Usage: /session idle-reset 30 | 30m | 2h | off");
    assert_snapshot!(read("/session idle-reset 30 minutes"), @"I don't expect “minutes” there. Usage: /session idle-reset 30 | 30m | 2h | off");
}

#[test]
fn a_zone_is_one_word() {
    assert_snapshot!(read("/session timezone"), @"Session(Timezone(None))");
    assert_snapshot!(read("/session timezone Europe/Paris"), @r#"Session(Timezone(Some("Europe/Paris")))"#);
    assert_snapshot!(read("/session timezone America/New York"), @"I don't expect “York” there. Usage: /session timezone Area/City");
}

#[test]
fn subcommands_may_be_shortened_and_mistyped() {
    assert_snapshot!(read("/se li"), @"Session(List { all: false })");
    assert_snapshot!(read("/session re s-7k3f9q"), @"“re” could be resume, rename or reset-time. Usage: /session [show | list | resume | rename | delete | scope | hear | reset-time | idle-reset | timezone]");
    assert_snapshot!(read("/session idle 30"), @"Session(IdleReset(Some(After { minutes: 30 })))");
    assert_snapshot!(read("/session rezume s-7k3f9q"), @"I don't know “rezume” after /session. Did you mean resume? Usage: /session [show | list | resume | rename | delete | scope | hear | reset-time | idle-reset | timezone]");
    assert_snapshot!(read("/session frobnicate"), @"I don't know “frobnicate” after /session. Usage: /session [show | list | resume | rename | delete | scope | hear | reset-time | idle-reset | timezone]");
}
