//! Whether the database can be written, tried without a change to what it holds.

use sessions::store::StoreError;

use crate::error::store_error;
use crate::schema;
use crate::store::SqliteStore;
use crate::writer::{Writer, is_failed_write};

impl SqliteStore {
    /// Writes what is there already. If that works, [`Meter::trouble`](crate::Meter::trouble) is over.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn try_writing(&self) -> Result<(), StoreError> {
        self.long(Writer::try_writing).await
    }
}

impl Writer {
    fn try_writing(&mut self) -> Result<(), StoreError> {
        let written = self.connection().and_then(|(conn, _)| {
            let version = schema::version(conn)?;
            conn.execute_batch(&format!("PRAGMA user_version = {version}"))
        });
        if written.as_ref().is_err_and(|error| !is_failed_write(error)) {
            // It may count all the same: whoever writes next opens the file anew, as after a commit that failed so.
            self.conn = None;
        }
        let written = written.map_err(store_error);
        self.meter.note(written.as_ref().err());
        written
    }
}

#[cfg(test)]
mod tests {
    use sessions::store::StoreError;

    use crate::SqliteStore;

    #[tokio::test]
    async fn a_trouble_ends_as_soon_as_something_can_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("a.db")).unwrap();
        let [first, second] = ["no cable", "no disk"].map(|why| StoreError::Io(why.into()));
        store.meter().note(Some(&first));
        let began = store.meter().trouble().unwrap();
        store.meter().note(Some(&second));
        assert_eq!(store.meter().trouble(), Some(began), "it lasts from its first failure on");
        store.try_writing().await.unwrap();
        assert_eq!(store.meter().trouble(), None);
    }
}
