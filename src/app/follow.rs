//! Follows the registry: several servers may share a database, and each keeps forms and units in memory. Every call reads first how far the
//! registry has come, which costs one small read, so that none checks against what another server has replaced.

use std::sync::Arc;

use crate::app::App;
use crate::app::error::Result;
use crate::store::{Error, WriteTransaction, write};

/// Versions of forms that are read at once.
const FORMS_PER_READ: u32 = 200;

impl App {
    /// Brings forms and units in memory up to what was registered before this call, by whichever server.
    pub async fn follow(&self) -> Result<()> {
        if self.store.registry_generation().await? == self.state.followed() {
            return Ok(());
        }
        let _registering = self.state.registering.lock().await;
        self.catch_up().await
    }

    /// Begins a transaction that registers: no other server registers until it ends, and what was registered before is in memory. The caller
    /// holds `registering`, and tells by [`Self::has_registered`] that it was committed.
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

    /// Reads what is new; the caller holds `registering`.
    async fn catch_up(&self) -> Result<()> {
        let newest = self.store.registry_generation().await?;
        while self.state.followed() < newest {
            let changes = self.store.registry_changes(self.state.followed(), FORMS_PER_READ).await?;
            let n_forms = changes.forms.len();
            for form in changes.forms {
                self.state.insert_form(Arc::new(form.template), form.fields);
            }
            if let Some(rows) = changes.units {
                self.state.replace_units(rows);
            }
            tracing::debug!(generation = changes.generation, n_forms, "followed the registry");
            self.state.has_followed(changes.generation);
        }
        Ok(())
    }
}
