//! From an origin to a lane: which place, which person, which scope holds there, and so which lane.
//!
//! Invariant: a private lane is keyed by a person or a peer, a shared one by its place, and no origin outside that
//! place reaches a shared lane.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use sessions::id::{IdBytes, PersonId, PlaceId};
use sessions::manager::{At, Ground, LaneKey};
use sessions::model::{Origin, Person, Place, Scope, Tag, ZoneSetting};
use sessions::store::Store;
use sessions::store::rows::Write;
use sessions::{Environment, Fault, RowFault, SessionManager};

use crate::access::Access;
use crate::incoming::Incoming;

/// Bindings held in memory at most.
const KNOWN: usize = 10_000;

/// Where an event happened, as far as sessions are concerned.
#[derive(Debug, Clone)]
pub(crate) struct Here {
    /// The place, with its own settings only.
    pub(crate) place: Place,
    /// Who did it.
    pub(crate) person: Person,
    /// The scope that holds.
    pub(crate) scope: Scope,
    /// The lane.
    pub(crate) at: At,
    /// Whether everything that is said there is for the bot.
    pub(crate) hears_all: bool,
    /// Whether it is an owner who did it.
    pub(crate) owner: bool,
    /// Whether it is somebody who runs the chat, or an owner.
    pub(crate) admin: bool,
    /// Whether it happened in a direct chat.
    pub(crate) direct: bool,
}

impl Here {
    /// Whether the lane is one person's.
    pub(crate) fn lane_is_private(&self) -> bool {
        self.scope != Scope::PerChannel
    }
}

/// Ids bound to what channels call places and people. They never change, so what was read once is kept.
#[derive(Default)]
pub(crate) struct Bindings {
    known: Mutex<HashMap<Tag, IdBytes>>,
}

impl Bindings {
    /// The place of an event, made on first use.
    pub(crate) async fn place_id<S: Store, E: Environment>(
        &self,
        manager: &SessionManager<S, E>,
        incoming: &Incoming,
        thread: Option<&str>,
    ) -> Result<PlaceId, Fault> {
        let tag = place_tag(manager, incoming, &incoming.chat, thread);
        let found = self.bound(manager, tag).await?;
        if let Some(id) = found {
            return Ok(PlaceId::new(id));
        }
        let id = PlaceId::new(manager.environment().random()?);
        let place = Place { id, scope: None, zone: ZoneSetting::default(), hears_all: None };
        let record = manager.remember_place(&place)?;
        self.make(manager, tag, *id.as_bytes(), record).await.map(PlaceId::new)
    }

    /// The place of an event's chat, if there is one.
    pub(crate) async fn chat_known<S: Store, E: Environment>(
        &self,
        manager: &SessionManager<S, E>,
        incoming: &Incoming,
    ) -> Result<Option<PlaceId>, Fault> {
        let tag = place_tag(manager, incoming, &incoming.chat, None);
        Ok(self.bound(manager, tag).await?.map(PlaceId::new))
    }

    /// Whether everything that is said where an event happened is for the bot. Makes nothing known.
    pub(crate) async fn hears_all<S: Store, E: Environment>(
        &self,
        manager: &SessionManager<S, E>,
        incoming: &Incoming,
    ) -> Result<bool, Fault> {
        for thread in [incoming.thread.as_deref(), None] {
            let tag = place_tag(manager, incoming, &incoming.chat, thread);
            let Some(id) = self.bound(manager, tag).await? else { continue };
            if let Some(hears_all) = known_place(manager, PlaceId::new(id)).await?.hears_all {
                return Ok(hears_all);
            }
        }
        Ok(false)
    }

    /// The write that makes a chat's place known under its new id; nothing where the chat was never spoken to.
    pub(crate) async fn moved<S: Store, E: Environment>(
        &self,
        manager: &SessionManager<S, E>,
        incoming: &Incoming,
        to: &str,
    ) -> Result<Option<Write>, Fault> {
        let place = self.chat_known(manager, incoming).await?;
        let tag = place_tag(manager, incoming, to, None);
        Ok(place.map(|place| manager.bind(tag, place.as_bytes())))
    }

    /// Forgets what a new id of a chat was known to lead to.
    pub(crate) fn forget<S: Store, E: Environment>(
        &self,
        manager: &SessionManager<S, E>,
        incoming: &Incoming,
        to: &str,
    ) {
        let tag = place_tag(manager, incoming, to, None);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&tag);
    }

    /// The person behind a peer, made on first use.
    async fn person_id<S: Store, E: Environment>(
        &self,
        manager: &SessionManager<S, E>,
        incoming: &Incoming,
    ) -> Result<PersonId, Fault> {
        let tag = peer_tag(manager, &incoming.channel, &incoming.peer.id);
        if let Some(id) = self.bound(manager, tag).await? {
            return Ok(PersonId::new(id));
        }
        let id = PersonId::new(manager.environment().random()?);
        let person = Person { id, zone: ZoneSetting::default() };
        let record = manager.remember_person(&person)?;
        self.make(manager, tag, *id.as_bytes(), record).await.map(PersonId::new)
    }

    async fn bound<S: Store, E: Environment>(
        &self,
        manager: &SessionManager<S, E>,
        tag: Tag,
    ) -> Result<Option<IdBytes>, Fault> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&tag).copied();
        if known.is_some() {
            return Ok(known);
        }
        let found = manager.bound(tag).await?;
        if let Some(id) = found {
            self.keep(tag, id);
        }
        Ok(found)
    }

    /// Binds a tag to a new id; if somebody else was quicker, their id counts.
    async fn make<S: Store, E: Environment>(
        &self,
        manager: &SessionManager<S, E>,
        tag: Tag,
        id: IdBytes,
        record: Write,
    ) -> Result<IdBytes, Fault> {
        match manager.make_known(tag, id, record).await {
            Ok(()) => {
                self.keep(tag, id);
                Ok(id)
            }
            Err(fault) => self.bound(manager, tag).await?.ok_or(fault),
        }
    }

    fn keep(&self, tag: Tag, id: IdBytes) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN {
            known.clear();
        }
        known.insert(tag, id);
    }

    /// Place, person, scope and lane of an event.
    pub(crate) async fn locate<S: Store, E: Environment>(
        &self,
        manager: &SessionManager<S, E>,
        access: &Access,
        incoming: &Incoming,
    ) -> Result<Here, Fault> {
        let id = self.place_id(manager, incoming, incoming.thread.as_deref()).await?;
        let place = known_place(manager, id).await?;
        let person_id = self.person_id(manager, incoming).await?;
        let missing = || RowFault::Missing.of(format_args!("person {person_id}"));
        let person = manager.person(person_id).await?.ok_or_else(missing)?;
        // A thread inherits what its chat has set and it has not.
        let chat = match &incoming.thread {
            None => None,
            Some(_) => {
                let chat = self.place_id(manager, incoming, None).await?;
                Some(known_place(manager, chat).await?)
            }
        };
        let hears_all = place.hears_all.or(chat.as_ref().and_then(|chat| chat.hears_all));
        let hears_all = hears_all.unwrap_or(false);
        let set = place.scope.or(chat.as_ref().and_then(|chat| chat.scope));
        let owner = !incoming.faceless && access.is_owner(&incoming.peer_name());
        let scope =
            scope_in_force(set.unwrap_or(manager.config().scope), incoming.direct, owner, access);
        let place_zone = match (&place.zone.name, chat) {
            (None, Some(chat)) => chat.zone,
            _ => place.zone.clone(),
        };
        let zone = if scope == Scope::PerChannel { place_zone } else { person.zone.clone() };
        let at = At::Ground(ground(scope, place.id, person.id, zone, incoming));
        let admin = owner || incoming.admin == Some(true);
        let direct = incoming.direct;
        Ok(Here { place, person, scope, at, hears_all, owner, admin, direct })
    }
}

/// Under what a chat, or a thread of it, is known.
fn place_tag<S: Store, E: Environment>(
    manager: &SessionManager<S, E>,
    incoming: &Incoming,
    chat: &str,
    thread: Option<&str>,
) -> Tag {
    let [channel, account, chat] =
        [&incoming.channel, &incoming.account, chat].map(|field: &str| field.as_bytes());
    match thread {
        None => manager.tag("place", &[channel, account, chat]),
        Some(thread) => manager.tag("thread", &[channel, account, chat, thread.as_bytes()]),
    }
}

fn peer_tag<S: Store, E: Environment>(
    manager: &SessionManager<S, E>,
    channel: &str,
    peer: &str,
) -> Tag {
    manager.tag("peer", &[channel.as_bytes(), peer.as_bytes()])
}

/// What stands for a person as the owner of private lanes, if the bot has ever heard them. `peer` is the channel's id of
/// them.
///
/// # Errors
/// When the store fails.
pub async fn owner_of<S: Store, E: Environment>(
    manager: &SessionManager<S, E>,
    channel: &str,
    peer: &str,
) -> Result<Option<Tag>, Fault> {
    let person = manager.bound(peer_tag(manager, channel, peer)).await?.map(PersonId::new);
    Ok(person.map(|person| manager.owner_tag(&person.to_string())))
}

/// A place that is bound was remembered in the same commit.
async fn known_place<S: Store, E: Environment>(
    manager: &SessionManager<S, E>,
    id: PlaceId,
) -> Result<Place, Fault> {
    let missing = || RowFault::Missing.of(format_args!("place {id}"));
    Ok(manager.place(id).await?.ok_or_else(missing)?)
}

/// The scope that holds, asked again at every event: who is no owner any more is out of `main` at once.
fn scope_in_force(set: Scope, direct: bool, owner: bool, access: &Access) -> Scope {
    let allowed = match set {
        Scope::Main => direct && owner,
        Scope::PerPeer => direct || access.peer_in_groups,
        Scope::PerChannelPeer => true,
        Scope::PerChannel => !direct,
    };
    if allowed { set } else { Scope::PerChannelPeer }
}

/// What a lane is keyed by under a scope, from there.
pub(crate) fn ground(
    scope: Scope,
    place: PlaceId,
    person: PersonId,
    zone: ZoneSetting,
    incoming: &Incoming,
) -> Ground {
    let (channel, user) = (place.to_string(), incoming.peer_name());
    let key = match scope {
        Scope::Main => LaneKey::Main,
        Scope::PerPeer => LaneKey::PerPeer { user: person.to_string() },
        Scope::PerChannelPeer => LaneKey::PerChannelPeer { channel, user },
        Scope::PerChannel => LaneKey::PerChannel { channel },
    };
    let owner = (scope != Scope::PerChannel).then(|| person.to_string());
    let user = owner.is_some().then(|| incoming.peer_name());
    let origin = Origin { channel: incoming.channel.clone(), user, peer: None };
    Ground { key, owner, origin, zone }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_holds_only_where_it_may() {
        let closed = Access::default();
        let lenient = Access { peer_in_groups: true, ..Access::default() };
        use Scope::{Main, PerChannel, PerChannelPeer, PerPeer};
        for (set, direct, owner, access, holds) in [
            (Main, true, true, &closed, Main),
            (Main, true, false, &closed, PerChannelPeer),
            (Main, false, true, &closed, PerChannelPeer),
            (PerPeer, true, false, &closed, PerPeer),
            (PerPeer, false, false, &closed, PerChannelPeer),
            (PerPeer, false, false, &lenient, PerPeer),
            (PerChannel, false, false, &closed, PerChannel),
            (PerChannel, true, true, &closed, PerChannelPeer),
        ] {
            assert_eq!(scope_in_force(set, direct, owner, access), holds, "{set} {direct} {owner}");
        }
    }
}
