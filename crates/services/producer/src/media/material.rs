//! Making what the producer shows, once, when it starts.

use super::{
    captions::{self, Titles},
    grid::{CELLS_PER_SECOND, Span},
    reel::Reel,
};
use crate::{config::Config, ts::Counters};
use anyhow::Context;
use bytes::Bytes;
use domain::programme::Programme;
use ports::{Clock, Encoder, Source};
use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    sync::Arc,
    time::Duration,
};

/// Width and height of all pictures.
pub(crate) const SIZE: (u32, u32) = (captions::WIDTH, 180);
/// The field of matches.
const GREEN: u32 = 0x1B_5E20;
/// The fields of episodes, one after the other.
const COLOURS: [u32; 5] = [0x0D_47A1, 0xB7_1C1C, 0x4A_148C, 0x00_4D40, 0xE6_5100];
const MINUTE: u32 = 60;
const EPISODE_SECONDS: u32 = 8;
/// The pauses between attempts on a machine that cannot encode yet.
const SHORTEST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// A small video to upload.
#[derive(Debug, Clone)]
pub(crate) struct Episode {
    /// Its title.
    pub(crate) title: String,
    /// A transport stream.
    pub(crate) bytes: Bytes,
}

/// Where everything is made.
pub(crate) struct Studio {
    pub(crate) encoder: Arc<dyn Encoder>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) config: Config,
}

impl Studio {
    /// A minute of the match that begins with the minute; made until it succeeds.
    pub(crate) async fn minute(&self) -> Reel {
        let Config { home, away, competition, .. } = &self.config;
        let titles = Titles { first: format!("{home} - {away}"), second: competition.clone() };
        self.reel(&titles, MINUTE, GREEN).await
    }

    /// All episodes of the show; made until it succeeds.
    pub(crate) async fn episodes(&self) -> Vec<Episode> {
        let Config { show, episodes, .. } = &self.config;
        let mut made = Vec::with_capacity(episodes.len());
        for (name, colour) in episodes.iter().zip(COLOURS.into_iter().cycle()) {
            let titles = Titles { first: show.clone(), second: name.clone() };
            let reel = self.reel(&titles, EPISODE_SECONDS, colour).await;
            let whole = Span { first: 0, cells: u64::from(EPISODE_SECONDS) * CELLS_PER_SECOND };
            let bytes = reel.segment(whole, 0, &mut Counters::default());
            made.push(Episode { title: format!("{show}: {name}"), bytes });
        }
        made
    }

    async fn reel(&self, titles: &Titles, seconds: u32, colour: u32) -> Reel {
        let programme = Reel::programme(seconds, SIZE, colour, captions::HEIGHT);
        let mut pause = SHORTEST_PAUSE;
        loop {
            match self.try_reel(titles, &programme).await {
                Ok(reel) => return reel,
                Err(error) => {
                    tracing::error!("what the producer shows cannot be made yet: {error:#}");
                    self.clock.sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    async fn try_reel(&self, titles: &Titles, programme: &Programme) -> anyhow::Result<Reel> {
        let scratch = tempfile::tempdir_in(self.config.scratch()).context("the scratch folder")?;
        let file = scratch.path().join("captions.gray");
        draw(titles, programme.seconds, &file).context("drawing captions")?;
        let frames = self.encoder.make(programme, &Source::File(file), scratch.path()).await?;
        Ok(Reel::new(frames))
    }
}

fn draw(titles: &Titles, seconds: u32, file: &Path) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(file)?);
    captions::write(titles, seconds, &mut file)?;
    file.flush()
}
