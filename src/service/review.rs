//! The reviewer's calls of `OverlapService`: questions, decisions, disagreements and conflicts of figures.

use crate::app::{App, ConflictChoice, Resolution, Result, Undoing};
use crate::domain::caller::Caller;
use crate::domain::decision::DecisionId;
use crate::pb;
use crate::service::convert::problem::problems_to_pb;
use crate::service::convert::review::{
    answer_from_pb, conflict_to_pb, decision_to_pb, disagreement_to_pb, effects_to_pb, named_field_from_pb, question_to_pb,
    reread_field_to_pb, vocabulary_effects_to_pb,
};
use crate::service::convert::shared_values::page_from_pb;

/// Answers `ListQuestions`.
pub(super) async fn list_questions(app: &App, caller: &Caller, message: pb::ListQuestionsRequest) -> Result<pb::ListQuestionsResponse> {
    let page = app.list_questions(caller, &page_from_pb(message.page_size, message.cursor)).await?;
    let questions = page.entries.into_iter().map(question_to_pb).collect();
    Ok(pb::ListQuestionsResponse { questions, next_cursor: page.next_cursor })
}

/// Answers `GetQuestion`.
pub(super) async fn get_question(app: &App, caller: &Caller, message: pb::GetQuestionRequest) -> Result<pb::GetQuestionResponse> {
    let (a, b) = (named_field_from_pb(message.a, "a")?, named_field_from_pb(message.b, "b")?);
    let question = app.get_question(caller, &a, &b).await?;
    Ok(pb::GetQuestionResponse { question: Some(question_to_pb(question)) })
}

/// Answers `Decide`.
pub(super) async fn decide(app: &App, caller: &Caller, message: pb::DecideRequest) -> Result<pb::DecideResponse> {
    let (request_id, validate_only) = (message.request_id.clone(), message.validate_only);
    let answer = answer_from_pb(message)?;
    let (decided, problems) = match validate_only {
        true => app.preview_decision(caller, &answer).await?,
        false => (Some(app.decide(caller, &request_id, &answer).await?), Vec::new()),
    };
    let problems = problems_to_pb(&problems);
    Ok(match decided {
        Some(decided) => pb::DecideResponse {
            decision: decided.decision.0,
            is_disputed: decided.is_disputed,
            effects: Some(effects_to_pb(&decided.effects)),
            problems,
        },
        None => pb::DecideResponse { problems, ..Default::default() },
    })
}

/// Answers `UndoDecision`.
pub(super) async fn undo_decision(app: &App, caller: &Caller, message: pb::UndoDecisionRequest) -> Result<pb::UndoDecisionResponse> {
    let undoing = Undoing { decision: DecisionId(message.decision), note: message.note };
    let (effects, problems) = match message.validate_only {
        true => app.preview_undo(caller, &undoing).await?,
        false => (Some(app.undo_decision(caller, &message.request_id, &undoing).await?), Vec::new()),
    };
    Ok(pb::UndoDecisionResponse { effects: effects.as_ref().map(effects_to_pb), problems: problems_to_pb(&problems) })
}

/// Answers `ListDecisions`.
pub(super) fn list_decisions(app: &App, caller: &Caller, message: pb::ListDecisionsRequest) -> Result<pb::ListDecisionsResponse> {
    let page = app.list_decisions(caller, &page_from_pb(message.page_size, message.cursor))?;
    Ok(pb::ListDecisionsResponse { decisions: page.entries.into_iter().map(decision_to_pb).collect(), next_cursor: page.next_cursor })
}

/// Answers `ListDisagreements`.
pub(super) fn list_disagreements(app: &App, caller: &Caller, _: pb::ListDisagreementsRequest) -> Result<pb::ListDisagreementsResponse> {
    let found = app.list_disagreements(caller)?;
    Ok(pb::ListDisagreementsResponse { disagreements: found.iter().map(|d| disagreement_to_pb(app, d)).collect() })
}

/// Answers `ResolveDisagreement`.
pub(super) async fn resolve_disagreement(
    app: &App,
    caller: &Caller,
    message: pb::ResolveDisagreementRequest,
) -> Result<pb::ResolveDisagreementResponse> {
    let resolution = Resolution { decision: DecisionId(message.decision), upholds: message.upholds, note: message.note };
    let effects = app.resolve_disagreement(caller, &message.request_id, &resolution).await?;
    Ok(pb::ResolveDisagreementResponse { effects: Some(effects_to_pb(&effects)) })
}

/// Answers `ListFigureConflicts`.
pub(super) async fn list_figure_conflicts(
    app: &App,
    caller: &Caller,
    message: pb::ListFigureConflictsRequest,
) -> Result<pb::ListFigureConflictsResponse> {
    let page = page_from_pb(message.page_size, message.cursor);
    let found = app.list_figure_conflicts(caller, message.with_resolved, &page).await?;
    let conflicts = found.entries.into_iter().map(|c| conflict_to_pb(app, c)).collect();
    Ok(pb::ListFigureConflictsResponse { conflicts, next_cursor: found.next_cursor })
}

/// Answers `ResolveFigureConflict`.
pub(super) async fn resolve_figure_conflict(
    app: &App,
    caller: &Caller,
    message: pb::ResolveFigureConflictRequest,
) -> Result<pb::ResolveFigureConflictResponse> {
    let choice = ConflictChoice { conflict: message.conflict, takes_aside: message.takes_aside, note: message.note };
    app.resolve_figure_conflict(caller, &message.request_id, &choice).await?;
    Ok(pb::ResolveFigureConflictResponse {})
}

/// Answers `PreviewVocabulary`.
pub(super) async fn preview_vocabulary(
    app: &App,
    caller: &Caller,
    _: pb::PreviewVocabularyRequest,
) -> Result<pb::PreviewVocabularyResponse> {
    let preview = app.preview_vocabulary(caller).await?;
    Ok(pb::PreviewVocabularyResponse {
        effects: Some(vocabulary_effects_to_pb(&preview.effects)),
        fields: preview.fields.into_iter().map(|f| reread_field_to_pb(app, f)).collect(),
        vocabulary: preview.vocabulary,
    })
}

/// Answers `AdoptVocabulary`.
pub(super) async fn adopt_vocabulary(
    app: &App,
    caller: &Caller,
    message: pb::AdoptVocabularyRequest,
) -> Result<pb::AdoptVocabularyResponse> {
    let effects = app.adopt_vocabulary(caller, &message.request_id).await?;
    Ok(pb::AdoptVocabularyResponse { effects: Some(vocabulary_effects_to_pb(&effects)) })
}
