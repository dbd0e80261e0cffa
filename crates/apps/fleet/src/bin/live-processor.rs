//! The live processor as a process.

fn main() -> std::process::ExitCode {
    fleet::run::<fleet::roles::LiveProcessor>()
}
