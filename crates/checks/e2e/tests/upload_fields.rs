//! What clients may say, what is refused, and in which words.

use anyhow::{Context, Result, ensure};
use e2e::{Cut, Product, accepted, below, talk};
use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use std::path::Path;

/// Metadata that is right but for one field.
fn with(field: &str, value: Value) -> Value {
    let mut metadata = json!({ "title": "A film", "duration_seconds": 2, "resolution": "64x64" });
    metadata[field] = value;
    metadata
}

#[tokio::test]
async fn wrong_fields_are_refused_by_name() -> Result<()> {
    let product = Product::start(&[]).await?;
    let api = product.api();
    let table = [
        ("resolution", json!("1920"), "resolution"),
        ("resolution", json!("0x0"), "resolution"),
        ("resolution", json!("99999x99999"), "resolution"),
        ("resolution", json!(7), "string"),
        ("duration_seconds", json!(0), "duration_seconds"),
        ("duration_seconds", json!(-1), "duration_seconds"),
        ("duration_seconds", json!(1e300), "duration_seconds"),
        ("duration_seconds", json!("long"), "f64"),
        ("file_size_bytes", json!(-5), "u64"),
        ("title", json!("x".repeat(10_000)), "title"),
        ("title", json!({ "$ne": null }), "string"),
        ("audio_track_id", json!("a\nb"), "audio_track_id"),
        ("stream_id", json!("../../x"), "stream_id"),
        ("stream_id", json!("live-0123456789"), "stream_id"),
        ("stream_id", json!("-y.mp4"), "stream_id"),
        ("unheard_of", json!(1), "unheard_of"),
    ];
    for (field, value, named) in table {
        let answer = api.upload_metadata(&with(field, value.clone())).await?;
        let detail = answer.problem(422, "invalid_field").with_context(|| format!("{field}: {value}"))?;
        ensure!(detail.contains(named), "{field}: {value}: {detail:?} does not name {named:?}");
        ensure!(detail.len() < 600, "{field}: the answer repeats what was sent: {detail}");
    }
    let missing = json!({ "duration_seconds": 2 });
    ensure!(api.upload_metadata(&missing).await?.problem(422, "invalid_field")?.contains("title"));
    let json = |body: &'static str| {
        api.request(Method::POST, "/vod/upload")
            .map(|r| r.header("content-type", "application/json").body(body))
    };
    api.send(json("{\"title\": ")?).await?.problem(400, "bad_request")?;
    api.send(json("")?).await?.problem(400, "bad_request")?;
    api.upload_metadata(&with("title", json!("x".repeat(100_000)))).await?.problem(413, "body_too_large")?;
    let form =
        api.request(Method::POST, "/vod/upload")?.header("content-type", "application/x-www-form-urlencoded");
    api.send(form.body("title=a")).await?.problem(415, "unsupported_content_type")?;
    api.upload_body("bytes", "?colour=red").await?.problem(422, "invalid_field")?;
    api.upload_form(Form::new().text("colour", "red")).await?.problem(422, "invalid_field")?;
    api.upload_form(Form::new().text("title", "No file")).await?.problem(400, "empty_body")?;
    nothing_was_taken(&product).await?;
    product.finish().await
}

#[tokio::test]
async fn titles_are_shown_and_forge_nothing() -> Result<()> {
    let product = Product::start(&[("SIMULATED_SOURCE_MAX_SECONDS", "1")]).await?;
    let api = product.api();
    let titles = [
        ("two\nlines", "two lines"),
        ("a\r\n#EXT-X-KEY:METHOD=NONE", "a  #EXT-X-KEY:METHOD=NONE"),
        ("NUL \u{0} inside", "NUL   inside"),
        ("../../x", "../../x"),
        ("-y.mp4", "-y.mp4"),
        ("%03d", "%03d"),
        ("{\"$ne\":null}", "{\"$ne\":null}"),
        ("الهلال \u{1f3c6}", "الهلال \u{1f3c6}"),
        ("  ", "Untitled"),
    ];
    for (sent, shown) in titles {
        let id = accepted(&api.upload_metadata(&with("title", json!(sent))).await?)?;
        let video = api.video(&id).await?;
        ensure!(video["title"] == shown, "{sent:?} is shown as {}", video["title"]);
        ensure!(api.delete(&id).await?.status == 204);
    }
    for name in ["../../x.mp4", "-y.mp4", "%03d.mp4", "a;rm -rf b.mp4", "concat:a|b.mp4"] {
        let part = Part::bytes(b"no video".to_vec()).file_name(name);
        let id = accepted(&api.upload_form(Form::new().part("file", part)).await?)?;
        let reason =
            api.wait_for(&id, "rejected", std::time::Duration::from_secs(30)).await?["reason"].clone();
        ensure!(reason["code"] == "not_media", "{name}: {reason}");
    }
    let odd = |path: &str| path.contains("mp4");
    let files = below(Path::new(&product.home()));
    ensure!(!files.iter().any(|file| odd(&file.to_string_lossy())), "a file's name became a path");
    ensure!(!product.objects().await?.iter().any(|object| odd(object)), "a file's name became a key");
    product.finish().await
}

#[tokio::test]
async fn ids_cursors_routes_and_methods_that_do_not_exist() -> Result<()> {
    let product = Product::start(&[]).await?;
    let api = product.api();
    let odd =
        ["..%2f..%2fx", "-y.mp4", "vod-%00", "%2503d", "%7B%22$ne%22:null%7D", "vod-0123456789AB", "%ff"];
    for id in odd {
        for path in ["/vod/ID/manifest", "/vod/ID/metadata", "/content/ID", "/jobs/ID"] {
            let path = path.replace("ID", id);
            api.get(&path).await?.problem(404, "not_found").with_context(|| path.clone())?;
        }
    }
    for query in [
        "status=%7B%22$ne%22:null%7D",
        "status=Ready",
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=x",
        "cursor=%7B%22$ne%22:null%7D",
        "cursor=%00",
        "cursor=..%2f",
        "colour=red",
    ] {
        let answer = api.get(&format!("/vod?{query}")).await?;
        answer.problem(422, "invalid_field").with_context(|| query.to_owned())?;
    }
    for path in ["/nothing", "/vod/", "/vod/vod-0123456789ab/nothing", "/play", "/objects", "/.env"] {
        api.get(path).await?.problem(404, "not_found").with_context(|| path.to_owned())?;
    }
    for (method, path) in [
        (Method::PUT, "/vod/upload"),
        (Method::GET, "/vod/upload"),
        (Method::POST, "/health"),
        (Method::PATCH, "/vod"),
    ] {
        let answer = api.send(api.request(method.clone(), path)?).await?;
        answer.problem(405, "method_not_allowed").with_context(|| format!("{method} {path}"))?;
        ensure!(!answer.header("allow").is_empty(), "{method} {path}: no Allow");
    }
    let nonsense = talk(api, b"NONSENSE\r\n\r\n".to_vec(), Cut::Not).await?;
    ensure!(nonsense.starts_with("HTTP/1.1 400"), "{nonsense:?}");
    nothing_was_taken(&product).await?;
    product.finish().await
}

async fn nothing_was_taken(product: &Product) -> Result<()> {
    let page = product.api().get("/vod").await?.json()?;
    ensure!(page["videos"] == json!([]), "{page}");
    product.no_objects("vod-raw/").await
}
