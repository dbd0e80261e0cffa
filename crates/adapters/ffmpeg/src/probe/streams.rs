//! What the headers say: containers, codecs, sizes and colours, as ffprobe's JSON.

mod refusal;

use super::{look_bounds, rejected};
use crate::{command::Call, config::FfmpegConfig, limits::Limits, process};
use domain::{
    media::SubtitleTrack,
    note::{Note, NoteCode},
    rate::Rate,
    rejection::RejectionCode,
};
use ports::{MediaError, Source};
use refusal::{label, not_media, unreadable, unsupported};
use serde::Deserialize;
use std::collections::BTreeMap;

/// More JSON than any honest header makes.
const JSON_BYTES: usize = 8 << 20;
/// At or below this score (of 100) the demuxer only guesses, by the file's name or by a few bytes.
const GUESS: u32 = 25;
/// Subtitles that are text; everything else is pictures, or of a kind that nobody reads here.
const TEXT: [&str; 7] = ["subrip", "srt", "ass", "ssa", "webvtt", "mov_text", "text"];
/// Containers whose header says how long they play; elsewhere the demuxer guesses.
const DECLARING: [&str; 7] = ["mov", "matroska", "avi", "asf", "flac", "wav", "mxf"];
/// From so many seconds on, a header's length is a way to say that it is not known.
const MOST_DECLARED: f64 = 1e6;
/// A wider or narrower pixel is a mistake in the header.
const WIDEST_PIXEL: f64 = 8.0;

/// The part of the headers that matters.
#[derive(Debug)]
pub(super) struct Headers {
    pub(super) container: String,
    pub(super) video: Option<VideoStream>,
    pub(super) audio: Vec<AudioStream>,
    pub(super) subtitles: Vec<SubtitleTrack>,
    /// How long the header says that it plays, in microseconds.
    pub(super) declared_us: Option<i64>,
    /// What does not come out.
    pub(super) notes: Vec<Note>,
}

impl Headers {
    /// The numbers of the streams of pictures and sound that come out.
    pub(super) fn streams(&self) -> Vec<u32> {
        let sound = self.audio.iter().map(|stream| stream.index);
        self.video.iter().map(|stream| stream.index).chain(sound).collect()
    }

    /// Numbers these streams as a copy has them that holds them alone.
    pub(super) fn renumber(&mut self) {
        self.subtitles.clear();
        let video = self.video.iter_mut().map(|stream| &mut stream.index);
        let all = video.chain(self.audio.iter_mut().map(|stream| &mut stream.index));
        all.zip(0..).for_each(|(index, number)| *index = number);
    }
}

/// A stream of moving pictures.
#[derive(Debug)]
pub(super) struct VideoStream {
    pub(super) index: u32,
    pub(super) codec: String,
    /// As displayed.
    pub(super) width: u32,
    /// As displayed.
    pub(super) height: u32,
    pub(super) interlaced: bool,
    pub(super) high_dynamic_range: bool,
    /// The rates that the container claims, without repeats.
    pub(super) rates: Vec<Rate>,
}

/// A stream of sound.
#[derive(Debug)]
pub(super) struct AudioStream {
    pub(super) index: u32,
    pub(super) codec: String,
    pub(super) language: Option<String>,
    pub(super) channels: u32,
}

/// Reads the headers.
pub(super) async fn read(config: &FfmpegConfig, source: &Source) -> Result<Headers, MediaError> {
    let call = Call::ffprobe(&config.ffprobe)
        .words("-threads 1 -show_format -show_programs -show_streams -of json")
        .reading(source, &config.limits);
    let mut json = String::new();
    let ended = process::run(config, &call, look_bounds(&config.limits), |line| {
        json.push_str(line);
        json.push('\n');
        if json.len() > JSON_BYTES { process::Heard::Enough } else { process::Heard::Progress }
    })
    .await?;
    if !ended.success() {
        return Err(unreadable(ended, &config.limits));
    }
    let found: Found = serde_json::from_str(&json).map_err(|_| not_media())?;
    interpret(found, &config.limits)
}

fn interpret(found: Found, limits: &Limits) -> Result<Headers, MediaError> {
    if found.format.probe_score <= GUESS {
        return Err(not_media());
    }
    let of_all = |kind: &'static str| found.streams.iter().filter(move |s| s.codec_type == kind);
    let moving: Vec<&Stream> = of_all("video").filter(|s| !s.is_still()).collect();
    let chosen = main_picture(&moving);
    let of = |kind| of_all(kind).filter(|s| found.is_beside(s.index, chosen));
    let video = chosen.map(|stream| stream.video(limits)).transpose()?;
    let audio: Vec<AudioStream> = of("audio").filter(|s| s.has_decoder()).filter_map(Stream::audio).collect();
    if let (None, Some(stream)) = (&video, moving.first().copied().or_else(|| of("audio").next()))
        && (audio.is_empty() || !moving.is_empty())
    {
        return Err(unsupported(&stream.codec_label()));
    }
    if video.is_none() && audio.is_empty() {
        return Err(rejected(
            RejectionCode::NotMedia,
            "The file holds neither pictures nor sound. Upload a video file.",
        ));
    }
    let subtitles = of("subtitle").filter(|s| s.is_text()).map(Stream::subtitles).collect();
    let beside = found.streams.iter().filter(|s| found.is_beside(s.index, chosen));
    let notes = beside.filter_map(Stream::note).collect();
    let declared_us = found.format.declared_us();
    Ok(Headers { container: found.format.format_name, video, audio, subtitles, declared_us, notes })
}

/// Of several pictures the one that players show: no track that is switched off, as MP4 has them, and no small preview.
fn main_picture<'a>(moving: &[&'a Stream]) -> Option<&'a Stream> {
    let weight = |s: &Stream| (s.is("default"), u64::from(s.width) * u64::from(s.height));
    // Of equals the first.
    moving.iter().rev().filter(|s| s.has_decoder()).max_by_key(|s| weight(s)).copied()
}

#[derive(Debug, Deserialize)]
struct Found {
    format: Format,
    #[serde(default)]
    programs: Vec<Program>,
    #[serde(default)]
    streams: Vec<Stream>,
}

impl Found {
    /// Whether a stream goes with that picture: broadcasts carry several programs, each with a picture and sound.
    fn is_beside(&self, index: u32, picture: Option<&Stream>) -> bool {
        let of = |index: u32| self.programs.iter().filter(move |program| program.has(index));
        let Some(picture) = picture else { return true };
        let apart = of(index).next().is_some() && of(picture.index).next().is_some();
        !apart || of(picture.index).any(|program| program.has(index))
    }
}

#[derive(Debug, Deserialize)]
struct Program {
    #[serde(default)]
    streams: Vec<Member>,
}

#[derive(Debug, Deserialize)]
struct Member {
    index: u32,
}

impl Program {
    fn has(&self, index: u32) -> bool {
        self.streams.iter().any(|member| member.index == index)
    }
}

#[derive(Debug, Deserialize)]
struct Format {
    format_name: String,
    #[serde(default)]
    probe_score: u32,
    duration: Option<String>,
}

impl Format {
    fn declared_us(&self) -> Option<i64> {
        let declares = self.format_name.split(',').any(|name| DECLARING.contains(&name));
        let seconds = self.duration.as_deref().filter(|_| declares)?.parse::<f64>().ok()?;
        (seconds < MOST_DECLARED).then_some((seconds * 1e6) as i64)
    }
}

#[derive(Debug, Deserialize)]
struct Stream {
    index: u32,
    #[serde(default)]
    codec_type: String,
    codec_name: Option<String>,
    #[serde(default)]
    codec_tag_string: String,
    #[serde(default)]
    width: u32,
    #[serde(default)]
    height: u32,
    sample_aspect_ratio: Option<String>,
    field_order: Option<String>,
    color_transfer: Option<String>,
    color_primaries: Option<String>,
    color_space: Option<String>,
    avg_frame_rate: Option<String>,
    r_frame_rate: Option<String>,
    #[serde(default)]
    channels: u32,
    #[serde(default)]
    disposition: BTreeMap<String, u32>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(default)]
    side_data_list: Vec<SideData>,
}

#[derive(Debug, Deserialize)]
struct SideData {
    rotation: Option<f64>,
}

impl Stream {
    /// Cover art and thumbnails.
    fn is_still(&self) -> bool {
        ["attached_pic", "timed_thumbnails", "still_image"].iter().any(|flag| self.is(flag))
    }

    fn has_decoder(&self) -> bool {
        self.codec_name.as_deref().is_some_and(|name| !["unknown", "none"].contains(&name))
    }

    fn codec_label(&self) -> String {
        let name = self.codec_name.as_deref().filter(|_| self.has_decoder());
        label(name.unwrap_or(&self.codec_tag_string))
    }

    fn video(&self, limits: &Limits) -> Result<VideoStream, MediaError> {
        let (width, height) = (self.width, self.height);
        if u64::from(width) * u64::from(height) > limits.pixels {
            let limit = limits.pixels;
            return Err(rejected(
                RejectionCode::OverLimit,
                format!(
                    "The picture has {width}x{height} pixels; {limit} in all are allowed. Export it smaller."
                ),
            ));
        }
        let (wide, high) = (self.square_width(), height);
        let (width, height) = if self.lies_on_its_side() { (high, wide) } else { (wide, high) };
        let mut rates: Vec<Rate> = [&self.avg_frame_rate, &self.r_frame_rate]
            .into_iter()
            .filter_map(|text| rate(text.as_deref()))
            .collect();
        rates.dedup();
        Ok(VideoStream {
            index: self.index,
            codec: self.codec_name.clone().unwrap_or_default(),
            width: width.max(2),
            height: height.max(2),
            interlaced: self.field_order.as_deref().is_some_and(|f| ["tt", "bb", "tb", "bt"].contains(&f)),
            high_dynamic_range: self.high_dynamic_range(),
            rates,
        })
    }

    fn audio(&self) -> Option<AudioStream> {
        (self.channels > 0).then(|| AudioStream {
            index: self.index,
            codec: self.codec_name.clone().unwrap_or_default(),
            language: self.language(),
            channels: self.channels,
        })
    }

    fn language(&self) -> Option<String> {
        self.tag("language").filter(|tag| is_language(tag)).cloned()
    }

    /// Containers do not agree on the case of names.
    fn tag(&self, name: &str) -> Option<&String> {
        self.tags.iter().find(|(tag, _)| tag.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn is(&self, flag: &str) -> bool {
        self.disposition.get(flag).is_some_and(|set| *set != 0)
    }

    fn is_text(&self) -> bool {
        self.codec_name.as_deref().is_some_and(|name| TEXT.contains(&name))
    }

    fn subtitles(&self) -> SubtitleTrack {
        SubtitleTrack {
            stream_index: self.index,
            codec: self.codec_name.clone().unwrap_or_default(),
            language: self.language(),
            title: self.tag("title").cloned(),
            default: self.is("default"),
            forced: self.is("forced"),
            hearing_impaired: self.is("hearing_impaired"),
        }
    }

    /// What is said of a stream that cannot come out.
    fn note(&self) -> Option<Note> {
        let (index, codec) = (self.index, self.codec_label());
        let language = self.language().map_or_else(String::new, |language| format!(", {language}"));
        match self.codec_type.as_str() {
            "subtitle" if !self.is_text() => Some(Note::new(
                NoteCode::SubtitlesLeftOut,
                format!(
                    "The subtitles in track {index} ({codec}{language}) are left out: they are pictures or of a kind \
                     that cannot be read. Upload a copy with text subtitles, such as SubRip, if they matter."
                ),
            )),
            "audio" if !self.has_decoder() || self.channels == 0 => Some(Note::new(
                NoteCode::SoundLeftOut,
                format!(
                    "The sound in track {index} ({codec}{language}) is left out: it cannot be decoded here."
                ),
            )),
            _ => None,
        }
    }

    /// The width that square pixels give this picture; the height stays.
    fn square_width(&self) -> u32 {
        let shape = self.sample_aspect_ratio.as_deref().and_then(|text| text.split_once(':'));
        let shape =
            shape.and_then(|(wide, high)| Some(wide.parse::<f64>().ok()? / high.parse::<f64>().ok()?));
        let believable = shape.filter(|shape| (1.0 / WIDEST_PIXEL..=WIDEST_PIXEL).contains(shape));
        (f64::from(self.width) * believable.unwrap_or(1.0)).round() as u32
    }

    fn lies_on_its_side(&self) -> bool {
        let tagged = || self.tags.get("rotate").and_then(|text| text.parse::<f64>().ok());
        let degrees =
            self.side_data_list.iter().find_map(|data| data.rotation).or_else(tagged).unwrap_or(0.0);
        (degrees.rem_euclid(180.0) - 90.0).abs() < 1.0
    }

    /// Only what is tagged in full can be mapped; the rest is shown as it is.
    fn high_dynamic_range(&self) -> bool {
        let tagged =
            |value: &Option<String>| value.as_deref().is_some_and(|v| !v.is_empty() && v != "unknown");
        let transfer = self.color_transfer.as_deref();
        transfer.is_some_and(|transfer| ["smpte2084", "arib-std-b67"].contains(&transfer))
            && tagged(&self.color_primaries)
            && tagged(&self.color_space)
    }
}

/// An ISO 639-2 code or a BCP 47 tag that says something; it goes into playlists.
fn is_language(tag: &str) -> bool {
    let said = !["und", "unk", "mis", "mul", "zxx"].contains(&tag);
    let formed = tag
        .split('-')
        .all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    said && formed && tag.len() >= 2 && tag.len() <= 35
}

fn rate(text: Option<&str>) -> Option<Rate> {
    let (num, den) = text?.split_once('/')?;
    let (num, den) = (num.parse::<f64>().ok()?, den.parse::<f64>().ok()?);
    // What a container computes as a mean, such as 359400/11981, is near what the camera meant.
    Rate::near(num / den)
}

#[cfg(test)]
mod tests;
