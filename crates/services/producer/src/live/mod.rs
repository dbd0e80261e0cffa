//! The thread that is an encoder at a match: it starts streams, sends their segments when they have happened, and ends them.

mod plan;
mod recent;
mod resend;
mod send;
mod stream;
mod timer;

pub(crate) use stream::{Encoder, Stage};
