//! The services of the process: one list.

use crate::{
    adapters::{self, Adapters},
    folder, readiness,
    settings::StandaloneSettings,
};
use api::Api;
use live_processor::LiveProcessor;
use ports::Clock;
use producer::Producer;
use prometheus::Registry;
use service_kit::{Meters, Readiness, Service, SystemClock, measure_process, stop_on_signal, supervise};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tokio_util::sync::CancellationToken;
use transcode_worker::TranscodeWorker;
use url::Url;
use vod_processor::VodProcessor;

/// What services need, after their own grace, to put down what they hold.
const DRAIN: Duration = Duration::from_secs(10);

/// Starts everything and runs until told to stop.
///
/// # Errors
/// When something cannot be started, or a service fails.
pub(crate) async fn run(
    mut settings: StandaloneSettings,
    address_file: Option<PathBuf>,
) -> anyhow::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let _folder = folder::open(&settings.process.data_dir)?;
    if settings.api.signing_keys.is_empty() {
        settings.api.signing_keys =
            vec![folder::signing_key(&settings.process.data_dir, |bytes| clock.random(bytes))?];
    }
    settings.api.address_file = address_file;
    let adapters = adapters::open(&settings, &settings.api.signing_keys[0], clock.clone()).await?;
    let stop = CancellationToken::new();
    stop_on_signal(stop.clone())?;
    let grace = settings.process.stop_grace + DRAIN;
    let services = start(settings, &adapters, &clock, &stop).await?;
    supervise(services, stop, grace).await
}

async fn start(
    mut settings: StandaloneSettings,
    adapters: &Adapters,
    clock: &Arc<dyn Clock>,
    stop: &CancellationToken,
) -> anyhow::Result<Vec<Service>> {
    let metrics = Registry::new();
    measure_process(&metrics, env!("CARGO_PKG_VERSION"), &settings.process.data_dir)?;
    let meters = Meters::new(&metrics, clock)?;
    let log = meters.log(adapters.log.clone());
    let catalog = meters.documents(adapters.catalog.clone());
    let objects = meters.objects(adapters.objects.clone());
    let encoder = &adapters.encoder;
    let worker = transcode_worker::Deps {
        log: log.clone(),
        documents: catalog.clone(),
        objects: objects.clone(),
        encoder: encoder.clone(),
        clock: clock.clone(),
        metrics: metrics.clone(),
    };
    let processor = vod_processor::Deps {
        log: log.clone(),
        documents: catalog.clone(),
        objects: objects.clone(),
        encoder: encoder.clone(),
        clock: clock.clone(),
        metrics: metrics.clone(),
    };
    let live = live_processor::Deps {
        log: log.clone(),
        documents: catalog.clone(),
        objects: objects.clone(),
        clock: clock.clone(),
        metrics: metrics.clone(),
    };
    let control_plane = api::Deps {
        log: log.clone(),
        documents: catalog.clone(),
        objects: objects.clone(),
        media: Some(adapters.objects.routes()),
        clock: clock.clone(),
        metrics: metrics.clone(),
    };
    let worker = TranscodeWorker::start(settings.transcode_worker, worker).await?;
    let processor = VodProcessor::start(settings.vod_processor, processor).await?;
    let live = LiveProcessor::start(settings.live_processor, live).await?;
    settings.api.ingest_port = live.ingest_address().port();
    // Last: once its port answers, everything behind it is there.
    let api = Api::start(settings.api, control_plane).await?;
    tracing::info!("listening on http://{}", api.address());
    let clients = producer::Deps {
        log: log.clone(),
        objects: objects.clone(),
        encoder: encoder.clone(),
        clock: clock.clone(),
        metrics: metrics.clone(),
        api: reached_from_here(api.address())?,
    };
    let producer = Producer::start(settings.producer, clients).await?;
    let readiness = Readiness::new(&metrics, readiness::checks(&log, &catalog, &objects), clock.clone())?;
    let watched = stop.clone();
    Ok(vec![
        Service::new("api", api.run(stop.clone())),
        Service::new("vod-processor", processor.run(stop.clone())),
        Service::new("live-processor", live.run(stop.clone())),
        Service::new("transcode-worker", worker.run(stop.clone())),
        Service::new("producer", producer.run(stop.clone())),
        Service::new("readiness", async move {
            readiness.run(watched).await;
            Ok(())
        }),
    ])
}

/// The address at which this machine itself reaches what listens at `address`.
fn reached_from_here(mut address: SocketAddr) -> anyhow::Result<Url> {
    if address.ip().is_unspecified() {
        let loopback: (IpAddr, IpAddr) = (Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into());
        address.set_ip(if address.is_ipv4() { loopback.0 } else { loopback.1 });
    }
    Ok(Url::parse(&format!("http://{address}/"))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_listens_everywhere_is_reached_by_loopback() {
        for (listens, reached) in [
            ("127.0.0.1:80", "http://127.0.0.1/"),
            ("0.0.0.0:8000", "http://127.0.0.1:8000/"),
            ("[::]:8000", "http://[::1]:8000/"),
            ("192.0.2.7:8000", "http://192.0.2.7:8000/"),
        ] {
            assert_eq!(reached_from_here(listens.parse().unwrap()).unwrap().as_str(), reached);
        }
    }
}
