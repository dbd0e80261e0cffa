//! Making metrics in a registry that is passed in, and writing it out.

use prometheus::{
    Encoder, Histogram, HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder,
    core::Collector,
};

/// A metric that cannot be made, such as a second one of the same name, or cannot be written out.
#[derive(Debug, thiserror::Error)]
#[error("metrics: {0}")]
pub struct MetricsError(#[from] prometheus::Error);

/// A family of counters.
///
/// # Errors
/// When the registry has one of this name.
pub fn counter(
    registry: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
) -> Result<IntCounterVec, MetricsError> {
    register(registry, IntCounterVec::new(Opts::new(name, help), labels)?)
}

/// A family of gauges.
///
/// # Errors
/// When the registry has one of this name.
pub fn gauge(
    registry: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
) -> Result<IntGaugeVec, MetricsError> {
    register(registry, IntGaugeVec::new(Opts::new(name, help), labels)?)
}

/// A family of histograms with these upper bounds.
///
/// # Errors
/// When the registry has one of this name.
pub fn histogram(
    registry: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
    bounds: &[f64],
) -> Result<HistogramVec, MetricsError> {
    register(registry, HistogramVec::new(HistogramOpts::new(name, help).buckets(bounds.to_vec()), labels)?)
}

/// One histogram of a family that several services of a process share: each has its own value of the label. All of them give
/// the family the same help.
///
/// # Errors
/// When the registry has one of this name and value.
pub fn histogram_of(
    registry: &Registry,
    name: &str,
    help: &str,
    (label, value): (&str, &str),
    bounds: &[f64],
) -> Result<Histogram, MetricsError> {
    let options = HistogramOpts::new(name, help).const_label(label, value).buckets(bounds.to_vec());
    register(registry, Histogram::with_opts(options)?)
}

/// The registry in the Prometheus text format.
///
/// # Errors
/// When a metric cannot be encoded.
pub fn render(registry: &Registry) -> Result<String, MetricsError> {
    let mut text = Vec::new();
    TextEncoder::new().encode(&registry.gather(), &mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn register<M: Collector + Clone + 'static>(registry: &Registry, metric: M) -> Result<M, MetricsError> {
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_of_one_process_share_a_family() {
        let registry = Registry::new();
        for kind in ["vod", "live"] {
            let histogram = histogram_of(&registry, "latency", "From an event on.", ("kind", kind), &[1.0]);
            histogram.unwrap().observe(0.5);
        }
        assert!(histogram_of(&registry, "latency", "From an event on.", ("kind", "vod"), &[1.0]).is_err());
        let text = render(&registry).unwrap();
        assert_eq!(text.matches("# TYPE latency histogram").count(), 1, "{text}");
        assert!(text.contains(r#"latency_count{kind="live"} 1"#), "{text}");
    }
}
