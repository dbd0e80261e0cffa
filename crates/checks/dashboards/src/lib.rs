//! Grafana's dashboards: what each panel asks, as a readable source. `cargo run -p dashboards` writes the JSON that Grafana is
//! provisioned with; a test says when the two differ.

pub mod alerts;
mod infrastructure;
mod json;
mod live;
mod model;
mod pipeline;
mod vod;

pub use model::{Dashboard, Exporter, Panel, Place, Row};

/// All dashboards.
#[must_use]
pub fn all() -> Vec<Dashboard> {
    vec![pipeline::dashboard(), live::dashboard(), vod::dashboard(), infrastructure::dashboard()]
}

/// The file of a dashboard in `grafana/dashboards`, and what it says.
#[must_use]
pub fn file(dashboard: &Dashboard) -> (String, String) {
    (format!("{}.json", dashboard.uid), json::of(dashboard))
}
