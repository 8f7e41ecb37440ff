//! Formulas (计算关系): figures that follow from others, by printed equations, by structure and by time, within a form and across forms.
//!
//! An equation is one form's; through the elements of its fields it holds for every field that shows the same figure: where form A asks a
//! 合计 that form B cuts into 男 and 女, A's figure follows from B's. Only relations are made here; nothing is planned or computed.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use crate::domain::facet::TimeBasis;
use crate::domain::id::{ElementId, FieldKey};
use crate::domain::relation::{Derivation, Origin, Reason, Relation, RelationKind};
use crate::domain::rule::{CellRef, Check, Comparator, Comparison, Formula, Shift, Test};
use crate::domain::template::FormTemplate;
use crate::overlap::catalogue::Snapshot;
use crate::overlap::explain::short_name;
use crate::overlap::facets::key::key_of;
use crate::overlap::placed::{FormEntry, Placed};
use crate::overlap::structure::proposals;

/// Other forms that are looked at for one figure.
const MAX_FORMS: usize = 48;
/// Most parts of an equation that relations are made of.
const MAX_OPERANDS: usize = 60;

/// An equation of a form, solved for one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Equation {
    /// Position of the field that is computed.
    pub target: usize,
    /// Positions of the fields that it is computed from, each once.
    pub operands: Vec<usize>,
    /// The equation with labels.
    pub expression: String,
    /// Where it comes from.
    pub origin: Origin,
    /// The words that say so.
    pub words: String,
}

/// The equations of a form: printed ones first, then those that its structure adds.
pub(crate) fn equations_from(template: &FormTemplate, checks: &[Check]) -> Vec<Equation> {
    let mut found: Vec<Equation> = Vec::new();
    for check in checks {
        let Test::Compare(Comparison::Numbers { left, comparator: Comparator::Equal, right }) = &check.test else { continue };
        // A guessed word may be about another row, and a condition says nothing of the other units.
        if check.when.is_empty() && check.guesses.is_empty() {
            found.extend(solved(template, left, right, &check.text).or_else(|| solved(template, right, left, &check.text)));
        }
    }
    for proposal in proposals(template).into_iter().filter(|p| p.is_exhaustive) {
        let is_known = found.iter().any(|e| e.target == proposal.total && proposal.parts.iter().all(|p| e.operands.contains(p)));
        if is_known {
            continue;
        }
        let name = |at: &usize| template.fields.get(*at).map(short_name).unwrap_or_default();
        let names: Vec<String> = proposal.parts.iter().map(name).collect();
        let right = match (proposal.origin, names.as_slice()) {
            (Origin::Growth, [now, before, ..]) => format!("({now} ÷ {before} - 1) × 100"),
            (Origin::Time, _) => format!("Σ {}", names.concat()),
            _ => names.join(" + "),
        };
        let expression = format!("{} = {right}", name(&proposal.total));
        found.push(Equation {
            target: proposal.total,
            operands: proposal.parts,
            expression,
            origin: proposal.origin,
            words: if proposal.origin == Origin::Time { "flow".to_owned() } else { proposal.words },
        });
    }
    found
}

/// The equation solved for `left`, where that is a single cell of the form's own period.
fn solved(template: &FormTemplate, left: &Formula, right: &Formula, words: &str) -> Option<Equation> {
    let Formula::Cell(CellRef { form: None, field, shift: Shift::Current }) = left else { return None };
    let position = |cell: &CellRef| template.fields.iter().position(|f| f.id == cell.field && cell.form.is_none());
    let target = template.fields.iter().position(|f| f.id == *field)?;
    let operands: BTreeSet<usize> = right.cells().into_iter().filter_map(position).filter(|at| *at != target).collect();
    if operands.is_empty() || operands.len() > MAX_OPERANDS {
        return None;
    }
    let name = |cell: &CellRef| position(cell).and_then(|at| template.fields.get(at)).map(short_name).unwrap_or_default();
    let expression = format!("{} = {}", template.fields.get(target).map(short_name)?, right.show(&name));
    Some(Equation { target, operands: operands.into_iter().collect(), expression, origin: Origin::Printed, words: words.to_owned() })
}

impl Snapshot {
    /// The formulas that give the figure of a field, each as one relation for every figure it needs, and those of time.
    pub(crate) fn formulas_of(&self, placed: &Placed) -> Vec<Relation> {
        let mut found = Vec::new();
        let Some(field) = placed.field() else { return found };
        // The field's own equations first, then those of other forms that show the same figure.
        for equation in placed.entry.equations(&self.measures).iter().filter(|e| e.target == placed.at) {
            found.extend(self.operands_for(placed, &placed.entry, equation));
        }
        let same = self.state.placed(field.element());
        let others = same.iter().filter(|o| !o.is_beside(placed) && has_offset(o, placed));
        for other in others.take(MAX_FORMS) {
            for equation in other.entry.equations(&self.measures).iter().filter(|e| e.target == other.at) {
                found.extend(self.operands_for(placed, &other.entry, equation));
            }
        }
        found.extend(self.over_time(placed));
        let mut seen: BTreeSet<FieldKey> = BTreeSet::new();
        found.retain(|r| seen.insert(r.b.clone()));
        found
    }

    /// One relation for each operand of an equation: to the field of the equation's own form, and to the same figure in other forms.
    fn operands_for(&self, placed: &Placed, entry: &Arc<FormEntry>, equation: &Equation) -> Vec<Relation> {
        let mut found = Vec::new();
        for at in &equation.operands {
            let own = Placed { entry: entry.clone(), at: *at };
            let Some(operand) = own.field() else { continue };
            let same = self.state.element(operand.element());
            let is_elsewhere = |p: &&Placed| !p.is_beside(&own) && has_offset(p, &own);
            // The first fields stand for the figure: how often else it is asked makes no other formula.
            let elsewhere = same.iter().flat_map(|e| &e.first).filter(is_elsewhere);
            let shown = std::iter::once(&own).chain(elsewhere);
            for other in shown.filter(|o| !(o.at == placed.at && o.is_beside(placed))) {
                found.extend(relation(placed, other, derivation(entry, equation)));
            }
        }
        found
    }

    /// 累计 from the figures of its periods, and a year's figure from the last 累计.
    fn over_time(&self, placed: &Placed) -> Vec<Relation> {
        let Some(field) = placed.field() else { return Vec::new() };
        let meaning = &field.meaning;
        let from = match meaning.facets.time_basis {
            Some(TimeBasis::YearToDate) if meaning.is_certain => TimeBasis::Flow,
            Some(TimeBasis::Flow) if meaning.is_certain => TimeBasis::YearToDate,
            _ => return Vec::new(),
        };
        let mut facets = meaning.facets.clone();
        facets.time_basis = Some(from);
        // Decisions may have made the other figure one with others.
        let element = ElementId::of_key(self.state.settlement().class_of(&key_of(&facets, &meaning.residue)));
        let n_times = placed.entry.form.template.frequency.n_per_year();
        let others = self.state.placed(element);
        let serves = |o: &&Placed| {
            let template = &o.entry.form.template;
            let n_other = template.frequency.n_per_year();
            let is_finer = if from == TimeBasis::Flow { n_other >= n_times } else { n_times == 1 };
            is_finer && has_offset(o, placed) && template.level <= placed.entry.form.template.level
        };
        let found = others.iter().filter(serves).take(MAX_FORMS).filter_map(|other| {
            let operand = other.field()?.key.clone();
            let name = short_name(other.printed()?);
            let own = short_name(placed.printed()?);
            let expression =
                if from == TimeBasis::Flow { format!("{own} = Σ {name}") } else { format!("{own} = {name}（最末一期）") };
            let words = if from == TimeBasis::Flow { "flow" } else { "ytd" };
            let derivation =
                Derivation { expression, operands: vec![operand], origin: Origin::Time, title: String::new(), words: words.to_owned() };
            relation(placed, other, derivation)
        });
        found.collect()
    }

    /// Every formula of the catalogue: a figure with each figure that it follows from, once, by the fields of the first form that shows it; the
    /// formulas of other fields follow through what is one figure with them. The equations of all forms should have been read before.
    pub(crate) fn each_formula(&self) -> Vec<(Placed, Placed, f64)> {
        let mut found = Vec::new();
        let mut seen: HashSet<[(ElementId, i16); 2]> = HashSet::new();
        let figure = |p: &Placed| p.field().map(|f| (f.element(), f.meaning.offset_years));
        for entry in self.state.form_entries() {
            for equation in entry.equations(&self.measures) {
                let whole = Placed { entry: Arc::clone(entry), at: equation.target };
                for at in &equation.operands {
                    let part = Placed { entry: Arc::clone(entry), at: *at };
                    if figure(&whole).zip(figure(&part)).is_some_and(|(x, y)| seen.insert([x, y])) {
                        found.push((whole.clone(), part, certainty(equation.origin)));
                    }
                }
            }
        }
        for (_, element) in self.state.elements.iter() {
            let served = element.first.iter().find_map(|p| Some((p, self.over_time(p).into_iter().next()?)));
            let Some((first, relation)) = served else { continue };
            let other = self.find(&relation.b);
            let is_new = figure(first).zip(other.as_ref().and_then(figure)).is_some_and(|(x, y)| seen.insert([x, y]));
            found.extend(other.filter(|_| is_new).map(|other| (first.clone(), other, relation.score)));
        }
        found
    }

    /// The formula by which [`Self::each_formula`] named two fields.
    pub(crate) fn formula_between(&self, placed: &Placed, other: &Placed) -> Option<Relation> {
        let equations = placed.entry.equations(&self.measures).iter();
        let mut fitting = equations.filter(|e| e.target == placed.at && e.operands.contains(&other.at) && other.is_beside(placed));
        let by_form = fitting.next().and_then(|equation| relation(placed, other, derivation(&placed.entry, equation)));
        by_form.or_else(|| self.over_time(placed).into_iter().find(|r| other.field().is_some_and(|f| f.key == r.b)))
    }
}

/// What an equation of a form says.
fn derivation(entry: &FormEntry, equation: &Equation) -> Derivation {
    Derivation {
        expression: equation.expression.clone(),
        operands: equation.operands.iter().filter_map(|at| entry.form.field_keys.get(*at).cloned()).collect(),
        origin: equation.origin,
        title: entry.form.template.title.trim().to_owned(),
        words: equation.words.clone(),
    }
}

/// How sure an equation is: printed ones are the department's own word, structure is only what the layout suggests.
fn certainty(origin: Origin) -> f64 {
    match origin {
        Origin::Printed | Origin::Time => 0.99,
        Origin::Growth => 0.97,
        Origin::Breakdown => 0.95,
    }
}

/// Whether two fields are about the same year as seen from their forms.
fn has_offset(a: &Placed, b: &Placed) -> bool {
    let years = |p: &Placed| p.field().map(|f| f.meaning.offset_years);
    years(a) == years(b)
}

fn relation(placed: &Placed, other: &Placed, derivation: Derivation) -> Option<Relation> {
    let mut reasons =
        vec![Reason { facet: "formula".to_owned(), a: derivation.expression.clone(), b: derivation.words.clone(), weight: 0.0 }];
    let (a, b) = (placed.field()?.key.clone(), other.field()?.key.clone());
    let mut score = certainty(derivation.origin);
    if let Some(hindrance) = too_coarse(placed, other) {
        score = 0.5;
        reasons.push(hindrance);
    }
    (a != b).then_some(Relation { a, b, kind: RelationKind::Formula, score, reasons, formula: Some(derivation) })
}

/// A yearly figure gives no quarter's, a county's no village's: the equation holds, but the one cannot be computed from the other.
fn too_coarse(placed: &Placed, other: &Placed) -> Option<Reason> {
    let (own, given) = (&placed.entry.form.template, &other.entry.form.template);
    let reason = |facet: &str, a: &str, b: &str| Some(Reason { facet: facet.to_owned(), a: a.to_owned(), b: b.to_owned(), weight: -1.0 });
    if given.level > own.level {
        return reason("level", own.level.as_str(), given.level.as_str());
    }
    if given.frequency.n_per_year() < own.frequency.n_per_year() {
        return reason("frequency", own.frequency.as_str(), given.frequency.as_str());
    }
    None
}
