//! Reads receipts and the versions of a figure.

use crate::app::error::Result;
use crate::app::{App, Page, PageRequest};
use crate::domain::caller::{Caller, Role, Scope};
use crate::domain::id::ReceiptId;
use crate::domain::observation::{Observation, ObservationKey, Receipt};
use crate::domain::problem::{Code, Problem};
use crate::domain::unit::UnitCode;

impl App {
    /// A receipt of the caller's own unit; another unit's is as unknown as one that does not exist.
    pub async fn get_receipt(&self, caller: &Caller, id: &ReceiptId) -> Result<Receipt> {
        caller.require(&[Role::Clerk], "receipt.read")?;
        let found = self.store.receipt(id).await?;
        match (found, &caller.scope) {
            (Some(receipt), Scope::Unit(own)) if &receipt.unit == own => Ok(receipt),
            _ => Err(Problem::new(Code::ReceiptUnknown).arg("receipt", id).into()),
        }
    }

    /// Receipts of a unit, newest first. Clerks of the unit.
    pub async fn list_receipts(&self, caller: &Caller, unit: &UnitCode, page: &PageRequest) -> Result<Page<Receipt>> {
        caller.require_unit(unit, "receipt.read")?;
        let size = page.size_within(100, 1_000)?;
        let before = page.after()?.map(ReceiptId::from_stored);
        let found = self.store.receipts(unit, before.as_ref(), size + 1).await?;
        Ok(Page::cut(found, size, |r| r.id.to_string()))
    }

    /// Every version of a figure with its explanation, oldest first. Clerks of the unit.
    pub async fn list_observation_versions(&self, caller: &Caller, key: &ObservationKey) -> Result<Vec<(Observation, String)>> {
        caller.require_unit(&key.unit, "observation.read")?;
        let versions = self.store.observation_versions(key).await?;
        if versions.is_empty() {
            let label = self.state.catalogue(|c| c.element(key.element)).map_or_else(|| key.element.to_string(), |e| e.name);
            return Err(Problem::new(Code::FigureNotHeld).arg("label", label).arg("period", key.period).into());
        }
        let explained = self.store.explanations(std::slice::from_ref(key)).await?;
        let with_explanation = versions.into_iter().map(|version| {
            let found = explained.iter().find(|e| e.version == version.version);
            let text = found.map(|e| e.text.clone()).unwrap_or_default();
            (version, text)
        });
        Ok(with_explanation.collect())
    }
}
