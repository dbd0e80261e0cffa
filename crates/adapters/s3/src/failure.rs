//! What the SDK's errors mean to the port, in words that name the cause.

use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use ports::ObjectError;
use std::error::Error;

/// An error of the SDK.
pub(crate) type Failure<E> = SdkError<E, HttpResponse>;

/// Whether the store answered that there is no such object. A bucket that is missing is not meant: it should
/// be there.
pub(crate) fn is_missing<E: ProvideErrorMetadata>(failure: &Failure<E>) -> bool {
    match code(failure) {
        Some(code) => matches!(code, "NoSuchKey" | "NotFound"),
        None => status(failure) == Some(404),
    }
}

/// Whether the store answered with this code.
pub(crate) fn has_code<E: ProvideErrorMetadata>(failure: &Failure<E>, expected: &str) -> bool {
    code(failure) == Some(expected)
}

/// The status of the store's answer, if there was one.
pub(crate) fn status<E>(failure: &Failure<E>) -> Option<u16> {
    failure.raw_response().map(|response| response.status().as_u16())
}

/// An error as the port tells it when the same call may succeed later.
pub(crate) fn unavailable<E>(what: &str, failure: &Failure<E>) -> ObjectError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    ObjectError::Unavailable(format!("{what}: {}", describe(failure)))
}

/// What the store said, or why it said nothing.
pub(crate) fn describe<E>(failure: &Failure<E>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
{
    if let (Some(status), Some(error)) = (status(failure), failure.as_service_error()) {
        let parts = [error.code(), error.message()].into_iter().flatten();
        let said: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        return format!("it answered {status} {}", said.join(": ")).trim_end().to_owned();
    }
    let mut said = failure.to_string();
    let mut cause = failure.source();
    while let Some(error) = cause {
        said.push_str(&format!(": {error}"));
        cause = error.source();
    }
    said
}

fn code<E: ProvideErrorMetadata>(failure: &Failure<E>) -> Option<&str> {
    failure.as_service_error().and_then(ProvideErrorMetadata::code)
}
