//! `sessionsd status` and `sessionsd verify`.

use std::fmt::Write;
use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use sqlite::{Claim, SystemEnvironment};

use crate::arguments;
use crate::control::{self, Answer, DaemonStatus, Reached, Request, Status, Verified};
use crate::data::folder_of;
use crate::leftover;
use crate::say::say;

use super::restore::look_at;
use super::{Bar, Desk, ELSE, owner, perform};

/// How often a terminal is told.
const SECOND: Duration = Duration::from_secs(1);
/// What clears a terminal, and what was on it before.
const CLEAR: &str = "\x1b[H\x1b[2J\x1b[3J";

/// Says how things stand; answers whether nothing needs attention.
pub(crate) fn status(asked: &arguments::Status) -> anyhow::Result<bool> {
    let desk = Desk::of(&asked.whose)?;
    let is_live = !asked.once && !asked.whose.json && io::stdout().is_terminal();
    loop {
        let reached = control::reach(desk.data.database())?;
        let Reached::Daemon(asking) = reached else { return without_daemon(&desk) };
        let answer = asking.ask(&Request::Status, None, |_| ())?;
        let Answer::Status(status) = &answer else { bail!(ELSE) };
        let is_well = status.daemon.as_ref().is_none_or(is_serving);
        if !is_live {
            desk.show(&answer, || words(status))?;
            return Ok(is_well);
        }
        say(CLEAR)?;
        desk.show(&answer, || format!("{}\n\nCtrl+C leaves.", words(status)))?;
        thread::sleep(SECOND);
    }
}

/// Whether what is said on the channels comes in and can be kept.
fn is_serving(daemon: &DaemonStatus) -> bool {
    daemon.store_trouble.is_none() && daemon.channels.iter().all(|channel| channel.is_up)
}

/// What can be said while no daemon runs. Nothing is locked for that.
fn without_daemon(desk: &Desk) -> anyhow::Result<bool> {
    let database = desk.data.database();
    let bytes = fs::metadata(database).map(|found| found.len()).ok();
    if desk.json {
        let status = serde_json::json!({
            "answer": "status",
            "daemon": null,
            "database": database,
            "database_bytes": bytes,
        });
        say(&status.to_string())?;
        return Ok(false);
    }
    let shown = database.display();
    say(&match bytes {
        Some(bytes) => format!("No daemon runs. Database: {shown} ({bytes} bytes)"),
        None => format!("No daemon runs, and there is no database {shown}."),
    })?;
    Ok(false)
}

fn words(status: &Status) -> String {
    let Status { program, daemon, database, database_bytes, log_bytes, key_version, rotating } =
        status;
    let mut told = String::new();
    if let Some(daemon) = daemon {
        daemon_words(&mut told, program, daemon);
    }
    let key = match (key_version, rotating) {
        (0, _) => "not sealed".to_owned(),
        (version, false) => format!("sealed under master key version {version}"),
        (version, true) => format!("being rotated to master key version {version}"),
    };
    let _ = write!(
        told,
        "Database: {database}, {database_bytes} bytes and {log_bytes} in its log, {key}"
    );
    told
}

fn daemon_words(told: &mut String, program: &str, daemon: &DaemonStatus) {
    let DaemonStatus { process, up_seconds, channels, store_trouble, .. } = daemon;
    let DaemonStatus { at_work, waiting, pieces, untold, set_aside, troubles, .. } = daemon;
    let (hours, minutes, seconds) = (up_seconds / 3_600, up_seconds / 60 % 60, up_seconds % 60);
    let _ = writeln!(
        told,
        "sessionsd {program}, process {process}, up for {hours} h {minutes:02} min {seconds:02} s"
    );
    for channel in channels {
        let _ = writeln!(told, "{}: {}", channel.name, channel.state);
    }
    if let Some(trouble) = store_trouble {
        let _ = writeln!(told, "store: {trouble}");
    }
    let _ = writeln!(
        told,
        "At work: {at_work} places, {waiting} events wait. To be sent: {pieces} pieces. Perhaps missing: {untold} answers. Set aside: {set_aside} events"
    );
    if *set_aside > 0 {
        told.push_str("`sessionsd events list` shows what was set aside.\n");
    }
    match troubles.as_slice() {
        [] => told.push_str("No warnings or errors since the start\n"),
        some => {
            told.push_str("The last warnings and errors:\n");
            for trouble in some {
                let _ = writeln!(told, "  {trouble}");
            }
        }
    }
}

/// Verifies a database or a backup; answers whether nothing is wrong.
pub(crate) fn verify(asked: &arguments::Verify) -> anyhow::Result<bool> {
    let desk = Desk::of(&asked.whose)?;
    let answer = match &asked.backup {
        None => desk.ask(&Request::Verify, None)?,
        Some(backup) => verify_backup(&desk, backup)?,
    };
    let Answer::Verified(verified) = &answer else { bail!(ELSE) };
    desk.show(&answer, || verified_words(verified))?;
    Ok(verified.found == 0)
}

/// Opening a database writes to it, so a copy of the backup is opened, by one command at a time.
fn verify_backup(desk: &Desk, backup: &Path) -> anyhow::Result<Answer> {
    let (_, key) = look_at(desk, backup)?;
    // Backup and key may be root's alone; the copy is opened by who owns the folder.
    let from =
        File::open(backup).with_context(|| format!("{} cannot be read", backup.display()))?;
    let copy = PathBuf::from(format!("{}.verifying", backup.display()));
    let data = desk.data.at(copy.clone());
    owner::as_owner_of(folder_of(&copy), || {
        let claim = Claim::take_place(&copy)
            .with_context(|| format!("{} is being verified already", backup.display()))?;
        // What is left of one that was killed goes.
        remove(&claim)?;
        let verified = fill(from, &copy).and_then(|()| {
            let (store, config) = (claim.open()?, desk.settled.sessions.clone());
            let opening = data.open_store(store, false, key, SystemEnvironment, config);
            perform(opening, &copy, &Request::Verify, None, &Bar::default())
        });
        let _ = leftover::remove_whole(&copy);
        verified
    })
}

/// Removes a database that was claimed; the lock stays.
fn remove(claim: &Claim) -> anyhow::Result<()> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let left = claim.beside(suffix);
        match fs::remove_file(&left) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("{} cannot be removed", left.display()));
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

fn fill(mut from: File, copy: &Path) -> anyhow::Result<()> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(copy);
    let mut to = made.with_context(|| format!("{} cannot be made", copy.display()))?;
    io::copy(&mut from, &mut to)
        .with_context(|| format!("{} cannot be written", copy.display()))?;
    Ok(())
}

fn verified_words(verified: &Verified) -> String {
    let Verified { rows, findings, found } = verified;
    let looked_at: Vec<_> = rows.iter().map(|(kind, many)| format!("{many} {kind}")).collect();
    let mut told = format!("Looked at: {}.\n", looked_at.join(", "));
    if *found == 0 {
        told.push_str("Nothing is wrong.");
        return told;
    }
    let _ = writeln!(told, "{found} things are wrong:");
    for finding in findings {
        let _ = writeln!(told, "  {finding}");
    }
    told.push_str("Keep the file and what is beside it, and restore a backup.");
    told
}
