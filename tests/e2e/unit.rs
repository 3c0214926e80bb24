//! The systemd units: what the daemon relies on stands in them, and they are as closed as they can be.

#![allow(clippy::unwrap_used, reason = "a panic is a failing story")]

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn units() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../systemd")
}

fn lines(unit: &str) -> Vec<String> {
    let text = fs::read_to_string(units().join(unit)).unwrap();
    let told = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    told.map(str::to_owned).collect()
}

#[track_caller]
fn assert_has(unit: &str, wanted: &[&str]) {
    let there = lines(unit);
    let missing: Vec<_> =
        wanted.iter().filter(|line| !there.contains(&(**line).to_owned())).collect();
    assert!(missing.is_empty(), "{unit} lacks {missing:?}");
}

#[test]
fn the_daemon_finds_what_it_relies_on() {
    assert_has(
        "sessionsd.service",
        &[
            "After=network-online.target time-sync.target",
            "Type=notify",
            "NotifyAccess=main",
            "ExecStart=/usr/bin/sessionsd run",
            "ExecReload=/bin/kill -HUP $MAINPID",
            "WatchdogSec=60s",
            "Restart=on-failure",
            "RestartPreventExitStatus=2 78",
            "DynamicUser=yes",
            "StateDirectory=sessionsd",
            "StateDirectoryMode=0700",
            "LoadCredential=sessionsd:/etc/sessionsd/credentials",
            "ProtectSystem=strict",
            "CapabilityBoundingSet=",
        ],
    );
    assert_has(
        "sessionsd-backup.service",
        &["Type=oneshot", "ExecStart=/usr/bin/sessionsd backup /var/backups/sessionsd --keep 14"],
    );
}

/// What systemd's own tool says of copies of the units that start something which is everywhere; `None` without it.
fn analyzed(arguments: &[&str]) -> Option<Output> {
    let folder = tempfile::tempdir().unwrap();
    for unit in ["sessionsd.service", "sessionsd-backup.service", "sessionsd-backup.timer"] {
        let told = lines(unit).into_iter().map(|line| match line.as_str() {
            start if start.starts_with("ExecStart=") => "ExecStart=/bin/true\n".to_owned(),
            // The manual is not installed here.
            manual if manual.starts_with("Documentation=") => String::new(),
            _ => line + "\n",
        });
        fs::write(folder.path().join(unit), told.collect::<String>()).unwrap();
    }
    let mut command = Command::new("systemd-analyze");
    command
        .current_dir(folder.path())
        .env("SYSTEMD_UNIT_PATH", format!("{}:", folder.path().display()));
    match command.args(arguments).output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn what_is_open_is_what_a_daemon_on_the_internet_needs() {
    let arguments = ["security", "--offline=true", "--threshold=11", "./sessionsd.service"];
    let Some(output) = analyzed(&arguments) else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn systemd_finds_nothing_to_complain_of() {
    let units =
        ["verify", "./sessionsd.service", "./sessionsd-backup.service", "./sessionsd-backup.timer"];
    let Some(output) = analyzed(&units) else { return };
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.is_empty(), "{told}");
}
