//! Uploads that never become one: cut off, too large, empty, malformed. They leave no object, no document,
//! no event.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use e2e::{Api, Cut, Product, accepted, talk, until};
use futures::stream;
use reqwest::{Body, Method};
use serde_json::json;
use std::{io, time::Duration};

const LIMIT: Duration = Duration::from_secs(30);
const MAX: usize = 300_000;
const BOUNDARY: &str = "e2e-boundary";

async fn product() -> Result<Product> {
    Product::start(&[("UPLOAD_MAX_BYTES", &MAX.to_string())]).await
}

/// Insists that nothing at all is left of whatever was tried, once the product has noticed how it ended.
async fn nothing_is_left(product: &Product) -> Result<()> {
    let api = product.api();
    until("nothing is left of the upload", LIMIT, async || {
        let clean = product.no_objects("vod-raw/").await.and(product.no_temporary_files().await);
        Ok(clean.is_ok().then_some(()))
    })
    .await?;
    let page = api.get("/vod").await?.json()?;
    ensure!(page["videos"] == json!([]), "documents: {page}");
    for metric in ["api_kafka_events_published_total", "vod_sources_total"] {
        let events = api.metric(metric).await?;
        ensure!(events == 0.0, "{metric} is {events}");
    }
    Ok(())
}

/// The head of an upload and the first bytes of its body.
fn request(headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("POST /vod/upload HTTP/1.1\r\nHost: test\r\n{headers}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn raw(rest: &str) -> String {
    format!("Content-Type: application/octet-stream\r\n{rest}")
}

fn form(rest: &str) -> String {
    format!("Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n{rest}")
}

fn part(body: &str) -> Vec<u8> {
    let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp4\"");
    format!("{head}\r\n\r\n{body}").into_bytes()
}

#[tokio::test]
async fn a_cut_connection_leaves_nothing() -> Result<()> {
    let product = product().await?;
    let half = vec![7; 100_000];
    let chunk = [b"186a0\r\n".as_slice(), &half, b"\r\n"].concat();
    let cases = [
        ("announced, cut", request(&raw("Content-Length: 200000"), &half)),
        ("in chunks, cut", request(&raw("Transfer-Encoding: chunked"), &chunk)),
        ("in chunks, cut within one", request(&raw("Transfer-Encoding: chunked"), &chunk[..50_000])),
        ("a form, cut", request(&form("Content-Length: 200000"), &part(&"x".repeat(50_000)))),
        (
            "metadata, cut",
            request("Content-Type: application/json\r\nContent-Length: 90", b"{\"title\": \"a"),
        ),
    ];
    for (name, bytes) in cases {
        for cut in [Cut::Closed, Cut::HalfClosed] {
            talk(product.api(), bytes.clone(), cut).await.with_context(|| name.to_owned())?;
            nothing_is_left(&product).await.with_context(|| format!("{name}, {cut:?}"))?;
        }
    }
    product.finish().await
}

#[tokio::test]
async fn malformed_and_empty_bodies_are_refused() -> Result<()> {
    let product = product().await?;
    let api = product.api();
    let body = part("some bytes");
    let closed = |end: &str| [&body[..], end.as_bytes()].concat();
    let sized = |body: &[u8]| form(&format!("Content-Length: {}\r\nConnection: close", body.len()));
    let cases = [
        ("another boundary", closed("\r\n--another--\r\n"), "incomplete_body"),
        ("no last boundary", closed("\r\n"), "incomplete_body"),
        ("no part at all", b"hello".to_vec(), "incomplete_body"),
        (
            "an empty file",
            [&part("")[..], format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat(),
            "empty_body",
        ),
    ];
    for (name, body, code) in cases {
        let answer = talk(api, request(&sized(&body), &body), Cut::Not).await?;
        ensure!(answer.starts_with("HTTP/1.1 400"), "{name}: {answer}");
        ensure!(answer.contains(&format!("\"code\":\"{code}\"")), "{name}: {answer}");
        nothing_is_left(&product).await.context(name)?;
    }
    api.upload_body(Vec::new(), "").await?.problem(400, "empty_body")?;
    api.upload_body(Body::wrap_stream(stream::empty::<io::Result<Bytes>>()), "")
        .await?
        .problem(400, "empty_body")?;
    let without = api.request(Method::POST, "/vod/upload")?.header("content-type", "multipart/form-data");
    api.send(without.body("x")).await?.problem(400, "bad_request")?;
    nothing_is_left(&product).await?;
    product.finish().await
}

#[tokio::test]
async fn what_is_over_the_limit_is_refused() -> Result<()> {
    let product = product().await?;
    let api = product.api();
    over_the_limit(api, "announced", Body::from(vec![1; MAX + 1])).await?;
    nothing_is_left(&product).await?;
    let pieces = std::iter::repeat_n(Bytes::from(vec![1; 50_000]), MAX / 50_000 + 1).map(io::Result::Ok);
    over_the_limit(api, "in chunks", Body::wrap_stream(stream::iter(pieces))).await?;
    nothing_is_left(&product).await?;
    let exactly = api.upload_body(vec![1; MAX], "").await?;
    let id = accepted(&exactly)?;
    api.wait_for(&id, "rejected", LIMIT).await?;
    product.finish().await
}

async fn over_the_limit(api: &Api, name: &str, body: Body) -> Result<()> {
    let detail = api.upload_body(body, "").await?.problem(413, "body_too_large").context(name.to_owned())?;
    ensure!(detail.contains(&MAX.to_string()), "{name}: {detail:?} does not say the limit");
    Ok(())
}
