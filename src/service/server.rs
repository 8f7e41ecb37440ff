//! Puts the services behind the gate and serves them until it is told to stop.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::net::TcpListener;
use tonic::codec::CompressionEncoding::Gzip;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic_web::GrpcWebLayer;

use crate::app::App;
use crate::pb;
use crate::service::collection::Collection;
use crate::service::connections;
use crate::service::dataset::Dataset;
use crate::service::disputes::Disputes;
use crate::service::drafts::Drafts;
use crate::service::gate::{Gate, GateLayer, GateLimits};
use crate::service::health::Health;
use crate::service::methods::Methods;
use crate::service::organisations::Organisations;
use crate::service::overlap::Overlap;
use crate::service::reports::Reports;
use crate::service::templates::Templates;
use crate::service::units::Units;

/// What one server takes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once; the next ones wait in the system's queue.
    pub n_connections: usize,
    /// Calls at once on one connection; the next ones wait in the client.
    pub n_calls_per_connection: u32,
    /// Calls at once over all connections; more are refused.
    pub n_calls: usize,
    /// Bytes of one message.
    pub n_message_bytes: usize,
    /// Bytes of the headers of one request.
    pub n_header_bytes: u32,
    /// Longest time until an answer begins, and between two pieces of a streamed answer.
    pub call_time: Duration,
    /// How often a silent HTTP/2 connection is asked whether it is still there.
    pub keepalive_interval: Duration,
    /// How long it may take to say so.
    pub keepalive_time: Duration,
    /// How long calls under way may take after the server was told to stop.
    pub drain_time: Duration,
}

/// Error of serving.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The descriptors that are built in cannot be read.
    #[error("descriptors cannot be read: {0}")]
    Descriptors(#[from] prost::DecodeError),
    /// Reflection cannot be built from the descriptors.
    #[error("reflection cannot be built: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The transport failed.
    #[error("transport failed: {0}")]
    Transport(#[from] tonic::transport::Error),
}

/// Serves all services on a listener until `stop` ends, then lets calls under way finish within the drain time.
pub async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    limits: Limits,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let methods = Arc::new(Methods::read()?);
    let (reporter, health_server) = tonic_health::server::health_reporter();
    let health = Health::new(reporter, methods.own_services());
    health.set_serving().await;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(pb::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()?;
    let routes = routes(&app, limits.n_message_bytes).add_service(health_server).add_service(reflection);
    let gate_limits = GateLimits { n_calls: limits.n_calls, call_time: limits.call_time, n_message_bytes: limits.n_message_bytes };
    let gate = Arc::new(Gate::new(app, methods, gate_limits));
    let incoming = connections::accept(listener, limits.n_connections);
    let (stopping, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = server(&limits).layer(GrpcWebLayer::new()).layer(GateLayer(gate)).serve_with_incoming_shutdown(
        routes.prepare(),
        incoming,
        async move {
            stop.await;
            health.set_draining().await;
            // Nobody listens any more where serving ended by itself.
            let _ = stopping.send(());
        },
    );
    let drain_time = limits.drain_time;
    tokio::select! {
        served = serving => served?,
        () = drained(stopped, drain_time) => tracing::warn!(seconds = drain_time.as_secs(), "calls under way were given up"),
    }
    Ok(())
}

/// Ends when the drain time is over; never where serving was not told to stop.
async fn drained(stopped: tokio::sync::oneshot::Receiver<()>, drain_time: Duration) {
    match stopped.await {
        Ok(()) => tokio::time::sleep(drain_time).await,
        Err(_) => std::future::pending().await,
    }
}

fn server(limits: &Limits) -> Server {
    Server::builder()
        .accept_http1(true)
        .max_concurrent_streams(limits.n_calls_per_connection)
        .http2_max_header_list_size(limits.n_header_bytes)
        .http2_keepalive_interval(Some(limits.keepalive_interval))
        .http2_keepalive_timeout(Some(limits.keepalive_time))
        .http2_adaptive_window(Some(true))
}

/// Our own services, each with the largest message it takes and answers compressed where the client can read it.
fn routes(app: &Arc<App>, n_message_bytes: usize) -> Routes {
    macro_rules! service {
        ($module:ident, $server:ident, $service:expr) => {
            pb::$module::$server::new($service).max_decoding_message_size(n_message_bytes).accept_compressed(Gzip).send_compressed(Gzip)
        };
    }
    let app = || Arc::clone(app);
    Routes::new(service!(organisation_service_server, OrganisationServiceServer, Organisations::new(app())))
        .add_service(service!(unit_service_server, UnitServiceServer, Units::new(app())))
        .add_service(service!(template_service_server, TemplateServiceServer, Templates::new(app())))
        .add_service(service!(overlap_service_server, OverlapServiceServer, Overlap::new(app())))
        .add_service(service!(collection_service_server, CollectionServiceServer, Collection::new(app())))
        .add_service(service!(draft_service_server, DraftServiceServer, Drafts::new(app())))
        .add_service(service!(dispute_service_server, DisputeServiceServer, Disputes::new(app())))
        .add_service(service!(dataset_service_server, DatasetServiceServer, Dataset::new(app())))
        .add_service(service!(report_service_server, ReportServiceServer, Reports::new(app())))
}
