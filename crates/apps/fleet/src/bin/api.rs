//! The control plane's HTTP API as a process.

fn main() -> std::process::ExitCode {
    fleet::run::<fleet::roles::Api>()
}
