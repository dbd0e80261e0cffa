//! A presentation as it is at one time: a master playlist and the media playlists that it names, or one of
//! them alone.

use crate::fetch::{self, Fetcher};
use hls::{NamedPlaylist, Survey, Track};
use std::collections::BTreeSet;
use url::Url;

/// The largest playlist, in bytes.
pub(crate) const LARGEST_PLAYLIST: u64 = 32 << 20;

/// A playlist that came.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    /// What it was asked for as.
    pub(crate) asked: Url,
    /// Where it was in the end.
    pub(crate) url: Url,
    /// Its Content-Type.
    pub(crate) content_type: Option<String>,
    /// Whether it was UTF-8.
    pub(crate) utf8: bool,
    /// What it says; what is not UTF-8 is replaced.
    pub(crate) text: String,
}

/// A media playlist of a presentation.
#[derive(Debug, Clone)]
pub(crate) struct Rendition {
    /// Its name in a report: its address as the master names it, or as it was asked for.
    pub(crate) name: String,
    /// What it carries.
    pub(crate) track: Track,
    /// All that the master says of it; one row for each time that it is named.
    pub(crate) named: Vec<NamedPlaylist>,
    /// The playlist, or why it did not come.
    pub(crate) page: Result<Page, String>,
}

/// The playlists of one presentation.
#[derive(Debug, Clone)]
pub(crate) struct Presentation {
    /// Its name in a report.
    pub(crate) name: String,
    /// The master playlist, if there is one.
    pub(crate) master: Option<Page>,
    /// The media playlists, in the master's order.
    pub(crate) renditions: Vec<Rendition>,
}

impl Presentation {
    /// Asks for all playlists.
    ///
    /// # Errors
    /// The first one did not come.
    pub(crate) async fn load(fetcher: &Fetcher, url: &Url) -> anyhow::Result<Self> {
        let name = shown(url);
        let first = Page::load(fetcher, url).await;
        let first = first.map_err(|failure| anyhow::anyhow!("{name} cannot be read: {failure}"))?;
        let Survey::Master(named) = Survey::of(&first.text) else {
            let alone =
                Rendition { name: name.clone(), track: Track::Video, named: Vec::new(), page: Ok(first) };
            return Ok(Self { name, master: None, renditions: vec![alone] });
        };
        let mut renditions = Vec::new();
        let mut seen = BTreeSet::new();
        for playlist in named.iter().filter(|it| seen.insert(it.uri.clone())) {
            let page = match fetch::resolve(&first.url, &playlist.uri) {
                Ok(url) => Page::load(fetcher, &url).await,
                Err(failure) => Err(failure),
            };
            let all = named.iter().filter(|it| it.uri == playlist.uri).cloned().collect();
            let (name, track) = (playlist.uri.clone(), playlist.track);
            renditions.push(Rendition { name, track, named: all, page });
        }
        Ok(Self { name, master: Some(first), renditions })
    }
}

impl Page {
    /// Asks for a playlist.
    ///
    /// # Errors
    /// Why it did not come.
    pub(crate) async fn load(fetcher: &Fetcher, url: &Url) -> Result<Self, String> {
        let fetched = fetcher.whole(url, None, LARGEST_PLAYLIST).await?;
        let text = String::from_utf8_lossy(&fetched.bytes);
        let utf8 = matches!(text, std::borrow::Cow::Borrowed(_));
        let text = text.into_owned();
        Ok(Self { asked: url.clone(), url: fetched.url, content_type: fetched.content_type, utf8, text })
    }
}

/// An address as people write it.
fn shown(url: &Url) -> String {
    url.to_file_path().map_or_else(|()| url.to_string(), |path| path.display().to_string())
}
