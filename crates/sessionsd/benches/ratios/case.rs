//! The cases, in groups. A group builds what it needs and adds its lines to the table.

mod append;
mod console;
mod length;
mod parse;
mod path;
mod read;
mod verify;

use crate::Bench;
use crate::table::Table;

type Group = fn(&Bench, &mut Table) -> anyhow::Result<()>;

/// Each group with the name that it is asked for by.
pub(crate) const ALL: [(&str, Group); 7] = [
    ("parse", parse::run),
    ("append", append::run),
    ("path", path::run),
    ("read", read::run),
    ("length", length::run),
    ("verify", verify::run),
    ("console", console::run),
];
