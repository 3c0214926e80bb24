//! Settings of lane, place and person: resets, scope, zone.

use commands::{DailyReset, HearWord, IdleReset, ScopeWord};
use sessions::manager::{Ask, At};
use sessions::model::{Person, Place, Scope, ZoneSetting};
use sessions::reset::{Setting, TimeOfDay, parse_zone};
use sessions::store::Store;
use sessions::{Environment, Failure};

use crate::bot::{Inner, Job};
use crate::outbox::Outlet;
use crate::reply::Reply;
use crate::whereabouts::{Here, ground};
use crate::words;

use super::Step;

pub(super) fn daily(asked: DailyReset) -> Ask {
    Ask::SetDaily(match asked {
        DailyReset::Off => Setting::Off,
        DailyReset::At(at) => {
            TimeOfDay::new(at.hour(), at.minute()).map_or(Setting::Off, Setting::Value)
        }
    })
}

pub(super) fn idle(asked: IdleReset) -> Ask {
    Ask::SetIdle(match asked {
        IdleReset::Off => Setting::Off,
        IdleReset::After { minutes } => Setting::Value(minutes),
    })
}

/// The reset policy as it stands.
pub(super) async fn policy<S: Store, E: Environment, O: Outlet>(
    inner: &Inner<S, E, O>,
    here: &Here,
) -> Result<Step, Failure> {
    let card = inner.manager.card(&here.at).await?;
    Ok(Step::tell(Reply::text(words::policy(&card))))
}

pub(super) fn zone<S: Store, E: Environment, O: Outlet>(
    inner: &Inner<S, E, O>,
    here: &Here,
    asked: Option<&str>,
) -> Result<Step, Failure> {
    let now = inner.manager.environment().now();
    let Some(asked) = asked else {
        let zone = inner.manager.rules(&here.at).zone;
        return Ok(Step::tell(Reply::text(words::zone(zone, now))));
    };
    if !here.lane_is_private() && !here.admin {
        return Ok(Step::Refuse(words::admins_only()));
    }
    let zone = match parse_zone(asked) {
        Ok(zone) => zone,
        Err(unknown) => return Ok(Step::Refuse(unknown.to_string())),
    };
    let chosen = ZoneSetting { name: Some(zone.name().to_owned()), since: now };
    let write = if here.lane_is_private() {
        inner.manager.remember_person(&Person { zone: chosen, ..here.person.clone() })?
    } else {
        inner.manager.remember_place(&Place { zone: chosen, ..here.place.clone() })?
    };
    let reply = Reply::text(words::zone_set(zone, now, here.lane_is_private()));
    Ok(Step::Tell { reply, writes: vec![write] })
}

pub(super) async fn scope<S: Store, E: Environment, O: Outlet>(
    inner: &Inner<S, E, O>,
    here: &Here,
    job: &Job,
    asked: Option<ScopeWord>,
) -> Result<Step, Failure> {
    let Some(word) = asked else {
        return Ok(Step::tell(Reply::text(words::scope(here.scope, here.direct))));
    };
    let scope = match word {
        ScopeWord::Main => Scope::Main,
        ScopeWord::Channel => Scope::PerChannelPeer,
        ScopeWord::Peer => Scope::PerPeer,
        ScopeWord::Group => Scope::PerChannel,
    };
    if let Some(why) = scope_refusal(scope, here, inner.access().peer_in_groups) {
        return Ok(Step::Refuse(why));
    }
    let place = Place { scope: Some(scope), ..here.place.clone() };
    let is_shared = scope == Scope::PerChannel;
    let zone = if is_shared { &place.zone } else { &here.person.zone };
    let ground = ground(scope, place.id, here.person.id, zone.clone(), &job.incoming);
    // A chat that speaks in its own name has no lane but a shared one.
    let selected = if job.incoming.faceless && !is_shared {
        None
    } else {
        Some(inner.manager.view(&At::Ground(ground)).await?.current)
    };
    let write = inner.manager.remember_place(&place)?;
    let reply = Reply::text(words::scope_set(scope, selected.as_ref()));
    Ok(Step::Tell { reply, writes: vec![write] })
}

/// What is listened to in a group.
pub(super) fn hear<S: Store, E: Environment, O: Outlet>(
    inner: &Inner<S, E, O>,
    here: &Here,
    job: &Job,
    asked: Option<HearWord>,
) -> Result<Step, Failure> {
    let untold = inner.untold.get(&job.incoming.channel).filter(|_| !here.direct);
    let untold = untold.map(String::as_str);
    let Some(word) = asked else {
        return Ok(Step::tell(Reply::text(words::hears(here.hears_all || here.direct, untold))));
    };
    if here.direct {
        return Ok(Step::Refuse("In a direct chat I hear everything.".to_owned()));
    }
    if !here.admin {
        return Ok(Step::Refuse("Only those who run this chat may set what I hear.".to_owned()));
    }
    let hears_all = word == HearWord::All;
    let place = Place { hears_all: Some(hears_all), ..here.place.clone() };
    let write = inner.manager.remember_place(&place)?;
    let reply = Reply::text(words::hears(hears_all, untold));
    Ok(Step::Tell { reply, writes: vec![write] })
}

fn scope_refusal(scope: Scope, here: &Here, peer_in_groups: bool) -> Option<String> {
    let why = match scope {
        Scope::Main if !here.direct => "The scope “main” is for direct chats only.",
        Scope::Main if !here.owner => "The scope “main” is for owners only.",
        Scope::PerPeer if !here.direct && !peer_in_groups => {
            "The scope “peer” is not allowed in groups here: what was said in private could colour public answers."
        }
        Scope::PerChannel if here.direct => "The scope “group” is for groups only.",
        _ if !here.direct && !here.admin => "Only those who run this chat may set its scope.",
        Scope::Main | Scope::PerPeer | Scope::PerChannelPeer | Scope::PerChannel => return None,
    };
    Some(why.to_owned())
}
