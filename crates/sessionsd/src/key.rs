//! The master key: where it may be, which of these counts, and how a new one is made.
//!
//! A credential that the service manager handed over goes before the key's file, and that before what stands in the
//! configuration itself. Two keys that differ are refused: nobody could tell which was meant.
//!
//! Invariant: a key is made only where there is no database, or where an operator asks for it; what exists is never
//! replaced.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

use anyhow::Context;
use rustix::process::geteuid;
use sessions::vault::KeyText;
use zeroize::Zeroizing;

use crate::configuration::{KeyPlan, Secret, Unusable, next_step, open_file};
use crate::data::folder_of;

/// A key file is a line; anything longer is something else.
const KEY_BYTES: u64 = 4_096;

/// Where the key may be.
#[derive(Clone)]
pub(crate) struct KeyPlace {
    plan: KeyPlan,
    /// Its file: the one that is configured, or the one beside the database.
    file: PathBuf,
}

/// The key, if there is to be one.
#[derive(Default)]
pub(crate) struct Key {
    pub(crate) text: Option<KeyText>,
    /// The one before, if it is there.
    pub(crate) previous: Option<KeyText>,
    /// Where it was found, in words.
    pub(crate) from: String,
    /// Its file, if it was made just now.
    pub(crate) made: Option<PathBuf>,
}

/// The text of a key, and where it was found.
struct Found {
    text: Zeroizing<String>,
    from: String,
}

impl KeyPlace {
    pub(crate) fn new(plan: KeyPlan, usual: PathBuf) -> Self {
        let file = plan.file.clone().unwrap_or(usual);
        Self { plan, file }
    }

    /// The file that the key is in, or would be made in.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// The key of the configuration that says where it is.
    pub(crate) fn setting(&self) -> &'static str {
        let is_elsewhere = self.plan.credential.is_some() || File::open(&self.file).is_ok();
        if self.plan.here.text().is_empty() || is_elsewhere {
            "encryption.key_file"
        } else {
            "encryption.key"
        }
    }

    /// The key; made if there is none and no database yet.
    pub(crate) fn find(&self, database: &Path) -> anyhow::Result<Key> {
        if let Some(key) = self.at_hand()? {
            return Ok(key);
        }
        let file = self.file.display();
        if database.exists() {
            return Err(Unusable(format!(
                "there is a database, {}, but not its key, {file}: put the key back; a new one could not open it",
                database.display()
            ))
            .into());
        }
        make_key(&self.file).with_context(|| format!("the key file {file} cannot be made"))?;
        let found = read_file(&self.file)?;
        Ok(Key { made: Some(self.file.clone()), ..parsed(found)? })
    }

    /// The key that there is.
    pub(crate) fn at_hand(&self) -> anyhow::Result<Option<Key>> {
        let mut found = Vec::new();
        if let Some(credential) = &self.plan.credential {
            found.push(read_credential(credential)?);
        }
        // Whoever was handed the key has no right to its file, as a rule.
        let here = self.plan.here.text();
        let may_be_out_of_reach = !found.is_empty() || !here.is_empty();
        match File::open(&self.file).map_err(|error| error.kind()) {
            Err(io::ErrorKind::NotFound) => {}
            Err(io::ErrorKind::PermissionDenied) if may_be_out_of_reach => {}
            _ => found.push(read_file(&self.file)?),
        }
        if !here.is_empty() {
            let text = Zeroizing::new(here.to_owned());
            found.push(Found { text, from: "encryption.key".to_owned() });
        }
        let mut found = found.into_iter();
        let Some(first) = found.next() else { return Ok(None) };
        for other in found {
            if other.text.trim() != first.text.trim() {
                return Err(Unusable(format!(
                    "two different master keys are at hand, {} and {}: take away the one that is not meant",
                    first.from, other.from
                ))
                .into());
            }
        }
        let previous = self.previous()?;
        Ok(Some(Key { previous, ..parsed(first)? }))
    }

    /// The file with the key before, whether it is there or not.
    pub(crate) fn previous_file(&self) -> PathBuf {
        let beside = || PathBuf::from(format!("{}.previous", self.file.display()));
        self.plan.previous.clone().unwrap_or_else(beside)
    }

    fn previous(&self) -> anyhow::Result<Option<KeyText>> {
        let file = self.previous_file();
        match fs::exists(&file) {
            Ok(true) => Ok(parsed(read_credential(&file)?)?.text),
            // Whoever was handed the key has no right to look at its file, as a rule.
            Ok(false) | Err(_) => Ok(None),
        }
    }
}

fn parsed(found: Found) -> anyhow::Result<Key> {
    let Found { text, from } = found;
    let text = KeyText::parse(&text)
        .map_err(|error| Unusable(format!("the master key in {from} cannot be used: {error}")))?;
    Ok(Key { text: Some(text), from, ..Key::default() })
}

fn read_credential(file: &Path) -> anyhow::Result<Found> {
    let from = file.display().to_string();
    let secret = Secret::read(file);
    let secret = secret
        .map_err(|error| Unusable(format!("the credential {from} cannot be read: {error}")))?;
    Ok(Found { text: Zeroizing::new(secret.text().to_owned()), from })
}

fn read_file(file: &Path) -> anyhow::Result<Found> {
    let from = file.display().to_string();
    let unusable = |error: io::Error| {
        let next = next_step(&error);
        Unusable(format!("the key file {from} cannot be used: {error}{next}"))
    };
    let (opened, rights) = open_file(file).map_err(unusable)?;
    if rights & 0o077 != 0 {
        let told = format!("the key file {from} can be read by others: chmod 600 it first");
        return Err(Unusable(told).into());
    }
    Ok(Found { text: read_text(opened).map_err(unusable)?, from })
}

/// What stands in a file that should hold a key.
pub(crate) fn read_text(file: File) -> io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    file.take(KEY_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

/// The key in a file.
pub(crate) fn read_key(file: &Path) -> anyhow::Result<KeyText> {
    let Key { text, from, .. } = parsed(read_file(file)?)?;
    text.with_context(|| format!("there is no key in {from}"))
}

/// Writes a fresh key beside its place, makes it durable, and moves it there unless somebody was quicker.
pub(crate) fn make_key(file: &Path) -> anyhow::Result<()> {
    make(file, None)
}

/// The same; where root makes it, it belongs to whom another file or folder belongs.
pub(crate) fn make_key_like(file: &Path, like: &Path) -> anyhow::Result<()> {
    make(file, Some(like))
}

/// Gives a file that was made just now to whom another belongs. Only root can, and only root need.
pub(crate) fn give(made: &File, like: &Path) -> io::Result<()> {
    if !geteuid().is_root() {
        return Ok(());
    }
    let owner = fs::metadata(like)?;
    fchown(made, Some(owner.uid()), Some(owner.gid()))
}

fn make(file: &Path, like: Option<&Path>) -> anyhow::Result<()> {
    let (_, line) = KeyText::generate()?;
    let folder = folder_of(file);
    let name = file.file_name().unwrap_or("key".as_ref()).display();
    let draft = folder.join(format!(".{name}.{}", std::process::id()));
    // What is there may be a link that somebody else laid.
    let _ = fs::remove_file(&draft);
    let mut writer = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let mut write = || {
        if let Some(like) = like {
            give(&writer, like)?;
        }
        writer.write_all(line.as_bytes())?;
        writer.write_all(b"\n")?;
        writer.sync_all()?;
        fs::hard_link(&draft, file)
    };
    let linked = write();
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
        _ => {}
    }
    File::open(folder)?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::thread;

    use rustix::process::{Gid, Uid};
    use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

    use super::*;

    /// As somebody whom rights hold back: root is nobody for a while.
    fn held_back<T: Send>(work: impl FnOnce() -> T + Send) -> T {
        let as_nobody = || {
            if geteuid().is_root() {
                let (uid, gid) = (Uid::from_raw(65_534), Gid::from_raw(65_534));
                set_thread_groups(&[]).unwrap();
                set_thread_res_gid(gid, gid, gid).unwrap();
                set_thread_res_uid(uid, uid, uid).unwrap();
            }
            work()
        };
        thread::scope(|threads| threads.spawn(as_nobody).join().unwrap())
    }

    #[test]
    fn a_key_in_a_folder_that_may_not_be_entered_is_not_missing() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).unwrap();
        let file = inner.join("master.key");
        make_key(&file).unwrap();
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o000)).unwrap();
        let mut plan = KeyPlan { file: Some(file.clone()), ..KeyPlan::default() };
        let place = KeyPlace::new(plan.clone(), file.clone());
        let told = held_back(|| place.at_hand().err().unwrap().to_string());
        let file = file.display();
        let expected = format!(
            "the key file {file} cannot be used: Permission denied (os error 13): run this as root or as who may read it, or let who runs this read it"
        );
        assert_eq!(told, expected);

        // Whoever was handed the key needs no file.
        plan.here = format!("hex:{}", "ab".repeat(32)).parse().unwrap();
        let place = KeyPlace::new(plan, PathBuf::new());
        assert_eq!(held_back(|| place.at_hand().unwrap().unwrap().from), "encryption.key");
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o700)).unwrap();
    }
}
