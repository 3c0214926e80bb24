//! How a refusal travels through nom's parsers until it becomes a `ParseError`.
//!
//! Invariant: nom's own dead ends are `Err::Error` and are turned into something with words before they leave the parser that
//! met them; what is worded is `Err::Failure`, and nothing else is tried after it.

use crate::error::ErrorKind;
use crate::table::Spec;

/// What was wrong, and with which command, once that is known. For nom's own dead ends the kind is a placeholder.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) kind: ErrorKind,
    pub(crate) spec: Option<&'static Spec>,
}

/// What a parser of this crate gives: what is left of the line, and the value.
pub(crate) type Parsed<'a, T> = nom::IResult<&'a str, T, Problem>;

impl<'a> nom::error::ParseError<&'a str> for Problem {
    fn from_error_kind(_: &'a str, _: nom::error::ErrorKind) -> Self {
        Self { kind: ErrorKind::Extra { word: String::new() }, spec: None }
    }

    fn append(_: &'a str, _: nom::error::ErrorKind, other: Self) -> Self {
        other
    }
}

impl Problem {
    pub(crate) fn about(spec: &'static Spec, kind: ErrorKind) -> Self {
        Self { kind, spec: Some(spec) }
    }

    /// Takes a problem out of nom's hands and says which command it is about.
    pub(crate) fn within(spec: &'static Spec) -> impl FnOnce(nom::Err<Self>) -> Self {
        move |error| match error {
            nom::Err::Error(problem) | nom::Err::Failure(problem) => {
                Self { spec: Some(spec), ..problem }
            }
            nom::Err::Incomplete(_) => Self::about(spec, ErrorKind::Missing { what: "more" }),
        }
    }
}

/// Ends parsing with a worded problem; nothing else is tried.
pub(crate) fn refuse(kind: ErrorKind) -> nom::Err<Problem> {
    nom::Err::Failure(Problem { kind, spec: None })
}
