//! The bot's light markup, as HTML of the Bot API.
//!
//! ```text
//! fence = "```" language? newline, lines, "```" alone on a line     <pre>
//! code  = "`", anything but a backtick on the same line, "`"        <code>
//! ```
//!
//! A fence that is never closed, or holds nothing, is text like any other; so is a backtick without a partner.

use std::ops::Range;

const FENCE: &str = "```";
/// The longest name of a language.
const LONGEST_LANGUAGE: usize = 24;

/// A block of code, by where it stands in its text.
pub(super) struct Fence<'a> {
    /// From the beginning of the opening line to the end of the closing one, without its line break.
    pub(super) whole: Range<usize>,
    /// The code, without the line break before the closing line.
    pub(super) body: Range<usize>,
    pub(super) language: &'a str,
}

impl Fence<'_> {
    /// The line that opens it again.
    pub(super) fn opening(&self) -> String {
        format!("{FENCE}{}\n", self.language)
    }

    /// What closes it early.
    pub(super) const CLOSING: &'static str = "\n```";
}

/// The blocks of code in a text, in order.
pub(super) fn fences(text: &str) -> Vec<Fence<'_>> {
    let mut found = Vec::new();
    let mut open: Option<(usize, usize, &str)> = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.trim_end_matches(['\n', '\r']).len();
        let next = start + line.len();
        match open {
            None => open = language(line).map(|language| (start, next, language)),
            Some((begins, body, language)) if line.trim() == FENCE => {
                let body = body..start.saturating_sub(1).max(body);
                if text.get(body.clone()).is_some_and(|code| !code.trim().is_empty()) {
                    found.push(Fence { whole: begins..end, body, language });
                }
                open = None;
            }
            Some(_) => {}
        }
        start = next;
    }
    found
}

/// The language of a line that opens a block: empty where none is named.
fn language(line: &str) -> Option<&str> {
    let language = line.trim().strip_prefix(FENCE)?;
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '#' | '.');
    (language.len() <= LONGEST_LANGUAGE && language.chars().all(is_word)).then_some(language)
}

/// A text as HTML.
pub(crate) fn html(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for fence in fences(text) {
        lines(&mut html, text.get(at..fence.whole.start).unwrap_or_default());
        let code = escape(text.get(fence.body.clone()).unwrap_or_default());
        if fence.language.is_empty() {
            html.push_str(&format!("<pre>{code}</pre>"));
        } else {
            let language = fence.language;
            html.push_str(&format!("<pre><code class=\"language-{language}\">{code}</code></pre>"));
        }
        at = fence.whole.end;
    }
    lines(&mut html, text.get(at..).unwrap_or_default());
    html
}

/// Text outside of fences.
fn lines(html: &mut String, text: &str) {
    for line in text.split_inclusive('\n') {
        let mut rest = line;
        while let Some((before, code, after)) = next_code(rest) {
            html.push_str(&format!("{}<code>{}</code>", escape(before), escape(code)));
            rest = after;
        }
        html.push_str(&escape(rest));
    }
}

/// The next pair of single backticks in a line: what stands before it, in it, behind it.
fn next_code(line: &str) -> Option<(&str, &str, &str)> {
    let ticks = single_backticks(line);
    ticks.iter().zip(ticks.iter().skip(1)).find_map(|(open, close)| {
        let code = line.get(open + 1..*close)?;
        (!code.trim().is_empty()).then_some((line.get(..*open)?, code, line.get(close + 1..)?))
    })
}

/// Where backticks stand that have no other beside them.
fn single_backticks(line: &str) -> Vec<usize> {
    let is_tick = |at: Option<usize>| at.is_some_and(|at| line.as_bytes().get(at) == Some(&b'`'));
    let ticks = line.match_indices('`').map(|(at, _)| at);
    ticks.filter(|at| !is_tick(at.checked_sub(1)) && !is_tick(at.checked_add(1))).collect()
}

/// A text without any markup, as HTML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
