//! Comparing pictures frame by frame.

use crate::tools::run;
use anyhow::{Context, Result, ensure};

/// The PSNR in dB of each picture of `made` against the picture of the same number of `source`; equal ones
/// count as 100.
/// `scale` is `WIDTH:HEIGHT` of both for the comparison.
///
/// # Errors
/// ffmpeg fails, or one of them has fewer pictures.
pub async fn psnr(made: &str, source: &str, scale: &str) -> Result<Vec<f64>> {
    // Numbered, so that the containers' clocks play no part.
    let numbered = format!("scale={scale}:flags=bicubic,format=yuv420p,settb=1/25,setpts=N");
    let graph = format!(
        "[0:v:0]{numbered}[made];[1:v:0]{numbered}[source];[made][source]psnr=stats_file=-:shortest=1"
    );
    let arguments =
        ["-nostdin", "-v", "error", "-i", made, "-i", source, "-lavfi", &graph, "-f", "null", "-"];
    let output = run("ffmpeg", &arguments).await?;
    let values: Result<Vec<f64>> = String::from_utf8_lossy(&output.stdout).lines().map(value).collect();
    let values = values?;
    ensure!(!values.is_empty(), "{made} and {source} have no pictures to compare");
    Ok(values)
}

fn value(line: &str) -> Result<f64> {
    let field = line.split_whitespace().find_map(|field| field.strip_prefix("psnr_avg:"));
    let text = field.with_context(|| format!("no psnr_avg in {line:?}"))?;
    Ok(if text == "inf" { 100.0 } else { text.parse()? })
}

/// The mean luma of every picture, 0 to 255.
///
/// # Errors
/// ffmpeg fails.
pub async fn brightness(input: &str) -> Result<Vec<u8>> {
    let filter = "scale=1:1:flags=area,format=gray";
    let arguments = [
        "-nostdin",
        "-v",
        "error",
        "-i",
        input,
        "-map",
        "0:v:0",
        "-vf",
        filter,
        "-fps_mode",
        "passthrough",
        "-f",
        "rawvideo",
        "-",
    ];
    Ok(run("ffmpeg", &arguments).await?.stdout)
}

/// The mean red, green and blue, 0 to 255, of each sixteenth of the picture over the first second; `mapped` is a chain of
/// filters that ends with a comma, or nothing.
///
/// # Errors
/// ffmpeg fails, or there is no picture.
pub async fn colours(input: &str, mapped: &str) -> Result<Vec<f64>> {
    const PLACES: usize = 4 * 4 * 3;
    let filter = format!("{mapped}fps=25,scale=4:4:flags=area,format=rgb24");
    let arguments = [
        "-nostdin", "-v", "error", "-i", input, "-map", "0:v:0", "-t", "1", "-vf", &filter, "-f", "rawvideo",
        "-",
    ];
    let bytes = run("ffmpeg", &arguments).await?.stdout;
    let (pictures, _) = bytes.as_chunks::<PLACES>();
    ensure!(!pictures.is_empty(), "{input} has no picture");
    let mean = |place: usize| {
        pictures.iter().map(|picture| f64::from(picture[place])).sum::<f64>() / pictures.len() as f64
    };
    Ok((0..PLACES).map(mean).collect())
}

/// The numbers of the pictures in which it becomes bright.
#[must_use]
pub fn stepping(brightness: &[u8]) -> Vec<usize> {
    let bright = |luma: u8| luma > 200;
    (0..brightness.len())
        .filter(|at| bright(brightness[*at]) && (*at == 0 || !bright(brightness[at - 1])))
        .collect()
}
