//! The parts of an address: one that cannot be read names nothing, and is refused like any other unknown one.

use crate::problem::{Code, Problem};
use axum::extract::{FromRequestParts, rejection::PathRejection};

/// The parts of an address, such as an id.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub(crate) struct Path<T>(pub(crate) T);

impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Self {
        Self::new(Code::NotFound, "The address holds text that is not UTF-8. GET /docs lists what there is.")
    }
}
