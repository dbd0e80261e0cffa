//! Infrastructure: the processes, their machines, and what they depend on.

use crate::{
    Dashboard, Exporter, Row,
    model::{graph, stat},
};

pub(crate) fn dashboard() -> Dashboard {
    Dashboard {
        uid: "reelfleet-infrastructure",
        title: "Infrastructure",
        variables: &[("service", "label_values(process_start_time_seconds, job)")],
        rows: vec![processes(), dependencies(), disks()],
    }
}

fn processes() -> Row {
    let up = r#"sum by (job) (up{job=~"$service"})"#;
    let restarts = r#"sum by (job) (changes(process_start_time_seconds{job=~"$service"}[15m]))"#;
    let memory = r#"sum by (job) (process_resident_memory_bytes{job=~"$service"})"#;
    let processor = r#"sum by (job) (rate(process_cpu_seconds_total{job=~"$service"}[$__rate_interval]))"#;
    let files = r#"max by (job) (process_open_fds{job=~"$service"})"#;
    Row {
        title: "Processes",
        panels: vec![
            graph("Replicas", "short", vec![(up, "{{job}}")]),
            graph("Restarts", "short", vec![(restarts, "{{job}}")]).alerts(&["ServiceRestarting"]),
            graph("Memory", "bytes", vec![(memory, "{{job}}")]),
            graph("Processor Time", "percentunit", vec![(processor, "{{job}}")]),
            graph("Open Files", "short", vec![(files, "{{job}}")]),
            graph("Versions", "short", vec![("count by (version) (reelfleet_build_info)", "{{version}}")]),
        ],
    }
}

fn dependencies() -> Row {
    let catalog = r#"histogram_quantile(0.95, sum by (operation, le) (rate(catalog_call_duration_seconds_bucket{job=~"$service"}[5m])))"#;
    let store = r#"histogram_quantile(0.95, sum by (operation, le) (rate(object_store_call_duration_seconds_bucket{job=~"$service"}[5m])))"#;
    let log = r#"histogram_quantile(0.95, sum by (operation, le) (rate(event_log_call_duration_seconds_bucket{job=~"$service", operation=~"publish|commit"}[5m])))"#;
    let calls = |dependency: &str| match dependency {
        "catalog" => "sum(rate(catalog_call_duration_seconds_count[$__rate_interval]))",
        "store" => "sum(rate(object_store_call_duration_seconds_count[$__rate_interval]))",
        _ => "sum(rate(event_log_call_duration_seconds_count[$__rate_interval]))",
    };
    Row {
        title: "What services depend on",
        panels: vec![
            graph("Dependencies Ready", "short", vec![("dependency:ready:min", "{{dependency}}")])
                .alerts(&["DependencyDown"]),
            graph("Dependency Failures", "ops", vec![("dependency:call_failures:rate5m", "{{dependency}}")])
                .alerts(&["DependencyErrors"]),
            graph("Catalog Latency p95", "s", vec![(catalog, "{{operation}}")]),
            graph("Object Store Latency p95", "s", vec![(store, "{{operation}}")]),
            graph("Event Log Latency p95", "s", vec![(log, "{{operation}}")]),
            graph(
                "Calls",
                "ops",
                vec![
                    (calls("catalog"), "catalog"),
                    (calls("store"), "object store"),
                    (calls("log"), "event log"),
                ],
            ),
        ],
    }
}

fn disks() -> Row {
    let share = r#"min by (job) (data_disk_available_bytes{job=~"$service"} / data_disk_size_bytes)"#;
    let left = r#"min by (job) (data_disk_available_bytes{job=~"$service"})"#;
    let store = "min(minio_cluster_capacity_usable_free_bytes)";
    Row {
        title: "Disks",
        panels: vec![
            stat("Least Room Left", "bytes", "min(data_disk_available_bytes)").thresholds(1e10, 1.1e9),
            graph("Room Left", "percentunit", vec![(share, "{{job}}")]).alerts(&["DiskLow"]),
            graph("Room Left in Bytes", "bytes", vec![(left, "{{job}}")]).alerts(&["DiskFull"]),
            graph("Room of the Object Store", "bytes", vec![(store, "free")])
                .alerts(&["ObjectStoreDiskLow"])
                .of(Exporter::Minio),
        ],
    }
}
