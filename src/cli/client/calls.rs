//! The calls themselves: one method each, all pages of a list, all problems of a refusal. Commands and the demo use the same ones.

use crate::cli::client::connection::Connection;
use crate::cli::client::failure::Failure;
use crate::pb;

/// Result of a call.
pub type Result<T> = std::result::Result<T, Failure>;

/// Entries of one page when all are wanted.
const PAGE_SIZE: u32 = 1_000;

/// How many entries of a list are still wanted.
pub(super) struct Wanted(Option<usize>);

impl Wanted {
    /// `limit` entries; 0 for all.
    pub(super) fn new(limit: u32) -> Self {
        Self((limit > 0).then_some(limit as usize))
    }

    pub(super) fn page_size(&self, n_so_far: usize) -> u32 {
        let left = self.0.map_or(usize::MAX, |limit| limit.saturating_sub(n_so_far));
        u32::try_from(left).unwrap_or(u32::MAX).min(PAGE_SIZE)
    }

    pub(super) fn is_done(&self, n_so_far: usize, next_cursor: &str) -> bool {
        next_cursor.is_empty() || self.0.is_some_and(|limit| n_so_far >= limit)
    }
}

impl Connection {
    /// Registers organisations.
    pub async fn register_organisations(&self, request: pb::RegisterOrganisationsRequest) -> Result<pb::RegisterOrganisationsResponse> {
        let mut service = self.organisations();
        let refused = match service.register_organisations(request.clone()).await {
            Ok(answer) => return Ok(answer.into_inner()),
            Err(status) => Failure::of_act(&status, &request.request_id),
        };
        let check = pb::RegisterOrganisationsRequest { validate_only: true, ..request };
        Err(refused.complete(async { Ok(service.register_organisations(check).await?.into_inner().problems) }).await)
    }

    /// Registers reporting units.
    pub async fn register_units(&self, request: pb::RegisterUnitsRequest) -> Result<pb::RegisterUnitsResponse> {
        let mut service = self.units();
        let refused = match service.register_units(request.clone()).await {
            Ok(answer) => return Ok(answer.into_inner()),
            Err(status) => Failure::of_act(&status, &request.request_id),
        };
        let check = pb::RegisterUnitsRequest { validate_only: true, ..request };
        Err(refused.complete(async { Ok(service.register_units(check).await?.into_inner().problems) }).await)
    }

    /// Registers or previews a template.
    pub async fn register_template(&self, request: pb::RegisterTemplateRequest) -> Result<pb::RegisterTemplateResponse> {
        let mut service = self.templates();
        let refused = match service.register_template(request.clone()).await {
            Ok(answer) => return Ok(answer.into_inner()),
            Err(status) => Failure::of_act(&status, &request.request_id),
        };
        let check = pb::RegisterTemplateRequest { validate_only: true, ..request };
        Err(refused.complete(async { Ok(service.register_template(check).await?.into_inner().problems) }).await)
    }

    /// Submits figures.
    pub async fn submit(&self, request: pb::SubmitRequest) -> Result<pb::SubmitResponse> {
        let mut service = self.collection();
        let refused = match service.submit(request.clone()).await {
            Ok(answer) => return Ok(answer.into_inner()),
            Err(status) => Failure::of_act(&status, &request.request_id),
        };
        let check = pb::SubmitRequest { validate_only: true, ..request };
        Err(refused.complete(async { Ok(service.submit(check).await?.into_inner().problems) }).await)
    }

    /// Corrects figures.
    pub async fn correct(&self, request: pb::CorrectRequest) -> Result<pb::CorrectResponse> {
        let mut service = self.collection();
        let refused = match service.correct(request.clone()).await {
            Ok(answer) => return Ok(answer.into_inner()),
            Err(status) => Failure::of_act(&status, &request.request_id),
        };
        let check = pb::CorrectRequest { validate_only: true, ..request };
        Err(refused.complete(async { Ok(service.correct(check).await?.into_inner().problems) }).await)
    }

    /// Due dates of a unit in a year.
    pub async fn due_dates(&self, unit: &str, year: i32) -> Result<pb::ListDueDatesResponse> {
        let request = pb::ListDueDatesRequest { unit: unit.to_owned(), year };
        Ok(self.collection().list_due_dates(request).await?.into_inner())
    }

    /// The consolidated form of a unit and a due date.
    pub async fn consolidated_form(&self, unit: &str, due: &str) -> Result<pb::GetConsolidatedFormResponse> {
        let request = pb::GetConsolidatedFormRequest { unit: unit.to_owned(), due: due.to_owned() };
        Ok(self.collection().get_consolidated_form(request).await?.into_inner())
    }

    /// Receipts of a unit, newest first; 0 for all.
    pub async fn receipts(&self, unit: &str, limit: u32) -> Result<pb::ListReceiptsResponse> {
        let wanted = Wanted::new(limit);
        let mut all = pb::ListReceiptsResponse::default();
        loop {
            let page_size = wanted.page_size(all.receipts.len());
            let request = pb::ListReceiptsRequest { unit: unit.to_owned(), page_size, cursor: all.next_cursor.clone() };
            let page = self.collection().list_receipts(request).await?.into_inner();
            all.receipts.extend(page.receipts);
            all.next_cursor = page.next_cursor;
            if wanted.is_done(all.receipts.len(), &all.next_cursor) {
                return Ok(all);
            }
        }
    }

    /// Every version of a figure, oldest first.
    pub async fn versions(&self, unit: &str, element: &str, period: &str) -> Result<pb::ListObservationVersionsResponse> {
        let request = pb::ListObservationVersionsRequest { unit: unit.to_owned(), element: element.to_owned(), period: period.to_owned() };
        Ok(self.collection().list_observation_versions(request).await?.into_inner())
    }

    /// A form for many units and a period, the pieces of the stream put together.
    pub async fn extract_rows(&self, scope: pb::ExtractionScope) -> Result<pb::ExtractRowsResponse> {
        let mut stream = self.dataset().extract_rows(pb::ExtractRowsRequest { scope: Some(scope) }).await?.into_inner();
        let mut whole = pb::ExtractRowsResponse::default();
        while let Some(piece) = stream.message().await? {
            whole.columns.extend(piece.columns);
            whole.rows.extend(piece.rows);
            whole.missing += piece.missing;
        }
        Ok(whole)
    }

    /// A form for many units and a period as an Arrow IPC stream, handed on piece by piece.
    pub async fn extract_arrow(&self, scope: pb::ExtractionScope, mut take: impl FnMut(&[u8]) -> anyhow::Result<()>) -> Result<()> {
        let mut stream = self.dataset().extract_arrow(pb::ExtractArrowRequest { scope: Some(scope) }).await?.into_inner();
        while let Some(piece) = stream.message().await? {
            take(&piece.data)?;
        }
        Ok(())
    }

    /// The overlap report; 0 for all elements.
    pub async fn overlap_report(&self, year: i32, limit: u32) -> Result<pb::GetOverlapReportResponse> {
        let wanted = Wanted::new(limit);
        let mut all = pb::GetOverlapReportResponse::default();
        loop {
            let page_size = wanted.page_size(all.elements.len());
            let request = pb::GetOverlapReportRequest { year, page_size, cursor: all.next_cursor.clone() };
            let page = self.reports().get_overlap_report(request).await?.into_inner();
            all.elements.extend(page.elements);
            all.heat_map.extend(page.heat_map);
            all.next_cursor = page.next_cursor;
            if wanted.is_done(all.elements.len(), &all.next_cursor) {
                return Ok(all);
            }
        }
    }

    /// The burden report; 0 for all rows.
    pub async fn burden_report(&self, year: i32, breakdown: pb::BurdenBreakdown, limit: u32) -> Result<pb::GetBurdenReportResponse> {
        let wanted = Wanted::new(limit);
        let mut all = pb::GetBurdenReportResponse::default();
        loop {
            let page_size = wanted.page_size(all.rows.len());
            let request = pb::GetBurdenReportRequest { year, breakdown: breakdown.into(), page_size, cursor: all.next_cursor.clone() };
            let page = self.reports().get_burden_report(request).await?.into_inner();
            all.total = page.total;
            all.plan_digest = page.plan_digest;
            all.rows.extend(page.rows);
            all.next_cursor = page.next_cursor;
            if wanted.is_done(all.rows.len(), &all.next_cursor) {
                return Ok(all);
            }
        }
    }

    /// The verdict on each field of a form.
    pub async fn form_overlap(&self, form: &str) -> Result<pb::GetFormOverlapResponse> {
        Ok(self.overlaps().get_form_overlap(pb::GetFormOverlapRequest { form_id: form.to_owned() }).await?.into_inner())
    }

    /// Relations of these kinds, or of all kinds; 0 for all relations.
    pub async fn relations(&self, kinds: &[pb::RelationKind], limit: u32) -> Result<pb::ListRelationsResponse> {
        let wanted = Wanted::new(limit);
        let kinds: Vec<i32> = kinds.iter().map(|k| i32::from(*k)).collect();
        let mut all = pb::ListRelationsResponse::default();
        loop {
            let page_size = wanted.page_size(all.relations.len());
            let request = pb::ListRelationsRequest { kinds: kinds.clone(), page_size, cursor: all.next_cursor.clone() };
            let page = self.overlaps().list_relations(request).await?.into_inner();
            all.relations.extend(page.relations);
            all.next_cursor = page.next_cursor;
            if wanted.is_done(all.relations.len(), &all.next_cursor) {
                return Ok(all);
            }
        }
    }

    /// What the figures reported in a year say; 0 for all findings.
    pub async fn value_findings(&self, year: i32, limit: u32) -> Result<pb::ListValueFindingsResponse> {
        let wanted = Wanted::new(limit);
        let mut all = pb::ListValueFindingsResponse::default();
        loop {
            let page_size = wanted.page_size(all.findings.len());
            let request = pb::ListValueFindingsRequest { year, page_size, cursor: all.next_cursor.clone() };
            let page = self.overlaps().list_value_findings(request).await?.into_inner();
            all.findings.extend(page.findings);
            all.next_cursor = page.next_cursor;
            if wanted.is_done(all.findings.len(), &all.next_cursor) {
                return Ok(all);
            }
        }
    }

    /// One version of a form; 0 for the newest.
    pub async fn template(&self, form: &str, version: u32) -> Result<pb::GetTemplateResponse> {
        Ok(self.templates().get_template(pb::GetTemplateRequest { form_id: form.to_owned(), version }).await?.into_inner())
    }

    /// The newest version of each form the caller may see; 0 for all.
    pub async fn template_list(&self, limit: u32) -> Result<pb::ListTemplatesResponse> {
        let wanted = Wanted::new(limit);
        let mut all = pb::ListTemplatesResponse::default();
        loop {
            let page_size = wanted.page_size(all.templates.len());
            let request = pb::ListTemplatesRequest { page_size, cursor: all.next_cursor.clone() };
            let page = self.templates().list_templates(request).await?.into_inner();
            all.templates.extend(page.templates);
            all.next_cursor = page.next_cursor;
            if wanted.is_done(all.templates.len(), &all.next_cursor) {
                return Ok(all);
            }
        }
    }

    /// Units as they stand on a day, all that `request` asks for; 0 for all.
    pub async fn unit_list(&self, request: pb::ListUnitsRequest, limit: u32) -> Result<pb::ListUnitsResponse> {
        let wanted = Wanted::new(limit);
        let mut all = pb::ListUnitsResponse::default();
        loop {
            let page_size = wanted.page_size(all.units.len());
            let request = pb::ListUnitsRequest { page_size, cursor: all.next_cursor.clone(), ..request.clone() };
            let page = self.units().list_units(request).await?.into_inner();
            all.units.extend(page.units);
            all.next_cursor = page.next_cursor;
            if wanted.is_done(all.units.len(), &all.next_cursor) {
                return Ok(all);
            }
        }
    }

    /// Organisations by id; 0 for all.
    pub async fn organisation_list(&self, limit: u32) -> Result<pb::ListOrganisationsResponse> {
        let wanted = Wanted::new(limit);
        let mut all = pb::ListOrganisationsResponse::default();
        loop {
            let page_size = wanted.page_size(all.organisations.len());
            let request = pb::ListOrganisationsRequest { page_size, cursor: all.next_cursor.clone() };
            let page = self.organisations().list_organisations(request).await?.into_inner();
            all.organisations.extend(page.organisations);
            all.next_cursor = page.next_cursor;
            if wanted.is_done(all.organisations.len(), &all.next_cursor) {
                return Ok(all);
            }
        }
    }
}
