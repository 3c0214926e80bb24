//! The house rules, held by tests: who may use whom, what the pure crates may not see, and how files begin, end and are
//! called.

#![allow(clippy::unwrap_used, reason = "a panic is a failing story")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

/// Who may use whom.
const ARROWS: &[(&str, &[&str])] = &[
    ("commands", &[]),
    ("vault", &[]),
    ("sessions", &["vault"]),
    ("sqlite", &["sessions"]),
    ("bot", &["commands", "sessions"]),
    ("telegram", &["bot", "commands"]),
    ("discord", &["bot", "commands"]),
];
/// Who may use all of them.
const ALL: &[&str] = &["sessionsd", "e2e"];
/// Crates without a runtime, a database, a network or an error that can be anything.
const PURE: &[&str] = &["commands", "vault", "sessions"];
const IMPURE: &[&str] =
    &["tokio", "rusqlite", "libsqlite3-sys", "teloxide", "serenity", "reqwest", "anyhow"];
/// Names that are drawers. `sessions/src/manager.rs` holds the type of that name.
const DRAWERS: &[&str] =
    &["utils", "util", "common", "helpers", "helper", "misc", "types", "manager", "managers"];
const MANAGER: &str = "crates/sessions/src/manager.rs";
/// Lines of a file at most, its tests aside.
const LONGEST: usize = 400;
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn metadata() -> Metadata {
    MetadataCommand::new().manifest_path(root().join("Cargo.toml")).exec().unwrap()
}

/// Every file of the workspace with one of these ends, its path from the root, and its text.
fn files(ends: &[&str]) -> Vec<(String, String)> {
    let root = root();
    let mut folders = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "target" && !name.starts_with('.') {
                    folders.push(path);
                }
            } else if ends.iter().any(|end| name.ends_with(end)) {
                let shown = path.strip_prefix(&root).unwrap().display().to_string();
                found.push((shown, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "there are files that end with {ends:?}");
    found
}

fn assert_none(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}

#[test]
fn crates_use_each_other_along_the_arrows_only() {
    let metadata = metadata();
    let members = metadata.workspace_packages();
    let ours: BTreeSet<_> = members.iter().map(|package| package.name.to_string()).collect();
    let mut allowed: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (from, to) in ARROWS {
        allowed.insert((*from).to_owned(), to.iter().map(|to| (*to).to_owned()).collect());
    }
    for all in ALL {
        allowed.insert((*all).to_owned(), ours.clone());
    }
    let mut broken = Vec::new();
    for package in members {
        let from = package.name.to_string();
        let Some(allowed) = allowed.get(&from) else {
            broken.push(format!("{from} is new: draw its arrows here"));
            continue;
        };
        let used = package.dependencies.iter();
        let used = used.filter(|used| used.kind != DependencyKind::Development);
        for used in used.filter(|used| ours.contains(&used.name)) {
            if !allowed.contains(&used.name) {
                broken.push(format!("{from} → {}", used.name));
            }
        }
    }
    assert_none("arrows that nobody drew", &broken);
    let gone =
        ARROWS.iter().filter(|(from, _)| !ours.contains(*from)).map(|(from, _)| (*from).to_owned());
    assert_none("arrows of crates that are gone", &gone.collect::<Vec<_>>());
}

/// Everything that a package is built with, near and far, tests aside.
fn built_with(metadata: &Metadata, package: &PackageId) -> BTreeSet<String> {
    let resolve = metadata.resolve.as_ref().unwrap();
    let mut waiting = vec![package.clone()];
    let mut seen = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        let node = resolve.nodes.iter().find(|node| node.id == id).unwrap();
        for used in &node.deps {
            let is_normal = used.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal);
            if is_normal && seen.insert(used.pkg.clone()) {
                waiting.push(used.pkg.clone());
            }
        }
    }
    let name = |id: &PackageId| metadata.packages.iter().find(|found| found.id == *id).unwrap();
    seen.iter().map(|id| name(id).name.to_string()).collect()
}

#[test]
fn pure_crates_see_no_runtime_no_database_and_no_network() {
    let metadata = metadata();
    let mut broken = Vec::new();
    for pure in PURE {
        let package =
            metadata.packages.iter().find(|package| package.name.as_str() == *pure).unwrap();
        let seen = built_with(&metadata, &package.id);
        assert!(!seen.is_empty(), "{pure} uses something");
        let impure = IMPURE.iter().filter(|impure| seen.contains(**impure));
        broken.extend(impure.map(|impure| format!("{pure} sees {impure}")));
    }
    assert_none("a pure crate sees what it may not", &broken);
}

#[test]
fn every_file_says_first_what_it_is() {
    let files = files(&[".rs", ".sql"]).into_iter();
    let silent = files.filter(|(path, text)| {
        let sign = if path.ends_with(".rs") { "//!" } else { "--" };
        // A fuzz target begins with what the fuzzer asks for.
        !text.trim_start_matches("#![no_main]").trim_start().starts_with(sign)
    });
    assert_none(
        "files that begin with no word about themselves",
        &silent.map(|(path, _)| path).collect::<Vec<_>>(),
    );
}

#[test]
fn no_file_is_a_drawer() {
    let drawers = files(&[".rs"]).into_iter().map(|(path, _)| path).filter(|path| {
        let parts = Path::new(path).with_extension("");
        let is_drawer = parts.iter().any(|part| DRAWERS.contains(&part.to_string_lossy().as_ref()));
        is_drawer && path != MANAGER && !path.starts_with("crates/sessions/src/manager/")
    });
    assert_none("files that are named for nothing they hold", &drawers.collect::<Vec<_>>());
}

#[test]
fn nothing_is_left_to_do_to_be_skipped_or_to_be_waited_for() {
    // Written in two parts, so that this file is not among those that are found.
    let everywhere = [concat!("dbg", "!("), concat!("todo", "!("), concat!("unimplemented", "!(")];
    let in_tests =
        [concat!("#[", "ignore"), concat!("thread::", "sleep"), concat!("time::", "sleep")];
    let mut broken = Vec::new();
    for (path, text) in files(&[".rs"]) {
        let tests = if is_test(&path) { text.as_str() } else { tests_within(&text) };
        let left = everywhere.iter().filter(|left| text.contains(**left));
        let slept = in_tests.iter().filter(|slept| tests.contains(**slept));
        broken.extend(left.chain(slept).map(|word| format!("{path}: {word}")));
    }
    assert_none("words that may not stand there", &broken);
}

#[test]
fn no_file_is_long() {
    let mut broken = Vec::new();
    for (path, text) in files(&[".rs"]).into_iter().filter(|(path, _)| !is_test(path)) {
        let lines = text.lines().count() - tests_within(&text).lines().count();
        if lines > LONGEST {
            broken.push(format!("{path}: {lines} lines, {LONGEST} are allowed"));
        }
    }
    assert_none("files that have grown too long", &broken);
}

/// Whether a whole file is there for tests and benchmarks.
fn is_test(path: &str) -> bool {
    let within = ["/tests/", "/benches/", "/tests.rs", "/conformance"];
    path.starts_with("tests/") || within.iter().any(|within| path.contains(within))
}

/// The tests at the end of a file, or nothing.
fn tests_within(text: &str) -> &str {
    let start = text.find("#[cfg(test)]\nmod tests {");
    start.and_then(|start| text.get(start..)).unwrap_or_default()
}
