//! Long texts cut into messages: between paragraphs, else lines, else words, else characters.
//!
//! The cuts are those of `telegram::render::chunk`; what a character takes is another matter here, where escaping makes a
//! text longer.
//!
//! Invariant: no chunk is longer than the limit once it is rendered, or blank, and a block of code is whole in each of its
//! chunks.
//! Invariant: only white space where a cut is made is lost.

use super::MESSAGE;
use super::markup::{Fence, cost, fences};

/// A break between paragraphs is worth leaving two thirds of a message empty, one between lines seven eighths.
const PARAGRAPH: usize = 3;
const LINE: usize = 8;
/// How far a cut moves back so as not to break what is shown as one sign.
const LONGEST_SIGN: usize = 16;

/// Cuts a text into messages.
pub(crate) fn chunks(text: &str) -> Vec<String> {
    chunks_within(text, MESSAGE)
}

/// Whether a text takes no more than so many UTF-16 units, rendered.
pub(crate) fn fits(text: &str, limit: usize) -> bool {
    prefix(text, limit) == text.len()
}

/// Cuts a text into chunks of so many UTF-16 units; at least twice as many as a fence takes.
pub(super) fn chunks_within(text: &str, limit: usize) -> Vec<String> {
    let fences = fences(text);
    let mut chunks = Vec::new();
    let mut at = 0;
    let mut inside: Option<&Fence<'_>> = None;
    loop {
        let opening = inside.map(Fence::opening).unwrap_or_default();
        let room = limit.saturating_sub(taken(&opening));
        let rest = text.get(at..).unwrap_or_default();
        if fits(rest, room) {
            push(&mut chunks, &opening, rest, "");
            return chunks;
        }
        let room = room.saturating_sub(taken(Fence::CLOSING)).max(2);
        let cut = settled(find_cut(text, at, room, &fences), at, &fences);
        let closing = if cut.closes { Fence::CLOSING } else { "" };
        push(&mut chunks, &opening, text.get(at..cut.end).unwrap_or_default(), closing);
        at = cut.next;
        inside = cut.inside;
    }
}

fn push(chunks: &mut Vec<String>, opening: &str, text: &str, closing: &str) {
    let text = text.trim_end();
    if !text.trim_start().is_empty() {
        chunks.push(format!("{opening}{text}{closing}"));
    }
}

/// A place to cut: where the chunk ends and the next one begins.
#[derive(Clone, Copy)]
struct Cut<'a> {
    end: usize,
    next: usize,
    /// Whether a block of code has to be closed at the end.
    closes: bool,
    /// The block of code in which the next one begins.
    inside: Option<&'a Fence<'a>>,
}

impl Cut<'_> {
    fn at(end: usize, next: usize) -> Self {
        Self { end, next, closes: false, inside: None }
    }
}

/// The best place to cut within so many UTF-16 units.
fn find_cut(text: &str, at: usize, room: usize, fences: &[Fence<'_>]) -> Cut<'static> {
    let rest = text.get(at..).unwrap_or_default();
    let hard = before_sign(rest, prefix(rest, room));
    let is_code = |offset: usize| {
        let byte = at + offset;
        fences.iter().any(|fence| fence.whole.start < byte && byte < fence.whole.end)
    };
    // White space right behind the last character that fits is a place as well.
    let behind = rest.get(hard..).and_then(|rest| rest.chars().next());
    let reach = hard + behind.filter(|c| c.is_whitespace()).map_or(0, char::len_utf8);
    let head = rest.get(..reach).unwrap_or_default();
    let after_space = |end: usize| {
        let space = rest.get(end..).unwrap_or_default();
        end + (space.len() - space.trim_start_matches(['\n', '\r', ' ']).len())
    };
    let paragraph = head.rmatch_indices("\n\n").map(|(end, _)| end);
    let paragraph = paragraph.filter(|end| *end >= hard / PARAGRAPH).find(|end| !is_code(*end));
    if let Some(end) = paragraph.filter(|end| *end > 0) {
        return Cut::at(at + end, at + after_space(end));
    }
    if let Some(end) = head.rfind('\n').filter(|end| *end > 0 && *end >= hard / LINE) {
        return Cut::at(at + end, at + end + 1);
    }
    match head.rfind(char::is_whitespace).filter(|end| *end > 0) {
        Some(end) if is_code(end) => Cut::at(at + end, at + end),
        Some(end) => Cut::at(at + end, at + after_space(end).max(end + 1)),
        None => Cut::at(at + hard, at + hard),
    }
}

/// The same cut with blocks of code in order: one that it goes through is closed and opened again, and none is opened or
/// closed without any code.
fn settled<'a>(cut: Cut<'a>, at: usize, fences: &'a [Fence<'a>]) -> Cut<'a> {
    let through = |fence: &&Fence<'_>| fence.whole.start < cut.end && cut.end < fence.whole.end;
    let Some(fence) = fences.iter().find(through) else {
        return cut;
    };
    if cut.end <= fence.body.start {
        if at < fence.whole.start {
            return Cut::at(fence.whole.start, fence.whole.start);
        }
        return Cut { inside: Some(fence), ..Cut::at(at, fence.body.start) };
    }
    let end = cut.end.min(fence.body.end);
    if cut.next >= fence.body.end {
        return Cut { closes: true, ..Cut::at(end, fence.whole.end) };
    }
    Cut { end, next: cut.next, closes: true, inside: Some(fence) }
}

/// How much a text takes at most once it is rendered.
fn taken(text: &str) -> usize {
    text.chars().map(cost).sum()
}

/// How many bytes of a text take so many UTF-16 units at most once they are rendered.
fn prefix(text: &str, limit: usize) -> usize {
    let mut units = 0;
    for (byte, character) in text.char_indices() {
        units += cost(character);
        if units > limit {
            return byte;
        }
    }
    text.len()
}

/// Moves a cut back to before a sign that several characters make up.
fn before_sign(text: &str, cut: usize) -> usize {
    let mut at = cut;
    for _ in 0..LONGEST_SIGN {
        let Some((before, after)) = text.split_at_checked(at) else { return cut };
        let (Some(left), Some(right)) = (before.chars().next_back(), after.chars().next()) else {
            return cut;
        };
        if !belong_together(before, left, right) {
            return at;
        }
        at -= left.len_utf8();
    }
    cut
}

fn belong_together(before: &str, left: char, right: char) -> bool {
    const JOINER: char = '\u{200d}';
    let is_flag = |c: &char| ('\u{1f1e6}'..='\u{1f1ff}').contains(c);
    if is_flag(&left) && is_flag(&right) {
        // Flags are pairs: the cut is inside of one after an odd number.
        return !before.chars().rev().take_while(is_flag).count().is_multiple_of(2);
    }
    let is_attached = matches!(right,
        JOINER | '\u{300}'..='\u{36f}' | '\u{20d0}'..='\u{20f0}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{1f3fb}'..='\u{1f3ff}');
    // Three backticks of four would be a fence.
    let is_run = matches!((left, right), ('\r', '\n') | ('`', '`'));
    left == JOINER || is_attached || is_run
}
