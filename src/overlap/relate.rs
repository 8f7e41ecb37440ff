//! Relations (关系) of the fields of a catalogue: from elements and candidates to what each field is to the others.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::domain::decision::Verdict;
use crate::domain::element::CataloguedField;
use crate::domain::facet::TimeBasis;
use crate::domain::id::ElementId;
use crate::domain::measure::Measures;
use crate::domain::relation::{FieldOverlap, Reason, Relation, RelationKind, Standing};
use crate::domain::template::RegisteredTemplate;
use crate::overlap::Error;
use crate::overlap::candidates::{all_elements, elements_of, pairs_of};
use crate::overlap::catalogue::{Placed, Snapshot, State};
use crate::overlap::score::{Comparison, compare};

/// A pair below this score is no question worth a reviewer's time: fewer than one in a hundred such pairs is one figure.
const MIN_SCORE: f64 = 0.001;
/// From this score on a field stands as one that something looks like.
const LOOK_ALIKE_SCORE: f64 = 0.05;
/// Thousandths that a pair loses for each side that has a better partner in the same form (two fields of one form are never one figure).
const RIVAL_MILLI: i64 = -1_900;
/// Below this score a pair that differs by words of one side alone is shown as narrower or broader, and nobody is asked.
const NARROWER_BELOW: f64 = 0.01;
/// Fields of an element that may stand for it when it is compared.
const N_REPRESENTATIVES: usize = 8;
/// Relations shown for one field.
const MAX_RELATIONS: usize = 40;

/// A judged pair of elements.
struct Judged {
    a: u64,
    b: u64,
    placed_a: Placed,
    placed_b: Placed,
    comparison: Comparison,
    score: f64,
}

impl Snapshot {
    /// The verdict on each field of a form against all other forms; the form itself may or may not be in the catalogue.
    pub async fn compare(&self, form: &RegisteredTemplate, fields: &[CataloguedField]) -> Result<Vec<FieldOverlap>, Error> {
        let view = self.with(form, fields).with_joined();
        let settled = view.state.forms.get(&form.template.id).map(|e| e.fields.clone()).unwrap_or_default();
        let fields = settled.as_slice();
        let elements = elements_of(fields.iter());
        let judged = judge(&view.state, &elements).await?;
        let mut by_element: HashMap<u64, Vec<&Judged>> = HashMap::new();
        for pair in &judged {
            by_element.entry(pair.a).or_default().push(pair);
            by_element.entry(pair.b).or_default().push(pair);
        }
        let overlaps = fields.iter().filter_map(|field| {
            let placed = view.find(&field.key)?;
            let mut relations = same_element(&view, &placed, field);
            let element = crate::overlap::catalogue::stored(field.element());
            for pair in by_element.get(&element).into_iter().flatten() {
                relations.extend(relation_of(&view, pair, element, &placed));
            }
            sort(&mut relations);
            let standing = standing(&view, &placed, &relations);
            relations.truncate(MAX_RELATIONS);
            Some(FieldOverlap { field: field.key.clone(), standing, relations })
        });
        Ok(overlaps.collect())
    }

    /// Every relation of the catalogue, best first; a pair of elements is shown once, by the first fields of either.
    pub async fn compare_all(&self) -> Result<Vec<Relation>, Error> {
        let view = self.clone().with_joined();
        let mut relations: Vec<Relation> = Vec::new();
        for (element, list) in self.state.elements.iter() {
            if list.len() < 2 {
                continue;
            }
            let placed = self.state.placed(element_id(element));
            let Some((first, others)) = placed.split_first() else { continue };
            for other in others {
                relations.extend(kinship(&self.measures, first, other));
            }
        }
        let judged = judge(&view.state, &all_elements(&view.state)).await?;
        relations.extend(judged.iter().filter_map(|pair| relation_of(self, pair, pair.a, &pair.placed_a)));
        sort(&mut relations);
        Ok(relations)
    }
}

fn element_id(element: u64) -> ElementId {
    ElementId::from_stored(i64::try_from(element).unwrap_or(i64::MAX))
}

/// Best first; equal ones in the order of their fields.
fn sort(relations: &mut [Relation]) {
    relations.sort_by(|x, y| y.score.total_cmp(&x.score).then_with(|| x.kind.cmp(&y.kind)).then_with(|| (&x.a, &x.b).cmp(&(&y.a, &y.b))));
}

/// What judging needs of an element.
struct Known {
    first: Vec<Placed>,
    forms: Vec<u64>,
}

/// Judges all pairs that have one of `elements`, with one-to-one assignment between forms.
async fn judge(state: &State, elements: &BTreeSet<u64>) -> Result<Vec<Judged>, Error> {
    let mut known: HashMap<u64, Known> = HashMap::new();
    let pairs = pairs_of(state, elements).await?;
    let mut judged = judge_pairs(state, &pairs, &mut known);
    // A partner may have a better partner of its own, so its candidates are needed too; where nobody would be asked they are not.
    let is_open = |p: &&Judged| p.score >= MIN_SCORE;
    let partners: BTreeSet<u64> = judged.iter().filter(is_open).flat_map(|p| [p.a, p.b]).filter(|e| !elements.contains(e)).collect();
    if !partners.is_empty() {
        let seen: BTreeSet<(u64, u64)> = pairs.into_iter().collect();
        let more: Vec<(u64, u64)> = pairs_of(state, &partners).await?.into_iter().filter(|p| !seen.contains(p)).collect();
        judged.extend(judge_pairs(state, &more, &mut known));
    }
    let rivals = rivals_of(&judged, &known);
    for (pair, rivals) in judged.iter_mut().zip(rivals).filter(|(pair, _)| pair.comparison.veto.is_none()) {
        let [beside_b, beside_a] = rivals.map(|rival| rival.and_then(|element| label_of(&known, element)));
        if let Some(label) = beside_b {
            pair.comparison.adjust("rival", String::new(), label, RIVAL_MILLI);
        }
        if let Some(label) = beside_a {
            pair.comparison.adjust("rival", label, String::new(), RIVAL_MILLI);
        }
        pair.score = pair.comparison.score();
    }
    judged.retain(|p| elements.contains(&p.a) || elements.contains(&p.b));
    Ok(judged)
}

fn judge_pairs(state: &State, pairs: &[(u64, u64)], known: &mut HashMap<u64, Known>) -> Vec<Judged> {
    let mut judged: Vec<Judged> = Vec::new();
    for (a, b) in pairs {
        for element in [a, b] {
            known
                .entry(*element)
                .or_insert_with(|| Known { first: state.first_fields(*element, N_REPRESENTATIVES), forms: state.forms_of(*element) });
        }
        let (Some(known_a), Some(known_b)) = (known.get(a), known.get(b)) else { continue };
        // Two fields of one form are never one figure, so elements that meet in a form are not one either.
        if meet(&known_a.forms, &known_b.forms) {
            continue;
        }
        let Some((placed_a, placed_b)) = representatives(&known_a.first, &known_b.first) else { continue };
        let Some(comparison) = compare(state, placed_a, placed_b) else { continue };
        let score = if comparison.veto.is_some() { 0.0 } else { comparison.score() };
        judged.push(Judged { a: *a, b: *b, placed_a: placed_a.clone(), placed_b: placed_b.clone(), comparison, score });
    }
    judged
}

/// Whether two sorted lists have a form in common.
fn meet(a: &[u64], b: &[u64]) -> bool {
    let (few, many) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    few.iter().any(|form| many.binary_search(form).is_ok())
}

/// The first pair of fields that stand in different forms.
fn representatives<'a>(a: &'a [Placed], b: &'a [Placed]) -> Option<(&'a Placed, &'a Placed)> {
    let form = |p: &Placed| p.entry.form.template.id.clone();
    a.iter().find_map(|x| b.iter().find(|y| form(x) != form(y)).map(|y| (x, y)))
}

/// For each pair, the rivals of either element: a better partner that stands in the same form as the other.
fn rivals_of(judged: &[Judged], known: &HashMap<u64, Known>) -> Vec<[Option<u64>; 2]> {
    let mut partners: BTreeMap<u64, Vec<(u64, f64)>> = BTreeMap::new();
    for pair in judged.iter().filter(|p| p.score > 0.0) {
        partners.entry(pair.a).or_default().push((pair.b, pair.score));
        partners.entry(pair.b).or_default().push((pair.a, pair.score));
    }
    let rival = |of: u64, partner: u64, score: f64| {
        let own = known.get(&partner)?;
        let better = partners.get(&of)?.iter().filter(|(other, other_score)| *other != partner && *other_score > score);
        let meets = |(other, _): &&(u64, f64)| known.get(other).is_some_and(|k| meet(&k.forms, &own.forms));
        better.filter(meets).max_by(|x, y| x.1.total_cmp(&y.1).then_with(|| y.0.cmp(&x.0))).map(|(other, _)| *other)
    };
    judged.iter().map(|p| [rival(p.a, p.b, p.score), rival(p.b, p.a, p.score)]).collect()
}

fn label_of(known: &HashMap<u64, Known>, element: u64) -> Option<String> {
    known.get(&element)?.first.first()?.printed().map(|f| f.label.trim().to_owned())
}

/// Relations of a field to the other fields of its own element.
fn same_element(view: &Snapshot, placed: &Placed, field: &CataloguedField) -> Vec<Relation> {
    let others = view.state.placed(field.element());
    let form = &placed.entry.form.template.id;
    others.iter().filter(|o| o.entry.form.template.id != *form).filter_map(|o| kinship(&view.measures, placed, o)).collect()
}

fn reason(facet: &str, a: &str, b: &str) -> Reason {
    Reason { facet: facet.to_owned(), a: a.to_owned(), b: b.to_owned(), weight: 0.0 }
}

/// How two fields of one element are related.
fn kinship(measures: &Measures, a: &Placed, b: &Placed) -> Option<Relation> {
    let (field_a, field_b) = (a.field()?, b.field()?);
    let (form_a, form_b) = (&a.entry.form.template, &b.entry.form.template);
    let (unit_a, unit_b) = (measures.find(&a.printed()?.unit), measures.find(&b.printed()?.unit));
    let mut reasons = vec![reason("key", &field_a.meaning.key, &field_b.meaning.key)];
    if field_a.meaning.key != field_b.meaning.key {
        reasons.push(reason("decision", &field_a.meaning.key, &field_b.meaning.key));
    }
    let mut kind = RelationKind::Same;
    if let (Some(x), Some(y)) = (unit_a, unit_b)
        && x.atoms != y.atoms
    {
        reasons.push(reason("unit", &x.symbol, &y.symbol));
        kind = RelationKind::Converted;
    }
    if form_a.frequency.n_per_year() != form_b.frequency.n_per_year() {
        reasons.push(reason("frequency", form_a.frequency.as_str(), form_b.frequency.as_str()));
        kind = RelationKind::TimeAggregate;
    }
    if form_a.level != form_b.level {
        reasons.push(reason("level", form_a.level.as_str(), form_b.level.as_str()));
        kind = RelationKind::RollUp;
    }
    if field_a.meaning.offset_years != field_b.meaning.offset_years {
        reasons.push(reason("offset", &field_a.meaning.offset_years.to_string(), &field_b.meaning.offset_years.to_string()));
        kind = RelationKind::Offset;
    }
    Some(Relation { a: field_a.key.clone(), b: field_b.key.clone(), kind, score: 1.0, reasons })
}

/// The relation of a judged pair, seen from `from`; `None` where it is not worth showing.
fn relation_of(view: &Snapshot, pair: &Judged, from: u64, placed: &Placed) -> Option<Relation> {
    let is_forward = pair.a == from;
    let other = if is_forward { &pair.placed_b } else { &pair.placed_a };
    let other = if other.entry.form.template.id == placed.entry.form.template.id {
        let id = element_id(if is_forward { pair.b } else { pair.a });
        view.state.placed(id).into_iter().find(|p| p.entry.form.template.id != placed.entry.form.template.id)?
    } else {
        other.clone()
    };
    let (only_own, only_other) =
        if is_forward { (pair.comparison.only_a, pair.comparison.only_b) } else { (pair.comparison.only_b, pair.comparison.only_a) };
    let is_conflict = pair.comparison.veto.is_some_and(|v| v != "offset") && same_name(placed, &other);
    let is_certain = placed.field()?.meaning.is_certain && other.field()?.meaning.is_certain;
    let other_element = if is_forward { pair.b } else { pair.a };
    let kind = if let Some(told) = view.state.told(from, other_element) {
        match told {
            Verdict::Narrower => RelationKind::Narrower,
            Verdict::Broader => RelationKind::Broader,
            Verdict::Different if is_conflict => RelationKind::Conflict,
            Verdict::Different | Verdict::Same | Verdict::Unsure => return None,
        }
    } else if is_conflict {
        RelationKind::Conflict
    } else if pair.comparison.veto.is_some() {
        return None;
    } else if is_certain && only_own > 0 && only_other == 0 && pair.score < NARROWER_BELOW {
        RelationKind::Narrower
    } else if is_certain && only_other > 0 && only_own == 0 && pair.score < NARROWER_BELOW {
        RelationKind::Broader
    } else {
        RelationKind::LooksAlike
    };
    if kind != RelationKind::Conflict && pair.score < MIN_SCORE {
        return None;
    }
    let mut reasons: Vec<Reason> = pair.comparison.reasons.clone();
    if !is_forward {
        for reason in &mut reasons {
            std::mem::swap(&mut reason.a, &mut reason.b);
        }
    }
    Some(Relation { a: placed.field()?.key.clone(), b: other.field()?.key.clone(), kind, score: pair.score, reasons })
}

fn same_name(a: &Placed, b: &Placed) -> bool {
    let name = a.entry.text_of(a.at);
    !name.is_empty() && name == b.entry.text_of(b.at)
}

/// What a field is to the catalogue.
fn standing(view: &Snapshot, placed: &Placed, relations: &[Relation]) -> Standing {
    let mut standing = Standing::New;
    for relation in relations {
        let reached = match relation.kind {
            RelationKind::Same | RelationKind::Converted => Standing::Held,
            RelationKind::TimeAggregate | RelationKind::RollUp | RelationKind::Offset => {
                if view.find(&relation.b).is_some_and(|other| can_compute(placed, &other)) { Standing::Computable } else { Standing::New }
            }
            RelationKind::LooksAlike if relation.score >= LOOK_ALIKE_SCORE => Standing::LookAlike,
            RelationKind::LooksAlike | RelationKind::Narrower | RelationKind::Broader | RelationKind::Conflict => Standing::New,
        };
        standing = standing.min(reached);
    }
    standing
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
