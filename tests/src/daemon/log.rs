//! What a daemon writes, line by line, for stories that wait for a line of it.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long a story waits for a line.
const PATIENCE: Duration = Duration::from_secs(40);

/// The lines so far.
#[derive(Default, Clone)]
pub(super) struct Log(Arc<(Mutex<String>, Condvar)>);

impl Log {
    /// Reads to the end, on a thread of its own.
    pub(super) fn follow(&self, from: impl Read + Send + 'static) -> JoinHandle<()> {
        let log = self.clone();
        thread::spawn(move || {
            let mut from = BufReader::new(from);
            let mut line = Vec::new();
            while from.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                log.add(&String::from_utf8_lossy(&line));
                line.clear();
            }
        })
    }

    fn add(&self, line: &str) {
        let (text, told) = &*self.0;
        text.lock().unwrap_or_else(PoisonError::into_inner).push_str(line);
        told.notify_all();
    }

    pub(super) fn text(&self) -> String {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The first line with these words, once it is there.
    #[track_caller]
    pub(super) fn wait_for(&self, words: &str) -> String {
        let (text, told) = &*self.0;
        let find = |text: &str| text.lines().find(|line| line.contains(words)).map(str::to_owned);
        let text = text.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = told.wait_timeout_while(text, PATIENCE, |text| find(text).is_none());
        let text = waited.unwrap_or_else(PoisonError::into_inner).0.clone();
        find(&text).unwrap_or_else(|| panic!("nothing with {words:?} was logged:\n{text}"))
    }
}
