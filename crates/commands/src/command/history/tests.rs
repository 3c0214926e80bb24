//! Lines that begin with `/history`, and what they are.

use insta::assert_snapshot;

use crate::testing::read;
use crate::text::MAX_TEXT_BYTES;

#[test]
fn bare_means_show() {
    assert_snapshot!(read("/history"), @"History(Show { count: None })");
    assert_snapshot!(read("/history 30"), @"History(Show { count: Some(30) })");
    assert_snapshot!(read("/history show"), @"History(Show { count: None })");
    assert_snapshot!(read("/history show 1000"), @"History(Show { count: Some(1000) })");
    assert_snapshot!(read("/hist 007"), @"History(Show { count: Some(7) })");
}

#[test]
fn the_count_is_a_number_from_1_to_1000() {
    assert_snapshot!(read("/history 0"), @"“0” is out of range: 1 to 1000 messages. Usage: /history [n] | export | clear | search");
    assert_snapshot!(read("/history -3"), @"“-3” is out of range: 1 to 1000 messages. Usage: /history [n] | export | clear | search");
    assert_snapshot!(read("/history 1001"), @"“1001” is out of range: 1 to 1000 messages. Usage: /history [n] | export | clear | search");
    assert_snapshot!(read("/history 99999999999"), @"“99999999999” is out of range: 1 to 1000 messages. Usage: /history [n] | export | clear | search");
    assert_snapshot!(read("/history 3.5"), @"I can't read “3.5” as a number. Usage: /history [n] | export | clear | search");
    assert_snapshot!(read("/history +3"), @"I can't read “+3” as a number. Usage: /history [n] | export | clear | search");
    assert_snapshot!(read("/history show all"), @"I can't read “all” as a number. Usage: /history [show] [n]");
    assert_snapshot!(read("/history 30 40"), @"I don't expect “40” there. Usage: /history [n] | export | clear | search");
}

#[test]
fn export_is_markdown_unless_told() {
    assert_snapshot!(read("/history export"), @"History(Export { format: Markdown })");
    assert_snapshot!(read("/hist exp"), @"History(Export { format: Markdown })");
    assert_snapshot!(read("/history export JSON"), @"History(Export { format: Json })");
    assert_snapshot!(read("/history export text"), @"History(Export { format: Text })");
    assert_snapshot!(read("/history export pdf"), @"“pdf” is not markdown, json or text. Usage: /history export [markdown | json | text]");
    assert_snapshot!(read("/history export json now"), @"I don't expect “now” there. Usage: /history export [markdown | json | text]");
}

#[test]
fn clear_must_be_written_whole_and_alone() {
    assert_snapshot!(read("/history clear"), @"History(Clear)");
    assert_snapshot!(read("/history cle"), @"/history clear takes something away, so its name must be written whole. Usage: /history clear");
    assert_snapshot!(read("/hist clear"), @"/history clear takes something away, so its name must be written whole. Usage: /history clear");
    assert_snapshot!(read("/history clear all"), @"I don't expect “all” there. Usage: /history clear");
}

#[test]
fn search_takes_the_rest_as_it_is() {
    assert_snapshot!(read("/history search portfolio  value"), @r#"History(Search { words: "portfolio  value" })"#);
    assert_snapshot!(read("/history search \"open\nand -- more"), @r#"History(Search { words: "\"open\nand -- more" })"#);
    assert_snapshot!(read("/history search"), @"/history search needs words to look for. Usage: /history search <words>");
    assert_snapshot!(read("/history search  \n"), @"/history search needs words to look for. Usage: /history search <words>");
    let longest = "w ".repeat(MAX_TEXT_BYTES / 2);
    assert!(read(&format!("/history search {longest}")).starts_with("History(Search"));
    assert_snapshot!(read(&format!("/history search {longest}w")), @"The search is too long: 64 KiB is the most. Nothing was cut off or kept. Usage: /history search <words>");
}

#[test]
fn other_words_are_refused() {
    assert_snapshot!(read("/history exprot"), @"I don't know “exprot” after /history. Did you mean export? Usage: /history [n] | export | clear | search");
    assert_snapshot!(read("/history forever"), @"I don't know “forever” after /history. Usage: /history [n] | export | clear | search");
    assert_snapshot!(read("/history s"), @"“s” could be show or search. Usage: /history [n] | export | clear | search");
}
