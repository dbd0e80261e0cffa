//! Measuring segments: they are downloaded, and ffprobe looks into them.

use crate::{
    fetch::{self, Fetcher},
    history::survey,
    presentation::{Page, Presentation, Rendition},
    report::Report,
    requests::spread,
};
use domain::media::MediaInfo;
use ffmpeg::{Ffmpeg, FfmpegConfig};
use hls::{
    MeasuredMedia, MeasuredRendition, MeasuredSegment, MeasuredVariant, NamedPlaylist, NamedSegment,
    Pictures, Rates, Resolution, SegmentDuration, Track,
};
use ports::{Encoder, Source};
use service_kit::settings::{ProcessEnvironment, Settings};
use std::collections::BTreeMap;
use url::Url;

/// The largest segment, in bytes.
const LARGEST_SEGMENT: u64 = 512 << 20;

/// An AAC frame of 1,024 samples at 44.1 kHz, in microseconds.
const SOUND_FRAME: u64 = 23_220;

/// Measures segments.
pub(crate) struct Meter {
    encoder: Ffmpeg,
}

impl Meter {
    /// A meter, if ffprobe is there; else the report says that nothing was measured.
    pub(crate) fn open(report: &mut Report) -> Option<Self> {
        let mut settings = Settings::new(&ProcessEnvironment);
        let config = FfmpegConfig::from_settings(&mut settings);
        match settings.finish() {
            Ok(()) => Some(Self { encoder: Ffmpeg::new(config) }),
            Err(problem) => {
                report.note(format!("what is in the segments was not measured: {problem}"));
                None
            }
        }
    }

    /// Downloads up to `count` segments of each rendition, and judges what they are.
    pub(crate) async fn measure(
        &self,
        fetcher: &Fetcher,
        presentation: &Presentation,
        count: usize,
    ) -> Report {
        let mut report = Report::default();
        let mut measured = Vec::new();
        for rendition in &presentation.renditions {
            let Ok(page) = &rendition.page else { continue };
            let found = self.rendition(fetcher, rendition, page, count, &mut report).await;
            measured.push((rendition, found));
        }
        let names: Vec<_> = [presentation.name.clone()]
            .into_iter()
            .chain(measured.iter().map(|(rendition, _)| rendition.name.clone()))
            .collect();
        for (index, (rendition, found)) in measured.iter().enumerate() {
            let variants = rendition.named.iter().filter(|named| named.group.is_none());
            let variants = variants.map(|named| Some(variant(named, found, &measured)));
            let subjects: Vec<_> = if rendition.named.is_empty() { vec![None] } else { variants.collect() };
            for variant in subjects {
                let segments = found.segments.clone();
                let subject = MeasuredRendition { text: index + 1, segments, variant };
                report.add_all(&names, hls::check_measured(&subject));
            }
            if !rendition.named.is_empty() && rendition.named.iter().all(|named| named.group.is_some()) {
                let segments = found.segments.clone();
                let subject = MeasuredRendition { text: index + 1, segments, variant: None };
                report.add_all(&names, hls::check_measured(&subject));
            }
        }
        report
    }

    async fn rendition(
        &self,
        fetcher: &Fetcher,
        rendition: &Rendition,
        page: &Page,
        count: usize,
        report: &mut Report,
    ) -> Found {
        let named = survey(&page.text);
        let present: Vec<&NamedSegment> = named.segments.iter().filter(|segment| !segment.gap).collect();
        let chosen = spread(&present, count);
        let decodable = rendition.track != Track::Subtitles && !named.encrypted;
        if named.encrypted {
            report.note(format!("{} is encrypted: only sizes were measured", rendition.name));
        }
        let (mut segments, mut maps) = (Vec::new(), BTreeMap::new());
        for segment in &chosen {
            match self.segment(fetcher, &page.url, segment, decodable, &mut maps).await {
                Ok(measured) => segments.push(measured),
                Err(why) => report.note(format!("{} was not measured: {why}", segment.uri)),
            }
        }
        let complete = named.ended && segments.len() == present.len() && !segments.is_empty();
        let sizes: Vec<_> = segments.iter().map(|segment| (segment.listed, segment.bytes)).collect();
        let rates = complete.then(|| Rates::of(&sizes, named.target_duration.unwrap_or(0)));
        Found { segments, rates }
    }

    /// # Errors
    /// The segment did not come, or this machine cannot look into it.
    async fn segment(
        &self,
        fetcher: &Fetcher,
        base: &Url,
        segment: &NamedSegment,
        decodable: bool,
        maps: &mut BTreeMap<String, bytes::Bytes>,
    ) -> Result<MeasuredSegment, String> {
        let url = fetch::resolve(base, &segment.uri)?;
        let bytes = fetcher.whole(&url, segment.byterange, LARGEST_SEGMENT).await?.bytes;
        let media = if decodable {
            let init = initialization(fetcher, base, segment, maps).await?;
            Some(self.look(&[init.as_ref(), &bytes].concat()).await?)
        } else {
            None
        };
        let (line, number, listed) = (segment.line, segment.number, segment.duration);
        Ok(MeasuredSegment { line, number, listed, bytes: bytes.len() as u64, media })
    }

    async fn look(&self, bytes: &[u8]) -> Result<Result<MeasuredMedia, String>, String> {
        let file = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
        tokio::fs::write(file.path(), bytes).await.map_err(|error| error.to_string())?;
        match self.encoder.probe(&Source::File(file.path().to_owned())).await {
            Ok(info) => Ok(media(&info).ok_or_else(|| "neither pictures nor sound".to_owned())),
            Err(ports::MediaError::Rejected(reason)) => Ok(Err(reason.to_string())),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// What was found of one rendition.
struct Found {
    segments: Vec<MeasuredSegment>,
    /// Its rates, if all of it was downloaded.
    rates: Option<Rates>,
}

async fn initialization(
    fetcher: &Fetcher,
    base: &Url,
    segment: &NamedSegment,
    maps: &mut BTreeMap<String, bytes::Bytes>,
) -> Result<bytes::Bytes, String> {
    let Some(map) = &segment.map else { return Ok(bytes::Bytes::new()) };
    let key = format!("{} {:?}", map.uri, map.byterange);
    if let Some(known) = maps.get(&key) {
        return Ok(known.clone());
    }
    let url = fetch::resolve(base, &map.uri)?;
    let bytes = fetcher.whole(&url, map.byterange, LARGEST_SEGMENT).await?.bytes;
    maps.insert(key, bytes.clone());
    Ok(bytes)
}

fn media(info: &MediaInfo) -> Option<MeasuredMedia> {
    let length = |start: i64, end: i64| SegmentDuration::from_micros(u64::try_from(end - start).unwrap_or(0));
    if let Some(video) = &info.video {
        let times = &video.timeline;
        let rate = times.rate.per_second();
        let begin_with_keyframe = times.keyframes.iter().any(|keyframe| keyframe.pts_us == times.start_us);
        let resolution = Resolution { width: video.width, height: video.height };
        return Some(MeasuredMedia {
            duration: length(times.start_us, times.end_us),
            frame: SegmentDuration::from_micros((1e6 / rate) as u64),
            pictures: Some(Pictures { resolution, rate, begin_with_keyframe }),
        });
    }
    let sound = info.audio.first()?;
    let duration = length(sound.start_us, sound.end_us);
    Some(MeasuredMedia { duration, frame: SegmentDuration::from_micros(SOUND_FRAME), pictures: None })
}

/// A variant plays with the audio of its group that has the highest rates.
fn variant(named: &NamedPlaylist, found: &Found, all: &[(&Rendition, Found)]) -> MeasuredVariant {
    let in_group = |rendition: &Rendition| {
        rendition.track == Track::Audio
            && rendition.named.iter().any(|it| it.group.is_some() && it.group == named.audio)
    };
    let group: Vec<&Found> = all.iter().filter(|(it, _)| in_group(it)).map(|(_, found)| found).collect();
    let rates: Option<Vec<Rates>> = group.iter().map(|found| found.rates).collect();
    let loudest =
        |rates: Vec<Rates>| rates.into_iter().max_by(|a, b| a.peak.total_cmp(&b.peak)).unwrap_or_default();
    let per_second = |rate: hls::FrameRate| f64::from(rate.numerator()) / f64::from(rate.denominator());
    MeasuredVariant {
        text: 0,
        line: named.line,
        bandwidth: named.bandwidth,
        average_bandwidth: named.average_bandwidth,
        resolution: named.resolution,
        frame_rate: named.frame_rate.map(per_second),
        rates: found.rates.zip(rates).map(|(own, group)| own.plus(loudest(group))),
    }
}
