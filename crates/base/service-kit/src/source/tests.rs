//! Sources that are read by range, over their address as an encoder does.

use super::{
    doubles::{OneObject, Patient},
    *,
};
use domain::StreamId;
use reqwest::{Client, Response, StatusCode, header};
use std::sync::atomic::AtomicU32;
use tempfile::TempDir;

/// More than a few blocks.
const SIZE: usize = 5_000_000;
/// Where the store fails: in the second block.
const MIDDLE: u64 = 1_000_000;

struct Opened {
    source: OpenSource,
    bytes: IntCounter,
    folder: TempDir,
    object: Arc<OneObject>,
}

async fn opened(object: OneObject, above: u64) -> Opened {
    let (object, folder) = (Arc::new(object), tempfile::tempdir().unwrap());
    let bytes = IntCounter::new("bytes", "Bytes that were read.").unwrap();
    let by_range = ByRange { above, clock: Arc::new(Patient::default()), bytes: bytes.clone() };
    let sources = Sources::new(object.clone(), folder.path().to_owned(), 0).with_ranges(by_range);
    let source = sources.open(&ObjectKey::Source { stream: StreamId::vod([0; 6]) }).await.unwrap();
    Opened { source, bytes, folder, object }
}

impl Opened {
    fn address(&self) -> String {
        match self.source.source() {
            Source::Address(address) => address.to_string(),
            Source::File(path) => panic!("it is a file: {}", path.display()),
        }
    }

    async fn get(&self, range: &str) -> Response {
        Client::new().get(self.address()).header(header::RANGE, range).send().await.unwrap()
    }

    /// Has somebody read all of it who takes an error for the end, as encoders do; gives how much there was of it.
    async fn read_carelessly(&self) -> Result<usize, ObjectError> {
        let reading = async {
            let (mut answer, mut read) = (self.get("bytes=0-").await, 0);
            while let Ok(Some(piece)) = answer.chunk().await {
                read += piece.len();
            }
            read
        };
        self.source.read_by(reading).await
    }
}

#[tokio::test]
async fn small_ones_are_copied_and_large_ones_are_not() {
    let small = opened(OneObject::whole(1000), 1000).await;
    assert!(matches!(small.source.source(), Source::File(path) if path.metadata().unwrap().len() == 1000));
    let large = opened(OneObject::whole(1001), 1000).await;
    assert!(large.address().starts_with("http://127.0.0.1:"));
    assert_eq!(large.folder.path().read_dir().unwrap().count(), 0);
}

#[tokio::test]
async fn ranges_are_served_and_nothing_else_is() {
    let opened = opened(OneObject::whole(SIZE), 0).await;
    let part = opened.get("bytes=700000-3999999").await;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers()[header::CONTENT_RANGE], "bytes 700000-3999999/5000000");
    assert_eq!(part.headers()[header::ACCEPT_RANGES], "bytes");
    assert_eq!(part.bytes().await.unwrap(), opened.object.bytes.slice(700_000..4_000_000));
    assert_eq!(opened.bytes.get(), 3_300_000);
    assert_eq!(opened.get("bytes=5000000-").await.status(), StatusCode::RANGE_NOT_SATISFIABLE);

    let client = Client::new();
    let head = client.head(opened.address()).send().await.unwrap();
    assert_eq!(
        (head.status(), &head.headers()[header::CONTENT_LENGTH]),
        (StatusCode::OK, &"5000000".parse().unwrap())
    );
    for path in ["/", "/00000000000000000000000000000000"] {
        let elsewhere = reqwest::Url::parse(&opened.address()).unwrap().join(path).unwrap();
        assert_eq!(client.get(elsewhere).send().await.unwrap().status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn what_nobody_takes_is_not_read() {
    let opened = opened(OneObject::whole(64 << 20), 0).await;
    let mut answer = opened.get("bytes=0-").await;
    assert!(answer.chunk().await.unwrap().is_some());
    // Whatever fits into the buffers of a connection is there as soon as another answer has come.
    opened.get("bytes=0-0").await;
    let read = opened.bytes.get();
    assert!(read < 16 << 20, "{read} bytes were read");
}

#[tokio::test]
async fn an_address_ends_with_its_source() {
    let opened = opened(OneObject::whole(64 << 20), 0).await;
    let (client, address) = (Client::new(), opened.address());
    let mut answer = client.get(&address).send().await.unwrap();
    drop(opened);
    let mut read = 0;
    let ended = loop {
        match answer.chunk().await {
            Ok(Some(piece)) => read += piece.len(),
            ended => break ended,
        }
    };
    assert!(ended.is_err() && read < 64 << 20, "{read} bytes came: {ended:?}");
    // The port may be somebody else's by now.
    let again = client.get(&address).send().await;
    assert!(again.is_err() || again.is_ok_and(|answer| answer.status() == StatusCode::NOT_FOUND));
}

#[tokio::test]
async fn a_read_that_breaks_goes_on_where_it_was() {
    for quietly in [false, true] {
        let breaks = AtomicU32::new(3);
        let opened =
            opened(OneObject { breaks_at: MIDDLE, breaks, quietly, ..OneObject::whole(SIZE) }, 0).await;
        let all = opened.get("bytes=0-").await.bytes().await.unwrap();
        assert_eq!(all, opened.object.bytes);
        assert_eq!(opened.bytes.get(), SIZE as u64, "nothing is read twice");
        assert_eq!(opened.read_carelessly().await.unwrap(), SIZE);
    }
}

#[tokio::test]
async fn an_end_that_came_too_early_is_told() {
    for quietly in [false, true] {
        let breaks = AtomicU32::new(u32::MAX);
        let opened =
            opened(OneObject { breaks_at: MIDDLE, breaks, quietly, ..OneObject::whole(SIZE) }, 0).await;
        let mut answer = opened.get("bytes=0-").await;
        let mut read = 0;
        let error = loop {
            match answer.chunk().await {
                Ok(Some(piece)) => read += piece.len() as u64,
                Ok(None) => panic!("{read} bytes look like all of it"),
                Err(error) => break error,
            }
        };
        assert!(read <= MIDDLE, "{read} bytes came: {error}");
        let told = opened.read_carelessly().await;
        assert!(matches!(&told, Err(ObjectError::Unavailable(_))), "{told:?}");
    }
}

#[tokio::test]
async fn a_source_that_is_removed_is_not_waited_for() {
    let opened = opened(OneObject { removed: true, ..OneObject::whole(SIZE) }, 0).await;
    let told = opened.read_carelessly().await.unwrap_err().to_string();
    assert!(told.contains("there is no object"), "{told}");
}
