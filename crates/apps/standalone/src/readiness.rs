//! Whether the embedded adapters answer, asked through their ports.

use domain::{StreamId, collection::Kind, event::Topic, object::ObjectKey};
use futures::FutureExt;
use ports::{Documents, EventLog, ObjectStore, StartAt};
use service_kit::Check;
use std::sync::Arc;

/// A small question to each of them, under the names that the fleet has for its servers.
pub(crate) fn checks(
    log: &Arc<dyn EventLog>,
    documents: &Arc<dyn Documents>,
    objects: &Arc<dyn ObjectStore>,
) -> Vec<(&'static str, Check)> {
    let (log, documents, objects) = (log.clone(), documents.clone(), objects.clone());
    let event_log: Check = Arc::new(move || {
        let log = log.clone();
        async move { log.follow(Topic::DeadLetters, StartAt::Now).await.is_ok() }.boxed()
    });
    let catalog: Check = Arc::new(move || {
        let documents = documents.clone();
        async move { documents.get(Kind::Shared, "nothing").await.is_ok() }.boxed()
    });
    let object_store: Check = Arc::new(move || {
        let objects = objects.clone();
        let nothing = ObjectKey::Source { stream: StreamId::vod([0; 6]) };
        async move { objects.head(&nothing).await.is_ok() }.boxed()
    });
    vec![("event_log", event_log), ("catalog", catalog), ("object_store", object_store)]
}
