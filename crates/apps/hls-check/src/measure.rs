//! Measuring segments: they are downloaded and read, fragments of MP4 and texts by this program itself, others by ffprobe.

use crate::{
    fetch::{self, Fetcher},
    history::survey,
    media::{Init, is_fragment},
    presentation::{Page, Presentation, Rendition},
    probe::Probe,
    report::Report,
    requests::spread,
};
use bytes::Bytes;
use hls::{
    MeasuredMedia, MeasuredRendition, MeasuredSegment, MeasuredVariant, NamedPlaylist, NamedSegment, Rates,
    SegmentDuration, Track, webvtt::WebVtt,
};
use std::collections::BTreeMap;
use url::Url;

/// The largest segment, in bytes.
const LARGEST_SEGMENT: u64 = 512 << 20;

/// Measures segments.
pub(crate) struct Meter {
    probe: Option<Probe>,
    /// Ask ffprobe also where this program reads by itself.
    second_opinion: bool,
}

impl Meter {
    /// A meter. Without ffprobe, the report says what is not measured.
    pub(crate) fn open(report: &mut Report, second_opinion: bool) -> Self {
        let probe = Probe::open();
        if let Err(problem) = &probe {
            report.note(format!("only MP4 and WebVTT were measured, for ffprobe is missing: {problem}"));
        }
        Self { probe: probe.ok(), second_opinion }
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
        let clock_us = clock(&measured);
        let mut together = Vec::new();
        for (index, (rendition, found)) in measured.iter().enumerate() {
            let subject = |variant| {
                let segments = found.segments.clone();
                MeasuredRendition { text: index + 1, segments, variant, clock_us }
            };
            let variants = rendition.named.iter().filter(|named| named.group.is_none());
            let mut subjects: Vec<_> =
                variants.map(|named| subject(Some(variant(named, found, &measured)))).collect();
            if subjects.is_empty() {
                subjects.push(subject(None));
            }
            subjects.iter().for_each(|subject| report.add_all(&names, hls::check_measured(subject)));
            together.push((rendition.track, subject(None)));
        }
        together.sort_by_key(|(track, _)| *track != Track::Video);
        report.add_all(&names, hls::check_measured_together(together));
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
        let begins = named.segments.iter().scan(SegmentDuration::from_micros(0), |next, segment| {
            let begin = *next;
            *next = [begin, segment.duration].into_iter().sum();
            Some(begin)
        });
        let present: Vec<(SegmentDuration, &NamedSegment)> =
            begins.zip(&named.segments).filter(|(_, segment)| !segment.gap).collect();
        if named.encrypted {
            report.note(format!("{} is encrypted: only sizes were measured", rendition.name));
        }
        let content = if named.encrypted { Content::Hidden } else { Content::of(rendition.track) };
        let mut reading = Reading { meter: self, fetcher, base: &page.url, content, inits: BTreeMap::new() };
        let mut segments = Vec::new();
        for (begins, segment) in spread(&present, count) {
            match reading.segment(*begins, segment, report).await {
                Ok(measured) => segments.push(measured),
                Err(why) => report.note(format!("{} was not measured: {why}", segment.uri)),
            }
        }
        let complete = named.ended && segments.len() == present.len() && !segments.is_empty();
        let sizes: Vec<_> = segments.iter().map(|segment| (segment.listed, segment.bytes)).collect();
        let rates = complete.then(|| Rates::of(&sizes, named.target_duration.unwrap_or(0)));
        Found { segments, rates }
    }
}

/// What was found of one rendition.
struct Found {
    segments: Vec<MeasuredSegment>,
    /// Its rates, if all of it was downloaded.
    rates: Option<Rates>,
}

impl Found {
    fn media(&self) -> impl Iterator<Item = (&MeasuredSegment, &MeasuredMedia)> {
        self.segments.iter().filter_map(|segment| Some((segment, segment.media.as_ref()?.as_ref().ok()?)))
    }

    fn codecs(&self) -> Vec<String> {
        self.media().next().map(|(_, media)| media.codecs.clone()).unwrap_or_default()
    }
}

/// What the segments of a rendition hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Media,
    Text,
    Pictures,
    /// Nobody can tell.
    Hidden,
}

impl Content {
    fn of(track: Track) -> Self {
        match track {
            Track::Video | Track::Audio => Self::Media,
            Track::Subtitles => Self::Text,
            Track::Frames => Self::Pictures,
        }
    }
}

/// The reading of one rendition.
struct Reading<'a> {
    meter: &'a Meter,
    fetcher: &'a Fetcher,
    base: &'a Url,
    content: Content,
    inits: BTreeMap<String, Bytes>,
}

impl Reading<'_> {
    /// # Errors
    /// The segment did not come, or this machine cannot look into it.
    async fn segment(
        &mut self,
        begins: SegmentDuration,
        segment: &NamedSegment,
        report: &mut Report,
    ) -> Result<MeasuredSegment, String> {
        let url = fetch::resolve(self.base, &segment.uri)?;
        let bytes = self.fetcher.whole(&url, segment.byterange, LARGEST_SEGMENT).await?.bytes;
        let (mut media, mut text, mut picture) = (None, None, None);
        match self.content {
            Content::Media => media = Some(self.look(segment, &bytes, report).await?),
            // Text in MP4 is another format, which nobody here reads.
            Content::Text => text = segment.map.is_none().then(|| read(&bytes)),
            Content::Pictures => picture = self.picture(segment, &bytes).await?,
            Content::Hidden => {}
        }
        Ok(MeasuredSegment {
            line: segment.line,
            number: segment.number,
            begins,
            listed: segment.duration,
            discontinuity: segment.discontinuity,
            bytes: bytes.len() as u64,
            media,
            text,
            picture,
        })
    }

    /// Single pictures in other containers than MP4 nobody looks into here.
    async fn picture(
        &mut self,
        segment: &NamedSegment,
        bytes: &[u8],
    ) -> Result<Option<Result<(), String>>, String> {
        let init = self.initialization(segment).await?;
        let look = || Init::read(&init)?.single_picture(bytes);
        Ok((!init.is_empty()).then(look))
    }

    async fn look(
        &mut self,
        segment: &NamedSegment,
        bytes: &[u8],
        report: &mut Report,
    ) -> Result<Result<MeasuredMedia, String>, String> {
        let init = self.initialization(segment).await?;
        let probe = self.meter.probe.as_ref();
        if init.is_empty() || !is_fragment(bytes) {
            let probe = probe.ok_or("it is no fragment of MP4, and ffprobe is missing")?;
            return probe.look(&[&init, bytes].concat()).await;
        }
        let own = Init::read(&init).and_then(|init| init.measure(bytes));
        if let (true, Some(probe)) = (self.meter.second_opinion, probe) {
            let other = probe.look(&[&init, bytes].concat()).await?;
            if let Some(difference) = crate::probe::difference(&own, &other) {
                report.note(format!("ffprobe sees {} otherwise: {difference}", segment.uri));
            }
        }
        Ok(own)
    }

    async fn initialization(&mut self, segment: &NamedSegment) -> Result<Bytes, String> {
        let Some(map) = &segment.map else { return Ok(Bytes::new()) };
        let key = format!("{} {:?}", map.uri, map.byterange);
        if let Some(known) = self.inits.get(&key) {
            return Ok(known.clone());
        }
        let url = fetch::resolve(self.base, &map.uri)?;
        let bytes = self.fetcher.whole(&url, map.byterange, LARGEST_SEGMENT).await?.bytes;
        self.inits.insert(key, bytes.clone());
        Ok(bytes)
    }
}

fn read(bytes: &[u8]) -> Result<WebVtt, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    WebVtt::parse(text).map_err(|error| error.to_string())
}

/// What the clock of the media shows where the presentation begins: by its pictures, or else by its sound.
fn clock(measured: &[(&Rendition, Found)]) -> Option<i64> {
    let of = |track: Track| {
        let same = measured.iter().filter(move |(rendition, _)| rendition.track == track);
        same.flat_map(|(_, found)| found.media()).find_map(|(segment, media)| {
            let begins = i64::try_from(segment.begins.as_micros()).ok()?;
            Some(media.times?.shown_from_us.saturating_sub(begins))
        })
    };
    of(Track::Video).or_else(|| of(Track::Audio))
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
    let mut real_codecs = found.codecs();
    real_codecs.extend(group.iter().flat_map(|found| found.codecs()));
    MeasuredVariant {
        text: 0,
        line: named.line,
        bandwidth: named.bandwidth,
        average_bandwidth: named.average_bandwidth,
        resolution: named.resolution,
        frame_rate: named.frame_rate.map(per_second),
        codecs: named.codecs.clone(),
        real_codecs,
        rates: found.rates.zip(rates).map(|(own, group)| own.plus(loudest(group))),
    }
}
