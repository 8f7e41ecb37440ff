//! `OverlapService` over the use cases.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use crate::app::{App, Result};
use crate::domain::caller::Caller;
use crate::domain::id::ElementId;
use crate::pb;
use crate::pb::overlap_service_server::OverlapService;
use crate::service::call::Call;
use crate::service::convert::at_part;
use crate::service::convert::overlap::{element_to_pb, field_overlap_to_pb, finding_to_pb, relation_kinds_from_pb, relation_to_pb};
use crate::service::convert::shared_values::{page_from_pb, year_from_pb};
use crate::service::convert::template::form_id_from_pb;
use crate::service::review;

/// The service.
pub(super) struct Overlap {
    app: Arc<App>,
}

impl Overlap {
    /// Makes the service.
    pub(super) fn new(app: Arc<App>) -> Self {
        Self { app }
    }
}

#[tonic::async_trait]
impl OverlapService for Overlap {
    async fn get_form_overlap(
        &self,
        request: Request<pb::GetFormOverlapRequest>,
    ) -> std::result::Result<Response<pb::GetFormOverlapResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(form_overlap(&self.app, &call.caller, message).await)
    }

    async fn get_element(&self, request: Request<pb::GetElementRequest>) -> std::result::Result<Response<pb::GetElementResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(element(&self.app, &call.caller, message))
    }

    async fn list_relations(
        &self,
        request: Request<pb::ListRelationsRequest>,
    ) -> std::result::Result<Response<pb::ListRelationsResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(relations(&self.app, &call.caller, message).await)
    }

    async fn list_value_findings(
        &self,
        request: Request<pb::ListValueFindingsRequest>,
    ) -> std::result::Result<Response<pb::ListValueFindingsResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(value_findings(&self.app, &call.caller, message).await)
    }

    async fn list_questions(
        &self,
        request: Request<pb::ListQuestionsRequest>,
    ) -> std::result::Result<Response<pb::ListQuestionsResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(review::list_questions(&self.app, &call.caller, message).await)
    }

    async fn get_question(
        &self,
        request: Request<pb::GetQuestionRequest>,
    ) -> std::result::Result<Response<pb::GetQuestionResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(review::get_question(&self.app, &call.caller, message).await)
    }

    async fn decide(&self, request: Request<pb::DecideRequest>) -> std::result::Result<Response<pb::DecideResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(review::decide(&self.app, &call.caller, message).await)
    }

    async fn undo_decision(
        &self,
        request: Request<pb::UndoDecisionRequest>,
    ) -> std::result::Result<Response<pb::UndoDecisionResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(review::undo_decision(&self.app, &call.caller, message).await)
    }

    async fn list_decisions(
        &self,
        request: Request<pb::ListDecisionsRequest>,
    ) -> std::result::Result<Response<pb::ListDecisionsResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(review::list_decisions(&self.app, &call.caller, message))
    }

    async fn list_disagreements(
        &self,
        request: Request<pb::ListDisagreementsRequest>,
    ) -> std::result::Result<Response<pb::ListDisagreementsResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(review::list_disagreements(&self.app, &call.caller, message))
    }

    async fn resolve_disagreement(
        &self,
        request: Request<pb::ResolveDisagreementRequest>,
    ) -> std::result::Result<Response<pb::ResolveDisagreementResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(review::resolve_disagreement(&self.app, &call.caller, message).await)
    }

    async fn list_figure_conflicts(
        &self,
        request: Request<pb::ListFigureConflictsRequest>,
    ) -> std::result::Result<Response<pb::ListFigureConflictsResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(review::list_figure_conflicts(&self.app, &call.caller, message).await)
    }

    async fn resolve_figure_conflict(
        &self,
        request: Request<pb::ResolveFigureConflictRequest>,
    ) -> std::result::Result<Response<pb::ResolveFigureConflictResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(review::resolve_figure_conflict(&self.app, &call.caller, message).await)
    }

    async fn preview_vocabulary(
        &self,
        request: Request<pb::PreviewVocabularyRequest>,
    ) -> std::result::Result<Response<pb::PreviewVocabularyResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(review::preview_vocabulary(&self.app, &call.caller, message).await)
    }

    async fn adopt_vocabulary(
        &self,
        request: Request<pb::AdoptVocabularyRequest>,
    ) -> std::result::Result<Response<pb::AdoptVocabularyResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(review::adopt_vocabulary(&self.app, &call.caller, message).await)
    }
}

async fn form_overlap(app: &App, caller: &Caller, message: pb::GetFormOverlapRequest) -> Result<pb::GetFormOverlapResponse> {
    let overlaps = app.get_form_overlap(caller, &form_id_from_pb(&message.form_id)?).await?;
    Ok(pb::GetFormOverlapResponse { fields: overlaps.into_iter().map(field_overlap_to_pb).collect() })
}

fn element(app: &App, caller: &Caller, message: pb::GetElementRequest) -> Result<pb::GetElementResponse> {
    let id = at_part(ElementId::parse(&message.element), "element")?;
    Ok(element_to_pb(app.get_element(caller, id)?))
}

async fn relations(app: &App, caller: &Caller, message: pb::ListRelationsRequest) -> Result<pb::ListRelationsResponse> {
    let kinds = relation_kinds_from_pb(&message.kinds)?;
    let page = app.list_relations(caller, &kinds, &page_from_pb(message.page_size, message.cursor)).await?;
    let relations = page.entries.into_iter().map(relation_to_pb).collect();
    Ok(pb::ListRelationsResponse { relations, next_cursor: page.next_cursor })
}

async fn value_findings(app: &App, caller: &Caller, message: pb::ListValueFindingsRequest) -> Result<pb::ListValueFindingsResponse> {
    let year = year_from_pb(message.year, app.clock().today())?;
    let page = app.list_value_findings(caller, year, &page_from_pb(message.page_size, message.cursor)).await?;
    let findings = page.entries.into_iter().map(finding_to_pb).collect();
    Ok(pb::ListValueFindingsResponse { findings, next_cursor: page.next_cursor })
}
