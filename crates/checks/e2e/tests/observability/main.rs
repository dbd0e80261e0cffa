//! What an operator sees of the running product: metrics that keep their rules, panels that show something, traces that tell
//! where the time went, and logs that name them.

mod load;
mod metrics;
mod panels;
mod traces;
