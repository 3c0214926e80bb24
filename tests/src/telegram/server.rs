//! The server: HTTP in, a method called, HTTP out; where faults befall requests and exchanges are captured.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::fault::{Befallen, Breakage};
use super::refusal::Refusal;
use super::request::{self, Params};
use super::shared::Shared;
use super::world::World;
use super::{method, poll, webhook};
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

/// An answer before it is written: the status, and JSON or a page.
struct Answer {
    status: u16,
    kind: &'static str,
    body: Bytes,
}

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
        tokio::spawn(webhook::deliver(Arc::clone(&shared)));
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
        tokio::spawn(async { drop(connection.await) });
    }
}

async fn answer(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Cut> {
    let path = request.uri().path().to_owned();
    let called = path.strip_prefix("/bot").and_then(|rest| rest.split_once('/'));
    let Some((token, method)) = called else {
        return Ok(Answer::json(404, &Refusal::new(404, "Not Found").to_wire()).written());
    };
    let (token, method) = (token.to_owned(), request::canonical(method).to_owned());
    let params = Params::read(request).await.ok_or(Cut)?;
    if shared.look(|world| world.token != token) {
        return Ok(Answer::json(401, &Refusal::new(401, "Unauthorized").to_wire()).written());
    }
    let chat = params.number("chat_id");
    let (number, fault) = shared.change(|world| {
        let number = world.note(&method, &params);
        (number, world.faults.befall(&method, chat))
    });
    let exchange = Exchange { shared: &shared, method: &method, params: &params, number };
    Ok(exchange.run(fault).await?.written())
}

/// A request on its way to its answer.
struct Exchange<'e> {
    shared: &'e Shared,
    method: &'e str,
    params: &'e Params,
    /// Where it stands among all requests, if those are kept.
    number: Option<usize>,
}

impl Exchange<'_> {
    async fn run(&self, fault: Option<Befallen>) -> Result<Answer, Cut> {
        match fault {
            None => Ok(self.handle().await),
            Some(Befallen { breakage, is_after_effect: false }) => {
                match self.breaks(breakage).await {
                    Broken::Answer(answer) => Ok(answer),
                    Broken::Cut => Err(Cut),
                    Broken::GoesOn => Ok(self.handle().await),
                }
            }
            Some(Befallen { breakage, is_after_effect: true }) => {
                let answer = self.handle().await;
                match self.breaks(breakage).await {
                    Broken::Answer(wrong) => Ok(wrong),
                    Broken::Cut => Err(Cut),
                    Broken::GoesOn => Ok(answer),
                }
            }
        }
    }

    /// Answers as it should be.
    async fn handle(&self) -> Answer {
        let done = if self.method == "getUpdates" {
            poll::get_updates(self.shared, self.params).await
        } else {
            self.shared.change(|world| method::call(world, self.method, self.params))
        };
        let (status, wire) = match done {
            Ok(mut result) => {
                self.shared.look(|world| leave_out(&mut result, &world.left_out));
                (200, json!({"ok": true, "result": result}))
            }
            Err(refusal) => (refusal.code, refusal.to_wire()),
        };
        self.ended(status, Some(&wire), false);
        Answer::json(status, &wire)
    }

    async fn breaks(&self, breakage: Breakage) -> Broken {
        let answer = match breakage {
            Breakage::Refused(refusal) => {
                self.ended(refusal.code, Some(&refusal.to_wire()), true);
                Answer::json(refusal.code, &refusal.to_wire())
            }
            Breakage::Page(status) => {
                self.ended(status, None, true);
                let body = format!("<html><body><h1>{status}</h1></body></html>\r\n");
                Answer { status, kind: "text/html", body: body.into() }
            }
            Breakage::Malformed(body) => {
                self.ended(200, None, true);
                Answer { status: 200, kind: "application/json", body: body.into() }
            }
            Breakage::Cut => {
                self.ended(0, None, true);
                return Broken::Cut;
            }
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
            let request = self.number.and_then(|number| world.requests.get_mut(number));
            if let Some(request) = request {
                request.status = (status > 0).then_some(status);
            }
        });
        if self.shared.look(|world| world.is_off_the_record) {
            return;
        }
        wire::capture(|| {
            let files: Vec<_> = self.params.uploads.keys().collect();
            let mut line = json!({
                "platform": "telegram", "method": self.method, "params": self.params.values,
                "files": files, "status": status, "response": response,
            });
            if let (true, Some(object)) = (is_fault, line.as_object_mut()) {
                object.insert("fault".to_owned(), json!(true));
            }
            line
        });
    }
}

/// Takes fields off, all the way down.
fn leave_out(wire: &mut Value, fields: &[String]) {
    if fields.is_empty() {
        return;
    }
    if let Some(object) = wire.as_object_mut() {
        object.retain(|name, _| !fields.contains(name));
        object.values_mut().for_each(|value| leave_out(value, fields));
    } else if let Some(list) = wire.as_array_mut() {
        list.iter_mut().for_each(|value| leave_out(value, fields));
    }
}

/// What a fault leaves.
enum Broken {
    Answer(Answer),
    Cut,
    GoesOn,
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

impl Answer {
    fn json(status: u16, wire: &Value) -> Self {
        Self { status, kind: "application/json", body: wire.to_string().into() }
    }

    fn written(self) -> Response<Full<Bytes>> {
        let response = Response::builder().status(self.status).header(CONTENT_TYPE, self.kind);
        response.body(self.body.into()).expect("statuses and types are well formed")
    }
}

impl World {
    /// Notes a request; answers where it stands.
    fn note(&mut self, method: &str, params: &Params) -> Option<usize> {
        self.keeps_requests.then(|| {
            self.requests.push(request::Request {
                method: method.to_owned(),
                params: params.values.clone(),
                files: params.uploads.keys().cloned().collect(),
                status: None,
            });
            self.requests.len() - 1
        })
    }
}
