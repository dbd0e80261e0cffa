//! What players of live streams and of their recordings meet.

use super::{filler, listing::Listing};
use crate::{
    path::Path,
    playback::{Purpose, delivery, playlists},
    problem::{Code, Problem},
    state::State,
};
use axum::{extract::State as Extracted, http::HeaderMap, response::Response};
use domain::{
    StreamId,
    live::{Format, Stream},
    object::ObjectKey,
    video::{MeasuredRate, Recording, Video},
};
use std::sync::Arc;

/// The folder of the live playlist, and that of the recording's.
const LIVE: &str = "live";
const RECORDING: &str = "recording";

/// Whoever opened a stream may watch it for so long, in seconds.
const WATCH_SECONDS: i64 = 24 * 3600;

/// What a stream is said to need before its first segment is measured: 2 Mb/s.
const UNMEASURED: MeasuredRate =
    MeasuredRate { bytes: 250_000, duration_us: 1_000_000, peak_bps: 2_000_000, waiting: None };

/// The master playlist of a stream while it is live, and of its window afterwards.
pub(crate) async fn master(
    Extracted(state): Extracted<State>,
    Path((token, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    state.open(&token, Purpose::Link, &id)?;
    let id = super::live_id(&id)?;
    let stream = measured_stream(&state, &id).await?;
    let folder = playlists::folder(&state, id.as_str(), WATCH_SECONDS);
    let rate = Some(stream.timeline.rate).filter(|rate| rate.duration_us > 0).unwrap_or(UNMEASURED);
    let master = hls::live::master(&stream.format, &rate, format!("{folder}{LIVE}/{}", playlists::NAME));
    Ok(playlists::answer(master.to_m3u8(), &headers, 1))
}

/// A stream, as it was within the last second; but not as it was before its first segment, once that is listed: a player reads
/// the master once, and would never learn of its formats.
async fn measured_stream(state: &State, id: &StreamId) -> Result<Arc<Stream>, Problem> {
    let stream = state.recent_stream(id).await?;
    if stream.timeline.next.is_some() || state.playlists.get(id).is_none_or(|listing| listing.first.is_none())
    {
        return Ok(stream);
    }
    state.recent.forget(id);
    state.recent_stream(id).await
}

/// The master playlist of a recording. `folder` is where its renditions are.
pub(crate) fn recording_master(video: &Video, recording: &Recording, folder: &str) -> String {
    let format = Format {
        resolution: video.resolution.clone(),
        codecs: recording.codecs.clone(),
        frame_rate: recording.frame_rate,
        audio_track_id: None,
        video_track_id: None,
    };
    let rate = video.rates.get(domain::live::RENDITION).copied().unwrap_or(UNMEASURED);
    hls::live::master(&format, &rate, format!("{folder}{RECORDING}/{}", playlists::NAME)).to_m3u8()
}

/// A playlist or a segment of a stream or its recording.
pub(crate) async fn file(
    state: &State,
    id: &StreamId,
    (folder, file): (&str, &str),
    headers: &HeaderMap,
    valid_for: i64,
) -> Result<Response, Problem> {
    match (folder, file) {
        (LIVE, playlists::NAME) => Ok(listing(state, id).await?.answer(headers)),
        (RECORDING, playlists::NAME) => recording(state, id, headers, valid_for).await,
        (LIVE | RECORDING, segment) => match hls::live::segment_number(segment) {
            Some(number) => self::segment(state, id, number, headers).await,
            None => Err(nothing()),
        },
        _ => Err(nothing()),
    }
}

fn nothing() -> Problem {
    Problem::new(Code::NotFound, "There is no such file in this stream.")
}

/// The newest playlist: from memory, and from the catalog only where the log has not told of the stream yet.
async fn listing(state: &State, id: &StreamId) -> Result<Arc<Listing>, Problem> {
    if let Some(listing) = state.playlists.get(id) {
        return Ok(listing);
    }
    let stream = state.stream(id.as_str()).await?;
    let rank = (stream.timeline.epoch, stream.timeline.version);
    let text = hls::live::playlist(&stream, hls::live::segment_name).to_m3u8();
    Ok(state.playlists.offer(id, rank, text))
}

/// The recording's playlist, as it was stored when the stream ended.
async fn recording(
    state: &State,
    id: &StreamId,
    headers: &HeaderMap,
    valid_for: i64,
) -> Result<Response, Problem> {
    let video = state.video(id.as_str()).await?;
    state.require_playable(&video)?;
    let listing = state.recordings.get(&*state.objects, id).await?;
    Ok(listing.answer_for(headers, valid_for))
}

async fn segment(
    state: &State,
    id: &StreamId,
    number: u32,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    if !state.playlists.get(id).is_some_and(|listing| listing.has(number)) {
        match standing(&state.stream(id.as_str()).await?, number) {
            Standing::There => {}
            Standing::Gap => return Ok(filler::answer()),
            Standing::Unknown => return Err(Problem::new(Code::NotFound, "The stream has no such segment.")),
        }
    }
    let key = ObjectKey::LiveSegment { stream: id.clone(), number };
    delivery::answer(state, &key, headers).await
}

/// What a stream's document says of a segment.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    /// It is stored.
    There,
    /// It never came.
    Gap,
    /// It is not decided, or has no place.
    Unknown,
}

fn standing(stream: &Stream, number: u32) -> Standing {
    let timeline = &stream.timeline;
    if timeline.next.is_none_or(|next| number >= next) {
        return Standing::Unknown;
    }
    match (timeline.late.contains(number), timeline.is_gap(number), timeline.skipped.contains(number)) {
        (true, ..) | (false, false, false) => Standing::There,
        (false, true, _) => Standing::Gap,
        (false, false, true) => Standing::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Timestamp, live::NewStream};

    #[test]
    fn a_gap_gets_filler_until_its_segment_comes_late() {
        let new = NewStream {
            stream_id: StreamId::live([1; 5]),
            match_id: None,
            home_team: "a".to_owned(),
            away_team: "b".to_owned(),
            competition: String::new(),
            target_duration: None,
        };
        let mut stream = Stream::started(new, Timestamp::from_millis(0));
        assert_eq!(standing(&stream, 0), Standing::Unknown);
        stream.timeline.next = Some(6);
        stream.timeline.gaps.insert(2);
        stream.timeline.gaps.insert(3);
        stream.timeline.late.insert(3);
        stream.timeline.skipped.insert(4);
        let found: Vec<Standing> = (1..=6).map(|number| standing(&stream, number)).collect();
        let (there, gap, unknown) = (Standing::There, Standing::Gap, Standing::Unknown);
        assert_eq!(found, [there, gap, Standing::There, unknown, Standing::There, Standing::Unknown]);
    }
}
