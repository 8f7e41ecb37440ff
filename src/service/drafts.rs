//! `DraftService` over the use cases.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use crate::app::{App, Error, Result};
use crate::domain::caller::Caller;
use crate::pb;
use crate::pb::draft_service_server::DraftService;
use crate::service::call::Call;
use crate::service::convert::collection::unit_from_pb;
use crate::service::convert::draft::{draft_from_pb, draft_place_from_pb, draft_to_pb};

/// The service.
pub(super) struct Drafts {
    app: Arc<App>,
}

impl Drafts {
    /// Makes the service.
    pub(super) fn new(app: Arc<App>) -> Self {
        Self { app }
    }
}

#[tonic::async_trait]
impl DraftService for Drafts {
    async fn save_draft(&self, request: Request<pb::SaveDraftRequest>) -> std::result::Result<Response<pb::SaveDraftResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(save(&self.app, &call.caller, message).await)
    }

    async fn get_draft(&self, request: Request<pb::GetDraftRequest>) -> std::result::Result<Response<pb::GetDraftResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(get(&self.app, &call.caller, message).await)
    }

    async fn list_drafts(&self, request: Request<pb::ListDraftsRequest>) -> std::result::Result<Response<pb::ListDraftsResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(list(&self.app, &call.caller, message).await)
    }

    async fn discard_draft(
        &self,
        request: Request<pb::DiscardDraftRequest>,
    ) -> std::result::Result<Response<pb::DiscardDraftResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(discard(&self.app, &call.caller, message).await)
    }
}

async fn save(app: &App, caller: &Caller, message: pb::SaveDraftRequest) -> Result<pb::SaveDraftResponse> {
    let draft = app.save_draft(caller, &draft_from_pb(message).map_err(Error::Refused)?).await?;
    Ok(pb::SaveDraftResponse { version: draft.version, saved_at: draft.saved_at.to_string() })
}

async fn get(app: &App, caller: &Caller, message: pb::GetDraftRequest) -> Result<pb::GetDraftResponse> {
    let (unit, due) = draft_place_from_pb(&message.unit, &message.due).map_err(Error::Refused)?;
    Ok(pb::GetDraftResponse { draft: Some(draft_to_pb(app.get_draft(caller, &unit, due).await?)) })
}

async fn list(app: &App, caller: &Caller, message: pb::ListDraftsRequest) -> Result<pb::ListDraftsResponse> {
    let drafts = app.list_drafts(caller, &unit_from_pb(&message.unit)?).await?;
    Ok(pb::ListDraftsResponse { drafts: drafts.into_iter().map(draft_to_pb).collect() })
}

async fn discard(app: &App, caller: &Caller, message: pb::DiscardDraftRequest) -> Result<pb::DiscardDraftResponse> {
    let (unit, due) = draft_place_from_pb(&message.unit, &message.due).map_err(Error::Refused)?;
    app.discard_draft(caller, &unit, due, message.version).await?;
    Ok(pb::DiscardDraftResponse {})
}
