//! The secret that playback addresses are signed with, when none is given: made once, and shared by the whole fleet
//! through the catalog.

use domain::collection::Kind;
use ports::{Clock, DocumentError, Documents, Inserted};
use serde_json::json;

const NAME: &str = "signing-key";

/// The fleet's secret; of many that ask at once for the first time, one makes it.
///
/// # Errors
/// When the catalog fails, or holds something else under its name.
pub(crate) async fn signing_key(
    documents: &dyn Documents,
    clock: &dyn Clock,
) -> Result<Vec<u8>, DocumentError> {
    let mut random = [0; 32];
    clock.random(&mut random);
    let made = json!({ "name": NAME, "secret": hex::encode(random), "made_at": clock.now() });
    let body = match documents.insert(Kind::Shared, NAME, made.clone()).await? {
        Inserted::New(_) => made,
        Inserted::AlreadyThere(stored) => stored.body,
    };
    let secret = body["secret"].as_str().filter(|secret| secret.len() >= 64);
    let lacking = || DocumentError::Invalid(format!("the shared document {NAME} holds no secret"));
    Ok(secret.ok_or_else(lacking)?.as_bytes().to_vec())
}
