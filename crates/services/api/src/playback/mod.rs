//! Playback: every address that a player meets, and the tokens that open them.

pub(crate) mod delivery;
mod hold;
pub(crate) mod manifest;
pub(crate) mod playlists;
mod token;

pub(crate) use manifest::{LINK_SECONDS, base};
pub(crate) use token::{Purpose, Tokens};

use crate::{
    live,
    path::Path,
    problem::{Code, Problem},
    state::State,
};
use axum::{extract::State as Extracted, http::HeaderMap, response::Response};
use domain::StreamId;
use hold::Wanted;

/// A file within a rendition's folder.
enum File {
    Playlist,
    Frames,
    Storyboard,
    Wanted(Wanted),
}

/// The names of files as playlists write them.
mod name {
    pub(super) const PLAYLIST: &str = "index.m3u8";
    pub(super) const FRAMES: &str = "frames.m3u8";
    pub(super) const INIT: &str = "init.mp4";
    pub(super) const SEGMENT_EXTENSION: &str = ".m4s";
    pub(super) const SUBTITLES_EXTENSION: &str = ".vtt";
    pub(super) const STILL_EXTENSION: &str = ".jpg";
    pub(super) const STORYBOARD: &str = "index.vtt";
}

/// Answers with a rendition's playlist, initialization segment or media segment.
pub(crate) async fn file(
    Extracted(state): Extracted<State>,
    Path((token, stream, rendition, file)): Path<(String, String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let valid_for = state.open(&token, Purpose::Playback, &stream)?;
    let stream: StreamId = stream.parse().map_err(|_| Problem::no_video(&stream))?;
    if stream.is_live() {
        return live::play::file(&state, &stream, (&rendition, &file), &headers, valid_for).await;
    }
    match parse(&file) {
        Some(File::Playlist) => playlists::media(&state, &stream, &rendition, &headers, valid_for).await,
        Some(File::Frames) => playlists::frames(&state, &stream, &rendition, &headers, valid_for).await,
        Some(File::Storyboard) => {
            playlists::storyboard(&state, &stream, &rendition, &headers, valid_for).await
        }
        Some(File::Wanted(wanted)) => {
            let key = hold::object(&state, &stream, &rendition, wanted).await?;
            delivery::answer(&state, &key, &headers).await
        }
        None => Err(Problem::new(Code::NotFound, "There is no such file in this rendition.")),
    }
}

fn parse(file: &str) -> Option<File> {
    match file {
        name::PLAYLIST => Some(File::Playlist),
        name::INIT => Some(File::Wanted(Wanted::Init)),
        name::FRAMES => Some(File::Frames),
        name::STORYBOARD => Some(File::Storyboard),
        part => {
            let (number, extension) = part.split_at(part.find('.')?);
            let number = number.parse().ok()?;
            let wanted = match extension {
                name::SEGMENT_EXTENSION => Wanted::Segment(number),
                name::SUBTITLES_EXTENSION => Wanted::Subtitles(number),
                name::STILL_EXTENSION => Wanted::Still(number),
                _ => return None,
            };
            Some(File::Wanted(wanted))
        }
    }
}

impl State {
    /// Lets a token in, or refuses without a reason; how long it is still good, in seconds.
    pub(crate) fn open(&self, token: &str, purpose: Purpose, stream: &str) -> Result<i64, Problem> {
        let now = self.clock.now().as_seconds();
        self.tokens.verify(token, purpose, stream, now).ok_or_else(|| {
            Problem::new(
                Code::Forbidden,
                "Ask for a new address with GET /vod/{id}/manifest or GET /streams/{id}/live.",
            )
        })
    }
}
