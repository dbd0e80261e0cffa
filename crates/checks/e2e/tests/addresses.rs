//! Every address that a viewer meets: what opens it, what closes it, and what caches and browsers are told.

use anyhow::{Context, Result, ensure};
use e2e::{Answer, Presentation, Product, Source, Workshop, note};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use sha2::Sha256;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);
/// The process signs with it, and so does the test.
const KEY: &str = "0123456789abcdef0123456789abcdef";

/// Two videos that are ready, and the presentation of the first.
async fn two_videos() -> Result<(Product, Presentation, String)> {
    let workshop = Workshop::open()?;
    let source = workshop.make("film.mp4", &Source { seconds: 2.0, ..Source::default() }).await?;
    let product = Product::start(&[("SIGNING_KEY", KEY)]).await?;
    let (first, second) = tokio::try_join!(product.api().upload(&source), product.api().upload(&source))?;
    for id in [&first, &second] {
        product.api().wait_for(id, "ready", LIMIT).await?;
    }
    let shown = Presentation::open(product.api(), &first).await?;
    Ok((product, shown, second))
}

/// Insists on a refusal that gives nothing away.
fn closed(answer: &Answer) -> Result<()> {
    ensure!(answer.status == 403, "answered {}: {}", answer.status, answer.text());
    let text = answer.text().to_lowercase();
    for word in ["expired", "signature mismatch", "hmac", "unknown key", "another"] {
        ensure!(!text.contains(word), "the refusal says why: {text}");
    }
    Ok(())
}

#[tokio::test]
async fn tokens_open_one_video_for_a_while() -> Result<()> {
    let (product, shown, second) = two_videos().await?;
    let api = product.api();
    let top = shown.top()?;
    for url in [&shown.url, &top.url, &top.segment(0)?, &top.init()?] {
        let url = url.to_string();
        ensure!(api.fetch(&url).await?.status == 200, "{url} does not open");
        let token = url.split("/play/").nth(1).and_then(|rest| rest.split('/').next()).context("no token")?;
        let (head, tag) = token.split_once('-').context("no tag")?;
        let purpose = &head[..1];
        let until = i64::from_str_radix(&head[1..], 16)?;
        let flip = |text: &str| if text.ends_with('0') { "1" } else { "0" };
        let flipped = format!("{head}-{}{}", &tag[..tag.len() - 1], flip(tag));
        let other = if purpose == "l" { "p" } else { "l" };
        let wrong = [
            ("flipped", flipped),
            ("longer", format!("{purpose}{:x}-{tag}", until + 3600)),
            ("expired", format!("{purpose}{:x}-{tag}", until - 7 * 24 * 3600)),
            ("cut short", token[..token.len() - 2].to_owned()),
            ("for something else", format!("{other}{}-{tag}", &head[1..])),
            ("empty", format!("{head}-")),
            ("nonsense", "%00%ff".to_owned()),
        ];
        for (name, wrong) in wrong {
            let answer = api.get(&url.replace(token, &wrong)).await?;
            if name == "nonsense" {
                ensure!((400..405).contains(&answer.status), "{name}: {}", answer.status);
            } else {
                closed(&answer).with_context(|| format!("{name} token of {url}"))?;
            }
        }
        let first = shown.url.path_segments().and_then(|mut parts| parts.nth(2)).context("no id")?;
        closed(&api.get(&url.replace(first, &second)).await?).with_context(|| format!("foreign: {url}"))?;
    }
    product.finish().await
}

/// A genuine token, as the process makes it: purpose, end, and half of an HMAC-SHA256 over both and the
/// stream.
fn genuine(purpose: char, stream: &str, until: i64) -> Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes())?;
    mac.update(format!("{purpose}\n{stream}\n{until}").as_bytes());
    Ok(format!("{purpose}{until:x}-{}", hex::encode(&mac.finalize().into_bytes()[..16])))
}

#[tokio::test]
async fn tokens_run_out() -> Result<()> {
    let (product, shown, _) = two_videos().await?;
    let api = product.api();
    // A file that was made just now knows the time.
    let clock = tempfile::NamedTempFile::new()?.as_file().metadata()?.modified()?;
    let now = i64::try_from(clock.duration_since(std::time::UNIX_EPOCH)?.as_secs())?;
    let top = shown.top()?;
    for (url, lives) in [(&shown.url, 3590..=3600), (&top.url, 6 * 3600 - 10..=6 * 3600 + 900)] {
        let mut parts = url.path_segments().context("no path")?.skip(1);
        let (token, stream) = (parts.next().context("no token")?, parts.next().context("no id")?);
        let (purpose, rest) = token.split_at(1);
        let until = i64::from_str_radix(rest.split('-').next().unwrap_or_default(), 16)?;
        ensure!(lives.contains(&(until - now)), "{url} lives {} s", until - now);
        let purpose = purpose.chars().next().context("no purpose")?;
        let with =
            |until| Ok::<_, anyhow::Error>(url.as_str().replace(token, &genuine(purpose, stream, until)?));
        ensure!(api.get(&with(now + 60)?).await?.status == 200, "a genuine token does not open {url}");
        closed(&api.get(&with(now - 1)?).await?).with_context(|| format!("expired: {url}"))?;
    }
    product.finish().await
}

#[tokio::test]
async fn a_presigned_address_opens_one_object() -> Result<()> {
    let (product, shown, _) = two_videos().await?;
    let api = product.api();
    let top = shown.top()?;
    let redirect = |answer: Answer| -> Result<String> {
        ensure!(answer.status == 302, "answered {}", answer.status);
        Ok(answer.header("location").to_owned())
    };
    let segment = redirect(api.get(top.segment(0)?.as_str()).await?)?;
    let init = redirect(api.get(top.init()?.as_str()).await?)?;
    ensure!(api.get(&segment).await?.status == 200 && api.get(&init).await?.status == 200);
    ensure!(segment == redirect(api.get(top.segment(0)?.as_str()).await?)?, "viewers share no address");
    let (segment_path, segment_query) = segment.split_once('?').context("no query")?;
    let (init_path, init_query) = init.split_once('?').context("no query")?;
    let wrong = [
        format!("{segment_path}?{init_query}"),
        format!("{init_path}?{segment_query}"),
        segment_path.to_owned(),
        segment.replace("until=1", "until=2"),
        segment.replace("X-Amz-Expires=2", "X-Amz-Expires=3"),
        segment.replace("video/mp4", "text/html"),
        segment.replace("video%2Fmp4", "text%2Fhtml"),
        format!(
            "/objects/vod-raw/{}/source?{segment_query}",
            segment_path.split('/').nth(3).unwrap_or_default()
        ),
        segment_path.replace("/vod-variants/", "/vod-variants/../") + "?" + segment_query,
    ];
    for address in wrong.iter().filter(|address| **address != segment) {
        let answer = api.get(address).await?;
        ensure!([403, 404].contains(&answer.status), "{address}: answered {}", answer.status);
        let kind = answer.header("content-type");
        // A store of another host refuses in its own words.
        let ours = api.url(address)?.port() == Some(api.address().port());
        ensure!(!ours || kind == "application/problem+json", "{address}: {}", answer.text());
    }
    product.finish().await
}

#[tokio::test]
async fn browsers_and_caches_are_told_what_they_need() -> Result<()> {
    let (product, shown, _) = two_videos().await?;
    let api = product.api();
    let top = shown.top()?;
    let segment = top.segment(0)?.to_string();
    let stored = api.url(api.get(&segment).await?.header("location"))?.to_string();
    let playlist = "application/vnd.apple.mpegurl";
    let table = [
        (shown.url.to_string(), playlist, "private, max-age=60"),
        (top.url.to_string(), playlist, "private, max-age="),
        (segment.clone(), "", "private, max-age=300"),
        (stored, "video/mp4", "public, max-age=31536000, immutable"),
    ];
    for (address, kind, cache) in table {
        let request = api.request(Method::GET, &address)?.header("origin", "https://player.example");
        let answer = api.send(request).await?;
        ensure!(answer.header("content-type") == kind, "{address}: {}", answer.header("content-type"));
        let told = answer.header("cache-control");
        ensure!(told.starts_with(cache), "{address}: Cache-Control {told:?}, not {cache:?}");
        let allowed = answer.header("access-control-allow-origin");
        ensure!(["*", "https://player.example"].contains(&allowed), "{address}: {:?}", answer.headers);
        ensure!(answer.header("x-content-type-options") == "nosniff", "{address}: {:?}", answer.headers);
        let exposed = answer.header("access-control-expose-headers").to_lowercase();
        ensure!(
            exposed.contains("content-range") && exposed.contains("content-length"),
            "{address}: {exposed}"
        );
    }
    let seconds =
        top.answer.header("cache-control").trim_start_matches("private, max-age=").parse::<i64>()?;
    ensure!((1..=7 * 3600).contains(&seconds), "a media playlist may be kept for {seconds} s");
    let ask = api.request(Method::OPTIONS, &segment)?;
    let ask = ask.header("origin", "https://player.example").header("access-control-request-method", "GET");
    let answer = api.send(ask.header("access-control-request-headers", "range")).await?;
    ensure!(answer.status == 200, "a browser's question was answered {}", answer.status);
    ensure!(answer.header("access-control-allow-headers").to_lowercase().contains("range"));
    let again = api.request(Method::GET, shown.url.as_str())?;
    let again = api.send(again.header("if-none-match", shown.master.header("etag"))).await?;
    note(format_args!("the master again: {}", again.status));
    product.finish().await
}
