//! Stores that let a process come as far as one of its steps: it hangs for ever before that is done, or after. A step is
//! whatever changes something: a document, an object, the log.

use async_trait::async_trait;
use domain::{
    collection::Kind,
    event::Topic,
    object::{ObjectKey, Prefix},
};
use ports::{
    Body, ByteRange, Condition, DocumentError, Documents, EventLog, Follower, Inserted, Json, LogError,
    Membership, ObjectError, ObjectMeta, ObjectStore, ObjectStream, Page, Period, Query, Record, Replaced,
    Revision, SignedAddress, StartAt, Stored, StoredObject,
};
use std::{
    future::{Future, pending},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Where a process ends.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    /// What the step does.
    pub(crate) step: String,
    /// How many steps that do the same come before it.
    pub(crate) before: usize,
    /// The step is done, and nobody is told so.
    pub(crate) done: bool,
}

/// The brink, and what has happened up to it.
#[derive(Default)]
pub(crate) struct Brink(Mutex<State>);

#[derive(Default)]
struct State {
    /// Steps are noted from a moment on.
    noting: bool,
    end: Option<Point>,
    steps: Vec<String>,
    ended: bool,
    reached: bool,
}

impl Brink {
    /// From now on steps are noted, and this is the last.
    pub(crate) fn ends_at(&self, point: Option<Point>) {
        let mut state = self.lock();
        (state.noting, state.end) = (true, point);
    }

    /// The steps so far, in order; whether it has ended is the last one's matter.
    pub(crate) fn steps(&self) -> Vec<String> {
        self.lock().steps.clone()
    }

    /// Whether the process has come to its end.
    pub(crate) fn is_reached(&self) -> bool {
        self.lock().reached
    }

    async fn step<T>(&self, name: String, doing: impl Future<Output = T>) -> T {
        match self.next(name) {
            None => doing.await,
            Some(is_done) => {
                if is_done {
                    drop(doing.await);
                }
                self.lock().reached = true;
                pending().await
            }
        }
    }

    /// None where the process goes on; else whether the step is done.
    fn next(&self, name: String) -> Option<bool> {
        let mut state = self.lock();
        // A process that has ended takes no steps.
        if state.ended {
            return Some(false);
        }
        if !state.noting {
            return None;
        }
        let before = state.steps.iter().filter(|step| **step == name).count();
        let done =
            state.end.as_ref().and_then(|end| (end.step == name && end.before == before).then_some(end.done));
        state.ended = done.is_some();
        state.steps.push(name);
        done
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A store, and the brink of whoever uses it.
pub(crate) struct Near<S: ?Sized> {
    store: Arc<S>,
    brink: Arc<Brink>,
}

impl<S: ?Sized> Near<S> {
    pub(crate) fn new(store: &Arc<S>, brink: &Arc<Brink>) -> Arc<Self> {
        Arc::new(Self { store: store.clone(), brink: brink.clone() })
    }
}

#[async_trait]
impl Documents for Near<dyn Documents> {
    async fn get(&self, kind: Kind, id: &str) -> Result<Option<Stored>, DocumentError> {
        self.store.get(kind, id).await
    }

    async fn insert(&self, kind: Kind, id: &str, body: Json) -> Result<Inserted, DocumentError> {
        self.brink.step(format!("insert {kind:?}"), self.store.insert(kind, id, body)).await
    }

    async fn replace(
        &self,
        kind: Kind,
        id: &str,
        at: Revision,
        body: Json,
    ) -> Result<Replaced, DocumentError> {
        self.brink.step(format!("replace {kind:?}"), self.store.replace(kind, id, at, body)).await
    }

    async fn append_new(&self, kind: Kind, bodies: Vec<(String, Json)>) -> Result<(), DocumentError> {
        self.brink.step(format!("append {kind:?}"), self.store.append_new(kind, bodies)).await
    }

    async fn remove(&self, kind: Kind, id: &str, at: Revision) -> Result<Replaced, DocumentError> {
        self.brink.step(format!("remove {kind:?}"), self.store.remove(kind, id, at)).await
    }

    async fn find(&self, query: &Query) -> Result<Page, DocumentError> {
        self.store.find(query).await
    }

    async fn count(&self, query: &Query) -> Result<u64, DocumentError> {
        self.store.count(query).await
    }
}

#[async_trait]
impl ObjectStore for Near<dyn ObjectStore> {
    async fn put(&self, key: &ObjectKey, body: Body, when: Condition) -> Result<StoredObject, ObjectError> {
        self.brink.step(format!("put {key}"), self.store.put(key, body, when)).await
    }

    async fn get(&self, key: &ObjectKey, range: Option<ByteRange>) -> Result<Body, ObjectError> {
        self.store.get(key, range).await
    }

    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectMeta>, ObjectError> {
        self.store.head(key).await
    }

    async fn remove(&self, key: &ObjectKey) -> Result<(), ObjectError> {
        self.brink.step(format!("remove {key}"), self.store.remove(key)).await
    }

    async fn list(&self, prefix: &Prefix) -> Result<ObjectStream, ObjectError> {
        self.store.list(prefix).await
    }

    async fn remove_all(&self, prefix: &Prefix) -> Result<(), ObjectError> {
        self.brink.step(format!("remove all {prefix:?}"), self.store.remove_all(prefix)).await
    }

    fn presign(&self, key: &ObjectKey, valid: Period) -> SignedAddress {
        self.store.presign(key, valid)
    }

    fn presign_put(&self, key: &ObjectKey, valid: Period) -> SignedAddress {
        self.store.presign_put(key, valid)
    }

    async fn local_file(&self, key: &ObjectKey) -> Result<Option<PathBuf>, ObjectError> {
        self.store.local_file(key).await
    }
}

#[async_trait]
impl EventLog for Near<dyn EventLog> {
    async fn publish(&self, topic: Topic, record: Record) -> Result<(), LogError> {
        self.brink.step(format!("publish {}", topic.name()), self.store.publish(topic, record)).await
    }

    async fn join(&self, group: &str, topics: &[Topic]) -> Result<Box<dyn Membership>, LogError> {
        self.store.join(group, topics).await
    }

    async fn follow(&self, topic: Topic, from: StartAt) -> Result<Box<dyn Follower>, LogError> {
        self.store.follow(topic, from).await
    }
}
