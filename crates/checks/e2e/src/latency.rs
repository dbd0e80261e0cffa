//! How long answers take while something else goes on, and how long the machine alone would make them take.

use crate::{api::Api, wire::connect};
use anyhow::{Context, Result, ensure};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};
use tokio::time::Instant;

/// The pause between two requests.
const PAUSE: Duration = Duration::from_millis(5);

/// An answer: when it was asked for, from the beginning of the watch, and how long it took.
#[derive(Debug, Clone, Copy)]
pub struct Answered {
    /// When it was asked for.
    pub at: Duration,
    /// How long it took.
    pub took: Duration,
}

/// Asks for `/health` again and again, from a thread of its own and over new connections.
#[derive(Debug)]
pub struct LatencyWatch {
    stop: Arc<AtomicBool>,
    watching: JoinHandle<Result<Vec<Answered>>>,
}

impl LatencyWatch {
    /// Begins to watch the product.
    #[must_use]
    pub fn of_product(api: &Api) -> Self {
        Self::of(api.address())
    }

    /// Begins to watch a thread of this process that only answers: what that shows is the machine's doing.
    ///
    /// # Errors
    /// There is no free port.
    pub fn of_machine() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let watch = Self::of(address);
        let told = watch.stop.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if told.load(Ordering::SeqCst) {
                    return;
                }
                answer(stream);
            }
        });
        Ok(watch)
    }

    fn of(address: SocketAddr) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let told = stop.clone();
        let watching = std::thread::spawn(move || {
            let (began, mut answers) = (Instant::now(), Vec::new());
            while !told.load(Ordering::SeqCst) {
                let at = began.elapsed();
                ask(address).with_context(|| format!("GET http://{address}/health"))?;
                answers.push(Answered { at, took: began.elapsed() - at });
                std::thread::park_timeout(PAUSE);
            }
            // Lets a server of this process see that it is over.
            drop(connect(address));
            Ok(answers)
        });
        Self { stop, watching }
    }

    /// Ends the watch and returns every answer, the slowest last.
    ///
    /// # Errors
    /// A request was not answered, or not with 200.
    pub fn end(self) -> Result<Vec<Answered>> {
        self.stop.store(true, Ordering::SeqCst);
        let mut answers = self.watching.join().ok().context("the watch panicked")??;
        ensure!(!answers.is_empty(), "nothing was asked");
        answers.sort_unstable_by_key(|answer| answer.took);
        Ok(answers)
    }
}

fn ask(address: SocketAddr) -> Result<()> {
    let mut stream = connect(address)?;
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    ensure!(answer.starts_with("HTTP/1.1 200"), "/health answered {answer:?}");
    Ok(())
}

/// Whatever goes wrong here, the one who asked notices.
fn answer(mut stream: std::net::TcpStream) {
    let mut request = [0; 512];
    let _ = stream.read(&mut request);
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}
