//! Attempts whose source has been removed.

use super::*;
use crate::{
    claim::Queue,
    doubles::{Memory, Silence},
};
use async_trait::async_trait;
use domain::{
    JobId, StreamId,
    job::JobState,
    media::MediaInfo,
    object::Prefix,
    task::{SpanTask, TestSourceTask},
};
use futures::FutureExt;
use ports::{
    Body, ByteRange, Condition, Encoded, EncodedFrames, ObjectMeta, ObjectStream, Period, ProgressSink,
    SignedAddress, Source, StoredObject,
};
use prometheus::Registry;
use service_kit::{Relay, SystemClock};
use std::path::Path;

/// A store from which everything was removed.
struct Emptied;

#[async_trait]
impl ObjectStore for Emptied {
    async fn put(&self, _: &ObjectKey, _: Body, _: Condition) -> Result<StoredObject, ObjectError> {
        unreachable!("nothing is stored")
    }

    async fn get(&self, key: &ObjectKey, _: Option<ByteRange>) -> Result<Body, ObjectError> {
        Err(ObjectError::Missing(key.to_string()))
    }

    async fn head(&self, _: &ObjectKey) -> Result<Option<ObjectMeta>, ObjectError> {
        Ok(None)
    }

    async fn remove(&self, _: &ObjectKey) -> Result<(), ObjectError> {
        unreachable!("nothing is removed")
    }

    async fn list(&self, _: &Prefix) -> Result<ObjectStream, ObjectError> {
        unreachable!("nothing is listed")
    }

    async fn remove_all(&self, _: &Prefix) -> Result<(), ObjectError> {
        unreachable!("nothing is removed")
    }

    fn presign(&self, _: &ObjectKey, _: Period) -> SignedAddress {
        unreachable!("nothing is signed")
    }

    fn presign_put(&self, _: &ObjectKey, _: Period) -> SignedAddress {
        unreachable!("nothing is signed")
    }

    async fn local_file(&self, _: &ObjectKey) -> Result<Option<PathBuf>, ObjectError> {
        Ok(None)
    }
}

/// An encoder that is never asked.
struct Idle;

#[async_trait]
impl Encoder for Idle {
    async fn probe(&self, _: &Source) -> Result<MediaInfo, MediaError> {
        unreachable!("nothing is looked into")
    }

    async fn encode(
        &self,
        _: Option<&Source>,
        _: &EncodeTask,
        _: Urgency,
        _: &Path,
        _: &ProgressSink,
    ) -> Result<Encoded, MediaError> {
        unreachable!("nothing is encoded")
    }

    async fn make(
        &self,
        _: &domain::programme::Programme,
        _: &Source,
        _: &Path,
    ) -> Result<EncodedFrames, MediaError> {
        unreachable!("nothing is made")
    }
}

fn span() -> EncodeTask {
    EncodeTask::Span(SpanTask {
        rendition: "audio-0".to_owned(),
        stream_index: 1,
        origin_us: 0,
        seek_us: None,
        first_frame: 0,
        first_segment: 0,
        segment_frames: vec![188],
        delay_us: 0,
        kbps: 128,
    })
}

#[tokio::test]
async fn a_job_that_nobody_needs_is_not_claimed_again_at_once() {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let relay = Relay::new(Arc::new(Silence));
    let jobs: Collection<Job> = Collection::new(Arc::new(Memory::default()), relay.clone(), clock.clone());
    let (stream, card) = (StreamId::vod([0; 6]), TestSourceTask { width: 16, height: 16, duration_ms: 1 });
    let id = JobId::derive(&stream, "", 1, "span-0");
    let card = EncodeTask::TestSource(card);
    let mut job = Job::test_source(id, stream, card, 0, "somebody", clock.now());
    job.task = span();
    assert!(jobs.insert(&job).await.unwrap());

    let (scratch, objects) = (tempfile::tempdir().unwrap(), Arc::new(Emptied));
    let attempts = Attempts {
        jobs: jobs.clone(),
        videos: Collection::new(Arc::new(Memory::default()), relay, clock.clone()),
        objects: objects.clone(),
        sources: Sources::new(objects, scratch.path().to_owned(), 1),
        encoder: Arc::new(Idle),
        clock: clock.clone(),
        scratch: scratch.path().to_owned(),
        metrics: Metrics::new(&Registry::new()).unwrap(),
    };
    let queue = Queue { jobs: jobs.clone(), holder: "worker".to_owned(), clock };
    let claimed = queue.claim(false).await.unwrap().expect("the job");
    attempts.run(claimed, None, &CancellationToken::new(), Duration::ZERO).await;

    let left = jobs.get(job.job_id.as_str()).await.unwrap().expect("the job");
    assert_eq!(left.state, JobState::Leased, "its lease runs out");
    assert!(queue.claim(false).await.unwrap().is_none(), "it was claimed again");
}

#[tokio::test]
async fn the_next_encode_begins_where_this_one_leaves_cores_idle() {
    let card = EncodeTask::TestSource(TestSourceTask { width: 16, height: 16, duration_ms: 1000 });
    let (progress, seen) = watch::channel(Progress::default());
    let begins = |task: &EncodeTask| leaves_cores_idle(seen.clone(), task).now_or_never().is_some();
    assert!(begins(&span()), "sound takes one core");
    for (done_us, expected) in [(0, false), (840_000, false), (850_000, true)] {
        progress.send_modify(|progress| progress.done_us = done_us);
        assert_eq!(begins(&card), expected, "pictures, {done_us} us of them");
    }
}
