//! Sources that are not what they seem: refused with a reason, and nothing that they name is touched.

use anyhow::{Context, Result, ensure};
use e2e::{Canary, Presentation, Product, Source, Workshop, accepted, count_frames, decode, note};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);

/// Playlists, session descriptions and pages that point at a server which must never be asked.
fn pointing_at(server: std::net::SocketAddr) -> Vec<(&'static str, Vec<u8>)> {
    let url = format!("http://{server}/a.ts");
    let playlist = format!(
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{url}\n\
         #EXTINF:5,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
    );
    let concat = format!("ffconcat version 1.0\nfile '{url}'\nfile '/etc/passwd'\n");
    let session = format!(
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {} RTP/AVP 96\n\
         a=rtpmap:96 H264/90000\n",
        server.port()
    );
    let dash = format!(
        "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" \
         mediaPresentationDuration=\"PT5S\" minBufferTime=\"PT1S\"><Period>\
         <AdaptationSet mimeType=\"video/mp4\"><Representation id=\"1\" bandwidth=\"1\"><BaseURL>{url}</BaseURL>\
         </Representation></AdaptationSet>\
         </Period></MPD>"
    );
    let page = format!("<!doctype html><html><video src=\"{url}\"></video><img src=\"{url}\"></html>");
    let picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"9\" \
         height=\"9\"><image xlink:href=\"{url}\" width=\"9\" height=\"9\"/></svg>"
    );
    [
        ("a playlist", playlist),
        ("a concat script", concat),
        ("a session description", session),
        ("a DASH manifest", dash),
        ("a page", page),
        ("a drawing", picture),
    ]
    .map(|(name, text)| (name, text.into_bytes()))
    .into()
}

#[tokio::test]
async fn what_is_no_video_is_rejected_and_nothing_it_names_is_opened() -> Result<()> {
    let (canary, workshop) = (Canary::start().await?, Workshop::open()?);
    let film =
        std::fs::read(workshop.make("film.mp4", &Source { seconds: 2.0, ..Source::default() }).await?)?;
    let random: Vec<u8> = std::iter::repeat_with(rand::random).take(200_000).collect();
    let mut sources = pointing_at(canary.address());
    sources.extend([
        ("random bytes", random.clone()),
        ("text", b"Dear Sir or Madam,\n".repeat(500)),
        ("zeros", vec![0; 100_000]),
        ("one byte", vec![b'G']),
        ("a head and then noise", [&film[..48], &random].concat()),
        ("a film cut before any picture", film[..film.len() / 40].to_vec()),
        ("a film cut within its head", film[..30].to_vec()),
    ]);
    let product = Product::start(&[]).await?;
    let api = product.api();
    for (name, bytes) in sources {
        let id = accepted(&api.upload_body(bytes, "").await?)?;
        let video = api.wait_for(&id, "rejected", LIMIT).await.context(name)?;
        let (code, text) = (&video["reason"]["code"], video["reason"]["text"].as_str().unwrap_or_default());
        note(format_args!("{name}: {code}: {text}"));
        let expected = ["not_media", "nothing_decodes", "unsupported_codec"];
        ensure!(expected.iter().any(|word| code == word), "{name}: code {code}");
        let leaks = [product.home(), canary.address().to_string()];
        ensure!(
            !leaks.iter().any(|secret| text.contains(secret)),
            "{name}: the reason names too much: {text}"
        );
        ensure!(text.len() > 20, "{name}: {text:?} says nothing");
        let answer = api.get(&format!("/vod/{id}/manifest")).await?;
        ensure!(answer.problem(409, "rejected")? == text, "{name}: {}", answer.text());
    }
    product.no_objects("").await?;
    ensure!(canary.visits() == 0, "{} visits of what sources point at", canary.visits());
    product.finish().await
}

#[tokio::test]
async fn a_film_that_was_cut_is_kept_as_far_as_it_goes() -> Result<()> {
    let workshop = Workshop::open()?;
    let film = workshop.make("film.mp4", &Source { seconds: 12.0, ..Source::default() }).await?;
    let bytes = std::fs::read(&film)?;
    let cut = workshop.file("cut.mp4", &bytes[..bytes.len() * 6 / 10])?;
    let product = Product::start(&[]).await?;
    let api = product.api();
    let id = api.upload(&cut).await?;
    api.wait_for(&id, "ready", LIMIT).await?;
    let shown = Presentation::open(api, &id).await?;
    ensure!(shown.findings().is_empty(), "{:?}", shown.findings());
    decode(shown.url.as_str()).await?;
    let seconds = shown.top()?.ends().last().copied().unwrap_or_default();
    let frames = count_frames(shown.top()?.url.as_str()).await?;
    note(format_args!("{seconds} s, {frames} pictures of a film of 12 s that was cut to 60 %"));
    ensure!((6.0..9.5).contains(&seconds), "{seconds} s of a film that was cut to about 7 s");
    ensure!((frames as f64 - seconds * 30_000.0 / 1001.0).abs() < 0.5, "{frames} pictures in {seconds} s");
    product.finish().await
}
