//! A transcode worker as a process.

fn main() -> std::process::ExitCode {
    fleet::run::<fleet::roles::TranscodeWorker>()
}
