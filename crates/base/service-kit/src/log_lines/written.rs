//! What a test has logged.

use super::OneLine;
use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};
use tracing::Subscriber;
use tracing_subscriber::layer::SubscriberExt;

#[derive(Clone, Default)]
pub(crate) struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    /// A subscriber that writes here, for people.
    pub(crate) fn subscriber(&self) -> impl Subscriber + use<> {
        let writer = self.clone();
        let layer = tracing_subscriber::fmt::layer().with_ansi(false).event_format(OneLine);
        tracing_subscriber::registry().with(layer.with_writer(move || writer.clone()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
