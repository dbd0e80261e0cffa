//! Playlists of streams that ended long ago are let go of; those of other streams stay.

use crate::{
    LIMIT,
    world::{Running, World},
};
use anyhow::{Context, Result, ensure};
use domain::{
    StreamId, Timestamp,
    event::Topic,
    live::{Stream, StreamStatus},
};
use e2e::until;
use ports::StartAt;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn followers_are_told_to_forget_playlists_that_ended_long_ago() -> Result<()> {
    let world = World::embedded()?;
    let now = world.clock.now();
    let [old, recent, live, older] = [1, 2, 3, 4].map(|number| StreamId::live([number; 5]));
    recorded(&world, &old, now - 7 * HOUR).await?;
    recorded(&world, &recent, now - 5 * HOUR).await?;
    world.start_stream(&live, 2).await?;

    let mut told = world.log.follow(Topic::LivePlaylists, StartAt::Beginning).await?;
    let running = Running::start(&world).await?;
    let first = tokio::time::timeout(LIMIT, told.next()).await.context("nobody was told")??.record;
    ensure!(first.key == old.as_str() && first.payload.is_none(), "{first:?}");
    until("the catalog knows of it", LIMIT, async || Ok(retired(&world, &old).await?.then_some(()))).await?;
    running.kill();

    // The next processor looks at all of them again, and tells nobody twice.
    recorded(&world, &older, now - 8 * HOUR).await?;
    let again = Running::start(&world).await?;
    let next = tokio::time::timeout(LIMIT, told.next()).await.context("nobody was told")??.record;
    ensure!(next.key == older.as_str(), "{next:?}");
    for stream in [&recent, &live] {
        ensure!(!retired(&world, stream).await?, "{stream} was let go");
    }
    again.kill();
    Ok(())
}

/// A stream whose recording was completed at this time.
async fn recorded(world: &World, id: &StreamId, completed: Timestamp) -> Result<()> {
    world.start_stream(id, 2).await?;
    let at_its_end = |stream: Stream| {
        let (status, completed_at) = (StreamStatus::Vod, Some(completed));
        Ok::<_, std::convert::Infallible>(Stream { status, completed_at, ..stream })
    };
    world.streams().change(id.as_str(), at_its_end).await?;
    Ok(())
}

async fn retired(world: &World, id: &StreamId) -> Result<bool> {
    Ok(world.streams().get(id.as_str()).await?.context("the stream")?.playlist_retired_at.is_some())
}
