//! Stable names for what differs from run to run: `s-1` for the first session id that appears, `c-2` for the second
//! checkpoint id, `HOME` for the story's folder. The names work both ways: a line that says `s-1` means that session.

use std::path::{Path, PathBuf};

/// Letters of a shown id, at least.
const SHORTEST: usize = 6;
/// Letters of a whole id.
const WHOLE: usize = 26;

/// The names given so far.
#[derive(Debug)]
pub(crate) struct Names {
    home: PathBuf,
    sessions: Vec<String>,
    checkpoints: Vec<String>,
}

impl Names {
    pub(crate) fn new(home: &Path) -> Self {
        Self { home: home.to_owned(), sessions: Vec::new(), checkpoints: Vec::new() }
    }

    /// A text of the program, with names for what differs.
    pub(crate) fn shown(&mut self, text: &str) -> String {
        let text = text.replace(&self.home.display().to_string(), "HOME");
        words(&text).map(|word| self.name(word)).collect()
    }

    /// A line for the program, with what the names in it stand for.
    pub(crate) fn meant(&self, line: &str) -> String {
        words(line).map(|word| self.id(word).unwrap_or(word)).collect()
    }

    fn name(&mut self, word: &str) -> String {
        let found = self.short(word).or_else(|| self.whole(word)).or_else(|| self.export(word));
        found.unwrap_or_else(|| word.to_owned())
    }

    fn short(&mut self, word: &str) -> Option<String> {
        let (kind, letters) = word.split_once('-')?;
        let is_id = letters.len() >= SHORTEST && are_letters(letters);
        let known = match kind {
            "s" if is_id => &mut self.sessions,
            "c" if is_id => &mut self.checkpoints,
            _ => return None,
        };
        let at = known.iter().position(|id| id == word).unwrap_or_else(|| {
            known.push(word.to_owned());
            known.len() - 1
        });
        Some(format!("{kind}-{}", at + 1))
    }

    /// The whole form of a session's id.
    fn whole(&self, word: &str) -> Option<String> {
        let is_whole = word.len() == WHOLE && are_letters(word);
        let begins = |id: &String| id.strip_prefix("s-").is_some_and(|id| word.starts_with(id));
        let at = self.sessions.iter().position(|id| is_whole && begins(id))?;
        Some(format!("whole-id-of-s-{}", at + 1))
    }

    /// The name of an exported file: `session-`, letters, date.
    fn export(&mut self, word: &str) -> Option<String> {
        let (letters, date) = word.strip_prefix("session-")?.split_once('-')?;
        Some(format!("session-{}-{date}", self.short(&format!("s-{letters}"))?))
    }

    fn id(&self, word: &str) -> Option<&str> {
        let (kind, number) = word.split_once('-')?;
        let known = match kind {
            "s" => &self.sessions,
            "c" => &self.checkpoints,
            _ => return None,
        };
        let at: usize = number.parse().ok()?;
        known.get(at.checked_sub(1)?).map(String::as_str)
    }
}

/// The text in pieces: runs of letters, digits and hyphens, and what stands between them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(|c: char| !is_inner(c)).flat_map(|piece| {
        let end = piece.trim_end_matches(|c| !is_inner(c));
        piece.split_at_checked(end.len()).map_or([piece, ""], |(word, rest)| [word, rest])
    })
}

fn are_letters(text: &str) -> bool {
    text.bytes().all(|letter| b"0123456789abcdefghjkmnpqrstvwxyz".contains(&letter))
}

fn is_inner(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_get_names_in_order_of_appearance_and_names_find_ids_again() {
        let mut names = Names::new(Path::new("/tmp/x"));
        let text = "s-7k3f9q, “c-2m8xwa” (s-abcdef) s-7k3f9q: /tmp/x/data s-short c-unlikely \
                    session-7k3f9q-2026-01-05.md abcdef00000000000000000000";
        let shown = "s-1, “c-1” (s-2) s-1: HOME/data s-short c-unlikely \
                     session-s-1-2026-01-05.md whole-id-of-s-2";
        assert_eq!(names.shown(text), shown);
        assert_eq!(names.meant("/session resume s-2"), "/session resume s-abcdef");
        assert_eq!(names.meant("s-9 c-0 🦀s-1"), "s-9 c-0 🦀s-7k3f9q");
    }
}
