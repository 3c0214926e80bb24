//! What a message says to us, as the command grammar is to read it.
//!
//! Mentions stay as they are in the text (`<@id>`, `<#id>`), but for one of the bot at the front.

/// The text without a mention of the bot at its front, if there is something behind that.
pub(super) fn said(text: &str, account: &str) -> String {
    let words = text.trim_start();
    let behind = forms(account).iter().find_map(|mention| words.strip_prefix(mention.as_str()));
    let behind = behind.map(|behind| {
        let behind = behind.trim_start();
        behind.strip_prefix([',', ':']).unwrap_or(behind).trim_start()
    });
    match behind {
        Some(behind) if !behind.is_empty() => behind.to_owned(),
        Some(_) | None => text.to_owned(),
    }
}

/// The text of somebody else, which never runs as a command: `//text` is the message `/text`.
pub(super) fn passed_on(text: &str) -> String {
    let words = text.trim_start();
    if words.starts_with('/') { format!("/{words}") } else { text.to_owned() }
}

/// Words as the caption of what the placeholder stands for. With that in front it is a message, whatever it begins with.
pub(super) fn under(placeholder: &str, caption: &str) -> String {
    let caption = caption.trim_start();
    if caption.is_empty() { placeholder.to_owned() } else { format!("{placeholder} {caption}") }
}

/// Whether the bot is mentioned anywhere.
pub(super) fn mentions(text: &str, account: &str) -> bool {
    forms(account).iter().any(|mention| text.contains(mention.as_str()))
}

/// Whether it is a command of ours. One that nobody knows may be another bot's: it is no reason to speak up.
pub(super) fn is_command(text: &str, me: Option<&str>) -> bool {
    match commands::parse(text, me) {
        Ok(commands::Line::Command { .. }) => true,
        Ok(commands::Line::Message(_) | commands::Line::Elsewhere) => false,
        Err(error) => text.trim_start().starts_with('/') && !error.is_unknown_command(),
    }
}

/// The ways in which a mention is written; the second is the older one.
fn forms(account: &str) -> [String; 2] {
    [format!("<@{account}>"), format!("<@!{account}>")]
}
