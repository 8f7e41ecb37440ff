//! The whole catalogue at once: every relation, found part by part, kept as a dozen bytes each, and told one by one.
//!
//! Elements are asked about some thousand at a time, side by side on all processors, so that what DataFusion joins stays small. A million
//! fields have relations by the million: what is kept of each is its place in the order and its two fields, and its reasons are
//! worked out again when somebody reads it.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};

use crate::domain::relation::{Relation, RelationKind};
use crate::overlap::Error;
use crate::overlap::candidates::Finder;
use crate::overlap::catalogue::{Snapshot, State};
use crate::overlap::element::ElementEntry;
use crate::overlap::judge::{Judge, partners};
use crate::overlap::kinds::{kinship, kinship_kind};
use crate::overlap::placed::{FormEntry, Placed};
use crate::overlap::relate::{pair_kind, relation_of};
use crate::overlap::tokens::class_of;

/// Elements that are asked about together.
const ELEMENTS_PER_QUESTION: usize = 1_024;
/// Forms whose equations are read together.
const FORMS_PER_PART: usize = 64;
/// Pairs that are judged together.
const PAIRS_PER_PART: usize = 16_384;

/// A relation as it is kept; their order is the order in which relations are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Found {
    /// Ten-thousandths that the score lies below 1.
    below: u16,
    kind: RelationKind,
    /// Numbers of the two fields in the order of all field keys.
    a: u32,
    b: u32,
}

/// Every relation of a catalogue, best first; see [`Snapshot::relations`].
#[derive(Debug)]
pub struct Relations {
    view: Snapshot,
    order: FieldOrder,
    found: Vec<Found>,
}

impl Snapshot {
    /// Every relation of the catalogue; a pair of elements is shown once, by the first fields of either. The relations of a field to the
    /// others of its element are told by the first of them.
    pub async fn relations(&self) -> Result<Relations, Error> {
        let snapshot = self.clone().with_joined();
        let order = FieldOrder::of(&snapshot.state);
        let mut found = snapshot.kinships(&order);
        snapshot.read_equations().await?;
        found.extend(snapshot.formulas(&order));
        let pairs = snapshot.pairs().await?;
        let view = Arc::new((snapshot, order));
        let parts: Vec<Vec<(u32, u32)>> = pairs.chunks(PAIRS_PER_PART).map(<[_]>::to_vec).collect();
        drop(pairs);
        let judged = futures::stream::iter(parts).map(|part| {
            let view = Arc::clone(&view);
            tokio::task::spawn_blocking(move || view.0.judged(&view.1, &part))
        });
        let mut judged = judged.buffer_unordered(n_workers());
        while let Some(part) = judged.next().await {
            found.extend(part.map_err(Error::from_worker)?);
        }
        drop(judged);
        found.sort_unstable();
        let (view, order) = Arc::try_unwrap(view).unwrap_or_else(|shared| (shared.0.clone(), shared.1.clone()));
        Ok(Relations { view, order, found })
    }

    /// Every relation of the catalogue, best first, all at once: for catalogues that are small.
    pub async fn compare_all(&self) -> Result<Vec<Relation>, Error> {
        Ok(self.relations().await?.iter().collect())
    }

    /// Pairs of elements that are worth comparing, each once.
    async fn pairs(&self) -> Result<Vec<(u32, u32)>, Error> {
        let finder = Finder::new();
        let places = self.places_by_words();
        let questions: Vec<Vec<u32>> = places.chunks(ELEMENTS_PER_QUESTION).map(<[_]>::to_vec).collect();
        let answers = futures::stream::iter(questions).map(|asked| {
            let (finder, state, runtime) = (finder.clone(), self.state.clone(), tokio::runtime::Handle::current());
            tokio::task::spawn_blocking(move || {
                let candidates = runtime.block_on(finder.find(&state, &asked))?;
                let pairs = asked.iter().zip(&candidates).flat_map(|(place, list)| partners(&state, *place, list));
                Ok::<Vec<(u32, u32)>, Error>(pairs.collect())
            })
        });
        let answers = answers.buffer_unordered(n_workers()).map(|joined| joined.map_err(Error::from_worker)?);
        let mut pairs: Vec<(u32, u32)> = answers.try_concat().await?;
        pairs.sort_unstable();
        pairs.dedup();
        Ok(pairs)
    }

    /// Places of all elements, those of one class with like words one after the other: they share lists and candidates, which are read once while
    /// they are at hand. No answer depends on the order.
    fn places_by_words(&self) -> Vec<u32> {
        let words = |element: &ElementEntry| {
            let profile = element.standing_for()?.profile()?;
            Some((class_of(profile), profile.words.clone()))
        };
        let mut places: Vec<_> = self.state.elements.iter().map(|(place, element)| (words(element), place)).collect();
        places.sort_unstable();
        places.into_iter().map(|(_, place)| place).collect()
    }

    /// Reads the equations of all forms, side by side: a form keeps them.
    async fn read_equations(&self) -> Result<(), Error> {
        let entries: Vec<Arc<FormEntry>> = self.state.form_entries().cloned().collect();
        let parts: Vec<Vec<Arc<FormEntry>>> = entries.chunks(FORMS_PER_PART).map(<[_]>::to_vec).collect();
        let read = futures::stream::iter(parts).map(|part| {
            let measures = Arc::clone(&self.measures);
            tokio::task::spawn_blocking(move || part.iter().map(|entry| entry.equations(&measures).len()).sum::<usize>())
        });
        read.buffer_unordered(n_workers()).map_err(Error::from_worker).try_for_each(|_| std::future::ready(Ok(()))).await
    }

    fn formulas(&self, order: &FieldOrder) -> Vec<Found> {
        let found = self.each_formula().into_iter().filter_map(|(a, b, score)| {
            Some(Found { below: below(score), kind: RelationKind::Formula, a: order.number(&a)?, b: order.number(&b)? })
        });
        found.collect()
    }

    fn judged(&self, order: &FieldOrder, pairs: &[(u32, u32)]) -> Vec<Found> {
        let mut judge = Judge::new(&self.state);
        let found = pairs.iter().filter_map(|pair| {
            let judged = judge.judge(*pair)?;
            let (a, b) = (self.state.elements.get(pair.0)?.standing_for()?, self.state.elements.get(pair.1)?.standing_for()?);
            let kind = pair_kind(self, &judged, a, true)?;
            Some(Found { below: below(judged.score), kind, a: order.number(a)?, b: order.number(b)? })
        });
        found.collect()
    }

    fn kinships(&self, order: &FieldOrder) -> Vec<Found> {
        let mut found = Vec::new();
        for (_, element) in self.state.elements.iter().filter(|(_, e)| e.n_fields() > 1) {
            let placed = self.state.placed_of(element);
            let Some((first, others)) = placed.split_first() else { continue };
            found.extend(others.iter().filter_map(|other| {
                let kind = kinship_kind(&self.measures, first, other)?;
                Some(Found { below: 0, kind, a: order.number(first)?, b: order.number(other)? })
            }));
        }
        found
    }
}

fn n_workers() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn below(score: f64) -> u16 {
    ((1.0 - score) * 10_000.0).round() as u16
}

impl Relations {
    /// Number of relations.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Number of relations of some kinds; of all where none is named.
    pub fn n_of(&self, kinds: &[RelationKind]) -> usize {
        self.found.iter().filter(|f| kinds.is_empty() || kinds.contains(&f.kind)).count()
    }

    /// Number of relations of each kind.
    pub fn n_of_kinds(&self) -> BTreeMap<RelationKind, u64> {
        let mut counts = BTreeMap::new();
        for found in &self.found {
            *counts.entry(found.kind).or_default() += 1;
        }
        counts
    }

    /// All of them, best first, each worked out when it is reached.
    pub fn iter(&self) -> impl Iterator<Item = Relation> + '_ {
        self.found.iter().filter_map(|found| self.tell(*found))
    }

    /// Those of some kinds (of all where none is named), from a position among them on.
    pub fn page<'a>(&'a self, kinds: &'a [RelationKind], position: usize) -> impl Iterator<Item = Relation> + 'a {
        let wanted = self.found.iter().filter(|f| kinds.is_empty() || kinds.contains(&f.kind));
        wanted.skip(position).filter_map(|found| self.tell(*found))
    }

    fn tell(&self, found: Found) -> Option<Relation> {
        let (a, b) = (self.order.placed(found.a)?, self.order.placed(found.b)?);
        if found.kind == RelationKind::Formula {
            return self.view.formula_between(&a, &b);
        }
        if a.field()?.element() == b.field()?.element() {
            return kinship(&self.view.measures, &a, &b);
        }
        let state = &self.view.state;
        let place = |placed: &Placed| state.place_of(placed.field()?.element());
        let judged = Judge::new(state).judge((place(&a)?, place(&b)?))?;
        relation_of(&self.view, &judged, judged.a, &a)
    }
}

/// All fields in the order of their keys, as numbers.
#[derive(Clone, Debug)]
struct FieldOrder {
    /// For each form, in the order of ids: the number of its first field, its places in the order of their keys, and the form.
    forms: Vec<(u32, Vec<u16>, Arc<FormEntry>)>,
    /// For each form by its number in the catalogue: its place among [`Self::forms`].
    by_number: Vec<u32>,
    /// For each form: where each of its fields comes.
    ranks: Vec<Vec<u16>>,
}

impl FieldOrder {
    fn of(state: &State) -> Self {
        let (mut forms, mut ranks) = (Vec::new(), Vec::new());
        let mut by_number = Vec::new();
        let mut first = 0_u32;
        for (place, entry) in (0_u32..).zip(state.form_entries()) {
            let mut places: Vec<u16> = (0..).take(entry.fields.len()).collect();
            places
                .sort_by(|x, y| entry.fields.get(usize::from(*x)).map(|f| &f.key).cmp(&entry.fields.get(usize::from(*y)).map(|f| &f.key)));
            let mut rank = vec![0_u16; places.len()];
            for (n, at) in (0_u16..).zip(&places) {
                if let Some(rank) = rank.get_mut(usize::from(*at)) {
                    *rank = n;
                }
            }
            let number = entry.number();
            if by_number.len() <= number {
                by_number.resize(number + 1, u32::MAX);
            }
            if let Some(known) = by_number.get_mut(number) {
                *known = place;
            }
            forms.push((first, places, Arc::clone(entry)));
            ranks.push(rank);
            first += u32::try_from(entry.fields.len()).unwrap_or(u32::MAX);
        }
        Self { forms, by_number, ranks }
    }

    fn number(&self, placed: &Placed) -> Option<u32> {
        let form = *self.by_number.get(placed.entry.number())? as usize;
        let rank = self.ranks.get(form)?.get(placed.at)?;
        Some(self.forms.get(form)?.0 + u32::from(*rank))
    }

    fn placed(&self, number: u32) -> Option<Placed> {
        let form = self.forms.partition_point(|(first, ..)| *first <= number).checked_sub(1)?;
        let (first, places, entry) = self.forms.get(form)?;
        let at = usize::from(*places.get((number - first) as usize)?);
        Some(Placed { entry: Arc::clone(entry), at })
    }
}
