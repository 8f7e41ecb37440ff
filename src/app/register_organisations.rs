//! Registers and lists organisations.

use crate::app::error::{Result, refuse_errors};
use crate::app::request::Request;
use crate::app::{App, Page, PageRequest};
use crate::domain::audit::NewAuditRecord;
use crate::domain::caller::{Caller, Role};
use crate::domain::id::OrganisationId;
use crate::domain::organisation::{Organisation, check_organisations};
use crate::domain::problem::{Code, Problem};

/// Most organisations in one call.
const MAX_ORGANISATIONS: usize = 10_000;

impl App {
    /// Inserts or replaces organisations, all or none; returns their number. Operators only.
    pub async fn register_organisations(&self, caller: &Caller, request_id: &str, organisations: &[Organisation]) -> Result<u32> {
        caller.require(&[Role::Operator], "organisation.register")?;
        let request = Request::new(request_id, "organisation.register", &organisations)?;
        let _registering = self.state.registering.lock().await;
        let mut tx = self.begin_registering().await?;
        if let Some(n) = request.answered(tx.as_mut(), caller).await? {
            return Ok(n);
        }
        refuse_errors(&check_all(organisations, &tx.all_organisations().await?))?;
        tx.put_organisations(organisations).await?;
        let n = u32::try_from(organisations.len()).unwrap_or(u32::MAX);
        tx.append_audit(&NewAuditRecord {
            at: self.clock.now(),
            account: caller.account.clone(),
            act: "organisation.register".to_owned(),
            object: format!("{n} organisations"),
            detail: serde_json::to_string(organisations)?,
        })
        .await?;
        request.remember(tx.as_mut(), caller, &n).await?;
        tx.commit().await?;
        self.has_registered();
        Ok(n)
    }

    /// Checks organisations without storing them; returns all problems. Operators only.
    pub async fn check_organisations(&self, caller: &Caller, organisations: &[Organisation]) -> Result<Vec<Problem>> {
        caller.require(&[Role::Operator], "organisation.register")?;
        let known = self.store.organisations(None, u32::MAX).await?;
        Ok(check_all(organisations, &known))
    }

    /// Organisations by id. Any caller.
    pub async fn list_organisations(&self, _caller: &Caller, page: &PageRequest) -> Result<Page<Organisation>> {
        let size = page.size_within(100, 1_000)?;
        let after = page.after()?.map(OrganisationId::from_stored);
        let found = self.store.organisations(after.as_ref(), size + 1).await?;
        Ok(Page::cut(found, size, |o| o.id.to_string()))
    }

    /// Whether `organisation` is `above` or belongs to it.
    pub(crate) async fn belongs_to(&self, organisation: &OrganisationId, above: &OrganisationId) -> Result<bool> {
        let mut at = organisation.clone();
        // The tree has no cycle (checked on registration); the bound only guards against a broken store.
        for _ in 0..64 {
            if &at == above {
                return Ok(true);
            }
            match self.store.organisation(&at).await?.and_then(|o| o.parent) {
                Some(parent) => at = parent,
                None => return Ok(false),
            }
        }
        Ok(false)
    }
}

fn check_all(organisations: &[Organisation], known: &[Organisation]) -> Vec<Problem> {
    if organisations.is_empty() {
        return vec![Problem::new(Code::ListEmpty).arg("what", "organisations")];
    }
    if organisations.len() > MAX_ORGANISATIONS {
        let problem = Problem::new(Code::ListTooLong).arg("what", "organisations").arg("limit", MAX_ORGANISATIONS);
        return vec![problem.arg("n", organisations.len())];
    }
    check_organisations(organisations, known)
}
