//! The services of the fleet, one file each.

mod api;
mod producer;
mod transcode_worker;
mod vod_processor;

pub use api::Api;
pub use producer::Producer;
pub use transcode_worker::TranscodeWorker;
pub use vod_processor::VodProcessor;
