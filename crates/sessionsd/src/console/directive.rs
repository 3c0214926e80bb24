//! Lines that drive the console itself.
//!
//! ```text
//! directive = ":as" name | ":in" name | ":channel" name | ":press" ( number | "=" data ) | ":clock" [shift | instant | "real"]
//!           | ":help" | ":quit"
//! shift     = ("+" | "-") number ("s" | "m" | "h" | "d")
//! instant   = RFC 3339
//! ```

use sessions::Environment;
use sessions::time::Timestamp;

use super::Stance;
use super::clock::ConsoleClock;

/// What a `:` line asks of the console.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Directive {
    As(String),
    In(String),
    Channel(String),
    Press(usize),
    PressData(String),
    ShowClock,
    ShiftClock(i64),
    SetClock(Timestamp),
    RealClock,
    Help,
    Quit,
}

const HELP: &str = "\
:as bob          speak as somebody else
:in team         in a group chat; :in dm goes back
:channel discord pretend to be on another channel
:press N         press button N of the last reply
:clock +31m      move this console's clock (s, m, h, d; - goes back)
:clock 2026-03-29T00:59:00Z   set it; :clock real sets it right again
:quit            leave
Anything else goes to the bot; /help lists its commands.";

/// Reads a directive; `None` when the line is none.
pub(crate) fn parse(line: &str) -> Option<Result<Directive, String>> {
    let rest = line.trim().strip_prefix(':')?;
    let (word, argument) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    Some(directive(word, argument.trim()))
}

fn directive(word: &str, argument: &str) -> Result<Directive, String> {
    let name = |what: &str| match argument {
        "" => Err(format!(":{word} needs {what}. :help lists what can be said.")),
        given => Ok(given.to_owned()),
    };
    match word {
        "as" => name("a name").map(Directive::As),
        "in" if argument.starts_with("dm:") => {
            Err("No group's name begins with dm:. :in dm goes back to your direct chat.".to_owned())
        }
        "in" => name("a group, or dm").map(Directive::In),
        "channel" => match argument {
            "console" | "telegram" | "discord" => Ok(Directive::Channel(argument.to_owned())),
            _ => Err("The channels are console, telegram, discord.".to_owned()),
        },
        "press" => match (argument.strip_prefix('='), argument.parse()) {
            (Some(data), _) => Ok(Directive::PressData(data.to_owned())),
            (None, Ok(number)) => Ok(Directive::Press(number)),
            (None, Err(_)) => Err(format!("“{argument}” is no button's number. Usage: :press N")),
        },
        "clock" => clock(argument),
        "help" => Ok(Directive::Help),
        "quit" => Ok(Directive::Quit),
        _ => Err(format!("The console does not know :{word}. :help lists what it knows.")),
    }
}

fn clock(argument: &str) -> Result<Directive, String> {
    let unreadable = || {
        format!("“{argument}” is no time. Usage: :clock +31m | -2h | 2026-03-29T00:59:00Z | real")
    };
    match argument {
        "" => return Ok(Directive::ShowClock),
        "real" => return Ok(Directive::RealClock),
        _ => {}
    }
    let (sign, amount) = match (argument.strip_prefix('+'), argument.strip_prefix('-')) {
        (Some(amount), _) => (1, amount),
        (_, Some(amount)) => (-1, amount),
        (None, None) => {
            return Timestamp::parse_rfc3339(argument)
                .map(Directive::SetClock)
                .ok_or_else(unreadable);
        }
    };
    let units = [('s', 1_000), ('m', 60_000), ('h', 3_600_000), ('d', 86_400_000)];
    let found = units.iter().find_map(|(unit, millis)| {
        let count: i64 = amount.strip_suffix(*unit)?.parse().ok().filter(|count| *count >= 0)?;
        count.checked_mul(*millis)
    });
    found.map(|millis| Directive::ShiftClock(sign * millis)).ok_or_else(unreadable)
}

/// Does a directive; answers what is so now.
pub(crate) fn apply(directive: Directive, stance: &mut Stance, clock: &ConsoleClock) -> String {
    match directive {
        Directive::As(name) => stance.peer = name,
        Directive::In(chat) => stance.chat = (chat != "dm").then_some(chat),
        Directive::Channel(channel) => stance.channel = channel,
        Directive::ShiftClock(millis) => clock.shift(millis),
        Directive::SetClock(now) => clock.set(now),
        Directive::RealClock => clock.set(sqlite::SystemEnvironment.now()),
        Directive::Help => return HELP.to_owned(),
        Directive::ShowClock | Directive::Press(_) | Directive::PressData(_) | Directive::Quit => {
            return format!("The console's clock says {}.", clock.now().to_rfc3339());
        }
    }
    let chat = match &stance.chat {
        None => "a direct chat".to_owned(),
        Some(chat) => format!("the group {chat}"),
    };
    let now = clock.now().to_utc().format("%Y-%m-%d %H:%M UTC");
    format!("You are {} in {chat} on {}; it is {now}.", stance.peer, stance.channel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_read() {
        let instant = Timestamp::parse_rfc3339("2026-03-29T00:59:00Z").unwrap();
        for (line, directive) in [
            (":as bob", Directive::As("bob".to_owned())),
            ("  :in  team ", Directive::In("team".to_owned())),
            (":channel discord", Directive::Channel("discord".to_owned())),
            (":press 2", Directive::Press(2)),
            (":press =AQID", Directive::PressData("AQID".to_owned())),
            (":clock", Directive::ShowClock),
            (":clock +31m", Directive::ShiftClock(31 * 60_000)),
            (":clock -2d", Directive::ShiftClock(-2 * 86_400_000)),
            (":clock 2026-03-29T00:59:00Z", Directive::SetClock(instant)),
            (":clock real", Directive::RealClock),
            (":quit", Directive::Quit),
        ] {
            assert_eq!(parse(line), Some(Ok(directive)), "{line}");
        }
        assert_eq!(parse("/new :as bob"), None);
    }

    #[test]
    fn what_cannot_be_read_says_how_it_is_written() {
        for line in [
            ":",
            ":as",
            ":in",
            ":in dm:ann",
            ":channel icq",
            ":press x",
            ":press -1",
            ":clock +",
            ":clock +5w",
            ":clock +99999999999999999d",
            ":clock tomorrow",
            ":nonsense",
        ] {
            assert!(matches!(parse(line), Some(Err(_))), "{line}");
        }
    }
}
