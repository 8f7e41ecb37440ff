//! The gRPC door as configured.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;

use crate::app::App;
use crate::config::GrpcConfig;
use crate::service::{self, Limits};

/// Listens on the configured address; the configuration has been checked to name a loopback one.
pub(super) async fn bind(config: &GrpcConfig) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(config.listen).await;
    listener.with_context(|| format!("cannot listen on {}", config.listen))
}

/// Serves until `stop` ends and calls under way are answered.
pub(super) async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    config: &GrpcConfig,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    Ok(service::serve(app, listener, limits(config), stop).await?)
}

fn limits(config: &GrpcConfig) -> Limits {
    let seconds = |n: u32| Duration::from_secs(n.into());
    Limits {
        n_connections: config.max_connections as usize,
        n_calls_per_connection: config.max_calls_per_connection,
        n_calls: config.max_calls as usize,
        n_message_bytes: (config.max_message_mib as usize) << 20,
        n_header_bytes: config.max_header_kib << 10,
        call_time: seconds(config.request_timeout_seconds),
        keepalive_interval: seconds(config.keepalive_interval_seconds),
        keepalive_time: seconds(config.keepalive_timeout_seconds),
        drain_time: seconds(config.drain_seconds),
    }
}
