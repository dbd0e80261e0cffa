//! Text subtitles become renditions of their own: each language, at its time, also while the video is encoded; and whatever
//! is wrong with them, the video plays.

use anyhow::{Context, Result, ensure};
use e2e::{Presentation, Product, Workshop, decode, note, run};
use m3u8_rs::AlternativeMediaType;
use std::{path::PathBuf, time::Duration};

const LIMIT: Duration = Duration::from_secs(120);
const SECONDS: u32 = 66;

/// A cue each ten seconds, half a second after the full ten, for two seconds.
fn script(word: &str) -> String {
    let cue = |n: u32| {
        format!(
            "{}\n00:{:02}:{:02},500 --> 00:{:02}:{:02},500\n{word} {n}\n\n",
            n + 1,
            n / 6,
            n % 6 * 10,
            n / 6,
            n % 6 * 10 + 2
        )
    };
    (0..SECONDS / 10).map(cue).collect()
}

/// Pictures and sound that begin at ten seconds of the container's clock, with these texts.
async fn film(workshop: &Workshop, name: &str, texts: &[(&str, &str)], more: &str) -> Result<PathBuf> {
    let path = workshop.path(name);
    let pictures = format!("testsrc2=size=320x180:rate=25:duration={SECONDS}");
    let sound = format!("sine=frequency=440:duration={SECONDS}");
    let mut arguments: Vec<String> =
        ["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", &pictures, "-f", "lavfi", "-i", &sound]
            .map(str::to_owned)
            .into();
    let mut described = Vec::new();
    for (index, (language, word)) in texts.iter().enumerate() {
        let file = workshop.file(&format!("{index}.srt"), script(word).as_bytes())?;
        arguments.extend(["-i".to_owned(), file.display().to_string()]);
        described.extend(["-map".to_owned(), (index + 2).to_string()]);
        described.extend([format!("-metadata:s:s:{index}"), format!("language={language}")]);
    }
    arguments.extend(["-map", "0", "-map", "1"].map(str::to_owned));
    arguments.extend(described);
    arguments
        .extend("-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac".split(' ').map(str::to_owned));
    arguments.extend(more.split(' ').map(str::to_owned));
    arguments.push(path.display().to_string());
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    run("ffmpeg", &arguments).await?;
    Ok(path)
}

#[tokio::test]
async fn every_language_is_offered_and_read_at_its_time() -> Result<()> {
    let workshop = Workshop::open()?;
    let texts = [("eng", "Word"), ("ger", "Wort"), ("fre", "Mot"), ("ger", "Schild")];
    let more = "-c:s:0 subrip -c:s:1 ass -c:s:2 webvtt -c:s:3 subrip -disposition:s:0 0 -disposition:s:1 default \
                -disposition:s:2 hearing_impaired -disposition:s:3 forced -metadata:s:s:2 title=Sourds \
                -output_ts_offset 10";
    let source = film(&workshop, "film.mkv", &texts, &words(more)).await?;
    let product = Product::start(&[]).await?;
    let api = product.api();
    let id = api.upload(&source).await?;
    let shown = loop_until_playable(&product, &id).await?;
    let listed: Vec<_> = shown
        .variants
        .alternatives
        .iter()
        .filter(|media| media.media_type == AlternativeMediaType::Subtitles)
        .map(|media| {
            let language = media.language.clone().unwrap_or_default();
            (language, media.name.clone(), media.default, media.autoselect, media.forced)
        })
        .collect();
    let expected = [
        ("eng", "eng", false, true, false),
        ("ger", "ger", true, true, false),
        ("fre", "Sourds", false, true, false),
        ("ger", "ger (2)", false, true, true),
    ];
    let expected = expected.map(|(language, name, d, a, f)| (language.to_owned(), name.to_owned(), d, a, f));
    ensure!(listed == expected, "{listed:?}");
    ensure!(
        shown.variants.variants.iter().all(|variant| variant.subtitles.is_some()),
        "{}",
        shown.master.text()
    );

    // Asked for while the pictures are being encoded: held until the text is there.
    for (rendition, (language, word)) in shown.subtitles.iter().zip(&texts) {
        let whole = cues(&product, rendition).await?;
        let expected: Vec<_> =
            (0..SECONDS / 10).map(|n| (f64::from(n) * 10.0 + 0.5, format!("{word} {n}"))).collect();
        ensure!(whole == expected, "{language}: {whole:?}");
    }
    api.wait_for(&id, "ready", LIMIT).await?;
    let shown = Presentation::open(api, &id).await?;
    ensure!(shown.findings().is_empty(), "{:?}", shown.findings());
    decode(shown.url.as_str()).await?;
    product.finish().await
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

async fn loop_until_playable(product: &Product, id: &str) -> Result<Presentation> {
    product.api().wait_for(id, "transcoding", LIMIT).await?;
    Presentation::open(product.api(), id).await
}

/// The cues of a rendition in seconds of the presentation, each once, as ffmpeg's own WebVTT reader finds them.
async fn cues(product: &Product, rendition: &e2e::RenditionView) -> Result<Vec<(f64, String)>> {
    let workshop = Workshop::open()?;
    let mut found: Vec<(f64, String)> = Vec::new();
    for index in 0..rendition.segments().len() {
        let answer = product.api().fetch(rendition.segment(index)?.as_str()).await?;
        ensure!(answer.status == 200, "segment {index}: {}", answer.text());
        let kind = answer.header("content-type").to_owned();
        ensure!(kind.starts_with("text/vtt"), "segment {index} is {kind}");
        ensure!(answer.text().contains("X-TIMESTAMP-MAP=MPEGTS:"), "{}", answer.text());
        let file = workshop.file("segment.vtt", &answer.body)?;
        let path = file.display().to_string();
        let read = run("ffmpeg", &["-nostdin", "-v", "error", "-i", &path, "-f", "srt", "-"]).await?;
        let text = String::from_utf8(read.stdout)?;
        for block in text.split("\n\n").filter(|block| !block.trim().is_empty()) {
            let lines: Vec<&str> = block.trim().lines().collect();
            let start = lines.get(1).and_then(|line| line.split_once(" --> ")).context("no times")?.0;
            let cue = (seconds(start).context("no time")?, lines[2..].join("\n"));
            if !found.contains(&cue) {
                found.push(cue);
            }
        }
    }
    Ok(found)
}

/// `00:01:02,500` in seconds.
fn seconds(text: &str) -> Option<f64> {
    let numbers: Option<Vec<f64>> = text.split([':', ',']).map(|part| part.parse().ok()).collect();
    let numbers = numbers.filter(|numbers| numbers.len() == 4)?;
    Some(numbers[0] * 3600.0 + numbers[1] * 60.0 + numbers[2] + numbers[3] / 1000.0)
}

#[tokio::test]
async fn damaged_subtitles_cost_the_video_nothing() -> Result<()> {
    let workshop = Workshop::open()?;
    let source = film(&workshop, "film.mkv", &[("eng", "Word"), ("ger", "Wort")], "-c:s subrip").await?;
    let mut bytes = std::fs::read(&source)?;
    let mut damaged = 0;
    for at in 0..bytes.len() - 6 {
        if bytes[at..].starts_with(b"Word ") || bytes[at..].starts_with(b"Wort 3") {
            bytes[at..at + 4].copy_from_slice(&[0xff, 0x00, 0xc0, 0x80]);
            damaged += 1;
        }
    }
    note(format_args!("{damaged} cues damaged"));
    let source = workshop.file("damaged.mkv", &bytes)?;
    let product = Product::start(&[]).await?;
    let id = product.api().upload(&source).await?;
    product.api().wait_for(&id, "ready", LIMIT).await?;
    let shown = Presentation::open(product.api(), &id).await?;
    ensure!(shown.findings().is_empty(), "{:?}", shown.findings());
    let texts: Vec<String> =
        cues(&product, &shown.subtitles[1]).await?.into_iter().map(|(_, text)| text).collect();
    ensure!(texts == ["Wort 0", "Wort 1", "Wort 2", "Wort 4", "Wort 5"], "{texts:?}");
    ensure!(cues(&product, &shown.subtitles[0]).await?.is_empty(), "what is no text is shown");
    product.finish().await
}
