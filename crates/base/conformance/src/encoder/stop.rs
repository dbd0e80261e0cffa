//! A dropped future ends what it had started.

use super::source::Sources;
use domain::task::{EncodeTask, TestSourceTask};
use ports::{Encoder, Progress, Urgency};
use std::{path::Path, time::Duration};

const PATIENCE: Duration = Duration::from_secs(10);

/// Processes of an encode are gone once its future is.
pub async fn a_dropped_encode_leaves_no_process(encoder: &dyn Encoder) {
    let sources = Sources::new();
    let scratch = sources.scratch();
    let (progress, _) = tokio::sync::watch::channel(Progress::default());
    // It would take minutes.
    let task = EncodeTask::TestSource(TestSourceTask { width: 1920, height: 1080, duration_ms: 3_600_000 });
    {
        let encode = encoder.encode(None, &task, Urgency::Background, scratch.path(), &progress);
        let started = until(|| !processes(scratch.path()).is_empty());
        tokio::select! {
            made = encode => panic!("it ended: {made:?}"),
            started = started => assert!(started, "no process was started"),
        }
    }
    let gone = until(|| processes(scratch.path()).is_empty()).await;
    assert!(gone, "left behind: {:?}", processes(scratch.path()));
}

async fn until(holds: impl Fn() -> bool) -> bool {
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    let poll = async {
        while !holds() {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, poll).await.is_ok()
}

/// Running processes that were started with this folder in their arguments.
fn processes(folder: &Path) -> Vec<String> {
    let folder = folder.to_str().expect("a path of text");
    let entries = std::fs::read_dir("/proc").expect("Linux").flatten();
    let commands = entries.filter_map(|entry| std::fs::read_to_string(entry.path().join("cmdline")).ok());
    commands.filter(|command| command.contains(folder)).collect()
}
