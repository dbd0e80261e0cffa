//! A disk that takes no more: the error says what to do, nothing is left, and room makes the same put
//! succeed.
//!
//! Each test starts this program once more under the limit, because limits are those of a process.

#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]
#![cfg(target_os = "linux")]

mod fixture;

use fixture::{incoming, key, open, put};
use ports::{Body, Condition, ObjectError, ObjectStore};
use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Names the folder to fill; only the children of the tests have it.
const FOLDER: &str = "FULL_DISK_FOLDER";

/// What a child does, which `HINT` has to be told in.
async fn overfill(root: &Path, hint: &str) {
    let files = open(root);
    put(&files, &key(1), b"before").await;
    for (attempt, when) in [Condition::Always, Condition::Absent].into_iter().enumerate() {
        let pieces = (0..64).map(|_| Ok::<_, std::io::Error>(bytes::Bytes::from(vec![1; 65_536])));
        let body = Body::from_stream(futures::stream::iter(pieces));
        let target = if attempt == 0 { key(1) } else { key(2) };
        match files.put(&target, body, when).await {
            Err(ObjectError::Unavailable(text)) => assert!(text.contains(hint), "told as {text}"),
            other => panic!("4 MiB on a small disk ended with {other:?}"),
        }
        assert!(incoming(root).is_empty());
    }
    assert_eq!(files.get(&key(1), None).await.unwrap().collect().await.unwrap(), b"before");
    assert_eq!(files.head(&key(2)).await.unwrap(), None);
    put(&files, &key(1), b"after").await;
}

/// Runs one test of this program in a shell that has set the limit; the test finds the folder in its
/// environment.
fn child(program: &str, script: &str, test: &str, folder: &Path) -> Output {
    let mut command = Command::new(program);
    if program == "unshare" {
        command.args(["--user", "--map-root-user", "--mount", "sh"]);
    }
    let this = std::env::current_exe().unwrap();
    let arguments = [script, "sh", this.to_str().unwrap(), test];
    command.arg("-ec").args(arguments).env(FOLDER, folder).output().unwrap()
}

fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

fn assert_passed(output: &Output) {
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{errors}");
}

#[tokio::test]
async fn a_file_that_may_not_grow() {
    if let Some(root) = folder() {
        return overfill(&root, "raise the limit").await;
    }
    let root = tempfile::tempdir().unwrap();
    let script = r#"trap "" XFSZ; ulimit -f 2048; exec "$1" --exact "$2""#;
    assert_passed(&child("sh", script, "a_file_that_may_not_grow", root.path()));
}

#[tokio::test]
async fn a_full_file_system() {
    if let Some(root) = folder() {
        return overfill(&root, "free some space").await;
    }
    let root = tempfile::tempdir().unwrap();
    let mount = r#"mount -t tmpfs -o size=2m tmpfs "$FULL_DISK_FOLDER""#;
    let tried = child("unshare", mount, "", root.path());
    if !tried.status.success() {
        let reason = String::from_utf8_lossy(&tried.stderr);
        return conformance::skip(
            "mounts",
            &format!("a full file system needs one's own: {}", reason.trim()),
        );
    }
    let script = format!(r#"{mount}; exec "$1" --exact "$2""#);
    assert_passed(&child("unshare", &script, "a_full_file_system", root.path()));
}
