//! The server: HTTP in, a route called, HTTP out; where faults befall requests and exchanges are captured, and where a
//! request becomes a connection to the gateway.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::answer::Answer;
use super::fault::{Befallen, Breakage};
use super::limit::{self, Bucket, Excess};
use super::refusal::Refusal;
use super::request::Call;
use super::shared::Shared;
use super::world::{self, World};
use super::{rest, socket};
use crate::wire;

/// Longer than any story.
const FOR_EVER: Duration = Duration::from_secs(86_400);

/// A connection that ends without an answer.
#[derive(Debug)]
struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cut on purpose")
    }
}

impl std::error::Error for Cut {}

/// Serves until it is told to stop, on a runtime of its own.
pub(super) fn serve(
    shared: Arc<Shared>,
    listener: std::net::TcpListener,
    stop: oneshot::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime can be built");
    runtime.block_on(async {
        let listener = TcpListener::from_std(listener).expect("the listener does not block");
        tokio::spawn(accept(shared, listener));
        // Dropped or told: it is the same.
        let _ = stop.await;
    });
}

/// A free port on this machine.
pub(super) fn bind() -> (std::net::TcpListener, SocketAddr) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.set_nonblocking(true).expect("a listener can be told not to block");
    let address = listener.local_addr().expect("it is bound");
    (listener, address)
}

async fn accept(shared: Arc<Shared>, listener: TcpListener) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        // What is written is written at once.
        let _ = stream.set_nodelay(true);
        let shared = Arc::clone(&shared);
        let service = service_fn(move |request| answer(Arc::clone(&shared), request));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        // It ends with an error where it was cut.
        tokio::spawn(async { drop(connection.with_upgrades().await) });
    }
}

async fn answer(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Cut> {
    if request.headers().contains_key(SEC_WEBSOCKET_KEY) {
        return connect(shared, request);
    }
    let path = request.uri().path().to_owned();
    let Some(path) = path.strip_prefix("/api/v10").filter(|path| path.starts_with('/')) else {
        return Ok(Answer::refused(&Refusal::no_route()).written());
    };
    let call = Call::read(request, path).await.ok_or(Cut)?;
    let (number, fault) = shared.change(|world| {
        let number = world.keeps_requests.then(|| {
            world.requests.push(call.noted());
            world.requests.len() - 1
        });
        (number, world.faults.befall(&call.method, &call.path, call.channel()))
    });
    let exchange = Exchange { shared: &shared, call: &call, number };
    Ok(exchange.run(fault).await?.written())
}

/// Turns a request into a connection to the gateway, if it is one for version 10 as JSON.
fn connect(
    shared: Arc<Shared>,
    mut request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Cut> {
    if shared.look(|world| world.gateway.is_offline) {
        return Ok(Answer::page(503).written());
    }
    let query = request.uri().query().unwrap_or_default();
    let query: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let says = |name: &str, value: &str| query.iter().any(|(n, v)| n == name && v == value);
    let is_other = query.iter().any(|(name, value)| name == "encoding" && value != "json");
    let key = request.headers().get(SEC_WEBSOCKET_KEY).cloned();
    let (true, false, Some(key)) = (says("v", "10"), is_other, key) else {
        return Ok(Answer::page(400).written());
    };
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        if let Ok(upgraded) = upgrade.await {
            socket::talk(shared, upgraded).await;
        }
    });
    let response = Response::builder().status(101).header(UPGRADE, "websocket");
    let response = response.header(CONNECTION, "Upgrade");
    let response = response.header(SEC_WEBSOCKET_ACCEPT, derive_accept_key(key.as_bytes()));
    response.body(Full::default()).map_err(|_| Cut)
}

/// A request on its way to its answer.
struct Exchange<'e> {
    shared: &'e Shared,
    call: &'e Call,
    /// Where it stands among all requests, if those are kept.
    number: Option<usize>,
}

impl Exchange<'_> {
    async fn run(&self, fault: Option<Befallen>) -> Result<Answer, Cut> {
        match fault {
            None => Ok(self.handle()),
            Some(Befallen { breakage, is_after_effect: false }) => {
                match self.breaks(breakage).await {
                    Broken::Answer(answer) => Ok(answer),
                    Broken::Cut => Err(Cut),
                    Broken::GoesOn => Ok(self.handle()),
                    Broken::OddHeaders => Ok(self.handle().oddly_headed()),
                }
            }
            Some(Befallen { breakage, is_after_effect: true }) => {
                let answer = self.handle();
                match self.breaks(breakage).await {
                    Broken::Answer(wrong) => Ok(wrong),
                    Broken::Cut => Err(Cut),
                    Broken::GoesOn => Ok(answer),
                    Broken::OddHeaders => Ok(answer.oddly_headed()),
                }
            }
        }
    }

    /// Answers as it should be.
    fn handle(&self) -> Answer {
        let parts = self.call.parts_of_path();
        let name = limit::bucket(&self.call.method, &parts);
        let is_free = matches!(parts.first(), Some(&("interactions" | "webhooks")));
        let (done, bucket) = self.shared.change(|world| {
            let limited = world.limiter.as_mut();
            let limited = limited.map(|it| it.admit(&name, is_free, Instant::now()));
            match limited {
                Some((bucket, Some(excess))) => (Err(too_many(&excess)), Some(bucket)),
                Some((bucket, None)) => (call(world, self.call), Some(bucket)),
                None => (call(world, self.call), None),
            }
        });
        let answer = match done {
            Ok((status, mut wire)) => {
                self.shared.look(|world| world::leave_out(&mut wire, &world.left_out));
                self.ended(status, Some(&wire), false);
                Answer::json(status, &wire)
            }
            Err(refusal) => {
                self.ended(refusal.status, Some(&refusal.to_wire()), false);
                Answer::refused(&refusal)
            }
        };
        answer.headed(&bucket.unwrap_or_else(|| roomy(&name)))
    }

    async fn breaks(&self, breakage: Breakage) -> Broken {
        let answer = match breakage {
            Breakage::Refused(refusal) => {
                self.ended(refusal.status, Some(&refusal.to_wire()), true);
                Answer::refused(&refusal)
            }
            Breakage::Page(status) => {
                self.ended(status, None, true);
                Answer::page(status)
            }
            Breakage::Malformed => {
                self.ended(200, None, true);
                Answer { body: "{\"id\":\"12".into(), ..Answer::json(200, &Value::Null) }
            }
            Breakage::Cut => {
                self.ended(0, None, true);
                return Broken::Cut;
            }
            Breakage::OddHeaders => return Broken::OddHeaders,
            Breakage::Slow(by) => {
                let _ = tokio::time::timeout(by, pending::<()>()).await;
                return Broken::GoesOn;
            }
            Breakage::Held(mut gate) => {
                let _held = Held::new(self.shared);
                // A gate that is dropped is open.
                let opened = gate.wait_for(|is_open| *is_open);
                let _ = tokio::time::timeout(FOR_EVER, opened).await;
                return Broken::GoesOn;
            }
        };
        Broken::Answer(answer)
    }

    /// Notes how it ended, and captures it.
    fn ended(&self, status: u16, response: Option<&Value>, is_fault: bool) {
        self.shared.change(|world| {
            world.invalid_requests += usize::from(matches!(status, 401 | 403 | 429));
            let request = self.number.and_then(|number| world.requests.get_mut(number));
            if let Some(request) = request {
                request.status = (status > 0).then_some(status);
            }
        });
        if self.shared.look(|world| world.is_off_the_record) {
            return;
        }
        wire::capture(|| {
            let body = (!self.call.body.is_null()).then_some(&self.call.body);
            let mut line = json!({
                "platform": "discord", "method": self.call.method, "path": self.call.path,
                "body": body, "status": status, "response": response,
            });
            if let (true, Some(object)) = (is_fault, line.as_object_mut()) {
                object.insert("fault".to_owned(), json!(true));
            }
            line
        });
    }
}

fn call(world: &mut World, call: &Call) -> Result<rest::Done, Refusal> {
    if call.user_agent.is_empty() {
        // The real one's outer wall, which says no more than this.
        return Err(Refusal::new(403, 40_333, "internal network error"));
    }
    rest::call(world, call)
}

fn too_many(excess: &Excess) -> Refusal {
    Refusal::too_many(excess.retry_after.as_secs_f64(), excess.is_global)
}

/// What the headers say when there is room.
fn roomy(name: &str) -> Bucket {
    let reset_after = Duration::from_secs(1);
    Bucket { name: name.to_owned(), limit: 50, remaining: 49, reset_after }
}

/// What a fault leaves.
enum Broken {
    Answer(Answer),
    Cut,
    GoesOn,
    OddHeaders,
}

/// Counts a request that is held, as long as it is.
struct Held<'s>(&'s Shared);

impl<'s> Held<'s> {
    fn new(shared: &'s Shared) -> Self {
        shared.change(|world| world.held += 1);
        Self(shared)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.change(|world| world.held -= 1);
    }
}
