//! Models to text: the same model always gives the same bytes.

mod master;
mod media;
mod text;

use crate::StartOffset;

/// The EXT-X-START line.
fn start_line(start: StartOffset) -> String {
    let sign = if start.micros < 0 { "-" } else { "" };
    let micros = start.micros.unsigned_abs();
    let precise = if start.precise { ",PRECISE=YES" } else { "" };
    format!("#EXT-X-START:TIME-OFFSET={sign}{}.{:06}{precise}\n", micros / 1_000_000, micros % 1_000_000)
}
