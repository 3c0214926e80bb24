//! Who is speaking in a message.

use bot::Peer;

use super::wire::Message;

/// Accounts that stand in `from` for whoever speaks through `sender_chat`: `@GroupAnonymousBot`, `@Channel_Bot`.
const STAND_INS: [i64; 2] = [1_087_968_824, 136_817_688];

/// Who is speaking.
pub(super) struct Speaker {
    pub(super) peer: Peer,
    /// What they are called in a note to the group.
    pub(super) mention: String,
    /// A chat that speaks in its own name.
    pub(super) faceless: bool,
    /// Whether they run the chat, where the message itself says so.
    pub(super) admin: Option<bool>,
}

/// The speaker of a message, or why nobody is to be heard.
pub(super) fn speaker(message: &Message) -> Result<Speaker, &'static str> {
    if message.is_automatic_forward {
        return Err("automatic forward");
    }
    if message.via_bot.is_some() {
        return Err("through another bot");
    }
    let is_bot = |id: i64| message.sender_chat.is_none() || !STAND_INS.contains(&id);
    if message.from.as_ref().is_some_and(|user| user.is_bot && is_bot(user.id)) {
        return Err("another bot");
    }
    if let Some(chat) = &message.sender_chat {
        let peer = chat.peer();
        return Ok(Speaker {
            mention: peer.name.clone(),
            peer,
            faceless: true,
            // An anonymous administrator speaks as the chat itself.
            admin: Some(chat.id == message.chat.id),
        });
    }
    let user = message.from.as_ref().ok_or("nobody speaks")?;
    let admin = if message.chat.is_private() { Some(false) } else { None };
    Ok(Speaker { peer: user.peer(), mention: user.mention(), faceless: false, admin })
}
