//! A TCP proxy in front of the server that can go away, stand still, and lose single requests or replies.

use crate::scratch::Scratch;
use mongo::Catalog;
use mongodb::options::{ConnectionString, HostInfo};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{oneshot, watch},
    task::JoinHandle,
};

/// What the proxy does with its connections.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Bytes pass.
    Pass,
    /// Connections stay open, and nothing passes.
    Hold,
    /// All connections are cut, new ones at once.
    Cut,
}

/// What is lost when a request is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The server never gets it.
    Request,
    /// The server does it, and its reply is lost.
    Reply,
}

/// One loss to come.
struct Trap {
    command: &'static str,
    loss: Loss,
    sprung: oneshot::Sender<()>,
    release: oneshot::Receiver<()>,
}

/// A loss as the test sees it.
pub(crate) struct Lost {
    /// Tells when the request, or the reply, is in the proxy's hands.
    pub(crate) sprung: oneshot::Receiver<()>,
    /// Lets the proxy cut the connection; dropped, it does so too.
    pub(crate) release: oneshot::Sender<()>,
}

/// The proxy; dropped, it is gone with all its connections.
pub(crate) struct Proxy {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    mode: watch::Sender<Mode>,
    cuts: watch::Sender<usize>,
    trap: Arc<Mutex<Option<Trap>>>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// A proxy of this server, HOST:PORT.
    pub(crate) async fn of(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (mode, modes) = watch::channel(Mode::Pass);
        let cuts = watch::Sender::new(0);
        let trap = Arc::new(Mutex::new(None));
        let connections = Connections { server, modes, cuts: cuts.clone(), trap: trap.clone() };
        let accepting = tokio::spawn(connections.accept(listener));
        Self { address, mode, cuts, trap, accepting }
    }

    /// Changes what it does, now and with new connections.
    pub(crate) fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Waits until it has cut so many connections.
    pub(crate) async fn has_cut(&self, count: usize) {
        self.cuts.subscribe().wait_for(|cuts| *cuts >= count).await.expect("it counts");
    }

    /// Loses the next request of this command, or its reply, with the connection.
    pub(crate) fn lose(&self, loss: Loss, command: &'static str) -> Lost {
        let (sprung, sprung_by) = oneshot::channel();
        let (released_by, release) = oneshot::channel();
        let trap = Trap { command, loss, sprung, release };
        *self.trap.lock().unwrap_or_else(PoisonError::into_inner) = Some(trap);
        Lost { sprung: sprung_by, release: released_by }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.set(Mode::Cut);
        self.accepting.abort();
    }
}

impl Scratch {
    /// A proxy of the server, and the catalog by way of it.
    pub(crate) async fn through_proxy(&self) -> (Proxy, Catalog) {
        let HostInfo::HostIdentifiers(hosts) =
            ConnectionString::parse(&self.address).expect("an address").host_info
        else {
            panic!("a proxy needs the address of a server, not of a service: {}", self.address)
        };
        let server = hosts[0].to_string();
        let proxy = Proxy::of(server.clone()).await;
        let address = self.address.replacen(&server, &proxy.address.to_string(), 1);
        let catalog = Catalog::open(&self.config(&address)).await.expect("it opens");
        (proxy, catalog)
    }
}

/// What each connection knows.
#[derive(Clone)]
struct Connections {
    server: String,
    modes: watch::Receiver<Mode>,
    cuts: watch::Sender<usize>,
    trap: Arc<Mutex<Option<Trap>>>,
}

impl Connections {
    async fn accept(self, listener: TcpListener) {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(self.clone().serve(client));
        }
    }

    /// One connection, until either side or the proxy ends it.
    async fn serve(mut self, client: TcpStream) {
        let modes = self.modes.clone();
        let pass = async {
            passing(modes.clone()).await;
            let Ok(server) = TcpStream::connect(self.server).await else { return };
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            // From the request that sprang the trap to the reply that it is about.
            let (doom, doomed) = oneshot::channel();
            tokio::select! {
                () = requests(from_client, to_server, modes.clone(), &self.trap, doom) => {}
                () = replies(from_server, to_client, modes, doomed) => {}
            }
        };
        tokio::select! {
            () = pass => {}
            _ = self.modes.wait_for(|mode| *mode == Mode::Cut) => self.cuts.send_modify(|cuts| *cuts += 1),
        }
    }
}

/// Waits until bytes may pass.
async fn passing(mut modes: watch::Receiver<Mode>) {
    if modes.wait_for(|mode| *mode == Mode::Pass).await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn requests(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    modes: watch::Receiver<Mode>,
    trap: &Mutex<Option<Trap>>,
    doom: oneshot::Sender<Trap>,
) {
    let (mut bytes, mut doom) = (vec![0; 1 << 16], Some(doom));
    loop {
        let Ok(count @ 1..) = from.read(&mut bytes).await else { return };
        passing(modes.clone()).await;
        if let Some(trap) = spring(trap, &bytes[..count]) {
            if trap.loss == Loss::Request {
                return lose(trap).await;
            }
            if let Some(doom) = doom.take() {
                drop(doom.send(trap));
            }
        }
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

async fn replies(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    modes: watch::Receiver<Mode>,
    mut doomed: oneshot::Receiver<Trap>,
) {
    let mut bytes = vec![0; 1 << 16];
    loop {
        let Ok(count @ 1..) = from.read(&mut bytes).await else { return };
        passing(modes.clone()).await;
        if let Ok(trap) = doomed.try_recv() {
            return lose(trap).await;
        }
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

/// The trap, if these bytes of a request have its command.
fn spring(trap: &Mutex<Option<Trap>>, bytes: &[u8]) -> Option<Trap> {
    let mut trap = trap.lock().unwrap_or_else(PoisonError::into_inner);
    // A command's name is the first field's, and fields end with a NUL (the OP_MSG and BSON formats).
    let name = |trap: &mut Trap| format!("{}\0", trap.command).into_bytes();
    trap.take_if(|trap| {
        let name = name(trap);
        bytes.windows(name.len()).any(|window| window == name)
    })
}

async fn lose(trap: Trap) {
    // The test may not care when.
    let _ = trap.sprung.send(());
    let _ = trap.release.await;
}
