//! HTTP by hand, for requests that no decent client sends, and for a look at latency that no runtime blurs.

use crate::api::Api;
use anyhow::{Context, Result, ensure};
use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};
use tokio::time::Instant;

/// How a connection ends once everything is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Nothing more is sent, but the answer is waited for.
    HalfClosed,
    /// The connection goes away at once.
    Closed,
}

/// Sends bytes over a new connection; returns the answer of one that is [`Cut::HalfClosed`].
///
/// # Errors
/// The connection fails.
pub async fn talk(api: &Api, request: Vec<u8>, cut: Cut) -> Result<String> {
    let address = api.address();
    tokio::task::spawn_blocking(move || {
        let mut stream = connect(address)?;
        stream.write_all(&request)?;
        match cut {
            Cut::Closed => Ok(String::new()),
            Cut::HalfClosed => {
                stream.shutdown(Shutdown::Write)?;
                let mut answer = Vec::new();
                stream.read_to_end(&mut answer)?;
                Ok(String::from_utf8_lossy(&answer).into_owned())
            }
        }
    })
    .await?
}

fn connect(address: SocketAddr) -> Result<TcpStream> {
    let patience = Duration::from_secs(30);
    let stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Watches how long `GET /health` takes, from a thread of its own.
#[derive(Debug)]
pub struct HealthWatch {
    stop: Arc<AtomicBool>,
    watching: JoinHandle<Result<Vec<Duration>>>,
}

/// Begins to ask for `/health` again and again, a few milliseconds apart, over new connections.
#[must_use]
pub fn watch_health(api: &Api) -> HealthWatch {
    let (address, stop) = (api.address(), Arc::new(AtomicBool::new(false)));
    let told = stop.clone();
    let watching = std::thread::spawn(move || {
        let mut times = Vec::new();
        while !told.load(Ordering::SeqCst) {
            times.push(ask(address)?);
            std::thread::park_timeout(Duration::from_millis(5));
        }
        Ok(times)
    });
    HealthWatch { stop, watching }
}

impl HealthWatch {
    /// Ends the watch and returns every time that was taken, shortest first.
    ///
    /// # Errors
    /// A request was not answered, or not with 200.
    pub fn end(self) -> Result<Vec<Duration>> {
        self.stop.store(true, Ordering::SeqCst);
        let mut times = self.watching.join().ok().context("the watch panicked")??;
        ensure!(!times.is_empty(), "nothing was asked");
        times.sort_unstable();
        Ok(times)
    }
}

fn ask(address: SocketAddr) -> Result<Duration> {
    let began = Instant::now();
    let mut stream = connect(address)?;
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    ensure!(answer.starts_with("HTTP/1.1 200"), "/health answered {answer:?}");
    Ok(began.elapsed())
}
