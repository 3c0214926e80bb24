//! Random conversations on a store in memory, held against a model that copies everything.

use sessions::store::conformance_model;
use sessions::store::memory::MemoryStore;

#[test]
fn a_lane_does_what_a_model_that_copies_everything_does() {
    let place = || {
        let store = MemoryStore::new();
        move || store.clone()
    };
    let cases = std::env::var("CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(64);
    conformance_model::run(place, cases);
}
