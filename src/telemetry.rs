//! The log: structured lines on standard error, as text or JSON. Panics go there too.

use std::io::IsTerminal;
use std::panic::PanicHookInfo;

use thiserror::Error;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::TryInitError;
use tracing_subscriber::{Layer, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::{LogConfig, LogFormat, LogLevel};

/// Error of setting up the log.
#[derive(Debug, Error)]
pub enum Error {
    /// Another log is set up already.
    #[error("the log is set up already: {0}")]
    SetUpAlready(#[from] TryInitError),
}

/// Sets up the log of this process.
pub fn install(config: &LogConfig) -> Result<(), Error> {
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let lines = match config.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry().with(filter(config.level)).with(lines).try_init()?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// Our own lines from the level on, those of libraries only where they warn.
fn filter(level: LogLevel) -> EnvFilter {
    let directives = match level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "warn,baoyici=info",
        LogLevel::Debug => "warn,baoyici=debug",
        LogLevel::Trace => "debug,baoyici=trace",
    };
    EnvFilter::new(directives)
}

fn log_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let payload = panic.payload();
    let text = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    tracing::error!(place, text, "panicked");
}
