//! A presentation as a player gets it: the master and all media playlists, parsed by a library that is not
//! the product's.

use crate::{answer::Answer, api::Api};
use anyhow::{Context, Result, ensure};
use hls::{RenditionText, Track};
use m3u8_rs::{AlternativeMediaType, MasterPlaylist, MediaPlaylist, MediaSegment};
use url::Url;

/// The playlists of one video.
#[derive(Debug, Clone)]
pub struct Presentation {
    /// Where the master is.
    pub url: Url,
    /// The master as it was sent.
    pub master: Answer,
    /// The master, parsed, without the playlists of single pictures.
    pub variants: MasterPlaylist,
    /// Where the playlists of single pictures are, in the master's order.
    pub frames: Vec<Url>,
    /// The renditions: pictures in the master's order, then sound.
    pub renditions: Vec<RenditionView>,
    /// The renditions of subtitles, in the master's order.
    pub subtitles: Vec<RenditionView>,
}

/// One rendition.
#[derive(Debug, Clone)]
pub struct RenditionView {
    /// Where its playlist is.
    pub url: Url,
    /// Its folder's name, such as `480p`.
    pub name: String,
    /// It has sound and no pictures.
    pub sound: bool,
    /// The playlist as it was sent.
    pub answer: Answer,
    /// The playlist, parsed.
    pub playlist: MediaPlaylist,
}

impl Presentation {
    /// Opens a video as a player does.
    ///
    /// # Errors
    /// It is not playable, or a playlist is missing or not one.
    pub async fn open(api: &Api, id: &str) -> Result<Self> {
        let manifest = api.get(&format!("/vod/{id}/manifest")).await?.json()?;
        let url = Url::parse(manifest["manifest_url"].as_str().context("no manifest_url")?)?;
        let master = api.get(url.as_str()).await?;
        ensure!(master.status == 200, "the master was answered {}: {}", master.status, master.text());
        let parsed = m3u8_rs::parse_master_playlist_res(&master.body);
        let mut variants = parsed.map_err(|error| anyhow::anyhow!("the master does not parse: {error}"))?;
        let frames = variants.variants.extract_if(.., |variant| variant.is_i_frame);
        let frames = frames.map(|variant| Ok(url.join(&variant.uri)?)).collect::<Result<_>>()?;
        let pictures = variants.variants.iter().map(|variant| (variant.uri.clone(), false));
        let of = |kind: AlternativeMediaType| {
            let media = variants.alternatives.iter().filter(move |media| media.media_type == kind);
            media.filter_map(|media| media.uri.clone())
        };
        let sound = of(AlternativeMediaType::Audio).map(|uri| (uri, true));
        let (mut renditions, mut subtitles) = (Vec::new(), Vec::new());
        for (uri, sound) in pictures.chain(sound) {
            renditions.push(RenditionView::open(api, url.join(&uri)?, sound).await?);
        }
        for uri in of(AlternativeMediaType::Subtitles) {
            subtitles.push(RenditionView::open(api, url.join(&uri)?, false).await?);
        }
        Ok(Self { url, master, variants, frames, renditions, subtitles })
    }

    /// Every rule that a playlist breaks, as the project's own checker sees it.
    #[must_use]
    pub fn findings(&self) -> Vec<String> {
        let track = |rendition: &RenditionView| if rendition.sound { Track::Audio } else { Track::Video };
        let heard_and_seen = self.renditions.iter().map(|it| (track(it), it.answer.text()));
        let read = self.subtitles.iter().map(|it| (Track::Subtitles, it.answer.text()));
        let all: Vec<(Track, String)> = heard_and_seen.chain(read).collect();
        let texts = all.iter().map(|(_, text)| text);
        let views: Vec<RenditionText<'_>> =
            all.iter().map(|(track, text)| RenditionText { track: *track, text }).collect();
        let mut findings = hls::check_master(&self.master.text());
        findings.extend(texts.flat_map(|text| hls::check_media(text)));
        findings.extend(hls::check_renditions(&views));
        findings.iter().map(ToString::to_string).collect()
    }

    /// The rendition with the largest pictures.
    ///
    /// # Errors
    /// There are no pictures.
    pub fn top(&self) -> Result<&RenditionView> {
        let sized = self.variants.variants.iter().zip(&self.renditions);
        let top = sized.max_by_key(|(variant, _)| variant.resolution.map_or(0, |size| size.height));
        Ok(top.context("no variants")?.1)
    }

    /// The renditions of one kind.
    pub fn of_kind(&self, sound: bool) -> impl Iterator<Item = &RenditionView> {
        self.renditions.iter().filter(move |rendition| rendition.sound == sound)
    }
}

impl RenditionView {
    async fn open(api: &Api, url: Url, sound: bool) -> Result<Self> {
        let answer = api.get(url.as_str()).await?;
        ensure!(answer.status == 200, "{url} was answered {}: {}", answer.status, answer.text());
        let parsed = m3u8_rs::parse_media_playlist_res(&answer.body);
        let playlist = parsed.map_err(|error| anyhow::anyhow!("{url} does not parse: {error}"))?;
        let folder = url.path_segments().and_then(|mut parts| parts.nth_back(1)).unwrap_or_default();
        Ok(Self { name: folder.to_owned(), url, sound, answer, playlist })
    }

    /// The segments.
    #[must_use]
    pub fn segments(&self) -> &[MediaSegment] {
        &self.playlist.segments
    }

    /// Where a segment is.
    ///
    /// # Errors
    /// There is none of this number.
    pub fn segment(&self, index: usize) -> Result<Url> {
        let segment = self.segments().get(index).with_context(|| format!("no segment {index}"))?;
        Ok(self.url.join(&segment.uri)?)
    }

    /// Where the initialization segment is.
    ///
    /// # Errors
    /// The playlist names none.
    pub fn init(&self) -> Result<Url> {
        let map = self.segments().first().and_then(|segment| segment.map.as_ref());
        Ok(self.url.join(&map.context("no EXT-X-MAP")?.uri)?)
    }

    /// When each segment ends by the playlist, in seconds.
    #[must_use]
    pub fn ends(&self) -> Vec<f64> {
        let mut end = 0.0;
        self.segments()
            .iter()
            .map(|segment| {
                end += f64::from(segment.duration);
                end
            })
            .collect()
    }
}
