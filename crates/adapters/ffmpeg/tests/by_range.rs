//! Sources that are read by range: one part of a film takes a part of its bytes, and an end that comes too early is noticed.

use async_trait::async_trait;
use domain::{
    StreamId, Timestamp,
    object::{ObjectKey, Prefix},
    plan::{self, Part},
    task::EncodeTask,
};
use ffmpeg::{Ffmpeg, FfmpegConfig, Limits};
use futures::{StreamExt, stream};
use ports::{
    Body, ByteRange, Clock, Condition, Encoded, Encoder, MediaError, Monotonic, ObjectError, ObjectMeta,
    ObjectStore, ObjectStream, Period, Progress, SignedAddress, Source, StoredObject, Urgency,
};
use prometheus::IntCounter;
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
/// How often where nobody measures.
const FEW_CLIPS: u32 = 5;
/// What a chunk and a span from the middle may take of the film's bytes. They are a 25th and a sixth of it; the rest is for tables,
/// and for finding one's way where there are none.
const SHARES: [f64; 2] = [0.12, 0.32];
/// What a look may take of the film's bytes, and how many reads of the store: a few places of what has tables, all of the rest, and
/// its beginning again for whoever decodes that.
const INDEXED: (f64, u64) = (0.15, 200);
const ONE_PASS: (f64, u64) = (1.4, 200);
const PIECE: usize = 64 << 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_takes_a_part_of_the_bytes() {
    let world = World::new(CLIPS);
    for name in ["film.mp4", "film.mkv", "film.ts"] {
        let film = world.film(name);
        let size = film.metadata().unwrap().len();
        for (part, allowed) in world.middle(&film).await.into_iter().zip(SHARES) {
            let opened = world.opened(FilmStore::whole(&film)).await;
            let made = opened.source.read_by(world.encode(&opened.source.source(), &part)).await;
            made.expect("it can be read").expect("it is encoded");
            let share = opened.share(size);
            println!("{name}, {}: {:.1} % of {size} bytes", part.name, share * 100.0);
            assert!(share < allowed, "{name}, {}: {share} of {size} bytes were read", part.name);
        }
        std::fs::remove_file(film).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_padded_for_want_of_bytes_counts_for_nothing() {
    let world = World::new(CLIPS);
    for name in ["film.mp4", "film.mkv", "film.ts"] {
        let film = world.film(name);
        let size = film.metadata().unwrap().len();
        for part in world.middle(&film).await {
            // From within the part to some way after it; tables at the end are there.
            let store = FilmStore { lost: size / 2 + size / 80..size / 4 * 3, ..FilmStore::whole(&film) };
            let opened = world.opened(store).await.source;
            // Most versions pad what is missing and call it a success.
            let made = world.encode(&opened.source(), &part).await;
            println!("{name}, {}: {}", part.name, if made.is_ok() { "a success" } else { "an error" });
            let told = opened.read_by(async { made.map(drop) }).await;
            assert!(matches!(told, Err(ObjectError::Unavailable(_))), "{name}, {}: {told:?}", part.name);
        }
        std::fs::remove_file(film).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_by_range_finds_what_is_in_the_file() {
    let world = World::new(CLIPS);
    let [packed, key] = ["cenc-aes-ctr", "00112233445566778899aabbccddeeff"];
    let locked = format!("-encryption_scheme {packed} -encryption_key {key} -encryption_kid {key}");
    for (name, words, allowed) in [
        ("film.mp4", "", INDEXED),
        ("front.mp4", "-movflags +faststart", INDEXED),
        ("film.mkv", "", ONE_PASS),
        ("clusters.mkv", "-cluster_time_limit 40", ONE_PASS),
        ("film.ts", "", ONE_PASS),
        ("film.flv", "", ONE_PASS),
        ("locked.mp4", &locked, INDEXED),
    ] {
        let film = world.film_of(name, words);
        let opened = world.looked_into(&film).await;
        let (size, requests) = (film.metadata().unwrap().len(), opened.requests.load(Relaxed));
        let share = opened.share(size);
        println!("{name}: {:.1} % of {size} bytes in {requests} requests", share * 100.0);
        assert!(share < allowed.0, "{name}: {share} of {size} bytes were read");
        assert!(requests < allowed.1, "{name}: {requests} requests");
        std::fs::remove_file(film).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_asked_for_where_packets_lie_in_no_order() {
    let world = World::new(CLIPS);
    let looped = world.film("film.mkv");
    for (name, words) in
        [("film.avi", "-bsf:v h264_mp4toannexb"), ("fragments.mp4", "-movflags +frag_keyframe+empty_moov")]
    {
        let film = world.folder.path().join(name);
        let copied = ["-i", looped.to_str().expect("a path of text"), "-c", "copy"];
        made(copied.into_iter().chain(words.split(' ')), &film);
        let opened = world.opened(FilmStore::whole(&film)).await;
        let address = opened.source.source();
        let told = opened.source.read_by(world.encoder.probe(&address)).await.expect("it can be read");
        assert!(matches!(told, Err(MediaError::NeedsFile)), "{name}: {told:?}");
        let share = opened.share(film.metadata().unwrap().len());
        println!("{name}: {:.1} % in {} requests", share * 100.0, opened.requests.load(Relaxed));
        assert!(share < INDEXED.0, "{name}: {share} was read");
        std::fs::remove_file(film).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_takes_long_by_range_is_not_refused() {
    let mut world = World::new(FEW_CLIPS);
    let film = world.film("film.mkv");
    let soon = Duration::from_millis(1);
    let limits = Limits::default();
    for limits in [Limits { look: soon, ..limits.clone() }, Limits { packets: soon, ..limits }] {
        world.encoder = encoder(|config| config.limits = limits);
        let opened = world.opened(FilmStore::whole(&film)).await.source;
        let told = world.encoder.probe(&opened.source()).await;
        assert!(matches!(told, Err(MediaError::NeedsFile)), "{told:?}");
        let told = world.encoder.probe(&Source::File(film.clone())).await;
        assert!(matches!(told, Err(MediaError::Rejected(_))), "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_by_range_refuses_what_is_refused_of_the_file() {
    let mut world = World::new(FEW_CLIPS);
    let film = std::fs::read(world.film("film.mp4")).unwrap();
    let noise: Vec<u8> = (0..1_000_000u64).map(|at| ((at * at) >> 7) as u8).collect();
    // As many boxes as fit, and nothing in them.
    let boxes = [0, 0, 0, 8, b'f', b'r', b'e', b'e'].repeat(100_000);
    for (name, bytes) in
        [("empty", &[][..]), ("noise", &noise), ("boxes", &boxes), ("cut", &film[..film.len() / 2])]
    {
        let path = world.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let opened = world.looked_into(&path).await;
        println!("{name}: {} requests", opened.requests.load(Relaxed));
        assert!(opened.requests.load(Relaxed) < 2_000, "{name}");
    }
    world.encoder = encoder(|config| config.limits.bytes = film.len() as u64 - 1);
    let opened = world.looked_into(&world.folder.path().join("film.mp4")).await;
    assert_eq!(opened.bytes.get(), 0, "its size is enough");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_found_in_half_a_source_counts_for_nothing() {
    let world = World::new(FEW_CLIPS);
    for (name, words) in
        [("film.mp4", ""), ("front.mp4", "-movflags +faststart"), ("film.mkv", ""), ("film.ts", "")]
    {
        let film = world.film_of(name, words);
        let size = film.metadata().unwrap().len();
        for lost in [0..size, size / 3..size / 3 * 2] {
            let store = FilmStore { lost: lost.clone(), ..FilmStore::whole(&film) };
            let opened = world.opened(store).await.source;
            let found = world.encoder.probe(&opened.source()).await;
            println!(
                "{name} without {lost:?}: {}",
                found.as_ref().map_or_else(ToString::to_string, |_| "a success".into())
            );
            let told = opened.read_by(async { found.map(drop) }).await;
            assert!(matches!(told, Err(ObjectError::Unavailable(_))), "{name} without {lost:?}: {told:?}");
        }
        std::fs::remove_file(film).unwrap();
    }
}

struct World {
    folder: tempfile::TempDir,
    clips: u32,
    encoder: Ffmpeg,
}

impl World {
    fn new(clips: u32) -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), clips, encoder: encoder(|_| {}) }
    }

    /// A film whose bytes are mostly noise; of MP4, the tables are at its end.
    fn film(&self, name: &str) -> PathBuf {
        self.film_of(name, "")
    }

    /// A film that is written as these words say.
    fn film_of(&self, name: &str, words: &str) -> PathBuf {
        let clip = self.folder.path().join("clip.mkv");
        if !clip.exists() {
            let pictures = "testsrc2=s=320x180:r=30:d=10,noise=alls=60:allf=t:all_seed=3";
            let inputs = ["-f", "lavfi", "-i", pictures, "-f", "lavfi", "-i", "sine=f=440:r=48000:d=10"];
            let codecs = "-c:v libx264 -preset ultrafast -crf 18 -g 60 -c:a aac -b:a 192k";
            made(inputs.into_iter().chain(codecs.split(' ')), &clip);
        }
        let (film, loops) = (self.folder.path().join(name), (self.clips - 1).to_string());
        let clip = clip.to_str().expect("a path of text");
        let looped = ["-stream_loop", &loops, "-i", clip, "-c", "copy"];
        made(looped.into_iter().chain(words.split_ascii_whitespace()), &film);
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

    /// Looks into a film by range and into its file, which comes to the same.
    async fn looked_into(&self, film: &Path) -> Opened {
        let opened = self.opened(FilmStore::whole(film)).await;
        let address = opened.source.source();
        let far = opened.source.read_by(self.encoder.probe(&address)).await.expect("it can be read");
        let near = self.encoder.probe(&Source::File(film.to_owned())).await;
        assert_eq!(format!("{far:?}"), format!("{near:?}"), "{}", film.display());
        opened
    }

    async fn opened(&self, store: FilmStore) -> Opened {
        let (bytes, requests) =
            (IntCounter::new("bytes", "Bytes that were read.").expect("a counter"), store.requests.clone());
        let by_range = ByRange { above: 0, clock: Arc::new(Hasty::default()), bytes: bytes.clone() };
        let sources = Sources::new(Arc::new(store), self.folder.path().to_owned(), 0).with_ranges(by_range);
        let opened = sources.open(&ObjectKey::Source { stream: StreamId::vod([0; 6]) }).await;
        Opened { source: opened.expect("it is there"), bytes, requests }
    }

    async fn encode(&self, source: &Source, part: &Part) -> Result<Encoded, MediaError> {
        assert!(matches!(source, Source::Address(_)), "{source:?}");
        let scratch = tempfile::tempdir_in(self.folder.path()).expect("a folder");
        let (progress, _) = tokio::sync::watch::channel(Progress::default());
        self.encoder.encode(Some(source), &part.task, Urgency::Now, scratch.path(), &progress).await
    }
}

/// A source that is read by range, and what that takes.
struct Opened {
    source: OpenSource,
    bytes: IntCounter,
    requests: Arc<AtomicU64>,
}

impl Opened {
    /// How much of so many bytes has been read.
    fn share(&self, size: u64) -> f64 {
        self.bytes.get() as f64 / size as f64
    }
}

fn encoder(change: impl FnOnce(&mut FfmpegConfig)) -> Ffmpeg {
    let mut config = FfmpegConfig::new(program("ffmpeg"), program("ffprobe"));
    change(&mut config);
    Ffmpeg::new(config)
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
    requests: Arc<AtomicU64>,
}

impl FilmStore {
    fn whole(film: &Path) -> Self {
        let file = File::open(film).expect("the film is there");
        let size = file.metadata().expect("it has a size").len();
        Self { file, size, lost: size..size, requests: Arc::default() }
    }
}

#[async_trait]
impl ObjectStore for FilmStore {
    async fn put(&self, _: &ObjectKey, _: Body, _: Condition) -> Result<StoredObject, ObjectError> {
        unreachable!("nothing is stored")
    }

    async fn get(&self, _: &ObjectKey, range: Option<ByteRange>) -> Result<Body, ObjectError> {
        self.requests.fetch_add(1, Relaxed);
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
