//! The loop against a server of a few lines and an inbox that can fail.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use bot::{Incoming, Taken};
use serde_json::json;

use super::*;
use crate::admins::Admins;
use crate::api::testing::{Asked, Said, calls, error, server};

/// An inbox that keeps what it gets in memory.
#[derive(Clone, Default)]
pub(crate) struct Double {
    inner: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    batches: Vec<Vec<String>>,
    failures: u32,
    notes: HashMap<String, [u8; 16]>,
}

impl Double {
    /// One that fails so many times first.
    pub(crate) fn failing(failures: u32) -> Self {
        let double = Self::default();
        double.inner.lock().unwrap().failures = failures;
        double
    }

    /// The events of each batch that was kept.
    pub(crate) fn batches(&self) -> Vec<Vec<String>> {
        self.inner.lock().unwrap().batches.clone()
    }

    pub(crate) fn notes(&self) -> usize {
        self.inner.lock().unwrap().notes.len()
    }
}

impl Inbox for Double {
    type Error = std::io::Error;

    async fn receive_all(&self, events: Vec<Incoming>) -> Result<Vec<Taken>, Self::Error> {
        let mut kept = self.inner.lock().unwrap();
        if kept.failures > 0 {
            kept.failures -= 1;
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        let taken = vec![Taken::New; events.len()];
        kept.batches.push(events.into_iter().map(|event| event.event).collect());
        Ok(taken)
    }

    async fn noted(&self, name: &str) -> Result<Option<[u8; 16]>, Self::Error> {
        Ok(self.inner.lock().unwrap().notes.get(name).copied())
    }

    async fn note(&self, name: &str, value: [u8; 16]) -> Result<(), Self::Error> {
        self.inner.lock().unwrap().notes.insert(name.to_owned(), value);
        Ok(())
    }
}

pub(crate) fn message(update: i64) -> Value {
    json!({"update_id": update, "message": {
        "message_id": update, "date": 1_780_000_000, "text": "hi",
        "chat": {"id": 7, "type": "private", "first_name": "Ann"},
        "from": {"id": 7, "is_bot": false, "first_name": "Ann"},
    }})
}

fn press(update: i64) -> Value {
    json!({"update_id": update, "callback_query": {
        "id": format!("press-{update}"), "data": "x", "chat_instance": "1",
        "from": {"id": 7, "is_bot": false, "first_name": "Ann"},
        "message": {"message_id": 5, "date": 1_780_000_000, "text": "hi",
            "chat": {"id": 7, "type": "private", "first_name": "Ann"}},
    }})
}

/// What became of a run.
struct Run {
    inbox: Double,
    asked: Asked,
    tally: Arc<Tally>,
    link: bot::Link,
    ended: Result<(), TelegramError>,
}

impl Run {
    fn offsets(&self) -> Vec<Option<i64>> {
        calls(&self.asked, "getUpdates").iter().map(|asked| asked["offset"].as_i64()).collect()
    }
}

/// Polls a server that says this to the calls, one after the other, until nothing is left to say.
async fn polls(script: Vec<Said>) -> Run {
    polls_with(script, Double::default(), Duration::from_millis(1)).await
}

async fn polls_with(script: Vec<Said>, inbox: Double, conflict: Duration) -> Run {
    let stop = CancellationToken::new();
    let mut script = script.into_iter();
    let at_end = stop.clone();
    let (api, asked) = server(move |method, _| {
        if method == "answerCallbackQuery" {
            return Said::Result(json!(true));
        }
        script.next().unwrap_or_else(|| {
            at_end.cancel();
            Said::Nothing
        })
    })
    .await;
    let tally = Arc::new(Tally::default());
    let admins = Admins::new(api.clone());
    let link = bot::Link::default();
    let intake = Intake::new(inbox.clone(), api.clone(), admins, Arc::clone(&tally));
    let intake = intake.telling(link.clone());
    let short = Duration::from_millis(1);
    let timing = Timing { conflict, pause: short, retry: short, ..Timing::default() };
    let ended = run(api, intake, timing, &stop).await;
    Run { inbox, asked, tally, link, ended }
}

#[tokio::test]
async fn a_batch_is_confirmed_by_the_request_after_it_was_stored() {
    let run = polls(vec![
        Said::Result(json!([message(7), message(8)])),
        Said::Result(json!([message(9)])),
    ])
    .await;
    assert!(run.ended.is_ok());
    assert_eq!(run.offsets(), [None, Some(9), Some(10)]);
    assert_eq!(run.inbox.batches(), [vec!["update:7", "update:8"], vec!["update:9"]]);
    assert_eq!(run.tally.updates(), 3);
    for asked in calls(&run.asked, "getUpdates") {
        assert_eq!(asked["allowed_updates"], json!(ALLOWED_UPDATES));
        assert_eq!((&asked["timeout"], &asked["limit"]), (&json!(50), &json!(100)));
    }
}

#[tokio::test]
async fn an_outage_takes_the_link_down_and_an_answer_brings_it_up() {
    let run = polls(vec![Said::Result(json!([])), error(502, "Bad Gateway")]).await;
    assert_eq!(run.link.state().standing, bot::Standing::Retrying);
    let run = polls(vec![error(502, "Bad Gateway"), Said::Result(json!([]))]).await;
    assert!(run.link.is_up() && run.link.contact().is_some());
    let held = calls(&run.asked, "getUpdates");
    let held: Vec<_> = held.iter().map(|asked| asked["timeout"].as_u64()).collect();
    assert_eq!(held, [Some(50), Some(0), Some(50)], "that it is back is heard at once");
}

#[tokio::test]
async fn ids_that_begin_anew_are_confirmed_as_well() {
    let run =
        polls(vec![Said::Result(json!([message(900)])), Said::Result(json!([message(12)]))]).await;
    assert_eq!(run.offsets(), [None, Some(901), Some(13)]);
}

#[tokio::test]
async fn a_batch_that_cannot_be_stored_is_not_confirmed_until_it_is() {
    let script = vec![Said::Result(json!([message(7)]))];
    let run = polls_with(script, Double::failing(3), Duration::ZERO).await;
    assert_eq!(run.offsets(), [None, Some(8)]);
    assert_eq!(run.inbox.batches(), [vec!["update:7"]]);
    assert_eq!((run.tally.updates(), run.tally.errors()), (1, 3));
}

#[tokio::test]
async fn stopping_ends_the_tries_to_store_and_confirms_nothing() {
    let stop = CancellationToken::new();
    let (api, asked) = server(|_, _| Said::Result(json!([message(7)]))).await;
    let admins = Admins::new(api.clone());
    let intake = Intake::new(Double::failing(u32::MAX), api.clone(), admins, Arc::default());
    let tally = intake.clone();
    let running = tokio::spawn({
        let stop = stop.clone();
        async move { run(api, intake, Timing::default(), &stop).await }
    });
    while tally.tally().errors() == 0 {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    running.await.unwrap().unwrap();
    assert_eq!(calls(&asked, "getUpdates").len(), 1);
}

#[tokio::test]
async fn what_concerns_nobody_and_what_cannot_be_read_is_confirmed_and_counted() {
    let run = polls(vec![Said::Result(json!([
        {"update_id": 3, "edited_message": {"text": "private words"}},
        {"update_id": 4, "guest_message": {"text": "private words"}},
    ]))])
    .await;
    assert_eq!(run.offsets(), [None, Some(5)]);
    assert_eq!(run.tally.ignored().values().sum::<u64>(), 1);
    assert_eq!(run.tally.unreadable(), [("guest_message".to_owned(), 1)].into());
}

#[tokio::test]
async fn every_press_is_answered_repeated_ones_too() {
    let presses = vec![Said::Result(json!([press(3)])), Said::Result(json!([press(3), press(4)]))];
    let run = polls(presses).await;
    while calls(&run.asked, "answerCallbackQuery").len() < 3 {
        tokio::task::yield_now().await;
    }
    let mut answered: Vec<_> = calls(&run.asked, "answerCallbackQuery")
        .iter()
        .map(|asked| asked["callback_query_id"].as_str().unwrap().to_owned())
        .collect();
    answered.sort();
    assert_eq!(answered, ["press-3", "press-3", "press-4"]);
}

#[tokio::test]
async fn an_outage_is_waited_out_and_the_offset_survives_it() {
    let run = polls(vec![
        Said::Result(json!([message(7)])),
        Said::Cut,
        error(502, "Bad Gateway"),
        error(500, "Internal Server Error"),
        Said::Result(json!([message(8)])),
    ])
    .await;
    let offsets = [None, Some(8), Some(8), Some(8), Some(8), Some(9)];
    assert_eq!(run.offsets(), offsets);
    assert_eq!(run.tally.errors(), 3);
}

#[tokio::test]
async fn another_poller_is_given_way_to() {
    const OTHER: &str = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
    let wait = Duration::from_millis(300);
    let began = Instant::now();
    let run = polls_with(vec![error(409, OTHER)], Double::default(), wait).await;
    assert!(began.elapsed() >= wait);
    assert_eq!(run.offsets(), [None, None]);
    assert!(calls(&run.asked, "deleteWebhook").is_empty());
}

#[tokio::test]
async fn a_webhook_in_the_way_is_removed_with_its_updates_kept() {
    const HOOK: &str = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
    let wait = Duration::from_secs(3_600);
    let script = vec![error(409, HOOK), Said::Result(json!(true))];
    let run = polls_with(script, Double::default(), wait).await;
    let removed = calls(&run.asked, "deleteWebhook");
    assert_eq!(removed, [json!({"drop_pending_updates": false})]);
    assert_eq!(run.offsets(), [None, None]);
}

#[tokio::test]
async fn a_revoked_token_ends_it() {
    let run = polls(vec![error(401, "Unauthorized")]).await;
    assert!(matches!(run.ended, Err(TelegramError::Token)));
}

#[tokio::test]
async fn a_server_that_holds_nothing_is_not_asked_without_pause() {
    let (api, _) = server(|_, _| error(404, "Not Found")).await;
    let admins = Admins::new(api.clone());
    let intake = Intake::new(Double::default(), api.clone(), admins, Arc::default());
    let timing = Timing::default();
    let outage = Backoff::default();
    let mut poller = Poller { api, intake, timing, offset: None, outage, empty_at_once: 0 };
    let stop = CancellationToken::new();
    let at_once = Duration::from_millis(2);
    let mut pauses = Vec::new();
    for _ in 0..5 {
        pauses.push(poller.take(&[], at_once, &stop).await.as_secs());
    }
    assert_eq!(pauses, [0, 0, 1, 1, 1]);
    assert!(poller.take(&[], Duration::from_secs(50), &stop).await.is_zero());
    // One that repeats what was confirmed is held off the same way.
    pauses.clear();
    for _ in 0..5 {
        pauses.push(poller.take(&[message(7)], at_once, &stop).await.as_secs());
    }
    assert_eq!(pauses, [0, 0, 0, 1, 1]);
}
