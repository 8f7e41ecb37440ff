//! The body of an answer under observation: it keeps the call's slot until it ends, survives panics and does not wait for ever.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep};
use tonic::body::Body;
use tonic::{Code, Status};

use crate::domain::message::Language;
use crate::service::gate::observer::Observer;
use crate::service::gate::{headers, panicked, timed_out};

/// The body of an answer.
pub(super) struct ObservedBody {
    inner: Option<Body>,
    observer: Observer,
    /// The code, once head or trailers told it.
    code: Option<Code>,
    slot: Option<OwnedSemaphorePermit>,
    /// Runs out when the next piece takes too long.
    time_left: Option<(Pin<Box<Sleep>>, Duration)>,
    language: Language,
}

impl ObservedBody {
    /// Observes a body; `code` is what the head already told, `time_limit` the longest time to wait for one piece.
    pub(super) fn new(
        inner: Body,
        observer: Observer,
        code: Option<Code>,
        slot: Option<OwnedSemaphorePermit>,
        time_limit: Option<Duration>,
        language: Language,
    ) -> Self {
        let time_left = time_limit.map(|limit| (Box::pin(tokio::time::sleep(limit)), limit));
        let mut body = Self { inner: Some(inner), observer, code, slot, time_left, language };
        if body.inner.as_ref().is_some_and(HttpBody::is_end_stream) {
            body.end();
        }
        body
    }

    fn end(&mut self) {
        self.inner = None;
        self.slot = None;
        self.time_left = None;
        self.observer.end(self.code.unwrap_or(Code::Unknown));
    }

    /// Ends the answer with a status of our own.
    fn end_with(&mut self, status: &Status) -> Frame<Bytes> {
        self.code = Some(status.code());
        self.end();
        let mut trailers = HeaderMap::new();
        // A status of ours is always a valid header; without it the client hears of a broken stream, which is true as well.
        let _ = status.add_header(&mut trailers);
        Frame::trailers(trailers)
    }

    fn poll_inner(&mut self, context: &mut Context<'_>) -> std::thread::Result<PolledFrame> {
        let Some(inner) = self.inner.as_mut() else { return Ok(Poll::Ready(None)) };
        let span = self.observer.span().clone();
        span.in_scope(|| std::panic::catch_unwind(AssertUnwindSafe(|| Pin::new(inner).poll_frame(context))))
    }
}

/// What polling a body for its next frame answers.
type PolledFrame = Poll<Option<Result<Frame<Bytes>, Status>>>;

impl HttpBody for ObservedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.inner.is_none() {
            return Poll::Ready(None);
        }
        match self.poll_inner(context) {
            Err(panic) => {
                let status = panicked(panic.as_ref(), self.language);
                Poll::Ready(Some(Ok(self.end_with(&status))))
            }
            Ok(Poll::Ready(Some(Ok(frame)))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    self.code = headers::grpc_code(trailers).or(self.code);
                    self.end();
                } else if let Some((sleep, limit)) = &mut self.time_left {
                    let next = Instant::now() + *limit;
                    sleep.as_mut().reset(next);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Ok(Poll::Ready(end)) => {
                self.end();
                Poll::Ready(end)
            }
            Ok(Poll::Pending) => {
                let Some((sleep, limit)) = &mut self.time_left else { return Poll::Pending };
                if sleep.poll_unpin(context).is_pending() {
                    return Poll::Pending;
                }
                let status = timed_out(*limit, self.language);
                Poll::Ready(Some(Ok(self.end_with(&status))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}
