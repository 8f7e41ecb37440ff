//! Formulas (计算关系): figures that follow from others, by printed equations, by structure and by time, within a form and across forms.
//!
//! An equation is one form's; through the elements of its fields it holds for every field that shows the same figure: where form A asks a
//! 合计 that form B cuts into 男 and 女, A's figure follows from B's. Only relations are made here; nothing is planned or computed.

use std::collections::BTreeSet;

use crate::domain::facet::TimeBasis;
use crate::domain::id::{ElementId, FieldKey};
use crate::domain::measure::Measures;
use crate::domain::relation::{Derivation, Origin, Reason, Relation, RelationKind};
use crate::domain::rule::{CellRef, Comparator, Comparison, Formula, Shift, Test, read_rules};
use crate::domain::template::FormTemplate;
use crate::overlap::catalogue::{FormEntry, Placed, Snapshot};
use crate::overlap::explain::short_name;
use crate::overlap::facets::key::key_of;
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
pub(crate) fn equations_of(template: &FormTemplate, measures: &Measures) -> Vec<Equation> {
    let mut found: Vec<Equation> = Vec::new();
    for check in read_rules(template, measures, &|_| None).into_iter().filter_map(|r| r.checks.ok()).flatten() {
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
        let others = same.iter().filter(|o| o.entry.form.template.id != placed.entry.form.template.id && has_offset(o, placed));
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
    fn operands_for(&self, placed: &Placed, entry: &std::sync::Arc<FormEntry>, equation: &Equation) -> Vec<Relation> {
        let keys: Vec<FieldKey> = equation.operands.iter().filter_map(|at| entry.form.field_keys.get(*at).cloned()).collect();
        let mut found = Vec::new();
        for at in &equation.operands {
            let own = Placed { entry: entry.clone(), at: *at };
            let Some(operand) = own.field() else { continue };
            let same = self.state.placed(operand.element());
            let is_elsewhere = |p: &&Placed| p.entry.form.template.id != entry.form.template.id && has_offset(p, &own);
            let shown = std::iter::once(&own).chain(same.iter().filter(is_elsewhere).take(MAX_FORMS));
            for other in shown.filter(|o| !(o.at == placed.at && o.entry.form.template.id == placed.entry.form.template.id)) {
                let derivation = Derivation {
                    expression: equation.expression.clone(),
                    operands: keys.clone(),
                    origin: equation.origin,
                    title: entry.form.template.title.trim().to_owned(),
                    words: equation.words.clone(),
                };
                found.extend(relation(placed, other, derivation));
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
        let element = ElementId::of_key(&key_of(&facets, &meaning.residue));
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

    /// Every formula of the catalogue, by form: the computed field of each equation with its operands, and both with the same figures elsewhere.
    pub(crate) fn all_formulas(&self) -> Vec<Relation> {
        let mut found = Vec::new();
        for entry in self.state.forms.values() {
            let targets: BTreeSet<usize> = entry.equations(&self.measures).iter().map(|e| e.target).collect();
            let over_time = entry.fields.iter().enumerate().filter(|(_, f)| is_flow(f.meaning.facets.time_basis)).map(|(at, _)| at);
            for at in targets.iter().copied().chain(over_time.filter(|at| !targets.contains(at))) {
                let placed = Placed { entry: entry.clone(), at };
                found.extend(self.formulas_of(&placed));
            }
        }
        found
    }
}

fn is_flow(time: Option<TimeBasis>) -> bool {
    matches!(time, Some(TimeBasis::YearToDate | TimeBasis::Flow))
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
    // Printed equations are the department's own word; structure is only what the layout suggests.
    let mut score = match derivation.origin {
        Origin::Printed | Origin::Time => 0.99,
        Origin::Growth => 0.97,
        Origin::Breakdown => 0.95,
    };
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
