//! Playlists as players get them: from the plan, with relative addresses.

use super::{name, token::Purpose};
use crate::{
    live,
    path::Path,
    problem::{Code, Problem},
    state::State,
};
use axum::{
    extract::State as Extracted,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    StreamId,
    collection::JOBS_BY_STREAM,
    job::JobState,
    plan::Plan,
    stills::{POSTER, STORYBOARD},
    video::{Video, VideoStatus},
};
use futures::TryStreamExt;
use hls::vod::{self, Addresses};
use ports::Query;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Jobs that are read at once.
const PAGE: u32 = 200;

/// The name of every media playlist.
pub(crate) const NAME: &str = name::PLAYLIST;

/// Whoever opened a video may watch it for so long at least, pauses included.
const PLAYBACK_SECONDS: i64 = 6 * 3600;
/// Tokens end on such a grid, so that all viewers of a quarter hour share their addresses, and caches with them.
const SHARED_SECONDS: i64 = 900;

/// The master playlist.
pub(crate) async fn master(
    Extracted(state): Extracted<State>,
    Path((token, stream)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    state.open(&token, Purpose::Link, &stream)?;
    let video = state.video(&stream).await?;
    if let Some(recording) = &video.recording {
        state.require_playable(&video)?;
        let length = i64::try_from(recording.duration_us / 1_000_000).unwrap_or(i64::MAX / 4);
        let folder = folder(&state, &stream, PLAYBACK_SECONDS.max(2 * length));
        return Ok(answer(live::play::recording_master(&video, recording, &folder), &headers, 60));
    }
    let plan = planned(&state, &video)?;
    let addresses = Relative { folder: folder(&state, &stream, playback_seconds(plan)) };
    let measured = (video.status == VideoStatus::Ready).then(|| vod::Measured::of(&video));
    let text = vod::master(plan, measured, &addresses).to_m3u8();
    Ok(answer(text, &headers, 60))
}

/// The playlist of one rendition.
pub(super) async fn media(
    state: &State,
    stream: &StreamId,
    rendition: &str,
    headers: &HeaderMap,
    valid_for: i64,
) -> Result<Response, Problem> {
    let video = state.video(stream.as_str()).await?;
    let plan = planned(state, &video)?;
    let addresses = Relative { folder: String::new() };
    let media = vod::media(plan, rendition, &addresses)
        .ok_or_else(|| Problem::new(Code::NotFound, "The video has no such rendition."))?;
    Ok(answer(media.to_m3u8(), headers, valid_for))
}

/// The playlist of a rendition's single pictures: where they are in its segments is known when all of it is encoded.
pub(super) async fn frames(
    state: &State,
    stream: &StreamId,
    rendition: &str,
    headers: &HeaderMap,
    valid_for: i64,
) -> Result<Response, Problem> {
    let video = state.video(stream.as_str()).await?;
    let plan = planned(state, &video)?;
    let missing = || Problem::new(Code::NotFound, "There is no such file in this rendition.");
    if video.status != VideoStatus::Ready || !video.keyframe_rates.contains_key(rendition) {
        return Err(missing());
    }
    let mut known = BTreeMap::new();
    let done = Query::of(JOBS_BY_STREAM, vec![stream.as_str().into(), JobState::Done.name().into()], PAGE);
    let mut jobs = state.jobs.every(done);
    while let Some(job) = jobs.try_next().await? {
        let tracks = job.outputs.into_iter().flat_map(|outputs| outputs.tracks);
        let segments = tracks.filter(|track| track.rendition == rendition).flat_map(|track| track.segments);
        known.extend(segments.map(|segment| (segment.index, segment.keyframes)));
    }
    let addresses = Relative { folder: String::new() };
    let playlist = vod::frames(plan, rendition, |index| known.get(&index).cloned(), &addresses);
    Ok(answer(playlist.ok_or_else(missing)?.to_m3u8(), headers, valid_for))
}

/// The index of the storyboard: a WebVTT file whose cues are places on sheets.
pub(super) async fn storyboard(
    state: &State,
    stream: &StreamId,
    rendition: &str,
    headers: &HeaderMap,
    valid_for: i64,
) -> Result<Response, Problem> {
    let video = state.video(stream.as_str()).await?;
    let plan = planned(state, &video)?;
    let sheet = |number| format!("{number}{}", name::STILL_EXTENSION);
    let index = vod::storyboard(plan, sheet).filter(|_| rendition == STORYBOARD);
    let index =
        index.ok_or_else(|| Problem::new(Code::NotFound, "There is no such file in this rendition."))?;
    Ok(answer_as("text/vtt; charset=utf-8", index.to_text(), headers, valid_for))
}

/// The addresses of a video's poster and of the index of its storyboard, below the API's own; `None` without pictures.
pub(super) fn stills(state: &State, video: &Video, base: &str) -> Option<(String, String)> {
    let plan = video.plan.as_ref().filter(|plan| plan.stills.is_some())?;
    let stream = video.stream_id.as_str();
    let folder = format!("{base}/play/{}/{stream}", token(state, stream, playback_seconds(plan)));
    let poster = format!("{folder}/{POSTER}/0{}", name::STILL_EXTENSION);
    Some((poster, format!("{folder}/{STORYBOARD}/{}", name::STORYBOARD)))
}

/// For how many seconds whoever opens a video may watch it.
fn playback_seconds(plan: &Plan) -> i64 {
    PLAYBACK_SECONDS.max(2 * plan.grid.duration_us() / 1_000_000)
}

fn planned<'a>(state: &State, video: &'a Video) -> Result<&'a Plan, Problem> {
    state.require_playable(video)?;
    let missing = || Problem::new(Code::NotPlayableYet, "The video is not planned yet.");
    video.plan.as_ref().ok_or_else(missing)
}

/// Where a master playlist finds its renditions: under a token that is good for so many seconds at least.
pub(crate) fn folder(state: &State, stream: &str, seconds: i64) -> String {
    format!("../../{}/{stream}/", token(state, stream, seconds))
}

/// A token that is good for so many seconds at least.
fn token(state: &State, stream: &str, seconds: i64) -> String {
    let until = state.clock.now().as_seconds().saturating_add(seconds);
    let until = (until / SHARED_SECONDS + 1) * SHARED_SECONDS;
    state.tokens.sign(Purpose::Playback, stream, until)
}

/// A playlist that viewers may keep for so many seconds.
pub(crate) fn answer(text: String, request: &HeaderMap, max_age: i64) -> Response {
    answer_as("application/vnd.apple.mpegurl", text, request, max_age)
}

fn answer_as(content_type: &str, text: String, request: &HeaderMap, max_age: i64) -> Response {
    let etag = format!("\"{}\"", hex::encode(&Sha256::digest(&text)[..12]));
    let headers = [
        (header::CONTENT_TYPE, content_type.to_owned()),
        (header::CACHE_CONTROL, format!("private, max-age={max_age}")),
        (header::ETAG, etag.clone()),
    ];
    let known = request.get(header::IF_NONE_MATCH).is_some_and(|sent| sent.as_bytes() == etag.as_bytes());
    if known { (StatusCode::NOT_MODIFIED, headers).into_response() } else { (headers, text).into_response() }
}

/// Addresses relative to the playlist that names them.
struct Relative {
    /// Where renditions' folders are, seen from the master.
    folder: String,
}

impl Addresses for Relative {
    fn playlist(&self, rendition: &str) -> String {
        format!("{}{rendition}/{}", self.folder, name::PLAYLIST)
    }

    fn init(&self, _: &str) -> String {
        name::INIT.to_owned()
    }

    fn segment(&self, _: &str, index: u32) -> String {
        format!("{index}{}", name::SEGMENT_EXTENSION)
    }

    fn subtitles(&self, _: &str, index: u32) -> String {
        format!("{index}{}", name::SUBTITLES_EXTENSION)
    }

    fn frames(&self, rendition: &str) -> Option<String> {
        Some(format!("{}{rendition}/{}", self.folder, name::FRAMES))
    }
}
