//! The stored forms of events and answers.
//!
//! Invariant: a new shape is a new variant, and old ones stay readable: what an older program left is taken up.

use serde::{Deserialize, Serialize};

use crate::incoming::{Body, Incoming, Peer};
use crate::outbox::Owed;
use crate::reply::{Address, Button, FileRef, Shape};

/// A value in its present form, or in an earlier one.
#[derive(Serialize, Deserialize)]
pub(crate) enum Stored<T, Earlier> {
    V1(Earlier),
    V2(T),
}

/// An event before it named its guild.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
pub(crate) struct IncomingV1 {
    channel: String,
    account: String,
    event: String,
    also: Vec<String>,
    chat: String,
    thread: Option<String>,
    direct: bool,
    peer: Peer,
    me: Option<String>,
    admin: Option<bool>,
    faceless: bool,
    said_at: Option<i64>,
    ticket: Option<String>,
    body: Body,
}

/// An answer before it had a shape.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
pub(crate) struct OwedV1 {
    to: Address,
    text: String,
    buttons: Vec<Button>,
    file: Option<FileRef>,
    in_place: bool,
}

impl From<IncomingV1> for Incoming {
    fn from(earlier: IncomingV1) -> Self {
        let IncomingV1 { channel, account, event, also, chat, thread, direct, .. } = earlier;
        let IncomingV1 { peer, me, admin, faceless, said_at, ticket, body, .. } = earlier;
        let guild = None;
        Self {
            channel,
            account,
            event,
            also,
            chat,
            thread,
            guild,
            direct,
            peer,
            me,
            admin,
            faceless,
            said_at,
            ticket,
            body,
        }
    }
}

impl From<OwedV1> for Owed {
    fn from(earlier: OwedV1) -> Self {
        let OwedV1 { to, text, buttons, file, in_place } = earlier;
        Self { to, text, shape: Shape::Words, buttons, file, in_place }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the first form wrote: an answer to Ann, and an event of hers that was not held.
    fn earlier() -> (Vec<u8>, Vec<u8>) {
        let [channel, account, chat, peer] = ["discord", "5", "7", "77"].map(ToOwned::to_owned);
        let owed = OwedV1 {
            to: Address {
                channel: channel.clone(),
                account: account.clone(),
                chat: chat.clone(),
                thread: None,
                direct: true,
                peer: peer.clone(),
                ticket: Some("t".to_owned()),
            },
            text: "hello".to_owned(),
            buttons: vec![Button { label: "Undo".to_owned(), data: "x".to_owned() }],
            file: None,
            in_place: true,
        };
        let event = IncomingV1 {
            channel,
            account,
            event: "message:1".to_owned(),
            also: vec!["2".to_owned()],
            chat,
            thread: Some("8".to_owned()),
            direct: false,
            peer: Peer { id: peer, name: "Ann".to_owned() },
            me: None,
            admin: Some(true),
            faceless: false,
            said_at: Some(9),
            ticket: None,
            body: Body::Press { data: "x".to_owned() },
        };
        let owed = postcard::to_allocvec(&Stored::<(), _>::V1(owed)).unwrap();
        let event = postcard::to_allocvec(&Stored::<(), _>::V1((false, event))).unwrap();
        (owed, event)
    }

    #[test]
    fn what_an_older_program_wrote_is_read() {
        let (owed, event) = earlier();
        let Ok(Stored::V1(owed)) = postcard::from_bytes::<Stored<Owed, OwedV1>>(&owed) else {
            panic!("not the first form");
        };
        let owed = Owed::from(owed);
        assert_eq!((owed.text.as_str(), owed.shape, owed.in_place), ("hello", Shape::Words, true));
        assert_eq!((owed.to.peer.as_str(), owed.buttons.len()), ("77", 1));
        let event = postcard::from_bytes::<Stored<(bool, Incoming), (bool, IncomingV1)>>(&event);
        let Ok(Stored::V1((false, event))) = event else { panic!("not the first form") };
        let event = Incoming::from(event);
        assert_eq!((event.thread.as_deref(), event.guild), (Some("8"), None));
        assert_eq!(event.body, Body::Press { data: "x".to_owned() });
    }
}
