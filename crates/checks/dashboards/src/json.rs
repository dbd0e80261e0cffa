//! A dashboard as Grafana's JSON (classic schema).

use crate::model::{Dashboard, Panel, Place};
use serde_json::{Value, json};

/// Where runbooks are read; Grafana serves no files of ours.
const RUNBOOKS: &str = "docs/runbooks.md";

pub(crate) fn of(dashboard: &Dashboard) -> String {
    let mut panels = Vec::new();
    for (row, (head, inside)) in dashboard.rows.iter().zip(dashboard.places()) {
        panels.push(json!({
            "id": head.id, "type": "row", "title": row.title, "collapsed": false, "panels": [], "gridPos": grid(head),
        }));
        panels.extend(inside.into_iter().map(|(place, panel)| panel_of(place, panel)));
    }
    let value = json!({
        "uid": dashboard.uid,
        "title": dashboard.title,
        "tags": ["reelfleet"],
        "schemaVersion": 39,
        "version": 1,
        "editable": false,
        "graphTooltip": 1,
        "refresh": "10s",
        "time": { "from": "now-30m", "to": "now" },
        "timezone": "browser",
        "annotations": { "list": [] },
        "links": [{
            "title": "Reelfleet", "type": "dashboards", "tags": ["reelfleet"], "asDropdown": false, "keepTime": true,
        }],
        "templating": { "list": dashboard.variables.iter().map(|(name, query)| variable(name, query)).collect::<Vec<_>>() },
        "panels": panels,
    });
    format!("{value:#}\n")
}

fn variable(name: &str, query: &str) -> Value {
    json!({
        "name": name, "label": name, "type": "query", "datasource": source(), "query": query, "refresh": 2,
        "multi": true, "includeAll": true, "allValue": ".*", "current": { "text": "All", "value": "$__all" }, "sort": 1,
    })
}

fn panel_of(place: Place, panel: &Panel) -> Value {
    let targets: Vec<Value> = panel
        .queries
        .iter()
        .zip('A'..)
        .map(|((query, legend), name)| {
            json!({ "refId": name.to_string(), "datasource": source(), "expr": query, "legendFormat": legend })
        })
        .collect();
    json!({
        "id": place.id,
        "type": if panel.is_stat { "stat" } else { "timeseries" },
        "title": panel.title,
        "description": description(panel),
        "gridPos": grid(place),
        "datasource": source(),
        "fieldConfig": { "defaults": defaults(panel), "overrides": [] },
        "options": options(panel),
        "links": panel.alerts.iter().map(|alert| json!({
            "title": format!("Alert {alert}: see {RUNBOOKS}#{}", alert.to_lowercase()),
            "url": format!("/alerting/list?search={alert}"),
        })).collect::<Vec<_>>(),
        "targets": targets,
    })
}

fn description(panel: &Panel) -> String {
    let runbooks: Vec<String> =
        panel.alerts.iter().map(|alert| format!("{alert}: {RUNBOOKS}#{}", alert.to_lowercase())).collect();
    runbooks.join("\n")
}

fn defaults(panel: &Panel) -> Value {
    let mut steps = vec![json!({ "color": "green", "value": null })];
    if let Some((warning, alarm)) = panel.thresholds {
        // Of what gets worse as it falls, the alarm is the lower one.
        steps = if warning < alarm {
            vec![step("green", None), step("orange", Some(warning)), step("red", Some(alarm))]
        } else {
            vec![step("red", None), step("orange", Some(alarm)), step("green", Some(warning))]
        };
    }
    let style = if panel.thresholds.is_some() && !panel.is_stat { "line" } else { "off" };
    let mut defaults = json!({
        "unit": panel.unit,
        "thresholds": { "mode": "absolute", "steps": steps },
        "color": { "mode": if panel.is_stat { "thresholds" } else { "palette-classic" } },
    });
    if !panel.is_stat {
        defaults["min"] = json!(0);
        defaults["custom"] =
            json!({ "fillOpacity": 10, "showPoints": "never", "thresholdsStyle": { "mode": style } });
        if let Some(most) = of_nothing(panel.unit) {
            defaults["custom"]["axisSoftMax"] = json!(most);
        }
    }
    defaults
}

/// How far the axis goes at least, where nothing happens: left alone it would show a hundred, or 10,000 %.
fn of_nothing(unit: &str) -> Option<f64> {
    match unit {
        "short" => Some(1.0),
        "ops" | "reqps" => Some(0.1),
        "percentunit" => Some(0.01),
        _ => None,
    }
}

fn step(color: &str, value: Option<f64>) -> Value {
    json!({ "color": color, "value": value })
}

fn options(panel: &Panel) -> Value {
    if panel.is_stat {
        json!({ "colorMode": "value", "graphMode": "area", "textMode": "value", "reduceOptions": { "calcs": ["lastNotNull"] } })
    } else {
        json!({
            "legend": { "displayMode": "list", "placement": "bottom", "showLegend": true },
            "tooltip": { "mode": "multi", "sort": "desc" },
        })
    }
}

fn grid(place: Place) -> Value {
    json!({ "x": place.x, "y": place.y, "w": place.width, "h": place.height })
}

fn source() -> Value {
    json!({ "type": "prometheus", "uid": "prometheus" })
}
