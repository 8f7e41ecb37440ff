//! `UnitService` over the use cases.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use crate::app::{App, Result};
use crate::domain::caller::Caller;
use crate::domain::unit::UnitCode;
use crate::pb;
use crate::pb::unit_service_server::UnitService;
use crate::service::call::Call;
use crate::service::convert::at_part;
use crate::service::convert::problem::problems_to_pb;
use crate::service::convert::shared_values::{date_from_pb, level_from_pb, optional, page_from_pb};
use crate::service::convert::unit::{unit_row_to_pb, unit_source_from_pb};

/// The service.
pub(super) struct Units {
    app: Arc<App>,
}

impl Units {
    /// Makes the service.
    pub(super) fn new(app: Arc<App>) -> Self {
        Self { app }
    }
}

#[tonic::async_trait]
impl UnitService for Units {
    async fn register_units(
        &self,
        request: Request<pb::RegisterUnitsRequest>,
    ) -> std::result::Result<Response<pb::RegisterUnitsResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(register(&self.app, &call.caller, message).await)
    }

    async fn list_units(&self, request: Request<pb::ListUnitsRequest>) -> std::result::Result<Response<pb::ListUnitsResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(list(&self.app, &call.caller, message))
    }
}

async fn register(app: &App, caller: &Caller, message: pb::RegisterUnitsRequest) -> Result<pb::RegisterUnitsResponse> {
    let source = unit_source_from_pb(message.source)?;
    let (registered, problems) = match message.validate_only {
        true => (0, app.check_units(caller, source).await?),
        false => app.register_units(caller, &message.request_id, source).await?,
    };
    Ok(pb::RegisterUnitsResponse { registered, problems: problems_to_pb(&problems) })
}

fn list(app: &App, caller: &Caller, message: pb::ListUnitsRequest) -> Result<pb::ListUnitsResponse> {
    let within = at_part(optional(&message.within, UnitCode::parse), "within")?;
    let level = match message.level {
        0 => None,
        level => Some(at_part(level_from_pb(level), "level")?),
    };
    let as_of = at_part(optional(&message.as_of, date_from_pb), "as_of")?;
    let page = app.list_units(caller, within.as_ref(), level, as_of, &page_from_pb(message.page_size, message.cursor))?;
    Ok(pb::ListUnitsResponse { units: page.entries.into_iter().map(unit_row_to_pb).collect(), next_cursor: page.next_cursor })
}
