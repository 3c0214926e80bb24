//! What an assistant would see, in numbers.

use sessions::context::Context;
use sessions::model::Strategy;

use super::{messages, strategy_words};

pub(crate) fn context(context: &Context) -> String {
    let parts = &context.tokens;
    let mut lines = vec![
        format!("Context: {}", strategy_words(context.strategy)),
        format!(
            "Seen: {}, {} of {} tokens",
            messages(u64::try_from(context.messages.len()).unwrap_or(u64::MAX)),
            context.total_tokens(),
            context.budget
        ),
    ];
    for (part, tokens) in [
        ("system prompt", parts.system_prompt),
        ("system messages", parts.system),
        ("first question", parts.first_question),
        ("important", parts.important),
        ("summary", parts.summary),
        ("newest", parts.newest),
    ] {
        if tokens > 0 {
            lines.push(format!("  {part}: {tokens} tokens"));
        }
    }
    if context.covered_by_summary > 0 {
        lines.push(format!("Summarised: {}", messages(context.covered_by_summary)));
    }
    lines.push(format!("Left out: {}", messages(context.left_out)));
    if let Some(why) = &context.fell_back {
        lines.push(format!("“summarize” was asked for, but {why}; “smart” is used instead."));
    }
    lines.join("\n")
}

pub(crate) fn strategy(strategy: Strategy) -> String {
    format!(
        "Context strategy: {}. /context strategy sets it: recent, smart, summarize.",
        strategy_words(strategy)
    )
}
