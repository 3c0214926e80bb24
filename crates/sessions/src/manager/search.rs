//! Search: every message of a lane's current and past sessions that holds all the words, newest first.
//!
//! Text is sealed, so there is no index of words: messages are opened one by one, into buffers that are used again.
//! One call opens at most [`SCAN`] messages and says where to go on.

use memchr::memmem::Finder;
use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::error::{Failure, Fault};
use crate::id::{IdBytes, SessionId};
use crate::line::{Line, SessionKey};
use crate::model::{Role, Session, SessionState};
use crate::name::{fold, fold_into};
use crate::seal;
use crate::store::rows::{RecordKind, Write};
use crate::store::{After, Store};
use crate::time::Timestamp;

use super::{At, SessionManager, SessionRef};

/// Messages that one call opens at most.
const SCAN: usize = 200_000;
/// Messages that are read at a time.
const PAGE: usize = 512;
/// Characters of a snippet, before and behind the first word found.
const AROUND: usize = 40;

/// One message found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Its session.
    pub session: SessionId,
    /// Its position.
    pub position: u64,
    /// Who speaks.
    pub role: Role,
    /// When it was said.
    pub created_at: Timestamp,
    /// The text around the first word found.
    pub snippet: String,
}

/// Where a search goes on: below this position of this session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchCursor {
    /// The session.
    pub session: SessionId,
    /// The last position that was looked at; 0 when the session is done.
    pub position: u64,
}

/// What one call found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchPage {
    /// The messages, newest first.
    pub hits: Vec<Hit>,
    /// How many messages were opened.
    pub opened: usize,
    /// Where to go on, if there is more to look at.
    pub next: Option<SearchCursor>,
}

/// A search that can be gone on with, as it is remembered behind a button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchNote {
    /// The words.
    pub words: String,
    /// Where to go on.
    pub from: SearchCursor,
}

/// Words to look for, folded once.
struct Words {
    finders: Vec<Finder<'static>>,
    first: String,
}

impl Words {
    fn new(words: &str) -> Self {
        let folded: Vec<String> = words.split_whitespace().map(fold).collect();
        let finders = folded.iter().map(|word| Finder::new(word.as_bytes()).into_owned()).collect();
        Self { finders, first: folded.into_iter().next().unwrap_or_default() }
    }

    fn all_in(&self, folded: &str) -> bool {
        self.finders.iter().all(|finder| finder.find(folded.as_bytes()).is_some())
    }
}

impl<S: Store, E: Environment> SessionManager<S, E> {
    /// Messages of the lane that hold all of `words`, case and accents folded.
    ///
    /// # Errors
    /// When the store fails or a row does not open.
    pub async fn search(
        &self,
        at: &At,
        words: &str,
        from: Option<SearchCursor>,
        limit: usize,
    ) -> Result<SearchPage, Failure> {
        let view = self.view(at).await?;
        let words = Words::new(words);
        let mut page = SearchPage { hits: Vec::new(), opened: 0, next: None };
        let mut session = match from {
            None => view.current,
            Some(cursor) => {
                self.find_session(view.lane.id, &SessionRef::Id(cursor.session)).await?
            }
        };
        let mut upto = from.map(|cursor| cursor.position);
        if matches!(session.state, SessionState::Binned | SessionState::Held) {
            // It was deleted since: on to the sessions behind it.
            upto = Some(0);
        }
        let mut after: After = match session.state {
            SessionState::Current => None,
            SessionState::Past | SessionState::Binned | SessionState::Held => {
                Some((session.last_activity_at, *session.id.as_bytes()))
            }
        };
        loop {
            self.search_session(&session, upto.take(), &words, limit, &mut page).await?;
            if page.next.is_some() {
                return Ok(page);
            }
            let older =
                self.inner.store.sessions(view.lane.id, SessionState::Past, after, 1).await?;
            let Some(row) = older.first() else { return Ok(page) };
            after = Some((row.last_activity_at, *row.id.as_bytes()));
            session = self.open_row(row).await?;
        }
    }

    /// The write that remembers a search under an id.
    ///
    /// # Errors
    /// When sealing fails.
    pub fn remember_search(&self, id: IdBytes, note: &SearchNote) -> Result<Write, Fault> {
        let sealed = seal::seal_search(&self.inner.names, &id, note)?;
        Ok(Write::PutRecord(RecordKind::Search, id, sealed))
    }

    /// A search that was remembered.
    ///
    /// # Errors
    /// When the store fails or the record does not open.
    pub async fn remembered_search(&self, id: IdBytes) -> Result<Option<SearchNote>, Fault> {
        let sealed = self.inner.store.record(RecordKind::Search, id).await?;
        Ok(sealed.map(|sealed| seal::open_search(&self.inner.names, &id, &sealed)).transpose()?)
    }

    async fn search_session(
        &self,
        session: &Session,
        upto: Option<u64>,
        words: &Words,
        limit: usize,
        page: &mut SearchPage,
    ) -> Result<(), Fault> {
        if upto == Some(0) {
            return Ok(());
        }
        let key = self.needed_key(session.id).await?;
        let of = SessionKey { id: session.id, key: &key };
        let mut line = Line::new(&self.inner.store, of, session.end);
        if let Some(upto) = upto {
            line.seek(upto).await?;
        }
        let (mut buffer, mut folded) = (Vec::new(), String::new());
        loop {
            let rows = line.older_rows(PAGE).await?;
            if rows.is_empty() {
                return Ok(());
            }
            for row in &rows {
                page.opened += 1;
                let snippet = seal::with_body(&key, &session.id, row, &mut buffer, |body| {
                    fold_into(body.content, &mut folded);
                    words.all_in(&folded).then(|| snippet(body.content, &words.first))
                })?;
                if let Some(snippet) = snippet {
                    let (position, role, created_at) =
                        (row.point.position, row.role, row.created_at);
                    let session = session.id;
                    page.hits.push(Hit { session, position, role, created_at, snippet });
                }
                if page.hits.len() >= limit || page.opened >= SCAN {
                    let position = row.point.position - 1;
                    page.next = Some(SearchCursor { session: session.id, position });
                    return Ok(());
                }
            }
        }
    }
}

/// The characters around the first place where `word` is found, on one line.
fn snippet(content: &str, word: &str) -> String {
    let characters: Vec<char> = content.chars().collect();
    let wanted: Vec<char> = word.chars().collect();
    let at = (0..characters.len())
        .find(|from| {
            let rest: String = characters.iter().skip(*from).take(wanted.len() * 2).collect();
            fold(&rest).starts_with(word)
        })
        .unwrap_or(0);
    let from = at.saturating_sub(AROUND);
    let take = AROUND * 2 + wanted.len();
    let middle: String = characters.iter().skip(from).take(take).collect();
    let middle = middle.split_whitespace().collect::<Vec<_>>().join(" ");
    let before = if from > 0 { "…" } else { "" };
    let behind = if characters.len() > from + take { "…" } else { "" };
    format!("{before}{middle}{behind}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_shows_the_word_as_it_was_written() {
        let long = format!("{} Crème BRÛLÉE {}", "a ".repeat(60), "b ".repeat(60));
        let shown = snippet(&long, "brulee");
        assert!(shown.contains("Crème BRÛLÉE"), "{shown}");
        assert!(shown.starts_with('…') && shown.ends_with('…'));
        assert_eq!(snippet("short\nline", "line"), "short line");
    }
}
