//! Sessions over a store in memory: against a model that copies everything, and what a clean-up and a look-up do.

#![allow(clippy::unwrap_used, reason = "a panic is a failing test")]

mod model {
    mod cleanup;
    mod lane;
    mod lookup;
}

use sessions::store::conformance_model;
use sessions::store::memory::MemoryStore;

#[test]
fn a_lane_does_what_a_model_that_copies_everything_does() {
    let place = || {
        let store = MemoryStore::new();
        move || store.clone()
    };
    conformance_model::run(place, 64);
}
