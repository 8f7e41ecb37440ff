//! `CollectionService` over the use cases.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use crate::app::{App, Error, Result};
use crate::domain::caller::Caller;
use crate::pb;
use crate::pb::collection_service_server::CollectionService;
use crate::service::call::Call;
use crate::service::convert::collection::{
    consolidated_form_to_pb, correction_from_pb, due_date_to_pb, due_from_pb, observation_key_from_pb, observation_version_to_pb,
    receipt_id_from_pb, receipt_to_pb, submission_from_pb, unit_from_pb,
};
use crate::service::convert::problem::problems_to_pb;
use crate::service::convert::shared_values::{page_from_pb, year_from_pb};

/// The service.
pub(super) struct Collection {
    app: Arc<App>,
}

impl Collection {
    /// Makes the service.
    pub(super) fn new(app: Arc<App>) -> Self {
        Self { app }
    }
}

#[tonic::async_trait]
impl CollectionService for Collection {
    async fn list_due_dates(
        &self,
        request: Request<pb::ListDueDatesRequest>,
    ) -> std::result::Result<Response<pb::ListDueDatesResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(due_dates(&self.app, &call.caller, message).await)
    }

    async fn get_consolidated_form(
        &self,
        request: Request<pb::GetConsolidatedFormRequest>,
    ) -> std::result::Result<Response<pb::GetConsolidatedFormResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(consolidated_form(&self.app, &call.caller, message).await)
    }

    async fn submit(&self, request: Request<pb::SubmitRequest>) -> std::result::Result<Response<pb::SubmitResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(submit(&self.app, &call.caller, message).await)
    }

    async fn correct(&self, request: Request<pb::CorrectRequest>) -> std::result::Result<Response<pb::CorrectResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(correct(&self.app, &call.caller, message).await)
    }

    async fn get_receipt(&self, request: Request<pb::GetReceiptRequest>) -> std::result::Result<Response<pb::GetReceiptResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(receipt(&self.app, &call.caller, message).await)
    }

    async fn list_receipts(
        &self,
        request: Request<pb::ListReceiptsRequest>,
    ) -> std::result::Result<Response<pb::ListReceiptsResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(receipts(&self.app, &call.caller, message).await)
    }

    async fn list_observation_versions(
        &self,
        request: Request<pb::ListObservationVersionsRequest>,
    ) -> std::result::Result<Response<pb::ListObservationVersionsResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(versions(&self.app, &call.caller, message).await)
    }
}

async fn due_dates(app: &App, caller: &Caller, message: pb::ListDueDatesRequest) -> Result<pb::ListDueDatesResponse> {
    let unit = unit_from_pb(&message.unit)?;
    let year = year_from_pb(message.year, app.clock().today())?;
    let due_dates = app.list_due_dates(caller, &unit, year).await?;
    Ok(pb::ListDueDatesResponse { due_dates: due_dates.into_iter().map(due_date_to_pb).collect() })
}

async fn consolidated_form(app: &App, caller: &Caller, message: pb::GetConsolidatedFormRequest) -> Result<pb::GetConsolidatedFormResponse> {
    let unit = unit_from_pb(&message.unit)?;
    let due = due_from_pb(&message.due)?;
    Ok(consolidated_form_to_pb(app.get_consolidated_form(caller, &unit, due).await?))
}

async fn submit(app: &App, caller: &Caller, message: pb::SubmitRequest) -> Result<pb::SubmitResponse> {
    let (request_id, validate_only) = (message.request_id.clone(), message.validate_only);
    let submission = match submission_from_pb(message) {
        Ok(submission) => submission,
        Err(problems) if validate_only => return Ok(pb::SubmitResponse { receipt: None, problems: problems_to_pb(&problems) }),
        Err(problems) => return Err(Error::Refused(problems)),
    };
    if validate_only {
        let problems = app.check_submission(caller, &submission).await?;
        return Ok(pb::SubmitResponse { receipt: None, problems: problems_to_pb(&problems) });
    }
    let told = app.submit_and_tell(caller, &request_id, &submission).await?;
    Ok(pb::SubmitResponse { receipt: Some(receipt_to_pb(told.done)), problems: problems_to_pb(&told.warnings) })
}

async fn correct(app: &App, caller: &Caller, message: pb::CorrectRequest) -> Result<pb::CorrectResponse> {
    let (request_id, validate_only) = (message.request_id.clone(), message.validate_only);
    let correction = match correction_from_pb(message) {
        Ok(correction) => correction,
        Err(problems) if validate_only => return Ok(pb::CorrectResponse { receipt: None, problems: problems_to_pb(&problems) }),
        Err(problems) => return Err(Error::Refused(problems)),
    };
    if validate_only {
        let problems = app.check_correction(caller, &correction).await?;
        return Ok(pb::CorrectResponse { receipt: None, problems: problems_to_pb(&problems) });
    }
    let told = app.correct(caller, &request_id, &correction).await?;
    Ok(pb::CorrectResponse { receipt: Some(receipt_to_pb(told.done)), problems: problems_to_pb(&told.warnings) })
}

async fn receipt(app: &App, caller: &Caller, message: pb::GetReceiptRequest) -> Result<pb::GetReceiptResponse> {
    let receipt = app.get_receipt(caller, &receipt_id_from_pb(&message.receipt)?).await?;
    Ok(pb::GetReceiptResponse { receipt: Some(receipt_to_pb(receipt)) })
}

async fn receipts(app: &App, caller: &Caller, message: pb::ListReceiptsRequest) -> Result<pb::ListReceiptsResponse> {
    let unit = unit_from_pb(&message.unit)?;
    let page = app.list_receipts(caller, &unit, &page_from_pb(message.page_size, message.cursor)).await?;
    Ok(pb::ListReceiptsResponse { receipts: page.entries.into_iter().map(receipt_to_pb).collect(), next_cursor: page.next_cursor })
}

async fn versions(app: &App, caller: &Caller, message: pb::ListObservationVersionsRequest) -> Result<pb::ListObservationVersionsResponse> {
    let key = observation_key_from_pb(&message).map_err(Error::Refused)?;
    let versions = app.list_observation_versions(caller, &key).await?;
    Ok(pb::ListObservationVersionsResponse { versions: versions.into_iter().map(observation_version_to_pb).collect() })
}
