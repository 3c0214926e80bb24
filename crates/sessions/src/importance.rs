//! How important a message is to the `smart` strategy: a small number given on append by fixed rules.
//!
//! | importance | message |
//! | --- | --- |
//! | 255 | pinned by a person |
//! | 200 | a system message |
//! | 100 | the first message of a session, if a person said it |
//! | 50 | a person's message that asks to be remembered ("remember", "important", "from now on", "my name is", "note:") |
//! | 20 | a message that holds code between fences |
//! | 0 | any other |
//!
//! Invariant: the number depends on role, content and position alone, so that unpinning can give back what it was.

use crate::model::Role;

/// Pinned by a person.
pub const PINNED: u8 = 255;
/// A system message.
pub const SYSTEM: u8 = 200;
/// What a session began with.
pub const OPENING: u8 = 100;
/// Asks to be remembered.
pub const REMEMBER: u8 = 50;
/// Holds code.
pub const CODE: u8 = 20;

/// How far into a message the words are looked for, in characters.
const LOOK: usize = 4_096;

const PHRASES: [&str; 7] =
    ["remember", "important", "from now on", "my name is", "note:", "always ", "never "];

/// The importance of a message by its role, content and position.
#[must_use]
pub fn of(role: Role, content: &str, position: u64) -> u8 {
    match role {
        Role::System => return SYSTEM,
        Role::User if position == 1 => return OPENING,
        Role::User | Role::Assistant => {}
    }
    let beginning: String = content.chars().take(LOOK).map(|c| c.to_ascii_lowercase()).collect();
    if role == Role::User && PHRASES.iter().any(|phrase| beginning.contains(phrase)) {
        REMEMBER
    } else if beginning.contains("```") {
        CODE
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds() {
        for (role, content, position, expected) in [
            (Role::System, "Be brief.", 7, SYSTEM),
            (Role::User, "hello", 1, OPENING),
            (Role::User, "hello", 2, 0),
            (Role::User, "Please REMEMBER this", 2, REMEMBER),
            (Role::Assistant, "I will remember", 2, 0),
            (Role::Assistant, "```rust\nfn main() {}\n```", 2, CODE),
            (Role::Assistant, "first", 1, 0),
        ] {
            assert_eq!(of(role, content, position), expected, "{content}");
        }
    }
}
