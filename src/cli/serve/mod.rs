//! `baoyici serve`: wires the parts together. Each file beside this one makes one part.

pub(super) mod grpc;
pub(super) mod shutdown;
pub(super) mod store;
pub(super) mod telemetry;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use figment::value::Value;

use crate::app::App;
use crate::cli::SystemClock;
use crate::cli::failure::ConfigFaults;
use crate::config::{self, Config};
use store::Place;

/// Arguments; what is not given comes from the environment (`BAOYICI_GRPC__LISTEN` …), the file, or the defaults.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Configuration file; baoyici.toml in the working folder where it exists
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder that everything is stored in [default: data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// PostgreSQL database in place of the folder, as postgres://user@host/name?sslmode=verify-full; several servers may share one
    #[arg(long, value_name = "URL", env = "BAOYICI_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// Address to listen on; port 0 takes a free one [default: 127.0.0.1:7400]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Address at which Prometheus may read /metrics [default: none]
    #[arg(long, value_name = "ADDRESS")]
    metrics_listen: Option<String>,
    /// text or json [default: text]
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
    /// error, warn, info, debug or trace [default: info]
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
    /// Longest time until an answer begins [default: 60]
    #[arg(long, value_name = "SECONDS")]
    request_timeout: Option<u32>,
}

impl Args {
    /// The configuration that holds, or everything that is wrong with it.
    pub(super) fn config(&self) -> Result<Config, ConfigFaults> {
        let text = |value: &Option<String>| value.as_deref().map(Value::from);
        let given = [
            ("data", self.data.as_ref().map(|d| Value::from(d.to_string_lossy().into_owned()))),
            ("database", text(&self.database)),
            ("grpc.listen", text(&self.listen)),
            ("metrics.listen", text(&self.metrics_listen)),
            ("log.format", text(&self.log_format)),
            ("log.level", text(&self.log_level)),
            ("grpc.request_timeout_seconds", self.request_timeout.map(Value::from)),
        ];
        let flags: Vec<(&str, Value)> = given.into_iter().filter_map(|(key, value)| value.map(|v| (key, v))).collect();
        let config = config::read(self.config.as_deref(), &flags).map_err(ConfigFaults)?;
        match config.database.as_ref().map(|database| store::address_of(database.reveal())) {
            Some(Err(fault)) => Err(ConfigFaults(vec![fault])),
            _ => Ok(config),
        }
    }
}

/// Where everything is stored.
fn place_of(config: &Config) -> anyhow::Result<Place> {
    Place::find(&config.data, config.database.as_ref().map(config::Secret::reveal))
}

/// Serves until SIGTERM or SIGINT. Prints one line on standard output when ready: `listening on ADDRESS`.
pub(super) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = args.config()?;
    crate::telemetry::install(&config.log)?;
    let stop = shutdown::signalled()?;
    let place = place_of(&config)?;
    let _lock = place.lock()?;
    let store = place.open(&config.store).await?;
    let app = Arc::new(App::open(Arc::clone(&store), Arc::new(SystemClock)).await?);
    let listener = grpc::bind(&config.grpc).await?;
    let address = listener.local_addr()?;
    telemetry::serve_metrics(&config.metrics, Arc::clone(&app)).await?;
    let (n_fields, n_units) = app.sizes();
    tracing::info!(%address, data = %place, n_fields, n_units, "ready");
    {
        let mut out = std::io::stdout().lock();
        writeln!(out, "listening on {address}")?;
        out.flush()?;
    }
    grpc::serve(app, listener, &config.grpc, stop).await?;
    store.close().await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// A server in this process.
pub(in crate::cli) struct RunningServer {
    address: std::net::SocketAddr,
    app: Arc<App>,
    stop: tokio::sync::oneshot::Sender<()>,
    serving: tokio::task::JoinHandle<anyhow::Result<()>>,
    _lock: Option<store::FolderLock>,
}

impl RunningServer {
    /// Where it listens.
    pub(in crate::cli) fn address(&self) -> std::net::SocketAddr {
        self.address
    }

    /// Its application.
    pub(in crate::cli) fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Stops it: calls under way are answered, the store is closed.
    pub(in crate::cli) async fn stop(self) -> anyhow::Result<()> {
        let _ = self.stop.send(());
        self.serving.await??;
        self.app.store().close().await;
        Ok(())
    }
}

/// Starts a server in this process; it answers when this returns.
pub(in crate::cli) async fn start(config: Config) -> anyhow::Result<RunningServer> {
    let place = place_of(&config)?;
    let lock = place.lock()?;
    let store = place.open(&config.store).await?;
    let app = Arc::new(App::open(store, Arc::new(SystemClock)).await?);
    let listener = grpc::bind(&config.grpc).await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let served = Arc::clone(&app);
    let serving = tokio::spawn(async move {
        let stopped = async move {
            let _ = stopped.await;
        };
        grpc::serve(served, listener, &config.grpc, stopped).await
    });
    Ok(RunningServer { address, app, stop, serving, _lock: lock })
}
