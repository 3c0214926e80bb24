//! What is kept on disk: the database, beside it perhaps the key, exports.
//!
//! Not here: what is in the database; how the key is found (`key`).

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use sessions::store::rows::Header;
use sessions::vault::Mode;
use sessions::{Environment, KeySource, OpenManagerError, SessionManager, manager};
use sqlite::{OpenStoreError, SqliteStore};

use crate::configuration::{Settled, Unusable};
use crate::control;
use crate::key::{Key, KeyPlace};
use crate::leftover;

/// The name of a database in a folder.
pub(crate) const DATABASE: &str = "sessions.db";
const KEY: &str = "master.key";
const EXPORTS: &str = "exports";
/// How long the path of a socket can be, in bytes; the system's, less the end of it.
pub(crate) const SOCKET_BYTES: usize = 107;

/// Where everything is kept.
pub(crate) struct Data {
    database: PathBuf,
    /// Whether everything is sealed.
    is_sealed: bool,
    /// Where the master key may be, or would be if something were sealed.
    key: KeyPlace,
}

/// Sessions, and whether anything of them is new.
pub(crate) struct Opened<E> {
    pub(crate) manager: SessionManager<SqliteStore, E>,
    pub(crate) is_new: bool,
    /// Where the master key was found; empty if nothing is sealed.
    pub(crate) key: String,
    /// The file of the master key that was made just now.
    pub(crate) new_key: Option<PathBuf>,
}

impl Data {
    /// What is configured; a given folder goes before that. The folder of the database is made with mode 0700 if it is
    /// not there.
    pub(crate) fn find(given: Option<PathBuf>, settled: &Settled) -> anyhow::Result<Self> {
        let data = Self::place(given, settled)?;
        let folder = data.folder();
        if folder.exists() && !folder.is_dir() {
            bail!("{} is a file; a folder is expected", folder.display());
        }
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.with_context(|| format!("the folder {} cannot be made", folder.display()))?;
        Ok(data)
    }

    /// The same, and nothing is made.
    pub(crate) fn place(given: Option<PathBuf>, settled: &Settled) -> anyhow::Result<Self> {
        let (database, plan) = match given {
            Some(folder) => (folder.join(DATABASE), Default::default()),
            None => {
                let database = match &settled.database {
                    Some(database) => database.clone(),
                    None => default_folder()?.join(DATABASE),
                };
                (database, settled.key.clone())
            }
        };
        if let Some(why) = too_long(&database) {
            return Err(Unusable(format!("{}: {why}", database.display())).into());
        }
        let usual = folder_of(&database).join(KEY);
        let (is_sealed, key) = (settled.is_sealed, KeyPlace::new(plan, usual));
        Ok(Self { database, is_sealed, key })
    }

    pub(crate) fn database(&self) -> &Path {
        &self.database
    }

    /// Whether everything is sealed.
    pub(crate) fn is_sealed(&self) -> bool {
        self.is_sealed
    }

    /// Where the master key may be; `None` if nothing is sealed.
    pub(crate) fn key(&self) -> Option<&KeyPlace> {
        self.is_sealed.then_some(&self.key)
    }

    /// The same, whether anything is to be sealed or not.
    pub(crate) fn key_place(&self) -> &KeyPlace {
        &self.key
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
        let key = self.find_key()?;
        self.open_with(key, environment, config).await
    }

    /// The key; made if there is none and no database yet. Nothing if nothing is sealed.
    pub(crate) fn find_key(&self) -> anyhow::Result<Key> {
        // What lies in the place of a database is told before a key is made, or missed.
        let is_new = self.is_new()?;
        let Some(place) = self.key() else { return Ok(Key::default()) };
        if !is_new && place.at_hand()?.is_none() {
            // Nobody can put back a key that never was.
            let header = sqlite::header(&self.database)?;
            header.map_or(Ok(()), |header| self.look_sealed(&header))?;
        }
        place.find(&self.database)
    }

    /// The key that there is; none is made.
    pub(crate) fn existing_key(&self) -> anyhow::Result<Key> {
        let Some(place) = self.key() else { return Ok(Key::default()) };
        let missing = || format!("the master key is not there: {}", place.file().display());
        Ok(place.at_hand()?.ok_or_else(|| Unusable(missing()))?)
    }

    /// The same with another database.
    pub(crate) fn at(&self, database: PathBuf) -> Self {
        Self { database, is_sealed: self.is_sealed, key: self.key.clone() }
    }

    /// Opens the sessions with a key that was found.
    pub(crate) async fn open_with<E: Environment>(
        &self,
        key: Key,
        environment: E,
        config: sessions::Config,
    ) -> anyhow::Result<Opened<E>> {
        let is_new = self.is_new()?;
        let store = SqliteStore::open(&self.database).map_err(unusable)?;
        self.open_store(store, is_new, key, environment, config).await
    }

    /// The same with the database opened already.
    pub(crate) async fn open_store<E: Environment>(
        &self,
        store: SqliteStore,
        is_new: bool,
        key: Key,
        environment: E,
        config: sessions::Config,
    ) -> anyhow::Result<Opened<E>> {
        let (from, made) = (key.from.clone(), key.made.clone());
        let source = source(key);
        match leftover::remove_all(&self.database) {
            Ok(false) => {}
            Ok(true) => tracing::warn!(
                "what a command that was broken off had left beside the database is removed"
            ),
            Err(error) => tracing::warn!(
                error = error.to_string(),
                "what lies beside the database, perhaps in clear, cannot be removed"
            ),
        }
        let opened = SessionManager::open(store, environment, config, source).await;
        let manager = opened.map_err(|error| self.explain(error, &from))?;
        Ok(Opened { manager, is_new, key: from, new_key: made })
    }

    /// Whether a database with this header is sealed.
    pub(crate) fn look_sealed(&self, header: &Header) -> anyhow::Result<()> {
        match header.mode {
            Mode::Sealed => Ok(()),
            Mode::Plain => Err(self.explain(OpenManagerError::NotSealed, "")),
        }
    }

    /// Whether a database with this header opens with a key that was found.
    pub(crate) fn fits(&self, header: &Header, key: Key) -> anyhow::Result<()> {
        let from = key.from.clone();
        manager::fits(header, &source(key)).map_err(|error| self.explain(error, &from))
    }

    /// Why sessions cannot be opened, and what to do.
    pub(crate) fn explain(&self, error: OpenManagerError, key: &str) -> anyhow::Error {
        let database = self.database.display();
        #[allow(clippy::wildcard_enum_match_arm, reason = "the enum is open-ended")]
        let told = match &error {
            OpenManagerError::WrongKey
            | OpenManagerError::PreviousKeyMissing(_)
            | OpenManagerError::WrongPreviousKey(_) => {
                format!("{error} (key looked at: {key}, database: {database})")
            }
            OpenManagerError::KeyMissing => format!(
                "the database {database} is sealed, but encryption.enabled is false: set it to true"
            ),
            OpenManagerError::NotSealed => format!(
                "the database {database} is not sealed, but encryption.enabled is true: seal it with `sessionsd encrypt`, or set that to false to use it as it is"
            ),
            _ => {
                let what = format!("the sessions in {database} cannot be opened");
                return anyhow::Error::new(error).context(what);
            }
        };
        Unusable(told).into()
    }

    /// Whether there is no database yet.
    ///
    /// An empty file in its place is one that lost everything: it is told, not filled anew.
    pub(crate) fn is_new(&self) -> anyhow::Result<bool> {
        let database = self.database();
        match fs::metadata(database) {
            Ok(found) if !found.is_file() => Err(Unusable(format!(
                "{} is not a file: the database is expected there",
                database.display()
            ))
            .into()),
            Ok(found) if found.len() == 0 => Err(Unusable(format!(
                "the database {} is empty: restore a backup, or remove the file to begin anew",
                database.display()
            ))
            .into()),
            Ok(_) => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => bail!(
                "{} cannot be looked at ({error}): run this as root, or as the owner of its folder",
                database.display()
            ),
            Err(error) => {
                Err(error).with_context(|| format!("{} cannot be looked at", database.display()))
            }
        }
    }

    /// Where exports go.
    pub(crate) fn exports(&self) -> Exports {
        Exports { folder: self.folder().join(EXPORTS) }
    }
}

/// The folder of exported files, made when the first is written.
pub(crate) struct Exports {
    pub(crate) folder: PathBuf,
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

/// The folder that a file is in.
pub(crate) fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Why a database cannot be there: the daemon's socket beside it would have a longer path than the system takes.
pub(crate) fn too_long(database: &Path) -> Option<String> {
    let bytes = |path: &Path| path.as_os_str().len();
    let excess = bytes(&control::socket_of(database)).checked_sub(SOCKET_BYTES + 1)? + 1;
    let longest = bytes(database).saturating_sub(excess);
    Some(format!(
        "this path is too long for the socket beside it: at most {longest} bytes, and it has {}",
        bytes(database)
    ))
}

/// Where another start will find the same, this says so.
fn unusable(error: OpenStoreError) -> anyhow::Error {
    let is_there_to_stay = matches!(
        error,
        OpenStoreError::NotAFile { .. }
            | OpenStoreError::NotADatabase { .. }
            | OpenStoreError::FromTheFuture { .. }
            | OpenStoreError::Damaged { .. }
    );
    if is_there_to_stay { Unusable(error.to_string()).into() } else { error.into() }
}

/// What sessions are opened with.
fn source(key: Key) -> KeySource {
    match (key.text, key.previous) {
        (None, _) => KeySource::Plain,
        (Some(current), None) => KeySource::Sealed(current),
        (Some(current), Some(previous)) => KeySource::Rotating { current, previous },
    }
}

fn default_folder() -> anyhow::Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    // A service manager names the folder that it made.
    if let Some(state) = set("STATE_DIRECTORY") {
        return Ok(PathBuf::from(state));
    }
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

#[cfg(test)]
mod tests {
    use std::os::unix::net::SocketAddr;

    use super::*;

    #[test]
    fn the_longest_path_is_the_longest_that_has_a_socket_beside_it() {
        let path = |bytes: usize| PathBuf::from(format!("/{}", "a".repeat(bytes - 1)));
        let (fits, longer) = (path(99), path(100));
        assert_eq!(too_long(&fits), None);
        SocketAddr::from_pathname(control::socket_of(&fits)).unwrap();
        let told = too_long(&longer).unwrap();
        assert!(told.ends_with("at most 99 bytes, and it has 100"), "{told}");
        SocketAddr::from_pathname(control::socket_of(&longer)).unwrap_err();
        assert!(too_long(&path(300)).unwrap().ends_with("at most 99 bytes, and it has 300"));
    }
}
