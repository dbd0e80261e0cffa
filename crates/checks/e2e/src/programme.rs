//! What an encoder of live streams sends: small segments of a programme that is made once, and what their events say.

use crate::{Workshop, probe, tools::run};
use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use domain::{StreamId, event::LiveSegment, object::ObjectKey};
use sha2::{Digest, Sha256};
use std::time::Duration;

const PICTURES_PER_SECOND: u32 = 25;
const CLOCK: f64 = 90_000.0;

/// Pictures and sound, cut into MPEG-TS segments of one length that begin with a keyframe and go on from one to the next.
#[derive(Debug)]
pub struct Programme {
    segments: Vec<Bytes>,
    length: Duration,
    /// When the first picture is shown, in 1/90000 s.
    first_pts: u64,
}

impl Programme {
    /// Makes so many segments of a length that is a whole number of pictures of 1/25 s.
    ///
    /// # Errors
    /// ffmpeg fails, or cuts elsewhere.
    pub async fn make(workshop: &Workshop, count: u32, length: Duration) -> Result<Self> {
        let pattern = workshop.path("programme-%d.ts").display().to_string();
        let (seconds, pictures) =
            (length.as_secs_f64(), length.as_secs_f64() * f64::from(PICTURES_PER_SECOND));
        let all = f64::from(count) * seconds;
        let text = format!(
            "-nostdin -v error -f lavfi -i testsrc2=size=160x90:rate={PICTURES_PER_SECOND} -f lavfi -i sine=sample_rate=48000 \
             -t {all} -c:v libx264 -preset ultrafast -bf 0 -g {pictures} -keyint_min {pictures} -sc_threshold 0 \
             -pix_fmt yuv420p -c:a aac -b:a 32k -f segment -segment_time {seconds} -segment_format mpegts {pattern}"
        );
        run("ffmpeg", &text.split_whitespace().collect::<Vec<_>>()).await?;
        let file = |number| workshop.path(&format!("programme-{number}.ts"));
        ensure!(!file(count).exists(), "ffmpeg made more than {count} segments");
        let segments = (0..count).map(|number| std::fs::read(file(number)).map(Bytes::from));
        let segments = segments.collect::<std::io::Result<_>>().context("a segment of the programme")?;
        let begins = probe::start_seconds(&file(0).display().to_string(), "v:0").await?;
        Ok(Self { segments, length, first_pts: (begins * CLOCK).round() as u64 })
    }

    /// How long each segment is.
    #[must_use]
    pub fn length(&self) -> Duration {
        self.length
    }

    /// The bytes of a segment, and what its event says.
    ///
    /// # Errors
    /// The programme is over.
    pub fn segment(&self, stream: &StreamId, number: u32) -> Result<(Bytes, LiveSegment)> {
        let bytes = self.segments.get(number as usize).context("the programme is over")?.clone();
        let mut segment = live_segment(stream, number, &bytes, self.length);
        let begins = self.length.as_secs_f64() * CLOCK * f64::from(number);
        segment.first_pts = Some(self.first_pts + begins.round() as u64);
        segment.resolution = "160x90".to_owned();
        Ok((bytes, segment))
    }
}

/// The event of a segment whose pictures go on from one segment to the next, all of which are of one length.
#[must_use]
pub fn live_segment(stream: &StreamId, number: u32, bytes: &[u8], length: Duration) -> LiveSegment {
    let key = ObjectKey::LiveSegment { stream: stream.clone(), number };
    LiveSegment {
        stream_id: stream.clone(),
        stream_type: "live".to_owned(),
        chunk_index: number,
        sequence_number: number,
        size_bytes: bytes.len() as u64,
        checksum: sha256(bytes),
        duration_ms: length.as_millis() as u64,
        duration_us: None,
        program_date_time: None,
        first_pts: Some((length.as_secs_f64() * CLOCK * f64::from(number)).round() as u64),
        encoder: None,
        keyframe_aligned: true,
        resolution: "320x180".to_owned(),
        codecs: Some("avc1.42c00d,mp4a.40.2".to_owned()),
        frame_rate: Some(f64::from(PICTURES_PER_SECOND)),
        audio_track_id: None,
        video_track_id: None,
        raw_path: key.to_string(),
        match_home: None,
        match_away: None,
        competition: None,
    }
}

/// The SHA-256 of some bytes, lower-case hex.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
