//! Sources, made by ffmpeg: small, known to the frame, and different in every picture.

use crate::tools::run;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Flashes and beeps come so often, in seconds, and the first one after half of it.
pub const FLASH_EVERY: f64 = 5.0;

/// A video to make.
#[derive(Debug, Clone)]
pub struct Source {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Frames per second, as ffmpeg writes it.
    pub rate: &'static str,
    /// Length in seconds.
    pub seconds: f64,
    /// Noise over the picture, 0 to 100: the more, the longer it takes to encode.
    pub noise: u32,
    /// Languages of its sound tracks.
    pub sound: &'static [&'static str],
}

impl Default for Source {
    fn default() -> Self {
        Self { width: 320, height: 180, rate: "30000/1001", seconds: 6.0, noise: 0, sound: &["eng"] }
    }
}

/// A folder for sources, gone when it is dropped.
#[derive(Debug)]
pub struct Workshop(TempDir);

impl Workshop {
    /// An empty workshop.
    ///
    /// # Errors
    /// There is no room for one.
    pub fn open() -> Result<Self> {
        Ok(Self(tempfile::Builder::new().prefix("e2e-sources-").tempdir()?))
    }

    /// A path in the workshop.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file of given bytes.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn file(&self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let path = self.path(name);
        std::fs::write(&path, bytes).with_context(|| path.display().to_string())?;
        Ok(path)
    }

    /// Makes a video: H.264 with B-frames and keyframes where no segment begins, AAC, flashes and beeps
    /// together.
    ///
    /// # Errors
    /// ffmpeg fails.
    pub async fn make(&self, name: &str, source: &Source) -> Result<PathBuf> {
        let path = self.path(name);
        let mut arguments: Vec<String> =
            ["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i"].map(str::to_owned).into();
        arguments.push(source.pictures());
        for track in 0..source.sound.len() {
            arguments.extend(["-f", "lavfi", "-i"].map(str::to_owned));
            arguments.push(source.sounds(track));
        }
        arguments.extend(source.encoding(&path));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        run("ffmpeg", &arguments).await?;
        Ok(path)
    }
}

impl Source {
    fn pictures(&self) -> String {
        let Self { width, height, rate, seconds, noise, .. } = self;
        let flash = format!("drawbox=t=fill:color=white:enable='lt(mod(t+{},{FLASH_EVERY}),0.1)'", half());
        let noise =
            if *noise == 0 { String::new() } else { format!(",noise=alls={noise}:allf=t:all_seed=7") };
        format!("testsrc2=size={width}x{height}:rate={rate}:duration={seconds}{noise},{flash}")
    }

    /// A steady tone that fits no window of samples, and beeps over it.
    fn sounds(&self, track: usize) -> String {
        let tone = 331 + 110 * track;
        let beep = format!("0.6*sin(2*PI*2000*t)*lt(mod(t+{},{FLASH_EVERY}),0.1)", half());
        let sound = format!("0.15*sin(2*PI*{tone}*t)+{beep}");
        format!("aevalsrc='{sound}|{sound}':s=48000:d={}", self.seconds)
    }

    fn encoding(&self, path: &Path) -> Vec<String> {
        let mut words: Vec<String> = vec!["-map".into(), "0:v".into()];
        for (track, language) in self.sound.iter().enumerate() {
            words.extend(["-map".into(), format!("{}:a", track + 1)]);
            words.extend([format!("-metadata:s:a:{track}"), format!("language={language}")]);
        }
        let fixed = "-c:v libx264 -preset superfast -crf 16 -bf 3 -g 97 -keyint_min 97 -pix_fmt yuv420p \
                     -c:a aac -b:a 192k -movflags +faststart";
        words.extend(fixed.split_whitespace().map(str::to_owned));
        words.push(path.display().to_string());
        words
    }
}

fn half() -> f64 {
    FLASH_EVERY / 2.0
}
