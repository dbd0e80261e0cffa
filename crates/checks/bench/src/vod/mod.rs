//! `bench vod`: one upload through the whole product, beside one bare ffmpeg run over the same ladder.

mod bare;
mod figures;
mod pipeline;
mod player;
mod subject;
mod table;

use crate::{command::VodArguments, ending, machine::Machine, made, place, screen};
use figures::{Figures, Round};
use std::path::Path;
use subject::Subject;

/// Measures, prints, and says whether the exit code is to be a success.
pub(crate) async fn run(arguments: &VodArguments) -> anyhow::Result<bool> {
    let (common, work) = (&arguments.common, place::work()?);
    let input = match &arguments.input {
        Some(file) => file.clone(),
        None => made::source(&work, arguments.size, arguments.seconds).await?,
    };
    let subject = Subject::look(&input).await?;
    let machine = Machine::look()?;
    screen::note(&subject.facts.to_string());
    let mut rounds = Vec::new();
    for number in 1..=common.runs {
        screen::note(&format!("Round {number} of {}", common.runs));
        rounds.push(round(&subject, &work).await?);
    }
    let figures = Figures::new(machine, subject.facts, rounds);
    ending::publish(&common.output, &table::of(&figures), &figures, &figures.targets)
}

async fn round(subject: &Subject, work: &Path) -> anyhow::Result<Round> {
    let bare = bare::run(subject, work, bare::Length::Whole).await?;
    screen::note(&format!("  bare ffmpeg: {:.1} s, {:.1} s of CPU", bare.wall_s, bare.cpu_s));
    let first = bare::run(subject, work, bare::Length::FirstSegment).await?;
    screen::note(&format!("  its first segment: {:.1} s", first.wall_s));
    let pipeline = pipeline::run(subject, work).await?;
    screen::note(&format!(
        "  standalone: playable after {:.1} s, ready after {:.1} s, {:.1} s of CPU",
        pipeline.first_playable_s, pipeline.wall_s, pipeline.cpu_s
    ));
    Ok(Round { bare, bare_first_segment: first, pipeline })
}
