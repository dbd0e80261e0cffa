//! Sources that are read by range: one part of a film takes a part of its bytes, and an end that comes too early is noticed.

use async_trait::async_trait;
use domain::{
    StreamId, Timestamp,
    object::{ObjectKey, Prefix},
    plan::{self, Part},
    task::EncodeTask,
};
use ffmpeg::{Ffmpeg, FfmpegConfig};
use futures::{StreamExt, stream};
use ports::{
    Body, ByteRange, Clock, Condition, Encoded, Encoder, MediaError, Monotonic, ObjectError, ObjectMeta,
    ObjectStore, ObjectStream, Period, Progress, SignedAddress, Source, StoredObject, Urgency,
};
use service_kit::{ByRange, OpenSource, Sources};
use std::{
    fs::File,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

/// How long the film is, in clips of ten seconds.
const CLIPS: u32 = 20;
/// What a chunk and a span from the middle may take of the film's bytes. They are a 25th and a sixth of it; the rest is for tables,
/// and for finding one's way where there are none.
const SHARES: [f64; 2] = [0.12, 0.32];
const PIECE: usize = 64 << 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_takes_a_part_of_the_bytes() {
    let world = World::new();
    for name in ["film.mp4", "film.mkv", "film.ts"] {
        let film = world.film(name);
        let size = film.metadata().unwrap().len();
        for (part, allowed) in world.middle(&film).await.into_iter().zip(SHARES) {
            let store = FilmStore { file: File::open(&film).unwrap(), size, lost: size..size };
            let (opened, read) = world.opened(store).await;
            let made = opened.read_by(world.encode(&opened.source(), &part)).await;
            made.expect("it can be read").expect("it is encoded");
            let share = read.get() as f64 / size as f64;
            println!("{name}, {}: {} of {size} bytes, {:.1} %", part.name, read.get(), share * 100.0);
            assert!(share < allowed, "{name}, {}: {} of {size} bytes were read", part.name, read.get());
        }
        std::fs::remove_file(film).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_padded_for_want_of_bytes_counts_for_nothing() {
    let world = World::new();
    for name in ["film.mp4", "film.mkv", "film.ts"] {
        let film = world.film(name);
        let size = film.metadata().unwrap().len();
        for part in world.middle(&film).await {
            // From within the part to some way after it; tables at the end are there.
            let store = FilmStore {
                file: File::open(&film).unwrap(),
                size,
                lost: size / 2 + size / 80..size / 4 * 3,
            };
            let (opened, _) = world.opened(store).await;
            // Most versions pad what is missing and call it a success.
            let made = world.encode(&opened.source(), &part).await;
            println!("{name}, {}: {}", part.name, if made.is_ok() { "a success" } else { "an error" });
            let told = opened.read_by(async { made.map(drop) }).await;
            assert!(matches!(told, Err(ObjectError::Unavailable(_))), "{name}, {}: {told:?}", part.name);
        }
        std::fs::remove_file(film).unwrap();
    }
}

struct World {
    folder: tempfile::TempDir,
    encoder: Ffmpeg,
}

impl World {
    fn new() -> Self {
        let encoder = Ffmpeg::new(FfmpegConfig::new(program("ffmpeg"), program("ffprobe")));
        Self { folder: tempfile::tempdir().expect("a folder"), encoder }
    }

    /// A film whose bytes are mostly noise; of MP4, the tables are at its end.
    fn film(&self, name: &str) -> PathBuf {
        let clip = self.folder.path().join("clip.mkv");
        if !clip.exists() {
            let pictures = "testsrc2=s=320x180:r=30:d=10,noise=alls=60:allf=t:all_seed=3";
            let inputs = ["-f", "lavfi", "-i", pictures, "-f", "lavfi", "-i", "sine=f=440:r=48000:d=10"];
            let codecs = "-c:v libx264 -preset ultrafast -crf 18 -g 60 -c:a aac -b:a 192k";
            made(inputs.into_iter().chain(codecs.split(' ')), &clip);
        }
        let (film, loops) = (self.folder.path().join(name), (CLIPS - 1).to_string());
        let clip = clip.to_str().expect("a path of text");
        made(["-stream_loop", &loops, "-i", clip, "-c", "copy"], &film);
        film
    }

    /// The chunk and the span in the middle of a film.
    async fn middle(&self, film: &Path) -> [Part; 2] {
        let info = self.encoder.probe(&Source::File(film.to_owned())).await.expect("it is accepted");
        let parts = plan::for_source(&info).expect("it has a plan").parts(&info);
        let middle = |is: fn(&EncodeTask) -> bool| {
            let of_kind: Vec<&Part> = parts.iter().filter(|part| is(&part.task)).collect();
            of_kind[of_kind.len() / 2].clone()
        };
        [
            middle(|task| matches!(task, EncodeTask::Chunk(_))),
            middle(|task| matches!(task, EncodeTask::Span(_))),
        ]
    }

    async fn opened(&self, store: FilmStore) -> (OpenSource, prometheus::IntCounter) {
        let bytes = prometheus::IntCounter::new("bytes", "Bytes that were read.").expect("a counter");
        let by_range = ByRange { above: 0, clock: Arc::new(Hasty::default()), bytes: bytes.clone() };
        let sources = Sources::new(Arc::new(store), self.folder.path().to_owned(), 0).with_ranges(by_range);
        let opened = sources.open(&ObjectKey::Source { stream: StreamId::vod([0; 6]) }).await;
        (opened.expect("it is there"), bytes)
    }

    async fn encode(&self, source: &Source, part: &Part) -> Result<Encoded, MediaError> {
        assert!(matches!(source, Source::Address(_)), "{source:?}");
        let scratch = tempfile::tempdir_in(self.folder.path()).expect("a folder");
        let (progress, _) = tokio::sync::watch::channel(Progress::default());
        self.encoder.encode(Some(source), &part.task, Urgency::Now, scratch.path(), &progress).await
    }
}

fn made<'a>(args: impl IntoIterator<Item = &'a str>, output: &Path) {
    let mut command = Command::new(program("ffmpeg"));
    let status = command.args(["-nostdin", "-v", "error"]).args(args).arg(output).status();
    assert!(status.expect("ffmpeg runs").success());
}

fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").expect("a path to look for programs in");
    let mut files = std::env::split_paths(&path).map(|folder| folder.join(name));
    files.find(|file| file.is_file()).unwrap_or_else(|| PathBuf::from(name))
}

/// A store that has a file, and has lost some of its bytes.
struct FilmStore {
    file: File,
    size: u64,
    lost: ByteRange,
}

#[async_trait]
impl ObjectStore for FilmStore {
    async fn put(&self, _: &ObjectKey, _: Body, _: Condition) -> Result<StoredObject, ObjectError> {
        unreachable!("nothing is stored")
    }

    async fn get(&self, _: &ObjectKey, range: Option<ByteRange>) -> Result<Body, ObjectError> {
        let (range, lost) = (range.unwrap_or(0..self.size), self.lost.clone());
        let file = self.file.try_clone().expect("a handle");
        let piece = move |at: u64| {
            let length = PIECE.min(usize::try_from(range.end - at).expect("a piece"));
            let mut bytes = vec![0; length];
            file.read_exact_at(&mut bytes, at)?;
            let whole = lost.start >= at + length as u64 || lost.end <= at;
            if whole { Ok(bytes.into()) } else { Err(std::io::Error::other("the connection broke")) }
        };
        Ok(Body::from_stream(stream::iter(range.step_by(PIECE)).map(piece)))
    }

    async fn head(&self, _: &ObjectKey) -> Result<Option<ObjectMeta>, ObjectError> {
        let modified = Timestamp::from_millis(0);
        Ok(Some(ObjectMeta { size: self.size, etag: String::new(), sha256: None, modified }))
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
        self.0.fetch_add(u64::try_from(duration.as_millis()).expect("a pause"), Relaxed);
        tokio::task::yield_now().await;
    }

    fn random(&self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}
