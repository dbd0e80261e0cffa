//! The hash by which Kafka's default partitioner spreads keys (`Utils.murmur2` of its Java clients).

const SEED: u32 = 0x9747_b28c;
const MIX: u32 = 0x5bd1_e995;

/// Kafka's 32-bit variant of MurmurHash2.
#[expect(clippy::cast_possible_truncation, reason = "the algorithm mixes in the length modulo 2^32")]
pub(crate) fn murmur2(data: &[u8]) -> u32 {
    let (words, rest) = data.as_chunks::<4>();
    let mut hash = SEED ^ data.len() as u32;
    for word in words {
        let word = u32::from_le_bytes(*word).wrapping_mul(MIX);
        let word = (word ^ (word >> 24)).wrapping_mul(MIX);
        hash = hash.wrapping_mul(MIX) ^ word;
    }
    if !rest.is_empty() {
        let tail = rest.iter().rev().fold(0, |tail, byte| (tail << 8) | u32::from(*byte));
        hash = (hash ^ tail).wrapping_mul(MIX);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(MIX);
    hash ^ (hash >> 15)
}

/// The partition of a key among so many, as Kafka's clients choose it.
pub(crate) fn partition(key: &str, partitions: u32) -> u32 {
    (murmur2(key.as_bytes()) & 0x7fff_ffff) % partitions
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From Kafka's own `UtilsTest.testMurmur2`.
    #[test]
    fn hashes_as_kafka_does() {
        let known: [(&str, i32); 6] = [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ];
        for (key, hash) in known {
            assert_eq!(murmur2(key.as_bytes()), hash.cast_unsigned(), "{key}");
        }
    }

    #[test]
    fn the_sign_is_cut_off_before_the_division() {
        assert_eq!(partition("21", 12), (-973_932_308_i32 & 0x7fff_ffff).cast_unsigned() % 12);
        assert!((0..1000).all(|n| partition(&n.to_string(), 3) < 3));
    }
}
