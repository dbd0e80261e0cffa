//! Signed addresses: whoever has one may read or store that one object, until it ends.

use domain::{
    Timestamp,
    object::{CachePolicy, ObjectKey},
};
use hmac::{Hmac, KeyInit, Mac};
use ports::Period;
use serde::Deserialize;
use sha2::Sha256;
use std::time::Duration;
use url::form_urlencoded::Serializer as Query;

/// How far this clock may be behind that of whoever signed.
const CLOCKS_APART: Duration = Duration::from_secs(5 * 60);

/// What an address's query says of the object that its path names. Only a signed one is to be believed.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Claims {
    /// The object's media type.
    #[serde(rename = "type")]
    pub(crate) content_type: String,
    /// Whether caches may keep it for good.
    pub(crate) immutable: bool,
    /// When it was signed, in seconds since the Unix epoch.
    from: i64,
    /// When it ends, in seconds since the Unix epoch.
    until: i64,
}

impl Claims {
    /// How long caches may keep the object.
    pub(crate) fn cache_policy(&self) -> CachePolicy {
        if self.immutable { CachePolicy::Immutable } else { CachePolicy::NoCache }
    }
}

/// What an address is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// The object may be read.
    Read,
    /// The object may be stored.
    Store,
}

impl Access {
    /// What the MAC begins with, so that an address for one is none for the other.
    fn domain(self) -> &'static str {
        match self {
            Self::Read => "object 1",
            Self::Store => "upload 1",
        }
    }
}

/// Signs addresses and knows its own again (HMAC-SHA256, RFC 2104).
#[derive(Clone)]
pub(crate) struct Signer(Hmac<Sha256>);

impl Signer {
    /// A signer with a key.
    pub(crate) fn new(key: &[u8]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes keys of any length"))
    }

    /// The path and query under which an object may be read or stored.
    pub(crate) fn address(&self, access: Access, key: &ObjectKey, valid: Period) -> String {
        let claims = Claims {
            content_type: key.content_type().to_owned(),
            immutable: key.cache_policy() == CachePolicy::Immutable,
            from: valid.from.as_seconds(),
            until: valid.until.as_seconds(),
        };
        let mac = self.mac(access, key.bucket().name(), &key.path(), &claims).finalize().into_bytes();
        let Claims { content_type, immutable, from, until } = claims;
        let signature = hex::encode(mac);
        let query = Query::new(String::new())
            .append_pair("type", &content_type)
            .append_pair("immutable", &immutable.to_string())
            .append_pair("from", &from.to_string())
            .append_pair("until", &until.to_string())
            .append_pair("signature", &signature)
            .finish();
        format!("/objects{key}?{query}")
    }

    /// Whether this signer made the address, and it is good now.
    pub(crate) fn allows(
        &self,
        access: Access,
        (bucket, path): (&str, &str),
        claims: &Claims,
        signature: &str,
        now: Timestamp,
    ) -> bool {
        let Ok(signature) = hex::decode(signature) else { return false };
        let genuine = self.mac(access, bucket, path, claims).verify_slice(&signature).is_ok();
        genuine && now.as_seconds() < claims.until && (now + CLOCKS_APART).as_seconds() >= claims.from
    }

    /// The MAC of everything an address says, however its text is escaped. No part of a signed one holds a
    /// line break, so the parts cannot be cut in another way.
    fn mac(&self, access: Access, bucket: &str, path: &str, claims: &Claims) -> Hmac<Sha256> {
        let Claims { content_type, immutable, from, until } = claims;
        let domain = access.domain();
        let text = format!("{domain}\n{bucket}\n{path}\n{content_type}\n{immutable}\n{from}\n{until}");
        self.0.clone().chain_update(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::StreamId;

    fn claims(from: i64, until: i64) -> Claims {
        Claims { content_type: "video/mp4".to_owned(), immutable: true, from, until }
    }

    fn allowed(claims: &Claims, now: i64) -> bool {
        let signer = Signer::new(b"key");
        let signature = hex::encode(signer.mac(Access::Read, "b", "p", claims).finalize().into_bytes());
        signer.allows(Access::Read, ("b", "p"), claims, &signature, Timestamp::from_millis(now * 1_000))
    }

    #[test]
    fn an_address_is_good_from_five_minutes_before_its_start_until_its_end() {
        let claims = claims(1_000, 2_000);
        for (now, good) in [(699, false), (700, true), (1_000, true), (1_999, true), (2_000, false)] {
            assert_eq!(allowed(&claims, now), good, "at {now}");
        }
    }

    #[test]
    fn extreme_times_are_no_trouble() {
        assert!(allowed(&claims(i64::MIN, i64::MAX), 0));
        assert!(!allowed(&claims(i64::MAX, i64::MAX), 0));
        assert!(!allowed(&claims(0, i64::MIN), 0));
    }

    #[test]
    fn each_part_is_signed() {
        let signer = Signer::new(b"key");
        let good = claims(0, 10);
        let signature = hex::encode(signer.mac(Access::Read, "b", "p", &good).finalize().into_bytes());
        let now = Timestamp::from_millis(5_000);
        let allows = |place, claims: &Claims| signer.allows(Access::Read, place, claims, &signature, now);
        assert!(allows(("b", "p"), &good));
        assert!(!allows(("c", "p"), &good));
        assert!(!allows(("b", "q"), &good));
        assert!(!allows(("b", "p"), &claims(0, 11)));
        assert!(!allows(("b", "p"), &claims(1, 10)));
        assert!(!allows(("b", "p"), &Claims { immutable: false, ..good.clone() }));
        assert!(!allows(("b", "p"), &Claims { content_type: "text/html".to_owned(), ..good.clone() }));
        assert!(!signer.allows(Access::Store, ("b", "p"), &good, &signature, now), "reading is not storing");
        assert!(!Signer::new(b"other").allows(Access::Read, ("b", "p"), &good, &signature, now));
    }

    #[test]
    fn addresses_read_as_documented() {
        let key = ObjectKey::Source { stream: StreamId::vod([0xab; 6]) };
        let valid = Period { from: Timestamp::from_millis(1_500), until: Timestamp::from_millis(2_999) };
        let address = Signer::new(b"key").address(Access::Read, &key, valid);
        let (start, signature) = address.split_once("&signature=").unwrap();
        let expected = "/objects/vod-raw/vod-abababababab/source\
                        ?type=application%2Foctet-stream&immutable=false&from=1&until=2";
        assert_eq!((start, signature.len()), (expected, 64));
    }
}
