//! What is heard, into an inbox that can fail, with a server that knows what was missed.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use bot::{Body, Incoming, Suggestions, Taken};
use serde_json::json;

use super::*;
use crate::api::testing::{Asked, Said, calls, known_server};

/// An inbox that keeps what it gets in memory.
#[derive(Clone, Default)]
pub(crate) struct Double {
    pub(crate) inner: Arc<Mutex<Kept>>,
}

#[derive(Default)]
pub(crate) struct Kept {
    /// The events that took effect, in order: what they say.
    pub(crate) said: Vec<String>,
    pub(crate) batches: usize,
    known: HashSet<String>,
    pub(crate) held: HashMap<u64, Incoming>,
    pub(crate) released: Vec<String>,
    pub(crate) withdrawn: Vec<String>,
    pub(crate) left: Vec<(u64, Incoming)>,
    pub(crate) failures: u32,
    /// How long storing a held event takes.
    pub(crate) slow: Duration,
    /// Of whom nothing is taken.
    pub(crate) strangers: HashSet<String>,
    pub(crate) suggestions: Suggestions,
    pub(crate) notes: HashMap<String, [u8; 16]>,
}

impl Double {
    pub(crate) fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.inner.lock().unwrap()
    }

    /// Waits until this is so.
    pub(crate) async fn until(&self, is_so: impl Fn(&Kept) -> bool) {
        let wait = async {
            while !is_so(&self.kept()) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wait).await.expect("it never came");
    }
}

impl Kept {
    fn take(&mut self, event: &Incoming) -> Taken {
        if self.strangers.contains(&event.peer.id) {
            return Taken::TurnedAway;
        }
        if self.known.insert(event.event.clone()) { Taken::New } else { Taken::Known }
    }
}

fn text(event: &Incoming) -> String {
    match &event.body {
        Body::Text { text, .. } => text.clone(),
        Body::Press { data } => format!("press {data}"),
        other @ (Body::Moved { .. } | Body::Gone | Body::Raw { .. }) => format!("{other:?}"),
    }
}

impl Inbox for Double {
    type Error = std::io::Error;
    type Held = u64;

    fn excuse(error: &Self::Error) -> Option<&'static str> {
        (error.kind() == std::io::ErrorKind::StorageFull).then_some("the disk is full")
    }

    async fn receive_all(&self, events: Vec<Incoming>) -> Result<Vec<Taken>, Self::Error> {
        let mut kept = self.kept();
        if kept.failures > 0 {
            kept.failures -= 1;
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        kept.batches += 1;
        let mut taken = Vec::new();
        for event in events {
            let became = kept.take(&event);
            if became == Taken::New {
                kept.said.push(text(&event));
            }
            taken.push(became);
        }
        Ok(taken)
    }

    async fn receive_held(&self, event: Incoming) -> Result<(Taken, Option<u64>), Self::Error> {
        let slow = self.kept().slow;
        // It never comes: what counts is how long it takes.
        let _ = tokio::time::timeout(slow, std::future::pending::<()>()).await;
        let mut kept = self.kept();
        if kept.failures > 0 {
            kept.failures -= 1;
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        let taken = kept.take(&event);
        let held = (taken == Taken::New).then(|| {
            let number = kept.known.len() as u64;
            kept.held.insert(number, event);
            number
        });
        Ok((taken, held))
    }

    fn release(&self, held: u64) {
        let mut kept = self.kept();
        let event = kept.held.remove(&held).unwrap();
        kept.released.push(event.event.clone());
        kept.said.push(text(&event));
    }

    async fn withdraw(&self, held: u64) -> Result<(), Self::Error> {
        let mut kept = self.kept();
        let event = kept.held.remove(&held).unwrap();
        kept.withdrawn.push(event.event);
        Ok(())
    }

    fn take_held(&self, _: &str) -> Vec<(u64, Incoming)> {
        let mut kept = self.kept();
        let left = std::mem::take(&mut kept.left);
        kept.held.extend(left.iter().cloned());
        left
    }

    async fn suggestions(&self, _: &Incoming) -> Result<Suggestions, Self::Error> {
        Ok(self.kept().suggestions.clone())
    }

    async fn noted(&self, name: &str) -> Result<Option<[u8; 16]>, Self::Error> {
        Ok(self.kept().notes.get(name).copied())
    }

    async fn note(&self, name: &str, value: [u8; 16]) -> Result<(), Self::Error> {
        self.kept().notes.insert(name.to_owned(), value);
        Ok(())
    }
}

/// An id of a moment so many minutes ago.
pub(crate) fn id(minutes_ago: i64, number: u64) -> u64 {
    crate::gap::first_id_at(crate::interact::now() - minutes_ago * 60_000) + number
}

pub(crate) fn message(id: u64, channel: u64, content: &str) -> Value {
    json!({
        "id": id.to_string(), "channel_id": channel.to_string(), "type": 0, "content": content,
        "author": {"id": "70", "username": "ann"}, "mentions": [], "attachments": [],
        "timestamp": "2026-11-22T00:00:00Z",
    })
}

struct Running {
    inbox: Double,
    tell: mpsc::UnboundedSender<Heard>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
    tally: Arc<Tally>,
    asked: Asked,
}

impl Running {
    fn hears(&self, heard: Heard) {
        self.tell.send(heard).ok().unwrap();
    }

    fn says(&self, id: u64, channel: u64, content: &str) {
        self.hears(Heard::Message(message(id, channel, content)));
    }

    async fn ends(self) -> Double {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
        self.inbox
    }
}

async fn run_with(
    inbox: Double,
    answer: impl FnMut(&str, &Value) -> Said + Send + 'static,
) -> Running {
    let (api, asked) = known_server(answer).await;
    let (stop, tally) = (CancellationToken::new(), Arc::new(Tally::default()));
    let (tell, heard) = mpsc::unbounded_channel();
    let intake = Intake {
        inbox: inbox.clone(),
        api,
        directory: Arc::default(),
        tally: Arc::clone(&tally),
        retry: Duration::from_millis(1),
    };
    let task = tokio::spawn(run(intake, heard, stop.clone()));
    let running = Running { inbox, tell, stop, task, tally, asked };
    running.hears(Heard::Begun { resume_url: String::new() });
    running
}

fn nothing(call: &str, _: &Value) -> Said {
    match call.split(' ').next() {
        Some("POST") => Said::Result(json!({})),
        _ => Said::Result(json!([])),
    }
}

#[tokio::test]
async fn what_is_heard_is_stored_once_and_in_order() {
    let running = run_with(Double::default(), nothing).await;
    let first = id(0, 0);
    for number in 0..250 {
        running.says(first + number, 5, &number.to_string());
    }
    running.says(first, 5, "again");
    running.says(first + 900, 5, "last");
    running.inbox.until(|kept| kept.said.last().is_some_and(|said| said == "last")).await;
    let inbox = running.ends().await;
    let wanted: Vec<String> =
        (0..250).map(|n: u32| n.to_string()).chain(["last".to_owned()]).collect();
    assert_eq!(inbox.kept().said, wanted);
    assert!(inbox.kept().batches < 20, "{}", inbox.kept().batches);
}

#[tokio::test]
async fn what_cannot_be_stored_is_tried_again_before_what_comes_after() {
    let inbox = Double::default();
    inbox.kept().failures = 3;
    let running = run_with(inbox, nothing).await;
    running.says(id(0, 1), 5, "one");
    running.says(id(0, 2), 6, "two");
    running.inbox.until(|kept| kept.said.len() == 2).await;
    assert_eq!(running.tally.errors(), 3);
    assert_eq!(running.ends().await.kept().said, ["one", "two"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_missed_comes_before_what_is_live_and_the_mark_follows() {
    let inbox = Double::default();
    let running = run_with(inbox.clone(), nothing).await;
    running.says(id(9, 1), 5, "before");
    inbox.until(|kept| kept.said.len() == 1).await;
    running.ends().await;
    // 250 messages were sent meanwhile; each page comes with the newest first.
    let first = id(8, 0);
    let missed: Vec<Value> =
        (0..250).map(|n| message(first + n, 5, &format!("missed {n}"))).collect();
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let running = run_with(inbox.clone(), move |call, _| {
        if !call.starts_with("GET /channels/5/messages") {
            return Said::Result(json!({"id": "5", "type": 1}));
        }
        wait.recv().unwrap();
        let after: u64 =
            call.split("after=").nth(1).unwrap().split('&').next().unwrap().parse().unwrap();
        let page = missed.iter().filter(|message| id_at(message, "id").unwrap() > after);
        let mut page: Vec<Value> = page.take(100).cloned().collect();
        page.reverse();
        Said::Result(json!(page))
    })
    .await;
    running.says(id(0, 1), 5, "live");
    running.says(id(0, 2), 6, "elsewhere");
    inbox.until(|kept| kept.said.len() == 2).await;
    assert_eq!(inbox.kept().said, ["before", "elsewhere"]);
    (0..3).for_each(|_| go.send(()).unwrap());
    inbox.until(|kept| kept.said.last().is_some_and(|said| said == "live")).await;
    assert_eq!(calls(&running.asked, "GET /channels/5/messages").len(), 3);
    running.ends().await;
    let said = inbox.kept().said.clone();
    assert_eq!(said.len(), 253);
    assert_eq!((said[2].as_str(), said[251].as_str()), ("missed 0", "missed 249"));
    let marks = Marks::load(&inbox, "500").await.unwrap();
    assert!(marks.get(5).unwrap() > id(1, 0) && marks.get(6).is_some());
}

#[tokio::test]
async fn a_late_command_that_destroys_is_reported_once_and_not_run() {
    let inbox = Double::default();
    let running = run_with(inbox.clone(), nothing).await;
    running.says(id(60, 1), 5, "before");
    inbox.until(|kept| kept.said.len() == 1).await;
    running.ends().await;
    for round in 0..2 {
        let missed = [
            message(id(20, 1), 5, "one"),
            message(id(20, 2), 5, "/reset"),
            message(id(20, 3), 5, "/history"),
            message(id(2, 4), 5, "/reset"),
        ];
        let running = run_with(inbox.clone(), move |call, _| match call {
            call if call.starts_with("GET /channels/5/messages") => Said::Result(json!(missed)),
            call if call.starts_with("GET") => Said::Result(json!({"id": "5", "type": 1})),
            _ => Said::Result(json!({})),
        })
        .await;
        running.says(id(0, round), 5, &format!("live {round}"));
        inbox.until(|kept| kept.said.last().is_some_and(|s| *s == format!("live {round}"))).await;
        if round == 0 {
            while calls(&running.asked, "POST").is_empty() {
                tokio::task::yield_now().await;
            }
            let note = calls(&running.asked, "POST /channels/5/messages").remove(0);
            assert!(note["content"].as_str().unwrap().starts_with("Not run: `/reset`."), "{note}");
            assert_eq!(note["allowed_mentions"], json!({"parse": []}));
        } else {
            assert!(calls(&running.asked, "POST").is_empty());
        }
        running.ends().await;
    }
    let kept = inbox.kept();
    assert_eq!(kept.said, ["before", "one", "/history", "/reset", "live 0", "live 1"]);
    assert_eq!(kept.withdrawn.len(), 1);
}

#[tokio::test]
async fn a_channel_that_is_not_known_is_asked_about_before_anything_of_it_is_stored() {
    let inbox = Double::default();
    let running = run_with(inbox.clone(), |call, _| match call {
        "GET /channels/7" => {
            Said::Result(json!({"id": "7", "type": 11, "parent_id": "5", "guild_id": "9"}))
        }
        _ => Said::Error(404, 10_003, "Unknown Channel"),
    })
    .await;
    for (channel, content) in [(7, "/whoami in a thread"), (8, "/whoami nowhere")] {
        let mut said = message(id(0, channel), channel, content);
        said["guild_id"] = json!("9");
        running.hears(Heard::Message(said));
    }
    inbox.until(|kept| kept.said.len() == 2).await;
    assert_eq!(calls(&running.asked, "GET").len(), 2);
    running.ends().await;
}

#[tokio::test]
async fn channels_of_strangers_are_not_remembered() {
    let inbox = Double::default();
    inbox.kept().strangers.insert("70".to_owned());
    let running = run_with(inbox.clone(), nothing).await;
    running.says(id(0, 1), 5, "let me in");
    inbox.until(|kept| kept.batches == 1).await;
    running.ends().await;
    assert_eq!(Marks::load(&inbox, "500").await.unwrap().get(5), None);
}

#[tokio::test]
async fn an_interaction_keeps_its_turn_among_messages() {
    let inbox = Double::default();
    let running = run_with(inbox.clone(), nothing).await;
    running.says(id(0, 1), 5, "before");
    let mut command = crate::interact::tests::command(id(0, 2), "new");
    command["channel_id"] = json!("5");
    command["channel"]["id"] = json!("5");
    running.hears(Heard::Interaction(command));
    running.says(id(0, 3), 5, "after");
    inbox.until(|kept| kept.said.len() == 3).await;
    running.ends().await;
    let kept = inbox.kept();
    assert_eq!(kept.said[0], "before");
    assert_eq!(kept.released.len(), 1);
}

#[tokio::test]
async fn what_comes_after_something_that_found_no_room_finds_none_until_that_is_fetched() {
    let (api, _asked) = known_server(nothing).await;
    let (to_line, mut line) = mpsc::unbounded_channel();
    let (tally, is_overflowing) = (Arc::new(Tally::default()), Arc::new(AtomicBool::new(false)));
    let sorter = Sorter {
        desk: Desk::new(Double::default(), api, Arc::clone(&tally)),
        directory: Arc::default(),
        tally: Arc::clone(&tally),
        room: Arc::new(Semaphore::new(1)),
        is_overflowing: Arc::clone(&is_overflowing),
        to_line,
    };
    let first = id(0, 0);
    let says = |number| {
        sorter.sort(Heard::Message(message(first + number, 5, "words")));
    };
    (0..2).for_each(says);
    // There is room again, and it is not taken: the mark would move past what is to be fetched.
    drop(line.recv().await);
    says(2);
    assert_eq!(tally.overflowed(), 2);
    is_overflowing.store(false, Ordering::Relaxed);
    says(3);
    let Some(Item::Message(5, last, _)) = line.recv().await else { panic!("it found room") };
    assert_eq!((id_at(&last, "id"), tally.overflowed()), (Some(first + 3), 2));
}
