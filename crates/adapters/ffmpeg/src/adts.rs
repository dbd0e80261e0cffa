//! AAC frames in an ADTS stream (ISO/IEC 13818-7 6.2).

/// What a stream of AAC-LC is to be, in terms of the fixed header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Form {
    frequency_index: u8,
    channels: u8,
}

impl Form {
    pub(crate) const STEREO_48_KHZ: Self = Self { frequency_index: 3, channels: 2 };
    pub(crate) const MONO_32_KHZ: Self = Self { frequency_index: 5, channels: 1 };
    /// AAC-LC.
    const PROFILE: u8 = 1;
}

/// One frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    /// With its header.
    pub(crate) whole: &'a [u8],
    /// Without.
    pub(crate) raw: &'a [u8],
}

/// Why a stream is not one of AAC-LC of the form that is expected.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    /// There is no frame where one must be.
    #[error("there is no whole ADTS frame at byte {0}")]
    NoFrame(usize),
    /// A frame has another form.
    #[error("a frame is of profile {0}, frequency index {1}, channels {2}; AAC-LC of {3:?} is expected")]
    Form(u8, u8, u8, Form),
}

/// The frames of a stream.
pub(crate) fn frames(stream: &[u8], form: Form) -> Result<Vec<Frame<'_>>, Malformed> {
    let mut frames = Vec::new();
    let mut at = 0;
    while at < stream.len() {
        let (header, length) = header(&stream[at..], form)?.ok_or(Malformed::NoFrame(at))?;
        let whole = stream.get(at..at + length).ok_or(Malformed::NoFrame(at))?;
        frames.push(Frame { whole, raw: &whole[header..] });
        at += length;
    }
    Ok(frames)
}

/// The length of the header and of the whole frame; `None` if there is no header.
fn header(bytes: &[u8], expected: Form) -> Result<Option<(usize, usize)>, Malformed> {
    let [0xFF, b1, b2, b3, b4, b5, _, ..] = *bytes else { return Ok(None) };
    if b1 & 0xF6 != 0xF0 {
        return Ok(None);
    }
    let (profile, frequency_index, channels) = (b2 >> 6, (b2 >> 2) & 0xF, ((b2 & 1) << 2) | (b3 >> 6));
    if profile != Form::PROFILE || (Form { frequency_index, channels }) != expected {
        return Err(Malformed::Form(profile, frequency_index, channels, expected));
    }
    let length = (usize::from(b3 & 3) << 11) | (usize::from(b4) << 3) | usize::from(b5 >> 5);
    // `protection_absent` is unset: a CRC follows.
    let header = if b1 & 1 == 0 { 9 } else { 7 };
    Ok((length >= header).then_some((header, length)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frame(payload: &[u8]) -> Vec<u8> {
        let length = payload.len() + 7;
        let header = [
            0xFF,
            0xF1,
            0x4C,
            0x80 | (length >> 11) as u8,
            (length >> 3) as u8,
            ((length & 7) << 5) as u8,
            0,
        ];
        [&header[..], payload].concat()
    }

    proptest! {
        #[test]
        fn frames_come_out_as_they_went_in(
            payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..900), 0..9),
        ) {
            let stream: Vec<u8> = payloads.iter().flat_map(|payload| frame(payload)).collect();
            let read = frames(&stream, Form::STEREO_48_KHZ).unwrap();
            prop_assert_eq!(read.iter().flat_map(|frame| frame.whole.to_vec()).collect::<Vec<_>>(), stream.clone());
            prop_assert_eq!(read.into_iter().map(|frame| frame.raw.to_vec()).collect::<Vec<_>>(), payloads);
            if !stream.is_empty() {
                prop_assert!(frames(&stream[..stream.len() - 1], Form::STEREO_48_KHZ).is_err());
                prop_assert!(frames(&stream, Form::MONO_32_KHZ).is_err());
            }
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = frames(&[&[0xFF, 0xF1], &bytes[..]].concat(), Form::STEREO_48_KHZ);
        }
    }
}
