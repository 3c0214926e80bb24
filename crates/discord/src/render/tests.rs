//! Rendering: markdown, chunks (as properties over made-up texts), components.

use bot::Button;

use super::chunk::chunks_within;
use super::markup::fences;
use super::{MESSAGE, chunks, components, fits, markdown};

#[test]
fn only_backticks_are_markup() {
    for (text, expected) in [
        ("plain, 12:30 (x) s-7k3f9q: “a”!", "plain, 12:30 (x) s-7k3f9q: “a”!"),
        ("**b** _i_ ~~s~~ ||h||", r"\*\*b\*\* \_i\_ \~\~s\~\~ \|\|h\|\|"),
        ("[a](https://b.c)", r"\[a\](https://b.c)"),
        ("<@77> <#9> <@&5> <t:1> </new:1>", r"\<@77> \<#9> \<@&5> \<t:1> \</new:1>"),
        ("@everyone @here @ann", r"\@everyone \@here @ann"),
        ("# h\n> q\n- l\n+ l\n* l", "\\# h\n\\> q\n\\- l\n\\+ l\n\\* l"),
        ("  -# small\n>>> all", "  \\-# small\n\\>>> all"),
        ("a # b > c - d", "a # b > c - d"),
        ("3. x\n12. y\nat 3. z", "3\\. x\n12\\. y\nat 3. z"),
        (r"a\*b", r"a\\\*b"),
        ("say `/new <text>` now", "say `/new <text>` now"),
        ("`a_b` and _b_", r"`a_b` and \_b\_"),
        ("one ` alone", r"one \` alone"),
        ("not `over\nlines`", "not \\`over\nlines\\`"),
        ("``two`` ` `", r"\`\`two\`\` \` \`"),
        ("```\nlet *a* = 1;\n```", "```\nlet *a* = 1;\n```"),
        ("a\n```rust\nfn `x`() {}\n```\nb _c_", "a\n```rust\nfn `x`() {}\n```\nb \\_c\\_"),
        ("```\nx = \"```\" *y*\n```", "```\nx = \"``\u{200b}`\" *y*\n```"),
        ("```\n`````\n_\n```", "```\n``\u{200b}``\u{200b}`\n_\n```"),
        ("```never closed\nx", "\\`\\`\\`never closed\nx"),
        ("see https://a.b/c_d_e?f=*g*", r"see https://a.b/c_d_e?f=\*g\*"),
        ("https://_x_ http://", r"https://\_x\_ http://"),
    ] {
        assert_eq!(markdown(text), expected, "{text}");
    }
}

#[test]
fn a_cut_is_made_at_a_paragraph_else_a_line_else_a_word_else_a_character() {
    let paragraphs = format!("{}\n\n{}\n{}", "a".repeat(30), "b".repeat(30), "c ".repeat(30));
    assert_eq!(chunks_within(&paragraphs, 80)[0], "a".repeat(30));
    let lines = format!("{}\n{}", "a b ".repeat(15).trim_end(), "c ".repeat(30));
    assert_eq!(chunks_within(&lines, 80)[0], "a b ".repeat(15).trim_end());
    let words = "word ".repeat(40);
    let cut = chunks_within(&words, 80);
    assert!(cut.iter().all(|chunk| chunk.split(' ').all(|word| word == "word")));
    let lengths: Vec<_> = chunks_within(&"x".repeat(200), 80).iter().map(String::len).collect();
    assert_eq!(lengths, [73, 73, 54]);
}

#[test]
fn what_fits_is_left_alone() {
    let text = "  lead\n\ntrail".to_owned();
    assert_eq!(chunks(&text), [text]);
    let exact = "x".repeat(MESSAGE);
    assert_eq!(chunks(&exact), std::slice::from_ref(&exact));
    assert_eq!(chunks(&format!("{exact}x")).len(), 2);
    assert!(chunks("").is_empty() && chunks(" \n ").is_empty());
    assert!(fits("😀", 2) && !fits("😀", 1));
    // What is escaped takes more.
    assert!(fits("**", 4) && !fits("**", 3));
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
    for chunk in chunks_within(&"👩‍👩‍👧‍👦".repeat(40), 80) {
        assert!(chunk.starts_with('👩') && chunk.ends_with('👦'));
    }
    for chunk in chunks_within(&"🇫🇷".repeat(50), 79) {
        assert_eq!(chunk.chars().count() % 2, 0);
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
    "<@7>",
    "    indented",
    "\r\n",
    "``",
    "漢字",
    " ",
    "a-very-long-word-without-any-space-in-it-that-goes-on-and-on-and-on",
    "\n\n\n\n",
    "**",
    "_",
    "||",
    "# ",
    "\n> ",
    "\n- ",
    "\n3. ",
    "\\",
    "[x](y)",
    "https://a.b/_c_ ",
    "@everyone ",
    "~~",
];
/// The language of made-up code: no other piece has its letters.
const LANGUAGE: &str = "q9";

/// Texts of all kinds of pieces, with fences wherever they fall.
fn made_up(seed: u64) -> String {
    let fences = ["```\n", "```q9\n", "\n```\n", "\n```q9 x", "`"];
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
fn chunks_lose_nothing_and_fit_once_they_are_rendered() {
    for seed in 0..4_000 {
        let text = made_up(seed);
        for limit in [64, 65, 100, 333] {
            let cut = chunks_within(&text, limit);
            for chunk in &cut {
                let units = markdown(chunk).encode_utf16().count();
                assert!(units <= limit, "seed {seed}, limit {limit}: {units}\n{chunk}");
                assert!(!chunk.trim().is_empty(), "seed {seed}: blank");
            }
            assert_eq!(seen(&cut.concat()), seen(&text), "seed {seed}, limit {limit}\n{text}");
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

/// Markdown as Discord reads it, as far as it goes here: what is left of it with an
/// x for what is escaped, in code or a URL.
fn bare(markdown: &str) -> String {
    let mut bare = String::new();
    let mut rest = markdown;
    while let Some(character) = rest.chars().next() {
        let skipped = if character == '\\' {
            1 + rest.chars().nth(1).map_or(0, char::len_utf8)
        } else if let Some(block) = rest.strip_prefix("```") {
            6 + block.find("```").expect("a block that is opened is closed")
        } else if let Some(code) = rest.strip_prefix('`') {
            2 + code.find('`').expect("code that is opened is closed")
        } else if rest.starts_with("https://") {
            rest.find(|c: char| c.is_whitespace() || c == '<').unwrap_or(rest.len())
        } else {
            bare.push(character);
            character.len_utf8()
        };
        if rest.chars().next().map(char::len_utf8) != Some(skipped) {
            bare.push('x');
        }
        rest = rest.get(skipped..).unwrap();
    }
    bare
}

#[test]
fn nothing_that_was_said_formats_or_mentions() {
    for seed in 0..4_000 {
        let text = if seed % 2 == 0 { made_up(seed) } else { with_code(seed) };
        let bare = bare(&markdown(&text));
        let is_markup = |c: char| "*_~|`[]<".contains(c);
        assert!(!bare.contains(is_markup), "seed {seed}\n{text}\n---\n{bare}");
        assert!(!bare.contains("@everyone"), "seed {seed}");
        for line in bare.lines() {
            assert!(!line.trim_start().starts_with(['#', '>', '-', '+']), "seed {seed}: {line}");
        }
    }
}

fn button(label: &str, number: usize) -> Button {
    Button { label: label.to_owned(), data: format!("{number:055}") }
}

/// What each row holds: so many buttons, or a menu of so many lines.
fn rows(labels: &[&str]) -> Vec<String> {
    let buttons: Vec<Button> =
        labels.iter().enumerate().map(|(number, label)| button(label, number)).collect();
    let describe = |row: serde_json::Value| {
        assert_eq!(row["type"], 1);
        let parts = row["components"].as_array().unwrap();
        assert!((1..=5).contains(&parts.len()));
        match parts[0]["type"].as_u64() {
            Some(2) => format!("{} buttons", parts.len()),
            Some(3) => {
                let lines = parts[0]["options"].as_array().unwrap().len();
                format!("{} {lines}", parts[0]["placeholder"].as_str().unwrap())
            }
            other => panic!("{other:?}"),
        }
    };
    components(&buttons).into_iter().map(describe).collect()
}

#[test]
fn few_are_buttons_and_many_of_a_kind_are_a_menu() {
    assert!(rows(&[]).is_empty());
    assert_eq!(rows(&["Undo"]), ["1 buttons"]);
    assert_eq!(rows(&["Resume a", "Resume b", "Resume c", "Resume d", "Older"]), ["5 buttons"]);
    let mut list = vec!["Resume s-1"; 10];
    list.push("Older");
    assert_eq!(rows(&list), ["Resume… 10", "1 buttons"]);
    let mut both = ["Restore c-1", "Delete c-1"].repeat(10);
    both.push("Older");
    assert_eq!(rows(&both), ["Restore… 10", "Delete… 10", "1 buttons"]);
    assert_eq!(rows(&["a", "b", "c", "d", "e", "f", "g"]), ["5 buttons", "2 buttons"]);
    let names: Vec<String> = (0..40).map(|number| format!("n{number}")).collect();
    assert_eq!(rows(&names.iter().map(String::as_str).collect::<Vec<_>>()), ["5 buttons"; 5]);
    assert_eq!(rows(&["Resume x"; 30]), ["Resume… 25"]);
}

#[test]
fn a_component_keeps_discords_limits() {
    let long = Button { label: "l".repeat(200), data: "d".repeat(100) };
    let row = &components(std::slice::from_ref(&long))[0]["components"][0];
    assert_eq!(row["label"].as_str().unwrap().chars().count(), 80);
    assert_eq!(row["custom_id"].as_str().unwrap().len(), 100);
    let too_much = Button { data: "d".repeat(101), ..long.clone() };
    let nameless = Button { label: " ".to_owned(), ..long.clone() };
    assert!(components(&[too_much, nameless, Button { data: String::new(), ..long }]).is_empty());
}
