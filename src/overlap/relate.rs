//! Relations (关系) of the fields of a catalogue: from elements and candidates to what each field is to the others.

use std::collections::BTreeMap;

use crate::domain::decision::Verdict;
use crate::domain::element::CataloguedField;
use crate::domain::facet::TimeBasis;
use crate::domain::id::FieldKey;
use crate::domain::measure::Measures;
use crate::domain::relation::{FieldOverlap, Reason, Relation, RelationKind, Standing};
use crate::domain::template::RegisteredTemplate;
use crate::overlap::Error;
use crate::overlap::candidates::Finder;
use crate::overlap::catalogue::{Placed, Snapshot};
use crate::overlap::judge::{Judged, MIN_SCORE, RIVAL_MILLI, judge, partners};
use crate::overlap::score::compare;

/// From this score on a field stands as one that something looks like.
const LOOK_ALIKE_SCORE: f64 = 0.05;
/// Below this score a pair that differs by words of one side alone is shown as narrower or broader, and nobody is asked.
const NARROWER_BELOW: f64 = 0.01;
/// Relations shown for one field.
const MAX_RELATIONS: usize = 40;

impl Snapshot {
    /// The verdict on each field of a form against all other forms; the form itself may or may not be in the catalogue.
    pub async fn compare(&self, form: &RegisteredTemplate, fields: &[CataloguedField]) -> Result<Vec<FieldOverlap>, Error> {
        let view = self.with(form, fields).with_joined();
        let settled = view.state.forms.get(&form.template.id).map(|e| e.fields.clone()).unwrap_or_default();
        let fields = settled.as_slice();
        let mut places: Vec<u32> = fields.iter().filter_map(|f| view.state.place_of(f.element())).collect();
        places.sort_unstable();
        places.dedup();
        let candidates = Finder::new().find(&view.state, &places).await?;
        let judged: BTreeMap<u32, Vec<Judged>> = places
            .iter()
            .zip(&candidates)
            .map(|(place, list)| {
                let pairs = partners(&view.state, *place, list).into_iter();
                (*place, pairs.filter_map(|pair| judge(&view.state, pair)).collect())
            })
            .collect();
        let overlaps = fields.iter().filter_map(|field| {
            let placed = view.find(&field.key)?;
            let place = view.state.place_of(field.element())?;
            Some(overlap_of(&view, field, &placed, place, judged.get(&place).map(Vec::as_slice).unwrap_or_default()))
        });
        Ok(overlaps.collect())
    }
}

/// The verdict on a field, from the judged pairs of its element.
fn overlap_of(view: &Snapshot, field: &CataloguedField, placed: &Placed, place: u32, judged: &[Judged]) -> FieldOverlap {
    let (mut relations, mut standing) = same_element(view, placed, field);
    relations.extend(judged.iter().filter_map(|pair| relation_of(view, pair, place, placed)));
    if relations.iter().any(|r| r.kind == RelationKind::LooksAlike && r.score >= LOOK_ALIKE_SCORE) {
        standing = standing.min(Standing::LookAlike);
    }
    sort(&mut relations);
    relations.truncate(MAX_RELATIONS);
    FieldOverlap { field: field.key.clone(), standing, relations }
}

/// Best first; equal ones in the order of their fields.
fn sort(relations: &mut [Relation]) {
    relations.sort_by(|x, y| y.score.total_cmp(&x.score).then_with(|| x.kind.cmp(&y.kind)).then_with(|| (&x.a, &x.b).cmp(&(&y.a, &y.b))));
}

/// The first relations of a field to the other fields of its own element, and what all of them make of it.
fn same_element(view: &Snapshot, placed: &Placed, field: &CataloguedField) -> (Vec<Relation>, Standing) {
    let others = view.state.placed(field.element());
    let mut standing = Standing::New;
    let mut kinds: Vec<(RelationKind, usize)> = Vec::new();
    for (at, other) in others.iter().enumerate().filter(|(_, o)| !o.is_beside(placed)) {
        let Some(kind) = kinship_kind(&view.measures, placed, other) else { continue };
        standing = standing.min(match kind {
            RelationKind::Same | RelationKind::Converted => Standing::Held,
            _ if standing > Standing::Computable && can_compute(placed, other) => Standing::Computable,
            _ => Standing::New,
        });
        kinds.push((kind, at));
    }
    // The others come in the order of their keys, so that theirs are the places.
    kinds.sort_unstable();
    let first = kinds.iter().take(MAX_RELATIONS).filter_map(|(_, at)| kinship(&view.measures, placed, others.get(*at)?));
    (first.collect(), standing)
}

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
    Some(Relation { a: field_a.key.clone(), b: field_b.key.clone(), kind, score: 1.0, reasons })
}

/// The relation of a judged pair, seen from a field of the element at `place`; `None` where it is not worth showing.
pub(crate) fn relation_of(view: &Snapshot, pair: &Judged, place: u32, placed: &Placed) -> Option<Relation> {
    let standing_for = |place: u32| view.state.elements.get(place)?.standing_for();
    let (a, b) = (standing_for(pair.a)?, standing_for(pair.b)?);
    let is_forward = pair.a == place;
    let other = if is_forward { b } else { a };
    let kind = pair_kind(view, pair, placed, is_forward)?;
    let mut reasons = reasons_of(view, pair, a, b)?;
    if !is_forward {
        for reason in &mut reasons {
            std::mem::swap(&mut reason.a, &mut reason.b);
        }
    }
    Some(Relation { a: key_of(placed)?, b: key_of(other)?, kind, score: pair.score, reasons })
}

/// Why a judged pair has its score: the comparison of the fields that stand for the two, and their rivals.
fn reasons_of(view: &Snapshot, pair: &Judged, a: &Placed, b: &Placed) -> Option<Vec<Reason>> {
    let mut comparison = compare(&view.state, a, b)?;
    let [beside_b, beside_a] = &pair.rivals;
    if let Some(label) = beside_b {
        comparison.adjust("rival", String::new(), label.clone(), RIVAL_MILLI);
    }
    if let Some(label) = beside_a {
        comparison.adjust("rival", label.clone(), String::new(), RIVAL_MILLI);
    }
    Some(comparison.reasons)
}

fn key_of(placed: &Placed) -> Option<FieldKey> {
    placed.field().map(|f| f.key.clone())
}

/// What a field of one element of a judged pair is to the other element; `None` where it is not worth showing.
pub(crate) fn pair_kind(view: &Snapshot, pair: &Judged, placed: &Placed, is_forward: bool) -> Option<RelationKind> {
    let comparison = &pair.comparison;
    let (element_a, element_b) = (view.state.elements.get(pair.a)?, view.state.elements.get(pair.b)?);
    let (own, beside) = if is_forward { (element_a, element_b) } else { (element_b, element_a) };
    let other = beside.standing_for()?;
    let (only_own, only_other) = if is_forward { (comparison.only_a, comparison.only_b) } else { (comparison.only_b, comparison.only_a) };
    let is_conflict = comparison.veto.is_some_and(|v| v != "offset") && same_name(placed, other);
    let is_certain = placed.field()?.meaning.is_certain && other.field()?.meaning.is_certain;
    let kind = match view.state.told(own.id, beside.id) {
        Some(Verdict::Narrower) => RelationKind::Narrower,
        Some(Verdict::Broader) => RelationKind::Broader,
        Some(Verdict::Different) | None if is_conflict => RelationKind::Conflict,
        Some(Verdict::Different | Verdict::Same | Verdict::Unsure) => return None,
        None if comparison.veto.is_some() => return None,
        None if is_certain && only_own > 0 && only_other == 0 && pair.score < NARROWER_BELOW => RelationKind::Narrower,
        None if is_certain && only_other > 0 && only_own == 0 && pair.score < NARROWER_BELOW => RelationKind::Broader,
        None => RelationKind::LooksAlike,
    };
    (kind == RelationKind::Conflict || pair.score >= MIN_SCORE).then_some(kind)
}

fn same_name(a: &Placed, b: &Placed) -> bool {
    let name = a.entry.text_of(a.at);
    !name.is_empty() && name == b.entry.text_of(b.at)
}

/// Whether `wanted` can be computed from `from`, another field of its element: the finer serves the coarser.
fn can_compute(wanted: &Placed, from: &Placed) -> bool {
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
