//! Interactions against a server of a few lines and an inbox that can be slow.

use std::collections::HashMap;
use std::sync::Mutex;

use bot::Suggestions;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::api::testing::{Asked, Said, calls, known_server};
use crate::intake::tests::{Double, id};

pub(crate) fn command(id: u64, name: &str) -> Value {
    json!({
        "id": id.to_string(), "type": 2, "application_id": "501", "token": "SECRET", "version": 1,
        "channel_id": "5", "channel": {"id": "5", "type": 1}, "context": 1,
        "user": {"id": "70", "username": "ann"},
        "data": {"id": "1", "name": name, "type": 1, "options": []},
    })
}

fn press(id: u64) -> Value {
    let mut press = command(id, "");
    press["type"] = json!(3);
    press["data"] = json!({"custom_id": "x", "component_type": 2});
    press["message"] = json!({"id": "11", "flags": 0});
    press
}

async fn desk(
    inbox: &Double,
    answer: impl FnMut(&str, &Value) -> Said + Send + 'static,
) -> (Desk<Double>, Asked) {
    let (api, asked) = known_server(answer).await;
    (Desk::new(inbox.clone(), api, Arc::default()), asked)
}

fn taken(_: &str, _: &Value) -> Said {
    Said::Result(Value::Null)
}

/// Gives an interaction its turn, and waits until that is over.
async fn has_its_turn(call: oneshot::Sender<Turn>) {
    let (turn, end) = oneshot::channel();
    call.send(turn).ok().unwrap();
    let _ = end.await;
}

async fn until_asked(asked: &Asked, beginning: &str) -> Value {
    let wait = async {
        loop {
            if let Some(body) = calls(asked, beginning).pop() {
                return body;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("it was never asked")
}

#[tokio::test]
async fn an_interaction_is_stored_then_put_off_then_released() {
    let inbox = Double::default();
    let seen = inbox.clone();
    let (desk, asked) = desk(&inbox, move |_, _| {
        let kept = seen.kept();
        assert!(!kept.held.is_empty() && kept.said.is_empty());
        Said::Result(Value::Null)
    })
    .await;
    has_its_turn(desk.take(command(id(0, 1), "new")).unwrap()).await;
    inbox.until(|kept| kept.said == ["/new"]).await;
    let callback = until_asked(&asked, "POST /interactions/").await;
    assert_eq!(callback, json!({"type": 5}));
    let call = asked.lock().unwrap()[0].0.clone();
    assert!(call.ends_with("/SECRET/callback"), "{call}");
}

#[tokio::test]
async fn a_press_changes_nothing_by_itself() {
    let inbox = Double::default();
    let (desk, asked) = desk(&inbox, taken).await;
    has_its_turn(desk.take(press(id(0, 1))).unwrap()).await;
    inbox.until(|kept| kept.said == ["press x"]).await;
    assert_eq!(until_asked(&asked, "POST").await, json!({"type": 6}));
}

#[tokio::test]
async fn what_is_not_stored_in_time_is_refused_and_takes_no_effect() {
    let inbox = Double::default();
    inbox.kept().slow = Duration::from_millis(900);
    let (desk, asked) = desk(&inbox, taken).await;
    // It is old already: it has the least time that there is.
    has_its_turn(desk.take(command(id(1, 1), "new")).unwrap()).await;
    let callback = until_asked(&asked, "POST").await;
    assert_eq!((&callback["type"], &callback["data"]["flags"]), (&json!(4), &json!(64)));
    assert_eq!(callback["data"]["content"], NOT_ACCEPTED);
    inbox.until(|kept| kept.withdrawn.len() == 1).await;
    assert!(inbox.kept().said.is_empty());
}

#[tokio::test]
async fn one_whose_turn_never_comes_is_refused_and_not_stored() {
    let inbox = Double::default();
    let (desk, asked) = desk(&inbox, taken).await;
    let call = desk.take(command(id(1, 1), "new")).unwrap();
    assert_eq!(until_asked(&asked, "POST").await["data"]["content"], NOT_ACCEPTED);
    assert!(call.is_closed() && inbox.kept().held.is_empty());
}

#[tokio::test]
async fn one_that_cannot_be_acknowledged_is_withdrawn() {
    let inbox = Double::default();
    let (desk, _) = desk(&inbox, |_, _| Said::Error(404, 10_062, "Unknown interaction")).await;
    has_its_turn(desk.take(command(id(0, 1), "new")).unwrap()).await;
    inbox.until(|kept| kept.withdrawn.len() == 1).await;
    assert!(inbox.kept().said.is_empty());
}

#[tokio::test]
async fn a_callback_that_may_have_arrived_is_looked_for() {
    for (found, effect) in [(true, 1), (false, 0)] {
        let inbox = Double::default();
        let (desk, _) = desk(&inbox, move |call, _| match call {
            call if call.starts_with("POST") => Said::Cut,
            _ if found => Said::Result(json!({"id": "1", "content": "", "flags": 128})),
            _ => Said::Error(404, 10_015, "Unknown Webhook"),
        })
        .await;
        has_its_turn(desk.take(command(id(0, 1), "new")).unwrap()).await;
        inbox.until(|kept| kept.released.len() + kept.withdrawn.len() == 1).await;
        assert_eq!(inbox.kept().said.len(), effect);
    }
}

#[tokio::test]
async fn strangers_are_told_alone_and_a_store_that_fails_refuses() {
    let inbox = Double::default();
    inbox.kept().strangers.insert("70".to_owned());
    let (stranger, asked) = desk(&inbox, taken).await;
    has_its_turn(stranger.take(command(id(0, 1), "new")).unwrap()).await;
    let told = until_asked(&asked, "POST").await;
    assert!(told["data"]["content"].as_str().unwrap().contains("discord:70"), "{told}");
    assert_eq!(told["data"]["flags"], 64);
    let inbox = Double::default();
    inbox.kept().failures = 1;
    let (desk, asked) = desk(&inbox, taken).await;
    has_its_turn(desk.take(command(id(0, 1), "new")).unwrap()).await;
    assert_eq!(
        until_asked(&asked, "POST").await["data"]["content"],
        "Nothing was done, as nothing can be kept just now: the disk is full. Please try it again later."
    );
}

#[tokio::test]
async fn what_an_earlier_process_left_is_settled_by_what_discord_has() {
    let answers: Mutex<_> = Mutex::new(HashMap::from([
        ("A", Said::Result(json!({"id": "1", "content": "", "flags": 128}))),
        ("B", Said::Error(404, 10_015, "Unknown Webhook")),
        ("C", Said::Result(json!({"id": "1", "content": NOT_ACCEPTED}))),
        ("F", Said::Result(json!({"id": "1", "content": format!("{NOT_KEPT}the disk is full.")}))),
    ]));
    let inbox = Double::default();
    let event = |minutes, number: u64, token: &str, name| {
        let mut command = command(id(minutes, number), name);
        command["token"] = json!(token);
        match update::interaction(&command, "500", Some("b_bot")) {
            Translated::Event(event) => (number, *event),
            Translated::Ignored(why) => panic!("{why}"),
        }
    };
    inbox.kept().left = vec![
        event(1, 1, "A", "new"),
        event(1, 2, "B", "undo"),
        event(1, 3, "C", "redo"),
        event(16, 4, "D", "start"),
        event(1, 5, "F", "undo"),
        event(16, 6, "E", "reset"),
    ];
    let (api, asked) = known_server(move |call, _| {
        let token = call.split('/').nth(3).unwrap();
        // What is said of the last of them.
        answers.lock().unwrap().remove(token).unwrap_or(Said::Result(Value::Null))
    })
    .await;
    take_up_left(api, inbox.clone(), CancellationToken::new()).await;
    assert_eq!(inbox.kept().said, ["/new", "/start"]);
    assert_eq!(inbox.kept().withdrawn.len(), 4);
    assert_eq!(calls(&asked, "GET /webhooks/501/").len(), 4);
}

#[tokio::test]
async fn suggestions_come_at_once_and_never_fail() {
    let inbox = Double::default();
    let checkpoints = vec![("c-2m8xwa".to_owned(), "before refactor".to_owned())];
    inbox.kept().suggestions = Suggestions { checkpoints, ..Suggestions::default() };
    let (desk, asked) = desk(&inbox, taken).await;
    let ask = |command_name: &str, sub: &str, option: &str, typed: &str| {
        let mut asking = command(id(0, 1), command_name);
        asking["type"] = json!(4);
        let option = json!({"name": option, "type": 3, "value": typed, "focused": true});
        asking["data"]["options"] = json!([{"name": sub, "type": 1, "options": [option]}]);
        asking
    };
    assert!(desk.take(ask("checkpoint", "restore", "checkpoint", "ref")).is_none());
    let answer = until_asked(&asked, "POST").await;
    assert_eq!(
        answer,
        json!({"type": 8, "data": {"choices": [
            {"name": "before refactor · c-2m8xwa", "value": "c-2m8xwa"}
        ]}})
    );
    desk.take(ask("session", "timezone", "zone", "Berl"));
    while calls(&asked, "POST").len() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(calls(&asked, "POST")[1]["data"]["choices"][0]["value"], "Europe/Berlin");
}
