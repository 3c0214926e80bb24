//! What is kept on disk: database, key file, exports.
//!
//! Not here: what is in the database.
//!
//! Invariant: a key is made only where there is no database; what exists is never replaced.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use sessions::vault::KeyText;
use sessions::{Environment, KeySource, OpenManagerError, SessionManager};
use sqlite::SqliteStore;
use zeroize::Zeroizing;

use crate::configuration::Settled;

const DATABASE: &str = "sessions.db";
const KEY: &str = "master.key";
const EXPORTS: &str = "exports";
/// A key file is a line; anything longer is something else.
const KEY_BYTES: u64 = 4_096;

/// Where everything is kept.
pub(crate) struct Data {
    database: PathBuf,
    /// Where the master key is; `None` if nothing is sealed.
    key_file: Option<PathBuf>,
}

/// The master key, and whether it was made just now.
struct Key {
    text: KeyText,
    is_made: bool,
}

/// Sessions, and whether anything of them is new.
pub(crate) struct Opened<E> {
    pub(crate) manager: SessionManager<SqliteStore, E>,
    pub(crate) is_new: bool,
    pub(crate) is_key_new: bool,
}

impl Data {
    /// What is configured; a given folder goes before that. The folder of the database is made with mode 0700 if it is
    /// not there.
    pub(crate) fn find(given: Option<PathBuf>, settled: &Settled) -> anyhow::Result<Self> {
        let (database, key_file) = match given {
            Some(folder) => (folder.join(DATABASE), None),
            None => {
                let database = match &settled.database {
                    Some(database) => database.clone(),
                    None => default_folder()?.join(DATABASE),
                };
                (database, settled.key_file.clone())
            }
        };
        let key_file = key_file.unwrap_or_else(|| folder_of(&database).join(KEY));
        let data = Self { database, key_file: settled.is_sealed.then_some(key_file) };
        let folder = data.folder();
        if folder.exists() && !folder.is_dir() {
            bail!("{} is a file; a folder is expected", folder.display());
        }
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.with_context(|| format!("the folder {} cannot be made", folder.display()))?;
        Ok(data)
    }

    pub(crate) fn database(&self) -> &Path {
        &self.database
    }

    /// Where the master key is; `None` if nothing is sealed.
    pub(crate) fn key_file(&self) -> Option<&Path> {
        self.key_file.as_deref()
    }

    fn folder(&self) -> &Path {
        folder_of(&self.database)
    }

    /// Opens the sessions; on first use, database and key are made.
    pub(crate) async fn open<E: Environment>(
        &self,
        environment: E,
        config: sessions::Config,
    ) -> anyhow::Result<Opened<E>> {
        let is_new = self.is_new()?;
        let key = self.key_file().map(|file| self.key(file)).transpose()?;
        let is_key_new = key.as_ref().is_some_and(|key| key.is_made);
        let source = key.map_or(KeySource::Plain, |key| KeySource::Sealed(key.text));
        let store = SqliteStore::open(&self.database)?;
        let opened = SessionManager::open(store, environment, config, source).await;
        let manager = opened.map_err(|error| self.explain(error))?;
        Ok(Opened { manager, is_new, is_key_new })
    }

    fn explain(&self, error: OpenManagerError) -> anyhow::Error {
        let database = self.database.display();
        match (&error, self.key_file()) {
            (OpenManagerError::WrongKey, Some(key)) => {
                anyhow::anyhow!("{error} (key looked at: {}, database: {database})", key.display())
            }
            (OpenManagerError::KeyMissing, None) => anyhow::anyhow!(
                "the database {database} is sealed, but encryption.enabled is false: set it to true"
            ),
            (OpenManagerError::NotSealed, _) => anyhow::anyhow!(
                "the database {database} is not sealed, but encryption.enabled is true: set it to false to use this one, or begin a new one"
            ),
            _ => anyhow::Error::new(error)
                .context(format!("the sessions in {database} cannot be opened")),
        }
    }

    /// Whether there is no database yet.
    ///
    /// An empty file in its place is one that lost everything: it is told, not filled anew.
    fn is_new(&self) -> anyhow::Result<bool> {
        let database = self.database();
        match fs::metadata(database) {
            Ok(found) if !found.is_file() => {
                bail!("{} is not a file: the database is expected there", database.display())
            }
            Ok(found) if found.len() == 0 => bail!(
                "the database {} is empty: restore a backup, or remove the file to begin anew",
                database.display()
            ),
            Ok(_) => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(error) => {
                Err(error).with_context(|| format!("{} cannot be looked at", database.display()))
            }
        }
    }

    /// The master key: read from its file, or made if there is no database yet.
    fn key(&self, file: &Path) -> anyhow::Result<Key> {
        if file.exists() {
            return Ok(Key { text: read_key(file)?, is_made: false });
        }
        if self.database.exists() {
            bail!(
                "there is a database, {}, but not its key, {}: put the key back; a new one could not open it",
                self.database.display(),
                file.display()
            );
        }
        let made = make_key(file);
        made.with_context(|| format!("the key file {} cannot be made", file.display()))?;
        Ok(Key { text: read_key(file)?, is_made: true })
    }

    /// Where exports go.
    pub(crate) fn exports(&self) -> Exports {
        Exports { folder: self.folder().join(EXPORTS) }
    }
}

/// The folder of exported files, made when the first is written.
pub(crate) struct Exports {
    folder: PathBuf,
}

impl Exports {
    /// Writes an export with mode 0600 under a name that is not taken; answers where it is.
    pub(crate) fn write(&self, name: &str, content: &str) -> io::Result<PathBuf> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "txt"));
        for copy in 1.. {
            let name =
                if copy == 1 { name.to_owned() } else { format!("{stem}-{copy}.{extension}") };
            let path = self.folder.join(name);
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
                Ok(mut file) => {
                    file.write_all(content.as_bytes())?;
                    file.sync_all()?;
                    return Ok(path);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

/// Writes a fresh key beside its place, makes it durable, and moves it there unless somebody was quicker.
fn make_key(file: &Path) -> anyhow::Result<()> {
    let (_, line) = KeyText::generate()?;
    let folder = folder_of(file);
    let name = file.file_name().unwrap_or(KEY.as_ref()).display();
    let draft = folder.join(format!(".{name}.{}", std::process::id()));
    let mut writer =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    writer.write_all(line.as_bytes())?;
    writer.write_all(b"\n")?;
    writer.sync_all()?;
    let linked = fs::hard_link(&draft, file);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
        _ => {}
    }
    File::open(folder)?.sync_all()?;
    Ok(())
}

/// The folder that a file is in.
fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn default_folder() -> anyhow::Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(state) = set("XDG_STATE_HOME") {
        return Ok(PathBuf::from(state).join("sessionsd"));
    }
    match set("HOME") {
        Some(home) => Ok(PathBuf::from(home).join(".local/state/sessionsd")),
        None => bail!(
            "neither XDG_STATE_HOME nor HOME is set: say where with --data DIR, or store.path in the configuration"
        ),
    }
}

fn read_key(file: &Path) -> anyhow::Result<KeyText> {
    let context = || format!("the key file {} cannot be used", file.display());
    let opened = File::open(file).with_context(context)?;
    let others = opened.metadata().with_context(context)?.permissions().mode() & 0o077;
    if others != 0 {
        bail!("the key file {} can be read by others: chmod 600 it first", file.display());
    }
    let mut text = Zeroizing::new(String::new());
    opened.take(KEY_BYTES).read_to_string(&mut text).with_context(context)?;
    KeyText::parse(&text).with_context(context)
}
