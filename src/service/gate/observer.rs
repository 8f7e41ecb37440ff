//! Span and metrics of one call, from its head to the end of its answer.

use std::time::Instant;

use tonic::Code;
use tracing::{Span, field};

use crate::metrics;
use crate::service::methods::Method;

/// Observes one call; dropped without an end, the client left before the answer was whole.
pub(super) struct Observer {
    method: Method,
    span: Span,
    began: Instant,
    has_ended: bool,
}

impl Observer {
    /// Begins with the head of the request.
    pub(super) fn begin(method: &Method) -> Self {
        let span = tracing::info_span!("call", service = &*method.service, method = &*method.name, account = field::Empty);
        if !method.is_open {
            ::metrics::gauge!(metrics::SERVICE_CALLS_UNDER_WAY.name).increment(1);
        }
        Self { method: method.clone(), span, began: Instant::now(), has_ended: false }
    }

    /// The span in which the call is answered.
    pub(super) fn span(&self) -> &Span {
        &self.span
    }

    /// Ends with the code that the client hears; only the first end counts.
    pub(super) fn end(&mut self, code: Code) {
        if std::mem::replace(&mut self.has_ended, true) {
            return;
        }
        let seconds = self.began.elapsed().as_secs_f64();
        let (service, name) = (self.method.service.clone(), self.method.name.clone());
        let labels = [("service", service.clone()), ("method", name.clone()), ("code", code_name(code).into())];
        ::metrics::counter!(metrics::SERVICE_CALLS.name, &labels).increment(1);
        if self.method.is_open {
            // Health is watched for hours; its time says nothing.
            return;
        }
        ::metrics::gauge!(metrics::SERVICE_CALLS_UNDER_WAY.name).decrement(1);
        ::metrics::histogram!(metrics::SERVICE_CALL.name, &[("service", service), ("method", name)]).record(seconds);
        let _entered = self.span.enter();
        match code {
            Code::Ok => tracing::debug!(seconds, "answered"),
            refused => tracing::info!(seconds, code = code_name(refused), "refused"),
        }
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.end(Code::Cancelled);
    }
}

/// The name of a code as the gRPC specification spells it.
fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
