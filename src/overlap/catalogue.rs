//! The catalogue (目录): forms in force, the meaning of each of their fields, and the index over the meanings, in memory.
//!
//! Changed by inserting and removing whole forms; a [`Snapshot`] shares everything with it and is queried outside any lock. The index is over
//! data elements, not fields: however often a figure is asked, it is compared once.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::decision::Verdict;
use crate::domain::element::{CataloguedField, DataElement};
use crate::domain::facet::Meaning;
use crate::domain::id::{ElementId, FieldKey, FormId};
use crate::domain::measure::Measures;
use crate::domain::template::RegisteredTemplate;
use crate::overlap::brief::Brief;
use crate::overlap::element::{ElementEntry, N_REPRESENTATIVES, count, discount, name_digest};
use crate::overlap::learn::Learned;
use crate::overlap::learn::joined::Joined;
use crate::overlap::persistent::{Change, Numbers, SharedArray, SharedMap, SharedOrder};
use crate::overlap::placed::{FormEntry, Placed, Prepared};
use crate::overlap::profile::Profile;
use crate::overlap::settle::Settlement;
use crate::overlap::tokens::{Token, class_of, each_name_token, each_token, word_token, words};

/// Bits of a field number that tell the field within its form; a form has at most 5,000 fields.
pub(crate) const FIELD_BITS: u32 = 13;

/// What catalogue and snapshot share.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) forms: SharedOrder<FormId, Arc<FormEntry>>,
    by_number: SharedArray<Arc<FormEntry>>,
    /// Elements at their places in the index.
    pub(crate) elements: SharedArray<Arc<ElementEntry>>,
    /// For each of them, what bounds the weights of its pairs: fewer steps away than through its fields.
    pub(crate) briefs: SharedArray<Brief>,
    /// Element → its place.
    places: SharedMap<u32>,
    /// Places that elements left.
    free: Arc<Vec<u32>>,
    n_places: u32,
    /// Token → places of the elements that have it.
    pub(crate) tokens: SharedMap<Numbers>,
    /// Word → places of the elements that have it.
    words: SharedMap<Numbers>,
    /// Classes of elements, with the number of elements in each.
    pub(crate) classes: Arc<BTreeMap<u64, u32>>,
    /// What reviewers' decisions make of the elements.
    settlement: Arc<Settlement>,
    n_fields: usize,
    n_elements: usize,
    next_number: u32,
    /// What was learnt from decisions; the built-in weights where there are none.
    pub(crate) learned: Arc<Learned>,
    /// Elements that decisions and synonyms made one; filled in when a snapshot is asked.
    pub(crate) joined: Arc<Joined>,
}

impl State {
    fn insert(&mut self, form: Arc<RegisteredTemplate>, fields: Vec<CataloguedField>) {
        let prepared = Prepared::of(&form.template.fields, &fields);
        self.insert_prepared(form, fields, prepared);
    }

    fn insert_prepared(&mut self, form: Arc<RegisteredTemplate>, mut fields: Vec<CataloguedField>, prepared: Prepared) {
        let id = form.template.id.clone();
        self.remove(&id);
        self.settlement.settle(&mut fields);
        let number = self.next_number;
        self.next_number += 1;
        self.n_fields += fields.len();
        let Prepared { names, profiles, briefs, parents, shown } = prepared;
        let entry = Arc::new(FormEntry { form, fields, profiles, briefs, number: number.into(), names, parents, shown });
        // Fields find their form by its number, also while they are put.
        self.by_number.set(number, Some(Arc::clone(&entry)));
        for at in 0..entry.fields.len() {
            self.put(Placed { entry: Arc::clone(&entry), at });
        }
        self.forms.insert(id, entry);
    }

    fn put(&mut self, placed: Placed) {
        let (Some(field), Some(profile)) = (placed.field(), placed.profile()) else { return };
        let id = stored(field.element());
        let known = self.places.get(id).copied();
        let place = known.unwrap_or_else(|| self.new_place(id));
        let mut element = match self.elements.get(place) {
            Some(element) => ElementEntry::clone(element),
            None => ElementEntry::new(id),
        };
        let number = field_number(placed.entry.number, placed.at);
        element.fields.insert(element.fields.partition_point(|f| *f < number), number);
        if count(&mut element.readings, profile.reading) {
            self.index(field, profile, SharedMap::add, place, 1);
        }
        if count(&mut element.names, name_digest(profile)) {
            each_name_token(profile, placed.entry.text_of(placed.at), |token| self.tokens.add(token, place));
        }
        element.put_first(placed);
        self.set(place, element);
    }

    fn set(&mut self, place: u32, element: ElementEntry) {
        let brief = element.standing_for().and_then(|placed| placed.entry.briefs.get(placed.at).copied());
        self.briefs.set(place, brief);
        self.elements.set(place, Some(Arc::new(element)));
    }

    /// Puts a reading into the index, or takes it out.
    fn index(&mut self, field: &CataloguedField, profile: &Profile, change: fn(&mut SharedMap<Numbers>, Token, u32), place: u32, by: i32) {
        each_token(profile, |token| change(&mut self.tokens, token, place));
        if !profile.is_private {
            words(&field.meaning).into_iter().for_each(|word| change(&mut self.words, word_token(word), place));
            let classes = Arc::make_mut(&mut self.classes);
            let n = classes.entry(class_of(profile)).or_default();
            *n = n.saturating_add_signed(by);
            classes.retain(|_, n| *n > 0);
        }
    }

    /// Keeps changes to the index beside what is shared, for a view that lives shortly.
    fn lay_over(&mut self) {
        self.tokens.lay_over();
        self.words.lay_over();
        self.places.lay_over();
    }

    fn new_place(&mut self, id: u64) -> u32 {
        let place = Arc::make_mut(&mut self.free).pop().unwrap_or(self.n_places);
        self.n_places = self.n_places.max(place + 1);
        self.places.change(id, |_| Change::Put(place));
        self.n_elements += 1;
        place
    }

    fn remove(&mut self, id: &FormId) {
        let Some(entry) = self.forms.remove(id) else { return };
        for at in 0..entry.fields.len() {
            self.take(&Placed { entry: Arc::clone(&entry), at });
        }
        self.by_number.set(u32::try_from(entry.number).unwrap_or(u32::MAX), None);
        self.n_fields -= entry.fields.len();
    }

    fn take(&mut self, placed: &Placed) {
        let (Some(field), Some(profile)) = (placed.field(), placed.profile()) else { return };
        let id = stored(field.element());
        let Some(place) = self.places.get(id).copied() else { return };
        let Some(mut element) = self.elements.get(place).map(|e| ElementEntry::clone(e)) else { return };
        let number = field_number(placed.entry.number, placed.at);
        element.fields.retain(|f| *f != number);
        if discount(&mut element.readings, profile.reading) {
            self.index(field, profile, SharedMap::remove, place, -1);
        }
        if discount(&mut element.names, name_digest(profile)) {
            each_name_token(profile, placed.entry.text_of(placed.at), |token| self.tokens.remove(token, place));
        }
        if element.fields.is_empty() {
            self.elements.set(place, None);
            self.briefs.set(place, None);
            self.places.change(id, |_| Change::Drop);
            Arc::make_mut(&mut self.free).push(place);
            self.n_elements -= 1;
            return;
        }
        element.first.retain(|p| !(p.is_beside(placed) && p.at == placed.at));
        if element.first.len() < N_REPRESENTATIVES.min(element.fields.len()) {
            element.first.clear();
            let all: Vec<Placed> = element.fields.iter().filter_map(|number| self.at(*number)).collect();
            all.into_iter().for_each(|p| element.put_first(p));
        }
        self.set(place, element);
    }

    /// What the decisions in force make of the elements.
    pub(crate) fn settlement(&self) -> &Settlement {
        &self.settlement
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
        // All of them leave under the old decisions before any comes back under the new ones, so that none meets itself on the way.
        self.settlement = Arc::clone(&before);
        for entry in &touched {
            self.remove(&entry.form.template.id);
        }
        self.settlement = settlement;
        let mut refiled = Vec::new();
        for entry in touched {
            let prepared = Prepared {
                names: Arc::clone(&entry.names),
                profiles: Arc::clone(&entry.profiles),
                briefs: Arc::clone(&entry.briefs),
                parents: Arc::clone(&entry.parents),
                shown: Arc::clone(&entry.shown),
            };
            self.insert_prepared(Arc::clone(&entry.form), entry.fields.clone(), prepared);
            let after = self.forms.get(&entry.form.template.id).map(|e| e.fields.as_slice()).unwrap_or_default();
            let moved = entry.fields.iter().zip(after).filter(|(old, new)| old.element_key() != new.element_key());
            refiled.extend(moved.map(|(old, new)| Refiled { field: old.key.clone(), before: old.element(), after: new.element() }));
        }
        refiled
    }

    /// An element by its id.
    pub(crate) fn element(&self, element: ElementId) -> Option<&Arc<ElementEntry>> {
        self.elements.get(*self.places.get(stored(element))?)
    }

    /// The place of an element in the index.
    pub(crate) fn place_of(&self, element: ElementId) -> Option<u32> {
        self.places.get(stored(element)).copied()
    }

    /// Fields of an element, sorted by their keys.
    pub(crate) fn placed(&self, element: ElementId) -> Vec<Placed> {
        self.element(element).map(|e| self.placed_of(e)).unwrap_or_default()
    }

    /// Fields of an element, sorted by their keys.
    pub(crate) fn placed_of(&self, element: &ElementEntry) -> Vec<Placed> {
        let mut placed: Vec<Placed> = element.fields.iter().filter_map(|number| self.at(*number)).collect();
        placed.sort_by(|a, b| a.key().cmp(&b.key()));
        placed
    }

    /// Fields of an element that have its readings, one for each.
    pub(crate) fn readings_of(&self, element: &ElementEntry) -> Vec<Placed> {
        let mut seen: Vec<&str> = Vec::new();
        let mut found: Vec<Placed> = Vec::new();
        for placed in &element.first {
            if let Some(field) = placed.field().filter(|f| !seen.contains(&f.meaning.key.as_str())) {
                seen.push(&field.meaning.key);
                found.push(placed.clone());
            }
        }
        if found.len() >= element.n_readings() {
            return found;
        }
        // Decisions joined more readings than its first fields have.
        let mut by_key: BTreeMap<String, Placed> = BTreeMap::new();
        for placed in self.placed_of(element) {
            let Some(key) = placed.field().map(|f| f.meaning.key.clone()) else { continue };
            by_key.entry(key).or_insert(placed);
        }
        by_key.into_values().collect()
    }

    /// Numbers of the forms that have an element, sorted.
    pub(crate) fn forms_of(&self, element: u64) -> Vec<u64> {
        self.by_stored(element).map(|e| e.forms()).unwrap_or_default()
    }

    /// The element under a number.
    pub(crate) fn by_stored(&self, element: u64) -> Option<&Arc<ElementEntry>> {
        self.elements.get(*self.places.get(element)?)
    }

    /// The place of the element under a number.
    pub(crate) fn place_of_stored(&self, element: u64) -> Option<u32> {
        self.places.get(element).copied()
    }

    /// The elements that have a word, each once, sorted by their numbers; their readings may have it more often.
    pub(crate) fn elements_with(&self, word: &str) -> Vec<u64> {
        let mut found = Vec::new();
        if let Some(places) = self.words.get(word_token(word)) {
            places.each(|part| found.extend(part.iter().filter_map(|place| self.elements.get(*place)).map(|e| e.id)));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Number of elements.
    pub(crate) fn n_elements(&self) -> usize {
        self.n_elements
    }

    /// Number of elements that have a word.
    pub(crate) fn n_with(&self, word: Token) -> usize {
        self.words.n(word)
    }

    /// Forms with their places in the order of their ids.
    pub(crate) fn form_entries(&self) -> impl Iterator<Item = &Arc<FormEntry>> {
        self.forms.values()
    }

    fn at(&self, number: u64) -> Option<Placed> {
        let entry = self.by_number.get(u32::try_from(number >> FIELD_BITS).ok()?)?;
        let at = usize::try_from(number & ((1 << FIELD_BITS) - 1)).ok()?;
        Some(Placed { entry: Arc::clone(entry), at })
    }

    /// Finds a field by its key.
    pub(crate) fn find(&self, key: &FieldKey) -> Option<Placed> {
        let entry = self.forms.get(&key.form)?;
        let at = entry.fields.iter().position(|f| f.key == *key)?;
        Some(Placed { entry: Arc::clone(entry), at })
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

    pub(crate) fn entry(&self, id: &FormId) -> Option<&Arc<FormEntry>> {
        self.state.forms.get(id)
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
        // The view lays its changes over what it shares: copying what they touch would take longer than the questions themselves.
        let mut view = self.clone();
        view.state.lay_over();
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

    /// Number of data elements.
    pub fn n_elements(&self) -> usize {
        self.state.n_elements()
    }

    /// Finds a field by its key.
    pub(crate) fn find(&self, key: &FieldKey) -> Option<Placed> {
        self.state.find(key)
    }
}
