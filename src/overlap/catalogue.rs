//! The catalogue (目录): forms in force, the meaning of each of their fields, and the index over the meanings, in memory.
//!
//! Changed by inserting and removing whole forms; a [`Snapshot`] shares everything with it and is queried outside any lock. The index is over
//! data elements, not fields: however often a figure is asked, it is compared once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::domain::decision::Verdict;
use crate::domain::element::{CataloguedField, DataElement};
use crate::domain::facet::Meaning;
use crate::domain::id::{ElementId, FieldKey, FormId};
use crate::domain::measure::Measures;
use crate::domain::template::{Field, RegisteredTemplate};
use crate::overlap::facets::text::{normalise, strip_markers};
use crate::overlap::learn::Learned;
use crate::overlap::learn::joined::Joined;
use crate::overlap::persistent::SharedMap;
use crate::overlap::settle::Settlement;
use crate::overlap::tokens::{Token, tokens};

/// Bits of a field number that tell the field within its form; a form has at most 5,000 fields.
const FIELD_BITS: u32 = 13;

/// A form of the catalogue.
#[derive(Debug)]
pub(crate) struct FormEntry {
    /// The template.
    pub form: Arc<RegisteredTemplate>,
    /// Its fields, in the template's order.
    pub fields: Vec<CataloguedField>,
    /// Its number in this catalogue; never shown, never in an answer's order.
    number: u64,
    /// Label and column of each field, normalised, and the same with the heading directly above.
    names: Arc<Vec<(Box<str>, Box<str>)>>,
    /// Place of the row above each field: its total, where the path ends in the label of a field of the form.
    parents: Vec<Option<usize>>,
}

/// The row above each field: the field that the last heading names, in the same column where there is one.
fn parents_of(fields: &[Field]) -> Vec<Option<usize>> {
    let mut rows: HashMap<(&[String], &str), Vec<usize>> = HashMap::new();
    for (at, field) in fields.iter().enumerate() {
        rows.entry((&field.path, &field.label)).or_default().push(at);
    }
    let parent = |(own, field): (usize, &Field)| {
        let (last, outer) = field.path.split_last()?;
        let cells = rows.get(&(outer, last.as_str()))?;
        let in_column = |at: &&usize| fields.get(**at).is_some_and(|f| f.column == field.column);
        cells.iter().find(in_column).or_else(|| cells.first()).copied().filter(|at| *at != own)
    };
    fields.iter().enumerate().map(parent).collect()
}

/// Normalised names of a field: what a person compares first.
fn names_of(field: &Field) -> (Box<str>, Box<str>) {
    let plain = |t: &String| normalise(strip_markers(t).0);
    let name: String = [&field.label, &field.column].into_iter().map(plain).collect();
    let above = field.path.last().map(plain).unwrap_or_default();
    let whole = format!("{above}{name}");
    (name.into(), whole.into())
}

impl FormEntry {
    /// The printed label and column of a field, normalised.
    pub(crate) fn name_of(&self, at: usize) -> &str {
        self.names.get(at).map_or("", |(name, _)| name)
    }

    /// The same with what stands directly above.
    pub(crate) fn text_of(&self, at: usize) -> &str {
        self.names.get(at).map_or("", |(_, whole)| whole)
    }

    /// Place of the total over a field.
    pub(crate) fn parent_of(&self, at: usize) -> Option<usize> {
        self.parents.get(at).copied().flatten()
    }
}

/// A field where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    /// Its form.
    pub entry: Arc<FormEntry>,
    /// Its place in the form.
    pub at: usize,
}

impl Placed {
    /// The field with its meaning.
    pub(crate) fn field(&self) -> Option<&CataloguedField> {
        self.entry.fields.get(self.at)
    }

    /// The field as printed.
    pub(crate) fn printed(&self) -> Option<&Field> {
        self.entry.form.template.fields.get(self.at)
    }
}

/// What catalogue and snapshot share.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) forms: Arc<BTreeMap<FormId, Arc<FormEntry>>>,
    by_number: Arc<BTreeMap<u64, Arc<FormEntry>>>,
    /// Element → numbers of its fields.
    pub(crate) elements: SharedMap,
    /// Token → elements that have it.
    pub(crate) tokens: SharedMap,
    /// What reviewers' decisions make of the elements.
    settlement: Arc<Settlement>,
    n_fields: usize,
    n_elements: usize,
    next_number: u64,
    /// What was learnt from decisions; the built-in weights where there are none.
    pub(crate) learned: Arc<Learned>,
    /// Elements that decisions and synonyms made one; filled in when a snapshot is asked.
    pub(crate) joined: Arc<Joined>,
}

impl State {
    fn insert(&mut self, form: Arc<RegisteredTemplate>, fields: Vec<CataloguedField>) {
        let names = Arc::new(form.template.fields.iter().map(names_of).collect());
        self.insert_named(form, fields, names);
    }

    fn insert_named(&mut self, form: Arc<RegisteredTemplate>, mut fields: Vec<CataloguedField>, names: Arc<Vec<(Box<str>, Box<str>)>>) {
        let id = form.template.id.clone();
        self.remove(&id);
        self.settlement.settle(&mut fields);
        let number = self.next_number;
        self.next_number += 1;
        self.n_fields += fields.len();
        let parents = parents_of(&form.template.fields);
        let entry = Arc::new(FormEntry { form, fields, number, names, parents });
        Arc::make_mut(&mut self.by_number).insert(number, entry.clone());
        for (at, field) in entry.fields.iter().enumerate() {
            let (id, element) = (field.element(), stored(field.element()));
            let known = self.tokens_beside(id, field);
            if self.elements.add(element, field_number(number, at)) {
                self.n_elements += 1;
            } else if known.is_none() {
                continue;
            }
            for token in tokens(&field.meaning).into_iter().filter(|t| known.as_ref().is_none_or(|known| !known.contains(t))) {
                self.tokens.add(token, element);
            }
        }
        Arc::make_mut(&mut self.forms).insert(id, entry);
    }

    fn remove(&mut self, id: &FormId) {
        let Some(entry) = Arc::make_mut(&mut self.forms).remove(id) else { return };
        for (at, field) in entry.fields.iter().enumerate() {
            let (id, element) = (field.element(), stored(field.element()));
            let is_gone = self.elements.remove(element, field_number(entry.number, at));
            let known = self.tokens_beside(id, field);
            if is_gone {
                self.n_elements -= 1;
            } else if known.is_none() {
                continue;
            }
            for token in tokens(&field.meaning).into_iter().filter(|t| known.as_ref().is_none_or(|known| !known.contains(t))) {
                self.tokens.remove(token, element);
            }
        }
        self.n_fields -= entry.fields.len();
        Arc::make_mut(&mut self.by_number).remove(&entry.number);
    }

    /// Tokens that the fields of an element give which a decision joined of several readings; `None` where all of its fields have one reading.
    /// A field that is being added or taken out is not among them.
    fn tokens_beside(&self, element: ElementId, field: &CataloguedField) -> Option<BTreeSet<Token>> {
        (self.settlement.n_members(field.element_key()) > 1).then(|| self.tokens_of(element))
    }

    /// Tokens of an element: those of all the readings that decisions joined in it.
    pub(crate) fn tokens_of(&self, element: ElementId) -> BTreeSet<Token> {
        let is_joined = self.any_field(element).is_some_and(|p| p.field().is_some_and(|f| self.settlement.n_members(f.element_key()) > 1));
        let numbers = self.elements.get(stored(element)).into_iter().flat_map(|list| list.iter());
        let placed = numbers.take(if is_joined { usize::MAX } else { 1 }).filter_map(|number| self.at(number));
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut found = BTreeSet::new();
        for placed in placed {
            if let Some(field) = placed.field().filter(|f| seen.insert(f.meaning.key.clone())) {
                found.extend(tokens(&field.meaning));
            }
        }
        found
    }

    /// What a decision says of one element against another, by the numbers under which they are indexed.
    pub(crate) fn told(&self, a: u64, b: u64) -> Option<Verdict> {
        let id = |element: u64| ElementId::from_stored(i64::try_from(element).unwrap_or(i64::MAX));
        self.settlement.told_of_elements(id(a), id(b))
    }

    /// Takes what the decisions now in force make of the elements; answers which fields belong to another element than before.
    fn resettle(&mut self, settlement: Arc<Settlement>) -> Vec<Refiled> {
        let before = std::mem::take(&mut self.settlement);
        let differing = before.differing(&settlement);
        let is_touched = |entry: &&Arc<FormEntry>| entry.fields.iter().any(|f| differing.touches(&f.key, &f.meaning.key));
        let touched: Vec<Arc<FormEntry>> =
            if differing.is_empty() { Vec::new() } else { self.forms.values().filter(is_touched).cloned().collect() };
        // All of them leave under the old decisions before any comes back under the new ones: tokens are counted by what an element consists of.
        self.settlement = Arc::clone(&before);
        for entry in &touched {
            self.remove(&entry.form.template.id);
        }
        self.settlement = settlement;
        let mut refiled = Vec::new();
        for entry in touched {
            self.insert_named(Arc::clone(&entry.form), entry.fields.clone(), Arc::clone(&entry.names));
            let after = self.forms.get(&entry.form.template.id).map(|e| e.fields.as_slice()).unwrap_or_default();
            let moved = entry.fields.iter().zip(after).filter(|(old, new)| old.element_key() != new.element_key());
            refiled.extend(moved.map(|(old, new)| Refiled { field: old.key.clone(), before: old.element(), after: new.element() }));
        }
        refiled
    }

    /// Fields of an element, sorted by their keys.
    pub(crate) fn placed(&self, element: ElementId) -> Vec<Placed> {
        let mut placed: Vec<Placed> =
            self.elements.get(stored(element)).into_iter().flat_map(|list| list.iter()).filter_map(|number| self.at(number)).collect();
        placed.sort_by(|a, b| a.field().map(|f| &f.key).cmp(&b.field().map(|f| &f.key)));
        placed
    }

    /// Numbers of the forms that have an element, sorted.
    pub(crate) fn forms_of(&self, element: u64) -> Vec<u64> {
        let mut forms: Vec<u64> = self.elements.get(element).into_iter().flat_map(|l| l.iter()).map(|n| n >> FIELD_BITS).collect();
        forms.sort_unstable();
        forms.dedup();
        forms
    }

    /// The first fields of an element by their keys, at most `n`, one of a form.
    pub(crate) fn first_fields(&self, element: u64, n: usize) -> Vec<Placed> {
        let mut first: Vec<Placed> = Vec::new();
        for placed in self.elements.get(element).into_iter().flat_map(|l| l.iter()).filter_map(|number| self.at(number)) {
            let key = |p: &Placed| p.field().map(|f| f.key.clone());
            let at = first.partition_point(|p| p.field().map(|f| &f.key) < placed.field().map(|f| &f.key));
            let is_known = first.get(at.wrapping_sub(1)).or_else(|| first.get(at)).is_some_and(|p| key(p) == key(&placed));
            if at < n && !is_known {
                first.insert(at, placed);
                first.truncate(n);
            }
        }
        first
    }

    /// Number of elements.
    pub(crate) fn n_elements(&self) -> usize {
        self.n_elements
    }

    /// Any field of an element.
    pub(crate) fn any_field(&self, element: ElementId) -> Option<Placed> {
        let number = self.elements.get(stored(element))?.iter().next()?;
        self.at(number)
    }

    fn at(&self, number: u64) -> Option<Placed> {
        let entry = self.by_number.get(&(number >> FIELD_BITS))?;
        let at = usize::try_from(number & ((1 << FIELD_BITS) - 1)).ok()?;
        Some(Placed { entry: entry.clone(), at })
    }

    /// Finds a field by its key.
    pub(crate) fn find(&self, key: &FieldKey) -> Option<Placed> {
        let entry = self.forms.get(&key.form)?;
        let at = entry.fields.iter().position(|f| f.key == *key)?;
        Some(Placed { entry: entry.clone(), at })
    }
}

/// The number under which an element is indexed.
pub(crate) fn stored(element: ElementId) -> u64 {
    element.to_stored().unsigned_abs()
}

fn field_number(form: u64, at: usize) -> u64 {
    (form << FIELD_BITS) | (at as u64)
}

/// A field that decisions gave another element than it had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refiled {
    /// The field.
    pub field: FieldKey,
    /// Its element before.
    pub before: ElementId,
    /// Its element now.
    pub after: ElementId,
}

/// Forms in force with the meaning of each field and an index over them, in memory. A copy shares everything until it is changed.
#[derive(Clone, Debug)]
pub struct Catalogue {
    measures: Arc<Measures>,
    state: State,
}

impl Catalogue {
    /// Makes an empty catalogue.
    pub fn new(measures: Arc<Measures>) -> Self {
        Self { measures, state: State::default() }
    }

    /// Adds a form with the meanings of its fields, in place of an older version of it.
    pub fn insert(&mut self, form: Arc<RegisteredTemplate>, fields: Vec<CataloguedField>) {
        self.state.insert(form, fields);
    }

    /// Takes a form out.
    pub fn remove(&mut self, form: &FormId) {
        self.state.remove(form);
    }

    /// Takes what the decisions now in force make of the elements; answers which fields belong to another element than before, by form.
    pub fn settle(&mut self, settlement: Settlement) -> Vec<Refiled> {
        self.state.resettle(Arc::new(settlement))
    }

    /// What the decisions in force make of the elements.
    pub fn settlement(&self) -> &Settlement {
        &self.state.settlement
    }

    /// Takes what was learnt from decisions; see [`crate::overlap::learn`].
    pub fn set_learned(&mut self, learned: Arc<Learned>) {
        self.state.learned = learned;
    }

    /// What was learnt.
    pub fn learned(&self) -> &Learned {
        &self.state.learned
    }

    /// The table of units of measure that the catalogue converts with.
    pub fn measures(&self) -> &Arc<Measures> {
        &self.measures
    }

    /// Number of fields of all forms.
    pub fn n_fields(&self) -> usize {
        self.state.n_fields
    }

    /// A form by its id.
    pub fn form(&self, id: &FormId) -> Option<&Arc<RegisteredTemplate>> {
        self.state.forms.get(id).map(|e| &e.form)
    }

    /// All forms, by id.
    pub fn forms(&self) -> impl Iterator<Item = &Arc<RegisteredTemplate>> {
        self.state.forms.values().map(|e| &e.form)
    }

    /// What a field means.
    pub fn meaning(&self, key: &FieldKey) -> Option<&Meaning> {
        self.field(key).map(|f| &f.meaning)
    }

    /// A field with its meaning and element.
    pub fn field(&self, key: &FieldKey) -> Option<&CataloguedField> {
        self.fields_of_form(&key.form).iter().find(|f| f.key == *key)
    }

    /// The fields of a form, in its order.
    pub fn fields_of_form(&self, id: &FormId) -> &[CataloguedField] {
        self.state.forms.get(id).map(|e| e.fields.as_slice()).unwrap_or_default()
    }

    /// Fields of an element, sorted.
    pub fn fields_of(&self, element: ElementId) -> Vec<FieldKey> {
        self.state.placed(element).iter().filter_map(|p| p.field().map(|f| f.key.clone())).collect()
    }

    /// Fields of an element where they stand, sorted by their keys.
    pub(crate) fn placed(&self, element: ElementId) -> Vec<Placed> {
        self.state.placed(element)
    }

    /// An element by its id.
    pub fn element(&self, id: ElementId) -> Option<DataElement> {
        let placed = self.state.placed(id);
        let first = placed.first()?.field()?;
        let labels = placed.iter().filter_map(|p| p.printed().map(|f| f.label.trim()));
        let name = labels.min_by_key(|l| (l.chars().count(), (*l).to_owned()))?;
        Some(DataElement {
            id,
            key: first.element_key().to_owned(),
            name: name.to_owned(),
            time_basis: first.meaning.facets.time_basis,
            sums_over_units: placed.iter().filter_map(Placed::field).all(|f| f.meaning.sums_over_units),
        })
    }

    /// A view that can be queried outside a lock; later changes of the catalogue do not show in it.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { measures: self.measures.clone(), state: self.state.clone() }
    }
}

/// A view of the catalogue as it was; see [`Catalogue::snapshot`].
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(crate) measures: Arc<Measures>,
    pub(crate) state: State,
}

impl Snapshot {
    /// The same view with a form in it, in place of an older version of the form.
    pub(crate) fn with(&self, form: &RegisteredTemplate, fields: &[CataloguedField]) -> Self {
        let mut settled = fields.to_vec();
        self.state.settlement.settle(&mut settled);
        let is_there = self.state.forms.get(&form.template.id).is_some_and(|e| *e.form == *form && e.fields == settled);
        let mut view = self.clone();
        if !is_there {
            view.state.insert(Arc::new(form.clone()), settled);
        }
        view
    }

    /// The same view with other things learnt.
    pub fn with_learned(&self, learned: Arc<Learned>) -> Self {
        let mut view = self.clone();
        view.state.learned = learned;
        view.with_joined()
    }

    /// The same view with the elements joined that what was learnt joins.
    pub(crate) fn with_joined(mut self) -> Self {
        self.state.joined = Arc::new(Joined::of(&self.state));
        self
    }

    /// Finds a field by its key.
    pub(crate) fn find(&self, key: &FieldKey) -> Option<Placed> {
        self.state.find(key)
    }
}
