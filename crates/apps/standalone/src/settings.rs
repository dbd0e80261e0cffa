//! The settings of the whole process, read and checked before anything is touched.

use ffmpeg::FfmpegConfig;
use service_kit::settings::{self, Environment, InvalidSettings, Settings};
use std::{path::PathBuf, time::Duration};

/// Everything that the process is told.
pub(crate) struct ProcessSettings {
    pub(crate) data_dir: PathBuf,
    pub(crate) log_level: String,
    pub(crate) log_json: bool,
    pub(crate) stop_grace: Duration,
    /// Given secrets of playback addresses; none: one is made and kept.
    pub(crate) signing_keys: Vec<Vec<u8>>,
    pub(crate) api: api::Config,
    pub(crate) vod_processor: vod_processor::Config,
    pub(crate) transcode_worker: transcode_worker::Config,
    pub(crate) ffmpeg: FfmpegConfig,
}

const SHORTEST_KEY: usize = 32;

/// Reads all settings.
pub(crate) fn read(environment: &dyn Environment) -> Result<ProcessSettings, InvalidSettings> {
    let mut settings = Settings::new(environment);
    let signing_keys = signing_keys(&mut settings);
    let read = ProcessSettings {
        data_dir: PathBuf::from(settings.text(settings::DATA_DIR)),
        log_level: settings.text(settings::LOG_LEVEL),
        log_json: settings.choice(settings::LOG_FORMAT, &[("text", false), ("json", true)]),
        stop_grace: Duration::from_secs(settings.value(
            settings::STOP_GRACE_SECONDS,
            "a number of seconds",
            10,
        )),
        api: api::Config::from_settings(&mut settings, signing_keys.clone()),
        vod_processor: vod_processor::Config::from_settings(&mut settings),
        transcode_worker: transcode_worker::Config::standalone(&mut settings),
        ffmpeg: ffmpeg_config(&mut settings),
        signing_keys,
    };
    settings.finish()?;
    Ok(read)
}

/// Several keys, separated by commas, let an older one still open addresses while the first signs.
fn signing_keys(settings: &mut Settings<'_>) -> Vec<Vec<u8>> {
    let text = settings.text(settings::SIGNING_KEY);
    let keys: Vec<&str> = text.split(',').map(str::trim).filter(|key| !key.is_empty()).collect();
    if keys.iter().any(|key| key.len() < SHORTEST_KEY) {
        settings.problem(settings::SIGNING_KEY, format!("a key has fewer than {SHORTEST_KEY} characters"));
    }
    keys.into_iter().map(|key| key.as_bytes().to_vec()).collect()
}

fn ffmpeg_config(settings: &mut Settings<'_>) -> FfmpegConfig {
    let program = |settings: &mut Settings<'_>, setting: settings::Setting| {
        let text = settings.text(setting);
        in_path(&text).unwrap_or_else(|| {
            settings.problem(
                setting,
                format!("the program {text:?} is not there. Install ffmpeg, or name its path"),
            );
            PathBuf::from(text)
        })
    };
    let (ffmpeg, ffprobe) = (program(settings, settings::FFMPEG), program(settings, settings::FFPROBE));
    let seconds = settings.value(settings::SOURCE_MAX_SECONDS, "a number of seconds", 43_200);
    let mut config = FfmpegConfig::new(ffmpeg, ffprobe);
    config.limits.seconds = seconds;
    config.limits.bytes = settings.value(settings::UPLOAD_MAX_BYTES, "a number of bytes", 0);
    config
}

/// The absolute path of a program: encoders run without a PATH of their own.
fn in_path(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return std::fs::canonicalize(program).ok().filter(|path| path.is_file());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())
}
