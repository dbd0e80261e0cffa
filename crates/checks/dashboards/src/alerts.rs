//! The way from an alert to its panel: the alert's `dashboard_url`.

use crate::all;

/// The rule files with alerts, below `monitoring/rules`.
pub const FILES: [&str; 2] = ["alerts.yml", "objectives.yml"];

const KEY: &str = "dashboard_url: ";

/// The address of the panel that shows what an alert is about, below Grafana's own; none when no panel names the alert.
#[must_use]
pub fn address(alert: &str) -> Option<String> {
    all().iter().find_map(|dashboard| {
        let shows = |panel: &crate::Panel| panel.alerts.contains(&alert);
        let (place, _) = dashboard.panels().into_iter().find(|(_, panel)| shows(panel))?;
        Some(format!("/d/{}?viewPanel={}", dashboard.uid, place.id))
    })
}

/// The names of the alerts in a rule file, in its order.
pub fn names(rules: &str) -> impl Iterator<Item = &str> {
    rules.lines().filter_map(|line| line.trim_start().strip_prefix("- alert: "))
}

/// A rule file whose alerts name the panels' addresses as they are.
#[must_use]
pub fn with_addresses(rules: &str) -> String {
    let mut address_of_alert = None;
    let mut text = String::new();
    for line in rules.lines() {
        address_of_alert = names(line).next().and_then(address).or(address_of_alert);
        match (line.find(KEY), &address_of_alert) {
            (Some(at), Some(address)) => text.push_str(&format!("{}{KEY}{address}", &line[..at])),
            _ => text.push_str(line),
        }
        text.push('\n');
    }
    text
}
