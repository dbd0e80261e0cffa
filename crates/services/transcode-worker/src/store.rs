//! Storing what an encode made.

use bytes::Bytes;
use domain::{
    job::{Job, Outputs, SegmentOutput, SourceOutput, TrackOutput},
    object::ObjectKey,
};
use futures::{StreamExt, TryStreamExt, stream};
use ports::{
    Body, Clock, Condition, Encoded, EncodedSegment, EncodedTrack, ObjectError, ObjectStore, StoredObject,
};
use service_kit::until_available;
use sha2::{Digest, Sha256};
use std::path::Path;

/// Uploads side by side.
const PARALLEL: usize = 4;

/// Writes an attempt's output under its epoch and says what was written.
pub(crate) struct Store<'a> {
    pub(crate) objects: &'a dyn ObjectStore,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) job: &'a Job,
}

impl Store<'_> {
    /// Stores everything. A store that is away is waited for.
    pub(crate) async fn all(&self, encoded: Encoded, encode_ms: u64) -> Result<Outputs, ObjectError> {
        let epoch = self.job.epoch;
        match encoded {
            Encoded::Tracks(tracks) => {
                let tracks = stream::iter(tracks)
                    .map(|track| self.track(track))
                    .buffered(PARALLEL)
                    .try_collect()
                    .await?;
                Ok(Outputs { epoch, encode_ms, tracks, source: None })
            }
            Encoded::File(path) => {
                let source = self.source(&path).await?;
                Ok(Outputs { epoch, encode_ms, tracks: Vec::new(), source: Some(source) })
            }
        }
    }

    /// Writes down, after all of it, what was made: a later attempt that finds this need not encode again.
    pub(crate) async fn record(&self, outputs: &Outputs) -> Result<(), ObjectError> {
        let json = serde_json::to_vec(outputs).map_err(|error| ObjectError::Body(error.into()))?;
        let key = outputs_key(self.job, outputs.epoch);
        self.put(&key, Bytes::from(json), Condition::Always).await
    }

    async fn track(&self, track: EncodedTrack) -> Result<TrackOutput, ObjectError> {
        let init_sha256 = match track.init {
            Some(init) => Some(self.init(&track.rendition, init).await?),
            None => None,
        };
        let segments = Vec::with_capacity(track.segments.len());
        let mut stored = TrackOutput { rendition: track.rendition, kind: track.kind, init_sha256, segments };
        for segment in track.segments {
            let segment = self.segment(&stored, segment).await?;
            stored.segments.push(segment);
        }
        Ok(stored)
    }

    /// Stores an initialization segment under the hash of its bytes, which it returns.
    async fn init(&self, rendition: &str, bytes: Bytes) -> Result<String, ObjectError> {
        let sha256 = sha256(&bytes);
        let (stream, rendition) = (self.job.stream_id.clone(), rendition.to_owned());
        let key = ObjectKey::Init { stream, rendition, sha256: sha256.clone() };
        self.put(&key, bytes, Condition::Absent).await?;
        Ok(sha256)
    }

    async fn segment(
        &self,
        track: &TrackOutput,
        segment: EncodedSegment,
    ) -> Result<SegmentOutput, ObjectError> {
        let key = track.segment_key(&self.job.stream_id, self.job.epoch, segment.index);
        let output = SegmentOutput {
            index: segment.index,
            size_bytes: segment.bytes.len() as u64,
            sha256: sha256(&segment.bytes),
            duration_us: segment.duration_us,
            keyframes: segment.keyframes.clone(),
        };
        self.put(&key, segment.bytes, Condition::Always).await?;
        Ok(output)
    }

    async fn source(&self, path: &Path) -> Result<SourceOutput, ObjectError> {
        let key = ObjectKey::Source { stream: self.job.stream_id.clone() };
        let read = async || tokio::fs::read(path).await.map_err(|error| ObjectError::Body(error.into()));
        let bytes = Bytes::from(read().await?);
        let output = SourceOutput { size_bytes: bytes.len() as u64, sha256: sha256(&bytes) };
        self.put(&key, bytes, Condition::Always).await?;
        Ok(output)
    }

    async fn put(&self, key: &ObjectKey, bytes: Bytes, when: Condition) -> Result<(), ObjectError> {
        let put = || async { self.objects.put(key, Body::from_bytes(bytes.clone()), when).await };
        let stored: StoredObject = until_available(self.clock, "storing what was encoded", put).await?;
        let _ = stored;
        Ok(())
    }
}

/// The key of what one attempt at a job made.
pub(crate) fn outputs_key(job: &Job, epoch: u32) -> ObjectKey {
    ObjectKey::Outputs { stream: job.stream_id.clone(), job: job.job_id.clone(), epoch }
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
