//! Measures every call of a store: how long, how it ended, and how many writers there are. No handler times anything itself.

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use crate::metrics::{STORE_CALL, STORE_WRITERS};
use crate::store::around::{Around, Hook};
use crate::store::{Error, Result, Store};

/// A store whose calls are measured.
pub type Observed = Around<Measuring>;

/// Puts the measuring around a store.
pub fn observe(store: Arc<dyn Store>) -> Observed {
    Around::new(store, Measuring)
}

/// Records each call under [`STORE_CALL`] and each transaction under [`STORE_WRITERS`].
#[derive(Clone, Copy, Debug)]
pub struct Measuring;

impl Hook for Measuring {
    type Span = Writer;

    fn span(&self) -> Writer {
        metrics::gauge!(STORE_WRITERS.name).increment(1.0);
        Writer(())
    }

    async fn around<T: Send>(&self, method: &'static str, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let mut timer = Timer { method, outcome: "cancelled", start: Instant::now() };
        let answer = call.await;
        timer.outcome = match &answer {
            Ok(_) => "ok",
            Err(Error::Conflict) => "conflict",
            Err(Error::Unavailable { .. }) => "unavailable",
            Err(Error::Broken { .. }) => "broken",
        };
        answer
    }
}

/// One transaction that is open or waits.
#[derive(Debug)]
pub struct Writer(());

impl Drop for Writer {
    fn drop(&mut self) {
        metrics::gauge!(STORE_WRITERS.name).decrement(1.0);
    }
}

/// Records when it goes, so that a call whose future was dropped is counted too.
struct Timer {
    method: &'static str,
    outcome: &'static str,
    start: Instant,
}

impl Drop for Timer {
    fn drop(&mut self) {
        metrics::histogram!(STORE_CALL.name, "method" => self.method, "outcome" => self.outcome).record(self.start.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrics_exporter_prometheus::PrometheusBuilder;

    /// Polls one call once under a recorder of its own, drops it, and answers what the recorder prints.
    fn recorded(call: impl Future<Output = Result<()>> + Send) -> String {
        let recorder = PrometheusBuilder::new().build_recorder();
        metrics::with_local_recorder(&recorder, || {
            let mut call = Box::pin(Measuring.around("ping", call));
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            let _ = call.as_mut().poll(&mut context);
        });
        recorder.handle().render()
    }

    fn check(outcome: &str, call: impl Future<Output = Result<()>> + Send) {
        let printed = recorded(call);
        let line = format!("baoyici_store_call_seconds_count{{method=\"ping\",outcome=\"{outcome}\"}} 1");
        assert!(printed.lines().any(|l| l == line), "{line} is not in {printed}");
    }

    #[test]
    fn every_outcome_is_told_apart() {
        use std::future::ready;
        check("ok", ready(Ok(())));
        check("conflict", ready(Err(Error::Conflict)));
        check("unavailable", ready(Err(Error::Unavailable { detail: String::new() })));
        check("broken", ready(Err(Error::Broken { what: "x", detail: String::new() })));
    }

    #[test]
    fn a_dropped_call_is_counted() {
        check("cancelled", std::future::pending());
    }
}
