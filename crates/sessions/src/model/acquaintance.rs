//! What is remembered of places and people.

use serde::{Deserialize, Serialize};

use crate::id::{PersonId, PlaceId};
use crate::time::Timestamp;

use super::Scope;

/// What is remembered of a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Its id.
    pub id: PlaceId,
    /// The scope set there; `None` is the configured default.
    pub scope: Option<Scope>,
    /// The zone of shared lanes there.
    pub zone: ZoneSetting,
    /// Whether everything that is said in this group is for the bot; `None` is what its chat has set, else no.
    pub hears_all: Option<bool>,
}

/// What is remembered of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// The zone of their private lanes.
    pub zone: ZoneSetting,
}

/// A zone that somebody chose, and when.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ZoneSetting {
    /// The IANA name; `None` is the configured default.
    pub name: Option<String>,
    /// When it was chosen: resets count from then at the earliest.
    pub since: Timestamp,
}
