//! Strings made safe for a playlist: no line break, no quote, no control character (RFC 8216 4.1, 4.2).

use std::borrow::Cow;

/// An address with everything percent-encoded that would end a line or a quoted string, or make it a comment.
///
/// An empty address becomes `.`: a blank line would be skipped, and every later length read for the wrong
/// segment.
pub(super) fn uri(raw: &str) -> Cow<'_, str> {
    if raw.is_empty() {
        return Cow::Borrowed(".");
    }
    if !raw.starts_with('#') && !raw.contains(is_unsafe_in_uri) {
        return Cow::Borrowed(raw);
    }
    let mut safe = String::with_capacity(raw.len() + 16);
    for (position, character) in raw.char_indices() {
        if is_unsafe_in_uri(character) || (position == 0 && character == '#') {
            percent_encode(character, &mut safe);
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

/// The inside of a quoted-string: quotes become apostrophes, control characters become spaces.
pub(super) fn quoted(raw: &str) -> String {
    let safe = |character: char| match character {
        '"' => '\'',
        _ if is_forbidden(character) => ' ',
        _ => character,
    };
    raw.chars().map(safe).collect()
}

fn is_unsafe_in_uri(character: char) -> bool {
    character == '"' || character.is_whitespace() || is_forbidden(character)
}

fn is_forbidden(character: char) -> bool {
    character.is_control() || character == '\u{feff}'
}

fn percent_encode(character: char, into: &mut String) {
    for byte in character.encode_utf8(&mut [0; 4]).bytes() {
        into.push('%');
        for digit in [byte >> 4, byte & 0xf] {
            into.push(char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_cannot_break_a_line() {
        assert_eq!(uri("a/b.m4s?t=1#x"), "a/b.m4s?t=1#x");
        assert_eq!(uri("a\r\n#EXT-X-ENDLIST\n\"b\""), "a%0D%0A#EXT-X-ENDLIST%0A%22b%22");
        assert_eq!(uri("#EXT-X-ENDLIST"), "%23EXT-X-ENDLIST");
        assert_eq!(uri(" é\u{85}"), "%20é%C2%85");
        assert_eq!(uri(""), ".");
    }

    #[test]
    fn names_keep_their_letters() {
        assert_eq!(quoted("Été \"live\"\r\nURI=x"), "Été 'live'  URI=x");
    }
}
