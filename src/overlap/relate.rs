//! Relations (关系) of the fields of a catalogue: from elements and candidates to what each field is to the others.

use std::collections::BTreeMap;

use crate::domain::decision::Verdict;
use crate::domain::element::CataloguedField;
use crate::domain::id::FieldKey;
use crate::domain::relation::{FieldOverlap, Reason, Relation, RelationKind, Standing};
use crate::domain::template::RegisteredTemplate;
use crate::overlap::Error;
use crate::overlap::candidates::Finder;
use crate::overlap::catalogue::{Snapshot, stored};
use crate::overlap::hierarchy::leaves_scope_open;
use crate::overlap::judge::{Judge, Judged, MIN_SCORE, RIVAL_MILLI, partners};
use crate::overlap::kinds::{can_compute, kinship, kinship_kind};
use crate::overlap::placed::Placed;
use crate::overlap::score::{Comparison, compare, traced};

/// From this score on a field stands as one that something looks like.
pub const LOOK_ALIKE_SCORE: f64 = 0.05;
/// Below this score a pair that differs by words of one side alone is shown as narrower or broader, and nobody is asked.
const NARROWER_BELOW: f64 = 0.01;
/// From this score on a pair that differs by a qualifier of one side is a question and no part.
const ASKED_FROM: f64 = 0.5;
/// Relations shown for one field.
const MAX_RELATIONS: usize = 40;
/// Formulas shown for one field, so that they leave room for what looks like it.
const MAX_FORMULAS: usize = 20;

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
        let mut judge = Judge::new(&view.state);
        let judged: BTreeMap<u32, Vec<Judged>> = places
            .iter()
            .zip(&candidates)
            .map(|(place, list)| {
                let pairs = partners(&view.state, *place, list).into_iter();
                (*place, pairs.filter_map(|pair| judge.judge(pair)).collect())
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
    relations.extend(view.formulas_of(placed).into_iter().take(MAX_FORMULAS));
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

/// The relation of a judged pair, seen from a field of the element at `place`; `None` where it is not worth showing.
pub(crate) fn relation_of(view: &Snapshot, pair: &Judged, place: u32, placed: &Placed) -> Option<Relation> {
    let standing_for = |place: u32| view.state.elements.get(place)?.standing_for();
    let (a, b) = (standing_for(pair.a)?, standing_for(pair.b)?);
    let is_forward = pair.a == place;
    let other = if is_forward { b } else { a };
    let said = said_of(view, pair, placed, is_forward)?;
    let mut reasons = match said.why {
        Some(why) => vec![why],
        None => seen_from(is_forward, reasons_of(view, pair, a, b)?),
    };
    if said.is_decided {
        reasons.push(Reason { facet: "decision".to_owned(), a: String::new(), b: String::new(), weight: 0.0 });
    }
    Some(Relation { a: key_of(placed)?, b: key_of(other)?, kind: said.kind, score: pair.score, reasons, formula: None })
}

/// Reasons seen from the side that asks.
fn seen_from(is_forward: bool, mut reasons: Vec<Reason>) -> Vec<Reason> {
    if !is_forward {
        for reason in &mut reasons {
            std::mem::swap(&mut reason.a, &mut reason.b);
        }
    }
    reasons
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

/// What is said of a pair.
struct Said {
    kind: RelationKind,
    /// What shows it, where the summands of the comparison do not.
    why: Option<Reason>,
    /// A reviewer said it.
    is_decided: bool,
}

/// What a field of one element of a judged pair is to the other element; `None` where it is not worth showing.
pub(crate) fn pair_kind(view: &Snapshot, pair: &Judged, placed: &Placed, is_forward: bool) -> Option<RelationKind> {
    said_of(view, pair, placed, is_forward).map(|said| said.kind)
}

fn said_of(view: &Snapshot, pair: &Judged, placed: &Placed, is_forward: bool) -> Option<Said> {
    let (element_a, element_b) = (view.state.elements.get(pair.a)?, view.state.elements.get(pair.b)?);
    let (own, beside) = if is_forward { (element_a, element_b) } else { (element_b, element_a) };
    let told = view.state.told(own.id, beside.id);
    said(view, told, placed, beside.standing_for()?, Weighed { comparison: &pair.comparison, score: pair.score, is_forward })
}

/// What weighing gave of a pair.
struct Weighed<'c> {
    comparison: &'c Comparison,
    score: f64,
    /// The first of the comparison is the one that asks.
    is_forward: bool,
}

/// What a field is to another that is no field of its element: what a reviewer said, else what the forms and the readings show, else a question.
fn said(view: &Snapshot, told: Option<Verdict>, placed: &Placed, other: &Placed, weighed: Weighed<'_>) -> Option<Said> {
    let Weighed { comparison, score, is_forward } = weighed;
    let (only_own, only_other) = if is_forward { (comparison.only_a, comparison.only_b) } else { (comparison.only_b, comparison.only_a) };
    let is_conflict = comparison.veto.is_some_and(|v| v != "offset") && same_name(placed, other);
    let is_vetoed = comparison.veto.is_some();
    let is_open = leaves_scope_open(&placed.field()?.meaning, &other.field()?.meaning);
    let is_certain = placed.field()?.meaning.is_certain && other.field()?.meaning.is_certain;
    let is_narrower = is_certain && only_own > 0 && only_other == 0 && score < NARROWER_BELOW;
    let is_broader = is_certain && only_other > 0 && only_own == 0 && score < NARROWER_BELOW;
    // A likely pair that differs in a word may say it in two ways: that is a question.
    let by_facets = || if is_vetoed || score < ASKED_FROM { view.part_by_facets(placed, other) } else { None };
    let plainly = |kind: RelationKind| Said { kind, why: None, is_decided: false };
    let said = match told {
        Some(Verdict::Narrower) => Said { kind: RelationKind::Narrower, why: None, is_decided: true },
        Some(Verdict::Broader) => Said { kind: RelationKind::Broader, why: None, is_decided: true },
        Some(Verdict::Different) | None if is_conflict => plainly(RelationKind::Conflict),
        Some(Verdict::Different | Verdict::Same | Verdict::Unsure) => return None,
        None => match view.told_apart(placed, other).or_else(by_facets) {
            Some((kind, why)) => Said { kind, why: Some(why), is_decided: false },
            None if comparison.veto.is_some() => return None,
            // A word more in what is counted is another thing (水电站 beside 乡), not a part of it.
            None if (is_narrower || is_broader) && comparison.is_other_thing => return None,
            None if (is_narrower || is_broader) && is_open => plainly(RelationKind::LooksAlike),
            None if is_narrower => plainly(RelationKind::Narrower),
            None if is_broader => plainly(RelationKind::Broader),
            None => plainly(RelationKind::LooksAlike),
        },
    };
    (said.kind == RelationKind::Conflict || score >= MIN_SCORE).then_some(said)
}

impl Snapshot {
    /// What judging says of two fields of different forms by themselves, without the rivals that other fields are.
    pub(crate) fn question(&self, a: &Placed, b: &Placed) -> Option<Relation> {
        if a.is_beside(b) {
            return None;
        }
        let comparison = compare(&self.state, a, b)?;
        let score = if comparison.veto.is_some() { 0.0 } else { comparison.score() };
        let id = |p: &Placed| p.field().map(|f| stored(f.element()));
        let told = self.state.told(id(a)?, id(b)?);
        let said = said(self, told, a, b, Weighed { comparison: &comparison, score, is_forward: true })?;
        let reasons = said.why.map_or(comparison.reasons, |why| vec![why]);
        Some(Relation { a: key_of(a)?, b: key_of(b)?, kind: said.kind, score, reasons, formula: None })
    }
}

impl Snapshot {
    /// What comparing two fields gives, facet by facet, even where nothing is to be said of them: as a look-alike that may have no chance.
    pub fn weighed(&self, a: &FieldKey, b: &FieldKey) -> Option<Relation> {
        let (comparison, _) = traced(&self.state, &self.find(a)?, &self.find(b)?)?;
        let score = if comparison.veto.is_some() { 0.0 } else { comparison.score() };
        let (a, b) = (a.clone(), b.clone());
        Some(Relation { a, b, kind: RelationKind::LooksAlike, score, reasons: comparison.reasons, formula: None })
    }
}

fn same_name(a: &Placed, b: &Placed) -> bool {
    let name = a.entry.text_of(a.at);
    !name.is_empty() && name == b.entry.text_of(b.at)
}
