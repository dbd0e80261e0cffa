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
    SOURCE_COPY_MAX_BYTES = "268435456", "The largest source that a service copies from the object store, in bytes; of a larger one it reads what it needs, by range.";
    PROBE_SLOTS = "2", "Sources looked into side by side.";
    MIN_FREE_BYTES = "536870912", "A worker claims nothing while the disk of DATA_DIR has less room than this, in bytes.";
    FFMPEG = "ffmpeg", "The ffmpeg program: a name to look for in PATH, or a path.";
    FFPROBE = "ffprobe", "The ffprobe program: a name to look for in PATH, or a path.";
    STOP_GRACE_SECONDS = "10", "How long a stop waits for encodes that are nearly done, in seconds.";
    KAFKA_BROKER = "kafka:9092", "The brokers of the event log, HOST:PORT, separated by commas.";
    KAFKA_EXTERNAL_PORT = "29092", "The port of this machine at which the fleet's Kafka answers.";
    KAFKA_REPLICATION_FACTOR = "1", "On how many brokers each topic is kept; at most as many as there are.";
    KAFKA_MESSAGE_MAX_BYTES = "1048576", "The largest event, in bytes.";
    KAFKA_TOPIC_PREFIX = "", "Put before the names of all topics and groups, so that several fleets can share one Kafka.";
    VOD_TOPIC = "vod-chunks", "The topic of sources that are ready to process.";
    LIVE_TOPIC = "live-chunks", "The topic of live segments.";
    INSTANCE_ID = "", "The name of this replica in its consumer group, the same after a restart; empty: the host's name.";
    MONGO_URI = "mongodb://mongo:27017", "The address of the catalog.";
    MONGO_DB = "pipeline", "The catalog's database.";
    MONGO_PORT = "27017", "The port of this machine at which the fleet's MongoDB answers.";
    MINIO_ENDPOINT = "http://minio:9000", "The address at which the services reach the object store.";
    MINIO_PUBLIC_ENDPOINT = "http://localhost:9000", "The address at which viewers reach the object store.";
    MINIO_ROOT_USER = "minioadmin", "The object store's access key.";
    MINIO_ROOT_PASSWORD = "minioadmin123", "The object store's secret key.";
    MINIO_PORT = "9000", "The port of this machine at which the fleet's object store answers.";
    MINIO_CONSOLE_PORT = "9001", "The port of this machine at which the object store's own page answers.";
    S3_REGION = "us-east-1", "The object store's region.";
    MINIO_BUCKET_VOD_RAW = "vod-raw", "The bucket of sources.";
    MINIO_BUCKET_VOD_VARIANTS = "vod-variants", "The bucket of renditions.";
    MINIO_BUCKET_LIVE = "live-streams", "The bucket of live segments.";
    MINIO_BUCKET_MANIFESTS = "manifests", "The bucket of archived playlists.";
    PRODUCER = "on", "on or off: whether a stand-in for uploaders and encoders uploads small videos and sends a live stream.";
    VOD_INTERVAL_MIN = "10", "The shortest time from one upload of the producer to the next, in seconds.";
    VOD_INTERVAL_MAX = "20", "The longest time from one upload of the producer to the next, in seconds.";
    VOD_SHOW_NAME = "My Streaming Show", "The name of the show that the producer uploads episodes of.";
    VOD_EPISODES = "Pilot, The Visitor, The Storm, The Long Way Home, Finale", "The episodes that the producer uploads, separated by commas.";
    LIVE_INTERVAL_MIN = "0.5", "The shortest live segment of the producer, in seconds; whole tenths.";
    LIVE_INTERVAL_MAX = "1.0", "The longest live segment of the producer, in seconds; whole tenths.";
    LIVE_SEGMENTS = "1000", "After how many segments the producer ends a live stream and starts another.";
    MATCH_HOME_TEAM = "Al-Hilal", "The home team of the producer's live streams.";
    MATCH_AWAY_TEAM = "Al-Nassr", "The visiting team of the producer's live streams.";
    MATCH_COMPETITION = "Saudi Pro League", "The competition of the producer's live streams.";
    PRODUCER_KEEP_VIDEOS = "20", "How many of its own videos the producer keeps: older ones are deleted; 0: all of them.";
    PRODUCER_KEEP_RECORDINGS = "3", "How many recordings of its own live streams the producer keeps: older ones are deleted; 0: all of them.";
    API_ENDPOINT = "http://api:8000", "The address at which the fleet's producer reaches the API.";
    PRODUCER_PORT = "8765", "The port of the producer's metrics and health; 0 takes any free one.";
    VOD_PROCESSOR_PORT = "8766", "The port of the VOD processor's metrics and health; 0 takes any free one.";
    TRANSCODE_WORKER_PORT = "8768", "The port of a transcode worker's metrics and health; 0 takes any free one.";
    DVR_WINDOW_SIZE = "10", "How many segments of a live stream its playlist lists, which is how far viewers can go back: 6 to 3600.";
    LIVE_WAIT_PERCENT = "50", "How long a live playlist waits for a segment that is missing or damaged, in percent of the stream's target duration.";
    LIVE_STALLED_SECONDS = "30", "After how many seconds without a segment a live stream counts as stalled.";
    LIVE_INGEST_PORT = "8769", "The port at which encoders send live segments over HTTP; 0 takes any free one.";
    LIVE_INGEST_URL = "", "The address under which encoders reach that port, such as https://ingest.example.org; empty: the host that the request names, at LIVE_INGEST_PORT.";
    LIVE_PROCESSOR_PORT = "8767", "The port of the live processor's metrics and health; 0 takes any free one.";
    BIND_ADDRESS = "127.0.0.1", "The address of this machine at which the fleet's ports are published.";
    PROMETHEUS_PORT = "9090", "The port of this machine at which the fleet's Prometheus answers.";
    GRAFANA_PORT = "3000", "The port of this machine at which the fleet's Grafana answers.";
    GRAFANA_USER = "admin", "The name to log in to Grafana and mongo-express with.";
    GRAFANA_PASSWORD = "admin", "The password to log in to Grafana and mongo-express with.";
    KAFKA_CONSOLE_PORT = "8080", "The port of this machine at which the page that shows Kafka answers.";
    MONGO_EXPRESS_PORT = "8081", "The port of this machine at which mongo-express answers, when it runs.";
    KAFKA_IMAGE = "apache/kafka:4.3.1", "The image of Kafka.";
    MONGO_IMAGE = "mongo:8.0.29", "The image of MongoDB.";
    MINIO_IMAGE = "quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z", "The image of MinIO, or of a server that takes the same command.";
    PROMETHEUS_IMAGE = "prom/prometheus:v3.14.0", "The image of Prometheus.";
    GRAFANA_IMAGE = "grafana/grafana:12.4.3", "The image of Grafana.";
    KAFKA_CONSOLE_IMAGE = "redpandadata/console:v3.7.4", "The image of the page that shows Kafka.";
    KAFKA_EXPORTER_IMAGE = "danielqsj/kafka-exporter:v1.9.0", "The image of what measures Kafka for Prometheus.";
    MONGODB_EXPORTER_IMAGE = "percona/mongodb_exporter:0.53.0", "The image of what measures MongoDB for Prometheus.";
    MONGO_EXPRESS_IMAGE = "mongo-express:1.0.2-20-alpine3.19", "The image of mongo-express, whose makers have ended it.";
    ALERTMANAGER_PORT = "9093", "The port of this machine at which Alertmanager answers, when it runs.";
    JAEGER_PORT = "16686", "The port of this machine at which the page that shows traces answers, when it runs.";
    ALERTMANAGER_IMAGE = "prom/alertmanager:v0.34.2", "The image of Alertmanager.";
    JAEGER_IMAGE = "jaegertracing/jaeger:2.11.0", "The image of Jaeger.";
    OTEL_EXPORTER_OTLP_ENDPOINT = "", "Where traces go: the address of an OpenTelemetry collector (OTLP over HTTP), such as http://jaeger:4318; empty: nowhere.";
    LOG_LEVEL = "info", "What is logged: error, warn, info, debug, trace, or a filter such as info,api=debug.";
    LOG_FORMAT = "text", "text or json.";
}
