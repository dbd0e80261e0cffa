//! Names that no other case, process or run has used, so that a server may be shared.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// What tells this process's names from those of every other.
static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(std::process::id()));
static COUNTER: AtomicU64 = AtomicU64::new(0);

/// A new name that begins with this word. Names of one word come in the order of their creation.
pub(crate) fn unique(word: &str) -> String {
    format!("{word}-{:016x}-{:06}", *PROCESS, COUNTER.fetch_add(1, Ordering::Relaxed))
}
