//! `/session timezone`: the zone that times of day are meant in. Whether a zone exists is not known here.

use nom::Parser;

use crate::command::Command;
use crate::command::session::SessionCommand;
use crate::problem::Parsed;
use crate::table::{Group, OptionKind, OptionSpec, Spec};
use crate::text::{Bounds, MAX_NAME_CHARACTERS, optional_word};

pub(super) const TIMEZONE: Spec = Spec {
    name: "session timezone",
    usage: "/session timezone Area/City",
    summary: "Show or set your time zone.",
    examples: &["/session timezone", "/session timezone Europe/Paris"],
    options: &[OptionSpec {
        name: "zone",
        summary: "Such as Europe/Paris or America/New_York",
        kind: OptionKind::Text { max: MAX_NAME_CHARACTERS },
        required: false,
    }],
    parse,
    ..Spec::of(Group::Session)
};

/// ```text
/// timezone = "timezone" [ word ]
/// ```
fn parse(input: &str) -> Parsed<'_, Command> {
    let zone = optional_word(Bounds::short("zone"));
    zone.map(|zone| Command::Session(SessionCommand::Timezone(zone))).parse(input)
}
