//! Writes the dashboards' JSON to `grafana/dashboards`, and the panels' addresses into the alerts.

use anyhow::Context;
use std::{fs, path::Path};

fn main() -> anyhow::Result<()> {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).context("the repository has a root")?;
    for dashboard in dashboards::all() {
        let (name, text) = dashboards::file(&dashboard);
        fs::write(root.join("grafana/dashboards").join(name), text)?;
    }
    for rules in dashboards::alerts::FILES {
        let path = root.join("monitoring/rules").join(rules);
        fs::write(&path, dashboards::alerts::with_addresses(&fs::read_to_string(&path)?))?;
    }
    Ok(())
}
