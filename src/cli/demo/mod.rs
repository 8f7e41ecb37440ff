//! `demo`: a server over a fresh data folder, filled with the sample province over gRPC, the whole road walked once and told step by step;
//! then the server stays up for trying by hand.
//!
//! The province, its units, forms and figures are invented. The walk uses the client commands' own calls, never the application's.

mod callers;
mod figures;
mod findings;
mod mending;
mod province;
mod show;
mod walk;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::cli::client::connection::Connection;
use crate::cli::client::failure::Failure;
use crate::cli::client::words::pick;
use crate::cli::serve::{self, RunningServer};
use crate::config::{Config, GrpcConfig, LogConfig, LogLevel};
use crate::domain::message::Language;
use callers::Callers;
use province::Province;
use show::Show;
use walk::Walk;

/// Fill a fresh folder with a sample province, walk the whole road once, say what happened, and stay up
#[derive(clap::Args, Debug)]
pub struct DemoArgs {
    /// Folder to store in; must be empty or new [default: a new folder for temporary files]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Loopback address to listen on; 0 takes a free port
    #[arg(long, default_value = "127.0.0.1:7400", value_name = "ADDRESS", value_parser = read_address)]
    listen: SocketAddr,
    /// Stop when the road has been walked
    #[arg(long)]
    once: bool,
    /// Language of what is said
    #[arg(long, env = "BAOYICI_LANGUAGE", value_enum, default_value_t = Language::Zh)]
    language: Language,
}

/// An address on this machine; there is no TLS in this version, so no other is served.
fn read_address(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = match text.parse::<u16>() {
        Ok(port) => SocketAddr::from(([127, 0, 0, 1], port)),
        Err(_) => text.parse().map_err(|_| "expected an address such as 127.0.0.1:7400, or 0".to_owned())?,
    };
    if address.ip().is_loopback() { Ok(address) } else { Err("only addresses of this machine are served (127.0.0.1)".to_owned()) }
}

/// Runs the command.
pub async fn run(args: DemoArgs) -> anyhow::Result<ExitCode> {
    let language = args.language;
    let folder = Folder::prepare(args.data.as_deref())?;
    let log = LogConfig { level: LogLevel::Warn, ..LogConfig::default() };
    crate::telemetry::install(&log)?;
    let config =
        Config { data: folder.path.clone(), grpc: GrpcConfig { listen: args.listen, ..GrpcConfig::default() }, log, ..Config::default() };
    let hint = pick(language, "端口被占用时可加 --listen 0", "where the port is taken, add --listen 0");
    let server = serve::start(config).await.context(hint)?;
    let walked = walk(&server, &folder.path, language).await;
    let code = match walked {
        Ok(()) if args.once => ExitCode::SUCCESS,
        Ok(()) => {
            stay(language).await?;
            ExitCode::SUCCESS
        }
        Err(failure) => {
            crate::cli::client::answer::to_stderr(&failure.render(language));
            failure.exit_code()
        }
    };
    server.stop().await?;
    if args.once {
        folder.remove_if_temporary()?;
    }
    Ok(code)
}

async fn walk(server: &RunningServer, folder: &Path, language: Language) -> Result<(), Failure> {
    let address = format!("http://{}", server.address());
    let show = Show::new(language);
    show.welcome(folder, &address);
    let callers = Callers::new(server.app(), Connection::open(&address)?);
    let mut walk = Walk::new(Province::embedded()?, callers, show);
    walk.register().await?;
    walk.plan().await?;
    walk.report_the_year().await?;
    walk.try_twice_and_correct().await?;
    walk.draw_the_forms().await?;
    walk.read_the_reports().await?;
    let tokens = folder.join("tokens.env");
    walk.finish(&tokens, &address)
}

/// Waits for the signal that ends the demo.
async fn stay(language: Language) -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    crate::cli::client::answer::to_stdout(
        pick(language, "服务在运行，按 Ctrl-C 停止。\n", "The server is up; Ctrl-C stops it.\n").as_bytes(),
    );
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    Ok(())
}

/// Where the demo stores.
struct Folder {
    path: PathBuf,
    is_temporary: bool,
}

impl Folder {
    fn prepare(given: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = given else {
            let path = std::env::temp_dir().join(format!("baoyici-demo-{}", uuid::Uuid::new_v4().simple()));
            return Ok(Self { path, is_temporary: true });
        };
        let is_empty = !path.exists() || std::fs::read_dir(path).with_context(|| path.display().to_string())?.next().is_none();
        if !is_empty {
            bail!("{0} 不是空目录，演示只写入新目录 / {0} is not empty; the demo writes into a new folder only", path.display());
        }
        Ok(Self { path: path.to_owned(), is_temporary: false })
    }

    fn remove_if_temporary(&self) -> anyhow::Result<()> {
        if self.is_temporary {
            std::fs::remove_dir_all(&self.path).with_context(|| self.path.display().to_string())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_served() {
        for (text, expected) in [("0", Some("127.0.0.1:0")), ("127.0.0.1:7401", Some("127.0.0.1:7401")), ("[::1]:0", Some("[::1]:0"))] {
            assert_eq!(read_address(text).ok().map(|a| a.to_string()).as_deref(), expected);
        }
        assert!(read_address("0.0.0.0:7400").is_err() && read_address("x").is_err());
    }

    #[test]
    fn a_folder_with_something_in_it_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Folder::prepare(Some(folder.path())).is_ok());
        std::fs::write(folder.path().join("a"), "").unwrap();
        assert!(Folder::prepare(Some(folder.path())).is_err());
    }

    #[test]
    fn help_is_stable() {
        insta::assert_snapshot!("help_demo", crate::cli::client::tests::help_of::<DemoArgs>("demo"));
    }
}
