//! Who may talk, and who owns.

use std::collections::BTreeSet;

/// Who may do what. Peers are named with their channel, as `console:ann`.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// May do everything, the global session included.
    pub owners: BTreeSet<String>,
    /// Whether people who are not owners may talk.
    pub open: bool,
    /// Whether groups may use the scope `peer`.
    pub peer_in_groups: bool,
}

impl Access {
    /// Whether this peer may talk to the bot at all.
    #[must_use]
    pub fn may_talk(&self, peer: &str) -> bool {
        self.open || self.owners.contains(peer)
    }

    /// Whether this peer is an owner.
    #[must_use]
    pub fn is_owner(&self, peer: &str) -> bool {
        self.owners.contains(peer)
    }
}
