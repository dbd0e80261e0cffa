//! What a person sees: results on standard output, progress on standard error.

/// Prints a part of the result.
#[expect(clippy::print_stdout, reason = "the result is for whoever started the bench")]
pub(crate) fn result(text: &str) {
    println!("{text}");
}

/// Prints what is going on.
#[expect(clippy::print_stderr, reason = "progress is for whoever waits, and does not belong in the result")]
pub(crate) fn note(text: &str) {
    eprintln!("{text}");
}
