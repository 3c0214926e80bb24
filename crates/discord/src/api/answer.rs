//! Reading an answer of Discord.
//!
//! Invariant: what is said about an answer that cannot be read holds nothing of its values.

use std::time::Duration;

use reqwest::Response;
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::error::{CallError, Mishap, cause};

/// More than a hundred of the longest messages.
const LARGEST: usize = 16 << 20;
/// How long to wait where a 429 does not say.
const WAIT: Duration = Duration::from_secs(5);
/// The longest that a 429 is believed.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3_600);

/// An answer as it came.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) limit: LimitHeaders,
    pub(super) body: Vec<u8>,
}

/// What the headers of an answer say about limits. What cannot be read is not there.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct LimitHeaders {
    /// The name of the bucket.
    pub(super) bucket: Option<String>,
    /// How many requests are left in it.
    pub(super) remaining: Option<u32>,
    /// After how long it is full again.
    pub(super) reset_after: Option<Duration>,
    /// How long to stay away.
    pub(super) retry_after: Option<Duration>,
    /// Whether the limit is one of the whole bot.
    pub(super) global: bool,
    /// Whether the limit is one of a resource that others use, too: not held against the bot.
    pub(super) shared: bool,
}

/// What stands in the place of a result.
#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    code: Option<u32>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    retry_after: Option<f64>,
    #[serde(default)]
    global: bool,
}

impl LimitHeaders {
    fn read(headers: &HeaderMap) -> Self {
        let text = |name: &str| Some(headers.get(name)?.to_str().ok()?.trim().to_owned());
        let seconds = |name: &str| duration(text(name)?.parse().ok()?);
        let scope = text("x-ratelimit-scope").unwrap_or_default();
        Self {
            bucket: text("x-ratelimit-bucket"),
            remaining: text("x-ratelimit-remaining").and_then(|many| many.parse().ok()),
            reset_after: seconds("x-ratelimit-reset-after"),
            retry_after: seconds("retry-after"),
            global: scope == "global" || text("x-ratelimit-global").is_some(),
            shared: scope == "shared",
        }
    }
}

fn duration(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}

/// Takes the whole answer in. What breaks from here on breaks after the request was received.
pub(super) async fn receive(mut response: Response) -> Result<Answer, CallError> {
    let status = response.status().as_u16();
    let limit = LimitHeaders::read(response.headers());
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > LARGEST => {
                return Err(CallError::Unsure(Mishap::TooLarge));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(Answer { status, limit, body }),
            // The status alone says enough about a request that was not carried out.
            Err(_) if !(200..300).contains(&status) => {
                return Ok(Answer { status, limit, body: Vec::new() });
            }
            Err(error) if error.is_timeout() => return Err(CallError::Unsure(Mishap::Timeout)),
            Err(error) => return Err(CallError::Unsure(Mishap::Cut(cause(&error.without_url())))),
        }
    }
}

/// The result, or what stands in its place. No body is `null`.
pub(super) fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, CallError> {
    let status = answer.status;
    if (200..300).contains(&status) {
        let body = if answer.body.is_empty() { b"null" } else { answer.body.as_slice() };
        return serde_json::from_slice(body).map_err(|error| {
            CallError::Unsure(match error.classify() {
                Category::Syntax | Category::Io => Mishap::NotJson,
                Category::Data | Category::Eof => Mishap::Unreadable(describe(&error)),
            })
        });
    }
    let problem = serde_json::from_slice::<Problem>(&answer.body).ok();
    Err(match (status, problem) {
        (429, problem) => too_many(answer, problem),
        (500.., _) => CallError::Server { status },
        (400..500, Some(problem)) if problem.message.is_some() => CallError::Refused {
            status,
            code: problem.code.unwrap_or_default(),
            message: problem.message.unwrap_or_default(),
        },
        (300..500, _) => CallError::Foreign { status },
        _ => CallError::Unsure(Mishap::NotJson),
    })
}

fn too_many(answer: &Answer, problem: Option<Problem>) -> CallError {
    let limit = &answer.limit;
    // What comes without JSON comes from what guards the whole API.
    let global = limit.global || problem.as_ref().is_none_or(|problem| problem.global);
    let said = problem.and_then(|problem| duration(problem.retry_after?));
    let wait = said.max(limit.retry_after).unwrap_or(WAIT);
    let retry_after = wait.clamp(Duration::from_millis(1), LONGEST_WAIT);
    CallError::TooMany { retry_after, global }
}

/// What is wrong with an answer, without its values: names of fields are the API's, everything else may be anybody's.
fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.starts_with("missing field") {
        return text;
    }
    format!(
        "a value of another form than documented, at line {} column {}",
        error.line(),
        error.column()
    )
}
