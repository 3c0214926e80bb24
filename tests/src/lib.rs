//! The harness for stories told to the real program.
