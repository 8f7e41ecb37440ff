//! Who calls (调用者): every use case takes a caller and refuses by default.

use serde::{Deserialize, Serialize};

use crate::domain::id::{AccountId, OrganisationId};
use crate::domain::problem::{Code, Problem};
use crate::domain::unit::UnitCode;

/// What an account may do, in this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Operator (系统管理员): registers organisations and reporting units; sees no figures.
    Operator,
    /// Statistics bureau (统计局): reads registry, overlap and burden reports, and decides what is one figure; sees figures only of its own
    /// forms, and pairs of figures that its decisions brought together and that differ.
    Bureau,
    /// Data officer (数据专员) of a department: registers the department's forms and extracts them.
    DataOfficer,
    /// Clerk (基层填报员): fetches, submits and corrects for its own unit.
    Clerk,
}

impl Role {
    /// Returns the word used in commands and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Bureau => "bureau",
            Self::DataOfficer => "data_officer",
            Self::Clerk => "clerk",
        }
    }

    /// Parses the word used in commands and in the store.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        match text {
            "operator" => Ok(Self::Operator),
            "bureau" => Ok(Self::Bureau),
            "data_officer" => Ok(Self::DataOfficer),
            "clerk" => Ok(Self::Clerk),
            _ => Err(Problem::new(Code::RoleUnknown).arg("value", text)),
        }
    }
}

/// What an account is bound to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The whole installation; operators only.
    Installation,
    /// An organisation.
    Organisation(OrganisationId),
    /// A reporting unit.
    Unit(UnitCode),
}

/// An authenticated caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account, which the audit trail names.
    pub account: AccountId,
    /// What it may do.
    pub role: Role,
    /// What it is bound to.
    pub scope: Scope,
}

impl Caller {
    /// The organisation the caller acts for; refused for callers of another kind.
    pub fn organisation(&self, act: &str) -> Result<&OrganisationId, Problem> {
        match &self.scope {
            Scope::Organisation(organisation) => Ok(organisation),
            Scope::Installation | Scope::Unit(_) => Err(Problem::new(Code::CallerMayNot).arg("act", act)),
        }
    }

    /// Refuses callers whose role is not among `roles`.
    pub fn require(&self, roles: &[Role], act: &str) -> Result<(), Problem> {
        if roles.contains(&self.role) { Ok(()) } else { Err(Problem::new(Code::CallerMayNot).arg("act", act)) }
    }

    /// Refuses a clerk that is not of this unit, and everybody who is not a clerk.
    pub fn require_unit(&self, unit: &UnitCode, act: &str) -> Result<(), Problem> {
        self.require(&[Role::Clerk], act)?;
        match &self.scope {
            Scope::Unit(own) if own == unit => Ok(()),
            _ => Err(Problem::new(Code::CallerNotOfUnit).arg("unit", unit)),
        }
    }
}

/// A stored API token: only its digest is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRecord {
    /// The account it stands for.
    pub account: AccountId,
    /// BLAKE3 digest of the secret, in hexadecimal.
    pub digest: String,
    /// Role of the account.
    pub role: Role,
    /// What the account is bound to.
    pub scope: Scope,
    /// When it ends; `None` for never.
    pub expires_at: Option<jiff::Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<jiff::Timestamp>,
}
