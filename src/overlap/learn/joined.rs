//! Elements that accepted synonyms and proven scores make one figure, beyond those that decisions made one (`settle` alone does that).
//!
//! Worked out from the forms, the settled elements and the synonyms each time a catalogue is asked, so that a form that comes later is joined the
//! same way and the order of arrival cannot matter. A join is left out where it contradicts what is known: two elements that meet in a form are
//! two figures, and what a reviewer told apart stays apart, over any number of steps.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::domain::decision::Verdict;
use crate::domain::facet::{Meaning, TimeBasis};
use crate::domain::id::{ElementId, FormId};
use crate::domain::period::Frequency;
use crate::overlap::catalogue::{State, stored};
use crate::overlap::learn::difference::{exchanged_key, measure_beside, words_of};
use crate::overlap::learn::synonym::{FacetWord, ProposedSynonym, Scope};
use crate::overlap::placed::{FormEntry, Placed};
use crate::overlap::score::traced;
use crate::overlap::tokens::word_token;

/// Elements that are looked through for one synonym; a word that more have is too common to be exchanged everywhere.
const MAX_LOOKED_AT: usize = 2_000;

/// Shortest name that tells something by itself.
const MIN_NAME_CHARS: usize = 3;

/// Why two elements are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// An accepted synonym, by its place in [`super::Learned::synonyms`].
    Synonym(usize),
    /// The score is above the one from which merges are proven right.
    Score,
}

/// Two elements that were made one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Join {
    /// One element.
    pub a: u64,
    /// The other.
    pub b: u64,
    /// Why.
    pub why: Why,
}

/// Elements that were made one, in groups.
#[derive(Clone, Debug, Default)]
pub(crate) struct Joined {
    groups: HashMap<u64, Group>,
    group_of: HashMap<u64, u64>,
    /// What a person took back, beside what decisions tell apart.
    apart: HashSet<(u64, u64)>,
    /// What was joined, in the order in which it was.
    pub joins: Vec<Join>,
}

#[derive(Clone, Debug)]
struct Group {
    elements: Vec<u64>,
    forms: BTreeSet<u64>,
}

impl Joined {
    /// Joins what was learnt for a catalogue.
    pub(crate) fn of(state: &State) -> Self {
        Self::except(state, HashSet::new())
    }

    /// The same without joining these pairs of elements, each the smaller first, over any number of steps.
    pub(crate) fn except(state: &State, apart: HashSet<(u64, u64)>) -> Self {
        let mut joined = Self { apart, ..Self::default() };
        for (at, synonym) in state.learned.synonyms.iter().enumerate().filter(|(_, s)| s.is_accepted) {
            for (a, b) in pairs_of(state, synonym).into_iter().flatten() {
                joined.join(state, a, b, Why::Synonym(at));
            }
        }
        joined
    }

    /// Whether nothing was joined.
    pub(crate) fn is_empty(&self) -> bool {
        self.joins.is_empty()
    }

    /// Whether two elements are one figure.
    pub(crate) fn are_one(&self, a: u64, b: u64) -> bool {
        a == b || (self.group_of.contains_key(&a) && self.group_of.get(&a) == self.group_of.get(&b))
    }

    /// The element that stands for the group of an element: its smallest.
    pub(crate) fn representative(&self, element: u64) -> u64 {
        let group = self.group_of.get(&element).and_then(|g| self.groups.get(g));
        group.and_then(|g| g.elements.iter().min().copied()).unwrap_or(element)
    }

    /// Joins two elements and what is one with either, unless something known says that they are two.
    pub(crate) fn join(&mut self, state: &State, a: u64, b: u64, why: Why) -> bool {
        if self.are_one(a, b) {
            return false;
        }
        let (one, other) = (self.group(state, a), self.group(state, b));
        let tells_apart = |x: u64, y: u64| self.apart.contains(&ordered(x, y)) || state.told(x, y).is_some_and(Verdict::tells_apart);
        let is_apart = one.elements.iter().any(|x| other.elements.iter().any(|y| tells_apart(*x, *y)));
        if is_apart || !one.forms.is_disjoint(&other.forms) {
            return false;
        }
        let into = *self.group_of.get(&a).unwrap_or(&a);
        let from = self.group_of.get(&b).copied();
        let group = Group {
            elements: one.elements.into_iter().chain(other.elements.iter().copied()).collect(),
            forms: one.forms.into_iter().chain(other.forms).collect(),
        };
        for element in &group.elements {
            self.group_of.insert(*element, into);
        }
        from.map(|from| self.groups.remove(&from));
        self.groups.insert(into, group);
        self.joins.push(Join { a, b, why });
        true
    }

    fn group(&self, state: &State, element: u64) -> Group {
        let known = self.group_of.get(&element).and_then(|g| self.groups.get(g));
        known.cloned().unwrap_or_else(|| Group { elements: vec![element], forms: state.forms_of(element).into_iter().collect() })
    }
}

pub(crate) fn ordered(a: u64, b: u64) -> (u64, u64) {
    (a.min(b), a.max(b))
}

/// Pairs of elements that an exchange makes one, sorted; `None` where its words are too common to look through.
fn pairs_of(state: &State, synonym: &ProposedSynonym) -> Option<Vec<(u64, u64)>> {
    let mut pairs = match &synonym.scope {
        Scope::Between(a, b) => between(state, synonym, a, b),
        Scope::Names(a, b) => same_names(state, a, b),
        Scope::Everywhere => exchanged(state, synonym, None)?,
        Scope::Beside(beside) => exchanged(state, synonym, Some(beside))?,
    };
    pairs.sort_unstable();
    Some(pairs)
}

/// How often forms themselves tell apart what an exchange would make one.
pub(crate) fn contradicts(state: &State, synonym: &ProposedSynonym) -> usize {
    if matches!(synonym.scope, Scope::Between(..) | Scope::Names(..)) {
        return 0;
    }
    let Some(pairs) = pairs_of(state, synonym) else { return 1 };
    let meet = |(a, b): &&(u64, u64)| {
        let forms: BTreeSet<u64> = state.forms_of(*a).into_iter().collect();
        state.forms_of(*b).iter().any(|f| forms.contains(f))
    };
    pairs.iter().filter(meet).count()
}

/// Elements whose key, with the words exchanged, is the key of another element.
fn exchanged(state: &State, synonym: &ProposedSynonym, beside: Option<&str>) -> Option<Vec<(u64, u64)>> {
    let own = synonym.a.iter().filter(|w| matches!(w.facet, "measure" | "population" | "qualifier" | "residue")).map(|w| w.word.as_str());
    let around = beside.into_iter().flat_map(|words| words.split('+')).filter(|w| !w.is_empty());
    let counted = own.chain(around).map(|word| (state.n_with(word_token(word)), word));
    let Some((n, rarest)) = counted.min_by_key(|(n, _)| *n).filter(|(n, _)| *n > 0) else { return Some(Vec::new()) };
    if n > MAX_LOOKED_AT {
        return None;
    }
    let target = |element: u64| {
        let placed = state.by_stored(element)?.standing_for()?;
        let meaning = &placed.field()?.meaning;
        let words = words_of(meaning);
        let (out, into) = if synonym.a.iter().all(|w| words.contains(w)) { (&synonym.a, &synonym.b) } else { (&synonym.b, &synonym.a) };
        let fits = !out.is_empty() && out.iter().all(|w| words.contains(w)) && !into.iter().any(|w| words.contains(w));
        if !fits || beside.is_some_and(|beside| measure_beside(&words, out) != beside) {
            return None;
        }
        if !meaning.is_certain && !is_explained(placed, out, into) {
            return None;
        }
        let target = stored(ElementId::of_key(state.settlement().class_of(&exchanged_key(meaning, out, into))));
        (target != element && state.by_stored(target).is_some()).then_some((element, target))
    };
    // A word that stands on either side leads to its own elements: those of the fuller side, and uncertain ones of the other.
    let other = synonym.b.iter().filter(|w| w.facet == "residue").filter(|w| state.n_with(word_token(&w.word)) <= MAX_LOOKED_AT);
    let words = std::iter::once(rarest).chain(other.map(|w| w.word.as_str()));
    let elements: BTreeSet<u64> = words.flat_map(|word| state.elements_with(word)).collect();
    Some(without_ambiguous(state, elements.into_iter().filter_map(target).collect()))
}

/// Whether the exchanged words were all that a reading lacked to be certain: no unknown word is left, the thing is named, and nothing else
/// (a note, a flow of a shorter period that may be a running total) is in doubt.
fn is_explained(placed: &Placed, out: &[FacetWord], into: &[FacetWord]) -> bool {
    let (Some(field), Some(printed)) = (placed.field(), placed.printed()) else { return false };
    let (meaning, facets) = (&field.meaning, &field.meaning.facets);
    let is_unknown_word = |word: &String| out.iter().any(|w| w.facet == "residue" && w.word == *word);
    let is_named = !meaning.residue.is_empty() && meaning.residue.iter().all(is_unknown_word) && into.iter().any(|w| w.facet == "measure");
    let is_yearly = placed.entry.form.template.frequency == Frequency::Annual;
    let time_is_clear = facets.time_basis.is_some_and(|t| is_yearly || t != TimeBasis::Flow);
    let is_open = meaning.key.starts_with('?') && printed.note.trim().is_empty();
    is_open && is_named && time_is_clear && facets.dimension.is_some() && facets.statistic.is_some()
}

/// Leaves out what would make two fields of one form one figure: nobody knows which of them is meant.
fn without_ambiguous(state: &State, pairs: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    let mut n_of: BTreeMap<(u64, u64), usize> = BTreeMap::new();
    for (element, target) in &pairs {
        for form in state.forms_of(*element) {
            *n_of.entry((form, *target)).or_default() += 1;
        }
    }
    let is_single = |(element, target): &(u64, u64)| state.forms_of(*element).iter().all(|form| n_of.get(&(*form, *target)) == Some(&1));
    pairs.into_iter().filter(is_single).collect()
}

/// Words and year of a reading, and the fields of a form that have them.
type Readings = BTreeMap<(Vec<FacetWord>, i16), Vec<usize>>;

/// Fields of two forms that read alike once the words are exchanged, where each has only the other as a partner.
fn between(state: &State, synonym: &ProposedSynonym, a: &FormId, b: &FormId) -> Vec<(u64, u64)> {
    let (Some(form_a), Some(form_b)) = (state.forms.get(a), state.forms.get(b)) else { return Vec::new() };
    let exchange = |mut words: BTreeSet<FacetWord>| {
        let fits = synonym.a.iter().all(|w| words.contains(w)) && !synonym.b.iter().any(|w| words.contains(w));
        words.retain(|w| !synonym.a.contains(w));
        words.extend(synonym.b.iter().cloned());
        fits.then_some(words)
    };
    let keep = |words: BTreeSet<FacetWord>| synonym.b.iter().all(|w| words.contains(w)).then_some(words);
    let (readings_a, readings_b) = (readings(form_a, form_b, exchange), readings(form_b, form_a, keep));
    let mut pairs = Vec::new();
    for (reading, fields_a) in &readings_a {
        let ([at_a], Some([at_b])) = (fields_a.as_slice(), readings_b.get(reading).map(Vec::as_slice)) else { continue };
        let (Some(x), Some(y)) = (form_a.fields.get(*at_a), form_b.fields.get(*at_b)) else { continue };
        let are_certain = x.meaning.is_certain && y.meaning.is_certain;
        let have_same_name = form_a.name_of(*at_a) == form_b.name_of(*at_b) && !form_a.name_of(*at_a).is_empty();
        let placed = |entry: &Arc<FormEntry>, at: usize| Placed { entry: entry.clone(), at };
        if are_certain || (have_same_name && are_defined_alike(&placed(form_a, *at_a), &placed(form_b, *at_b))) {
            pairs.push((stored(x.element()), stored(y.element())));
        }
    }
    pairs
}

/// Fields of two forms with one name, which no other field of either has, and nothing that forbids it; those without a partner yet.
fn same_names(state: &State, a: &FormId, b: &FormId) -> Vec<(u64, u64)> {
    let (Some(form_a), Some(form_b)) = (state.forms.get(a), state.forms.get(b)) else { return Vec::new() };
    let (names_a, names_b) = (names(form_a, form_b), names(form_b, form_a));
    let mut pairs = Vec::new();
    for (name, at_a) in names_a {
        let (Some(at_a), Some(Some(at_b))) = (at_a, names_b.get(&name)) else { continue };
        let (x, y) = (Placed { entry: form_a.clone(), at: at_a }, Placed { entry: form_b.clone(), at: *at_b });
        let (Some(field_x), Some(field_y)) = (x.field(), y.field()) else { continue };
        // A short name (其中：女) says little without what stands above it, and two known things are two, whatever their names.
        let is_whole = name.0 || form_a.text_of(at_a) == form_b.text_of(*at_b);
        let is_telling = name.1.chars().count() >= MIN_NAME_CHARS && !contrast(&field_x.meaning, &field_y.meaning);
        let is_possible = traced(state, &x, &y).is_some_and(|(comparison, _)| comparison.veto.is_none());
        if is_possible && (is_whole || is_telling) && are_defined_alike(&x, &y) {
            pairs.push((stored(field_x.element()), stored(field_y.element())));
        }
    }
    pairs
}

/// Whether no note defines one of two fields in a way that the other's does not: equal names with other definitions are two figures.
fn are_defined_alike(a: &Placed, b: &Placed) -> bool {
    let (Some(x), Some(y), Some(printed_x), Some(printed_y)) = (a.field(), b.field(), a.printed(), b.printed()) else { return false };
    let defines = |m: &Meaning| m.facets.clauses.iter().filter(|c| !c.starts_with('除')).cloned().collect::<BTreeSet<String>>();
    let is_understood = |m: &Meaning, note: &str, other: &str| m.is_certain || note.trim().is_empty() || note.trim() == other.trim();
    defines(&x.meaning) == defines(&y.meaning)
        && is_understood(&x.meaning, &printed_x.note, &printed_y.note)
        && is_understood(&y.meaning, &printed_y.note, &printed_x.note)
}

/// Whether each of two meanings has a word that the other has not, in one facet.
fn contrast(a: &Meaning, b: &Meaning) -> bool {
    let (words_a, words_b) = (words_of(a), words_of(b));
    let own = |x: &BTreeSet<FacetWord>, y: &BTreeSet<FacetWord>, facet: &str| x.difference(y).any(|w| w.facet == facet);
    ["measure", "population", "qualifier"].into_iter().any(|facet| own(&words_a, &words_b, facet) && own(&words_b, &words_a, facet))
}

/// The field of each name (alone, and with what stands above) that only one field of the form has; `None` where it has a partner in the
/// other form already or is about the form itself.
fn names<'a>(entry: &'a FormEntry, other: &FormEntry) -> BTreeMap<(bool, &'a str), Option<usize>> {
    let partners: HashSet<&str> = other.fields.iter().map(|f| f.meaning.key.as_str()).collect();
    let mut with: BTreeMap<(bool, &str), Vec<usize>> = BTreeMap::new();
    for at in 0..entry.fields.len() {
        with.entry((false, entry.name_of(at))).or_default().push(at);
        with.entry((true, entry.text_of(at))).or_default().push(at);
    }
    let is_open =
        |at: &usize| entry.fields.get(*at).is_some_and(|f| !f.meaning.key.starts_with('!') && !partners.contains(f.meaning.key.as_str()));
    let single = |fields: Vec<usize>| match fields.as_slice() {
        [at] => Some(*at).filter(is_open),
        _ => None,
    };
    with.into_iter().filter(|((_, name), _)| !name.is_empty()).map(|(name, fields)| (name, single(fields))).collect()
}

/// Fields of a form by what `read` makes of their words. Fields that have a partner in the other form already, and what is about the form
/// itself, are left out.
fn readings(entry: &FormEntry, other: &FormEntry, read: impl Fn(BTreeSet<FacetWord>) -> Option<BTreeSet<FacetWord>>) -> Readings {
    let partners: HashSet<&str> = other.fields.iter().map(|f| f.meaning.key.as_str()).collect();
    let mut readings = Readings::new();
    for (at, field) in entry.fields.iter().enumerate() {
        let key = field.meaning.key.as_str();
        if key.starts_with('!') || partners.contains(key) {
            continue;
        }
        if let Some(words) = read(words_of(&field.meaning)) {
            readings.entry((words.into_iter().collect(), field.meaning.offset_years)).or_default().push(at);
        }
    }
    readings
}
