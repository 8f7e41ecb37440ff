//! How two fields of one element are related: unit of measure, frequency, level, year, and whether the one is fine enough for the other.

use rust_decimal::Decimal;

use crate::domain::facet::TimeBasis;
use crate::domain::id::FieldKey;
use crate::domain::measure::Measures;
use crate::domain::relation::{Reason, Relation, RelationKind};
use crate::domain::template::{DataType, Field};
use crate::overlap::catalogue::Snapshot;
use crate::overlap::placed::Placed;
use crate::overlap::relate::LOOK_ALIKE_SCORE;

fn reason(facet: &str, a: &str, b: &str) -> Reason {
    Reason { facet: facet.to_owned(), a: a.to_owned(), b: b.to_owned(), weight: 0.0 }
}

/// In which way two fields of one element are related.
pub(crate) fn kinship_kind(measures: &Measures, a: &Placed, b: &Placed) -> Option<RelationKind> {
    let (form_a, form_b) = (&a.entry.form.template, &b.entry.form.template);
    let unit = |placed: &Placed| Some(measures.find(&placed.printed()?.unit)?.atoms);
    if a.field()?.meaning.offset_years != b.field()?.meaning.offset_years {
        Some(RelationKind::Offset)
    } else if form_a.level != form_b.level {
        Some(RelationKind::RollUp)
    } else if form_a.frequency.n_per_year() != form_b.frequency.n_per_year() {
        Some(RelationKind::TimeAggregate)
    } else if unit(a).zip(unit(b)).is_some_and(|(x, y)| x != y) {
        Some(RelationKind::Converted)
    } else {
        Some(RelationKind::Same)
    }
}

/// How two fields of one element are related.
pub(crate) fn kinship(measures: &Measures, a: &Placed, b: &Placed) -> Option<Relation> {
    let (field_a, field_b) = (a.field()?, b.field()?);
    let (form_a, form_b) = (&a.entry.form.template, &b.entry.form.template);
    let (unit_a, unit_b) = (measures.find(&a.printed()?.unit), measures.find(&b.printed()?.unit));
    let mut reasons = vec![reason("key", &field_a.meaning.key, &field_b.meaning.key)];
    if field_a.meaning.key != field_b.meaning.key {
        reasons.push(reason("decision", &field_a.meaning.key, &field_b.meaning.key));
    }
    let kind = kinship_kind(measures, a, b)?;
    if let (Some(x), Some(y)) = (unit_a, unit_b)
        && x.atoms != y.atoms
    {
        reasons.push(reason("unit", &x.symbol, &y.symbol));
    }
    if form_a.frequency.n_per_year() != form_b.frequency.n_per_year() {
        reasons.push(reason("frequency", form_a.frequency.as_str(), form_b.frequency.as_str()));
    }
    if form_a.level != form_b.level {
        reasons.push(reason("level", form_a.level.as_str(), form_b.level.as_str()));
    }
    if field_a.meaning.offset_years != field_b.meaning.offset_years {
        reasons.push(reason("offset", &field_a.meaning.offset_years.to_string(), &field_b.meaning.offset_years.to_string()));
    }
    reasons.extend(precision(measures, a.printed()?, b.printed()?));
    Some(Relation { a: field_a.key.clone(), b: field_b.key.clone(), kind, score: 1.0, reasons, formula: None })
}

/// The step that a field's figures show, in atoms, and in words; `None` where the form does not state it.
fn step(measures: &Measures, field: &Field) -> Option<(Decimal, String)> {
    let decimals = match field.dtype {
        DataType::Integer => 0,
        DataType::Decimal => field.decimals?,
        DataType::Text | DataType::Code | DataType::Date | DataType::Bool => return None,
    };
    let unit = measures.find(&field.unit)?;
    let shown = Decimal::new(1, decimals.min(28)).normalize();
    Some((unit.resolution(decimals), format!("{shown}{}", unit.symbol)))
}

/// A figure in 万人 with two decimals does not serve a field in 人: precision is part of the answer.
fn precision(measures: &Measures, a: &Field, b: &Field) -> Option<Reason> {
    let ((wanted, a), (given, b)) = (step(measures, a)?, step(measures, b)?);
    (given > wanted).then(|| Reason { facet: "precision".to_owned(), a, b, weight: -1.0 })
}

/// Whether `wanted` can be computed from `from`, another field of its element: the finer serves the coarser.
pub(crate) fn can_compute(wanted: &Placed, from: &Placed) -> bool {
    let (Some(want), Some(have)) = (wanted.field(), from.field()) else { return false };
    let (form_want, form_have) = (&wanted.entry.form.template, &from.entry.form.template);
    let levels_fit = form_have.level == form_want.level || (form_have.level < form_want.level && want.meaning.sums_over_units);
    let (n_have, n_want) = (form_have.frequency.n_per_year(), form_want.frequency.n_per_year());
    let aggregates = match want.meaning.facets.time_basis {
        Some(TimeBasis::Flow) => want.meaning.sums_over_units,
        Some(TimeBasis::Stock | TimeBasis::YearToDate | TimeBasis::Begin) => true,
        Some(TimeBasis::Average | TimeBasis::Standing) | None => false,
    };
    let frequencies_fit = n_have == n_want || (n_have > n_want && n_have % n_want == 0 && aggregates);
    let offset_fits = have.meaning.offset_years >= want.meaning.offset_years;
    levels_fit && frequencies_fit && offset_fits
}

impl Snapshot {
    /// What two fields that are registered are to each other, `a` seen against `b`; `None` where nothing is to be said of them.
    ///
    /// Certain relations come first: one figure, a formula, a part of the other; then what a reviewer is asked, then names alone.
    pub fn relate(&self, a: &FieldKey, b: &FieldKey) -> Option<Relation> {
        let (placed_a, placed_b) = (self.find(a)?, self.find(b)?);
        let (field_a, field_b) = (placed_a.field()?, placed_b.field()?);
        if field_a.element() == field_b.element() {
            return kinship(&self.measures, &placed_a, &placed_b);
        }
        let formula = self.formulas_of(&placed_a).into_iter().find(|r| r.b == *b);
        if formula.is_some() {
            return formula;
        }
        let years = years_of_columns(&placed_a, &placed_b).or_else(|| years_of_columns(&placed_b, &placed_a).map(|(x, y)| (y, x)));
        if let Some((x, y)) = years {
            let reasons = vec![reason("offset", &x.to_string(), &y.to_string())];
            return Some(Relation { a: a.clone(), b: b.clone(), kind: RelationKind::Offset, score: 0.95, reasons, formula: None });
        }
        match self.told_apart(&placed_a, &placed_b) {
            Some((kind, why)) => {
                let score = if kind == RelationKind::Conflict { 0.0 } else { 0.9 };
                Some(Relation { a: a.clone(), b: b.clone(), kind, score, reasons: vec![why], formula: None })
            }
            None => self.asked_or_part(&placed_a, &placed_b),
        }
    }

    /// What a reviewer would be asked about, else what words alone show, else what is left of the comparison.
    fn asked_or_part(&self, a: &Placed, b: &Placed) -> Option<Relation> {
        let question = self.question(a, b);
        let is_asked = |r: &Relation| r.kind != RelationKind::LooksAlike || r.score >= LOOK_ALIKE_SCORE;
        if question.as_ref().is_some_and(is_asked) {
            return question;
        }
        let part = self.part_by_facets(a, b).or_else(|| self.part_by_words(a, b));
        let found = part.and_then(|(kind, why)| {
            Some(Relation { a: a.key()?.clone(), b: b.key()?.clone(), kind, score: PART_SCORE, reasons: vec![why], formula: None })
        });
        found.or(question)
    }
}

/// How sure a part is that words alone show.
const PART_SCORE: f64 = 0.8;

/// 本学年 and 上学年 of one row, whatever the row means.
fn years_of_columns(now: &Placed, before: &Placed) -> Option<(i16, i16)> {
    let (x, y) = (now.printed()?, before.printed()?);
    let is_one_row =
        now.entry.form.template.id == before.entry.form.template.id && x.path == y.path && x.label == y.label && x.unit == y.unit;
    let pairs = [("本", "上"), ("今", "去"), ("当", "上")];
    let is_year = |rest: &str| rest.starts_with('年') || rest.starts_with("学年");
    let fits = pairs.iter().any(|(now, before)| match (x.column.trim().strip_prefix(now), y.column.trim().strip_prefix(before)) {
        (Some(p), Some(q)) => p == q && is_year(p),
        _ => false,
    });
    (is_one_row && fits).then_some((0, -1))
}
