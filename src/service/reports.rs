//! `ReportService` over the use cases.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use crate::app::{App, Result};
use crate::domain::caller::Caller;
use crate::pb;
use crate::pb::report_service_server::ReportService;
use crate::service::call::Call;
use crate::service::convert::report::{breakdown_from_pb, burden_report_to_pb, overlap_report_to_pb};
use crate::service::convert::shared_values::{page_from_pb, year_from_pb};

/// The service.
pub(super) struct Reports {
    app: Arc<App>,
}

impl Reports {
    /// Makes the service.
    pub(super) fn new(app: Arc<App>) -> Self {
        Self { app }
    }
}

#[tonic::async_trait]
impl ReportService for Reports {
    async fn get_overlap_report(
        &self,
        request: Request<pb::GetOverlapReportRequest>,
    ) -> std::result::Result<Response<pb::GetOverlapReportResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(overlap_report(&self.app, &call.caller, message).await)
    }

    async fn get_burden_report(
        &self,
        request: Request<pb::GetBurdenReportRequest>,
    ) -> std::result::Result<Response<pb::GetBurdenReportResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(burden_report(&self.app, &call.caller, message).await)
    }
}

async fn overlap_report(app: &App, caller: &Caller, message: pb::GetOverlapReportRequest) -> Result<pb::GetOverlapReportResponse> {
    let year = year_from_pb(message.year, app.clock().today())?;
    let page = page_from_pb(message.page_size, message.cursor);
    Ok(overlap_report_to_pb(app.report_overlap(caller, year, &page).await?))
}

async fn burden_report(app: &App, caller: &Caller, message: pb::GetBurdenReportRequest) -> Result<pb::GetBurdenReportResponse> {
    let year = year_from_pb(message.year, app.clock().today())?;
    let breakdown = breakdown_from_pb(message.breakdown)?;
    let page = page_from_pb(message.page_size, message.cursor);
    Ok(burden_report_to_pb(app.report_burden(caller, year, breakdown, &page).await?))
}
