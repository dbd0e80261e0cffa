//! Every panel of every dashboard and every recording rule has something to show once a Prometheus has scraped the product under
//! load. `E2E_LONG=1` loads it for two minutes, as an operator would look at it.

use crate::load;
use anyhow::{Result, ensure};
use dashboards::{Exporter, Panel};
use e2e::{Product, Prometheus, note, skip, until};
use std::{env, net::SocketAddr, time::Duration};
use tokio::time::Instant;

/// Long enough for a rate over several scrapes.
const SHORT: Duration = Duration::from_secs(6);
const LONG: Duration = Duration::from_secs(120);
const LIMIT: Duration = Duration::from_secs(60);

#[tokio::test]
async fn every_panel_and_every_rule_shows_something() -> Result<()> {
    let product = Product::start(&load::SETTINGS).await?;
    let endpoints = product.endpoints()?;
    let mut targets: Vec<_> =
        endpoints.iter().map(|(program, api)| (*program, api.address(), "/metrics")).collect();
    let store = store();
    for path in ["/minio/v2/metrics/cluster", "/minio/v2/metrics/bucket"] {
        targets.extend(store.map(|address| ("minio", address, path)));
    }
    let token = store.and_then(|_| minio::token());
    let Some(prometheus) = Prometheus::start(&targets, token.as_deref()).await? else {
        skip("prometheus", "prometheus is not installed");
        return product.finish().await;
    };
    load::until_all_was_seen(&product).await?;
    let lasts = if env::var_os("E2E_LONG").is_some() { LONG } else { SHORT };
    let began = Instant::now();
    until("the load has lasted", lasts * 2, async || {
        load::play(&product).await?;
        Ok((began.elapsed() >= lasts).then_some(()))
    })
    .await?;
    let absent = |panel: &Panel| match panel.exporter {
        Some(Exporter::Minio) => store.is_none(),
        Some(Exporter::Kafka | Exporter::Mongo) => true,
        None => false,
    };
    // A quantile of what happens now and then comes with the next time.
    until("everything shows something", LIMIT, async || {
        load::play(&product).await?;
        let empty = empty(&prometheus, absent).await?;
        Ok(empty.is_empty().then_some(()))
    })
    .await
    .ok();
    report(&prometheus).await?;
    let empty = empty(&prometheus, absent).await?;
    ensure!(empty.is_empty(), "nothing to show:\n  {}", empty.join("\n  "));
    product.finish().await
}

/// What has no series, although whatever it needs is there.
async fn empty(prometheus: &Prometheus, absent: impl Fn(&Panel) -> bool) -> Result<Vec<String>> {
    let mut empty = Vec::new();
    for dashboard in dashboards::all() {
        for (_, panel) in dashboard.panels() {
            for (query, _) in &panel.queries {
                if !absent(panel) && prometheus.series(&filled_in(query)).await? == 0 {
                    empty.push(format!("{} / {}: {query}", dashboard.title, panel.title));
                }
            }
        }
    }
    for rule in prometheus.rules().await? {
        if prometheus.series(&rule).await? == 0 {
            empty.push(rule);
        }
    }
    Ok(empty)
}

/// The table of all panels and rules with their numbers of series.
async fn report(prometheus: &Prometheus) -> Result<()> {
    for dashboard in dashboards::all() {
        for (_, panel) in dashboard.panels() {
            let mut counts = Vec::new();
            for (query, _) in &panel.queries {
                counts.push(prometheus.series(&filled_in(query)).await?.to_string());
            }
            let needs = panel.exporter.map(|exporter| format!("  (needs {exporter:?})")).unwrap_or_default();
            note(format!("{:<16} {:<38} {}{needs}", dashboard.title, panel.title, counts.join(" ")));
        }
    }
    for rule in prometheus.rules().await? {
        note(format!("{:<16} {:<38} {}", "rule", rule, prometheus.series(&rule).await?));
    }
    Ok(())
}

/// A query as Grafana sends it, with everything chosen.
fn filled_in(query: &str) -> String {
    query.replace("$__rate_interval", "30s").replace("$service", ".*").replace("$rendition", ".*")
}

/// Where the object store answers, in a run on servers.
fn store() -> Option<SocketAddr> {
    if env::var("E2E_TOPOLOGY").as_deref() != Ok("processes") {
        return None;
    }
    env::var("MINIO_ENDPOINT").ok()?.strip_prefix("http://")?.parse().ok()
}

/// MinIO lets those read its metrics who show a token that its root user has signed (RFC 7519).
mod minio {
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::Sha512;
    use std::env;

    /// A token, good for a century.
    pub(super) fn token() -> Option<String> {
        let (user, password) = (env::var("MINIO_ROOT_USER").ok()?, env::var("MINIO_ROOT_PASSWORD").ok()?);
        let claims = format!(r#"{{"exp":4102444800,"sub":"{user}","iss":"prometheus"}}"#);
        let signed = format!("{}.{}", base64(br#"{"alg":"HS512","typ":"JWT"}"#), base64(claims.as_bytes()));
        let mut mac = Hmac::<Sha512>::new_from_slice(password.as_bytes()).ok()?;
        mac.update(signed.as_bytes());
        Some(format!("{signed}.{}", base64(&mac.finalize().into_bytes())))
    }

    fn base64(bytes: &[u8]) -> String {
        use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }
}
