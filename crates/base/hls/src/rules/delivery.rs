//! Rules about what a server answers when it is asked for what playlists name.

use std::time::Duration;

use super::finding::{Breach, Rule};

/// The rules, by id.
pub(super) const RULES: &[Rule<Request>] = &[
    Rule::new("playlist-unavailable", "RFC 8216 6.2.1", "every playlist is there", playlist_unavailable),
    Rule::new(
        "playlist-unidentified",
        "RFC 8216 4",
        "a path in .m3u8, or Content-Type application/vnd.apple.mpegurl",
        playlist_unidentified,
    ),
    Rule::new("playlist-not-utf8", "RFC 8216 4.1", "UTF-8", playlist_not_utf8),
    Rule::new(
        "segment-unavailable",
        "RFC 8216 6.2.1",
        "what is listed can be downloaded at once",
        segment_unavailable,
    ),
    Rule::new("gap-without-filler", "project", "a small valid filler at a gap's address", gap_without_filler),
    Rule::new("removed-too-soon", "RFC 8216bis 6.2.2", "removed segments stay for a while", removed_too_soon),
];

/// The media types of a playlist (RFC 8216 4), and the names that came before their registration.
const MEDIA_TYPES: &[&str] =
    &["application/vnd.apple.mpegurl", "audio/mpegurl", "application/x-mpegurl", "audio/x-mpegurl"];

/// A request for something that a playlist names, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which of the texts names it, from 0.
    pub text: usize,
    /// The line that names it; 0 for what nothing names.
    pub line: usize,
    /// Its address.
    pub uri: String,
    /// What it is.
    pub resource: Resource,
    /// What keeps it from being used, such as `404 Not Found`; `None` if nothing does.
    pub failure: Option<String>,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resource {
    /// A playlist that came over HTTP, or did not.
    Playlist {
        /// Its Content-Type, if the server named one.
        content_type: Option<String>,
        /// Whether its bytes are UTF-8.
        utf8: bool,
    },
    /// An initialization section: EXT-X-MAP.
    Map,
    /// A listed segment.
    Segment,
    /// A segment marked with EXT-X-GAP.
    Gap,
    /// A segment that has left its playlist.
    Removed {
        /// How long ago, at least.
        ago: Duration,
        /// Its own length and that of the longest playlist that listed it.
        stays: Duration,
    },
}

fn judge(request: &Request, measured: Option<String>) -> Vec<Breach> {
    measured.map(|measured| Breach::at(request.line, measured).in_text(request.text)).into_iter().collect()
}

fn failure(request: &Request) -> Option<String> {
    request.failure.as_ref().map(|failure| format!("{:?}: {failure}", request.uri))
}

fn playlist_unavailable(request: &Request) -> Vec<Breach> {
    let playlist = matches!(request.resource, Resource::Playlist { .. });
    judge(request, failure(request).filter(|_| playlist))
}

fn playlist_unidentified(request: &Request) -> Vec<Breach> {
    let Resource::Playlist { content_type, .. } = &request.resource else { return Vec::new() };
    let path = request.uri.split(['?', '#']).next().unwrap_or_default();
    let essence = content_type.as_ref().and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    let named = path.ends_with(".m3u8") || path.ends_with(".m3u");
    let typed = MEDIA_TYPES.iter().any(|known| known.eq_ignore_ascii_case(essence));
    let measured = || format!("{:?} of type {essence:?}", request.uri);
    judge(request, (request.failure.is_none() && !named && !typed).then(measured))
}

fn playlist_not_utf8(request: &Request) -> Vec<Breach> {
    let broken = matches!(request.resource, Resource::Playlist { utf8: false, .. });
    judge(request, (request.failure.is_none() && broken).then(|| "bytes that are not UTF-8".to_owned()))
}

fn segment_unavailable(request: &Request) -> Vec<Breach> {
    let listed = matches!(request.resource, Resource::Map | Resource::Segment);
    judge(request, failure(request).filter(|_| listed))
}

fn gap_without_filler(request: &Request) -> Vec<Breach> {
    judge(request, failure(request).filter(|_| request.resource == Resource::Gap))
}

fn removed_too_soon(request: &Request) -> Vec<Breach> {
    let Resource::Removed { ago, stays } = request.resource else { return Vec::new() };
    let Some(failure) = failure(request).filter(|_| ago <= stays) else { return Vec::new() };
    let measured = format!("{failure} after {:.1} s", ago.as_secs_f64());
    let breach = Breach::at(request.line, measured).in_text(request.text);
    vec![breach.allowed(format!("there for {:.1} s after its removal", stays.as_secs_f64()))]
}
