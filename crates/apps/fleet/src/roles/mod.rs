//! The services of the fleet, one file each.

mod api;
mod live_processor;
mod transcode_worker;
mod vod_processor;

pub use api::Api;
pub use live_processor::LiveProcessor;
pub use transcode_worker::TranscodeWorker;
pub use vod_processor::VodProcessor;
