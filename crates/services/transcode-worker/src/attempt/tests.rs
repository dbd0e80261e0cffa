//! Attempts whose source has been removed.

use super::*;
use crate::{
    claim::Queue,
    doubles::{Memory, Silence},
};
use async_trait::async_trait;
use domain::{
    JobId, StreamId,
    collection::Kind,
    job::{JobState, SourceOutput},
    media::MediaInfo,
    task::{SpanTask, TestSourceTask},
    video::{NewSource, NewVideo},
};
use futures::FutureExt;
use ports::{
    Body, ByteRange, Condition, Documents, Encoded, EncodedFrames, ObjectMeta, ObjectStream, Period,
    ProgressSink, SignedAddress, Source, StoredObject,
};
use prometheus::Registry;
use service_kit::{ByRange, Relay, SystemClock};
use std::{path::Path, sync::Mutex};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A store from which everything was removed.
struct Emptied {
    /// It did not know of that yet when it was asked how large the source is.
    late: bool,
    /// What was removed since.
    cleared: Mutex<Vec<Prefix>>,
}

impl Emptied {
    fn new(late: bool) -> Self {
        Self { late, cleared: Mutex::default() }
    }
}

#[async_trait]
impl ObjectStore for Emptied {
    async fn put(&self, _: &ObjectKey, _: Body, _: Condition) -> Result<StoredObject, ObjectError> {
        unreachable!("nothing is stored")
    }

    async fn get(&self, key: &ObjectKey, _: Option<ByteRange>) -> Result<Body, ObjectError> {
        Err(ObjectError::Missing(key.to_string()))
    }

    async fn head(&self, _: &ObjectKey) -> Result<Option<ObjectMeta>, ObjectError> {
        let modified = domain::Timestamp::from_millis(0);
        Ok(self.late.then(|| ObjectMeta { size: 1 << 30, etag: String::new(), sha256: None, modified }))
    }

    async fn remove(&self, _: &ObjectKey) -> Result<(), ObjectError> {
        unreachable!("nothing is removed")
    }

    async fn list(&self, _: &Prefix) -> Result<ObjectStream, ObjectError> {
        unreachable!("nothing is listed")
    }

    async fn remove_all(&self, prefix: &Prefix) -> Result<(), ObjectError> {
        self.cleared.lock().unwrap().push(prefix.clone());
        Ok(())
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

/// An encoder that reads its source by address, and takes whatever breaks for its end.
struct Careless;

#[async_trait]
impl Encoder for Careless {
    async fn probe(&self, _: &Source) -> Result<MediaInfo, MediaError> {
        unreachable!("nothing is looked into")
    }

    async fn encode(
        &self,
        source: Option<&Source>,
        _: &EncodeTask,
        _: Urgency,
        _: &Path,
        _: &ProgressSink,
    ) -> Result<Encoded, MediaError> {
        let Some(Source::Address(address)) = source else { unreachable!("it is read by range: {source:?}") };
        let (host, port) = (address.host_str().unwrap(), address.port().unwrap());
        let mut connection = TcpStream::connect((host, port)).await.unwrap();
        let request = format!("GET {} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n", address.path());
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut read = Vec::new();
        // Whether this is an error is just what it does not look at.
        let _ = connection.read_to_end(&mut read).await;
        assert!(read.len() < 1 << 20);
        Ok(Encoded::Tracks(Vec::new()))
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
        mended: Vec::new(),
        kbps: 128,
    })
}

/// A video, whose job is attempted.
fn video(deleted: bool) -> Video {
    let (text, now) = (String::new, domain::Timestamp::from_millis(0));
    let new = NewVideo {
        stream_id: StreamId::vod([0; 6]),
        title: text(),
        uploader: text(),
        resolution: text(),
        duration_seconds: 0.0,
        audio_track_id: None,
        source: NewSource::Stored(SourceOutput { size_bytes: 1, sha256: text() }),
    };
    let video = Video::uploaded(new, now);
    if deleted { video.delete(now).unwrap() } else { video }
}

/// Attempts a job once; gives the job as it is then, and the queue that it came from.
async fn attempted(objects: Arc<Emptied>, video: &Video) -> (Job, Queue) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let relay = Relay::new(Arc::new(Silence));
    let jobs: Collection<Job> = Collection::new(Arc::new(Memory::default()), relay.clone(), clock.clone());
    let (stream, card) = (StreamId::vod([0; 6]), TestSourceTask { width: 16, height: 16, duration_ms: 1 });
    let id = JobId::derive(&stream, "", 1, "span-0");
    let card = EncodeTask::TestSource(card);
    let mut job = Job::test_source(id, stream, card, 0, "somebody", clock.now());
    job.task = span();
    assert!(jobs.insert(&job).await.unwrap());

    let scratch = tempfile::tempdir().unwrap();
    let videos = Memory::default();
    videos.insert(Kind::Video, video.stream_id.as_str(), serde_json::to_value(video).unwrap()).await.unwrap();
    let metrics = Metrics::new(&Registry::new()).unwrap();
    let bytes = metrics.source_range_bytes.with_label_values(&[] as &[&str]);
    let sources = Sources::new(objects.clone(), scratch.path().to_owned(), 1);
    let attempts = Attempts {
        jobs: jobs.clone(),
        videos: Collection::new(Arc::new(videos), relay, clock.clone()),
        objects,
        sources: sources.with_ranges(ByRange { above: 0, clock: clock.clone(), bytes }),
        encoder: Arc::new(Careless),
        clock: clock.clone(),
        scratch: scratch.path().to_owned(),
        metrics,
    };
    let queue = Queue { jobs: jobs.clone(), holder: "worker".to_owned(), clock };
    let claimed = queue.claim(false).await.unwrap().expect("the job");
    // A worker that stops does not pause after the attempt.
    let stop = CancellationToken::new();
    stop.cancel();
    attempts.run(claimed, None, &stop, Duration::from_secs(60)).await;
    (jobs.get(job.job_id.as_str()).await.unwrap().expect("the job"), queue)
}

#[tokio::test]
async fn a_job_that_nobody_needs_is_not_claimed_again_at_once() {
    let objects = Arc::new(Emptied::new(false));
    let (left, queue) = attempted(objects.clone(), &video(false)).await;
    assert_eq!(left.state, JobState::Leased, "its lease runs out");
    assert!(queue.claim(false).await.unwrap().is_none(), "it was claimed again");
    assert!(objects.cleared.lock().unwrap().is_empty(), "objects of a video that is there were removed");
}

#[tokio::test]
async fn what_is_left_of_a_deleted_video_is_cleared() {
    let objects = Arc::new(Emptied::new(false));
    attempted(objects.clone(), &video(true)).await;
    let buckets = [Bucket::VodRaw, Bucket::VodVariants, Bucket::Manifests];
    let expected = buckets.map(|bucket| Prefix::stream(bucket, &StreamId::vod([0; 6])));
    assert_eq!(*objects.cleared.lock().unwrap(), expected);
}

#[tokio::test]
async fn what_was_made_of_half_a_source_does_not_count() {
    let (left, queue) = attempted(Arc::new(Emptied::new(true)), &video(false)).await;
    assert_eq!(left.state, JobState::Queued, "it was given back");
    assert_eq!(left.attempts, 0, "and that was no attempt");
    assert!(queue.claim(false).await.unwrap().is_some(), "it may be claimed again");
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
