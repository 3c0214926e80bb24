//! Messages that hold more than text: what it is in a few words.

use serde_json::Value;

use super::wire::Said;

/// The longest name that is quoted of a file, a sticker, a poll.
const LONGEST_NAME: usize = 100;
/// The most of them in one message.
const MOST: usize = 10;

/// What a message holds beside its text, as `[document report.pdf] [image]`.
pub(super) fn placeholder(said: &Said) -> Option<String> {
    let attachments = said.attachments.iter().map(attachment);
    let stickers = said.sticker_items.iter().map(|item| named("sticker", name_in(item, "/name")));
    let poll =
        said.poll.as_ref().map(|poll| named("poll", name_in(poll, "/question/text"))).into_iter();
    let all: Vec<String> = attachments.chain(stickers).chain(poll).take(MOST).collect();
    (!all.is_empty()).then(|| all.join(" "))
}

fn attachment(attachment: &Value) -> String {
    let kind = attachment.get("content_type").and_then(Value::as_str).unwrap_or_default();
    let name = name_in(attachment, "/title").or_else(|| name_in(attachment, "/filename"));
    match kind.split('/').next() {
        // Voice messages alone have a waveform.
        Some("audio") if attachment.get("waveform").is_some_and(Value::is_string) => {
            let seconds = attachment.get("duration_secs").and_then(Value::as_f64);
            named("voice", seconds.map(|seconds| format!("{seconds:.0} s")))
        }
        Some("image") => named("image", name),
        Some("audio") => named("audio", name),
        Some("video") => named("video", name),
        _ => named("document", name),
    }
}

fn named(word: &str, name: Option<String>) -> String {
    match name {
        Some(name) => format!("[{word} {name}]"),
        None => format!("[{word}]"),
    }
}

/// A name as one line that does not close the bracket it stands in.
fn name_in(of: &Value, path: &str) -> Option<String> {
    let name = of.pointer(path)?.as_str()?;
    let name: String =
        name.chars().filter(|c| !matches!(c, '[' | ']')).take(LONGEST_NAME).collect();
    let name = name.split(|c: char| c.is_whitespace() || c.is_control());
    let name = name.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    (!name.is_empty()).then_some(name)
}
