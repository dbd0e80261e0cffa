//! Making an input.

use crate::case::{Case, Damage};
use anyhow::{Context, Result, ensure};
use e2e::{Workshop, run};
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// What became of the wish to make an input.
pub(crate) enum Made {
    File(PathBuf),
    /// This machine's ffmpeg cannot make it.
    Impossible(String),
}

/// Three seconds in which each picture differs from all others, and three flashes of three pictures each.
const PICTURES: &str = "-f lavfi -t 3 -i testsrc2=size=320x180:rate=25,drawbox=t=fill:color=white:enable=lt(mod(t+0.601\\,1)\\,0.1)";
/// A tone, and a beep with each flash.
const SOUND: &str =
    "-f lavfi -t 3 -i aevalsrc=0.1*sin(2*PI*440*t)+0.6*sin(2*PI*2000*t)*lt(mod(t+0.6\\,1)\\,0.1):s=48000";
const X264: &str = "-c:v libx264 -preset superfast -crf 12 -pix_fmt yuv420p";
const X265: &str = "-c:v libx265 -preset ultrafast -crf 12 -x265-params log-level=none";
const TEXT: &str = "1\n00:00:01,000 --> 00:00:02,000\nHello\n";

/// Makes the file of a case.
pub(crate) async fn make(workshop: &Workshop, case: &Case) -> Result<Made> {
    let folder = workshop.path(&case.name.replace(|c: char| !c.is_ascii_alphanumeric(), "-"));
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("text.srt"), TEXT)?;
    let file = folder.join(case.file);
    let mut before = file.clone();
    for (step, call) in case.made.iter().enumerate() {
        let out = out_of(call, &folder, step, &file);
        if let Some(why) = missing(call).await? {
            return Ok(Made::Impossible(why));
        }
        if call.starts_with("JOIN") {
            let parts = [before.clone(), kept(&folder)?].map(std::fs::read);
            let parts: Vec<Vec<u8>> = parts.into_iter().collect::<std::io::Result<_>>()?;
            std::fs::write(&file, parts.concat())?;
        } else {
            let words = words(call, &folder, &before, &out);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            run("ffmpeg", &[&["-nostdin", "-v", "error", "-y"], &words[..]].concat()).await?;
        }
        if !call.contains("KEEP.") || call.ends_with("OUT") {
            before = out;
        }
    }
    damage(&file, &case.damage)?;
    Ok(Made::File(file))
}

/// A step that is not the last names its own extension.
fn out_of(call: &str, folder: &Path, step: usize, file: &Path) -> PathBuf {
    match call.rsplit_once("OUT.") {
        Some((_, extension)) => folder.join(format!("step-{step}.{extension}")),
        None => file.to_owned(),
    }
}

fn kept(folder: &Path) -> Result<PathBuf> {
    let mut entries = std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path()));
    entries.find(|path| path.file_stem().is_some_and(|stem| stem == "kept")).context("nothing was kept")
}

fn words(call: &str, folder: &Path, before: &Path, out: &Path) -> Vec<String> {
    let path = |path: &Path| path.display().to_string();
    let word = |word: &str| -> Vec<String> {
        let fixed = |text: &str| text.split(' ').map(str::to_owned).collect();
        match word {
            "PICTURES" => fixed(PICTURES),
            "SOUND" => fixed(SOUND),
            "X264" => fixed(X264),
            "X265" => fixed(X265),
            "TEXT" => vec!["-i".to_owned(), path(&folder.join("text.srt"))],
            "IN" => vec!["-i".to_owned(), path(before)],
            out_word if out_word == "OUT" || out_word.starts_with("OUT.") => vec![path(out)],
            kept => match kept.strip_prefix("KEEP.") {
                Some(extension) => vec![path(&folder.join(format!("kept.{extension}")))],
                None => vec![kept.to_owned()],
            },
        }
    };
    call.split(' ').flat_map(word).collect()
}

/// An encoder that this ffmpeg has not.
async fn missing(call: &str) -> Result<Option<String>> {
    let known = Command::new("ffmpeg").args(["-hide_banner", "-encoders"]).output().await?;
    let known = String::from_utf8_lossy(&known.stdout).into_owned();
    let words: Vec<&str> = call.split(' ').collect();
    let named =
        words.windows(2).filter(|pair| ["-c:v", "-c:a", "-c:s"].contains(&pair[0])).map(|pair| pair[1]);
    let own = words.iter().filter_map(|word| match *word {
        "X264" => Some("libx264"),
        "X265" => Some("libx265"),
        _ => None,
    });
    let has =
        |name: &str| name == "copy" || known.lines().any(|line| line.split_whitespace().nth(1) == Some(name));
    let lacking = named.chain(own).find(|name| !has(name));
    Ok(lacking.map(|name| format!("ffmpeg has no encoder {name} here")))
}

fn damage(file: &Path, damage: &Damage) -> Result<()> {
    let bytes = std::fs::read(file)?;
    let kept = match damage {
        Damage::None => return Ok(()),
        Damage::Keep(percent) => bytes.len() * percent / 100,
        Damage::LoseLastFragment => {
            let mut marks = bytes.windows(4).enumerate().filter(|(_, mark)| *mark == b"moof");
            marks.next_back().context("there is no fragment")?.0 - 4
        }
    };
    ensure!(kept > 0, "nothing would be left of {}", file.display());
    Ok(std::fs::write(file, &bytes[..kept])?)
}
