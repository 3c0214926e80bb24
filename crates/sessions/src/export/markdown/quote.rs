//! What somebody wrote, as a block quote that shows it as it was meant and lets nothing out.
//!
//! Every line begins with `>`, so headings, rules, lists and open fences end with the quote. Two things would reach
//! beyond it and are escaped wherever they are not surely code: HTML (an open comment swallows the rest of a page) and
//! link definitions (they hold for the whole document).
//!
//! What is code is told by a reading of markdown that is simpler than markdown. So it has a place for doubt: where
//! a fence is indented or inside a list, or formulas begin, all is escaped until the next plain fence, and before that one the quote ends
//! and begins anew, after which no parser can disagree.
//!
//! Invariant: whatever this takes for code is code to every parser; in doubt it is not.

use crate::export::{lines, visible};

/// Backticks or tildes that a fence has at least.
const FENCE: usize = 3;

/// Where a line stands.
#[derive(Clone, Copy)]
enum Place {
    /// Outside of fences. `sure` while each line of this paragraph closes the code that it opens.
    Prose { sure: bool },
    /// Surely in a fence.
    Fenced(Fence),
    /// Perhaps in a fence.
    Nested(Fence),
    /// Perhaps outside of fences.
    Doubt,
}

#[derive(Clone, Copy)]
struct Fence {
    mark: char,
    length: usize,
}

/// Adds `content` as a block quote.
pub(super) fn add_quote(content: &str, out: &mut String) {
    let mut place = Place::Prose { sure: true };
    for line in lines(content) {
        if let (Place::Nested(_) | Place::Doubt, Some(_)) = (place, opened_fence(line))
            && !matches!(place, Place::Nested(fence) if closes(line, fence))
        {
            out.push('\n');
            place = Place::Prose { sure: true };
        }
        out.push('>');
        if !line.is_empty() {
            out.push(' ');
        }
        place = add_line(line, place, out);
        out.push('\n');
    }
}

/// Adds a line and says where the next one stands.
fn add_line(line: &str, place: Place, out: &mut String) -> Place {
    match place {
        Place::Fenced(fence) => {
            out.extend(line.chars().map(visible));
            if !closes(line, fence) {
                place
            } else if closes_for_all(line) {
                Place::Prose { sure: true }
            } else {
                Place::Doubt
            }
        }
        Place::Nested(fence) => {
            add_escaped(line, out);
            if closes(line, fence) { Place::Doubt } else { place }
        }
        Place::Doubt => {
            add_escaped(line, out);
            place
        }
        Place::Prose { sure } => {
            if let Some(fence) = opened_fence(line) {
                add_escaped(line, out);
                return Place::Fenced(fence);
            }
            let sure = add_prose(line, sure || line.trim_matches([' ', '\t']).is_empty(), out);
            if let Some(fence) = opened_fence(inside_containers(line)) {
                Place::Nested(fence)
            } else if line.contains("~~~") || line.contains("$$") || (!sure && line.contains("```"))
            {
                Place::Doubt
            } else {
                Place::Prose { sure }
            }
        }
    }
}

/// The fence that a line opens, if it begins with one.
fn opened_fence(line: &str) -> Option<Fence> {
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = line.chars().take_while(|c| *c == mark).count();
    let information = line.trim_start_matches(mark);
    let opens = length >= FENCE && !(mark == '`' && information.contains('`'));
    opens.then_some(Fence { mark, length })
}

/// Whether any parser may take the line for the end of the fence.
fn closes(line: &str, fence: Fence) -> bool {
    let inner = inside_containers(line).trim();
    inner.chars().all(|c| c == fence.mark) && inner.chars().count() >= fence.length
}

/// Whether all parsers take a line that closes a fence for its end.
fn closes_for_all(line: &str) -> bool {
    let inner = line.trim_start_matches(' ');
    line.len() - inner.len() <= 3
        && inner.starts_with(['`', '~'])
        && inner.trim_matches(['`', '~']).chars().all(|c| matches!(c, ' ' | '\t'))
}

/// The line without what may begin a list item or a quote.
fn inside_containers(line: &str) -> &str {
    line.trim_start_matches(|c: char| {
        c.is_whitespace() || c.is_ascii_digit() || matches!(c, '>' | '-' | '+' | '*' | '.' | ')')
    })
}

/// Adds a line of prose; code spans that it opens and closes stay as they are. Answers whether it closes all of them
/// in a way that every parser sees.
fn add_prose(line: &str, sure: bool, out: &mut String) -> bool {
    if !line.contains('`') {
        add_escaped(line, out);
        return sure;
    }
    match code_spans(line).filter(|_| sure && !is_disputed(line)) {
        None => {
            add_escaped(line, out);
            false
        }
        Some(pieces) => {
            for piece in pieces {
                if piece.starts_with('`') {
                    out.extend(piece.chars().map(visible));
                } else {
                    add_escaped(piece, out);
                }
            }
            true
        }
    }
}

/// Whether a line holds what some parsers take before code: cells, formulas, escapes, definitions, bare links.
fn is_disputed(line: &str) -> bool {
    line.contains(['|', '$', '\\']) || ["]:", "://", "www."].iter().any(|part| line.contains(part))
}

/// A line cut into code spans, which begin with a backtick, and what is between them; `None` if one stays open.
fn code_spans(line: &str) -> Option<Vec<&str>> {
    let mut pieces = Vec::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        let (before, from) = rest.split_at_checked(start)?;
        let ticks = run(from);
        let mut length = ticks;
        loop {
            let after = from.get(length..)?;
            let next = after.find('`')?;
            let found = run(after.get(next..)?);
            length += next + found;
            if found == ticks {
                break;
            }
        }
        let (span, after) = from.split_at_checked(length)?;
        pieces.extend([before, span]);
        rest = after;
    }
    pieces.push(rest);
    Some(pieces)
}

/// How many backticks a text begins with.
fn run(text: &str) -> usize {
    text.bytes().take_while(|byte| *byte == b'`').count()
}

/// Adds text so that it holds neither HTML nor a link definition, and otherwise shows as it would have.
fn add_escaped(text: &str, out: &mut String) {
    let mut escaped = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek().copied();
        match character {
            '<' if next.is_some_and(begins_tag) => {
                // Not a backslash: where a bare link ends in one, it escapes nothing.
                if escaped {
                    out.pop();
                }
                out.push_str("&lt;");
            }
            ']' if next == Some(':') && !escaped => out.push_str("\\]"),
            _ => out.push(visible(character)),
        }
        escaped = character == '\\' && !escaped;
    }
}

/// Whether `<` and this character may begin HTML or a link.
fn begins_tag(character: char) -> bool {
    character.is_ascii_alphabetic() || matches!(character, '/' | '!' | '?')
}
