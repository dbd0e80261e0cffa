//! Every setting: its name, default, and meaning. `.env` lists the same, and a test compares the two.

/// A setting that the environment may give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// The environment variable.
    pub name: &'static str,
    /// Its value when the environment has none, or an empty one.
    pub default: &'static str,
    /// What it does, in which unit, and which values it takes.
    pub meaning: &'static str,
}

macro_rules! settings {
    ($($name:ident = $default:literal, $meaning:literal;)*) => {
        $(
            #[doc = $meaning]
            pub const $name: Setting = Setting { name: stringify!($name), default: $default, meaning: $meaning };
        )*

        /// Every setting.
        pub const ALL: &[Setting] = &[$($name),*];
    };
}

settings! {
    DATA_DIR = "./data", "The folder that holds everything: objects, catalog, event log, logs.";
    LISTEN_ADDRESS = "127.0.0.1", "The address to listen on. Anything but loopback also needs ALLOW_ANONYMOUS=yes.";
    ALLOW_ANONYMOUS = "no", "yes or no: whether anybody who reaches the port may upload and delete.";
    API_PORT = "8000", "The port of the API; 0 takes any free one.";
    PUBLIC_URL = "", "The address under which viewers reach the API, such as https://video.example.org; empty: the one that the request names.";
    MEDIA_DELIVERY = "redirect", "redirect or proxy: whether segments are redirected to the object store or passed through the API.";
    PLAY_WHILE_ENCODING = "on", "on or off: whether a video can be played as soon as it is planned, or only when it is ready.";
    SIGNING_KEY = "", "The secret that playback addresses are signed with, at least 32 characters; empty: made at the first start and kept in DATA_DIR.";
    UPLOAD_MAX_BYTES = "21474836480", "The largest upload, in bytes.";
    SOURCE_MAX_SECONDS = "43200", "The longest source, in seconds.";
    SIMULATED_SOURCE_MAX_SECONDS = "8", "The longest test card that stands in for a source of which only metadata was sent, in seconds.";
    TRANSCODE_SLOTS = "0", "Encodes side by side in one worker; 0: as many as suit the processor's cores.";
    PROBE_SLOTS = "2", "Sources looked into side by side.";
    MIN_FREE_BYTES = "536870912", "A worker claims nothing while the disk of DATA_DIR has less room than this, in bytes.";
    FFMPEG = "ffmpeg", "The ffmpeg program: a name to look for in PATH, or a path.";
    FFPROBE = "ffprobe", "The ffprobe program: a name to look for in PATH, or a path.";
    STOP_GRACE_SECONDS = "10", "How long a stop waits for encodes that are nearly done, in seconds.";
    LOG_LEVEL = "info", "What is logged: error, warn, info, debug, trace, or a filter such as info,api=debug.";
    LOG_FORMAT = "text", "text or json.";
}
