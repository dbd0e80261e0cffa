//! Pipeline: everything at a glance. Its rows and panels are those of the pipeline that Reelfleet succeeds.

use crate::{
    Dashboard, Exporter, Row,
    model::{graph, stat},
};

pub(crate) fn dashboard() -> Dashboard {
    Dashboard {
        uid: "streaming-pipeline",
        title: "Pipeline",
        variables: &[],
        rows: vec![health(), kafka(), producer(), live(), vod(), quality(), mongo(), api(), minio()],
    }
}

fn health() -> Row {
    let checksum_failures = "sum(rate(chunk_checksum_failures_total[$__rate_interval]))";
    let healthy = r#"sum(up{job=~"api|vod-processor|live-processor|transcode-worker|producer|standalone"})"#;
    Row {
        title: "Pipeline Health",
        panels: vec![
            stat("Kafka Consumer Lag", "short", "sum(kafka_consumergroup_lag)")
                .thresholds(100.0, 1000.0)
                .of(Exporter::Kafka),
            stat("Live Latency p99", "s", "live:processing_latency_seconds:p99_5m").thresholds(0.5, 1.0),
            stat("VOD Latency p95", "s", "vod:processing_latency_seconds:p95_5m").thresholds(15.0, 30.0),
            stat("Checksum Failures/s", "ops", checksum_failures).thresholds(0.04, 0.08),
            stat("Active Live Streams", "short", "max(active_live_streams)"),
            stat("Services Healthy", "short", healthy).alerts(&["ServiceMissing", "ServiceDown"]),
        ],
    }
}

fn kafka() -> Row {
    let published =
        r#"sum by (topic) (rate(event_log_records_total{direction="published"}[$__rate_interval]))"#;
    let lag = "sum by (consumergroup) (kafka_consumergroup_lag)";
    Row {
        title: "Kafka",
        panels: vec![
            graph("Messages per Second per Topic", "ops", vec![(published, "{{topic}}")]),
            graph("Consumer Group Lag", "short", vec![(lag, "{{consumergroup}}")])
                .thresholds(100.0, 1000.0)
                .alerts(&["ConsumerLag"])
                .of(Exporter::Kafka),
        ],
    }
}

fn producer() -> Row {
    let messages = "sum by (stream_type) (rate(producer_messages_total[$__rate_interval]))";
    let bytes = "sum by (stream_type) (rate(producer_bytes_total[$__rate_interval]))";
    Row {
        title: "Producer",
        panels: vec![
            graph("Messages/sec by Stream Type", "ops", vec![(messages, "{{stream_type}}")]),
            graph("Throughput (bytes/sec)", "Bps", vec![(bytes, "{{stream_type}}")]),
        ],
    }
}

fn live() -> Row {
    let latency = |share: &'static str| match share {
        "0.5" => {
            r#"histogram_quantile(0.5, sum by (le) (rate(chunk_processing_latency_seconds_bucket{stream_type="live"}[5m])))"#
        }
        _ => {
            r#"histogram_quantile(0.95, sum by (le) (rate(chunk_processing_latency_seconds_bucket{stream_type="live"}[5m])))"#
        }
    };
    let rate = "sum(rate(live_chunks_processed_total[$__rate_interval]))";
    Row {
        title: "Live Stream",
        panels: vec![
            stat("Chunk Gaps Detected (Total)", "short", "sum(live_chunk_gaps_total)"),
            graph(
                "Chunk Processing Latency",
                "s",
                vec![
                    (latency("0.5"), "p50"),
                    (latency("0.95"), "p95"),
                    ("live:processing_latency_seconds:p99_5m", "p99"),
                ],
            )
            .thresholds(0.5, 1.0),
            graph("Processing Rate", "ops", vec![(rate, "segments")]),
        ],
    }
}

fn vod() -> Row {
    let ready = "sum(rate(vod_chunks_processed_total[$__rate_interval]))";
    let variants = "sum(rate(vod_variants_generated_total[$__rate_interval]))";
    Row {
        title: "VOD Stream",
        panels: vec![
            graph("Processing Latency", "s", vec![("vod:processing_latency_seconds:p95_5m", "p95")])
                .thresholds(15.0, 30.0),
            graph(
                "Processing Rate & Variants Generated",
                "ops",
                vec![(ready, "videos"), (variants, "variants")],
            ),
        ],
    }
}

fn quality() -> Row {
    let rate = "sum by (stream_type) (rate(chunk_checksum_failures_total[$__rate_interval]))";
    Row {
        title: "Data Quality",
        panels: vec![
            stat("Checksum Failures (Total)", "short", "sum(chunk_checksum_failures_total)"),
            graph("Checksum Failure Rate", "ops", vec![(rate, "{{stream_type}}")])
                .thresholds(0.04, 0.08)
                .alerts(&["ChecksumFailures"]),
        ],
    }
}

fn mongo() -> Row {
    let operations = "sum by (type) (rate(mongodb_op_counters_total[$__rate_interval]))";
    let connections = r#"sum(mongodb_connections{state="current"})"#;
    Row {
        title: "MongoDB",
        panels: vec![
            graph("Operations per Second", "ops", vec![(operations, "{{type}}")]).of(Exporter::Mongo),
            graph("Current Connections", "short", vec![(connections, "connections")]).of(Exporter::Mongo),
        ],
    }
}

fn api() -> Row {
    let rate = "sum by (status) (rate(api_requests_total[$__rate_interval]))";
    Row {
        title: "API",
        panels: vec![
            graph("Request Rate", "reqps", vec![(rate, "{{status}}")]).alerts(&["ApiErrors"]),
            graph("p95 Response Time", "s", vec![("api:request_duration_seconds:p95_5m", "p95")])
                .thresholds(0.5, 2.0)
                .alerts(&["ApiSlow"]),
        ],
    }
}

fn minio() -> Row {
    let used = "max by (bucket) (minio_bucket_usage_total_bytes)";
    let objects = "max by (bucket) (minio_bucket_usage_object_total)";
    Row {
        title: "MinIO",
        panels: vec![
            graph("Storage Used per Bucket", "bytes", vec![(used, "{{bucket}}")]).of(Exporter::Minio),
            graph("Object Count per Bucket", "short", vec![(objects, "{{bucket}}")]).of(Exporter::Minio),
        ],
    }
}
