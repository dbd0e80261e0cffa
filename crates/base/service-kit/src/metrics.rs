//! Making metrics in a registry that is passed in, and writing it out.

use prometheus::{
    Encoder, Gauge, Histogram, HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry,
    TextEncoder,
    core::{Collector, MetricVec, MetricVecBuilder},
};

/// A metric that cannot be made, such as a second one of the same name, or cannot be written out.
#[derive(Debug, thiserror::Error)]
#[error("metrics: {0}")]
pub struct MetricsError(#[from] prometheus::Error);

/// A family of counters. One without labels begins at zero, so that its first rise is seen as one.
///
/// # Errors
/// When the registry has one of this name.
pub fn counter(
    registry: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
) -> Result<IntCounterVec, MetricsError> {
    family(registry, IntCounterVec::new(Opts::new(name, help), labels)?, labels)
}

/// A family of gauges. One without labels begins at zero.
///
/// # Errors
/// When the registry has one of this name.
pub fn gauge(
    registry: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
) -> Result<IntGaugeVec, MetricsError> {
    family(registry, IntGaugeVec::new(Opts::new(name, help), labels)?, labels)
}

/// A gauge of what is no whole number, such as seconds. It begins at zero.
///
/// # Errors
/// When the registry has one of this name.
pub fn fraction(registry: &Registry, name: &str, help: &str) -> Result<Gauge, MetricsError> {
    register(registry, Gauge::with_opts(Opts::new(name, help))?)
}

/// One gauge of a family that several services of a process share, as [`histogram_of`].
///
/// # Errors
/// When the registry has one of this name and value.
pub fn fraction_of(
    registry: &Registry,
    name: &str,
    help: &str,
    (label, value): (&str, &str),
) -> Result<Gauge, MetricsError> {
    register(registry, Gauge::with_opts(Opts::new(name, help).const_label(label, value))?)
}

/// A family of histograms with these upper bounds. One without labels is there from the beginning.
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
    let options = HistogramOpts::new(name, help).buckets(bounds.to_vec());
    family(registry, HistogramVec::new(options, labels)?, labels)
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

/// Lets these members of a family begin at zero: what has never happened is shown as that, and not as nothing.
pub fn from_zero<B: MetricVecBuilder, const N: usize>(family: &MetricVec<B>, members: &[[&str; N]]) {
    for values in members {
        family.with_label_values(values);
    }
}

fn family<B: MetricVecBuilder + 'static>(
    registry: &Registry,
    family: MetricVec<B>,
    labels: &[&str],
) -> Result<MetricVec<B>, MetricsError> {
    if labels.is_empty() {
        from_zero::<B, 0>(&family, &[[]]);
    }
    register(registry, family)
}

fn register<M: Collector + Clone + 'static>(registry: &Registry, metric: M) -> Result<M, MetricsError> {
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_not_happened_is_zero() {
        let registry = Registry::new();
        counter(&registry, "starts_total", "Starts.", &[]).unwrap();
        let ends = counter(&registry, "ends_total", "Ends.", &["how"]).unwrap();
        from_zero(&ends, &[["well"], ["badly"]]);
        let text = render(&registry).unwrap();
        for line in ["starts_total 0", r#"ends_total{how="well"} 0"#, r#"ends_total{how="badly"} 0"#] {
            assert!(text.lines().any(|found| found == line), "{line} is not in {text}");
        }
    }

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
