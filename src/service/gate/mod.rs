//! What holds for every call, before the body of a request is read: a slot, a caller, a time limit; and around it a span, metrics and a net
//! for panics. Handlers know nothing of it.
//!
//! A tower layer of our own instead of a stack of ready ones, because all parts end in the same place: a status in the caller's language.

mod body;
mod headers;
mod observer;

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use http::{Request, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};
use tracing::Instrument;

use crate::app::App;
use crate::domain::message::Language;
use crate::domain::problem::{Code, Problem};
use crate::metrics;
use crate::service::methods::{Method, Methods};
use crate::service::status;
use body::ObservedBody;
use observer::Observer;

/// What the gate lets through at once, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GateLimits {
    /// Calls under way at once over all connections; more are refused.
    pub(crate) n_calls: usize,
    /// Longest time until an answer begins, and between two pieces of a streamed answer.
    pub(crate) call_time: Duration,
    /// Most bytes of a message, for the text of a refusal.
    pub(crate) n_message_bytes: usize,
}

/// The gate that every call passes.
pub(crate) struct Gate {
    app: Arc<App>,
    methods: Arc<Methods>,
    limits: GateLimits,
    slots: Arc<Semaphore>,
}

impl Gate {
    /// Makes the gate.
    pub(crate) fn new(app: Arc<App>, methods: Arc<Methods>, limits: GateLimits) -> Self {
        let slots = Arc::new(Semaphore::new(limits.n_calls.min(Semaphore::MAX_PERMITS)));
        Self { app, methods, limits, slots }
    }

    async fn pass<S: Inner>(self: Arc<Self>, inner: S, mut request: Request<Body>) -> Response<Body>
    where
        S::Future: Send,
    {
        let language = headers::language(request.headers());
        request.extensions_mut().insert(language);
        let method = self.methods.find(request.uri().path()).clone();
        let observer = Observer::begin(&method);
        let span = observer.span().clone();
        let admitted = AssertUnwindSafe(self.admit(inner, request, &method, language)).catch_unwind().instrument(span).await;
        let (response, slot) = admitted.unwrap_or_else(|panic| (refusal(panicked(panic.as_ref(), language)), None));
        let code = headers::grpc_code(response.headers());
        let time_limit = (!method.is_open).then_some(self.limits.call_time);
        response.map(|inner| Body::new(ObservedBody::new(inner, observer, code, slot, time_limit, language)))
    }

    /// Finds a slot and the caller, and lets the request in for as long as it may take.
    async fn admit<S: Inner>(
        &self,
        mut inner: S,
        mut request: Request<Body>,
        method: &Method,
        language: Language,
    ) -> (Response<Body>, Option<OwnedSemaphorePermit>)
    where
        S::Future: Send,
    {
        if method.is_open {
            let Ok(response) = inner.call(request).await;
            return (response, None);
        }
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else {
            ::metrics::counter!(metrics::SERVICE_CALLS_SHED.name).increment(1);
            let overloaded = Problem::new(Code::Overloaded).arg("limit", self.limits.n_calls);
            return (refusal(status::from_problem(overloaded, language)), None);
        };
        let secret = headers::bearer(request.headers()).unwrap_or_default();
        match self.app.authenticate(secret).await {
            Ok(caller) => {
                tracing::Span::current().record("account", caller.account.as_str());
                request.extensions_mut().insert(caller);
            }
            Err(error) => return (refusal(status::from_error(error, language)), None),
        }
        let path = request.uri().path().to_owned();
        let time_limit = headers::client_time_limit(request.headers()).map_or(self.limits.call_time, |t| t.min(self.limits.call_time));
        match tokio::time::timeout(time_limit, inner.call(request)).await {
            Ok(Ok(response)) => (self.explain(response, &path, language), Some(slot)),
            Err(_) => (refusal(timed_out(time_limit, language)), None),
        }
    }

    /// Says in our own words what tonic refused before a handler was reached.
    fn explain(&self, response: Response<Body>, path: &str, language: Language) -> Response<Body> {
        match status::explained(response.headers(), path, self.limits.n_message_bytes, language) {
            Some(status) => refusal(status),
            None => response,
        }
    }
}

/// What stands behind the gate.
pub(crate) trait Inner: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static {}
impl<S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static> Inner for S {}

/// Puts the gate before a service.
#[derive(Clone)]
pub(crate) struct GateLayer(pub(crate) Arc<Gate>);

impl<S> Layer<S> for GateLayer {
    type Service = Gated<S>;

    fn layer(&self, inner: S) -> Gated<S> {
        Gated { inner, gate: Arc::clone(&self.0) }
    }
}

/// A service behind the gate.
#[derive(Clone)]
pub(crate) struct Gated<S> {
    inner: S,
    gate: Arc<Gate>,
}

impl<S: Inner> Service<Request<Body>> for Gated<S>
where
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // The service that was polled ready is the one that must be called; the clone takes its place.
        let clone = self.inner.clone();
        let ready = std::mem::replace(&mut self.inner, clone);
        let gate = Arc::clone(&self.gate);
        Box::pin(async move { Ok(gate.pass(ready, request).await) })
    }
}

fn refusal(status: Status) -> Response<Body> {
    status.into_http()
}

fn timed_out(limit: Duration, language: Language) -> Status {
    status::from_problem(Problem::new(Code::RequestTimeout).arg("limit", limit.as_secs_f64()), language)
}

/// Counts a panic and turns it into a status; what it said goes to the log only.
fn panicked(panic: &(dyn std::any::Any + Send), language: Language) -> Status {
    ::metrics::counter!(metrics::SERVICE_PANICS.name).increment(1);
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    status::internal(&text.unwrap_or("panic without a text"), language)
}
