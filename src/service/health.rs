//! Health per service: serving from the first connection on, not serving while the server drains.

use std::sync::Arc;

use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// The name under which the health of the whole server is asked.
const WHOLE_SERVER: &str = "";

/// Tells the health of our services.
#[derive(Clone)]
pub(super) struct Health {
    reporter: HealthReporter,
    services: Vec<Arc<str>>,
}

impl Health {
    /// Takes the reporter and the names of the services it tells of.
    pub(super) fn new(reporter: HealthReporter, services: Vec<Arc<str>>) -> Self {
        Self { reporter, services }
    }

    /// Says that all services answer.
    pub(super) async fn set_serving(&self) {
        for service in self.names() {
            self.reporter.set_service_status(service, ServingStatus::Serving).await;
        }
    }

    /// Says that nothing new is answered, and ends the streams of those who watch, which would hold up the drain for ever.
    pub(super) async fn set_draining(&self) {
        let mut reporter = self.reporter.clone();
        for service in self.names() {
            reporter.set_service_status(service, ServingStatus::NotServing).await;
            // Watchers hear the last status before their channel closes; who checks from now on asks the channel made after it.
            reporter.clear_service_status(service).await;
            reporter.set_service_status(service, ServingStatus::NotServing).await;
        }
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(WHOLE_SERVER).chain(self.services.iter().map(|s| &**s))
    }
}
