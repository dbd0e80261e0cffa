//! The jobs of a video, found by the plan in its document.

use crate::api::Api;
use anyhow::{Context, Result};
use domain::{StreamId, plan::Plan};
use serde::Deserialize;

/// What a job's document says that tests ask about. Times are texts that sort.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct JobView {
    /// Its id.
    pub job_id: String,
    /// Its part's name.
    pub part: String,
    /// Where it stands.
    pub state: String,
    /// How often it was claimed.
    pub epoch: u32,
    /// Attempts that count.
    pub attempts: u32,
    /// The newest wish of a viewer.
    pub wanted_at: Option<String>,
    /// When it was last claimed.
    pub started_at: Option<String>,
    /// When it ended.
    pub ended_at: Option<String>,
}

impl Api {
    /// The plan of a video.
    ///
    /// # Errors
    /// It has none.
    pub async fn plan(&self, id: &str) -> Result<Plan> {
        let video = self.video(id).await?;
        serde_json::from_value(video["plan"].clone()).with_context(|| format!("{id} has no plan: {video}"))
    }

    /// The jobs of a planned video in the order of its plan; those that are not there are left out.
    ///
    /// # Errors
    /// The video has no plan, or a job cannot be read.
    pub async fn jobs(&self, id: &str) -> Result<Vec<JobView>> {
        let video = self.video(id).await?;
        let plan: Plan = serde_json::from_value(video["plan"].clone()).context("no plan")?;
        let stream: StreamId = id.parse()?;
        let source = video["checksum"].as_str().unwrap_or_default();
        let mut jobs = Vec::new();
        for position in 0..plan.part_count() {
            let answer = self.get(&format!("/jobs/{}", plan.job_id(&stream, source, position))).await?;
            if answer.status != 404 {
                jobs.push(serde_json::from_value(answer.json()?)?);
            }
        }
        Ok(jobs)
    }
}
