//! Twenty live streams with gaps and wrong checksums on the fleet, followed over HTTP by the project's checker: calm at first,
//! then while the live processor is killed, joined, left and put to sleep. `E2E_LONG=1` makes it five minutes.

mod encoder;
mod ledger;
mod verdict;

use anyhow::{Context, Result, ensure};
use domain::StreamId;
use e2e::{Fleet, HlsReport, Programme, Workshop, note, until};
use encoder::{Crew, Studio};
use ledger::Ledger;
use std::time::Duration;
use tokio::time::Instant;

const LIMIT: Duration = Duration::from_secs(60);
const PROCESSOR: &str = "live-processor";
const STREAMS: usize = 20;
/// Two of these and the wait for a missing one, half a target duration, are well below 1.5 target durations.
const SEGMENT: Duration = Duration::from_millis(800);
const TARGET_DURATION: u32 = 2;
/// From one kill to the next.
const CYCLE: Duration = Duration::from_secs(20);
/// A member of a group that says nothing for 6 s has lost its partitions; nothing new may take longer than this.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// How long nothing is disturbed, and how often the live processor is killed then.
fn plan() -> (Duration, usize) {
    if std::env::var("E2E_LONG").is_ok_and(|value| value != "0") {
        (Duration::from_secs(60), 12)
    } else {
        (Duration::from_secs(15), 2)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_keep_the_rules_while_their_processor_is_killed() -> Result<()> {
    let (calm, cycles) = plan();
    let workshop = Workshop::open()?;
    let longest = calm + CYCLE * u32::try_from(cycles)? + LIMIT;
    let segments = u32::try_from(longest.as_millis() / SEGMENT.as_millis())?;
    let programme = Programme::make(&workshop, segments, SEGMENT).await?;
    let mut fleet = Fleet::start(&[]).await?;
    let studio = Studio::open(&fleet, programme).await?;
    let ledger = Ledger::open(&fleet).await?;
    let crew = Crew::start(studio, fleet.api(), STREAMS, TARGET_DURATION).await?;
    let masters = masters(&fleet, &crew.streams).await?;

    undisturbed(&masters, calm).await?;
    let following = HlsReport::follow(&masters, None)?;
    for cycle in 0..cycles {
        let began = Instant::now();
        disturb(&mut fleet, &crew, &ledger, cycle).await.with_context(|| format!("cycle {cycle}"))?;
        passes(began, CYCLE).await?;
    }
    let sent = crew.end(&mut fleet).await?;
    let report = following.report().await?;
    judge(&report, cycles)?;

    let ended = verdict::endings(fleet.api(), &sent).await?;
    for sent in &sent {
        verdict::recording(fleet.api(), sent).await.with_context(|| sent.stream.to_string())?;
    }
    verdict::recordings_keep_the_rules(fleet.api(), &sent).await?;
    // Whoever comes after the end finds nothing to do.
    restart(&mut fleet).await?;
    ensure!(verdict::endings(fleet.api(), &sent).await? == ended, "a playlist changed after its end");
    verdict::deleted_leaves_nothing(fleet.api(), sent.first().context("a stream")?).await?;
    let refused = fleet.logged(PROCESSOR)?.matches("another owner has taken the stream over").count();
    note(format_args!(
        "{}; {refused} commits of owners that were none any more were refused",
        ledger.judge()?
    ));
    fleet.finish().await
}

/// The addresses of all streams, once each of them lists something.
async fn masters(fleet: &Fleet, streams: &[StreamId]) -> Result<Vec<String>> {
    let mut masters = Vec::new();
    for stream in streams {
        masters.push(verdict::live_address(fleet.api(), stream).await?);
        until("the stream's first segment is listed", LIMIT, async || {
            Ok(verdict::live_text(fleet.api(), stream).await?.contains("#EXTINF").then_some(()))
        })
        .await?;
    }
    Ok(masters)
}

/// Nothing is killed: every rule is kept, new segments come in time.
async fn undisturbed(masters: &[String], time: Duration) -> Result<()> {
    let report = HlsReport::follow(masters, Some(time))?.report().await?;
    let (reads, segments) = report.extent();
    note(format_args!(
        "{} s undisturbed: {} streams, {reads} reads, {segments} segments; the longest wait was {:.1?}",
        time.as_secs(),
        masters.len(),
        report.longest_wait(),
    ));
    ensure!(report.broken().is_empty(), "broken rules:\n{}", report.broken().join("\n"));
    ensure!(report.late().is_empty(), "late:\n{}", report.late().join("\n"));
    Ok(())
}

/// A kill; then a second processor comes, and either the first one leaves, or it sleeps in the middle of a decision until it has
/// lost everything that it owned.
async fn disturb(fleet: &mut Fleet, crew: &Crew, ledger: &Ledger, cycle: usize) -> Result<()> {
    restart(fleet).await?;
    progress(ledger, "after a kill").await?;
    if cycle.is_multiple_of(2) {
        fleet.join(PROCESSOR).await?;
        progress(ledger, "with another owner").await?;
    } else {
        crew.is_waited_for().await?;
        fleet.pause(PROCESSOR)?;
        fleet.join(PROCESSOR).await?;
        progress(ledger, "while the owner sleeps").await?;
        fleet.wake(PROCESSOR)?;
        progress(ledger, "after it woke up").await?;
    }
    fleet.leave(PROCESSOR).await?;
    progress(ledger, "after an owner left").await
}

async fn restart(fleet: &mut Fleet) -> Result<()> {
    fleet.kill_programs(&[PROCESSOR]).await?;
    fleet.start_programs_again(&[PROCESSOR]).await
}

/// Waits until every stream has gone on by two playlists, of which the second was surely decided after now.
async fn progress(ledger: &Ledger, when: &str) -> Result<()> {
    let (before, began) = (ledger.versions(), Instant::now());
    until(&format!("every stream goes on {when}"), LIMIT, async || {
        let now = ledger.versions();
        let on =
            before.iter().all(|(stream, version)| now.get(stream).is_some_and(|now| *now >= version + 2));
        Ok((on && now.len() == STREAMS).then_some(()))
    })
    .await?;
    note(format_args!("every stream goes on {when}: {:.1?}", began.elapsed()));
    Ok(())
}

async fn passes(began: Instant, time: Duration) -> Result<()> {
    until("the time has passed", time + LIMIT, async || Ok((began.elapsed() >= time).then_some(()))).await
}

fn judge(report: &HlsReport, kills: usize) -> Result<()> {
    let (reads, segments) = report.extent();
    note(format_args!(
        "{kills} kills and one after the end was asked for: {reads} reads, {segments} segments; the longest wait was {:.1?}; \
         {} waits were longer than 1.5 target durations",
        report.longest_wait(),
        report.late().len(),
    ));
    ensure!(report.broken().is_empty(), "broken rules:\n{}", report.broken().join("\n"));
    ensure!(report.ended() == STREAMS, "{} of {STREAMS} playlists were seen to end", report.ended());
    ensure!(report.longest_wait() <= LONGEST_WAIT, "nothing new for {:?}", report.longest_wait());
    Ok(())
}
