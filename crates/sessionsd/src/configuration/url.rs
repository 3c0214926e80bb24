//! Addresses of servers.

use ::telegram::Url;

use super::problems::Problems;

/// What is shown in the place of a user name and a password.
const MASK: &str = "…";

/// A URL, if it is one.
pub(super) fn url(text: &str, key: &str, problems: &mut Problems) -> Option<Url> {
    let url = text.parse::<Url>().ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    if url.is_none() {
        problems.add(key, "a URL is expected that begins with https://");
    }
    url
}

/// The URL of a server that is asked, if it is one. It holds no secret, so that it can be shown.
pub(super) fn server(text: &str, key: &str, problems: &mut Problems) -> Option<Url> {
    let url = url(text, key, problems)?;
    if has_password(&url) {
        problems
            .add(key, "it holds a user name or a password, which no server is told: take them out");
        return None;
    }
    Some(url)
}

/// A URL without the user name and the password that it may hold.
pub(super) fn masked(text: &str) -> String {
    if !text.parse().is_ok_and(|url| has_password(&url)) {
        return text.to_owned();
    }
    let parts = text.split_once("://").and_then(|(scheme, rest)| {
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end)?;
        let (_, host) = authority.rsplit_once('@')?;
        Some(format!("{scheme}://{MASK}@{host}{path}"))
    });
    parts.unwrap_or_else(|| MASK.to_owned())
}

fn has_password(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn a_user_name_and_a_password_are_masked() {
        for plain in ["", "nonsense", "https://example.org/a@b?c=d@e", "https://example.org:8443/"]
        {
            assert_eq!(masked(plain), plain);
        }
        assert_eq!(masked("https://u:p@example.org:8443/a@b"), "https://…@example.org:8443/a@b");
        assert_eq!(masked("https://u@example.org"), "https://…@example.org");
        assert_eq!(masked("https://u:p@q@example.org?a"), "https://…@example.org?a");
        for odd in ["https:\\\\u:p@example.org", "https:u:p@example.org"] {
            assert_eq!(masked(odd), "…");
        }
    }
}
