//! Rendering: HTML, chunks (as properties over made-up texts), keyboards.

use bot::Button;

use super::chunk::chunks_within;
use super::markup::fences;
use super::{MESSAGE, chunks, fits, html, keyboard};

#[test]
fn only_backticks_are_markup() {
    for (text, expected) in [
        ("plain", "plain"),
        ("<b>&amp;</b>", "&lt;b&gt;&amp;amp;&lt;/b&gt;"),
        ("say `/new <text>` now", "say <code>/new &lt;text&gt;</code> now"),
        ("`a` and `b`", "<code>a</code> and <code>b</code>"),
        ("one ` alone", "one ` alone"),
        ("not `over\nlines`", "not `over\nlines`"),
        ("``two`` ` `", "``two`` ` `"),
        ("**bold** _it_ [a](b)", "**bold** _it_ [a](b)"),
        ("```\nlet a = 1 < 2;\n```", "<pre>let a = 1 &lt; 2;</pre>"),
        (
            "a\n```rust\nfn `x`() {}\n\n```\nb `c`",
            "a\n<pre><code class=\"language-rust\">fn `x`() {}\n</code></pre>\nb <code>c</code>",
        ),
        ("```never closed\nx", "```never closed\nx"),
        ("```rust\nx", "```rust\nx"),
        ("```\n\n```", "```\n\n```"),
        ("```a\"b\nx\n```", "```a\"b\nx\n```"),
    ] {
        assert_eq!(html(text), expected, "{text}");
    }
}

#[test]
fn a_cut_is_made_at_a_paragraph_else_a_line_else_a_word_else_a_character() {
    let paragraphs = format!("{}\n\n{}\n{}", "a".repeat(30), "b".repeat(30), "c ".repeat(30));
    assert_eq!(chunks_within(&paragraphs, 80)[0], "a".repeat(30));
    let lines = format!("{}\n{}", "a b ".repeat(15).trim_end(), "c ".repeat(30));
    assert_eq!(chunks_within(&lines, 80)[0], "a b ".repeat(15).trim_end());
    let words = "word ".repeat(40);
    assert!(
        chunks_within(&words, 80).iter().all(|chunk| chunk.split(' ').all(|word| word == "word"))
    );
    assert_eq!(
        chunks_within(&"x".repeat(200), 80).iter().map(String::len).collect::<Vec<_>>(),
        [76, 76, 48]
    );
}

#[test]
fn what_fits_is_left_alone() {
    let text = "  lead\n\ntrail".to_owned();
    assert_eq!(chunks(&text), [text]);
    let exact = "😀".repeat(MESSAGE / 2);
    assert_eq!(chunks(&exact), std::slice::from_ref(&exact));
    assert_eq!(chunks(&format!("{exact}x")).len(), 2);
    assert!(chunks("").is_empty());
    assert!(chunks(" \n ").is_empty());
    assert!(fits("😀", 2) && !fits("😀", 1));
}

#[test]
fn a_block_of_code_is_closed_and_opened_again_with_its_language() {
    let code = (0..12).map(|line| format!("    let x{line} = {line};")).collect::<Vec<_>>();
    let text = format!("Look:\n\n```rust\n{}\n```\nThat is all.", code.join("\n"));
    let cut = chunks_within(&text, 120);
    assert!(cut.len() > 2);
    assert!(cut[1].starts_with("```rust\n    let x"), "{}", cut[1]);
    assert!(cut[1].ends_with(";\n```"), "{}", cut[1]);
    assert!(cut.last().unwrap().ends_with("That is all."));
    let back: Vec<String> = cut.iter().flat_map(|chunk| code_of(chunk)).collect();
    assert_eq!(back.join("\n"), code.join("\n"));
}

#[test]
fn signs_of_several_characters_stay_whole() {
    let family = "👩‍👩‍👧‍👦";
    for chunk in chunks_within(&family.repeat(40), 80) {
        assert!(chunk.starts_with('👩') && chunk.ends_with('👦'));
    }
    for chunk in chunks_within(&"🇫🇷".repeat(50), 79) {
        assert_eq!(chunk.chars().count() % 2, 0);
    }
    for chunk in chunks_within(&"e\u{301}".repeat(99), 81) {
        assert!(chunk.starts_with('e'));
    }
}

/// Numbers that look random and are the same on every run.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % 1_000_003).unwrap() % limit
    }

    fn pieces(&mut self, pieces: &[&str], most: usize) -> String {
        let count = self.below(most);
        (0..count).map(|_| pieces[self.below(pieces.len())]).collect()
    }
}

const PROSE: &[&str] = &[
    "word ",
    "\n",
    "\n\n",
    "😀",
    "é",
    "e\u{301}",
    "`code` ",
    "<&>",
    "    indented",
    "\r\n",
    "``",
    "漢字",
    " ",
    "a-very-long-word-without-any-space-in-it-that-goes-on-and-on-and-on",
    "\n\n\n\n",
];
/// The language of made-up code: no other piece has its letters.
const LANGUAGE: &str = "q9";

/// Texts of all kinds of pieces, with fences wherever they fall.
fn made_up(seed: u64) -> String {
    let fences = ["```\n", "```q9\n", "\n```\n", "\n```q9 x"];
    Dice::new(seed).pieces(&[PROSE, &fences].concat(), 120)
}

/// Texts with proper blocks of code.
fn with_code(seed: u64) -> String {
    let mut dice = Dice::new(seed);
    let blocks = dice.below(6);
    let mut text = dice.pieces(PROSE, 30);
    for block in 0..blocks {
        let language = if block % 2 == 0 { LANGUAGE } else { "" };
        let code = dice.pieces(PROSE, 40);
        text.push_str(&format!("\n```{language}\nfirst{code}\n```\n{}", dice.pieces(PROSE, 30)));
    }
    text
}

/// What can be seen of a text, apart from fences.
fn seen(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '`' && !LANGUAGE.contains(*c)).collect()
}

fn code_of(text: &str) -> Vec<String> {
    fences(text).into_iter().map(|fence| text.get(fence.body).unwrap().to_owned()).collect()
}

#[test]
fn chunks_lose_nothing_and_keep_within_the_limit() {
    for seed in 0..4_000 {
        let text = made_up(seed);
        for limit in [64, 65, 100, 333] {
            let cut = chunks_within(&text, limit);
            for chunk in &cut {
                assert!(fits(chunk, limit), "seed {seed}, limit {limit}: {chunk}");
                assert!(!chunk.trim().is_empty(), "seed {seed}: blank");
            }
            assert_eq!(
                seen(&cut.concat()),
                seen(&text),
                "seed {seed}, limit {limit}\n{text}\n---\n{cut:#?}"
            );
        }
    }
}

#[test]
fn code_stays_code_and_text_stays_text() {
    for seed in 0..4_000 {
        let text = with_code(seed);
        let whole = seen(&code_of(&text).concat());
        let cut = chunks_within(&text, 100);
        let parts: String = cut.iter().flat_map(|chunk| code_of(chunk)).collect();
        assert_eq!(seen(&parts), whole, "seed {seed}\n{text}\n---\n{cut:#?}");
    }
}

#[test]
fn html_opens_and_closes_its_own_tags_alone() {
    for seed in 0..2_000 {
        let html = html(&made_up(seed));
        let tags = ["pre>", "/pre>", "code>", "/code>", "code class=\"language-"];
        for tag in html.split('<').skip(1) {
            assert!(tags.iter().any(|known| tag.starts_with(known)), "seed {seed}: {html}");
        }
        assert_eq!(html.matches('<').count(), html.matches('>').count(), "seed {seed}: {html}");
        assert_eq!(html.matches("<code").count(), html.matches("</code>").count());
        assert_eq!(html.matches("<pre>").count(), html.matches("</pre>").count());
    }
}

fn button(label: &str) -> Button {
    Button { label: label.to_owned(), data: "x".repeat(55) }
}

fn rows(buttons: &[Button]) -> Vec<usize> {
    let markup = keyboard(buttons);
    markup.map(|markup| markup.inline_keyboard.iter().map(Vec::len).collect()).unwrap_or_default()
}

#[test]
fn short_buttons_stand_in_pairs_and_long_ones_alone() {
    let long = button("Resume s-7k3f9q “a long title of it”");
    let [older, newer] = [button("Older"), button("Newer")];
    assert_eq!(rows(&[]), Vec::<usize>::new());
    assert_eq!(rows(std::slice::from_ref(&older)), [1]);
    assert_eq!(rows(&[older.clone(), newer.clone(), older.clone()]), [2, 1]);
    assert_eq!(rows(&[older.clone(), long.clone(), newer.clone(), older.clone()]), [1, 1, 2]);
    assert_eq!(rows(&vec![long; 130]).len(), 100);
    let too_much = Button { label: "x".to_owned(), data: "x".repeat(65) };
    assert_eq!(rows(&[too_much, button(" "), newer]), [1]);
}
