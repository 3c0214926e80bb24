//! An answer before it is written: its status, its body, and what its headers say of limits.

use http_body_util::Full;
use hyper::Response;
use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use serde_json::Value;

use super::limit::Bucket;
use super::refusal::Refusal;

/// An answer before it is written.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) kind: &'static str,
    pub(super) body: Bytes,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Answer {
    pub(super) fn json(status: u16, wire: &Value) -> Self {
        let body = if wire.is_null() { Bytes::new() } else { wire.to_string().into() };
        Self { status, kind: "application/json", body, headers: Vec::new() }
    }

    pub(super) fn page(status: u16) -> Self {
        let body = format!("<html><body><h1>{status}</h1></body></html>\r\n").into();
        Self { status, kind: "text/html", body, headers: Vec::new() }
    }

    pub(super) fn refused(refusal: &Refusal) -> Self {
        let mut answer = Self::json(refusal.status, &refusal.to_wire());
        if let Some((seconds, is_global)) = refusal.retry_after() {
            let scope = if is_global { "global" } else { "user" };
            answer.headers.push(("retry-after", format!("{}", seconds.ceil())));
            answer.headers.push(("x-ratelimit-scope", scope.to_owned()));
            answer.headers.extend(is_global.then(|| ("x-ratelimit-global", "true".to_owned())));
        }
        answer
    }

    pub(super) fn headed(mut self, bucket: &Bucket) -> Self {
        let Bucket { name, limit, remaining, reset_after } = bucket;
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let reset = now.unwrap_or_default() + *reset_after;
        let name = without_resources(name).bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        self.headers.extend([
            ("x-ratelimit-limit", limit.to_string()),
            ("x-ratelimit-remaining", remaining.to_string()),
            ("x-ratelimit-reset", format!("{:.3}", reset.as_secs_f64())),
            ("x-ratelimit-reset-after", format!("{:.3}", reset_after.as_secs_f64())),
            ("x-ratelimit-bucket", format!("{name:016x}")),
        ]);
        self
    }

    pub(super) fn oddly_headed(mut self) -> Self {
        let limits = self.headers.iter_mut().filter(|(name, _)| name.starts_with("x-ratelimit"));
        limits.for_each(|(_, value)| "soon".clone_into(value));
        self
    }

    pub(super) fn written(self) -> Response<Full<Bytes>> {
        let mut response = Response::builder().status(self.status);
        if !self.body.is_empty() {
            response = response.header(CONTENT_TYPE, self.kind);
        }
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(self.body.into()).expect("statuses and headers are well formed")
    }
}

/// A bucket's name as headers have it: “non-inclusive of top-level resources in the path”, which are ids and tokens.
fn without_resources(name: &str) -> String {
    let is_id = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_token = |part: &str| part.len() > 40;
    let parts = name.split('/').map(|part| if is_id(part) || is_token(part) { "*" } else { part });
    parts.collect::<Vec<_>>().join("/")
}
