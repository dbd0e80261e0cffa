//! The settings of the whole process, read and checked before anything is touched.

use ffmpeg::FfmpegConfig;
use service_kit::settings::{Environment, InvalidSettings, ProcessSettings, Settings};

/// Everything that the process is told.
pub(crate) struct StandaloneSettings {
    pub(crate) process: ProcessSettings,
    pub(crate) api: api::Config,
    pub(crate) vod_processor: vod_processor::Config,
    pub(crate) live_processor: live_processor::Config,
    pub(crate) transcode_worker: transcode_worker::Config,
    pub(crate) producer: producer::Config,
    pub(crate) ffmpeg: FfmpegConfig,
}

/// Reads all settings.
///
/// # Errors
/// All wrong ones at once.
pub(crate) fn read(environment: &dyn Environment) -> Result<StandaloneSettings, InvalidSettings> {
    let mut settings = Settings::new(environment);
    let read = StandaloneSettings {
        process: ProcessSettings::from_settings(&mut settings),
        api: api::Config::from_settings(&mut settings),
        vod_processor: vod_processor::Config::standalone(&mut settings),
        live_processor: live_processor::Config::from_settings(&mut settings),
        transcode_worker: transcode_worker::Config::standalone(&mut settings),
        producer: producer::Config::from_settings(&mut settings),
        ffmpeg: FfmpegConfig::from_settings(&mut settings),
    };
    settings.finish()?;
    Ok(read)
}
