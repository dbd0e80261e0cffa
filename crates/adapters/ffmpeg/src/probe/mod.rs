//! A look into a source: headers, packets and the first pictures, side by side.

mod boxes;
mod decode;
mod encryption;
mod format;
mod jumps;
mod packets;
mod ranges;
mod streams;
mod tables;

use crate::{config::FfmpegConfig, limits::Limits, mend, process::Bounds};
use boxes::Moov;
use domain::{
    completeness,
    media::{AudioTrack, MediaInfo, VideoTrack},
    note::{Note, NoteCode},
    rate::Rate,
    rejection::{Rejection, RejectionCode},
    timeline::{Packet, Timeline},
};
use format::InOrder;
use packets::{Heard, Track};
use ports::{MediaError, Source, Urgency};
use ranges::Ranges;
use std::{collections::BTreeMap, time::Duration};
use streams::{AudioStream, Headers, VideoStream};

/// Tracks of sound that are offered; more of them are left out.
const AUDIO_TRACKS: usize = 8;
/// Tracks of text subtitles that are offered; more of them are left out.
const SUBTITLE_TRACKS: usize = 16;

/// Looks into a source.
pub(crate) async fn look(config: &FfmpegConfig, source: &Source) -> Result<MediaInfo, MediaError> {
    let found = look_once(config, source).await;
    match (source, found) {
        // The limits on time are those of files, and a line may be slow.
        (Source::Address(_), Err(MediaError::Rejected(why))) if why.code == RejectionCode::TooCostly => {
            tracing::debug!(reason = why.text, "the source is wanted as a file");
            Err(MediaError::NeedsFile)
        }
        (_, found) => found,
    }
}

async fn look_once(config: &FfmpegConfig, source: &Source) -> Result<MediaInfo, MediaError> {
    let ranges = Ranges::of(source).await?;
    within_size(ranges.size(), &config.limits)?;
    let format = InOrder::of(&ranges.read(0, format::TELLING_BYTES).await?);
    let moov = boxes::moov(&ranges).await?;
    if let Some(what) = encryption::find(&ranges, format, &moov).await? {
        return Err(rejected(
            RejectionCode::Encrypted,
            format!(
                "The file is protected ({what}) and cannot be decoded. Upload a copy without protection."
            ),
        ));
    }
    // The packets of a long file may take a while; whatever else is wrong with it ends that at once.
    let (packets, (mut headers, decoded)) =
        tokio::try_join!(tracks(config, source, format, moov), headers(config, source))?;
    let (mut packets, streams) = (packets.ok_or(MediaError::NeedsFile)?, headers.streams());
    let mended = headers.container == "mpegts"
        && ranges.size() <= mend::MOST_BYTES
        && jumps::in_any(&streams, &packets);
    if mended {
        packets = jumps::mended(config, source, &streams).await?;
        headers.renumber();
    }
    let info = assemble(headers, packets, &decoded, &config.limits)?;
    Ok(MediaInfo { mended: if mended { streams } else { Vec::new() }, ..info })
}

/// All packets by stream: from tables where these say everything, else one by one; `None` where that would be a request for each of
/// them, because demuxers go to and fro in the format, if it is one at all, which its headers say.
///
/// # Errors
/// [`MediaError::NeedsFile`]: it is MP4 or MOV, but demuxers go to and fro even for its headers, such as from fragment to fragment.
async fn tracks(
    config: &FfmpegConfig,
    source: &Source,
    format: Option<InOrder>,
    moov: Moov,
) -> Result<Option<BTreeMap<u32, Track>>, MediaError> {
    let is_movie = !moov.contents.is_empty();
    let doubt = match tables::read(config, source, moov).await? {
        Ok(tracks) => return Ok(Some(tracks)),
        Err(doubt) => doubt,
    };
    tracing::debug!(reason = doubt.0, "all packets of the source are read");
    match (source, format) {
        (Source::Address(_), None) if is_movie => Err(MediaError::NeedsFile),
        (Source::Address(_), None) => Ok(None),
        _ => packets::read(config, source).await.map(Some),
    }
}

async fn headers(config: &FfmpegConfig, source: &Source) -> Result<(Headers, Decoded), MediaError> {
    let mut headers = streams::read(config, source).await?;
    keep_some(&mut headers);
    let picture = async {
        match &headers.video {
            Some(video) => decode::first_picture(config, source, video).await.map(Some),
            None => Ok(None),
        }
    };
    let sounds = futures::future::try_join_all(
        headers.audio.iter().map(|stream| decode::sounds(config, source, stream.index)),
    );
    let (first_picture_us, sounds) = tokio::try_join!(picture, sounds)?;
    let mut sound = sounds.iter();
    let silent = headers.audio.extract_if(.., |_| !sound.next().copied().unwrap_or(false));
    let notes: Vec<Note> = silent.map(|stream| sound_left_out(&stream, "it does not decode")).collect();
    headers.notes.extend(notes);
    if headers.video.is_none() && headers.audio.is_empty() {
        return Err(decode::nothing("sound"));
    }
    Ok((headers, Decoded { first_picture_us: first_picture_us.flatten() }))
}

/// Leaves out what is too much, and says so.
fn keep_some(headers: &mut Headers) {
    let excess = headers.audio.drain(AUDIO_TRACKS.min(headers.audio.len())..);
    let why = format!("only the first {AUDIO_TRACKS} sound tracks are kept");
    headers.notes.extend(excess.map(|stream| sound_left_out(&stream, &why)));
    let excess = headers.subtitles.drain(SUBTITLE_TRACKS.min(headers.subtitles.len())..);
    headers.notes.extend(excess.map(|track| {
        let index = track.stream_index;
        let text = format!(
            "The subtitles in track {index} are left out: only the first {SUBTITLE_TRACKS} are kept."
        );
        Note::new(NoteCode::SubtitlesLeftOut, text)
    }));
}

fn sound_left_out(stream: &AudioStream, why: &str) -> Note {
    let AudioStream { index, codec, .. } = stream;
    Note::new(NoteCode::SoundLeftOut, format!("The sound in track {index} ({codec}) is left out: {why}."))
}

/// What came out of the decoders.
struct Decoded {
    /// When the first picture shows, as the decoder says; `None` where it does not say.
    first_picture_us: Option<i64>,
}

fn assemble(
    headers: Headers,
    mut tracks: BTreeMap<u32, Track>,
    decoded: &Decoded,
    limits: &Limits,
) -> Result<MediaInfo, MediaError> {
    let indexed = ["mov", "matroska"].iter().any(|name| headers.container.split(',').any(|n| n == *name));
    let video = match headers.video {
        Some(stream) => Some(video_track(stream, &mut tracks, decoded, limits)?),
        None => None,
    };
    let audio: Vec<AudioTrack> =
        headers.audio.into_iter().filter_map(|stream| audio_track(stream, &tracks)).collect();
    if let Some(longest) = audio.iter().map(|track| track.end_us - track.start_us).max() {
        within_length(longest, limits)?;
    }
    if video.is_none() && audio.is_empty() {
        return Err(decode::nothing("sound"));
    }
    let subtitles = headers.subtitles.into_iter().filter(|track| tracks.contains_key(&track.stream_index));
    let (subtitles, declared_us, notes) = (subtitles.collect(), headers.declared_us, headers.notes);
    let mut info = MediaInfo {
        container: headers.container,
        indexed,
        video,
        audio,
        subtitles,
        declared_us,
        mended: Vec::new(),
        notes,
    };
    info.notes.extend(completeness::note(&info));
    Ok(info)
}

fn video_track(
    stream: VideoStream,
    tracks: &mut BTreeMap<u32, Track>,
    decoded: &Decoded,
    limits: &Limits,
) -> Result<VideoTrack, MediaError> {
    let track = tracks.remove(&stream.index).ok_or_else(|| decode::nothing("picture"))?;
    let delay_us = match (track.heard, decoded.first_picture_us) {
        // Without presentation times, decoders show a picture when the packets behind it have come.
        (Heard::DecodeTimes, Some(first_us)) => (first_us - track.start_us).max(0),
        _ => 0,
    };
    let mut pictures = track.pictures;
    pictures.iter_mut().for_each(|packet| packet.pts_us += delay_us);
    let mut timeline = timeline(pictures, &stream.rates).ok_or_else(|| decode::nothing("picture"))?;
    timeline.untimed = track.untimed;
    within_length(timeline.end_us - timeline.start_us, limits)?;
    within_rate(&timeline, limits)?;
    Ok(VideoTrack {
        stream_index: stream.index,
        codec: stream.codec,
        width: stream.width,
        height: stream.height,
        interlaced: stream.interlaced,
        high_dynamic_range: stream.high_dynamic_range,
        timeline,
    })
}

/// Containers have two rates to offer, and either may be the one that the pictures keep.
fn timeline(packets: Vec<Packet>, rates: &[Rate]) -> Option<Timeline> {
    let (last, others) = rates.split_last().map_or((None, rates), |(last, others)| (Some(*last), others));
    let constant = others
        .iter()
        .filter_map(|rate| Timeline::of(packets.clone(), Some(*rate)))
        .find(|timeline| timeline.constant);
    constant.or_else(|| Timeline::of(packets, last))
}

fn audio_track(stream: AudioStream, tracks: &BTreeMap<u32, Track>) -> Option<AudioTrack> {
    let track = tracks.get(&stream.index)?;
    Some(AudioTrack {
        stream_index: stream.index,
        codec: stream.codec,
        language: stream.language,
        channels: stream.channels,
        start_us: track.start_us,
        end_us: track.end_us,
    })
}

fn within_size(bytes: u64, limits: &Limits) -> Result<(), MediaError> {
    if bytes == 0 {
        return Err(rejected(RejectionCode::NotMedia, "The file is empty. Upload it again."));
    }
    if bytes <= limits.bytes {
        return Ok(());
    }
    let limit = limits.bytes;
    Err(rejected(
        RejectionCode::OverLimit,
        format!("The file has {bytes} bytes; {limit} are allowed. Upload a smaller one or its parts."),
    ))
}

fn within_length(micros: i64, limits: &Limits) -> Result<(), MediaError> {
    let seconds = micros / 1_000_000;
    if u64::try_from(seconds).is_ok_and(|seconds| seconds <= limits.seconds) {
        return Ok(());
    }
    let limit = limits.seconds;
    Err(rejected(
        RejectionCode::OverLimit,
        format!("The file plays for {seconds} seconds; {limit} are allowed. Upload it in parts."),
    ))
}

fn within_rate(timeline: &Timeline, limits: &Limits) -> Result<(), MediaError> {
    let mean = timeline.frames as f64 * 1e6 / (timeline.end_us - timeline.start_us).max(1) as f64;
    // A handful of pictures with odd durations has no rate to speak of.
    if mean <= limits.rate || timeline.frames < 10 {
        return Ok(());
    }
    let limit = limits.rate.floor();
    Err(rejected(
        RejectionCode::OverLimit,
        format!(
            "The file shows {mean:.0} pictures per second; {limit} are allowed. Export it at a lower rate."
        ),
    ))
}

fn rejected(code: RejectionCode, text: impl Into<String>) -> MediaError {
    MediaError::Rejected(Rejection::new(code, text))
}

/// The rejection of a source that costs too much to look into.
fn too_costly(what: &str) -> MediaError {
    rejected(
        RejectionCode::TooCostly,
        format!(
            "{what} takes more time or memory than is allowed. \
             Export the video with common settings, such as H.264 in MP4."
        ),
    )
}

/// What a look at a few packets may cost.
fn look_bounds(limits: &Limits) -> Bounds {
    bounds(limits, limits.look, limits.look)
}

fn bounds(limits: &Limits, wall: Duration, stall: Duration) -> Bounds {
    Bounds { wall, stall, memory: limits.look_memory, urgency: Urgency::Now }
}
