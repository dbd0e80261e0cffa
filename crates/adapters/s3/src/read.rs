//! Reading: what is known of an object, and its bytes or a range of them.

use crate::{
    S3,
    failure::{Failure, is_missing, status, unavailable},
};
use aws_sdk_s3::{
    error::ProvideErrorMetadata,
    operation::get_object::{GetObjectError, GetObjectOutput},
    primitives::{ByteStream, ByteStreamError, DateTime},
    types::ChecksumMode,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{Timestamp, object::ObjectKey};
use ports::{Body, ByteRange, ObjectError, ObjectMeta};
use std::error::Error;

/// What is known of an object.
pub(crate) async fn head(store: &S3, key: &ObjectKey) -> Result<Option<ObjectMeta>, ObjectError> {
    let (bucket, path) = (store.bucket(key.bucket()), key.path());
    if let Some(told) = store.look.at(bucket, &path, store.clock.now()).await {
        return Ok(told);
    }
    // The SDK knows what to try again, and what to say of the rest.
    let request = store.client.head_object().bucket(bucket).key(path);
    let found = match request.checksum_mode(ChecksumMode::Enabled).send().await {
        Err(failure) if is_missing(&failure) => return Ok(None),
        answer => answer.map_err(|failure| reading(key, &failure))?,
    };
    Ok(Some(ObjectMeta {
        size: size(found.content_length),
        etag: bare_etag(found.e_tag()),
        sha256: found.checksum_sha256().and_then(whole_hash),
        modified: timestamp(found.last_modified()),
    }))
}

/// The whole object.
pub(crate) async fn whole(store: &S3, key: &ObjectKey) -> Result<Body, ObjectError> {
    let request = store.client.get_object().bucket(store.bucket(key.bucket())).key(key.path());
    match request.send().await {
        Ok(found) => Ok(body(found.body)),
        Err(failure) if is_missing(&failure) => Err(ObjectError::Missing(key.to_string())),
        Err(failure) => Err(reading(key, &failure)),
    }
}

/// A range of the object, and nothing but the whole range: S3 cuts one that is too long.
pub(crate) async fn range(store: &S3, key: &ObjectKey, range: ByteRange) -> Result<Body, ObjectError> {
    // Larger numbers than an object can be long are not understood as a range by every store.
    if range.is_empty() || i64::try_from(range.end).is_err() {
        return Err(outside(store, key, range).await);
    }
    let request = store.client.get_object().bucket(store.bucket(key.bucket())).key(key.path());
    match request.range(format!("bytes={}-{}", range.start, range.end - 1)).send().await {
        Ok(found) => inside(range, found),
        Err(failure) => Err(not_a_range(store, key, range, &failure).await),
    }
}

/// An entity tag as the port wants it.
pub(crate) fn bare_etag(etag: Option<&str>) -> String {
    etag.unwrap_or_default().trim_matches('"').to_owned()
}

/// A size as the port wants it.
pub(crate) fn size(length: Option<i64>) -> u64 {
    length.and_then(|length| u64::try_from(length).ok()).unwrap_or_default()
}

/// A time as the port wants it.
pub(crate) fn timestamp(time: Option<&DateTime>) -> Timestamp {
    Timestamp::from_millis(time.and_then(|time| time.to_millis().ok()).unwrap_or_default())
}

/// The body, if all of the range has come.
fn inside(range: ByteRange, found: GetObjectOutput) -> Result<Body, ObjectError> {
    let told = found.content_range().and_then(|told| told.rsplit_once('/')?.1.parse().ok());
    let size = told.unwrap_or_else(|| size(found.content_length));
    if range.end > size {
        return Err(ObjectError::Range { range, size });
    }
    let whole = range.start == 0 && range.end == size;
    if told.is_none() && !whole {
        return Err(ObjectError::Unavailable(
            "the store does not answer with ranges: use another".to_owned(),
        ));
    }
    Ok(body(found.body))
}

async fn not_a_range(
    store: &S3,
    key: &ObjectKey,
    range: ByteRange,
    failure: &Failure<GetObjectError>,
) -> ObjectError {
    match status(failure) {
        Some(416) => outside(store, key, range).await,
        _ if is_missing(failure) => ObjectError::Missing(key.to_string()),
        _ => reading(key, failure),
    }
}

/// What is wrong with a range that cannot be read, which the object's size tells.
async fn outside(store: &S3, key: &ObjectKey, range: ByteRange) -> ObjectError {
    match head(store, key).await {
        Ok(Some(meta)) => ObjectError::Range { range, size: meta.size },
        Ok(None) => ObjectError::Missing(key.to_string()),
        Err(error) => error,
    }
}

fn body(stream: ByteStream) -> Body {
    Body::from_stream(futures::stream::try_unfold(stream, |mut stream| async move {
        let piece = stream.try_next().await?;
        Ok::<_, ByteStreamError>(piece.map(|piece| (piece, stream)))
    }))
}

fn reading<E>(key: &ObjectKey, failure: &Failure<E>) -> ObjectError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    unavailable(&format!("reading {key}"), failure)
}

/// The SHA-256 of the whole object in hex; none of the hash of hashes that a multipart upload may have.
pub(crate) fn whole_hash(checksum: &str) -> Option<String> {
    let bytes = STANDARD.decode(checksum).ok()?;
    (bytes.len() == 32).then(|| hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_of_hashes_is_not_told() {
        let hash = STANDARD.encode([7; 32]);
        assert_eq!(whole_hash(&hash), Some("07".repeat(32)));
        assert_eq!(whole_hash(&format!("{hash}-3")), None);
        assert_eq!(whole_hash("AAAA"), None);
    }

    fn answered(content_range: Option<&str>, length: i64) -> GetObjectOutput {
        let found = GetObjectOutput::builder().content_length(length);
        found.set_content_range(content_range.map(str::to_owned)).build()
    }

    #[test]
    fn only_the_whole_range_is_inside() {
        assert!(inside(2..4, answered(Some("bytes 2-3/10"), 2)).is_ok());
        assert!(matches!(
            inside(9..12, answered(Some("bytes 9-9/10"), 1)),
            Err(ObjectError::Range { size: 10, .. })
        ));
    }

    #[test]
    fn a_store_that_ignores_ranges_is_found_out() {
        assert!(inside(0..10, answered(None, 10)).is_ok());
        assert!(matches!(inside(2..4, answered(None, 10)), Err(ObjectError::Unavailable(_))));
        assert!(matches!(inside(2..11, answered(None, 10)), Err(ObjectError::Range { size: 10, .. })));
    }
}
