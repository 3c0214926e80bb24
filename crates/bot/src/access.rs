//! Who may talk, and who owns.

use std::collections::BTreeSet;

/// Who may do what. Peers and chats are named with their channel, as `console:ann` or `telegram:-1001`.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// May do everything, the global session included.
    pub owners: BTreeSet<String>,
    /// May talk, in direct chats and everywhere else.
    pub allow: BTreeSet<String>,
    /// Groups in which everybody may talk.
    pub groups: BTreeSet<String>,
    /// Whether everybody may talk in direct chats.
    pub direct_open: bool,
    /// Whether everybody may talk in all groups.
    pub groups_open: bool,
    /// Whether groups may use the scope `peer`.
    pub peer_in_groups: bool,
}

impl Access {
    /// Everybody may talk everywhere; some own.
    #[must_use]
    pub fn open(owners: BTreeSet<String>) -> Self {
        Self { owners, direct_open: true, groups_open: true, ..Self::default() }
    }

    /// Whether this peer is an owner.
    #[must_use]
    pub fn is_owner(&self, peer: &str) -> bool {
        self.owners.contains(peer)
    }

    /// Whether this peer may talk wherever it is.
    pub(crate) fn is_let_in(&self, peer: &str) -> bool {
        self.is_owner(peer) || self.allow.contains(peer)
    }
}
