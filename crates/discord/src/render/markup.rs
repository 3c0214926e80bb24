//! The bot's light markup, as Discord's markdown.
//!
//! ```text
//! fence = "```" language? newline, lines, "```" alone on a line
//! code  = "`", anything but a backtick on the same line, "`"
//! ```
//!
//! Both are markdown as they stand; all else that markdown knows is escaped. A fence that is never closed, or holds
//! nothing, is text like any other; so is a backtick without a partner.
//!
//! A URL is left alone, or the backslashes would be part of it: Discord takes everything up to white space or `<` for the
//! URL and formats none of it.

use std::ops::Range;

const FENCE: &str = "```";
/// The longest name of a language.
const LONGEST_LANGUAGE: usize = 24;
/// Shown as nothing; parts backticks that would end a block of code too early.
const NOTHING: char = '\u{200b}';

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

/// A text as markdown.
pub(crate) fn markdown(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for fence in fences(text) {
        lines(&mut written, text.get(at..fence.whole.start).unwrap_or_default());
        written.push_str(&fence.opening());
        code(&mut written, text.get(fence.body.clone()).unwrap_or_default());
        written.push_str(Fence::CLOSING);
        at = fence.whole.end;
    }
    lines(&mut written, text.get(at..).unwrap_or_default());
    written
}

/// How much a character takes at most once it is rendered, in UTF-16 units.
pub(super) fn cost(character: char) -> usize {
    let escaped = is_special(character) || is_special_in_front(character);
    character.len_utf16() + usize::from(escaped || matches!(character, '@' | '.'))
}

/// Code in a block: three backticks in it would end it.
fn code(written: &mut String, code: &str) {
    let mut ticks = 0;
    for character in code.chars() {
        ticks = if character == '`' { ticks + 1 } else { 0 };
        if ticks == 3 {
            written.push(NOTHING);
            ticks = 1;
        }
        written.push(character);
    }
}

/// Text outside of fences.
fn lines(written: &mut String, text: &str) {
    for line in text.split_inclusive('\n') {
        let mut is_front = true;
        let mut rest = line;
        while let Some((before, code, after)) = next_code(rest) {
            escape(written, before, is_front);
            written.extend(["`", code, "`"]);
            is_front = false;
            rest = after;
        }
        escape(written, rest, is_front);
    }
}

/// The next pair of single backticks in a line: what stands before it, in it, behind it.
fn next_code(line: &str) -> Option<(&str, &str, &str)> {
    let ticks = single_backticks(line);
    ticks.iter().zip(ticks.iter().skip(1)).find_map(|(open, close)| {
        let code = line.get(open + 1..*close)?;
        let is_code = !code.trim().is_empty() && !code.contains('`');
        is_code.then_some((line.get(..*open)?, code, line.get(close + 1..)?))
    })
}

/// Where backticks stand that have no other beside them.
fn single_backticks(line: &str) -> Vec<usize> {
    let is_tick = |at: Option<usize>| at.is_some_and(|at| line.as_bytes().get(at) == Some(&b'`'));
    let ticks = line.match_indices('`').map(|(at, _)| at);
    ticks.filter(|at| !is_tick(at.checked_sub(1)) && !is_tick(at.checked_add(1))).collect()
}

/// A piece of a line without any markup; `is_front` if nothing stands before it.
fn escape(written: &mut String, text: &str, is_front: bool) {
    // What stands in front of a line: nothing but white space, or nothing but digits behind that.
    let (mut is_front, mut is_number) = (is_front, false);
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let url = url(rest);
        if url > 0 {
            let (url, behind) = rest.split_at_checked(url).unwrap_or((rest, ""));
            written.push_str(url);
            (rest, is_front, is_number) = (behind, false, false);
            continue;
        }
        let is_dot = is_number && character == '.';
        let is_mark = is_front && !is_number && is_special_in_front(character);
        if is_special(character) || is_dot || is_mark || is_for_all(rest) {
            written.push('\\');
        }
        written.push(character);
        is_number = is_front && character.is_ascii_digit();
        is_front &= character.is_whitespace() || is_number;
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
    }
}

/// Markup wherever it stands. `<` begins mentions, times, emoji, links to commands.
fn is_special(character: char) -> bool {
    matches!(character, '\\' | '*' | '_' | '~' | '|' | '`' | '[' | ']' | '<')
}

/// Markup at the front of a line: quotes, headings, lists.
fn is_special_in_front(character: char) -> bool {
    matches!(character, '>' | '#' | '-' | '+')
}

/// Whether it begins as a mention of everybody.
fn is_for_all(text: &str) -> bool {
    text.strip_prefix('@')
        .is_some_and(|name| name.starts_with("everyone") || name.starts_with("here"))
}

/// How many bytes of a URL a text begins with that can be left as they are.
fn url(text: &str) -> usize {
    let behind = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let Some(behind) = behind.filter(|behind| behind.starts_with(is_in_host)) else { return 0 };
    let end = behind.find(|c: char| !is_in_url(c)).unwrap_or(behind.len());
    text.len() - behind.len() + end
}

fn is_in_host(character: char) -> bool {
    character.is_ascii_alphanumeric()
}

/// What a URL is made of, without what is markup beyond doubt where it would end sooner than we think.
fn is_in_url(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || matches!(
            character,
            '-' | '.'
                | '_'
                | ':'
                | '/'
                | '?'
                | '#'
                | '@'
                | '!'
                | '$'
                | '&'
                | '+'
                | ','
                | ';'
                | '='
                | '%'
        )
}
