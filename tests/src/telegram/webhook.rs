//! Updates posted to a webhook: in order within a chat, side by side between chats, again until the answer is a 2xx.

use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::shared::Shared;
use super::world::World;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// The first pause before an update is posted again; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(100);
const DOUBLINGS: u32 = 6;

/// Where updates are posted.
#[derive(Debug)]
pub(super) struct Webhook {
    pub(super) url: String,
    host: String,
    path: String,
    secret: Option<String>,
    /// When, and what.
    pub(super) last_error: Option<(u64, String)>,
    in_flight: BTreeSet<i64>,
    attempts: BTreeMap<i64, u32>,
}

/// One update on its way.
struct Delivery {
    id: i64,
    address: String,
    request: hyper::Request<Full<Bytes>>,
    url: String,
}

impl Webhook {
    /// A URL of either scheme; how it is reached, see [`super::FakeTelegram::ends_tls_at`].
    pub(super) fn parse(url: &str, secret: Option<String>) -> Option<Self> {
        let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"))?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        (!host.is_empty()).then(|| Self {
            url: url.to_owned(),
            host: host.to_owned(),
            path: format!("/{path}"),
            secret,
            last_error: None,
            in_flight: BTreeSet::new(),
            attempts: BTreeMap::new(),
        })
    }
}

/// Posts what is pending, for ever.
pub(super) async fn deliver(shared: Arc<Shared>) {
    let mut changes = shared.changes();
    loop {
        changes.mark_unchanged();
        while let Some(delivery) = shared.look(next) {
            tokio::spawn(post(Arc::clone(&shared), delivery));
        }
        if changes.changed().await.is_err() {
            return;
        }
    }
}

/// The next update of a chat that waits for no answer.
fn next(world: &mut World) -> Option<Delivery> {
    let World { updates, webhook, meter, tls_end, .. } = world;
    let webhook = webhook.as_mut()?;
    let busy: BTreeSet<_> = updates
        .pending()
        .filter(|update| webhook.in_flight.contains(&update.id))
        .map(|update| update.chat)
        .collect();
    let mut waiting = updates.first(usize::MAX);
    let update = waiting.find(|update| !busy.contains(&update.chat))?;
    let is_first = update.hand_out();
    if let (true, Some(meter), Some(chat)) = (is_first, meter.as_mut(), update.chat) {
        meter.handed_out(chat, Instant::now());
    }
    webhook.in_flight.insert(update.id);
    let mut request = hyper::Request::post(&webhook.path)
        .header(HOST, &webhook.host)
        .header(CONTENT_TYPE, "application/json");
    if let Some(secret) = &webhook.secret {
        request = request.header("X-Telegram-Bot-Api-Secret-Token", secret);
    }
    let request = request.body(update.to_wire().to_string().into());
    let request = request.expect("paths, hosts and secrets were checked");
    let address = tls_end.clone().unwrap_or_else(|| webhook.host.clone());
    Some(Delivery { id: update.id, address, request, url: webhook.url.clone() })
}

async fn post(shared: Arc<Shared>, delivery: Delivery) {
    let Delivery { id, address, request, url } = delivery;
    let sent = tokio::time::timeout(PATIENCE, send(&address, request));
    let failed = match sent.await {
        Ok(Ok(status)) if (200..300).contains(&status) => None,
        Ok(Ok(status)) => Some(format!("Wrong response from the webhook: {status}")),
        Ok(Err(error)) => Some(error),
        Err(_) => Some("Connection timed out".to_owned()),
    };
    if let Some(words) = failed {
        let pause = shared.change(|world| world.failed(id, words)).unwrap_or(PAUSE);
        let _ = tokio::time::timeout(pause, pending::<()>()).await;
    } else {
        shared.change(|world| world.updates.delivered(id));
    }
    shared.change(|world| {
        let webhook = world.webhook.as_mut().filter(|webhook| webhook.url == url);
        webhook.map(|webhook| webhook.in_flight.remove(&id))
    });
}

impl World {
    /// Notes that a webhook did not take an update; answers how long to pause.
    fn failed(&mut self, id: i64, words: String) -> Option<Duration> {
        let date = self.clock.date();
        let webhook = self.webhook.as_mut()?;
        webhook.last_error = Some((date, words));
        let attempts = webhook.attempts.entry(id).or_default();
        *attempts += 1;
        Some(PAUSE * 2_u32.pow((*attempts - 1).min(DOUBLINGS)))
    }
}

async fn send(address: &str, request: hyper::Request<Full<Bytes>>) -> Result<u16, String> {
    let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    let connected = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = connected.map_err(|error| error.to_string())?;
    tokio::spawn(connection);
    let answer = sender.send_request(request).await.map_err(|error| error.to_string())?;
    Ok(answer.status().as_u16())
}
