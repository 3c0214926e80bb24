//! What the program ends with.
//!
//! Invariant: these numbers never change meaning; units and scripts rely on them.

use std::process::ExitCode;

use crate::configuration::Unusable;

/// It could not be done.
pub(crate) const FAILED: u8 = 1;
/// It was done, and something was found that needs attention.
pub(crate) const ATTENTION: u8 = 3;
/// What is configured cannot be used: another start is of no use before that is changed. `EX_CONFIG` of `sysexits.h`.
pub(crate) const UNUSABLE: u8 = 78;

/// The exit codes, for the manual. Called wrongly is clap's.
pub(crate) const TABLE: &str = "Exit codes:
  0   done
  1   could not be done; what went wrong is on standard error
  2   called wrongly
  3   done, and something was found that needs attention (cleanup, doctor, status, verify)
  78  what is configured cannot be used; starting again does not help";

/// The code for an error: whether trying again may help.
pub(crate) fn code(error: &anyhow::Error) -> ExitCode {
    let is_unusable = error.chain().any(|cause| cause.is::<Unusable>());
    ExitCode::from(if is_unusable { UNUSABLE } else { FAILED })
}
