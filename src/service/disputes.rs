//! `DisputeService` over the use cases.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use crate::app::{App, Ending, Error, Result};
use crate::domain::caller::Caller;
use crate::domain::dispute::DisputeId;
use crate::pb;
use crate::pb::dispute_service_server::DisputeService;
use crate::service::call::Call;
use crate::service::convert::dispute::{dispute_to_pb, objection_from_pb};
use crate::service::convert::shared_values::page_from_pb;

/// The service.
pub(super) struct Disputes {
    app: Arc<App>,
}

impl Disputes {
    /// Makes the service.
    pub(super) fn new(app: Arc<App>) -> Self {
        Self { app }
    }
}

#[tonic::async_trait]
impl DisputeService for Disputes {
    async fn raise_dispute(
        &self,
        request: Request<pb::RaiseDisputeRequest>,
    ) -> std::result::Result<Response<pb::RaiseDisputeResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(raise(&self.app, &call.caller, message).await)
    }

    async fn reject_dispute(
        &self,
        request: Request<pb::RejectDisputeRequest>,
    ) -> std::result::Result<Response<pb::RejectDisputeResponse>, Status> {
        let (call, message) = Call::open(request)?;
        let ended = end(&self.app, &call.caller, &message.request_id, message.dispute, Ending::Reject, &message.note).await;
        call.answer(ended.map(|dispute| pb::RejectDisputeResponse { dispute: Some(dispute) }))
    }

    async fn withdraw_dispute(
        &self,
        request: Request<pb::WithdrawDisputeRequest>,
    ) -> std::result::Result<Response<pb::WithdrawDisputeResponse>, Status> {
        let (call, message) = Call::open(request)?;
        let ended = end(&self.app, &call.caller, &message.request_id, message.dispute, Ending::Withdraw, &message.note).await;
        call.answer(ended.map(|dispute| pb::WithdrawDisputeResponse { dispute: Some(dispute) }))
    }

    async fn get_dispute(&self, request: Request<pb::GetDisputeRequest>) -> std::result::Result<Response<pb::GetDisputeResponse>, Status> {
        let (call, message) = Call::open(request)?;
        let found = self.app.get_dispute(&call.caller, DisputeId(message.dispute)).await;
        call.answer(found.map(|dispute| pb::GetDisputeResponse { dispute: Some(dispute_to_pb(dispute)) }))
    }

    async fn list_disputes(
        &self,
        request: Request<pb::ListDisputesRequest>,
    ) -> std::result::Result<Response<pb::ListDisputesResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(list(&self.app, &call.caller, message).await)
    }
}

async fn raise(app: &App, caller: &Caller, message: pb::RaiseDisputeRequest) -> Result<pb::RaiseDisputeResponse> {
    let request_id = message.request_id.clone();
    let objection = objection_from_pb(message).map_err(Error::Refused)?;
    let dispute = app.raise_dispute(caller, &request_id, &objection).await?;
    Ok(pb::RaiseDisputeResponse { dispute: Some(dispute_to_pb(dispute)) })
}

async fn end(app: &App, caller: &Caller, request_id: &str, dispute: u64, ending: Ending, note: &str) -> Result<pb::Dispute> {
    Ok(dispute_to_pb(app.end_dispute(caller, request_id, DisputeId(dispute), ending, note).await?))
}

async fn list(app: &App, caller: &Caller, message: pb::ListDisputesRequest) -> Result<pb::ListDisputesResponse> {
    let page = app.list_disputes(caller, message.open, &page_from_pb(message.page_size, message.cursor)).await?;
    Ok(pb::ListDisputesResponse { disputes: page.entries.into_iter().map(dispute_to_pb).collect(), next_cursor: page.next_cursor })
}
