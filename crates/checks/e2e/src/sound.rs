//! Comparing sound sample by sample.

use crate::tools::run;
use anyhow::Result;

/// Samples per second of everything here.
pub const SAMPLE_RATE: u32 = 48_000;

/// The first sound track of an input at [`SAMPLE_RATE`], its channels mixed into one.
///
/// # Errors
/// ffmpeg fails.
pub async fn samples(input: &str) -> Result<Vec<f32>> {
    let arguments = [
        "-nostdin", "-v", "error", "-i", input, "-map", "0:a:0", "-ac", "1", "-ar", "48000", "-f", "f32le",
        "-",
    ];
    let bytes = run("ffmpeg", &arguments).await?.stdout;
    Ok(bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect())
}

/// The first sample after `from` that is louder than `level`.
#[must_use]
pub fn first_loud(samples: &[f32], from: usize, level: f32) -> Option<usize> {
    samples.get(from..)?.iter().position(|sample| sample.abs() > level).map(|at| at + from)
}

/// The signal-to-noise ratio in dB of `made` against `source` in a window of both.
#[must_use]
pub fn snr(made: &[f32], source: &[f32], window: std::ops::Range<usize>) -> f64 {
    let (mut signal, mut noise) = (0.0_f64, 0.0_f64);
    for (made, source) in made[window.clone()].iter().zip(&source[window]) {
        signal += f64::from(*source).powi(2);
        noise += f64::from(made - source).powi(2);
    }
    10.0 * (signal / noise.max(1e-12)).log10()
}
