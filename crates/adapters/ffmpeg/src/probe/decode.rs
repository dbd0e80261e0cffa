//! Whether anything decodes: headers promise what nobody can show.

use super::{look_bounds, rejected, streams::VideoStream, too_costly};
use crate::{
    command::{Call, seconds},
    config::FfmpegConfig,
    failure,
    process::{self, End, Heard},
};
use domain::rejection::RejectionCode;
use ports::{MediaError, Source};

/// How much of the source is searched for something that decodes: a recording may begin between two
/// keyframes.
const SEARCHED_US: i64 = 20_000_000;

/// Decodes the first pictures; gives when the first one shows, in microseconds of the source's own clock,
/// where the decoder says.
///
/// # Errors
/// A rejection when there are none.
pub(super) async fn first_picture(
    config: &FfmpegConfig,
    source: &Source,
    video: &VideoStream,
) -> Result<Option<i64>, MediaError> {
    let found =
        decode(config, source, video.index, "-frames:v 3 -fps_mode passthrough -enc_time_base -1").await?;
    if found.count > 0 { Ok(found.first_us) } else { Err(nothing("picture")) }
}

/// Whether the beginning of a sound track decodes.
pub(super) async fn sounds(config: &FfmpegConfig, source: &Source, index: u32) -> Result<bool, MediaError> {
    Ok(decode(config, source, index, "-frames:a 10").await?.count > 0)
}

/// The rejection of a source in which no `what` decodes.
pub(super) fn nothing(what: &str) -> MediaError {
    rejected(
        RejectionCode::NothingDecodes,
        format!(
            "Not one {what} in the file can be decoded: it is damaged or incomplete. \
             Export it again and upload the new file."
        ),
    )
}

#[derive(Default)]
struct Found {
    count: u32,
    first_us: Option<i64>,
    time_base: Option<(i64, i64)>,
}

impl Found {
    /// Takes in a line of ffmpeg's `framecrc` muxer: `#tb 0: 1/25`, then `stream, dts, pts, duration, size,
    /// crc`.
    fn note(&mut self, line: &str) {
        if let Some(base) = line.strip_prefix("#tb 0: ").and_then(|text| text.split_once('/')) {
            self.time_base =
                base.0.trim().parse().ok().zip(base.1.trim().parse().ok().filter(|den| *den > 0));
        } else if !line.starts_with('#') && !line.is_empty() {
            self.count += 1;
            let pts = line.split(',').nth(2).and_then(|text| text.trim().parse::<i64>().ok());
            let micros = pts
                .zip(self.time_base)
                .map(|(pts, (num, den))| i128::from(pts) * i128::from(num) * 1_000_000 / i128::from(den));
            self.first_us = self.first_us.or(micros.and_then(|us| i64::try_from(us).ok()));
        }
    }
}

async fn decode(config: &FfmpegConfig, source: &Source, index: u32, few: &str) -> Result<Found, MediaError> {
    let call = Call::ffmpeg(&config.ffmpeg)
        .words("-copyts -threads 1 -t")
        .arg(seconds(SEARCHED_US))
        .reading(source, &config.limits)
        .arg("-map")
        .arg(format!("0:{index}"))
        .words(few)
        .words("-f framecrc pipe:1");
    let mut found = Found::default();
    let ended = process::run(config, &call, look_bounds(&config.limits), |line| {
        found.note(line);
        Heard::Progress
    })
    .await?;
    match &ended.end {
        End::Exited(status) if status.code().is_none() => Err(failure::of(ended, "decoding the beginning")),
        End::Exited(_) if found.count == 0 && failure::out_of_memory(&ended.stderr) => {
            Err(too_costly("Decoding the file"))
        }
        End::Exited(_) | End::Enough => Ok(found),
        End::Stalled(_) | End::OverTime(_) => Err(too_costly("Decoding the file")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_first_time() {
        let mut found = Found::default();
        for line in ["#software: x", "#tb 0: 1/25", "0,  2,  2,  1, 86400, 0x1", "0,  3,  3,  1, 86400, 0x2"]
        {
            found.note(line);
        }
        assert_eq!((found.count, found.first_us), (2, Some(80_000)));
    }
}
