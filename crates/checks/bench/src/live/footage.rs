//! Real segments: small pictures that ffmpeg encodes once, and that are kept.

use crate::{child::Process, place, screen};
use anyhow::Context;
use bytes::Bytes;
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Part of the folder's name: a changed recipe makes new ones.
const RECIPE: u32 = 1;
/// Pictures in a segment, at ten a second.
pub(super) const PICTURES: u32 = 5;

/// Segments of half a second, whose times go on from one to the next.
pub(super) struct Footage {
    folder: PathBuf,
}

impl Footage {
    /// So many segments: from an earlier run, or made now.
    pub(super) async fn of(work: &Path, segments: u32) -> anyhow::Result<Self> {
        let folder = work.join(format!("footage-{RECIPE}-{segments}"));
        if !folder.is_dir() {
            screen::note(&format!("Making {segments} small segments once"));
            let making = place::folder(work, "making")?;
            make(making.path(), segments).await?;
            std::fs::rename(making.path(), &folder)
                .with_context(|| format!("cannot write {}", folder.display()))?;
        }
        Ok(Self { folder })
    }

    /// The bytes of a segment.
    pub(super) fn segment(&self, number: u32) -> anyhow::Result<Bytes> {
        let file = self.folder.join(format!("{number}.ts"));
        Ok(std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?.into())
    }
}

async fn make(folder: &Path, segments: u32) -> anyhow::Result<()> {
    let pictures = segments * PICTURES;
    let mut command = Command::new(place::program("FFMPEG", "ffmpeg")?);
    command
        .args("-hide_banner -nostdin -nostats -v error -f lavfi -i testsrc=size=64x36:rate=10".split(' '))
        .args(["-frames:v", &pictures.to_string()])
        .args("-c:v libx264 -preset ultrafast -pix_fmt yuv420p -bf 0 -sc_threshold 0".split(' '))
        .args(["-g", &PICTURES.to_string(), "-keyint_min", &PICTURES.to_string()])
        .args("-f segment -segment_format mpegts -segment_time 0.5 -segment_time_delta 0.04".split(' '))
        .arg(folder.join("%d.ts"))
        .stdin(Stdio::null());
    let status = Process::start(&mut command)?.ended().await?;
    anyhow::ensure!(status.success(), "ffmpeg could not make segments ({status})");
    let made = std::fs::read_dir(folder).context("reading what ffmpeg made")?.count();
    anyhow::ensure!(made == segments as usize, "ffmpeg made {made} segments instead of {segments}");
    Ok(())
}
