//! AAC frames in an ADTS stream (ISO/IEC 13818-7 6.2).

/// The fixed header's profile (AAC-LC), sampling frequency index (48 kHz) and channel configuration (stereo).
const EXPECTED: (u8, u8, u8) = (1, 3, 2);

/// Why a stream is not one of stereo AAC-LC at 48 kHz.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    /// There is no frame where one must be.
    #[error("there is no whole ADTS frame at byte {0}")]
    NoFrame(usize),
    /// A frame has another form.
    #[error("a frame is of profile {0}, frequency index {1}, channels {2}; 1, 3, 2 are expected")]
    Form(u8, u8, u8),
}

/// The raw frames of a stream, without their headers.
pub(crate) fn frames(stream: &[u8]) -> Result<Vec<&[u8]>, Malformed> {
    let mut frames = Vec::new();
    let mut at = 0;
    while at < stream.len() {
        let (header, length) = header(&stream[at..])?.ok_or(Malformed::NoFrame(at))?;
        frames.push(stream.get(at + header..at + length).ok_or(Malformed::NoFrame(at))?);
        at += length;
    }
    Ok(frames)
}

/// The length of the header and of the whole frame; `None` if there is no header.
fn header(bytes: &[u8]) -> Result<Option<(usize, usize)>, Malformed> {
    let [0xFF, b1, b2, b3, b4, b5, _, ..] = *bytes else { return Ok(None) };
    if b1 & 0xF6 != 0xF0 {
        return Ok(None);
    }
    let form = (b2 >> 6, (b2 >> 2) & 0xF, ((b2 & 1) << 2) | (b3 >> 6));
    if form != EXPECTED {
        return Err(Malformed::Form(form.0, form.1, form.2));
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
            prop_assert_eq!(frames(&stream).unwrap(), payloads);
            if !stream.is_empty() {
                prop_assert!(frames(&stream[..stream.len() - 1]).is_err());
            }
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = frames(&[&[0xFF, 0xF1], &bytes[..]].concat());
        }
    }
}
