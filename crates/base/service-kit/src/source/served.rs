//! An address on loopback that serves one object, as long as somebody holds it.

use super::{ByRange, answer};
use axum::{Router, routing::get};
use domain::object::ObjectKey;
use ports::ObjectStore;
use std::{io, net::Ipv4Addr, sync::Arc};
use tokio::{net::TcpSocket, sync::watch};
use tokio_util::sync::{CancellationToken, DropGuard};
use url::Url;

/// What lies ready for a reader on its connection, in bytes: a reader that goes elsewhere has it in vain.
const SENT_AHEAD: u32 = 64 << 10;
/// Connections that wait to be accepted: one encoder has one at a time, a look into a source a few.
const BACKLOG: u32 = 16;

/// An object of known size, and how it is read.
pub(super) struct Object {
    pub(super) objects: Arc<dyn ObjectStore>,
    pub(super) key: ObjectKey,
    pub(super) size: u64,
    pub(super) by_range: ByRange,
}

/// What the connections of one address share.
pub(super) struct Shared {
    pub(super) object: Object,
    /// Why a read was given up, once one was.
    pub(super) broken: watch::Sender<Option<String>>,
    /// Nobody may read any more.
    pub(super) closed: CancellationToken,
}

/// An object's address; dropping this closes it.
#[derive(Debug)]
pub(super) struct Served {
    address: Url,
    broken: watch::Receiver<Option<String>>,
    _open: DropGuard,
}

impl Served {
    /// Serves an object on a port and a path of its own, which nobody can guess.
    pub(super) async fn start(object: Object) -> io::Result<Self> {
        let mut token = [0; 16];
        object.by_range.clock.random(&mut token);
        let path = format!("/{:032x}", u128::from_le_bytes(token));
        let socket = TcpSocket::new_v4()?;
        // Connections that it accepts inherit this.
        socket.set_send_buffer_size(SENT_AHEAD)?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let listener = socket.listen(BACKLOG)?;
        let address = format!("http://{}{path}", listener.local_addr()?);
        let address = Url::parse(&address).map_err(io::Error::other)?;
        let (sender, broken) = watch::channel(None);
        let closed = CancellationToken::new();
        let open = closed.clone().drop_guard();
        let shared = Arc::new(Shared { object, broken: sender, closed: closed.clone() });
        let router = Router::new().route(&path, get(answer::answer)).with_state(shared);
        tokio::spawn(
            async move { closed.run_until_cancelled(axum::serve(listener, router).into_future()).await },
        );
        Ok(Self { address, broken, _open: open })
    }

    pub(super) fn address(&self) -> &Url {
        &self.address
    }

    /// Waits for what is made of the object, or for why it cannot be read any more.
    pub(super) async fn read_by<T>(&self, making: impl Future<Output = T>) -> Result<T, String> {
        let mut broken = self.broken.clone();
        let made = tokio::select! {
            Ok(_) = broken.wait_for(Option::is_some) => None,
            made = making => Some(made),
        };
        // Both may have happened: it broke, and an encoder took that for the end.
        let why = self.broken.borrow().clone();
        match (made, why) {
            (Some(made), None) => Ok(made),
            (_, why) => Err(why.unwrap_or_default()),
        }
    }
}
