//! Which requests are limited together: the method and the path with the ids taken out, and the ids that count.

use reqwest::Method;

/// The kind of a request, as far as limits go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    /// Method and path, without ids and secrets.
    pub(super) kind: String,
    /// The channel, guild or webhook that the limit is one of.
    pub(super) major: String,
    /// Whether it counts among what the bot as a whole may send: interactions and webhooks do not.
    pub(super) bears_token: bool,
}

impl Route {
    /// The route of a request with this path.
    pub(super) fn of(method: &Method, path: &str) -> Self {
        let path = path.split('?').next().unwrap_or_default();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let (first, owner, secret) = (parts.first(), parts.get(1), parts.get(2));
        let bears_token = !matches!(first, Some(&("interactions" | "webhooks")));
        let major = match (first, owner, secret) {
            // Each interaction has limits of its own, so that its token is a part of them.
            (Some(&"webhooks"), Some(id), Some(secret)) => format!("{id} {}", short(secret)),
            (Some(&("channels" | "guilds" | "webhooks")), Some(id), _) => (*id).to_owned(),
            (Some(&"interactions"), Some(id), _) => (*id).to_owned(),
            _ => String::new(),
        };
        let mut kind = method.to_string();
        for (at, part) in parts.iter().enumerate() {
            let is_secret = !bears_token && at == 2;
            let is_id = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            kind.push('/');
            kind.push_str(if is_secret || is_id { ":" } else { part });
        }
        Self { kind, major, bears_token }
    }
}

/// A secret told from others without being kept.
fn short(secret: &str) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    secret.hash(&mut hasher);
    format!("{:x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_taken_out_but_for_those_that_count() {
        let route = Route::of(&Method::PATCH, "/channels/12/messages/34?x=1");
        assert_eq!(
            (route.kind.as_str(), route.major.as_str()),
            ("PATCH/channels/:/messages/:", "12")
        );
        assert!(route.bears_token);
        let route = Route::of(&Method::PUT, "/applications/5/guilds/6/commands");
        assert_eq!(
            (route.kind.as_str(), route.major.as_str()),
            ("PUT/applications/:/guilds/:/commands", "")
        );
    }

    #[test]
    fn an_interaction_counts_alone_and_its_token_is_not_kept() {
        for path in ["/webhooks/5/SECRET/messages/@original", "/interactions/5/SECRET/callback"] {
            let route = Route::of(&Method::POST, path);
            assert!(!route.bears_token);
            assert!(!format!("{route:?}").contains("SECRET"), "{route:?}");
        }
        let major = |secret: &str| Route::of(&Method::POST, &format!("/webhooks/5/{secret}")).major;
        assert_ne!(major("one"), major("two"));
    }
}
