//! The reviewer's calls: one method each, all pages of a list, all problems of a refusal.

use crate::cli::client::calls::{Result, Wanted};
use crate::cli::client::connection::Connection;
use crate::cli::client::failure::Failure;
use crate::pb;

/// Questions of one page: each comes with both fields as they are printed.
const MAX_QUESTIONS: u32 = 200;

impl Connection {
    /// The reviewer's queue; 0 for all of it.
    pub async fn questions(&self, limit: u32) -> Result<pb::ListQuestionsResponse> {
        let wanted = Wanted::new(limit);
        let mut all = pb::ListQuestionsResponse::default();
        loop {
            let page_size = wanted.page_size(all.questions.len()).min(MAX_QUESTIONS);
            let request = pb::ListQuestionsRequest { page_size, cursor: all.next_cursor.clone() };
            let page = self.overlaps().list_questions(request).await?.into_inner();
            all.questions.extend(page.questions);
            all.next_cursor = page.next_cursor;
            if wanted.is_done(all.questions.len(), &all.next_cursor) {
                return Ok(all);
            }
        }
    }

    /// Answers a question, or says what that would do.
    pub async fn decide(&self, request: pb::DecideRequest) -> Result<pb::DecideResponse> {
        let mut service = self.overlaps();
        let refused = match service.decide(request.clone()).await {
            Ok(answer) => return Ok(answer.into_inner()),
            Err(status) => Failure::of_act(&status, &request.request_id),
        };
        let check = pb::DecideRequest { validate_only: true, ..request };
        Err(refused.complete(async { Ok(service.decide(check).await?.into_inner().problems) }).await)
    }

    /// Takes a decision back, or says what that would do.
    pub async fn undo_decision(&self, request: pb::UndoDecisionRequest) -> Result<pb::UndoDecisionResponse> {
        let mut service = self.overlaps();
        let refused = match service.undo_decision(request.clone()).await {
            Ok(answer) => return Ok(answer.into_inner()),
            Err(status) => Failure::of_act(&status, &request.request_id),
        };
        let check = pb::UndoDecisionRequest { validate_only: true, ..request };
        Err(refused.complete(async { Ok(service.undo_decision(check).await?.into_inner().problems) }).await)
    }

    /// Decisions, the newest first; 0 for all.
    pub async fn decisions(&self, limit: u32) -> Result<pb::ListDecisionsResponse> {
        let wanted = Wanted::new(limit);
        let mut all = pb::ListDecisionsResponse::default();
        loop {
            let page_size = wanted.page_size(all.decisions.len());
            let request = pb::ListDecisionsRequest { page_size, cursor: all.next_cursor.clone() };
            let page = self.overlaps().list_decisions(request).await?.into_inner();
            all.decisions.extend(page.decisions);
            all.next_cursor = page.next_cursor;
            if wanted.is_done(all.decisions.len(), &all.next_cursor) {
                return Ok(all);
            }
        }
    }

    /// Disagreements that wait.
    pub async fn disagreements(&self) -> Result<pb::ListDisagreementsResponse> {
        Ok(self.overlaps().list_disagreements(pb::ListDisagreementsRequest {}).await?.into_inner())
    }

    /// Ends a disagreement.
    pub async fn resolve_disagreement(&self, request: pb::ResolveDisagreementRequest) -> Result<pb::ResolveDisagreementResponse> {
        match self.overlaps().resolve_disagreement(request.clone()).await {
            Ok(answer) => Ok(answer.into_inner()),
            Err(status) => Err(Failure::of_act(&status, &request.request_id)),
        }
    }

    /// Figures that differ; 0 for all.
    pub async fn figure_conflicts(&self, with_resolved: bool, limit: u32) -> Result<pb::ListFigureConflictsResponse> {
        let wanted = Wanted::new(limit);
        let mut all = pb::ListFigureConflictsResponse::default();
        loop {
            let page_size = wanted.page_size(all.conflicts.len());
            let request = pb::ListFigureConflictsRequest { with_resolved, page_size, cursor: all.next_cursor.clone() };
            let page = self.overlaps().list_figure_conflicts(request).await?.into_inner();
            all.conflicts.extend(page.conflicts);
            all.next_cursor = page.next_cursor;
            if wanted.is_done(all.conflicts.len(), &all.next_cursor) {
                return Ok(all);
            }
        }
    }

    /// Chooses which of two figures stands.
    pub async fn resolve_figure_conflict(&self, request: pb::ResolveFigureConflictRequest) -> Result<()> {
        match self.overlaps().resolve_figure_conflict(request.clone()).await {
            Ok(_) => Ok(()),
            Err(status) => Err(Failure::of_act(&status, &request.request_id)),
        }
    }
}
