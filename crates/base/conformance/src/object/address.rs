//! Cases: presigned addresses. That they can be fetched is for each adapter to test, where it is served.

use super::fixture::{every_kind, stream};
use domain::Timestamp;
use ports::{ObjectStore, Period};
use std::time::Duration;

/// The same key and period give the same text, so that caches serve all viewers; another key or end gives
/// another, and so does storing.
pub async fn an_address_depends_on_key_and_period_only(store: &dyn ObjectStore) {
    let keys: Vec<_> = every_kind(&stream()).into_iter().chain(every_kind(&stream())).collect();
    let from = Timestamp::from_millis(1_800_000_000_000);
    let mut seen = Vec::new();
    for (start, minutes) in [(from, 30), (from, 45), (from + Duration::from_secs(900), 30)] {
        let valid = Period { from: start, until: start + Duration::from_secs(minutes * 60) };
        for key in &keys {
            let address = store.presign(key, valid);
            assert_eq!(address, store.presign(key, valid));
            for address in [address, store.presign_put(key, valid)] {
                assert!(!seen.contains(&address), "{address:?} is of two keys, periods or purposes");
                seen.push(address);
            }
        }
    }
}
