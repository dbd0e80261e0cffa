//! Judging a presentation as it is now.

use crate::{
    command::Command,
    fetch::Fetcher,
    history::{judged, survey},
    measure::Meter,
    presentation::{Page, Presentation, Rendition},
    report::{Judged, Kind, Report},
    requests,
};
use hls::{Finding, RenditionText, Request, Resource};
use url::Url;

/// Judges every target.
///
/// # Errors
/// One of them cannot be read at all.
pub(crate) async fn all(command: &Command, fetcher: &Fetcher, targets: Vec<Url>) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let meter = command.media.then(|| Meter::open(&mut report, command.ffprobe));
    if !command.media {
        report.note("what is in the segments was not looked at (--media)");
    }
    for target in targets {
        let presentation = Presentation::load(fetcher, &target).await?;
        report.absorb(playlists(&presentation));
        for rendition in &presentation.renditions {
            report.absorb(segments(command, fetcher, &presentation, rendition).await);
        }
        if let Some(meter) = &meter {
            report.absorb(meter.measure(fetcher, &presentation, command.segments).await);
        }
    }
    Ok(report)
}

/// Judges the playlists, each alone and against each other.
fn playlists(presentation: &Presentation) -> Report {
    let mut report = Report::default();
    arrivals(&mut report, presentation);
    for rendition in &presentation.renditions {
        let Ok(page) = &rendition.page else { continue };
        report.playlists.push(judged(&rendition.name, &survey(&page.text)));
        for finding in hls::check_media(&page.text).into_iter().filter(|it| !said_by_master(presentation, it))
        {
            report.add(&rendition.name, None, finding);
        }
    }
    against_each_other(&mut report, presentation);
    report
}

/// What a media playlist lacks that its master says, or lacks as well: EXT-X-INDEPENDENT-SEGMENTS there holds for all segments
/// (RFC 8216 4.3.5.1).
fn said_by_master(presentation: &Presentation, finding: &Finding) -> bool {
    presentation.master.is_some() && finding.rule == "independent-segments-missing"
}

/// Judges the master playlist, and how all playlists came.
pub(crate) fn arrivals(report: &mut Report, presentation: &Presentation) {
    if let Some(master) = &presentation.master {
        report.playlists.push(judged_master(presentation));
        for finding in hls::check_master(&master.text) {
            report.add(&presentation.name, None, finding);
        }
        came(report, &presentation.name, master);
    }
    for rendition in &presentation.renditions {
        match &rendition.page {
            Ok(page) => came(report, &rendition.name, page),
            Err(failure) => missing(report, presentation, rendition, failure),
        }
    }
}

/// Judges the media playlists of a presentation against each other.
pub(crate) fn against_each_other(report: &mut Report, presentation: &Presentation) {
    let there = |rendition: &'_ Rendition| rendition.page.is_ok();
    let renditions: Vec<&Rendition> = presentation.renditions.iter().filter(|it| there(it)).collect();
    let texts: Vec<RenditionText<'_>> = renditions
        .iter()
        .filter_map(|it| Some(RenditionText { track: it.track, text: &it.page.as_ref().ok()?.text }))
        .collect();
    let names: Vec<String> = renditions.iter().map(|it| it.name.clone()).collect();
    report.add_all(&names, hls::check_renditions(&texts));
}

fn came(report: &mut Report, name: &str, page: &Page) {
    let resource = Resource::Playlist { content_type: page.content_type.clone(), utf8: page.utf8 };
    let uri = page.asked.path().to_owned();
    let request = Request { text: 0, line: 0, uri, resource, failure: None };
    report.add_all(&[name.to_owned()], hls::check_delivery(&[request]));
}

/// The master playlist is at fault, at the line that names what is missing.
fn missing(report: &mut Report, presentation: &Presentation, rendition: &Rendition, failure: &str) {
    let resource = Resource::Playlist { content_type: None, utf8: true };
    let line = rendition.named.first().map_or(0, |named| named.line);
    let (uri, failure) = (rendition.name.clone(), Some(failure.to_owned()));
    let request = Request { text: 0, line, uri, resource, failure };
    report.add_all(std::slice::from_ref(&presentation.name), hls::check_delivery(&[request]));
}

async fn segments(
    command: &Command,
    fetcher: &Fetcher,
    presentation: &Presentation,
    rendition: &Rendition,
) -> Report {
    let mut report = Report::default();
    let Ok(page) = &rendition.page else { return report };
    if command.while_encoding {
        report.note("segments were not asked for (--while-encoding)");
        return report;
    }
    let named = survey(&page.text);
    let chosen = requests::spread(&named.segments, command.asked());
    if chosen.len() < named.segments.len() {
        let (asked, all) = (chosen.len(), named.segments.len());
        let name = if presentation.master.is_some() { &rendition.name } else { "the playlist" };
        report.note(format!("asked for {asked} of {all} segments of {name} (--segments)"));
    }
    for finding in hls::check_delivery(&requests::ask(fetcher, page, &chosen).await) {
        report.add(&rendition.name, None, finding);
    }
    report
}

fn judged_master(presentation: &Presentation) -> Judged {
    let entries = presentation.renditions.len();
    Judged { playlist: presentation.name.clone(), kind: Kind::Master, entries, seconds: None, followed: None }
}
