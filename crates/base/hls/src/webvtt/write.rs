//! Cues to text that no player can misread.

use super::{Cue, WebVtt};
use std::fmt::Write as _;

impl WebVtt {
    /// The file as text.
    pub fn to_text(&self) -> String {
        let mut out = "WEBVTT\n".to_owned();
        if let Some(map) = self.timestamp_map {
            line(
                &mut out,
                format_args!("X-TIMESTAMP-MAP=MPEGTS:{},LOCAL:{}", map.mpegts, time(map.local_us)),
            );
        }
        for cue in &self.cues {
            write_cue(cue, &mut out);
        }
        out
    }
}

fn write_cue(cue: &Cue, out: &mut String) {
    let settings =
        if cue.settings.is_empty() { String::new() } else { format!(" {}", one_line(&cue.settings)) };
    line(out, format_args!("\n{} --> {}{settings}", time(cue.start_us), time(cue.end_us)));
    // A blank line would end the cue, an arrow would begin another one.
    let lines = cue.text.split(['\n', '\r']).filter(|text| !text.is_empty());
    lines.for_each(|text| line(out, format_args!("{}", text.replace("-->", "--&gt;"))));
}

fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ").replace("-->", "")
}

fn time(micros: u64) -> String {
    let millis = micros / 1000;
    let (seconds, millis) = (millis / 1000, millis % 1000);
    format!("{:02}:{:02}:{:02}.{millis:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn line(out: &mut String, content: std::fmt::Arguments<'_>) {
    writeln!(out, "{content}").expect("writing to a String cannot fail");
}

#[cfg(test)]
mod tests {
    use super::super::TimestampMap;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_file_reads_as_expected() {
        let cue = Cue {
            start_us: 1_500_000,
            end_us: 3_661_000_000,
            settings: String::new(),
            text: "a\n\n-->".to_owned(),
        };
        let map = TimestampMap { mpegts: 6006, local_us: 0 };
        let file = WebVtt { timestamp_map: Some(map), cues: vec![cue], unreadable: Vec::new() };
        let expected = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:6006,LOCAL:00:00:00.000\n\n\
            00:00:01.500 --> 01:01:01.000\na\n--&gt;\n";
        assert_eq!(file.to_text(), expected);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(cues in prop::collection::vec((0u64..90_000_000, 1u64..90_000, "(?s).{0,40}"), 0..5)) {
            let cue = |(start, lasts, text): (u64, u64, String)| Cue {
                start_us: start * 1000,
                end_us: (start + lasts) * 1000,
                settings: "align:start".to_owned(),
                text,
            };
            let file = WebVtt { cues: cues.into_iter().map(cue).collect(), ..WebVtt::default() };
            let read = WebVtt::parse(&file.to_text()).unwrap();
            prop_assert_eq!(&read.unreadable, &Vec::<usize>::new());
            let times = |file: &WebVtt| file.cues.iter().map(|cue| (cue.start_us, cue.end_us)).collect::<Vec<_>>();
            prop_assert_eq!(times(&read), times(&file));
            prop_assert_eq!(WebVtt::parse(&read.to_text()).unwrap(), read);
        }
    }
}
