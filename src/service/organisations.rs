//! `OrganisationService` over the use cases.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use crate::app::{App, Error, Result};
use crate::domain::caller::Caller;
use crate::domain::problem::Code;
use crate::pb;
use crate::pb::organisation_service_server::OrganisationService;
use crate::service::call::Call;
use crate::service::convert::organisation::{organisation_to_pb, organisations_from_pb};
use crate::service::convert::problem::problems_to_pb;
use crate::service::convert::shared_values::page_from_pb;

/// The service.
pub(super) struct Organisations {
    app: Arc<App>,
}

impl Organisations {
    /// Makes the service.
    pub(super) fn new(app: Arc<App>) -> Self {
        Self { app }
    }
}

#[tonic::async_trait]
impl OrganisationService for Organisations {
    async fn register_organisations(
        &self,
        request: Request<pb::RegisterOrganisationsRequest>,
    ) -> std::result::Result<Response<pb::RegisterOrganisationsResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(register(&self.app, &call.caller, message).await)
    }

    async fn list_organisations(
        &self,
        request: Request<pb::ListOrganisationsRequest>,
    ) -> std::result::Result<Response<pb::ListOrganisationsResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(list(&self.app, &call.caller, message).await)
    }
}

async fn register(app: &App, caller: &Caller, message: pb::RegisterOrganisationsRequest) -> Result<pb::RegisterOrganisationsResponse> {
    let (organisations, mut problems) = organisations_from_pb(message.organisations);
    let is_whole = problems.is_empty();
    if is_whole && !message.validate_only {
        let registered = app.register_organisations(caller, &message.request_id, &organisations).await?;
        return Ok(pb::RegisterOrganisationsResponse { registered, problems: Vec::new() });
    }
    // Those that could be read are checked as well, so that all faults are told at once; that none is left is no fault of its own.
    let more = app.check_organisations(caller, &organisations).await?;
    problems.extend(more.into_iter().filter(|p| is_whole || p.code != Code::ListEmpty));
    if message.validate_only {
        return Ok(pb::RegisterOrganisationsResponse { registered: 0, problems: problems_to_pb(&problems) });
    }
    Err(Error::Refused(problems))
}

async fn list(app: &App, caller: &Caller, message: pb::ListOrganisationsRequest) -> Result<pb::ListOrganisationsResponse> {
    let page = app.list_organisations(caller, &page_from_pb(message.page_size, message.cursor)).await?;
    let organisations = page.entries.into_iter().map(organisation_to_pb).collect();
    Ok(pb::ListOrganisationsResponse { organisations, next_cursor: page.next_cursor })
}
