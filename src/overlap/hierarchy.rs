//! Narrower, broader and same in name only: what two fields are to each other when they are not one figure.
//!
//! A row below another in a form (其中, a breakdown) is part of it, and so of every field that shows the same figure; else the facets tell,
//! where both readings are certain. Ages are compared as ranges.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::domain::facet::Meaning;
use crate::domain::relation::{Reason, RelationKind};
use crate::domain::template::Field;
use crate::overlap::catalogue::Snapshot;
use crate::overlap::definition::{bounds_differing, core_name, differing};
use crate::overlap::facets::text::{normalise, strip_markers};
use crate::overlap::placed::Placed;

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
            _ => return Some((RelationKind::Conflict, bounded_otherwise(a, b)?)),
        };
        Some(said_of(kind, part))
    }

    /// What two certain readings are to each other where one has every facet of the other and a qualifier more.
    pub(crate) fn part_by_facets(&self, a: &Placed, b: &Placed) -> Option<(RelationKind, Reason)> {
        if has_one_name(a, b) {
            return None;
        }
        let (x, y) = (&a.field()?.meaning, &b.field()?.meaning);
        let (kind, part) = match (by_facets(x, y), by_facets(y, x)) {
            (Some(part), None) => (RelationKind::Narrower, part),
            (None, Some(part)) => (RelationKind::Broader, part),
            _ => return None,
        };
        Some(said_of(kind, part))
    }

    /// What two fields are to each other that nobody would be asked about: a group among everybody, a kind among its kind by its name.
    pub(crate) fn part_by_words(&self, a: &Placed, b: &Placed) -> Option<(RelationKind, Reason)> {
        let (kind, part) = match (by_words(a, b), by_words(b, a)) {
            (Some(part), None) => (RelationKind::Narrower, part),
            (None, Some(part)) => (RelationKind::Broader, part),
            _ => return None,
        };
        Some(said_of(kind, part))
    }
}

/// The relation that a part makes, with its reason from the side that asks.
fn said_of(kind: RelationKind, part: Part) -> (RelationKind, Reason) {
    let (narrow, broad) = (part.narrow, part.broad);
    let (a, b) = if kind == RelationKind::Narrower { (narrow, broad) } else { (broad, narrow) };
    (kind, Reason { facet: part.facet.to_owned(), a, b, weight: -1.0 })
}

/// One name, and something that both sides know differently: a facet, a clause of their definitions, whose figure it is, or the whole that one of
/// them is part of.
fn same_name_only(a: &Placed, b: &Placed) -> Option<(RelationKind, Reason)> {
    let (x, y) = (&a.field()?.meaning, &b.field()?.meaning);
    let found = difference(x, y).or_else(|| differing(a, b)).or_else(|| owners_apart(x, y));
    let found = found.or_else(|| among(a, b)).or_else(|| among(b, a).map(turned));
    Some((RelationKind::Conflict, found?))
}

fn turned(reason: Reason) -> Reason {
    Reason { a: reason.b, b: reason.a, ..reason }
}

/// Names that agree but for scope and date, and a definition that sets another bound; what the names themselves bound is no other definition.
fn bounded_otherwise(a: &Placed, b: &Placed) -> Option<Reason> {
    let (x, y) = (a.printed()?, b.printed()?);
    let (name_x, name_y) = (core_name(&x.label), core_name(&y.label));
    let is_telling = name_x.chars().count() > 1 && !name_x.contains(|c: char| c.is_ascii_digit());
    let has_columns = |field: &Field| !is_whole(&field.column) && !is_period(&field.column);
    let (unit_x, unit_y) = (a.field()?.meaning.facets.dimension.as_ref()?, b.field()?.meaning.facets.dimension.as_ref()?);
    if name_x != name_y || !is_telling || unit_x != unit_y || has_columns(x) || has_columns(y) {
        return None;
    }
    bounds_differing(a, b)
}

/// Whose figure it is, where one side names an owner among what is counted and the other in the scope: income of the collective, of the clinic.
fn owners_apart(a: &Meaning, b: &Meaning) -> Option<Reason> {
    let words = |m: &Meaning| -> BTreeSet<String> {
        let measures = m.facets.measure.iter().flat_map(|m| m.split('+')).map(str::to_owned);
        measures.chain(m.facets.population.iter().cloned()).collect()
    };
    let is_of_money = [a, b].iter().all(|m| m.facets.dimension.as_deref() == Some("money"));
    let (x, y) = (words(a), words(b));
    let is_apart = !x.is_subset(&y) && !y.is_subset(&x) && !x.is_disjoint(&y);
    (is_of_money && is_apart).then(|| Reason { facet: "population".to_owned(), a: only(&x, &y), b: only(&y, &x), weight: -9.0 })
}

/// The first is printed as part of a counted whole that the second is no part of, and whose name says nothing of it: 低保对象 among those
/// who signed with a doctor, beside all of them.
fn among(a: &Placed, b: &Placed) -> Option<Reason> {
    let (own, other) = (a.printed()?, b.printed()?);
    let above = a.entry.above(a.at).first()?;
    let whole = a.entry.form.template.fields.get(*above)?;
    if whole.unit != own.unit || !own.dtype.is_number() || is_whole_name(&whole.label) {
        return None;
    }
    let (name, part) = (core_name(&whole.label), core_name(&own.label));
    let said_by_other = other.path.iter().chain([&other.label, &other.note]).any(|text| shares_word(&name, &normalise(text)));
    let (x, y) = (&a.field()?.meaning, &b.field()?.meaning);
    // A reading that dropped the whole found the part to be one by nature; one that kept it, or could not tell, did not.
    let (words_x, words_y) = (measure_words(x), measure_words(y));
    let kept = !x.is_certain || (words_y.is_subset(&words_x) && words_x != words_y);
    let is_other = part.chars().count() > 2 && y.is_certain && kept && !said_by_other && !shares_word(&name, &part);
    is_other.then(|| Reason { facet: "population".to_owned(), a: format!("{}中的", whole.label.trim()), b: String::new(), weight: -9.0 })
}

fn measure_words(m: &Meaning) -> BTreeSet<&str> {
    m.facets.measure.iter().flat_map(|m| m.split('+')).collect()
}

fn is_whole_name(label: &str) -> bool {
    let name = normalise(strip_markers(label).0);
    is_total(&name) || name.starts_with("合计") || name.starts_with("总计")
}

/// Whether two readings count everybody, and one of them leaves open whether registered or permanent people: neither is part of the other.
pub(crate) fn leaves_scope_open(a: &Meaning, b: &Meaning) -> bool {
    let (x, y) = (&a.facets, &b.facets);
    let is_everybody = x.measure == y.measure && matches!(x.measure.as_deref(), Some("人口" | "户"));
    is_everybody && x.qualifiers == y.qualifiers && x.population.is_empty() != y.population.is_empty()
}

/// Whether two names share two characters in a row: they speak of one thing.
fn shares_word(a: &str, b: &str) -> bool {
    let chars: Vec<char> = a.chars().collect();
    chars.windows(2).any(|pair| b.contains(&pair.iter().collect::<String>()))
}

/// Words before a name that make another thing of it, or another time, and no part.
const NO_PART: [&str; 22] = [
    "计划", "拟", "预计", "应", "需", "非", "未", "无", "不", "新", "增", "减", "净", "人均", "户均", "平均", "累计", "上年", "副", "准",
    "原", "占",
];

/// `a` is a group among everybody that `b` counts, or bears the name of `b` with words before it.
fn by_words(a: &Placed, b: &Placed) -> Option<Part> {
    let (m, n) = (&a.field()?.meaning, &b.field()?.meaning);
    let (x, y) = (&m.facets, &n.facets);
    let stated = |clauses: &BTreeSet<String>| clauses.iter().filter(|c| !c.starts_with('除')).cloned().collect::<BTreeSet<String>>();
    let is_comparable = x.statistic == y.statistic
        && x.time_basis == y.time_basis
        && x.price_basis == y.price_basis
        && x.dimension.is_some()
        && x.dimension == y.dimension
        && m.offset_years == n.offset_years
        && y.population.is_subset(&x.population)
        && stated(&y.clauses).is_subset(&stated(&x.clauses));
    if !is_comparable || !m.is_certain || !n.is_certain || x.qualifiers.contains("计划") != y.qualifiers.contains("计划") {
        return None;
    }
    let more: Vec<&String> = x.qualifiers.difference(&y.qualifiers).collect();
    let has_all = y.qualifiers.difference(&x.qualifiers).all(|wide| more.iter().any(|narrow| lies_within(narrow, wide)));
    let everybody =
        matches!((y.measure.as_deref(), y.dimension.as_deref()), (Some("人口"), Some("person")) | (Some("户"), Some("household")));
    if everybody && x.measure != y.measure && !y.population.is_empty() && n.residue.is_empty() && has_all {
        let group = x.measure.iter().flat_map(|m| m.split('+')).chain(more.iter().map(|q| q.as_str()));
        let missing: Vec<&str> = y.qualifiers.difference(&x.qualifiers).map(String::as_str).collect();
        return Some(Part { facet: "measure", narrow: group.collect::<Vec<_>>().join("、"), broad: missing.join("、") });
    }
    let (own, wide) = (core_name(&a.printed()?.label), core_name(&b.printed()?.label));
    let before = own.strip_suffix(wide.as_str())?;
    let is_kind =
        before.chars().count() > 1 && wide.chars().count() > 1 && !NO_PART.iter().any(|w| before.starts_with(w) || before.ends_with(w));
    let is_plain = |placed: &Placed| placed.printed().is_some_and(|f| is_whole(&f.column) || is_period(&f.column));
    // What the broader one is read with must stand in the name of the narrower one, or its own form says more than its label.
    let says = |word: &str| own.contains(word) || measure_words(m).contains(word) || x.qualifiers.contains(word);
    let is_said = measure_words(n).into_iter().all(says) && has_all && n.residue.iter().all(|word| own.contains(word.as_str()));
    let adds = x.measure != y.measure || !more.is_empty() || m.residue != n.residue;
    (is_kind && is_said && adds && is_plain(a) && is_plain(b)).then(|| Part {
        facet: "measure",
        narrow: before.trim_end_matches('的').to_owned(),
        broad: String::new(),
    })
}

/// Whether two fields print the same label, list markers aside; columns that only name a period or the whole do not count.
fn has_one_name(a: &Placed, b: &Placed) -> bool {
    let (Some(x), Some(y)) = (a.profile(), b.profile()) else { return false };
    (!x.name.is_empty() && x.name.digest == y.name.digest) || (x.label != 0 && x.label == y.label)
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

pub(crate) fn is_period(column: &str) -> bool {
    let words = ["上年", "上月", "本年", "本月", "本季", "本期", "累计", "上学年", "本学年", "年末", "季末", "月末", "期末", "学年初"];
    words.iter().any(|w| column.contains(w))
}

pub(crate) fn is_whole(column: &str) -> bool {
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
