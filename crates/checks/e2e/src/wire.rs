//! HTTP by hand, for requests that no decent client sends.

use crate::api::Api;
use anyhow::Result;
use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    time::Duration,
};

/// How a connection ends once everything is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Everything was sent: the answer is waited for, until the server closes.
    Not,
    /// Nothing more is sent, and the answer is waited for, if one comes.
    HalfClosed,
    /// The connection goes away at once.
    Closed,
}

/// Sends bytes over a new connection; returns the answer, which is empty for one that is [`Cut::Closed`].
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
            Cut::Not | Cut::HalfClosed => {
                if cut == Cut::HalfClosed {
                    stream.shutdown(Shutdown::Write)?;
                }
                let mut answer = Vec::new();
                stream.read_to_end(&mut answer)?;
                Ok(String::from_utf8_lossy(&answer).into_owned())
            }
        }
    })
    .await?
}

pub(crate) fn connect(address: SocketAddr) -> Result<TcpStream> {
    let patience = Duration::from_secs(30);
    let stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
