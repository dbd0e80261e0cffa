//! The producer as a process.

fn main() -> std::process::ExitCode {
    fleet::run::<fleet::roles::Producer>()
}
