//! Live: whether viewers of live streams are served, and what holds playlists up.

use crate::{
    Dashboard, Row,
    model::{graph, stat},
};

pub(crate) fn dashboard() -> Dashboard {
    Dashboard {
        uid: "reelfleet-live",
        title: "Live",
        variables: &[],
        rows: vec![viewers(), promise(), segments(), trouble()],
    }
}

fn viewers() -> Row {
    let requests = r#"sum by (endpoint) (rate(api_requests_total{endpoint=~"/play/.*"}[$__rate_interval]))"#;
    let errors = r#"sum(rate(api_requests_total{endpoint=~"/play/.*", status=~"5.."}[$__rate_interval])) or vector(0)"#;
    Row {
        title: "Viewers",
        panels: vec![
            graph(
                "Playlists by Freshness",
                "short",
                vec![("sum by (state) (api_live_playlists)", "{{state}}")],
            )
            .alerts(&["LivePlaylistsLate"]),
            graph("Streams by Status", "short", vec![("max by (status) (live_streams_open)", "{{status}}")])
                .alerts(&["LiveStreamStalled"]),
            graph("Requests of Players", "reqps", vec![(requests, "{{endpoint}}"), (errors, "errors")]),
        ],
    }
}

fn promise() -> Row {
    Row {
        title: "The promise: 99.5 % of segments listed within 1 s",
        panels: vec![
            stat("Late in the Last Hour", "percentunit", "objective:live_late:ratio_rate1h")
                .thresholds(0.005, 0.072),
            stat("Late in the Last Day", "percentunit", "objective:live_late:ratio_rate1d")
                .thresholds(0.005, 0.015),
            graph(
                "Late Segments",
                "percentunit",
                vec![
                    ("objective:live_late:ratio_rate5m", "5 minutes"),
                    ("objective:live_late:ratio_rate1h", "1 hour"),
                    ("objective:live_late:ratio_rate6h", "6 hours"),
                ],
            )
            .thresholds(0.005, 0.072)
            .alerts(&["LiveObjectiveFast", "LiveObjectiveSlow"]),
        ],
    }
}

fn segments() -> Row {
    let processed = "sum(rate(live_chunks_processed_total[$__rate_interval]))";
    let commit = r#"histogram_quantile(0.95, sum by (le) (rate(catalog_call_duration_seconds_bucket{operation="replace"}[5m])))"#;
    Row {
        title: "Segments",
        panels: vec![
            graph("Processing Rate", "ops", vec![(processed, "segments")]),
            graph("Live Latency", "s", vec![("live:processing_latency_seconds:p99_5m", "p99")])
                .thresholds(0.5, 1.0),
            graph("Behind the Wall Clock p95", "s", vec![("live:playlist_behind_seconds:p95_5m", "p95")])
                .thresholds(5.0, 10.0)
                .alerts(&["LivePlaylistsBehind"]),
            graph("Commit of a Decision p95", "s", vec![(commit, "p95")]),
        ],
    }
}

fn trouble() -> Row {
    let gaps = "sum(rate(live_chunk_gaps_total[$__rate_interval]))";
    let late = "sum(rate(live_chunks_late_total[$__rate_interval]))";
    let resends = "sum(rate(live_resends_total[$__rate_interval]))";
    let ignored = "sum by (reason) (rate(live_events_ignored_total[$__rate_interval]))";
    let fenced = "sum(increase(live_owners_fenced_total[5m]))";
    Row {
        title: "Trouble",
        panels: vec![
            graph("Gaps and Late Segments", "ops", vec![(gaps, "gaps"), (late, "in the recording only")])
                .alerts(&["LiveGaps"]),
            graph("Segments Asked for Again", "ops", vec![(resends, "asked for")]),
            graph("Events Ignored", "ops", vec![(ignored, "{{reason}}")]),
            graph("Owners Overtaken", "short", vec![(fenced, "in 5 minutes")]),
        ],
    }
}
