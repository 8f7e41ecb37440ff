//! One call: who makes it and in which language it is answered.

use tonic::{Request, Response, Status};

use crate::app;
use crate::domain::caller::Caller;
use crate::domain::message::Language;
use crate::domain::problem::{Code, Problem};
use crate::service::status;

/// A call that passed the gate.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Who calls.
    pub(crate) caller: Caller,
    language: Language,
}

impl Call {
    /// Takes the caller that the gate found and the message; without a caller nothing is answered.
    pub(crate) fn open<T>(mut request: Request<T>) -> Result<(Self, T), Status> {
        let language = request.extensions().get::<Language>().copied().unwrap_or_default();
        match request.extensions_mut().remove::<Caller>() {
            Some(caller) => Ok((Self { caller, language }, request.into_inner())),
            None => Err(status::from_problem(Problem::new(Code::CallerUnknown), language)),
        }
    }

    /// Turns what a use case says into what the client hears.
    pub(crate) fn answer<T>(&self, answer: app::Result<T>) -> Result<Response<T>, Status> {
        answer.map(Response::new).map_err(|error| self.refusal(error))
    }

    /// The status of a use case that did not succeed.
    pub(crate) fn refusal(&self, error: app::Error) -> Status {
        status::from_error(error, self.language)
    }
}
