//! What the VOD processor measures.

use domain::{event::Topic, job::JobState, video::VideoStatus};
use prometheus::{Gauge, Histogram, HistogramVec, IntCounterVec, IntGaugeVec, Registry};
use service_kit::{MetricsError, counter, fraction, fraction_of, from_zero, gauge, histogram, histogram_of};

/// States of jobs that somebody may have to care about.
pub(crate) const OPEN_JOBS: [JobState; 4] =
    [JobState::Queued, JobState::Backoff, JobState::Leased, JobState::Dead];
/// Statuses of videos that have not ended.
pub(crate) const OPEN_VIDEOS: [VideoStatus; 3] =
    [VideoStatus::Uploaded, VideoStatus::Processing, VideoStatus::Transcoding];

/// The VOD processor's metrics.
#[derive(Clone)]
pub(crate) struct Metrics {
    /// Sources that were planned or refused, by outcome.
    pub(crate) sources: IntCounterVec,
    /// Bytes of large sources that were read from the store, by range, as they were looked into.
    pub(crate) source_range_bytes: IntCounterVec,
    /// Videos that became ready.
    pub(crate) processed: IntCounterVec,
    /// Renditions of videos that became ready.
    pub(crate) variants: IntCounterVec,
    /// Videos that failed, for another reason than their source.
    pub(crate) failed: IntCounterVec,
    /// From the upload to a plan.
    pub(crate) latency: Histogram,
    /// From the upload until the beginning can be played without a wait.
    pub(crate) first_play: HistogramVec,
    /// From the upload until everything is encoded.
    pub(crate) ready: HistogramVec,
    /// Leases that were taken back from workers that showed no sign of life.
    pub(crate) leases_expired: IntCounterVec,
    /// Dead letters that were filed, by the topic that they come from.
    pub(crate) letters_filed: IntCounterVec,
    /// What the catalog has of everything that is not finished.
    pub(crate) census: Census,
}

/// What is counted in the catalog now and then.
#[derive(Clone)]
pub(crate) struct Census {
    /// Jobs, by state.
    pub(crate) jobs: IntGaugeVec,
    /// The age of the job that has waited longest, in seconds.
    pub(crate) oldest_job: Gauge,
    /// Videos that have not ended, by status.
    pub(crate) videos: IntGaugeVec,
    /// The age of the oldest of them, in seconds.
    pub(crate) oldest_video: Gauge,
    /// Dead letters that nobody has dealt with.
    pub(crate) letters: IntGaugeVec,
    /// How long the oldest event has waited in an outbox of a video, and of a job, in seconds.
    pub(crate) video_outbox: Gauge,
    pub(crate) job_outbox: Gauge,
}

impl Metrics {
    pub(crate) fn new(registry: &Registry) -> Result<Self, MetricsError> {
        let latency = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 30.0, 60.0];
        let first_play = [0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0, 30.0, 60.0, 120.0, 300.0];
        let ready = [1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0];
        let none: &[&str] = &[];
        let count = |name, help, labels| counter(registry, name, help, labels);
        let metrics = Self {
            sources: count("vod_sources_total", "Sources that were looked into.", &["outcome"])?,
            source_range_bytes: count(
                "vod_source_range_bytes_total",
                "Bytes of large sources that were read from the object store, by range, as they were looked into.",
                none,
            )?,
            processed: count("vod_chunks_processed_total", "Videos that became ready.", none)?,
            variants: count("vod_variants_generated_total", "Renditions of ready videos.", none)?,
            failed: count("vod_videos_failed_total", "Videos that could not be encoded.", none)?,
            latency: histogram_of(
                registry,
                "chunk_processing_latency_seconds",
                "From an event to the decision about it: a plan, or a place in a live playlist.",
                ("stream_type", "vod"),
                &latency,
            )?,
            first_play: histogram(
                registry,
                "vod_time_to_first_play_seconds",
                "From an upload until its beginning is encoded.",
                none,
                &first_play,
            )?,
            ready: histogram(
                registry,
                "vod_time_to_ready_seconds",
                "From an upload until all of it is encoded.",
                none,
                &ready,
            )?,
            leases_expired: count(
                "transcode_leases_expired_total",
                "Leases taken back from silent workers.",
                none,
            )?,
            letters_filed: count(
                "dead_letters_filed_total",
                "Dead letters that were filed, by the topic whose event could not be handled.",
                &["topic"],
            )?,
            census: Census::new(registry)?,
        };
        from_zero(&metrics.sources, &[["planned"], ["rejected"]]);
        from_zero(&metrics.letters_filed, &Topic::ALL.map(|topic| [topic.name()]));
        Ok(metrics)
    }
}

impl Census {
    fn new(registry: &Registry) -> Result<Self, MetricsError> {
        let outbox = |collection| {
            fraction_of(
                registry,
                "outbox_oldest_event_age_seconds",
                "How long the oldest event has waited to be published; 0: none waits.",
                ("collection", collection),
            )
        };
        let census = Self {
            jobs: gauge(registry, "transcode_queue_jobs", "Jobs in the catalog, by state.", &["state"])?,
            oldest_job: fraction(
                registry,
                "transcode_queue_oldest_job_age_seconds",
                "The age of the oldest job that waits for a worker; 0: none waits.",
            )?,
            videos: gauge(
                registry,
                "vod_videos_open",
                "Videos that have not ended, by status.",
                &["status"],
            )?,
            oldest_video: fraction(
                registry,
                "vod_oldest_open_video_age_seconds",
                "The age of the oldest video that has not ended; 0: there is none.",
            )?,
            letters: gauge(
                registry,
                "dead_letters_parked",
                "Dead letters that nobody has asked for again.",
                &[],
            )?,
            video_outbox: outbox("vod_metadata")?,
            job_outbox: outbox("jobs")?,
        };
        from_zero(&census.jobs, &OPEN_JOBS.map(|state| [state.name()]));
        from_zero(&census.videos, &OPEN_VIDEOS.map(|status| [status.name()]));
        Ok(census)
    }
}
