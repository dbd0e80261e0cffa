//! The one thread that writes a file. What comes while a commit is being flushed goes into the next together.

use crate::{failure::Failure, file::OpenError};
use rusqlite::Connection;
use std::{path::Path, sync::mpsc, thread};
use tokio::sync::oneshot;

/// At most this many pieces of work in one transaction, so that the first is not kept waiting for the last.
const BATCH: usize = 512;

/// Gives work to the thread; dropping it ends the thread when all work is done.
pub(crate) struct Writer {
    queue: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(path: &Path, connection: Connection) -> Result<Self, OpenError> {
        let (queue, jobs) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || serve(&connection, &jobs))
            .map_err(|source| OpenError::Thread { path: path.to_owned(), source })?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Runs `work` in a transaction; what it gave is committed when this returns.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        self.write_then(work, |_| ()).await
    }

    /// The same, and calls `then` right after the commit, also if nobody waits for the answer any more.
    pub(crate) async fn write_then<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
        then: impl FnOnce(&T) + Send + 'static,
    ) -> Result<T, Failure> {
        let (reply, answer) = oneshot::channel();
        self.queue(Box::new(Write { work: Some(work), then, done: None, reply }))?;
        answer.await.unwrap_or_else(|_| Err(Failure::closed()))
    }

    fn queue(&self, job: Box<dyn Job>) -> Result<(), Failure> {
        let queue = self.queue.as_ref().ok_or_else(Failure::closed)?;
        queue.send(job).map_err(|_| Failure::closed())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed, and its callers have their errors.
            let _ = thread.join();
        }
    }
}

/// A piece of work with its answer.
trait Job: Send {
    /// Does the work; an error undoes just this piece.
    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()>;
    /// Tells the caller, after the commit or after it has failed.
    fn answer(self: Box<Self>, committed: Result<(), Failure>);
}

struct Write<T, W, A> {
    work: Option<W>,
    then: A,
    done: Option<Result<T, Failure>>,
    reply: oneshot::Sender<Result<T, Failure>>,
}

impl<T, W, A> Job for Write<T, W, A>
where
    T: Send,
    W: FnOnce(&Connection) -> rusqlite::Result<T> + Send,
    A: FnOnce(&T) + Send,
{
    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let Some(work) = self.work.take() else { return Ok(()) };
        match work(connection) {
            Ok(value) => {
                self.done = Some(Ok(value));
                Ok(())
            }
            Err(error) => {
                self.done = Some(Err(Failure::from(&error)));
                Err(error)
            }
        }
    }

    fn answer(self: Box<Self>, committed: Result<(), Failure>) {
        let Self { then, done, reply, .. } = *self;
        let outcome = match (committed, done) {
            (_, Some(Err(failure))) | (Err(failure), _) => Err(failure),
            (Ok(()), Some(Ok(value))) => {
                then(&value);
                Ok(value)
            }
            (Ok(()), None) => Err(Failure::closed()),
        };
        // The caller may have stopped waiting.
        let _ = reply.send(outcome);
    }
}

fn serve(connection: &Connection, jobs: &mpsc::Receiver<Box<dyn Job>>) {
    while let Ok(first) = jobs.recv() {
        let mut batch = vec![first];
        batch.extend(jobs.try_iter().take(BATCH - 1));
        let committed = commit(connection, &mut batch).map_err(|error| Failure::from(&error));
        for job in batch {
            job.answer(committed.clone());
        }
    }
}

fn commit(connection: &Connection, batch: &mut [Box<dyn Job>]) -> rusqlite::Result<()> {
    run(connection, "BEGIN IMMEDIATE")?;
    let outcome = batch
        .iter_mut()
        .try_for_each(|job| in_savepoint(connection, job.as_mut()))
        .and_then(|()| run(connection, "COMMIT"));
    if outcome.is_err() && !connection.is_autocommit() {
        run(connection, "ROLLBACK")?;
    }
    outcome
}

/// An error of the job itself is its own; an error here means that the whole transaction is lost.
fn in_savepoint(connection: &Connection, job: &mut dyn Job) -> rusqlite::Result<()> {
    run(connection, "SAVEPOINT job")?;
    if let Err(error) = job.run(connection) {
        // A full or failing disk makes SQLite roll back everything, the work of the others included.
        if connection.is_autocommit() {
            return Err(error);
        }
        run(connection, "ROLLBACK TO job")?;
    }
    run(connection, "RELEASE job")
}

fn run(connection: &Connection, statement: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(statement)?.execute([]).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;

    fn writer() -> (tempfile::TempDir, Writer) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.db");
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch("CREATE TABLE numbers (n INTEGER PRIMARY KEY)").unwrap();
        (folder, Writer::start(&path, connection).unwrap())
    }

    async fn count(writer: &Writer) -> i64 {
        writer.write(|db| db.query_row("SELECT count(*) FROM numbers", [], |row| row.get(0))).await.unwrap()
    }

    #[tokio::test]
    async fn a_failing_piece_is_undone_alone() {
        let (_folder, writer) = writer();
        let works = (0..100).map(|n| {
            writer.write(move |db| {
                db.execute("INSERT INTO numbers VALUES (?1)", [n])?;
                // The second insert of the odd ones breaks the key.
                if n % 2 == 1 { db.execute("INSERT INTO numbers VALUES (?1)", [n]) } else { Ok(1) }
            })
        });
        let outcomes = join_all(works).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 50);
        assert_eq!(count(&writer).await, 50);
    }

    #[tokio::test]
    async fn when_the_transaction_is_lost_everyone_hears_it() {
        let (_folder, writer) = writer();
        let mut works: Vec<_> = (0..3)
            .map(|n| {
                let work = move |db: &Connection| {
                    // As a full disk does: the transaction ends and the statement fails.
                    if n == 1 {
                        db.execute_batch("ROLLBACK; INSERT INTO missing VALUES (1)")?;
                    }
                    db.execute("INSERT INTO numbers VALUES (?1)", [n]).map(|_| ())
                };
                let (reply, _answer) = oneshot::channel();
                Box::new(Write { work: Some(work), then: |_: &()| (), done: None, reply }) as Box<dyn Job>
            })
            .collect();
        let connection = Connection::open(_folder.path().join("file.db")).unwrap();
        assert!(commit(&connection, &mut works).is_err());
        assert!(connection.is_autocommit());
        assert_eq!(count(&writer).await, 0);
    }

    #[tokio::test]
    async fn after_the_commit_comes_the_call_even_if_nobody_waits() {
        let (_folder, writer) = writer();
        let (told, tells) = oneshot::channel();
        {
            let work = writer.write_then(
                |db| db.execute("INSERT INTO numbers VALUES (1)", []),
                |_| told.send(()).unwrap(),
            );
            let mut work = std::pin::pin!(work);
            let waits = futures::poll!(&mut work);
            assert!(waits.is_pending());
        }
        tells.await.unwrap();
        assert_eq!(count(&writer).await, 1);
    }
}
