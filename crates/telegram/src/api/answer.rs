//! Reading an answer of the Bot API.
//!
//! Invariant: what is said about an answer that cannot be read holds nothing of its values.

use std::time::Duration;

use reqwest::Response;
use reqwest::header::RETRY_AFTER;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::error::{CallError, Mishap, cause};

/// More than a hundred of the longest updates.
const LARGEST: usize = 16 << 20;
/// How long to wait where a 429 does not say.
const WAIT: Duration = Duration::from_secs(5);
/// The longest that a 429 is believed.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3_600);

/// An answer as it came.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<u64>,
    pub(super) body: Vec<u8>,
}

/// What every answer has but its result.
#[derive(Deserialize)]
struct Verdict {
    ok: bool,
    #[serde(default)]
    error_code: Option<u16>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Parameters {
    retry_after: Option<u64>,
    migrate_to_chat_id: Option<i64>,
}

#[derive(Deserialize)]
struct Success<T> {
    result: T,
}

/// Takes the whole answer in. What breaks from here on breaks after the request was received.
pub(super) async fn receive(mut response: Response) -> Result<Answer, CallError> {
    let status = response.status().as_u16();
    let header = response.headers().get(RETRY_AFTER);
    let retry_after = header.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > LARGEST => {
                return Err(CallError::Unsure(Mishap::TooLarge));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(Answer { status, retry_after, body }),
            // The status alone says enough about a request that was not carried out.
            Err(_) if !(200..300).contains(&status) => {
                return Ok(Answer { status, retry_after, body: Vec::new() });
            }
            Err(error) if error.is_timeout() => return Err(CallError::Unsure(Mishap::Timeout)),
            Err(error) => return Err(CallError::Unsure(Mishap::Cut(cause(&error.without_url())))),
        }
    }
}

/// The result, or what stands in its place.
pub(super) fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, CallError> {
    let status = answer.status;
    let verdict = serde_json::from_slice::<Verdict>(&answer.body).ok();
    let Some(verdict) = verdict else {
        return Err(match status {
            429 => too_many(answer.retry_after),
            500.. => CallError::Server { status },
            300..500 => CallError::Foreign { status },
            _ => CallError::Unsure(Mishap::NotJson),
        });
    };
    if verdict.ok && (200..300).contains(&status) {
        let success = serde_json::from_slice::<Success<T>>(&answer.body);
        let success =
            success.map_err(|error| CallError::Unsure(Mishap::Unreadable(describe(&error))))?;
        return Ok(success.result);
    }
    let code = verdict.error_code.unwrap_or(status);
    Err(match code {
        429 => too_many(verdict.parameters.retry_after.or(answer.retry_after)),
        500.. => CallError::Server { status: code },
        code => CallError::Refused {
            code,
            description: verdict.description,
            migrate_to: verdict.parameters.migrate_to_chat_id,
        },
    })
}

fn too_many(seconds: Option<u64>) -> CallError {
    let wait = seconds.map_or(WAIT, Duration::from_secs);
    CallError::TooMany { retry_after: wait.clamp(Duration::from_secs(1), LONGEST_WAIT) }
}

/// What is wrong with an answer, without its values: names of fields are the API's, everything else may be anybody's.
fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.starts_with("missing field") {
        return text;
    }
    let what = match error.classify() {
        Category::Data => "a value of another form than documented",
        Category::Eof => "it ends too early",
        Category::Io | Category::Syntax => "it is no JSON",
    };
    format!("{what}, at line {} column {}", error.line(), error.column())
}
