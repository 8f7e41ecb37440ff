//! A whole server in this process: over SQLite in a folder of its own, on a free port, at a time that stands still.

pub mod hold;
pub mod http1;
pub mod postgres;

use baoyici::app::{App, NewToken};
use baoyici::domain::caller::{Role, Scope};
use baoyici::domain::clock::FixedClock;
use baoyici::domain::id::{AccountId, OrganisationId};
use baoyici::domain::unit::UnitCode;
use baoyici::pb;
use baoyici::pb::organisation_service_client::OrganisationServiceClient;
use baoyici::pb::unit_service_client::UnitServiceClient;
use baoyici::service::{Limits, ServeError, serve};
use baoyici::store::Store;
use baoyici::store::sqlite::{SqliteOptions, SqliteStore};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::metadata::{AsciiMetadataValue, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

/// A channel that says who calls, and in which language it wants its answers.
pub type Authenticated = InterceptedService<Channel, Bearer>;

/// A running server.
pub struct Server {
    pub app: Arc<App>,
    pub address: SocketAddr,
    pub clock: Arc<FixedClock>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), ServeError>>,
    store: Arc<dyn Store>,
    _folder: tempfile::TempDir,
}

/// What is put around a store.
pub type Wrap = Box<dyn FnOnce(Arc<dyn Store>) -> Arc<dyn Store>>;

/// How a server differs from the usual one.
pub struct Options {
    pub limits: Limits,
    /// Puts something around the store.
    pub wrap: Wrap,
}

impl Default for Options {
    fn default() -> Self {
        Self { limits: limits(), wrap: Box::new(|store| store) }
    }
}

/// Limits that no test meets by accident.
pub fn limits() -> Limits {
    Limits {
        n_connections: 64,
        n_calls_per_connection: 64,
        n_calls: 64,
        n_message_bytes: 1 << 20,
        n_header_bytes: 16 << 10,
        call_time: Duration::from_secs(60),
        keepalive_interval: Duration::from_secs(30),
        keepalive_time: Duration::from_secs(20),
        drain_time: Duration::from_secs(10),
    }
}

impl Server {
    /// Starts the usual server.
    pub async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    /// Starts a server that differs.
    pub async fn start_with(options: Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = SqliteStore::open(&folder.path().join("baoyici.sqlite"), SqliteOptions::default()).await.unwrap();
        let store = (options.wrap)(Arc::new(engine));
        Self::over(store, folder, options.limits).await
    }

    /// Stops serving, and serves the same store as a new process would that finds it.
    pub async fn reopen(self) -> Self {
        let Self { stop, serving, store, _folder: folder, .. } = self;
        let _ = stop.send(());
        serving.await.unwrap().unwrap();
        Self::over(store, folder, limits()).await
    }

    async fn over(store: Arc<dyn Store>, folder: tempfile::TempDir, limits: Limits) -> Self {
        let clock = Arc::new(FixedClock::new("2026-11-24T01:00:00Z".parse().unwrap()));
        let app = Arc::new(App::open(Arc::clone(&store), Arc::clone(&clock) as Arc<_>).await.unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let stopping = async move { stopped.await.unwrap_or_default() };
        let serving = tokio::spawn(serve(Arc::clone(&app), listener, limits, stopping));
        Self { app, address, clock, stop, serving, store, _folder: folder }
    }

    /// A connection of its own.
    pub async fn channel(&self) -> Channel {
        Endpoint::from_shared(format!("http://{}", self.address)).unwrap().connect().await.unwrap()
    }

    /// A connection of its own that carries a token.
    pub async fn channel_as(&self, token: &str) -> Authenticated {
        InterceptedService::new(self.channel().await, Bearer::new(token, "en"))
    }

    /// Makes an operator's token.
    pub async fn operator(&self) -> String {
        self.token("operator", Role::Operator, Scope::Installation).await
    }

    /// Makes a token.
    pub async fn token(&self, account: &str, role: Role, scope: Scope) -> String {
        let token = NewToken { account: AccountId::parse(account).unwrap(), role, scope, expires_at: None };
        self.app.make_token(token).await.unwrap()
    }

    /// Registers a bureau, a department, a county and one of its townships, and makes a token for each kind of caller.
    pub async fn furnish(&self) -> Callers {
        let operator = self.operator().await;
        let mut organisations = OrganisationServiceClient::new(self.channel_as(&operator).await);
        let kinds = [("tjj", pb::OrganisationKind::Bureau), ("mzt", pb::OrganisationKind::Department)];
        let given = kinds.map(|(id, kind)| pb::Organisation { id: id.into(), name: id.into(), kind: kind.into(), parent: String::new() });
        let request = pb::RegisterOrganisationsRequest { request_id: "furnish".into(), organisations: given.into(), validate_only: false };
        organisations.register_organisations(request).await.unwrap();
        let mut units = UnitServiceClient::new(self.channel_as(&operator).await);
        let csv = "code,name,level,parent\n330122,桐庐县,county,\n330122002,旧县街道,township,330122\n";
        let source = Some(pb::register_units_request::Source::Csv(csv.into()));
        let request = pb::RegisterUnitsRequest { request_id: "furnish-units".into(), source, validate_only: false };
        units.register_units(request).await.unwrap();
        let of = |id: &str| Scope::Organisation(OrganisationId::parse(id).unwrap());
        Callers {
            bureau: self.token("bureau", Role::Bureau, of("tjj")).await,
            officer: self.token("officer", Role::DataOfficer, of("mzt")).await,
            clerk: self.token("clerk", Role::Clerk, Scope::Unit(UnitCode::parse("330122002").unwrap())).await,
            operator,
        }
    }

    /// Tells the server to stop, without waiting for it.
    pub fn begin_stop(self) -> Stopping {
        let _ = self.stop.send(());
        Stopping { serving: self.serving, store: self.store, _folder: self._folder }
    }

    /// Stops the server and waits until it has.
    pub async fn stop(self) {
        self.begin_stop().wait().await;
    }
}

/// A server that was told to stop.
pub struct Stopping {
    serving: JoinHandle<Result<(), ServeError>>,
    store: Arc<dyn Store>,
    _folder: tempfile::TempDir,
}

impl Stopping {
    /// Waits until everything is answered and the store is closed.
    pub async fn wait(self) {
        self.serving.await.unwrap().unwrap();
        self.store.close().await;
    }
}

/// A token for each kind of caller.
pub struct Callers {
    pub operator: String,
    pub bureau: String,
    pub officer: String,
    pub clerk: String,
}

/// Puts a token into each request.
#[derive(Clone)]
pub struct Bearer {
    authorization: AsciiMetadataValue,
    language: AsciiMetadataValue,
}

impl Bearer {
    pub fn new(token: &str, language: &'static str) -> Self {
        let authorization = format!("Bearer {token}").parse().unwrap();
        Self { authorization, language: MetadataValue::from_static(language) }
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.authorization.clone());
        request.metadata_mut().insert("accept-language", self.language.clone());
        Ok(request)
    }
}

/// The stable code of a refusal.
pub fn reason(status: &Status) -> String {
    use tonic_types::StatusExt;
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}
