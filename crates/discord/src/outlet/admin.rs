//! Who runs a channel: those who may manage it or its messages. Asked of Discord each time, since it is asked rarely and a
//! right that was taken away is to be gone.
//!
//! Interactions say it themselves; this is for what was typed.

use bot::Address;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::wire::Wire;
use super::{Delivery, is_id};
use crate::api::CallError;
use crate::ticket::Ticket;
use crate::update::RUNS_A_CHANNEL;

const ADMINISTRATOR: u64 = 1 << 3;
const VIEW_CHANNEL: u64 = 1 << 10;

#[derive(Deserialize)]
struct Guild {
    id: String,
    owner_id: String,
    roles: Vec<Role>,
}

#[derive(Deserialize)]
struct Role {
    id: String,
    permissions: String,
}

#[derive(Deserialize)]
struct Member {
    roles: Vec<String>,
}

#[derive(Deserialize)]
struct Channel {
    guild_id: Option<String>,
    #[serde(default)]
    permission_overwrites: Vec<Overwrite>,
}

/// What a channel gives or takes away, of a role or of a person.
#[derive(Deserialize)]
struct Overwrite {
    id: String,
    allow: String,
    deny: String,
}

impl<W: Wire> Delivery<W> {
    /// Whether the person who is answered runs the channel; `None` when that cannot be found out.
    pub(super) async fn runs_the_channel(&self, to: &Address) -> Option<bool> {
        if !is_id(&to.chat) || !is_id(&to.peer) {
            return None;
        }
        match self.ask_rights(to).await {
            Ok(runs) => runs,
            // Who is not there any more runs nothing.
            Err(error) if is_no_member(&error) => Some(false),
            Err(error) => {
                tracing::warn!(%error, "it cannot be found out who runs a channel");
                None
            }
        }
    }

    async fn ask_rights(&self, to: &Address) -> Result<Option<bool>, CallError> {
        let channel = self.wire.get(&format!("/channels/{}", to.chat)).await?;
        let Some(channel) = read::<Channel>(channel) else { return Ok(None) };
        let ticket = Ticket::from_wire(to.ticket.as_deref());
        let guild = channel.guild_id.clone().or(ticket.guild).filter(|id| is_id(id));
        let Some(guild) = guild else { return Ok(None) };
        let member = self.wire.get(&format!("/guilds/{guild}/members/{}", to.peer)).await?;
        let guild = self.wire.get(&format!("/guilds/{guild}")).await?;
        let (Some(member), Some(guild)) = (read::<Member>(member), read::<Guild>(guild)) else {
            return Ok(None);
        };
        Ok(permissions(&guild, &member, &channel, &to.peer)
            .map(|permissions| permissions & RUNS_A_CHANNEL != 0))
    }
}

fn read<T: DeserializeOwned>(value: Value) -> Option<T> {
    serde_json::from_value(value).ok()
}

fn is_no_member(error: &CallError) -> bool {
    const UNKNOWN_MEMBER: u32 = 10_007;
    const UNKNOWN_USER: u32 = 10_013;
    matches!(error, CallError::Refused { code: UNKNOWN_MEMBER | UNKNOWN_USER, .. })
}

/// What somebody may do in a channel, as Discord reckons it; `None` when a number cannot be read.
fn permissions(guild: &Guild, member: &Member, channel: &Channel, peer: &str) -> Option<u64> {
    if guild.owner_id == peer {
        return Some(u64::MAX);
    }
    let has = |role: &str| role == guild.id || member.roles.iter().any(|own| own == role);
    let mut permissions = 0;
    for role in guild.roles.iter().filter(|role| has(&role.id)) {
        permissions |= role.permissions.parse::<u64>().ok()?;
    }
    if permissions & ADMINISTRATOR != 0 {
        return Some(u64::MAX);
    }
    let overwrites = |is_meant: &dyn Fn(&str) -> bool| {
        let (mut allow, mut deny) = (0, 0);
        for overwrite in channel.permission_overwrites.iter().filter(|over| is_meant(&over.id)) {
            allow |= overwrite.allow.parse::<u64>().ok()?;
            deny |= overwrite.deny.parse::<u64>().ok()?;
        }
        Some((allow, deny))
    };
    // Everybody's, then those of the roles together, then the person's own.
    for is_meant in [
        &(|id: &str| id == guild.id) as &dyn Fn(&str) -> bool,
        &|id: &str| id != guild.id && has(id),
        &|id: &str| id == peer,
    ] {
        let (allow, deny) = overwrites(is_meant)?;
        permissions = permissions & !deny | allow;
    }
    // Who does not see a channel can do nothing in it.
    Some(if permissions & VIEW_CHANNEL == 0 { 0 } else { permissions })
}
