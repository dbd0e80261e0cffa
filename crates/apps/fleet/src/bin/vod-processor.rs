//! The VOD processor as a process.

fn main() -> std::process::ExitCode {
    fleet::run::<fleet::roles::VodProcessor>()
}
