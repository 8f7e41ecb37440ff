//! `DatasetService` over the use cases: answers come slice by slice, computed when the client is ready to take more, so that a province's form
//! never stands in memory as a whole.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;

use futures::{Stream, StreamExt, stream};
use tonic::{Request, Response, Status};

use crate::app::{App, Error, ExtractionHead, Result};
use crate::dataset::extraction::{Extracted, IpcChunks, to_rows};
use crate::pb;
use crate::pb::dataset_service_server::DatasetService;
use crate::service::call::Call;
use crate::service::convert::dataset::{column_to_pb, row_to_pb, scope_from_pb};

/// Most figures of one message, so that it stays well below what clients take (4 MiB by default).
const FIGURES_PER_MESSAGE: usize = 50_000;

type Answers<T> = Pin<Box<dyn Stream<Item = std::result::Result<T, Status>> + Send>>;

/// The service.
pub(super) struct Dataset {
    app: Arc<App>,
}

impl Dataset {
    /// Makes the service.
    pub(super) fn new(app: Arc<App>) -> Self {
        Self { app }
    }

    /// Grants the extraction and begins to walk its slices.
    async fn slices(&self, call: &Call, scope: Option<pb::ExtractionScope>) -> Result<Slices> {
        let scope = scope_from_pb(scope).map_err(Error::Refused)?;
        let head = self.app.begin_extraction(&call.caller, &scope.form, scope.period, scope.within.as_ref()).await?;
        // An extraction of no units has one slice without rows, which still has the columns.
        let n_slices = head.n_slices().max(1);
        Ok(Slices { app: Arc::clone(&self.app), head, next: 0, n_slices })
    }
}

#[tonic::async_trait]
impl DatasetService for Dataset {
    type ExtractRowsStream = Answers<pb::ExtractRowsResponse>;
    type ExtractArrowStream = Answers<pb::ExtractArrowResponse>;

    async fn extract_rows(
        &self,
        request: Request<pb::ExtractRowsRequest>,
    ) -> std::result::Result<Response<Self::ExtractRowsStream>, Status> {
        let (call, message) = Call::open(request)?;
        let slices = self.slices(&call, message.scope).await.map_err(|e| call.refusal(e))?;
        Ok(Response::new(messages(call, RowMessages { slices, n_missing: 0 })))
    }

    async fn extract_arrow(
        &self,
        request: Request<pb::ExtractArrowRequest>,
    ) -> std::result::Result<Response<Self::ExtractArrowStream>, Status> {
        let (call, message) = Call::open(request)?;
        let slices = self.slices(&call, message.scope).await.map_err(|e| call.refusal(e))?;
        Ok(Response::new(messages(call, ArrowMessages { slices, chunks: None })))
    }
}

/// The slices of an extraction, computed one at a time.
struct Slices {
    app: Arc<App>,
    head: ExtractionHead,
    next: usize,
    n_slices: usize,
}

impl Slices {
    async fn next(&mut self) -> Result<Option<Extracted>> {
        if self.next == self.n_slices {
            return Ok(None);
        }
        let extracted = self.app.extract_slice(&self.head, self.next).await?;
        self.next += 1;
        Ok(Some(extracted))
    }

    fn is_last(&self) -> bool {
        self.next == self.n_slices
    }
}

/// Makes messages out of slices.
trait Messages: Send + 'static {
    type Message: Send;
    /// The messages of the next slice; `None` after the last.
    fn next(&mut self) -> impl Future<Output = Result<Option<VecDeque<Self::Message>>>> + Send;
}

/// Streams messages; the next slice is computed when the client took all messages of the one before. An error ends the stream.
fn messages<M: Messages>(call: Call, source: M) -> Answers<M::Message> {
    struct State<M: Messages> {
        source: Option<M>,
        ready: VecDeque<M::Message>,
        call: Call,
    }
    let state = State { source: Some(source), ready: VecDeque::new(), call };
    let stream = stream::unfold(state, |mut state| async move {
        loop {
            if let Some(message) = state.ready.pop_front() {
                return Some((Ok(message), state));
            }
            match state.source.as_mut()?.next().await {
                Ok(Some(messages)) => state.ready = messages,
                Ok(None) => return None,
                Err(error) => {
                    state.source = None;
                    return Some((Err(state.call.refusal(error)), state));
                }
            }
        }
    });
    stream.boxed()
}

struct RowMessages {
    slices: Slices,
    n_missing: u64,
}

impl Messages for RowMessages {
    type Message = pb::ExtractRowsResponse;

    async fn next(&mut self) -> Result<Option<VecDeque<pb::ExtractRowsResponse>>> {
        let is_first = self.slices.next == 0;
        let Some(extracted) = self.slices.next().await? else { return Ok(None) };
        self.n_missing += extracted.n_missing;
        let head = &self.slices.head;
        let rows_per_message = (FIGURES_PER_MESSAGE / head.columns.len().max(1)).max(1);
        let mut messages: VecDeque<pb::ExtractRowsResponse> = VecDeque::from([pb::ExtractRowsResponse::default()]);
        for (unit, period, figures) in to_rows(&extracted) {
            if messages.back().is_none_or(|last| last.rows.len() == rows_per_message) {
                messages.push_back(pb::ExtractRowsResponse::default());
            }
            let row = row_to_pb(&unit, head.unit_name(&unit), period, figures);
            if let Some(last) = messages.back_mut() {
                last.rows.push(row);
            }
        }
        if let Some(first) = messages.front_mut().filter(|_| is_first) {
            let fields = &head.form.template.fields;
            first.columns = head.columns.iter().zip(fields).map(|(column, field)| column_to_pb(column, &field.unit)).collect();
        }
        if let Some(last) = messages.back_mut().filter(|_| self.slices.is_last()) {
            last.missing = self.n_missing;
        }
        Ok(Some(messages))
    }
}

struct ArrowMessages {
    slices: Slices,
    /// The one stream that all slices go into, from the first slice on.
    chunks: Option<IpcChunks>,
}

impl Messages for ArrowMessages {
    type Message = pb::ExtractArrowResponse;

    async fn next(&mut self) -> Result<Option<VecDeque<pb::ExtractArrowResponse>>> {
        let Some(extracted) = self.slices.next().await? else { return Ok(None) };
        let mut chunks = match self.chunks.take() {
            Some(chunks) => chunks,
            None => IpcChunks::new(&extracted.schema)?,
        };
        let mut pieces: Vec<Vec<u8>> = Vec::new();
        for batch in &extracted.batches {
            pieces.extend(chunks.push(batch)?);
        }
        if self.slices.is_last() {
            pieces.extend(chunks.finish()?);
        } else {
            self.chunks = Some(chunks);
        }
        Ok(Some(pieces.into_iter().map(|data| pb::ExtractArrowResponse { data }).collect()))
    }
}
