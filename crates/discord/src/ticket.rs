//! What an event leaves behind so that it can be answered itself: which message, or which interaction and its token.
//!
//! It travels with the event through the store, sealed, and comes back in the address of the answer, as short JSON.
//!
//! Invariant: an older form stays readable, and what cannot be read is an empty ticket: the answer then goes out as any
//! other message.
//! Invariant: a token of an interaction is a secret for as long as it lives: there is no `Debug` of anything that holds one.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// When Discord's ids begin to count, in milliseconds since the Unix epoch.
const EPOCH: i64 = 1_420_070_400_000;
/// How long an interaction can be answered, less what a request takes to get there.
const LIFETIME: i64 = (15 * 60 - 10) * 1_000;
/// The flag of a message that one person sees.
pub(crate) const EPHEMERAL: u64 = 1 << 6;

/// What is known of the event that is answered. Not for logs.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ticket {
    /// The message that was sent, or the one whose button was pressed.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    /// The guild.
    #[serde(rename = "g", default, skip_serializing_if = "Option::is_none")]
    pub(crate) guild: Option<String>,
    /// The interaction, if it is one. What was typed has none.
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub(crate) interaction: Option<Interaction>,
}

/// An interaction, as far as it takes to answer it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Interaction {
    #[serde(rename = "i")]
    pub(crate) id: String,
    /// Whoever has it can write in the bot's name for fifteen minutes.
    #[serde(rename = "t")]
    pub(crate) token: String,
    /// The application, which as a rule has the bot's own id.
    #[serde(rename = "a")]
    pub(crate) application: String,
    /// Whether a component was pressed; else it is a command.
    #[serde(rename = "p", default)]
    pub(crate) is_press: bool,
    /// Whether its `@original` is seen by the person alone: of a command the deferral, of a press the message pressed.
    #[serde(rename = "e", default)]
    pub(crate) is_ephemeral: bool,
}

impl Ticket {
    pub(crate) fn to_wire(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    pub(crate) fn from_wire(ticket: Option<&str>) -> Self {
        ticket.and_then(|ticket| serde_json::from_str(ticket).ok()).unwrap_or_default()
    }

    /// The interaction, while it can be answered; `now` in milliseconds since the epoch.
    pub(crate) fn live_interaction(&self, now: i64) -> Option<&Interaction> {
        self.interaction.as_ref().filter(|interaction| {
            created_at(&interaction.id).is_some_and(|at| now.saturating_sub(at) < LIFETIME)
        })
    }
}

impl Interaction {
    /// The callback that puts the answer off, in the form that delivery reckons with: a command shows that it is worked
    /// on, in a guild to the person alone; of a press nothing is seen.
    pub(crate) fn deferral(&self) -> Value {
        if self.is_press {
            json!({ "type": 6 })
        } else if self.is_ephemeral {
            json!({ "type": 5, "data": { "flags": EPHEMERAL } })
        } else {
            json!({ "type": 5 })
        }
    }
}

/// When something was made that has this id, in milliseconds since the epoch.
pub(crate) fn created_at(id: &str) -> Option<i64> {
    let id = id.parse::<u64>().ok()?;
    i64::try_from(id >> 22).ok()?.checked_add(EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command() -> Interaction {
        let [id, token, application] =
            ["175928847299117063", "secret", "500"].map(ToOwned::to_owned);
        Interaction { id, token, application, is_press: false, is_ephemeral: true }
    }

    #[test]
    fn a_ticket_comes_back_as_it_was() {
        let full = Ticket {
            message: Some("11".to_owned()),
            guild: Some("9".to_owned()),
            interaction: Some(command()),
        };
        for ticket in [full, Ticket::default()] {
            let wire = ticket.to_wire();
            assert!(Ticket::from_wire(wire.as_deref()) == ticket, "{wire:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_an_empty_ticket_and_what_is_new_is_passed_over() {
        for wire in [None, Some(""), Some("[]"), Some("{\"m\":1}")] {
            assert!(Ticket::from_wire(wire) == Ticket::default());
        }
        let newer = Ticket::from_wire(Some("{\"m\":\"1\",\"z\":2}"));
        assert_eq!(newer.message.as_deref(), Some("1"));
    }

    #[test]
    fn ids_tell_the_time() {
        assert_eq!(created_at("175928847299117063"), Some(1_462_015_105_796));
        assert_eq!(created_at("0"), Some(EPOCH));
        assert_eq!((created_at("x"), created_at("")), (None, None));
        assert!(created_at(&u64::MAX.to_string()).is_some());
    }

    #[test]
    fn an_interaction_lives_a_quarter_of_an_hour() {
        let ticket = Ticket { interaction: Some(command()), ..Ticket::default() };
        let since = |seconds: i64| 1_462_015_105_796 + seconds * 1_000;
        assert!(ticket.live_interaction(since(0)).is_some());
        assert!(ticket.live_interaction(since(880)).is_some());
        assert!(ticket.live_interaction(since(890)).is_none());
        assert!(ticket.live_interaction(since(86_400)).is_none());
        assert!(Ticket::default().live_interaction(since(0)).is_none());
    }

    #[test]
    fn a_deferral_shows_no_more_than_the_answer_may() {
        assert_eq!(command().deferral(), json!({"type": 5, "data": {"flags": 64}}));
        let direct = Interaction { is_ephemeral: false, ..command() };
        assert_eq!(direct.deferral(), json!({"type": 5}));
        let press = Interaction { is_press: true, ..command() };
        assert_eq!(press.deferral(), json!({"type": 6}));
    }
}
