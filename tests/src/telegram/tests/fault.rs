//! What goes wrong when it should, and only then.

use std::thread;

use serde_json::json;

use super::super::*;
use super::start;

#[test]
fn faults_befall_what_they_are_for_so_often_as_they_say() {
    let (telegram, bot) = start();
    let ann = telegram.person("Ann");
    ann.says("/start");
    let send = json!({"chat_id": 101, "text": "x"});
    telegram.breaks(Fault::too_many(3).of("sendMessage").at(ann.place()).times(2));
    bot.gets("getMe", &json!({}));
    for _ in 0..2 {
        assert_eq!(bot.asks("sendMessage", &send)["parameters"]["retry_after"], 3);
    }
    bot.gets("sendMessage", &send);
    telegram.breaks(Fault::unknown_method().of("sendChatAction").always());
    for _ in 0..2 {
        let refused = bot.refused("sendChatAction", &json!({"chat_id": 101, "action": "typing"}));
        assert_eq!(refused, "Not Found: method not found");
    }
    telegram.heals();
    bot.gets("sendChatAction", &json!({"chat_id": 101, "action": "typing"}));
}

#[test]
fn answers_are_lost_before_or_after_the_effect() {
    let (telegram, bot) = start();
    let ann = telegram.person("Ann");
    ann.says("/start");
    let send = json!({"chat_id": 101, "text": "x"});
    let faults = [
        (Fault::cut_before(), None, 0),
        (Fault::cut_after(), None, 1),
        (Fault::page(502), Some("<html>"), 1),
        (Fault::page(500).after_effect(), Some("<html>"), 2),
        (Fault::malformed().after_effect(), Some("{\"ok\":true"), 3),
    ];
    for (fault, begins, sent) in faults {
        telegram.breaks(fault);
        let answer = bot.tries("sendMessage", &send);
        let begun = answer.as_deref().map(|answer| begins.is_some_and(|it| answer.starts_with(it)));
        assert_eq!((begun, ann.unheard().len()), (begins.map(|_| true), sent));
    }
    let statuses = telegram.look(|world| {
        world.requests_of("sendMessage").map(|request| request.status).collect::<Vec<_>>()
    });
    assert_eq!(statuses, [None, None, Some(502), Some(500), Some(200)]);
}

#[test]
fn gates_hold_answers_or_requests() {
    let (telegram, bot) = start();
    let ann = telegram.person("Ann");
    ann.says("/start");
    let send = json!({"chat_id": 101, "text": "x"});
    for (is_held_before, sent) in [(true, 0), (false, 2)] {
        let gate = Gate::new();
        let fault =
            if is_held_before { Fault::request_held(&gate) } else { Fault::answer_held(&gate) };
        telegram.breaks(fault);
        thread::scope(|scope| {
            let waits = scope.spawn(|| bot.gets("sendMessage", &send));
            telegram.wait_for(|world| (world.held() == 1).then_some(()));
            assert_eq!(ann.unheard().len(), sent);
            gate.open();
            waits.join().expect("it is answered");
        });
    }
    assert_eq!(ann.unheard().len(), 2);
}
