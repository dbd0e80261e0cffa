//! Claims by many at once.

use super::*;
use async_trait::async_trait;
use domain::{
    JobId, StreamId,
    collection::Kind,
    event::Topic,
    task::{EncodeTask, TestSourceTask},
};
use futures::future::join_all;
use ports::{
    Documents, EventLog, Follower, Inserted, Json, LogError, Membership, Page, Record, Replaced, Revision,
    StartAt, Stored,
};
use service_kit::{Relay, SystemClock};
use std::{collections::BTreeMap, sync::Mutex};

/// Documents in memory; each call lets all others go first, so that those who ask at once see the same.
#[derive(Default)]
struct Memory(Mutex<BTreeMap<String, (u64, Json)>>);

impl Memory {
    fn stored(&self, id: &str) -> Option<Stored> {
        let documents = self.0.lock().unwrap();
        let (revision, body) = documents.get(id)?;
        Some(Stored { id: id.to_owned(), revision: Revision(*revision), body: body.clone() })
    }
}

#[async_trait]
impl Documents for Memory {
    async fn get(&self, _: Kind, id: &str) -> Result<Option<Stored>, DocumentError> {
        tokio::task::yield_now().await;
        Ok(self.stored(id))
    }

    async fn insert(&self, _: Kind, id: &str, body: Json) -> Result<Inserted, DocumentError> {
        self.0.lock().unwrap().insert(id.to_owned(), (1, body));
        Ok(Inserted::New(Revision(1)))
    }

    async fn replace(&self, _: Kind, id: &str, at: Revision, body: Json) -> Result<Replaced, DocumentError> {
        tokio::task::yield_now().await;
        let mut documents = self.0.lock().unwrap();
        match documents.get_mut(id) {
            Some(document) if document.0 == at.0 => {
                *document = (at.0 + 1, body);
                Ok(Replaced::Done(Revision(at.0 + 1)))
            }
            _ => Ok(Replaced::Conflict),
        }
    }

    async fn append_new(&self, _: Kind, _: Vec<(String, Json)>) -> Result<(), DocumentError> {
        unreachable!("nothing is appended")
    }

    async fn remove(&self, _: Kind, _: &str, _: Revision) -> Result<Replaced, DocumentError> {
        unreachable!("nothing is removed")
    }

    async fn find(&self, query: &Query) -> Result<Page, DocumentError> {
        tokio::task::yield_now().await;
        let ids: Vec<String> = self.0.lock().unwrap().keys().cloned().collect();
        let in_line = |stored: &Stored| {
            let values = query.index.fields.iter().zip(&query.equals);
            let wished = query.at_least.is_none() || stored.body.get("wanted_at").is_some();
            wished && values.into_iter().all(|(field, value)| stored.body.get(field) == Some(value))
        };
        let mut documents: Vec<Stored> =
            ids.iter().filter_map(|id| self.stored(id)).filter(in_line).collect();
        documents.sort_by_key(|stored| stored.body["turn"].as_i64());
        documents.truncate(query.limit as usize);
        Ok(Page { documents, next: None })
    }

    async fn count(&self, _: &Query) -> Result<u64, DocumentError> {
        unreachable!("nothing is counted")
    }
}

/// A claim tells nobody.
struct Silence;

#[async_trait]
impl EventLog for Silence {
    async fn publish(&self, _: Topic, _: Record) -> Result<(), LogError> {
        unreachable!("a claim tells nobody")
    }

    async fn join(&self, _: &str, _: &[Topic]) -> Result<Box<dyn Membership>, LogError> {
        unreachable!("nobody listens")
    }

    async fn follow(&self, _: Topic, _: StartAt) -> Result<Box<dyn Follower>, LogError> {
        unreachable!("nobody listens")
    }
}

/// A queue with so many jobs in the second lane, by turn.
async fn queue(jobs: u8) -> Queue {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let collection =
        Collection::new(Arc::new(Memory::default()), Relay::new(Arc::new(Silence)), clock.clone());
    for number in 0..jobs {
        let stream = StreamId::vod([0, 0, 0, 0, 0, number]);
        let task = EncodeTask::TestSource(TestSourceTask { width: 16, height: 16, duration_ms: 1 });
        let id = JobId::derive(&stream, "", 1, "test-source");
        let mut job = Job::test_source(id, stream, task, number.into(), "somebody", clock.now());
        job.lane = 1;
        assert!(collection.insert(&job).await.unwrap());
    }
    Queue { jobs: collection, holder: "worker".to_owned(), clock }
}

#[tokio::test]
async fn nobody_of_a_crowd_goes_without_while_there_are_jobs() {
    let queue = queue(40).await;
    let claims = join_all((0..40).map(|_| queue.claim(false))).await;
    let claimed = claims.into_iter().map(|claimed| claimed.unwrap().map(|c| c.job.job_id.to_string()));
    let mut claimed: Vec<String> = claimed.map(|job| job.expect("a job for each")).collect();
    claimed.sort();
    claimed.dedup();
    assert_eq!(claimed.len(), 40, "each job once");
    assert!(queue.claim(false).await.unwrap().is_none());
}

#[tokio::test]
async fn who_is_alone_takes_the_best_first() {
    let queue = queue(20).await;
    for turn in 0..20 {
        assert_eq!(queue.claim(false).await.unwrap().map(|claimed| claimed.job.turn), Some(turn));
    }
}
