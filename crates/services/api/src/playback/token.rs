//! Tokens: a part of every playback address, so that relative addresses inherit it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What a token opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The master playlist: what `GET /vod/{id}/manifest` hands out.
    Link,
    /// Media playlists and segments: what the master carries.
    Playback,
}

impl Purpose {
    fn letter(self) -> char {
        match self {
            Self::Link => 'l',
            Self::Playback => 'p',
        }
    }
}

/// Half of an HMAC-SHA256 is far beyond guessing, and addresses stay short.
const TAG_BYTES: usize = 16;

/// Makes and verifies tokens: a letter for the purpose, the end as Unix time in hex, and a tag over both and the stream.
pub(crate) struct Tokens {
    /// The first signs; all verify, so that keys can be changed without cutting viewers off.
    keys: Vec<Vec<u8>>,
}

impl Tokens {
    pub(crate) fn new(keys: Vec<Vec<u8>>) -> Self {
        Self { keys }
    }

    /// A token that opens this purpose of this stream until this Unix time.
    pub(crate) fn sign(&self, purpose: Purpose, stream: &str, until: i64) -> String {
        let tag = self
            .keys
            .first()
            .map(|key| hex::encode(&mac(key, purpose, stream, until).finalize().into_bytes()[..TAG_BYTES]));
        format!("{}{until:x}-{}", purpose.letter(), tag.unwrap_or_default())
    }

    /// How many seconds a token is still good, if it is good for this.
    pub(crate) fn verify(&self, token: &str, purpose: Purpose, stream: &str, now: i64) -> Option<i64> {
        let (until, tag) = token.strip_prefix(purpose.letter())?.split_once('-')?;
        let until = i64::from_str_radix(until, 16).ok()?;
        let tag = hex::decode(tag).ok().filter(|tag| tag.len() == TAG_BYTES)?;
        let genuine =
            self.keys.iter().any(|key| mac(key, purpose, stream, until).verify_truncated_left(&tag).is_ok());
        (genuine && now < until).then(|| until - now)
    }
}

fn mac(key: &[u8], purpose: Purpose, stream: &str, until: i64) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "an HMAC takes a key of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("an HMAC takes a key of any length");
    mac.update(format!("{}\n{stream}\n{until}", purpose.letter()).as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tokens() -> Tokens {
        Tokens::new(vec![b"new".to_vec(), b"old".to_vec()])
    }

    #[test]
    fn a_token_opens_one_purpose_of_one_stream_for_a_while() {
        let token = tokens().sign(Purpose::Playback, "vod-a", 100);
        assert_eq!(tokens().verify(&token, Purpose::Playback, "vod-a", 40), Some(60));
        assert_eq!(tokens().verify(&token, Purpose::Playback, "vod-a", 100), None);
        assert_eq!(tokens().verify(&token, Purpose::Playback, "vod-b", 40), None);
        assert_eq!(tokens().verify(&token, Purpose::Link, "vod-a", 40), None);
        assert_eq!(tokens().verify(&token.replacen('p', "l", 1), Purpose::Link, "vod-a", 40), None);
    }

    #[test]
    fn an_older_key_still_opens() {
        let old = Tokens::new(vec![b"old".to_vec()]).sign(Purpose::Link, "vod-a", 100);
        assert!(tokens().verify(&old, Purpose::Link, "vod-a", 0).is_some());
        let foreign = Tokens::new(vec![b"else".to_vec()]).sign(Purpose::Link, "vod-a", 100);
        assert!(tokens().verify(&foreign, Purpose::Link, "vod-a", 0).is_none());
    }

    proptest! {
        #[test]
        fn any_flipped_character_closes_it(at in 0usize..41, with in "[0-9a-f-]") {
            let token = tokens().sign(Purpose::Playback, "vod-a", 0x7000_0000);
            let at = at.min(token.len() - 1);
            let mut flipped = token.clone();
            flipped.replace_range(at..=at, &with);
            prop_assume!(flipped != token);
            prop_assert!(tokens().verify(&flipped, Purpose::Playback, "vod-a", 0).is_none());
        }

        #[test]
        fn never_panics(token in ".{0,60}") {
            prop_assert!(tokens().verify(&token, Purpose::Link, "vod-a", 0).is_none());
        }
    }
}
