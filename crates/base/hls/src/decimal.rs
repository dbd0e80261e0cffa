//! Decimal numbers of playlists, read without floating point.

/// Millionths in one.
const MICRO: u64 = 1_000_000;

/// Reads a decimal-floating-point (RFC 8216 4.2) as millionths, the seventh decimal rounded. `None` when it
/// is not one.
pub(crate) fn micros(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let seventh = fraction.as_bytes().get(6).copied().unwrap_or(b'0');
    let millionths = fraction.bytes().chain(std::iter::repeat(b'0')).take(6);
    let millionths = millionths.fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    let whole: u64 = whole.parse().ok()?;
    whole.checked_mul(MICRO)?.checked_add(millionths + u64::from(seventh >= b'5'))
}

/// Reads a signed-decimal-floating-point (RFC 8216 4.2) as millionths. `None` when it is not one.
pub(crate) fn signed_micros(text: &str) -> Option<i64> {
    match text.strip_prefix('-') {
        Some(positive) => i64::try_from(micros(positive)?).ok().map(|value| -value),
        None => i64::try_from(micros(text)?).ok(),
    }
}

/// Reads a decimal-integer (RFC 8216 4.2). `None` for a sign, a blank or anything over 64 bits.
pub(crate) fn integer(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_to_the_millionth() {
        assert_eq!(micros("4"), Some(4_000_000));
        assert_eq!(micros("4.004"), Some(4_004_000));
        assert_eq!(micros("0.0333333"), Some(33_333));
        assert_eq!(micros("0.9999996"), Some(1_000_000));
        assert_eq!(signed_micros("-1.5"), Some(-1_500_000));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", ".", ".5", "-1", "+1", "1e3", "1,5", " 1", "NaN", "99999999999999999999", "1.5.5"] {
            assert_eq!(micros(text), None, "{text:?}");
        }
        for text in ["", "+1", "-1", "1.0", "18446744073709551616"] {
            assert_eq!(integer(text), None, "{text:?}");
        }
    }
}
