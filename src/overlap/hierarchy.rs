//! Narrower, broader and same in name only: what two fields are to each other when they are not one figure.
//!
//! A row below another in a form (其中, a breakdown) is part of it, and so of every field that shows the same figure; else the facets tell,
//! where both readings are certain. Ages are compared as ranges.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::domain::facet::Meaning;
use crate::domain::relation::{Reason, RelationKind};
use crate::domain::template::Field;
use crate::overlap::catalogue::{Placed, Snapshot};
use crate::overlap::facets::text::{normalise, strip_markers};

/// Rows above a field that it may be part of.
const MAX_STEPS: usize = 6;

/// What makes one field part of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// The facet that the narrower one has more of.
    pub facet: &'static str,
    /// The words of the narrower one.
    pub narrow: String,
    /// What the broader one says there; often nothing.
    pub broad: String,
}

impl Snapshot {
    /// A row above `a` in its form shows the figure of `b`.
    fn by_structure(&self, a: &Placed, b: &Placed) -> Option<Part> {
        let (own, wanted) = (a.printed()?, b.field()?);
        if own.unit.is_empty() || !own.dtype.is_number() {
            return None;
        }
        for at in a.entry.above(a.at).iter().take(MAX_STEPS) {
            let above = Placed { entry: Arc::clone(&a.entry), at: *at };
            let same_unit = above.printed().is_some_and(|f| f.unit == own.unit);
            let is_that =
                above.field().is_some_and(|f| f.element() == wanted.element() && f.meaning.offset_years == wanted.meaning.offset_years);
            let has_own_time = above.field().zip(a.field()).is_some_and(|(x, y)| {
                x.meaning.offset_years == y.meaning.offset_years && x.meaning.facets.time_basis == y.meaning.facets.time_basis
            });
            if same_unit && is_that && has_own_time {
                return Some(Part { facet: "qualifier", narrow: own.label.trim().to_owned(), broad: String::new() });
            }
        }
        None
    }

    /// What two fields are to each other that are neither one figure nor asked about; `None` where nothing is to be said.
    pub(crate) fn told_apart(&self, a: &Placed, b: &Placed) -> Option<(RelationKind, Reason)> {
        let structure = (self.by_structure(a, b), self.by_structure(b, a));
        let (kind, part) = match structure {
            (Some(part), None) => (RelationKind::Narrower, part),
            (None, Some(part)) => (RelationKind::Broader, part),
            // One name on both sides with a word more in one note is another definition, wider or not.
            _ if has_one_name(a, b) => return same_name_only(a, b),
            _ => {
                let (x, y) = (&a.field()?.meaning, &b.field()?.meaning);
                match (by_facets(x, y), by_facets(y, x)) {
                    (Some(part), None) => (RelationKind::Narrower, part),
                    (None, Some(part)) => (RelationKind::Broader, part),
                    _ => return None,
                }
            }
        };
        let (narrow, broad) = (part.narrow, part.broad);
        let (x, y) = if kind == RelationKind::Narrower { (narrow, broad) } else { (broad, narrow) };
        Some((kind, Reason { facet: part.facet.to_owned(), a: x, b: y, weight: -1.0 }))
    }
}

/// One name, and a facet that both sides know differently.
fn same_name_only(a: &Placed, b: &Placed) -> Option<(RelationKind, Reason)> {
    Some((RelationKind::Conflict, difference(&a.field()?.meaning, &b.field()?.meaning)?))
}

/// Whether two fields print the same label, list markers aside; columns that only name a period or the whole do not count.
fn has_one_name(a: &Placed, b: &Placed) -> bool {
    let name = a.entry.name_of(a.at);
    if !name.is_empty() && name == b.entry.name_of(b.at) {
        return true;
    }
    let (Some(x), Some(y)) = (a.printed(), b.printed()) else { return false };
    let says_nothing = |field: &Field| is_whole(&field.column) || is_period(&field.column);
    if !says_nothing(x) || !says_nothing(y) {
        return false;
    }
    let label = |field: &Field| normalise(strip_markers(&field.label).0);
    let label_x = label(x);
    !label_x.is_empty() && label_x == label(y)
}

/// For each field the places of the rows that stand above it, nearest first: a cell of the same column, else of a row without columns.
pub(crate) fn rows_above(fields: &[Field]) -> Vec<Vec<usize>> {
    let mut rows: HashMap<(&[String], &str), Vec<usize>> = HashMap::new();
    for (at, field) in fields.iter().enumerate() {
        rows.entry((&field.path, &field.label)).or_default().push(at);
    }
    let cells = |row: (&[String], &str)| -> Vec<(usize, &Field)> {
        rows.get(&row).into_iter().flatten().filter_map(|at| Some((*at, fields.get(*at)?))).collect()
    };
    let above = |(at, own): (usize, &Field)| {
        let rows = (0..own.path.len()).rev().filter_map(|depth| {
            let (label, path) = (own.path.get(depth)?, own.path.get(..depth)?);
            let cells = cells((path, label));
            let in_column = cells.iter().find(|(_, f)| f.column == own.column);
            in_column.or_else(|| cells.iter().find(|(_, f)| f.unit == own.unit && is_whole(&f.column))).map(|(at, _)| *at)
        });
        // A column of the row beside its total is part of the total.
        let beside = cells((&own.path, &own.label));
        let total = beside.into_iter().find(|(_, f)| f.code == own.code && f.unit == own.unit && is_total(&f.column));
        let total = total.map(|(at, _)| at).filter(|total| *total != at && !is_period(&own.column));
        rows.chain(total).collect()
    };
    fields.iter().enumerate().map(above).collect()
}

fn is_total(column: &str) -> bool {
    matches!(column.trim(), "合计" | "总计" | "计" | "小计")
}

fn is_period(column: &str) -> bool {
    ["上年", "上月", "本年", "本月", "本季", "本期", "累计", "上学年", "本学年"].iter().any(|w| column.contains(w))
}

fn is_whole(column: &str) -> bool {
    let column = column.trim();
    column.is_empty() || is_total(column) || ["本年", "本期", "本月", "本学年", "期末", "月末", "本年末"].contains(&column)
}

/// `a` has every facet of `b` and at least one qualifier more.
fn by_facets(a: &Meaning, b: &Meaning) -> Option<Part> {
    let (x, y) = (&a.facets, &b.facets);
    let is_same = x.measure == y.measure
        && x.statistic == y.statistic
        && x.population == y.population
        && x.time_basis == y.time_basis
        && x.price_basis == y.price_basis
        && x.dimension == y.dimension
        && a.residue == b.residue
        && a.offset_years == b.offset_years;
    if !is_same || !a.is_certain || !b.is_certain || !y.clauses.is_subset(&x.clauses) {
        return None;
    }
    let missing: Vec<&String> = y.qualifiers.difference(&x.qualifiers).collect();
    let more: Vec<&String> = x.qualifiers.difference(&y.qualifiers).collect();
    if more.is_empty() {
        return None;
    }
    // A broader age of the other side is met by a narrower one here.
    let inside = |wide: &&&String| more.iter().any(|narrow| lies_within(narrow, wide));
    if missing.iter().filter(|q| !inside(q)).count() > 0 {
        return None;
    }
    let join = |values: &[&String]| values.iter().map(|v| v.as_str()).collect::<Vec<_>>().join("、");
    Some(Part { facet: "qualifier", narrow: join(&more), broad: join(&missing) })
}

/// Whether one age range lies within another (65+ in 60+, 0-2 in 0-6).
fn lies_within(narrow: &str, wide: &str) -> bool {
    match (range_of(narrow), range_of(wide)) {
        (Some((low, high)), Some((wide_low, wide_high))) => low >= wide_low && high <= wide_high && (low, high) != (wide_low, wide_high),
        _ => false,
    }
}

fn range_of(qualifier: &str) -> Option<(u32, u32)> {
    if let Some(low) = qualifier.strip_suffix('+') {
        return Some((low.parse().ok()?, u32::MAX));
    }
    if let Some(high) = qualifier.strip_suffix('-') {
        return Some((0, high.parse().ok()?));
    }
    let (low, high) = qualifier.split_once('-')?;
    Some((low.parse().ok()?, high.parse().ok()?))
}

/// The first facet that both sides know differently, the weightiest first.
pub(crate) fn difference(a: &Meaning, b: &Meaning) -> Option<Reason> {
    let (x, y) = (&a.facets, &b.facets);
    let reason = |facet: &str, a: String, b: String| Reason { facet: facet.to_owned(), a, b, weight: -9.0 };
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let single = [("unit", text(&x.dimension), text(&y.dimension)), ("statistic", text(&x.statistic), text(&y.statistic))];
    for (facet, p, q) in single {
        if p != q && !p.is_empty() && !q.is_empty() {
            return Some(reason(facet, p, q));
        }
    }
    let words = |m: &Option<String>| -> BTreeSet<String> { m.iter().flat_map(|m| m.split('+')).map(str::to_owned).collect() };
    let (measure_x, measure_y) = (words(&x.measure), words(&y.measure));
    // What 其他 leaves follows from its neighbours, and is the same thing in forms that are cut up a little differently.
    let stated = |clauses: &BTreeSet<String>| -> BTreeSet<String> { clauses.iter().filter(|c| !c.starts_with('除')).cloned().collect() };
    let (clauses_x, clauses_y) = (stated(&x.clauses), stated(&y.clauses));
    let sets = [
        ("measure", &measure_x, &measure_y),
        ("population", &x.population, &y.population),
        ("qualifier", &x.qualifiers, &y.qualifiers),
        ("clause", &clauses_x, &clauses_y),
    ];
    // Each side has what the other lacks: what only one form says is a question, not a difference.
    // A thing read from the label on one side and from a heading on the other may be a heading read too far.
    let in_label = |m: &Meaning| m.evidence.iter().any(|e| e.facet == "measure" && e.source == "label");
    let is_even = in_label(a) == in_label(b);
    let is_apart = |p: &BTreeSet<String>, q: &BTreeSet<String>| !p.is_subset(q) && !q.is_subset(p);
    let apart = sets.into_iter().find(|(facet, p, q)| (is_even || *facet != "measure") && is_apart(p, q));
    apart.map(|(facet, p, q)| reason(facet, only(p, q), only(q, p)))
}

fn only(a: &BTreeSet<String>, b: &BTreeSet<String>) -> String {
    a.difference(b).cloned().collect::<Vec<_>>().join("、")
}
