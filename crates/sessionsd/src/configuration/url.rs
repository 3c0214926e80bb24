//! Addresses of servers.

use ::telegram::Url;

use super::problems::Problems;

/// A URL of a server, if it is one.
pub(super) fn url(text: &str, key: &str, problems: &mut Problems) -> Option<Url> {
    let url = text.parse::<Url>().ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    if url.is_none() {
        problems.add(key, "a URL is expected that begins with https://");
    }
    url
}
