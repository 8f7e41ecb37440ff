//! A store whose calls can be held up or broken off: the test decides when a slow call goes on, no clock does.

use baoyici::store::around::{Around, Hook};
use baoyici::store::{Result, Store};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Holds every call of one method until it is released.
#[derive(Clone)]
pub struct Hold {
    method: &'static str,
    arrived: Arc<Semaphore>,
    released: Arc<Semaphore>,
}

impl Hold {
    pub fn new(method: &'static str) -> Self {
        Self { method, arrived: Arc::new(Semaphore::new(0)), released: Arc::new(Semaphore::new(0)) }
    }

    /// Puts the hold around a store.
    pub fn around(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        Arc::new(Around::new(store, self.clone()))
    }

    /// Waits until a call has arrived.
    pub async fn arrived(&self) {
        self.arrived.acquire().await.unwrap().forget();
    }

    /// Lets one call go on.
    pub fn release(&self) {
        self.released.add_permits(1);
    }
}

impl Hook for Hold {
    type Span = ();

    fn span(&self) {}

    async fn around<T: Send>(&self, method: &'static str, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        if method == self.method {
            self.arrived.add_permits(1);
            self.released.acquire().await.unwrap().forget();
        }
        call.await
    }
}

/// Panics in every call of one method.
#[derive(Clone)]
pub struct Panicking(pub &'static str);

impl Hook for Panicking {
    type Span = ();

    fn span(&self) {}

    async fn around<T: Send>(&self, method: &'static str, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        assert_ne!(method, self.0, "secret of the store");
        call.await
    }
}
