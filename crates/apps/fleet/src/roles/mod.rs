//! The services of the fleet, one file each.

mod api;
mod live_processor;
mod producer;
mod transcode_worker;
mod vod_processor;

pub use api::Api;
pub use live_processor::LiveProcessor;
pub use producer::Producer;
pub use transcode_worker::TranscodeWorker;
pub use vod_processor::VodProcessor;
