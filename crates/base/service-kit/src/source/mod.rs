//! Sources as encoders can read them: in place where the store has files, small ones as copies that several encodes share, large
//! ones by range, from an address on loopback.

mod answer;
mod copies;
#[cfg(test)]
mod doubles;
mod reading;
mod served;

use copies::{Copies, Copy};
use domain::object::ObjectKey;
use ports::{Clock, ObjectError, ObjectStore, Source};
use prometheus::IntCounter;
use served::{Object, Served};
use std::{path::PathBuf, sync::Arc};

/// The sources that one service reads.
pub struct Sources {
    objects: Arc<dyn ObjectStore>,
    copies: Copies,
    by_range: Option<ByRange>,
}

/// Which sources are read by range, and what that takes.
#[derive(Clone)]
pub struct ByRange {
    /// Sources of more bytes than this.
    pub above: u64,
    /// For the pauses between attempts at a read.
    pub clock: Arc<dyn Clock>,
    /// Counts the bytes that are read from the store.
    pub bytes: IntCounter,
}

/// A source that can be read on this machine, as long as this lives.
#[derive(Debug)]
pub struct OpenSource(Held);

#[derive(Debug)]
enum Held {
    InPlace(PathBuf),
    Copy { path: PathBuf, _copy: Copy },
    Served(Served),
}

impl Sources {
    /// Sources of this store, as files; copies are made in `folder`. So many that nobody reads any more are kept, for whoever
    /// reads the same source next.
    #[must_use]
    pub fn new(objects: Arc<dyn ObjectStore>, folder: PathBuf, kept: usize) -> Self {
        Self { objects, copies: Copies::new(folder, kept), by_range: None }
    }

    /// The same, but large sources that are no files are read by range.
    #[must_use]
    pub fn with_ranges(self, by_range: ByRange) -> Self {
        Self { by_range: Some(by_range), ..self }
    }

    /// Makes an object readable.
    ///
    /// # Errors
    /// When the object is missing, its store fails, the copy does not fit the disk, or no port of loopback is free.
    pub async fn open(&self, key: &ObjectKey) -> Result<OpenSource, ObjectError> {
        if let Some(in_place) = self.in_place(key).await? {
            return Ok(in_place);
        }
        if let Some(by_range) = &self.by_range {
            let known = self.objects.head(key).await?;
            let size = known.ok_or_else(|| ObjectError::Missing(key.to_string()))?.size;
            if size > by_range.above {
                return self.served(key, size, by_range.clone()).await;
            }
        }
        self.copied(key).await
    }

    /// Makes an object readable as a file, however large it is.
    ///
    /// # Errors
    /// When the object is missing, its store fails, or the copy does not fit the disk.
    pub async fn open_file(&self, key: &ObjectKey) -> Result<OpenSource, ObjectError> {
        match self.in_place(key).await? {
            Some(in_place) => Ok(in_place),
            None => self.copied(key).await,
        }
    }

    async fn in_place(&self, key: &ObjectKey) -> Result<Option<OpenSource>, ObjectError> {
        let path = self.objects.local_file(key).await?;
        Ok(path.map(|path| OpenSource(Held::InPlace(path))))
    }

    async fn copied(&self, key: &ObjectKey) -> Result<OpenSource, ObjectError> {
        let (path, copy) = self.copies.of(&*self.objects, key).await?;
        Ok(OpenSource(Held::Copy { path, _copy: copy }))
    }

    async fn served(&self, key: &ObjectKey, size: u64, by_range: ByRange) -> Result<OpenSource, ObjectError> {
        let object = Object { objects: self.objects.clone(), key: key.clone(), size, by_range };
        let served = Served::start(object).await;
        let served =
            served.map_err(|e| ObjectError::Unavailable(format!("serving {key} on loopback: {e}")))?;
        Ok(OpenSource(Held::Served(served)))
    }
}

impl OpenSource {
    /// The source as an encoder takes it.
    #[must_use]
    pub fn source(&self) -> Source {
        match &self.0 {
            Held::InPlace(path) | Held::Copy { path, .. } => Source::File(path.clone()),
            Held::Served(served) => Source::Address(served.address().clone()),
        }
    }

    /// Waits for what is made of this source, and drops it when the source cannot be read to where it is asked for: encoders
    /// take that for an early end, pad what is missing, and call it a success.
    ///
    /// # Errors
    /// [`ObjectError::Unavailable`]: a read failed, again and again.
    pub async fn read_by<T>(&self, making: impl Future<Output = T>) -> Result<T, ObjectError> {
        match &self.0 {
            Held::InPlace(_) | Held::Copy { .. } => Ok(making.await),
            Held::Served(served) => served.read_by(making).await.map_err(ObjectError::Unavailable),
        }
    }
}

#[cfg(test)]
mod tests;
