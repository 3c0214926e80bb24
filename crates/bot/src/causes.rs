//! An error with all that it came from, in one line for the log.
//!
//! tracing hands errors on whole, but only its lines show what they came from: JSON and the journal leave that out
//! (2026-11, tracing-subscriber 0.3.23, tracing-journald 0.3.2).

use std::error::Error;
use std::fmt::{self, Display};

/// Shown as `what happened: why: why that`.
#[derive(Debug, Clone, Copy)]
pub struct Causes<'a>(pub &'a dyn Error);

impl Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut error = self.0;
        while let Some(source) = error.source() {
            write!(f, ": {source}")?;
            error = source;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use sessions::Fault;
    use sessions::store::StoreError;

    use super::*;

    #[test]
    fn a_cause_stands_behind_what_it_caused() {
        let fault = Fault::from(StoreError::Io("the cable is out".into()));
        let told = Causes(&fault).to_string();
        assert_eq!(told, "the database could not be read or written: the cable is out");
    }
}
