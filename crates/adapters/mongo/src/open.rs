//! Opening: the client, and the declared indexes.

use crate::{
    Config,
    call::{Failure, patiently, request, request_within},
};
use domain::collection::{Index, Kind};
use mongodb::{
    Client, Database, IndexModel,
    bson::{Document, doc},
    error::{Error, ErrorKind},
    options::{ClientOptions, ReadConcern, WriteConcern},
};
use ports::DocumentError;
use std::time::Duration;

/// How long a request waits for a server that can take it.
const SELECTION: Duration = Duration::from_secs(5);
/// How long the server has to take a connection, or to answer a heartbeat.
const CONNECT: Duration = Duration::from_secs(3);
/// Between heartbeats: a server that stands still lets go of its connections within this and `CONNECT`.
const HEARTBEAT: Duration = Duration::from_secs(3);
/// How long a majority has to confirm a write, which then is neither done nor undone.
const MAJORITY: Duration = Duration::from_secs(5);
/// Connections to one server: each costs either side some memory.
const CONNECTIONS: u32 = 16;
/// How long the indexes of one collection may take to build.
const BUILD: Duration = Duration::from_secs(120);

/// Why the catalog cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address cannot be resolved, or the options in it contradict each other.
    #[error("the address of MongoDB cannot be used: {0}. Correct MONGO_URI")]
    Address(Error),
    /// Nothing answers at the address, or what answers refuses us.
    #[error("MongoDB at {servers} cannot be used: {reason}. Start it, or correct MONGO_URI")]
    Unreachable {
        /// The servers of the address, as HOST:PORT.
        servers: String,
        /// What the SDK said.
        reason: DocumentError,
    },
    /// The server does not build a declared index.
    #[error(
        "MongoDB at {servers} does not build the indexes of {collection}: {reason}. If it refused, drop the \
         index that it names; if it was slow, it goes on with it: start again"
    )]
    Indexes {
        /// The servers of the address, as HOST:PORT.
        servers: String,
        /// The collection.
        collection: &'static str,
        /// What the SDK said.
        reason: String,
    },
}

/// The database, with every declared index.
pub(crate) async fn open(config: &Config) -> Result<Database, OpenError> {
    let options = options(config).await.map_err(OpenError::Address)?;
    let servers = options.hosts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let database = Client::with_options(options).map_err(OpenError::Address)?.database(&config.database);
    ping(&database).await.map_err(|reason| OpenError::Unreachable { servers: servers.clone(), reason })?;
    for kind in Kind::ALL {
        build(&database, kind).await.map_err(|failure| not_built(&servers, kind, failure))?;
    }
    Ok(database)
}

/// A server that goes away now is the same to whoever opens as one that was away before.
fn not_built(servers: &str, kind: Kind, failure: Failure) -> OpenError {
    let servers = servers.to_owned();
    match &failure {
        Failure::Refused(error) if !matches!(*error.kind, ErrorKind::Command(_)) => {
            OpenError::Unreachable { servers, reason: failure.into() }
        }
        _ => OpenError::Indexes { servers, collection: kind.name(), reason: failure.to_string() },
    }
}

/// Asks the server for a sign of life.
pub(crate) async fn ping(database: &Database) -> Result<(), DocumentError> {
    let database = database.clone();
    let pinged = request(async move { database.run_command(doc! { "ping": 1 }).await });
    patiently(async { Ok(pinged.await.map(drop)?) }).await
}

/// The keys of an index, the id last: documents come in the order of the index, and ties in the order of ids.
pub(crate) fn keys(index: &Index) -> Document {
    index.fields.iter().chain(&["_id"]).map(|field| ((*field).to_owned(), 1.into())).collect()
}

/// The address may set limits of its own. It may not loosen what the port promises.
async fn options(config: &Config) -> Result<ClientOptions, Error> {
    let mut options = ClientOptions::parse(config.address.clone()).await?;
    options.app_name.get_or_insert_with(|| "reelfleet".to_owned());
    options.server_selection_timeout.get_or_insert(SELECTION);
    options.connect_timeout.get_or_insert(CONNECT);
    options.heartbeat_freq.get_or_insert(HEARTBEAT);
    options.max_pool_size.get_or_insert(CONNECTIONS);
    options.read_concern = Some(ReadConcern::majority());
    options.write_concern = Some(durable());
    options.selection_criteria = None;
    Ok(options)
}

/// On the disks of a majority.
pub(crate) fn durable() -> WriteConcern {
    let mut concern = WriteConcern::majority();
    concern.journal = Some(true);
    concern.w_timeout = Some(MAJORITY);
    concern
}

/// An index that is there stays as it is, also when several processes ask at once. The names are MongoDB's
/// own, made of the fields: an index whose fields change is another one, and what runs still finds the old
/// one.
async fn build(database: &Database, kind: Kind) -> Result<(), Failure> {
    let models: Vec<IndexModel> =
        kind.indexes().iter().map(|index| IndexModel::builder().keys(keys(index)).build()).collect();
    if models.is_empty() {
        return Ok(());
    }
    let collection = database.collection::<Document>(kind.name());
    request_within(BUILD, async move { collection.create_indexes(models).await }).await.map(drop)
}
