//! API tokens: made on the command line, kept as digests, turned into callers.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;

use crate::app::App;
use crate::app::error::Result;
use crate::domain::audit::NewAuditRecord;
use crate::domain::caller::{Caller, Role, Scope, TokenRecord};
use crate::domain::id::AccountId;
use crate::domain::problem::{Code, Problem};

/// Prefix of a token's secret, so that a leaked one can be recognised by scanners.
const PREFIX: &str = "byc_";

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The account it stands for.
    pub account: AccountId,
    /// Role of the account.
    pub role: Role,
    /// What the account is bound to.
    pub scope: Scope,
    /// When it ends; `None` for never.
    pub expires_at: Option<Timestamp>,
}

impl App {
    /// Makes a token and returns its secret, which is not kept. Called from the command line on the server's own machine, which is
    /// the operator's power in this version.
    pub async fn make_token(&self, token: NewToken) -> Result<String> {
        let fits = matches!(
            (token.role, &token.scope),
            (Role::Operator, Scope::Installation)
                | (Role::Bureau | Role::DataOfficer, Scope::Organisation(_))
                | (Role::Clerk, Scope::Unit(_))
        );
        if !fits {
            return Err(Problem::new(Code::RoleScopeMissing).arg("role", token.role.as_str()).into());
        }
        self.check_scope(&token.scope).await?;
        let mut random = [0_u8; 32];
        getrandom::fill(&mut random).map_err(|e| crate::store::Error::Unavailable { detail: format!("no randomness: {e}") })?;
        let secret = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random));
        let record = TokenRecord {
            account: token.account.clone(),
            digest: digest(&secret),
            role: token.role,
            scope: token.scope,
            expires_at: token.expires_at,
            revoked_at: None,
        };
        let mut tx = self.store.begin().await?;
        tx.put_token(&record).await?;
        let detail =
            serde_json::to_string(&serde_json::json!({ "role": record.role, "scope": record.scope, "expires_at": record.expires_at }))?;
        let audit = NewAuditRecord {
            at: self.clock.now(),
            account: AccountId::from_stored("console"),
            act: "token.make".to_owned(),
            object: token.account.to_string(),
            detail,
        };
        tx.append_audit(&audit).await?;
        tx.commit().await?;
        Ok(secret)
    }

    async fn check_scope(&self, scope: &Scope) -> Result<()> {
        match scope {
            Scope::Installation => Ok(()),
            Scope::Organisation(id) => match self.store.organisation(id).await? {
                Some(_) => Ok(()),
                None => Err(Problem::new(Code::OrganisationUnknown).arg("organisation", id).into()),
            },
            Scope::Unit(unit) => match self.state.units_today(self.clock.today()).get(unit) {
                Some(_) => Ok(()),
                None => Err(Problem::new(Code::UnitUnknown).arg("unit", unit).into()),
            },
        }
    }

    /// Turns a token's secret into a caller. Unknown, expired and revoked tokens are refused alike. Every door comes by here, so this is where
    /// forms and units in memory are brought up to what other servers registered.
    pub async fn authenticate(&self, secret: &str) -> Result<Caller> {
        let is_ours = secret.starts_with(PREFIX) && secret.len() <= 100;
        let record = if is_ours { self.store.token(&digest(secret)).await? } else { None };
        let now = self.clock.now();
        match record {
            Some(token) if token.revoked_at.is_none() && token.expires_at.is_none_or(|end| now < end) => {
                self.follow().await?;
                Ok(Caller { account: token.account, role: token.role, scope: token.scope })
            }
            _ => Err(Code::CallerUnknown.into()),
        }
    }
}

/// Digest under which a secret is kept. The secret has 256 random bits, so a plain digest cannot be guessed back.
fn digest(secret: &str) -> String {
    blake3::hash(secret.as_bytes()).to_hex().to_string()
}
