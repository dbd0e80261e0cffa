//! What is measured of a process whichever services run in it: its version, its use of the machine, its disk.

use crate::{MetricsError, gauge};
use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeVal,
};
use prometheus::{
    IntGauge, Opts, Registry,
    core::{Collector, Desc},
    process_collector::ProcessCollector,
    proto::{Counter, MetricFamily},
};
use std::path::{Path, PathBuf};

/// Measures this process: what was built, its memory, processor time and open files (where the system tells them), and the
/// disk of its `data` folder.
///
/// # Errors
/// When the registry has these already.
pub fn measure_process(registry: &Registry, version: &str, data: &Path) -> Result<(), MetricsError> {
    let build = gauge(registry, "reelfleet_build_info", "Always 1; the label says what runs.", &["version"])?;
    build.with_label_values(&[version]).set(1);
    registry.register(Box::new(Process(ProcessCollector::for_self())))?;
    registry.register(Box::new(Disk::of(data)?))?;
    Ok(())
}

/// What the system tells of this process. The library's own counter of processor time knows whole seconds only, whose rate is
/// nothing or a peak.
struct Process(ProcessCollector);

impl Collector for Process {
    fn desc(&self) -> Vec<&Desc> {
        self.0.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut families = self.0.collect();
        let cpu = families.iter_mut().filter(|family| family.name() == "process_cpu_seconds_total");
        for metric in cpu.flat_map(MetricFamily::mut_metric) {
            if let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) {
                let seconds = |time: TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
                let mut counter = Counter::default();
                counter.set_value(seconds(usage.user_time()) + seconds(usage.system_time()));
                metric.set_counter(counter);
            }
        }
        families
    }
}

/// The disk of a folder, asked when somebody wants to know.
struct Disk {
    folder: PathBuf,
    available: IntGauge,
    size: IntGauge,
}

impl Disk {
    fn of(folder: &Path) -> Result<Self, MetricsError> {
        let gauge = |name, help| IntGauge::with_opts(Opts::new(name, help));
        Ok(Self {
            folder: folder.to_path_buf(),
            available: gauge("data_disk_available_bytes", "Room that is left on the disk of DATA_DIR.")?,
            size: gauge("data_disk_size_bytes", "The size of the disk of DATA_DIR.")?,
        })
    }
}

impl Collector for Disk {
    fn desc(&self) -> Vec<&Desc> {
        [&self.available, &self.size].into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        // A folder that is not there yet has no disk to tell of.
        let Ok(disk) = fs4::statvfs(&self.folder) else { return Vec::new() };
        self.available.set(i64::try_from(disk.available_space()).unwrap_or(i64::MAX));
        self.size.set(i64::try_from(disk.total_space()).unwrap_or(i64::MAX));
        [&self.available, &self.size].into_iter().flat_map(Collector::collect).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_tells_its_version_and_its_disk() {
        let registry = Registry::new();
        measure_process(&registry, "1.2.3", &std::env::temp_dir()).unwrap();
        let text = crate::render(&registry).unwrap();
        assert!(text.contains(r#"reelfleet_build_info{version="1.2.3"} 1"#), "{text}");
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.unwrap_or_else(|| panic!("no {name} in {text}")).parse::<f64>().unwrap()
        };
        assert!(value("data_disk_available_bytes") <= value("data_disk_size_bytes"));
        assert!(value("process_cpu_seconds_total").fract() > 0.0, "{text}");
    }

    #[test]
    fn a_folder_that_is_not_there_is_no_failure() {
        let registry = Registry::new();
        measure_process(&registry, "1", Path::new("/there/is/none")).unwrap();
        assert!(!crate::render(&registry).unwrap().contains("data_disk"));
    }
}
