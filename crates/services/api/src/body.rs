//! JSON bodies: small ones, all of which is read before anything is believed.

use crate::problem::{Code, Problem};
use axum::{body, extract::Request};
use serde::de::DeserializeOwned;

const LARGEST_BODY: usize = 64 * 1024;

/// Reads a body of JSON; `what` it describes, for the refusal.
pub(crate) async fn json<T: DeserializeOwned>(request: Request, what: &str) -> Result<T, Problem> {
    let bytes = body::to_bytes(request.into_body(), LARGEST_BODY).await;
    let bytes = bytes.map_err(|_| {
        Problem::new(Code::BodyTooLarge, format!("The JSON takes at most {LARGEST_BODY} bytes, all of them."))
    })?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let code = if error.is_data() { Code::InvalidField } else { Code::BadRequest };
        Problem::new(code, format!("The JSON is not {what}: {error}."))
    })
}
