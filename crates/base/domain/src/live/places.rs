//! The places of a playlist as one text in a stream's document: that is written anew with every segment, and each field of it costs the
//! database more than the characters do.

use super::Place;
use serde::{Deserialize, Deserializer, Serializer, de::Error};
use std::fmt::{self, Display, Formatter};

/// Writes them: for each its number, its duration, its start unless it is the end of the place before (both in microseconds), `d` for a
/// discontinuity and `g` for a gap, as in `5+2000000@1700000000000000 6+2000000g 7+1960000d`.
pub(super) fn serialize<S: Serializer>(places: &[Place], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Text(places))
}

/// Reads them; also the list of documents that they once were.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Place>, D::Error> {
    match Stored::deserialize(deserializer)? {
        Stored::Text(text) => parse(&text).map_err(D::Error::custom),
        Stored::List(places) => Ok(places),
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Text(String),
    List(Vec<Place>),
}

struct Text<'a>(&'a [Place]);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut end = None;
        for place in self.0 {
            let space = if end.is_some() { " " } else { "" };
            write!(f, "{space}{}+{}", place.number, place.duration_us)?;
            if end != Some(place.starts_at_us) {
                write!(f, "@{}", place.starts_at_us)?;
            }
            f.write_str(if place.discontinuity { "d" } else { "" })?;
            f.write_str(if place.gap { "g" } else { "" })?;
            end = Some(place.ends_at_us());
        }
        Ok(())
    }
}

/// A text that is no place.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a place such as 5+2000000@1700000000000000")]
struct InvalidPlace(String);

fn parse(text: &str) -> Result<Vec<Place>, InvalidPlace> {
    let mut end = None;
    let one = |text: &str| {
        let place = place(text, end).ok_or_else(|| InvalidPlace(text.chars().take(64).collect()))?;
        end = Some(place.ends_at_us());
        Ok(place)
    };
    text.split_ascii_whitespace().map(one).collect()
}

fn place(text: &str, end: Option<i64>) -> Option<Place> {
    let (text, gap) = marked(text, 'g');
    let (text, discontinuity) = marked(text, 'd');
    let (number, times) = text.split_once('+')?;
    let (duration, starts_at_us) = match times.split_once('@') {
        Some((duration, start)) => (duration, start.parse().ok()?),
        None => (times, end?),
    };
    Some(Place {
        number: number.parse().ok()?,
        duration_us: duration.parse().ok()?,
        starts_at_us,
        discontinuity,
        gap,
    })
}

fn marked(text: &str, mark: char) -> (&str, bool) {
    text.strip_suffix(mark).map_or((text, false), |rest| (rest, true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Serialize;
    use serde_json::json;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Window(#[serde(with = "super")] Vec<Place>);

    fn any_places() -> impl Strategy<Value = Vec<Place>> {
        let place = (any::<u32>(), any::<u64>(), any::<i64>(), any::<bool>(), any::<bool>());
        prop::collection::vec((place, any::<bool>()), 0..9).prop_map(|drawn| {
            let mut places: Vec<Place> = Vec::new();
            for ((number, duration_us, starts_at_us, discontinuity, gap), continues) in drawn {
                let end = places.last().filter(|_| continues).map(Place::ends_at_us);
                let starts_at_us = end.unwrap_or(starts_at_us);
                places.push(Place { number, duration_us, starts_at_us, discontinuity, gap });
            }
            places
        })
    }

    proptest! {
        #[test]
        fn they_are_read_as_they_were(places in any_places()) {
            let window = Window(places);
            let stored = serde_json::to_value(&window).unwrap();
            prop_assert!(stored.is_string());
            prop_assert_eq!(serde_json::from_value::<Window>(stored).unwrap(), window);
        }

        #[test]
        fn never_panics_on_a_text(text in "[0-9+@dg -]{0,30}") {
            let _ = parse(&text);
        }
    }

    #[test]
    fn a_person_can_read_them() {
        let text = "5+2000000@1700000000000000 6+2000000g 7+1960000d 8+2000000@1700000009000000dg";
        let places = parse(text).unwrap();
        assert_eq!(places[1].starts_at_us, 1_700_000_002_000_000);
        assert!(places[1].gap && !places[1].discontinuity && places[2].discontinuity && !places[2].gap);
        assert_eq!(Text(&places).to_string(), text);
    }

    #[test]
    fn the_list_of_earlier_documents_is_read() {
        let list = json!([
            { "number": 5, "duration_us": 2, "starts_at_us": 7 },
            { "number": 6, "duration_us": 3, "starts_at_us": 9, "discontinuity": true, "gap": true },
        ]);
        let window: Window = serde_json::from_value(list).unwrap();
        assert_eq!(Text(&window.0).to_string(), "5+2@7 6+3dg");
    }

    #[test]
    fn what_is_no_place_is_told() {
        for text in ["5+2", "5@7", "5+2@7 x", "-1+2@7", "5+2@7x", "5+2@7gd"] {
            let error = serde_json::from_value::<Window>(text.into()).unwrap_err().to_string();
            assert!(error.contains("is not a place"), "{text}: {error}");
        }
    }
}
