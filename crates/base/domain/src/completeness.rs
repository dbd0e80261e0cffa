//! What is there of a source against what its header promises: headers exaggerate, and files are cut off.

use crate::{
    media::MediaInfo,
    note::{Note, NoteCode},
    rejection::{Rejection, RejectionCode},
};

/// A file that lacks less than this, or less than a tenth, is as long as its header says.
const MISSING_US: i64 = 1_000_000;
/// Of sound alone this much has to be there, unless the header promises hardly more.
const SCRAP_US: i64 = 1_000_000;
/// How many times longer than a scrap the whole was.
const SCRAP_OF: i64 = 20;

/// What is said of a source that ends before the length that it promises: what is there is kept.
#[must_use]
pub fn note(info: &MediaInfo) -> Option<Note> {
    let (declared_us, found_us) = (info.declared_us?, info.length_us());
    // Some headers count from the first picture, others from zero.
    let missing_us = declared_us - found_us.max(info.end_us());
    let (found, declared) = (seconds(found_us), seconds(declared_us));
    let text = format!(
        "The file promises {declared:.1} s, and {found:.1} s are there. They are kept; if your video is longer, upload the \
         whole file again."
    );
    let lacks = missing_us > MISSING_US && missing_us > declared_us / 10;
    lacks.then(|| Note::new(NoteCode::CutShort, text))
}

/// The refusal of sound of which only a scrap is left: one picture may be worth keeping, a tenth of a second of a song is
/// nothing that anybody meant to upload.
#[must_use]
pub fn refusal(info: &MediaInfo) -> Option<Rejection> {
    let (declared_us, found_us) = (info.declared_us?, info.length_us());
    let scrap = info.video.is_none() && found_us < SCRAP_US && declared_us / SCRAP_OF > found_us;
    let (found, declared) = (seconds(found_us), seconds(declared_us));
    let text = format!(
        "Only {found:.1} s of sound are left of the {declared:.0} s that the file promises: it was cut off. Upload the whole \
         file."
    );
    scrap.then(|| Rejection::new(RejectionCode::CutShort, text))
}

fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::AudioTrack;

    fn verdict(found_us: i64, declared_us: Option<i64>) -> (bool, bool) {
        let (codec, language) = ("flac".to_owned(), None);
        let track =
            AudioTrack { stream_index: 0, codec, language, channels: 2, start_us: 0, end_us: found_us };
        let info = MediaInfo {
            container: "flac".to_owned(),
            indexed: false,
            video: None,
            audio: vec![track],
            subtitles: Vec::new(),
            declared_us,
            mended: Vec::new(),
            notes: Vec::new(),
        };
        (note(&info).is_some(), refusal(&info).is_some())
    }

    #[test]
    fn what_is_cut_off_is_kept_with_a_word_unless_it_is_a_scrap() {
        assert_eq!(verdict(100_000, Some(189_000_000)), (true, true));
        assert_eq!(verdict(60_000_000, Some(189_000_000)), (true, false));
        assert_eq!(verdict(188_000_000, Some(189_000_000)), (false, false));
        assert_eq!(verdict(100_000, Some(120_000)), (false, false));
        assert_eq!(verdict(100_000, None), (false, false));
    }
}
