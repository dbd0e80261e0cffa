//! Asking ffprobe: about what this program does not read by itself, and for a second opinion.

use domain::media::MediaInfo;
use ffmpeg::{Ffmpeg, FfmpegConfig};
use hls::{MeasuredMedia, Pictures, Resolution, SegmentDuration};
use ports::{Encoder, Source};
use service_kit::settings::{ProcessEnvironment, Settings};

/// An AAC frame of 1,024 samples at 44.1 kHz, in microseconds.
const SOUND_FRAME: u64 = 23_220;

/// Asks ffprobe.
pub(crate) struct Probe {
    encoder: Ffmpeg,
}

impl Probe {
    /// # Errors
    /// Why it cannot be asked.
    pub(crate) fn open() -> Result<Self, String> {
        let mut settings = Settings::new(&ProcessEnvironment);
        let config = FfmpegConfig::from_settings(&mut settings);
        settings.finish().map_err(|problem| problem.to_string())?;
        Ok(Self { encoder: Ffmpeg::new(config) })
    }

    /// What a segment is, with its initialization section before it.
    ///
    /// # Errors
    /// This machine cannot look into it.
    pub(crate) async fn look(&self, bytes: &[u8]) -> Result<Result<MeasuredMedia, String>, String> {
        let file = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
        tokio::fs::write(file.path(), bytes).await.map_err(|error| error.to_string())?;
        match self.encoder.probe(&Source::File(file.path().to_owned())).await {
            Ok(info) => Ok(media(&info).ok_or_else(|| "neither pictures nor sound".to_owned())),
            Err(ports::MediaError::Rejected(reason)) => Ok(Err(reason.to_string())),
            Err(error) => Err(error.to_string()),
        }
    }
}

fn media(info: &MediaInfo) -> Option<MeasuredMedia> {
    let length = |start: i64, end: i64| SegmentDuration::from_micros(u64::try_from(end - start).unwrap_or(0));
    let (codecs, times) = (Vec::new(), None);
    if let Some(video) = &info.video {
        let timeline = &video.timeline;
        let rate = timeline.rate.per_second();
        let at_start = |keyframe: &domain::timeline::Keyframe| keyframe.pts_us == timeline.start_us;
        let pictures = Pictures {
            resolution: Resolution { width: video.width, height: video.height },
            rate,
            begin_with_keyframe: timeline.keyframes.iter().any(at_start),
            first_is_intra: None,
        };
        let duration = length(timeline.start_us, timeline.end_us);
        let frame = SegmentDuration::from_micros((1e6 / rate) as u64);
        return Some(MeasuredMedia { duration, frame, pictures: Some(pictures), codecs, times });
    }
    let sound = info.audio.first()?;
    let duration = length(sound.start_us, sound.end_us);
    let frame = SegmentDuration::from_micros(SOUND_FRAME);
    Some(MeasuredMedia { duration, frame, pictures: None, codecs, times })
}

/// In what two opinions on the same bytes differ.
pub(crate) fn difference(
    own: &Result<MeasuredMedia, String>,
    other: &Result<MeasuredMedia, String>,
) -> Option<String> {
    let (own, other) = match (own, other) {
        (Ok(own), Ok(other)) => (own, other),
        (Err(_), Err(_)) => return None,
        (Ok(_), Err(why)) => return Some(why.clone()),
        (Err(why), Ok(_)) => return Some(format!("it plays, though here {why}")),
    };
    let off = own.duration.as_micros().abs_diff(other.duration.as_micros());
    if off > own.frame.as_micros().max(other.frame.as_micros()) {
        return Some(format!("{} s, not {} s", other.duration, own.duration));
    }
    let shown = |media: &MeasuredMedia| {
        media.pictures.as_ref().map(|pictures| (pictures.resolution, pictures.begin_with_keyframe))
    };
    let say = |media: &MeasuredMedia| match shown(media) {
        Some((size, true)) => format!("{}x{} from a keyframe on", size.width, size.height),
        Some((size, false)) => format!("{}x{} from another picture on", size.width, size.height),
        None => "no pictures".to_owned(),
    };
    (shown(own) != shown(other)).then(|| format!("{}, not {}", say(other), say(own)))
}
