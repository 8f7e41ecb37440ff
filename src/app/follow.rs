//! Follows the registry: several servers may share a database, and each keeps forms, units and decisions in memory. Every call reads first how far
//! the registry has come, which costs two small reads, so that none checks against what another server has replaced.

use std::sync::Arc;

use crate::app::App;
use crate::app::error::Result;
use crate::app::state::{Adopted, Settled, load_retired};
use crate::overlap::{Catalogue, Settlement};
use crate::store::{Error, WriteTransaction, write};

/// Versions of forms that are read at once.
const FORMS_PER_READ: u32 = 200;

impl App {
    /// Brings forms, units and decisions in memory up to what was committed before this call, by whichever server.
    pub async fn follow(&self) -> Result<()> {
        let newest = self.store.registry_generation().await?;
        if newest == self.state.followed() && self.store.settlement_version().await? == self.state.settlement_version() {
            return Ok(());
        }
        let _registering = self.state.registering.lock().await;
        self.catch_up().await
    }

    /// Begins a transaction that registers or decides: nobody else does on any server until it ends, and what was committed before is in
    /// memory. The caller holds `registering`, and tells by [`Self::has_registered`] that it was committed.
    pub(crate) async fn begin_registering(&self) -> Result<Box<dyn WriteTransaction>> {
        // Another server may be quicker each time, but then it has got somewhere.
        for _ in 0..write::MAX_TRIES {
            self.catch_up().await?;
            let mut tx = self.store.begin().await?;
            if tx.lock_registry().await? == self.state.followed() {
                return Ok(tx);
            }
        }
        Err(Error::Conflict.into())
    }

    /// Says that a transaction of [`Self::begin_registering`] was committed and that what it stored is in memory.
    pub(crate) fn has_registered(&self) {
        self.state.has_followed(self.state.followed() + 1);
    }

    /// Reads what is in the store and not in memory: another server stored it, or somebody stopped waiting while it was committed. The lock that
    /// serialises registrations and decisions must be held.
    pub(crate) async fn catch_up(&self) -> Result<()> {
        let newest = self.store.registry_generation().await?;
        let version = self.store.settlement_version().await?;
        let mut followed = self.state.followed();
        if followed == newest && version == self.state.settlement_version() {
            return Ok(());
        }
        let mut catalogue = self.state.catalogue(Catalogue::clone);
        let (mut n_forms, mut units) = (0, None);
        while followed < newest {
            let changes = self.store.registry_changes(followed, FORMS_PER_READ).await?;
            n_forms += changes.forms.len();
            for form in changes.forms {
                catalogue.insert(Arc::new(form.template), form.fields);
            }
            units = changes.units.or(units);
            followed = changes.generation;
        }
        let decisions = self.store.decisions().await?;
        catalogue.settle(Settlement::of(&decisions));
        if n_forms == 0 {
            self.state.settle(Settled { decisions, catalogue, version });
        } else {
            let retired = load_retired(self.store.as_ref(), &catalogue).await?;
            self.state.adopt(Adopted { catalogue, decisions, retired, version });
        }
        if let Some(rows) = units {
            self.state.replace_units(rows);
        }
        self.state.has_followed(followed);
        tracing::debug!(generation = followed, settlement = version, n_forms, "followed the registry");
        Ok(())
    }
}
