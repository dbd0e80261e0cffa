//! Sending again what somebody asks for.

use super::{Stage, recent::Recent};
use domain::event::{self, Event, Topic};
use ports::{LogError, Received, StartAt};
use service_kit::until_available;
use std::time::Duration;

/// The pause before listening again, after the log gave nothing.
const PAUSE: Duration = Duration::from_secs(1);

/// Listens for ever.
pub(crate) async fn listen(stage: &Stage, recent: &Recent) {
    loop {
        if let Err(error) = heed(stage, recent).await {
            tracing::warn!(%error, "requests to send again cannot be heard");
        }
        stage.clock.sleep(PAUSE).await;
    }
}

async fn heed(stage: &Stage, recent: &Recent) -> Result<(), LogError> {
    let following = || stage.log.follow(Topic::LiveControl, StartAt::Now);
    let mut follower = until_available(&*stage.clock, "listening for requests", following).await?;
    loop {
        answer(stage, recent, &follower.next().await?).await;
    }
}

async fn answer(stage: &Stage, recent: &Recent, received: &Received) {
    let Some(payload) = &received.record.payload else { return };
    // What others ask of other encoders is none of its business, and what nobody understands neither.
    let Ok(envelope) = event::decode(payload) else { return };
    let Event::LiveResend { stream_id, sequence_number } = &envelope.event else { return };
    let Some(sent) = recent.find(stream_id, *sequence_number) else {
        tracing::debug!(%stream_id, sequence_number, "a segment that is not there was asked for");
        return;
    };
    let occasion = format!("again for {}", envelope.event_id.as_str());
    stage.send(&sent, &sent.segment.checksum, &occasion).await;
    tracing::debug!(%stream_id, sequence_number, "sent a segment again");
}
