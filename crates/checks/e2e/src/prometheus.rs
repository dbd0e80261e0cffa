//! A real Prometheus on the project's own rules, which scrapes what a test starts.

use crate::{Api, remains, report::tool, schedule::until};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{fmt::Write, fs, net::SocketAddr, path::Path, process::Stdio, time::Duration};
use tempfile::TempDir;
use tokio::process::{Child, Command};

const START_LIMIT: Duration = Duration::from_secs(30);

/// A running Prometheus. Dropping it kills it and removes what it kept.
#[derive(Debug)]
pub struct Prometheus {
    _home: TempDir,
    _child: Child,
    api: Api,
}

/// Something to scrape: the job's name, where it answers, and at which path.
pub type Target<'a> = (&'a str, SocketAddr, &'a str);

impl Prometheus {
    /// Starts one that scrapes each target every second and evaluates the project's rules as often; none where it is not
    /// installed.
    ///
    /// # Errors
    /// It does not become ready.
    pub async fn start(targets: &[Target<'_>], authorization: Option<&str>) -> Result<Option<Self>> {
        let Some(program) = tool("prometheus") else { return Ok(None) };
        let home = remains::home()?;
        let config = home.path().join("prometheus.yml");
        fs::write(&config, configuration(targets, authorization)?)?;
        let said = home.path().join("prometheus.log");
        let log = fs::File::create(&said)?;
        let child = Command::new(program)
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", home.path().join("data").display()))
            .arg("--web.listen-address=127.0.0.1:0")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        let api = until("Prometheus is ready", START_LIMIT, async || {
            let Some(address) = listening_at(&fs::read_to_string(&said)?) else { return Ok(None) };
            let api = Api::at(address)?;
            let answer = api.get("/-/ready").await;
            Ok(answer.is_ok_and(|answer| answer.status == 200).then_some(api))
        })
        .await?;
        Ok(Some(Self { _home: home, _child: child, api }))
    }

    /// How many series with a number a query has now: a share of nothing is none.
    ///
    /// # Errors
    /// It is not understood.
    pub async fn series(&self, query: &str) -> Result<usize> {
        Ok(self.query(query).await?.iter().filter(|series| series["value"][1] != "NaN").count())
    }

    /// What a query has now: each series with its labels and its value.
    ///
    /// # Errors
    /// It is not understood.
    pub async fn query(&self, query: &str) -> Result<Vec<Value>> {
        let mut url = self.api.url("/api/v1/query")?;
        url.query_pairs_mut().append_pair("query", query);
        let answer: Value = serde_json::from_slice(&self.api.get(url.as_str()).await?.body)?;
        if answer["status"] != "success" {
            bail!("{query}: {answer}");
        }
        answer["data"]["result"].as_array().cloned().context("no result")
    }

    /// The names of all recording rules.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn rules(&self) -> Result<Vec<String>> {
        let answer = self.api.get("/api/v1/rules?type=record").await?.json()?;
        let groups = answer["data"]["groups"].as_array().cloned().unwrap_or_default();
        let rules = groups.iter().flat_map(|group| group["rules"].as_array().cloned().unwrap_or_default());
        Ok(rules.filter_map(|rule| Some(rule["name"].as_str()?.to_owned())).collect())
    }
}

fn configuration(targets: &[Target<'_>], authorization: Option<&str>) -> Result<String> {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).context("the repository has a root")?;
    let mut text =
        "global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }\n".to_owned();
    let rules = root.join("monitoring/rules/*.yml");
    writeln!(text, "rule_files: [{:?}]\nscrape_configs:", rules.display().to_string())?;
    for (number, (job, address, path)) in targets.iter().enumerate() {
        writeln!(text, "  - job_name: target-{number}\n    metrics_path: {path}")?;
        if let Some(token) = authorization.filter(|_| *path != "/metrics") {
            writeln!(text, "    authorization: {{ credentials: {token} }}")?;
        }
        writeln!(
            text,
            "    static_configs:\n      - {{ targets: [{address:?}], labels: {{ job: {job} }} }}",
            address = address.to_string()
        )?;
    }
    Ok(text)
}

/// The address that it took, as its log says.
fn listening_at(log: &str) -> Option<SocketAddr> {
    let line = log.lines().find(|line| line.contains("Listening on"))?;
    line.split("address=").nth(1)?.split_whitespace().next()?.trim_matches('"').parse().ok()
}
