//! Following live playlists until they end.

use crate::{
    command::Command,
    fetch::Fetcher,
    judge,
    measure::Meter,
    presentation::{Presentation, Rendition},
    report::Report,
    watch::Watch,
};
use futures::future::join_all;
use ports::{Clock, Monotonic};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use url::Url;

/// What all followed playlists share.
#[derive(Clone)]
pub(crate) struct Tour {
    pub(crate) fetcher: Fetcher,
    pub(crate) clock: Arc<dyn Clock>,
    /// What the times in the report count from.
    pub(crate) began: Monotonic,
    /// For how long to follow; `None`: until the end.
    pub(crate) time: Option<Duration>,
    pub(crate) stop: CancellationToken,
}

impl Tour {
    /// The time since the beginning.
    pub(crate) fn now(&self) -> Duration {
        self.clock.monotonic().since(self.began)
    }

    /// Waits. Returns whether to go on.
    pub(crate) async fn pause(&self, pause: Duration) -> bool {
        let left = self.time.map_or(pause, |time| time.saturating_sub(self.now()).min(pause));
        tokio::select! {
            () = self.clock.sleep(left) => {}
            () = self.stop.cancelled() => {}
        }
        !self.stop.is_cancelled() && self.time.is_none_or(|time| self.now() < time)
    }
}

/// Follows every target, all at the same time, and judges what happens.
///
/// # Errors
/// One of them cannot be read at all.
pub(crate) async fn all(
    command: &Command,
    fetcher: &Fetcher,
    clock: Arc<dyn Clock>,
    targets: Vec<Url>,
    time: Option<Duration>,
) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let meter = command.media.then(|| Meter::open(&mut report, command.ffprobe));
    let mut presentations = Vec::new();
    for target in &targets {
        presentations.push(Presentation::load(fetcher, target).await?);
    }
    let stop = CancellationToken::new();
    service_kit::stop_on_signal(stop.clone())?;
    let tour = Tour { fetcher: fetcher.clone(), began: clock.monotonic(), clock, time, stop };
    let followed = presentations.iter_mut().map(|presentation| one(command, &tour, presentation));
    for part in join_all(followed).await {
        report.absorb(part?);
    }
    for presentation in presentations.iter().filter(|_| meter.is_some()) {
        if let Some(meter) = &meter {
            report.absorb(meter.measure(fetcher, presentation, command.segments).await);
        }
    }
    Ok(report)
}

/// Follows the playlists of one presentation, and leaves them in it as they are in the end.
async fn one(command: &Command, tour: &Tour, presentation: &mut Presentation) -> anyhow::Result<Report> {
    let mut report = Report::default();
    judge::arrivals(&mut report, presentation);
    let name = presentation.name.clone();
    let watches = presentation.renditions.iter_mut().enumerate().map(|(index, rendition)| {
        let folder = command.record.as_ref().map(|folder| folder.join(folder_name(&name, index)));
        watched(command, tour, rendition, folder)
    });
    for part in join_all(watches).await {
        report.absorb(part?);
    }
    judge::against_each_other(&mut report, presentation);
    Ok(report)
}

async fn watched(
    command: &Command,
    tour: &Tour,
    rendition: &mut Rendition,
    folder: Option<std::path::PathBuf>,
) -> anyhow::Result<Report> {
    let Ok(page) = rendition.page.clone() else { return Ok(Report::default()) };
    let watch = Watch::new(tour.clone(), &rendition.name, page, command.asked(), folder)?;
    let (report, page) = watch.run().await?;
    rendition.page = Ok(page);
    Ok(report)
}

/// A folder for the snapshots of one playlist: its presentation's address without what folders cannot be
/// called, and its number.
fn folder_name(presentation: &str, index: usize) -> String {
    let address = presentation.split(['?', '#']).next().unwrap_or_default();
    let plain: String = address.chars().map(|it| if it.is_ascii_alphanumeric() { it } else { '-' }).collect();
    let start = plain.len().saturating_sub(80);
    format!("{}-{index}", plain[start..].trim_matches('-'))
}
