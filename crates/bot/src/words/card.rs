//! The card of a session, and its reset policy.

use sessions::decide::Rules;
use sessions::manager::Card;
use sessions::reset::{NextReset, ResetPolicy};
use sessions::time::Timestamp;

use super::{ago, counted, daily_words, idle_words, local, scope_words, strategy_words};

pub(crate) fn card(card: &Card, now: Timestamp) -> String {
    let session = &card.session;
    let zone = card.rules.zone;
    let title = session.title.as_ref().map_or(String::new(), |title| format!(" “{title}”"));
    let sealed = if card.sealed { "on (AES-256-GCM)" } else { "off" };
    let strategy = card.lane.settings.strategy.unwrap_or(card.rules.strategy);
    [
        format!("Session {}{title}", session.id.short()),
        format!("Scope: {}", scope_words(card.lane.scope)),
        format!("Started: {}", local(session.created_at, zone)),
        format!("Last activity: {}", ago(session.last_activity_at, now)),
        format!("Messages: {}", session.message_count()),
        format!("Tokens: {} in, {} out", session.usage.input_tokens, session.usage.output_tokens),
        format!("Checkpoints: {}", card.checkpoints),
        policy_words(&card.rules, &card.policy, card.next_reset.as_ref()),
        format!("Encryption: {sealed}"),
        format!("Context: {}", strategy_words(strategy)),
    ]
    .join("\n")
}

pub(crate) fn policy(card: &Card) -> String {
    policy_words(&card.rules, &card.policy, card.next_reset.as_ref())
}

/// Both resets and the next one, with zone and offset.
pub(super) fn policy_words(
    rules: &Rules,
    policy: &ResetPolicy,
    next: Option<&NextReset>,
) -> String {
    let mut text =
        format!("Daily reset: {}\nIdle reset: {}", daily_words(rules, policy), idle_words(policy));
    match next {
        None => {}
        Some(NextReset::Due(reason)) => {
            text.push_str(&format!("\nNext reset: at your next message ({reason})"));
        }
        Some(NextReset::At { at, reason }) => {
            text.push_str(&format!("\nNext reset: {} ({reason})", local(*at, rules.zone)));
        }
    }
    if !policy.daily_min_idle.is_zero() && policy.daily.is_some() {
        let minutes = policy.daily_min_idle.as_secs() / 60;
        text.push_str(&format!(
            "\nThe daily one only after {} without a message",
            counted(minutes, "minute")
        ));
    }
    text
}
