//! The metrics, for Prometheus to read over HTTP.

use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::time::Duration;
use tokio::net::TcpListener;

use crate::app::App;
use crate::config::MetricsConfig;
use crate::metrics;

/// How often old samples of histograms are put away.
const UPKEEP: Duration = Duration::from_secs(5);
/// Media type of the text format.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Records metrics and serves them at `/metrics`, if an address is configured; without one nothing is recorded.
pub(super) async fn serve_metrics(config: &MetricsConfig, app: Arc<App>) -> anyhow::Result<()> {
    let Some(address) = config.listen else { return Ok(()) };
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address} for metrics"))?;
    let seconds = Matcher::Suffix("_seconds".to_owned());
    let handle = PrometheusBuilder::new().set_buckets_for_metric(seconds, &metrics::SECONDS_BUCKETS)?.install_recorder()?;
    metrics::describe();
    tracing::info!(address = %listener.local_addr()?, "metrics are served");
    tokio::spawn(keep_up(handle.clone()));
    let router = Router::new().route("/metrics", get(async move || ([(CONTENT_TYPE, TEXT_FORMAT)], page(&app, &handle))));
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "metrics are served no longer");
        }
    });
    Ok(())
}

fn page(app: &App, handle: &PrometheusHandle) -> String {
    let (n_fields, n_units) = app.sizes();
    // Exact up to 2^53, which no table reaches.
    ::metrics::gauge!(metrics::APP_FIELDS.name).set(n_fields as f64);
    ::metrics::gauge!(metrics::APP_UNITS.name).set(n_units as f64);
    handle.render()
}

async fn keep_up(handle: PrometheusHandle) {
    let mut ticks = tokio::time::interval(UPKEEP);
    loop {
        ticks.tick().await;
        handle.run_upkeep();
    }
}
