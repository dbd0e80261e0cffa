//! The running product, from outside: what the end-to-end tests are made of.
//!
//! A test starts its own process on a folder of its own, talks to it over HTTP, and judges what comes back
//! with tools that
//! share no code with it: ffmpeg, ffprobe, m3u8-rs. It ends with [`Standalone::finish`], which looks for
//! what was left behind.

mod answer;
mod api;
mod binary;
mod browser;
mod canary;
mod collector;
mod exposition;
mod fleet;
mod hls_check;
mod jobs;
mod latency;
mod member;
mod outage;
mod pictures;
mod presentation;
mod probe;
mod product;
mod programme;
mod prometheus;
mod remains;
mod report;
mod schedule;
mod secrets;
mod sound;
mod source;
mod standalone;
mod surroundings;
mod tools;
mod upload;
mod verdict;
mod vlc;
mod wire;

pub use answer::Answer;
pub use api::Api;
pub use browser::Browser;
pub use canary::Canary;
pub use collector::{Collector, Span};
pub use conformance::skip;
pub use exposition::{Exposition, Family};
pub use fleet::{Fleet, PROGRAMS};
pub use hls_check::{Following, HlsReport};
pub use jobs::JobView;
pub use latency::{Answered, LatencyWatch};
pub use outage::ServerControl;
pub use pictures::{brightness, colours, psnr, stepping};
pub use presentation::{Presentation, RenditionView};
pub use probe::{Packet, count_frames, packets, start_seconds};
pub use product::Product;
pub use programme::{Programme, live_segment, sha256};
pub use prometheus::{Prometheus, Target};
pub use remains::{below, processes_of};
pub use report::{note, tool};
pub use schedule::until;
pub use sound::{SAMPLE_RATE, first_loud, samples, snr};
pub use source::{FLASH_EVERY, Source, Workshop};
pub use standalone::{Settings, Standalone, refused_start};
pub use surroundings::Surroundings;
pub use tools::{decode, run};
pub use upload::accepted;
pub use verdict::plays_whole;
pub use vlc::{Shown, Vlc};
pub use wire::{Cut, talk};
