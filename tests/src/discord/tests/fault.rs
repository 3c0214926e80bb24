//! What goes wrong when it should, and only then.

use std::thread;

use serde_json::json;

use super::super::*;
use super::{PLAIN, Wire, start};

#[test]
fn faults_befall_what_they_are_for_so_often_as_they_say() {
    let (discord, bot) = start();
    let ann = discord.person("Ann");
    ann.says("hello");
    let path = format!("/channels/{}/messages", ann.place().id());
    let say = || bot.tries("POST", &path, &json!({"content": "x"}));
    discord.breaks(Fault::too_many(2.5).of("POST /channels/*/messages").at(ann.place()).times(2));
    bot.gets("GET", "/users/@me", &json!(null));
    for _ in 0..2 {
        let answer = say().expect("there is an answer");
        assert_eq!((answer.status, answer.header("retry-after")), (429, Some("3")));
        assert_eq!(answer.json()["retry_after"], 2.5);
    }
    let faults = [
        (Fault::cut_before(), None, 0),
        (Fault::cut_after(), None, 1),
        (Fault::page(502), Some(502), 1),
        (Fault::malformed().after_effect(), Some(200), 2),
        (Fault::odd_headers(), Some(200), 3),
        (Fault::refused(403, 50_001, "Missing Access"), Some(403), 3),
    ];
    for (fault, status, sent) in faults {
        discord.breaks(fault.of("POST /channels/*/messages"));
        assert_eq!((say().map(|it| it.status), ann.unheard().len()), (status, sent));
    }
    discord.breaks(Fault::too_many_globally(1.0).always());
    assert_eq!(
        say().and_then(|it| it.header("x-ratelimit-scope").map(str::to_owned)).as_deref(),
        Some("global")
    );
    discord.heals();
    assert_eq!(say().map(|it| it.status), Some(200));
    let posts = discord.look(|world| world.requests_of("POST /channels/*/messages").count());
    assert_eq!(posts, 10);
}

#[test]
fn gates_hold_answers_or_requests() {
    let (discord, bot) = start();
    let ann = discord.person("Ann");
    ann.says("hello");
    for (is_answer, seen) in [(true, 1), (false, 1)] {
        let gate = Gate::new();
        let fault = if is_answer { Fault::answer_held(&gate) } else { Fault::request_held(&gate) };
        discord.breaks(fault);
        let (bot, id) = (bot.clone(), ann.place().id());
        let said = thread::spawn(move || bot.says(id, "x"));
        discord.wait_for(|world| (world.held() == 1).then_some(()));
        assert_eq!(ann.unheard().len(), seen);
        gate.open();
        said.join().expect("it is said");
    }
    assert_eq!(ann.unheard().len(), 2);
}

#[test]
fn too_much_is_refused_until_there_is_room() {
    let (discord, bot) = start();
    let ann = discord.person("Ann");
    ann.says("hello");
    let limits = Limits { a_bucket: 2, within: Duration::from_secs(3600), ..Limits::default() };
    discord.limits(limits);
    let path = format!("/channels/{}/messages", ann.place().id());
    let say = || bot.asks("POST", &path, &json!({"content": "x"}));
    let left = [(), ()].map(|()| say().header("x-ratelimit-remaining").map(str::to_owned));
    assert_eq!(left, [Some("1".to_owned()), Some("0".to_owned())]);
    let refused = say();
    assert_eq!((refused.status, refused.json()["global"].as_bool()), (429, Some(false)));
    assert!(refused.json()["retry_after"].as_f64().is_some_and(|it| it > 3000.0));
    bot.gets("GET", "/users/@me", &json!(null));
}

#[test]
fn odd_events_are_told_as_they_are() {
    let (discord, bot) = start();
    let (mut wire, _) = Wire::ready(&discord, PLAIN);
    discord.unreadable_event();
    assert_eq!(wire.event("GUILD_CREATE")["unreadable"], true);
    discord.odd_event("SOMETHING_NEW", json!({"x": 1}));
    assert_eq!(wire.event("SOMETHING_NEW"), json!({"x": 1}));
    discord.leaves_out("content");
    discord.person("Ann").says("x");
    assert_eq!(wire.event("MESSAGE_CREATE").get("content"), None);
    discord.revokes_token();
    assert_eq!(wire.ends(), Some(4004));
    assert_eq!(bot.refused("GET", "/users/@me", &json!(null)), (401, 0));
}
