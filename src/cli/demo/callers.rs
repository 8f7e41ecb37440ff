//! The callers of the demo: an operator, each department's data officer, the bureau, a clerk for every unit; each with a token of its own.
//!
//! Tokens are made as `baoyici token` makes them and are written to one file that only its owner can read; they are never printed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow};

use crate::app::{App, NewToken};
use crate::cli::client::connection::{Connection, Token};
use crate::domain::caller::{Role, Scope};
use crate::domain::id::{AccountId, OrganisationId};
use crate::domain::unit::UnitCode;

/// Connections on behalf of the callers.
pub(super) struct Callers {
    app: Arc<App>,
    connection: Connection,
    secrets: BTreeMap<String, String>,
}

impl Callers {
    /// Takes the application, on the server's own machine, and a connection to it.
    pub fn new(app: &Arc<App>, connection: Connection) -> Self {
        Self { app: Arc::clone(app), connection, secrets: BTreeMap::new() }
    }

    /// The operator.
    pub async fn operator(&mut self) -> anyhow::Result<Connection> {
        self.act("operator".to_owned(), Role::Operator, Scope::Installation).await
    }

    /// The bureau's reviewer.
    pub async fn bureau(&mut self, bureau: &OrganisationId) -> anyhow::Result<Connection> {
        self.act("bureau".to_owned(), Role::Bureau, Scope::Organisation(bureau.clone())).await
    }

    /// The data officer of a department.
    pub async fn officer(&mut self, department: &OrganisationId) -> anyhow::Result<Connection> {
        self.act(format!("officer_{department}"), Role::DataOfficer, Scope::Organisation(department.clone())).await
    }

    /// The clerk of a unit.
    pub async fn clerk(&mut self, unit: &UnitCode) -> anyhow::Result<Connection> {
        self.act(format!("clerk_{unit}"), Role::Clerk, Scope::Unit(unit.clone())).await
    }

    async fn act(&mut self, account: String, role: Role, scope: Scope) -> anyhow::Result<Connection> {
        let secret = match self.secrets.get(&account) {
            Some(secret) => secret.clone(),
            None => {
                let named = AccountId::parse(&account).map_err(|p| anyhow!("{p}"))?;
                let token = NewToken { account: named, role, scope, expires_at: None };
                let secret = self.app.make_token(token).await?;
                self.secrets.insert(account, secret.clone());
                secret
            }
        };
        let token: Token = secret.parse()?;
        self.connection.with_token(Some(&token))
    }

    /// Writes the address and all tokens as assignments for a shell, readable by the owner alone.
    pub fn write_tokens(&self, file: &Path, address: &str) -> anyhow::Result<()> {
        let mut text = format!("BAOYICI_SERVER={address}; export BAOYICI_SERVER\n");
        for (account, secret) in &self.secrets {
            // Accounts are made of letters, digits and underscores here, so that they are names of variables.
            writeln!(text, "TOKEN_{}={secret}", account.to_uppercase())?;
        }
        let mut out = std::fs::OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(file);
        let out = out.as_mut().map_err(|e| anyhow!("{}: {e}", file.display()))?;
        out.write_all(text.as_bytes()).with_context(|| file.display().to_string())
    }
}
