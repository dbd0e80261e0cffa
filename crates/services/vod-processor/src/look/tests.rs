//! Looks into a source whose store fails, and into one that takes a file.

use super::*;
use async_trait::async_trait;
use domain::{Timestamp, object::Prefix, programme::Programme, task::EncodeTask};
use ports::{
    Body, ByteRange, Clock, Condition, Encoded, EncodedFrames, Monotonic, ObjectMeta, ObjectStore,
    ObjectStream, Period, ProgressSink, SignedAddress, Source, StoredObject, Urgency,
};
use service_kit::{ByRange, Unavailable};
use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const SIZE: usize = 100_000;

#[tokio::test]
async fn a_store_that_fails_meanwhile_is_no_fault_of_the_source() {
    let world = World::new(Kind::InOrder);
    world.store.away.store(true, Relaxed);
    world.is_not_judged().await;
    world.store.away.store(false, Relaxed);
    assert_eq!(world.look().await.unwrap().unwrap(), media());
    assert_eq!(world.files(), 0, "no copy was made");
}

#[tokio::test]
async fn a_source_that_takes_a_file_is_copied() {
    let world = World::new(Kind::Scattered);
    assert_eq!(world.look().await.unwrap().unwrap(), media());
    assert_eq!(world.files(), 0, "the copy is gone");
    world.store.away.store(true, Relaxed);
    world.is_not_judged().await;
}

#[tokio::test]
async fn what_is_too_costly_as_a_file_is_refused() {
    let world = World::new(Kind::Costly);
    assert_eq!(world.look().await.unwrap().unwrap_err().code, RejectionCode::TooCostly);
    world.store.removed.store(true, Relaxed);
    assert_eq!(world.look().await.unwrap().unwrap_err().code, RejectionCode::NotMedia);
}

struct World {
    store: Arc<OneSource>,
    looks: Looks,
    folder: TempDir,
}

impl World {
    fn new(kind: Kind) -> Self {
        let (store, folder) = (Arc::new(OneSource::default()), tempfile::tempdir().unwrap());
        let bytes = prometheus::IntCounter::new("bytes", "Bytes that were read.").unwrap();
        let by_range = ByRange { above: 0, clock: Arc::new(Hasty::default()), bytes };
        let sources = Sources::new(store.clone(), folder.path().to_owned(), 0).with_ranges(by_range);
        Self { store, looks: Looks { sources, encoder: Arc::new(Careless(kind)) }, folder }
    }

    async fn look(&self) -> Result<Result<MediaInfo, Rejection>, ProcessError> {
        self.looks.look_into(&StreamId::vod([0; 6])).await
    }

    /// A look that comes again later.
    async fn is_not_judged(&self) {
        let error = self.look().await.expect_err("the store fails");
        assert!(error.is_unavailable(), "{error}");
    }

    fn files(&self) -> usize {
        self.folder.path().read_dir().unwrap().count()
    }
}

/// What comes of a source by address.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    InOrder,
    Scattered,
    Costly,
}

fn media() -> MediaInfo {
    let container = "matroska".to_owned();
    let (audio, subtitles, mended, notes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    MediaInfo { container, indexed: true, video: None, audio, subtitles, declared_us: None, mended, notes }
}

/// An encoder that takes whatever breaks for the end of its source, and an end that comes early for damage.
struct Careless(Kind);

#[async_trait]
impl Encoder for Careless {
    async fn probe(&self, source: &Source) -> Result<MediaInfo, MediaError> {
        let read = match source {
            Source::Address(_) if self.0 != Kind::InOrder => return Err(MediaError::NeedsFile),
            Source::Address(address) => {
                body_of(address.host_str().unwrap(), address.port().unwrap(), address.path()).await
            }
            Source::File(path) => std::fs::read(path).unwrap().len(),
        };
        if self.0 == Kind::Costly {
            return Err(Rejection::new(RejectionCode::TooCostly, "It takes long.").into());
        }
        if read == SIZE {
            Ok(media())
        } else {
            Err(Rejection::new(RejectionCode::NothingDecodes, "It is damaged.").into())
        }
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

    async fn make(&self, _: &Programme, _: &Source, _: &Path) -> Result<EncodedFrames, MediaError> {
        unreachable!("nothing is made")
    }
}

/// How much of an answer comes after its head.
async fn body_of(host: &str, port: u16, path: &str) -> usize {
    let mut connection = TcpStream::connect((host, port)).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // Whether this is an error is just what it does not look at.
    let _ = connection.read_to_end(&mut answer).await;
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n");
    head.map_or(0, |head| answer.len() - head - 4)
}

/// A store of one source, which still knows how large it is when nothing else can be had of it.
#[derive(Default)]
struct OneSource {
    away: AtomicBool,
    removed: AtomicBool,
}

#[async_trait]
impl ObjectStore for OneSource {
    async fn put(&self, _: &ObjectKey, _: Body, _: Condition) -> Result<StoredObject, ObjectError> {
        unreachable!("nothing is stored")
    }

    async fn get(&self, key: &ObjectKey, range: Option<ByteRange>) -> Result<Body, ObjectError> {
        if self.removed.load(Relaxed) {
            return Err(ObjectError::Missing(key.to_string()));
        }
        if self.away.load(Relaxed) {
            return Err(ObjectError::Unavailable("nobody answers".to_owned()));
        }
        let range = range.unwrap_or(0..SIZE as u64);
        Ok(Body::from_bytes(vec![7; usize::try_from(range.end - range.start).unwrap()]))
    }

    async fn head(&self, _: &ObjectKey) -> Result<Option<ObjectMeta>, ObjectError> {
        let (size, modified) = (SIZE as u64, Timestamp::from_millis(0));
        Ok(Some(ObjectMeta { size, etag: String::new(), sha256: None, modified }))
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

/// A clock on which no pause takes time.
#[derive(Default)]
struct Hasty(AtomicU64);

#[async_trait]
impl Clock for Hasty {
    fn now(&self) -> Timestamp {
        unreachable!("nobody asks for the time of day")
    }

    fn monotonic(&self) -> Monotonic {
        Monotonic(Duration::from_millis(self.0.load(Relaxed)))
    }

    async fn sleep(&self, duration: Duration) {
        self.0.fetch_add(u64::try_from(duration.as_millis()).unwrap(), Relaxed);
        tokio::task::yield_now().await;
    }

    fn random(&self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}
