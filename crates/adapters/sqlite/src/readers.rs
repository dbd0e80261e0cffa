//! A few connections that only read, used on blocking threads.

use crate::{failure::Failure, file::open_reader};
use rusqlite::Connection;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Semaphore;

/// How many read at once: more gain nothing, as they share one disk.
const CONNECTIONS: usize = 4;

/// The connections.
#[derive(Clone)]
pub(crate) struct Readers(Arc<Pool>);

struct Pool {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    free: Arc<Semaphore>,
}

impl Readers {
    /// Connections to this file, which are opened when they are needed.
    pub(crate) fn of(path: &Path) -> Self {
        let free = Arc::new(Semaphore::new(CONNECTIONS));
        Self(Arc::new(Pool { path: path.to_owned(), idle: Mutex::default(), free }))
    }

    /// Runs `work` on a blocking thread. It sees everything that was committed before.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let pool = Arc::clone(&self.0);
        let permit = Arc::clone(&pool.free).acquire_owned().await.map_err(|_| Failure::closed())?;
        let answer = tokio::task::spawn_blocking(move || {
            let answer = pool.run(work);
            drop(permit);
            answer
        });
        answer.await.map_err(|_| Failure::closed())?.map_err(|error| Failure::from(&error))
    }
}

impl Pool {
    fn run<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let idle = self.idle().pop();
        let connection = idle.map_or_else(|| open_reader(&self.path), Ok)?;
        let answer = work(&connection);
        self.idle().push(connection);
        answer
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
