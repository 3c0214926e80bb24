//! Lines that begin with `/checkpoint`, and what they are.

use insta::assert_snapshot;

use crate::testing::read;

#[test]
fn save_takes_a_quoted_name_and_a_quoted_description() {
    assert_snapshot!(read("/checkpoint save"), @"Checkpoint(Save { name: None, description: None })");
    assert_snapshot!(read("/checkpoint save \"before refactor\""), @r#"Checkpoint(Save { name: Some("before refactor"), description: None })"#);
    assert_snapshot!(read("/checkpoint save \"before refactor\" \"all tests pass\""), @r#"Checkpoint(Save { name: Some("before refactor"), description: Some("all tests pass") })"#);
    assert_snapshot!(read("/checkpoint save “before refactor” «all tests pass»"), @r#"Checkpoint(Save { name: Some("before refactor"), description: Some("all tests pass") })"#);
    assert_snapshot!(read("/checkpoint save \"say \\\"hi\\\"\""), @r#"Checkpoint(Save { name: Some("say \"hi\""), description: None })"#);
}

#[test]
fn a_name_without_quotes_is_the_rest_of_the_line() {
    assert_snapshot!(read("/checkpoint save before refactor "), @r#"Checkpoint(Save { name: Some("before refactor"), description: None })"#);
    assert_snapshot!(read("/checkpoint save don't panic"), @r#"Checkpoint(Save { name: Some("don't panic"), description: None })"#);
    assert_snapshot!(read("/checkpoint save my \"best\" idea"), @r#"Checkpoint(Save { name: Some("my \"best\" idea"), description: None })"#);
    assert_snapshot!(read("/checkpoint save well--known --names"), @r#"Checkpoint(Save { name: Some("well--known --names"), description: None })"#);
}

#[test]
fn a_description_follows_two_hyphens() {
    assert_snapshot!(read("/checkpoint save before refactor -- all tests pass"), @r#"Checkpoint(Save { name: Some("before refactor"), description: Some("all tests pass") })"#);
    assert_snapshot!(read("/checkpoint save a -- b -- c"), @r#"Checkpoint(Save { name: Some("a"), description: Some("b -- c") })"#);
    assert_snapshot!(read("/checkpoint save -- only a description"), @r#"Checkpoint(Save { name: None, description: Some("only a description") })"#);
    assert_snapshot!(read("/checkpoint save \"name\" -- described"), @r#"Checkpoint(Save { name: Some("name"), description: Some("described") })"#);
    assert_snapshot!(read("/checkpoint save \"name\" described at length"), @r#"Checkpoint(Save { name: Some("name"), description: Some("described at length") })"#);
    assert_snapshot!(read("/checkpoint save name --"), @r#"/checkpoint save needs a description after “--”. Usage: /checkpoint save ["name" ["description"]]"#);
}

#[test]
fn names_may_be_shortened() {
    assert_snapshot!(read("/checkpoint s \"x\""), @r#"Checkpoint(Save { name: Some("x"), description: None })"#);
    assert_snapshot!(read("/che l"), @"Checkpoint(List)");
    assert_snapshot!(read("/c"), @"/c could be /context or /checkpoint. Write more of it.");
    assert_snapshot!(read("/ch r c-2m8xwa"), @r#"Checkpoint(Restore { target: "c-2m8xwa" })"#);
}

#[test]
fn restore_and_delete_need_an_id_or_a_name() {
    assert_snapshot!(read("/checkpoint restore c-2m8xwa"), @r#"Checkpoint(Restore { target: "c-2m8xwa" })"#);
    assert_snapshot!(read("/checkpoint restore before -- refactor"), @r#"Checkpoint(Restore { target: "before -- refactor" })"#);
    assert_snapshot!(read("/checkpoint delete \"before refactor\""), @r#"Checkpoint(Delete { target: "before refactor" })"#);
    assert_snapshot!(read("/checkpoint restore"), @"/checkpoint restore needs the id or the name of a checkpoint. Usage: /checkpoint restore <id|name>");
    assert_snapshot!(read("/checkpoint delete  "), @"/checkpoint delete needs the id or the name of a checkpoint. Usage: /checkpoint delete <id|name>");
    assert_snapshot!(read("/checkpoint delete \"a\" b"), @"I don't expect “b” there. Usage: /checkpoint delete <id|name>");
}

#[test]
fn delete_must_be_written_whole() {
    assert_snapshot!(read("/checkpoint del x"), @"/checkpoint delete takes something away, so its name must be written whole. Usage: /checkpoint delete <id|name>");
    assert_snapshot!(read("/check delete x"), @"/checkpoint delete takes something away, so its name must be written whole. Usage: /checkpoint delete <id|name>");
    assert_snapshot!(read("/CHECKPOINT Delete x"), @r#"Checkpoint(Delete { target: "x" })"#);
}

#[test]
fn it_says_what_can_be_done() {
    assert_snapshot!(read("/checkpoint"), @"/checkpoint needs to know what to do. Usage: /checkpoint save | list | restore | delete");
    assert_snapshot!(read("/checkpoint saev x"), @"I don't know “saev” after /checkpoint. Did you mean save? Usage: /checkpoint save | list | restore | delete");
    assert_snapshot!(read("/checkpoint frobnicate"), @"I don't know “frobnicate” after /checkpoint. Usage: /checkpoint save | list | restore | delete");
    assert_snapshot!(read("/checkpoint list all"), @"I don't expect “all” there. Usage: /checkpoint list");
}

#[test]
fn quotes_must_be_closed() {
    assert_snapshot!(read("/checkpoint save “before refactor"), @r#"The quote “ is never closed. Usage: /checkpoint save ["name" ["description"]]"#);
    assert_snapshot!(read("/checkpoint save \"name\" \"described"), @r#"The quote " is never closed. Usage: /checkpoint save ["name" ["description"]]"#);
    assert_snapshot!(read("/checkpoint save \"name\"described"), @r#"A space must follow the closing quote ". Usage: /checkpoint save ["name" ["description"]]"#);
    assert_snapshot!(read("/checkpoint \"save"), @r#"The quote " is never closed. Usage: /checkpoint save | list | restore | delete"#);
}

#[test]
fn names_and_descriptions_have_bounds() {
    let (name, description) = ("n".repeat(100), "d".repeat(500));
    assert!(
        read(&format!("/checkpoint save {name} -- {description}")).starts_with("Checkpoint(Save")
    );
    assert_snapshot!(read(&format!("/checkpoint save {name}n")), @r#"The name is too long: 100 characters is the most. Nothing was cut off or kept. Usage: /checkpoint save ["name" ["description"]]"#);
    assert_snapshot!(read(&format!("/checkpoint save \"{name}n\"")), @r#"The name is too long: 100 characters is the most. Nothing was cut off or kept. Usage: /checkpoint save ["name" ["description"]]"#);
    assert_snapshot!(read(&format!("/checkpoint save x -- {description}d")), @r#"The description is too long: 500 characters is the most. Nothing was cut off or kept. Usage: /checkpoint save ["name" ["description"]]"#);
    assert_snapshot!(read("/checkpoint save \"\""), @r#"The name is empty. Usage: /checkpoint save ["name" ["description"]]"#);
    assert_snapshot!(read("/checkpoint save \"x\" \"  \""), @r#"The description is empty. Usage: /checkpoint save ["name" ["description"]]"#);
}

#[test]
fn lines_have_bounds() {
    assert_snapshot!(read(&format!("/checkpoint save {}", "é".repeat(4080))), @r#"The line is too long: 4,096 characters is the most. Nothing was cut off or kept. Usage: /checkpoint save ["name" ["description"]]"#);
    assert_snapshot!(read(&format!("/checkpoint restore {}", "é".repeat(4080))), @"The line is too long: 4,096 characters is the most. Nothing was cut off or kept. Usage: /checkpoint restore <id|name>");
    assert_snapshot!(read(&format!("/checkpoint save x -- {}", "d ".repeat(30))), @r#"These are too many words: 32 is the most. What is in quotes counts as one. Usage: /checkpoint save ["name" ["description"]]"#);
    let most = format!("/checkpoint save x -- {}", "d ".repeat(29));
    assert!(read(&most).starts_with("Checkpoint(Save"));
    let quoted = format!("/checkpoint save x -- \"{}\"", "d ".repeat(200));
    assert!(read(&quoted).starts_with("Checkpoint(Save"));
}

#[test]
fn characters_that_break_or_turn_a_line_are_refused() {
    assert_snapshot!(read("/checkpoint save before\nrefactor"), @r#"The name holds a character that may not be in it: U+000A. Usage: /checkpoint save ["name" ["description"]]"#);
    assert_snapshot!(read("/checkpoint save \"a\u{202e}b\""), @r#"The name holds a character that may not be in it: U+202E. Usage: /checkpoint save ["name" ["description"]]"#);
    assert_snapshot!(read("/checkpoint save x -- a\u{2066}b"), @r#"The description holds a character that may not be in it: U+2066. Usage: /checkpoint save ["name" ["description"]]"#);
    assert_snapshot!(read("/checkpoint restore a\u{0}b"), @"The name holds a character that may not be in it: U+0000. Usage: /checkpoint restore <id|name>");
    assert_snapshot!(read("/checkpoint save a\u{2028}b"), @r#"The name holds a character that may not be in it: U+2028. Usage: /checkpoint save ["name" ["description"]]"#);
}
