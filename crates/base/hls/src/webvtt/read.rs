//! Text to cues. What is damaged is left out and named by its line: one bad cue does not cost the others.

use super::{Cue, NoWebVtt, TimestampMap, WebVtt};

const ARROW: &str = "-->";

impl WebVtt {
    /// Reads a file (W3C WebVTT 4.1, 6.1).
    ///
    /// # Errors
    /// [`NoWebVtt`] when it does not begin as one.
    pub fn parse(text: &str) -> Result<Self, NoWebVtt> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines: Vec<&str> = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
        let mut blocks = Blocks { lines: &lines, at: 0 };
        let Some((_, header)) = blocks.next() else { return Err(NoWebVtt::Signature) };
        let signature = header[0].strip_prefix("WEBVTT").ok_or(NoWebVtt::Signature)?;
        if !signature.is_empty() && !signature.starts_with([' ', '\t']) {
            return Err(NoWebVtt::Signature);
        }
        let map = header.iter().find_map(|line| line.strip_prefix("X-TIMESTAMP-MAP="));
        let mut file = Self { timestamp_map: map.and_then(timestamp_map), ..Self::default() };
        if map.is_some() && file.timestamp_map.is_none() {
            file.unreadable.push(1);
        }
        for (line, block) in blocks {
            match cue(block) {
                Some(Ok(cue)) => file.cues.push(cue),
                Some(Err(())) => file.unreadable.push(line),
                None => {}
            }
        }
        Ok(file)
    }
}

/// Runs of lines that are not blank, each with the number of its first line.
struct Blocks<'a> {
    lines: &'a [&'a str],
    at: usize,
}

impl<'a> Iterator for Blocks<'a> {
    type Item = (usize, &'a [&'a str]);

    fn next(&mut self) -> Option<Self::Item> {
        let blank = |line: &&str| line.is_empty();
        self.at += self.lines[self.at..].iter().take_while(|line| blank(line)).count();
        let rest = &self.lines[self.at..];
        let block = &rest[..rest.iter().take_while(|line| !blank(line)).count()];
        let line = self.at + 1;
        self.at += block.len();
        (!block.is_empty()).then_some((line, block))
    }
}

/// `None` for notes, styles and regions.
fn cue(block: &[&str]) -> Option<Result<Cue, ()>> {
    let timed = block.iter().take(2).position(|line| line.contains(ARROW));
    let Some(timed) = timed else {
        let word = block[0].split([' ', '\t']).next().unwrap_or_default();
        return if ["NOTE", "STYLE", "REGION"].contains(&word) { None } else { Some(Err(())) };
    };
    let text = &block[timed + 1..];
    let read = || {
        let (start, rest) = block[timed].split_once(ARROW)?;
        let rest = rest.trim();
        let (end, settings) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
        let (start_us, end_us) = (time(start.trim())?, time(end)?);
        let fine = end_us > start_us && !text.iter().any(|line| line.contains(ARROW));
        let settings = settings.trim().to_owned();
        fine.then(|| Cue { start_us, end_us, settings, text: text.join("\n") })
    };
    Some(read().ok_or(()))
}

/// `00:01.500` or `01:00:01.500`, in microseconds (W3C WebVTT 4.1).
fn time(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.')?;
    let mut parts = whole.rsplit(':');
    let (seconds, minutes) = (parts.next().filter(|s| s.len() == 2)?, parts.next().filter(|m| m.len() == 2)?);
    let hours = parts.next().map_or(Some(0), |hours| number(hours).filter(|_| hours.len() >= 2))?;
    if parts.next().is_some() || fraction.len() != 3 {
        return None;
    }
    let (minutes, seconds) = (number(minutes).filter(|m| *m < 60)?, number(seconds).filter(|s| *s < 60)?);
    let seconds = hours.checked_mul(3600)?.checked_add(minutes * 60 + seconds)?;
    seconds.checked_mul(1_000_000)?.checked_add(number(fraction)? * 1000)
}

/// A number without a sign.
fn number(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// `MPEGTS:900000,LOCAL:00:00:00.000`, in either order.
fn timestamp_map(value: &str) -> Option<TimestampMap> {
    let find = |name: &str| value.split(',').find_map(|part| part.trim().strip_prefix(name));
    Some(TimestampMap { mpegts: number(find("MPEGTS:")?)?, local_us: time(find("LOCAL:")?)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cues_are_read_and_what_is_damaged_is_named() {
        let text = "\u{feff}WEBVTT - a film\r\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:6006\r\n\r\n\
            STYLE\r\n::cue {}\r\n\r\nNOTE none\r\n\r\nfirst\r\n00:00.500 --> 01:00:02.000 align:start\r\na\r\nb\r\n\r\n\
            00:03.000 --> 00:02.000\r\nbackwards\r\n\r\nlost\r\n\r\n00:04.000 --> 00:05.000\r\n";
        let file = WebVtt::parse(text).unwrap();
        assert_eq!(file.timestamp_map, Some(TimestampMap { mpegts: 6006, local_us: 0 }));
        let cue = |start_us, end_us, settings: &str, text: &str| Cue {
            start_us,
            end_us,
            settings: settings.to_owned(),
            text: text.to_owned(),
        };
        let expected =
            [cue(500_000, 3_602_000_000, "align:start", "a\nb"), cue(4_000_000, 5_000_000, "", "")];
        assert_eq!(file.cues, expected);
        assert_eq!(file.unreadable, [14, 17]);
    }

    #[test]
    fn only_a_signature_makes_a_file() {
        for text in ["", "WEBVTTX\n", "1\n00:00:00,000 --> 00:00:01,000\nsrt\n"] {
            assert_eq!(WebVtt::parse(text), Err(NoWebVtt::Signature), "{text:?}");
        }
        assert!(WebVtt::parse("WEBVTT").is_ok());
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "(?s).{0,300}", hours in "[0-9]{0,25}") {
            let _ = WebVtt::parse(&text);
            let _ = WebVtt::parse(&format!("WEBVTT\n\n{hours}:00:00.000 --> {hours}:00:01.000\n{text}"));
        }
    }
}
