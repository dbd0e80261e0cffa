//! VOD and workers: from an upload to a video that plays, and the queue between.

use crate::{
    Dashboard, Row,
    model::{graph, stat},
};

pub(crate) fn dashboard() -> Dashboard {
    Dashboard {
        uid: "reelfleet-vod",
        title: "VOD and workers",
        variables: &[("rendition", "label_values(transcode_rendition_speed_ratio_count, rendition)")],
        rows: vec![promise(), way(), queue(), workers(), trouble()],
    }
}

fn promise() -> Row {
    Row {
        title: "The promise: 99 % of uploads playable within 30 s",
        panels: vec![
            stat("Late in the Last Hour", "percentunit", "objective:uploads_late:ratio_rate1h")
                .thresholds(0.01, 0.144),
            stat("Late in the Last Day", "percentunit", "objective:uploads_late:ratio_rate1d")
                .thresholds(0.01, 0.03),
            graph(
                "Late Uploads",
                "percentunit",
                vec![
                    ("objective:uploads_late:ratio_rate5m", "5 minutes"),
                    ("objective:uploads_late:ratio_rate1h", "1 hour"),
                    ("objective:uploads_late:ratio_rate6h", "6 hours"),
                ],
            )
            .thresholds(0.01, 0.144)
            .alerts(&["UploadsObjectiveFast", "UploadsObjectiveSlow"]),
        ],
    }
}

fn way() -> Row {
    let ready = "histogram_quantile(0.95, sum by (le) (rate(vod_time_to_ready_seconds_bucket[5m])))";
    let delay = "histogram_quantile(0.95, sum by (topic, le) (rate(event_delay_seconds_bucket[5m])))";
    let handling =
        "histogram_quantile(0.95, sum by (topic, le) (rate(event_handling_duration_seconds_bucket[5m])))";
    let uploads = "sum(rate(api_uploaded_bytes_total[$__rate_interval]))";
    Row {
        title: "The way of a video",
        panels: vec![
            graph("Time to First Play p95", "s", vec![("vod:time_to_first_play_seconds:p95_5m", "p95")])
                .thresholds(15.0, 30.0),
            graph("Time to Ready p95", "s", vec![(ready, "p95")]),
            graph("Event Delay p95", "s", vec![(delay, "{{topic}}")]).alerts(&["EventsDelayed"]),
            graph("Event Handling p95", "s", vec![(handling, "{{topic}}")]),
            graph("Uploads", "Bps", vec![(uploads, "received")]),
            graph("Open Videos", "short", vec![("max by (status) (vod_videos_open)", "{{status}}")]),
            graph("Oldest Open Video", "s", vec![("max(vod_oldest_open_video_age_seconds)", "age")])
                .alerts(&["VideoStuck"]),
        ],
    }
}

fn queue() -> Row {
    let wait =
        "histogram_quantile(0.95, sum by (urgency, le) (rate(transcode_queue_wait_seconds_bucket[5m])))";
    let held = "histogram_quantile(0.95, sum by (le) (rate(api_segment_hold_duration_seconds_bucket[10m])))";
    Row {
        title: "Queue",
        panels: vec![
            graph("Queue", "short", vec![("max by (state) (transcode_queue_jobs)", "{{state}}")])
                .alerts(&["QueueNotMoving"]),
            graph("Oldest Job", "s", vec![("max(transcode_queue_oldest_job_age_seconds)", "age")])
                .thresholds(600.0, 1800.0)
                .alerts(&["QueueOld"]),
            graph("Wait for a Worker p95", "s", vec![(wait, "{{urgency}}")]),
            graph("Segments Held for Viewers", "short", vec![("sum(api_segment_requests_held)", "held")]),
            graph("Hold p95", "s", vec![(held, "p95")]).thresholds(5.0, 10.0).alerts(&["SegmentsHeldLong"]),
        ],
    }
}

fn workers() -> Row {
    let speed = r#"transcode:speed_ratio:mean_5m{rendition=~"$rendition"}"#;
    let took =
        "histogram_quantile(0.95, sum by (kind, le) (rate(transcode_encode_duration_seconds_bucket[5m])))";
    let outcomes = "sum by (outcome) (rate(transcode_jobs_total[$__rate_interval]))";
    let encoded = "sum(rate(transcode_source_range_bytes_total[$__rate_interval]))";
    let looked = "sum(rate(vod_source_range_bytes_total[$__rate_interval]))";
    let output = r#"sum by (rendition) (rate(transcode_output_bytes_total{rendition=~"$rendition"}[$__rate_interval]))"#;
    Row {
        title: "Workers",
        panels: vec![
            graph(
                "Encodes and Slots",
                "short",
                vec![
                    ("sum by (urgency) (transcode_encodes_running)", "{{urgency}}"),
                    ("sum(transcode_slots)", "slots"),
                ],
            ),
            graph("Encode Speed per Rendition", "x", vec![(speed, "{{rendition}}")])
                .thresholds(1.0, 0.5)
                .alerts(&["EncodesSlow"]),
            graph("Encode Duration p95", "s", vec![(took, "{{kind}}")]),
            graph("Jobs by Outcome", "ops", vec![(outcomes, "{{outcome}}")]).alerts(&["JobsFailing"]),
            graph("Output per Rendition", "Bps", vec![(output, "{{rendition}}")]),
            graph("Sources Read by Range", "Bps", vec![(encoded, "encodes"), (looked, "looks")]),
        ],
    }
}

fn trouble() -> Row {
    let failures = "sum by (class) (rate(transcode_failures_total[$__rate_interval]))";
    let lost = "sum(increase(transcode_leases_lost_total[5m]))";
    let expired = "sum(increase(transcode_leases_expired_total[5m]))";
    let recovered = "sum(increase(transcode_jobs_recovered_total[5m]))";
    let filed = "sum by (topic) (increase(dead_letters_filed_total[5m]))";
    Row {
        title: "Trouble",
        panels: vec![
            graph("Failures by Class", "ops", vec![(failures, "{{class}}")]),
            graph(
                "Leases",
                "short",
                vec![(lost, "lost"), (expired, "taken back"), (recovered, "output found")],
            )
            .alerts(&["LeasesLost"]),
            graph(
                "Dead Letters",
                "short",
                vec![("max(dead_letters_parked)", "parked"), (filed, "{{topic}}")],
            )
            .alerts(&["DeadLetters"]),
            graph(
                "Outboxes",
                "s",
                vec![("max by (collection) (outbox_oldest_event_age_seconds)", "{{collection}}")],
            )
            .thresholds(15.0, 60.0)
            .alerts(&["OutboxStuck"]),
        ],
    }
}
