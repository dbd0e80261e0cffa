//! hls.js in a headless Chromium and VLC play the producer's live stream, across its gap: how far behind the clock they are, and
//! that they can go back in the window. `E2E_LONG=1` makes it three minutes.

use anyhow::{Context, Result, ensure};
use e2e::{Api, Browser, Product, Vlc, Workshop, note, run, until};
use serde::Deserialize;
use std::{
    ops::Range,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::time::Instant;
use url::Url;

const LIMIT: Duration = Duration::from_secs(120);
/// The producer's segments are half a second to a second long.
const TARGET_SECONDS: f64 = 1.0;
/// Three target durations, which players keep by rule, and two seconds.
const MOST_BEHIND: f64 = 3.0 * TARGET_SECONDS + 2.0;
/// On a machine that does other things as well.
const BUSY_MARGIN: f64 = 3.0;
/// So many segments follow the producer's gap at least.
const AFTER_GAP: u32 = 5;
/// VLC stays 15 s behind the newest segment by itself.
const VLC_BEHIND: u64 = 15;

/// How long one watches.
struct Plan {
    long: bool,
    browser: Duration,
    vlc: Duration,
}

impl Plan {
    fn chosen() -> Self {
        if std::env::var("E2E_LONG").is_ok_and(|value| value != "0") {
            Self { long: true, browser: Duration::from_secs(180), vlc: Duration::from_secs(180) }
        } else {
            Self { long: false, browser: Duration::from_secs(25), vlc: Duration::from_secs(10) }
        }
    }

    /// How many segments the stream needs, of 0.75 s on average, and with a minute to spare.
    fn segments(&self) -> u64 {
        (self.browser.as_secs().max(self.vlc.as_secs()) + 60) * 4 / 3
    }
}

/// What `play.mjs` reports of a live stream.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    fatal: Vec<String>,
    errors: Vec<String>,
    stalls: u32,
    /// How far behind the clock it was, in seconds, every half second.
    delays: Vec<f64>,
    gaps_passed: u32,
    back: Back,
    played: f64,
    pictures: u64,
    corrupted: u64,
    sound_bytes: u64,
}

/// Going back in the window.
#[derive(Debug, Deserialize)]
struct Back {
    to: f64,
    gap: Option<f64>,
    reached: f64,
}

#[tokio::test]
async fn players_follow_a_live_stream_across_its_gap() -> Result<()> {
    let plan = Plan::chosen();
    let (browser, vlc) = (Browser::find("live stream"), Vlc::find("live stream"));
    if browser.is_none() && vlc.is_none() {
        return Ok(());
    }
    let workshop = Workshop::open()?;
    let segments = plan.segments().to_string();
    let product = Product::start(&[
        ("PRODUCER", "on"),
        ("VOD_INTERVAL_MIN", "86400"),
        ("VOD_INTERVAL_MAX", "86400"),
        ("LIVE_SEGMENTS", &segments),
        ("DVR_WINDOW_SIZE", "1000"),
    ])
    .await?;
    let stream = Stream::open(product.api().clone()).await?;
    tokio::try_join!(
        async {
            match &browser {
                Some(browser) => in_the_browser(browser, &workshop, &stream, &plan).await,
                None => Ok(()),
            }
        },
        async {
            match &vlc {
                Some(program) => in_vlc(program, &workshop, &stream, &plan).await,
                None => Ok(()),
            }
        },
    )?;
    product.finish().await
}

/// hls.js begins at the live edge, stays there over the gap, and goes back.
async fn in_the_browser(browser: &Browser, workshop: &Workshop, stream: &Stream, plan: &Plan) -> Result<()> {
    let seconds = plan.browser.as_secs();
    let mode = ["live", &seconds.to_string(), if plan.long { "gap" } else { "" }];
    let report: Report =
        browser.play(workshop, stream.master.as_str(), &mode, plan.browser + 2 * LIMIT).await?;
    let mut delays = report.delays.clone();
    delays.sort_by(f64::total_cmp);
    let (middle, most) = (delays[delays.len() / 2], delays[delays.len() - 1]);
    note(format_args!(
        "hls.js: {:.1} s played of {seconds} s asked for, {} stalls, {} gaps passed; behind the clock by {middle:.2} s (median), \
         {most:.2} s at most",
        report.played, report.stalls, report.gaps_passed,
    ));
    ensure!(report.fatal.is_empty(), "fatal errors: {:?}", report.fatal);
    let most_allowed = if plan.long { MOST_BEHIND } else { MOST_BEHIND + BUSY_MARGIN };
    ensure!(delays.len() as u64 > seconds && most < most_allowed, "{most} s behind: {:?}", report.errors);
    ensure!(!plan.long || report.gaps_passed > 0, "no gap was passed: {report:?}");
    ensure!(report.played > 0.9 * seconds as f64 - BUSY_MARGIN, "{} s played", report.played);
    ensure!(report.corrupted == 0 && report.pictures > 15 * seconds, "{report:?}");
    ensure!(report.sound_bytes > 1_000 * seconds, "{} bytes of sound", report.sound_bytes);
    let gap = report.back.gap.context("the stream has no gap")?;
    ensure!(report.back.to < gap && report.back.reached > gap, "{:?}", report.back);
    Ok(())
}

/// VLC begins near the live edge, and goes back to the beginning of the window and over the gap.
async fn in_vlc(program: &Path, workshop: &Workshop, stream: &Stream, plan: &Plan) -> Result<()> {
    until("the window is longer than VLC stays behind", LIMIT, async || {
        Ok((stream.seconds().await? > (VLC_BEHIND + 7) as f64).then_some(()))
    })
    .await?;
    let mut vlc = Vlc::play_with_snapshots(program, stream.master.as_str()).await?;
    let (began, window) = until("VLC plays", LIMIT, async || vlc.position().await).await?;
    ensure!(window - began <= VLC_BEHIND + 5, "VLC began at {began} s of {window} s");
    let watched = Instant::now();
    until("VLC has played on", plan.vlc + LIMIT, async || Ok((watched.elapsed() > plan.vlc).then_some(())))
        .await?;
    let (now, _) = vlc.position().await?.context("VLC does not play any more")?;
    let delays = delays(workshop, &vlc).await?;
    note(format_args!(
        "VLC: began at {began} s of {window} s, {} s played in {:?}; {:.1} s behind the clock at first, {:.1} s at last",
        now - began,
        plan.vlc,
        delays[0],
        delays[delays.len() - 1],
    ));
    ensure!(
        (now - began) as f64 > 0.8 * plan.vlc.as_secs_f64(),
        "VLC: from {began} s to {now} s\n{}",
        vlc.log()
    );

    vlc.ask("seek 0").await?;
    let beginning = async || Ok(vlc.position().await?.filter(|(at, _)| *at < now / 2));
    until("VLC shows the beginning of the window", LIMIT, beginning).await?;
    let gap = until("the stream has its gap", LIMIT, || stream.gap()).await?;
    vlc.ask(&format!("seek {}", gap.start.saturating_sub(2))).await?;
    // It seeks to a keyframe, so not far beyond the gap is where it came to by playing.
    let across =
        async || Ok(vlc.position().await?.filter(|(at, _)| (gap.end + 1..gap.end + 10).contains(at)));
    let (at, _) = until("VLC plays over the gap", LIMIT, across).await?;
    let shown = vlc.shown().await?;
    note(format_args!("VLC went back to the gap at {} s, and played on to {at} s: {shown:?}", gap.start));
    ensure!(shown.pictures > 15 * plan.vlc.as_secs(), "{shown:?}\n{}", vlc.log());
    vlc.end().await?;
    Ok(())
}

/// How far behind the clock pictures were when they were shown, in seconds, by the tenth of the minute that is burnt into them.
async fn delays(workshop: &Workshop, vlc: &Vlc) -> Result<Vec<f64>> {
    let mut delays = Vec::new();
    for (number, (shown, file)) in vlc.snapshots()?.into_iter().enumerate() {
        let copy = workshop.path(&format!("snapshot-{number}.png"));
        std::fs::copy(file, &copy)?;
        delays.push(behind(shown, tenth(&copy).await?)?);
    }
    ensure!(!delays.is_empty(), "VLC kept no pictures\n{}", vlc.log());
    Ok(delays)
}

/// Less than a minute.
fn behind(shown: SystemTime, tenth: u64) -> Result<f64> {
    let now = u64::try_from(shown.duration_since(UNIX_EPOCH)?.as_millis())? / 100;
    Ok(((now + 600 - tenth) % 600) as f64 / 10.0)
}

/// The tenth of the minute that a picture of the producer shows: ten blocks, the lowest digit to the left.
async fn tenth(picture: &Path) -> Result<u64> {
    let filter = "scale=320:180,crop=320:2:0:70,scale=10:1:flags=area";
    let picture = picture.display().to_string();
    let arguments = ["-v", "error", "-i", &picture, "-vf", filter, "-f", "rawvideo", "-pix_fmt", "gray", "-"];
    let row = run("ffmpeg", &arguments).await?.stdout;
    Ok(row.iter().zip(0..).map(|(lit, digit)| u64::from(*lit > 128) << digit).sum())
}

/// The producer's stream.
struct Stream {
    api: Api,
    master: Url,
    playlist: Url,
}

impl Stream {
    /// Waits until it lists something.
    async fn open(api: Api) -> Result<Self> {
        let id = until("the producer's stream lists segments", LIMIT, async || {
            let streams = api.get("/streams?status=live").await?.json()?;
            let stream = &streams["streams"][0];
            let listed = stream["format"]["codecs"].is_string();
            Ok(stream["stream_id"].as_str().filter(|_| listed).map(str::to_owned))
        })
        .await?;
        let live = api.get(&format!("/streams/{id}/live")).await?.json()?;
        let master = Url::parse(live["manifest_url"].as_str().context("no manifest_url")?)?;
        let text = api.get(master.as_str()).await?.text();
        let playlist = master.join(text.lines().last().context("a variant")?)?;
        Ok(Self { api, master, playlist })
    }

    /// What its playlist lists: whether it is a gap, and how long it is in seconds.
    async fn segments(&self) -> Result<Vec<(bool, f64)>> {
        let text = self.api.get(self.playlist.as_str()).await?.text();
        let (mut segments, mut gap) = (Vec::new(), false);
        for line in text.lines() {
            gap |= line == "#EXT-X-GAP";
            if let Some(length) = line.strip_prefix("#EXTINF:") {
                segments.push((false, length.trim_end_matches(',').parse()?));
            } else if !line.starts_with('#')
                && let Some(last) = segments.last_mut()
            {
                last.0 = std::mem::take(&mut gap);
            }
        }
        Ok(segments)
    }

    /// How long all of it is, in seconds.
    async fn seconds(&self) -> Result<f64> {
        Ok(self.segments().await?.iter().map(|(_, seconds)| seconds).sum())
    }

    /// Where its gap is, in whole seconds from the beginning of the window, once the stream has gone on after it.
    async fn gap(&self) -> Result<Option<Range<u64>>> {
        let (mut at, mut gap, mut listed_after) = (0.0, None, 0);
        for (is_gap, seconds) in self.segments().await? {
            match (is_gap, &mut gap) {
                (true, None) => gap = Some((at, at + seconds)),
                (true, Some((_, end))) if listed_after == 0 => *end = at + seconds,
                (true, Some(_)) => {}
                (false, _) => listed_after += u32::from(gap.is_some()),
            }
            at += seconds;
        }
        // A stream has so many after its gap, however late that comes.
        let gap = gap.filter(|_| listed_after >= AFTER_GAP);
        Ok(gap.map(|(start, end)| start as u64..end.ceil() as u64))
    }
}
