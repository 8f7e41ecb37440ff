//! Questions, decisions and conflicts of figures as messages.

use crate::app::{
    Answer, App, DescribedDecision, DescribedField, DescribedMember, Disagreement, Effects, NamedField, Question, RereadField,
    VocabularyEffects,
};
use crate::domain::decision::{FigureConflict, LessonWay, Undone, Verdict};
use crate::domain::id::{FieldId, FormId};
use crate::domain::observation::Observation;
use crate::domain::problem::{Code, Problem};
use crate::pb;
use crate::service::convert::at_part;
use crate::service::convert::overlap::{derivation_to_pb, reason_to_pb, relation_kind_to_pb};
use crate::service::convert::problem::problems_to_pb;
use crate::service::convert::shared_values::{field_key_to_pb, frequency_to_pb, level_to_pb};

/// Reads a field that a reviewer names.
pub(crate) fn named_field_from_pb(key: Option<pb::FieldKey>, part: &str) -> Result<NamedField, Problem> {
    let key = key.ok_or_else(|| Problem::new(Code::RequestPartMissing).arg("what", part));
    let key = at_part(key, part)?;
    let form = at_part(FormId::parse(&key.form_id), part)?;
    let field = at_part(FieldId::parse(&key.field_id), part)?;
    Ok(NamedField { form, field, since: key.since })
}

/// Reads a reviewer's answer.
pub(crate) fn answer_from_pb(message: pb::DecideRequest) -> Result<Answer, Problem> {
    let (a, b) = (named_field_from_pb(message.a, "a")?, named_field_from_pb(message.b, "b")?);
    Ok(Answer { a, b, verdict: at_part(verdict_from_pb(message.verdict), "verdict")?, note: message.note })
}

fn verdict_from_pb(verdict: i32) -> Result<Verdict, Problem> {
    let unknown = || Problem::new(Code::RequestValueUnknown).arg("value", verdict).arg("what", "verdict");
    match pb::Verdict::try_from(verdict) {
        Ok(pb::Verdict::Same) => Ok(Verdict::Same),
        Ok(pb::Verdict::Different) => Ok(Verdict::Different),
        Ok(pb::Verdict::Narrower) => Ok(Verdict::Narrower),
        Ok(pb::Verdict::Broader) => Ok(Verdict::Broader),
        Ok(pb::Verdict::Unsure) => Ok(Verdict::Unsure),
        Ok(pb::Verdict::Unspecified) | Err(_) => Err(unknown()),
    }
}

fn verdict_to_pb(verdict: Verdict) -> pb::Verdict {
    match verdict {
        Verdict::Same => pb::Verdict::Same,
        Verdict::Different => pb::Verdict::Different,
        Verdict::Narrower => pb::Verdict::Narrower,
        Verdict::Broader => pb::Verdict::Broader,
        Verdict::Unsure => pb::Verdict::Unsure,
    }
}

/// Writes a question.
pub(crate) fn question_to_pb(question: Question) -> pb::Question {
    pb::Question {
        a: Some(printed_to_pb(question.a)),
        b: Some(printed_to_pb(question.b)),
        score: question.relation.score,
        reasons: question.relation.reasons.into_iter().map(reason_to_pb).collect(),
        kind: relation_kind_to_pb(question.relation.kind).into(),
        formula: question.relation.formula.map(derivation_to_pb),
        deciding: question.deciding.map(reason_to_pb),
        clerk_zh: question.clerk_zh,
        clerk_en: question.clerk_en,
        sentence_zh: question.sentence_zh,
        sentence_en: question.sentence_en,
        cells_saved: question.cells_saved,
        with_a: question.with_a.into_iter().map(member_to_pb).collect(),
        with_b: question.with_b.into_iter().map(member_to_pb).collect(),
        objections: problems_to_pb(&question.objections),
    }
}

fn printed_to_pb(field: DescribedField) -> pb::PrintedField {
    pb::PrintedField {
        field: Some(field_key_to_pb(&field.field)),
        label: field.label,
        path: field.path,
        column: field.column,
        unit_of_measure: field.unit_text,
        note: field.note,
        title: field.title,
        department: field.department,
        level: level_to_pb(field.level).into(),
        frequency: frequency_to_pb(field.frequency).into(),
        offset_years: field.offset_years.into(),
        element: field.element.to_string(),
    }
}

fn member_to_pb(member: DescribedMember) -> pb::NamedField {
    pb::NamedField { field: Some(field_key_to_pb(&member.field)), label: member.label, title: member.title }
}

/// Writes what a decision did.
pub(crate) fn effects_to_pb(effects: &Effects) -> pb::DecisionEffects {
    pb::DecisionEffects {
        fields: effects.n_fields,
        figures: effects.n_figures,
        figures_aside: effects.n_aside,
        cells_saved: effects.cells_saved,
    }
}

/// Writes a decision.
pub(crate) fn decision_to_pb(described: DescribedDecision) -> pb::Decision {
    let decision = described.decision;
    let (undone_by, undone_at, undone_note) = ended_to_pb(decision.undone);
    pb::Decision {
        decision: decision.id.0,
        a: Some(member_to_pb(described.a)),
        b: Some(member_to_pb(described.b)),
        verdict: verdict_to_pb(decision.verdict).into(),
        note: decision.note,
        decided_by: decision.decided_by.to_string(),
        decided_at: decision.decided_at.to_string(),
        is_disputed: decision.is_disputed,
        undone_by,
        undone_at,
        undone_note,
        lesson: decision.lesson.as_ref().map_or(pb::LessonWay::Unspecified, |l| lesson_way_to_pb(l.way)).into(),
        taught_by: decision.lesson.map(|l| l.answers.into_iter().map(|id| id.0).collect()).unwrap_or_default(),
    }
}

fn lesson_way_to_pb(way: LessonWay) -> pb::LessonWay {
    match way {
        LessonWay::Synonym => pb::LessonWay::Synonym,
        LessonWay::Score => pb::LessonWay::Score,
    }
}

/// Who ended something, when and why; empty texts while it lasts.
fn ended_to_pb(ended: Option<Undone>) -> (String, String, String) {
    ended.map(|e| (e.by.to_string(), e.at.to_string(), e.note)).unwrap_or_default()
}

/// Writes a disagreement.
pub(crate) fn disagreement_to_pb(app: &App, disagreement: &Disagreement) -> pb::Disagreement {
    let written = |decision| decision_to_pb(app.describe_decision(decision));
    pb::Disagreement { disputed: Some(written(&disagreement.disputed)), against: disagreement.against.iter().map(written).collect() }
}

/// Writes a conflict of figures.
pub(crate) fn conflict_to_pb(app: &App, conflict: FigureConflict) -> pb::FigureConflict {
    let key = conflict.aside.key.clone();
    let (resolved_by, resolved_at, resolved_note) = ended_to_pb(conflict.resolved);
    pb::FigureConflict {
        conflict: conflict.number,
        unit: key.unit.to_string(),
        element: key.element.to_string(),
        period: key.period.to_string(),
        held: conflict.held.map(|o| figure_to_pb(app, o)),
        aside: Some(figure_to_pb(app, conflict.aside)),
        resolved_by,
        resolved_at,
        resolved_note,
    }
}

fn figure_to_pb(app: &App, observation: Observation) -> pb::ConflictingFigure {
    pb::ConflictingFigure {
        value: observation.figure.to_string(),
        unit_of_measure: observation.unit_of_measure,
        via: Some(member_to_pb(app.describe_member(&observation.via))),
        reporter: observation.reporter.to_string(),
        receipt: observation.receipt.to_string(),
        stored_at: observation.stored_at.to_string(),
    }
}

/// Writes what another reading of all forms changes.
pub(crate) fn vocabulary_effects_to_pb(effects: &VocabularyEffects) -> pb::VocabularyEffects {
    pb::VocabularyEffects {
        forms: effects.n_forms,
        fields: effects.n_fields,
        merged: effects.n_merged,
        split: effects.n_split,
        figures: effects.n_figures,
        figures_aside: effects.n_aside,
        waiting_decisions: effects.waiting.iter().map(|id| id.0).collect(),
    }
}

/// Writes a field that is read otherwise.
pub(crate) fn reread_field_to_pb(app: &App, field: RereadField) -> pb::RereadField {
    let named = app.describe_member(&field.field);
    pb::RereadField { field: Some(member_to_pb(named)), before: field.before, after: field.after }
}
