//! What the application keeps in memory beside the store: the catalogue of forms, the units, and plans already made.
//!
//! All of it can be made again from the store; it is changed only after the transaction that changed the store was committed, under the
//! lock that serialises registrations and decisions.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::app::error::Result;
use crate::app::planned_year::PlannedYear;
use crate::app::rules::FormRules;
use crate::domain::decision::Decision;
use crate::domain::element::CataloguedField;
use crate::domain::id::{ElementId, FieldKey, FormId};
use crate::domain::measure::Measures;
use crate::domain::relation::Relation;
use crate::domain::template::{FormTemplate, RegisteredTemplate};
use crate::domain::unit::{Level, UnitRow, UnitTree};
use crate::overlap::learn::{DecidedPair, Learned, learn};
use crate::overlap::{Catalogue, Settlement, Snapshot, Vocabulary};
use crate::store::Store;

/// Forms read from the store at once when starting.
const FORMS_PER_READ: u32 = 200;

/// Plans, and trees of units, that are kept at most: callers name years and days freely, and each of a province is large.
const MAX_KEPT: usize = 8;

/// Answers after which the weights are learnt anew: one answer moves little, and comparing all forms again costs much.
const LEARN_EVERY: usize = 5;

/// How long what looks alike is kept: figures that were reported since speak again after that.
const ALIKE_LASTS: SignedDuration = SignedDuration::from_mins(10);

/// What the list of what looks alike rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AlikeBasis {
    forms: u64,
    n_taught: usize,
    n_undone: usize,
}

/// What looks alike, with what it rests on and when it was found.
type KnownAlike = (AlikeBasis, Timestamp, Arc<Vec<Relation>>);

/// What was learnt, with the forms and the decisions that it was learnt from.
type KnownLearned = (u64, Vec<DecidedPair>, Arc<Learned>);

/// The application's memory.
pub(crate) struct State {
    inner: RwLock<Inner>,
    plans: Mutex<HashMap<i16, (u64, Arc<PlannedYear>)>>,
    trees: Mutex<HashMap<Date, (u64, Arc<UnitTree>)>>,
    alike: Mutex<Option<KnownAlike>>,
    /// Rules of forms, each with the forms that it was read beside.
    rules: Mutex<HashMap<FormId, (u64, Arc<FormRules>)>>,
    /// What the decisions taught, with the forms and the decisions that it was learnt from.
    learned: Mutex<Option<KnownLearned>>,
    /// Held while a form or units are registered, and while a decision is made or undone.
    pub(crate) registering: tokio::sync::Mutex<()>,
    /// Generation of the registry that is in memory; changed only under `registering`.
    followed: AtomicU64,
}

struct Inner {
    catalogue: Catalogue,
    unit_rows: Arc<Vec<UnitRow>>,
    /// Rises with every change; plans of an older generation are made again.
    generation: u64,
    /// Rises with every change of forms only: what looks alike rests on it.
    forms_generation: u64,
    n_units: usize,
    decisions: Arc<Vec<Decision>>,
    /// Number of the settlement that the catalogue has, as the store counts it.
    settlement_version: u64,
    retired: Arc<Retired>,
}

/// Fields of earlier versions of forms, through which figures may have been typed, each with that version.
pub(crate) type Retired = BTreeMap<FieldKey, (Arc<RegisteredTemplate>, CataloguedField)>;

/// Decisions, with the catalogue as they settle it.
pub(crate) struct Settled {
    /// All decisions.
    pub(crate) decisions: Vec<Decision>,
    /// The catalogue.
    pub(crate) catalogue: Catalogue,
    /// Number of the settlement in the store.
    pub(crate) version: u64,
}

/// Everything that a new reading of all forms changes.
pub(crate) struct Adopted {
    /// The forms with their new meanings.
    pub(crate) catalogue: Catalogue,
    /// Decisions with the keys that their fields got.
    pub(crate) decisions: Vec<Decision>,
    /// Fields of earlier versions with theirs.
    pub(crate) retired: Retired,
    /// Number of the settlement in the store.
    pub(crate) version: u64,
}

/// The fields of earlier versions through which something was typed.
pub(crate) async fn load_retired(store: &dyn Store, catalogue: &Catalogue) -> Result<Retired> {
    let mut retired = Retired::new();
    let typed = store.typed_fields().await?;
    let gone: HashSet<(FormId, u32)> =
        typed.iter().filter(|key| catalogue.field(key).is_none()).map(|key| (key.form.clone(), key.since)).collect();
    for (form, since) in gone {
        let Some(stored) = store.template(&form, Some(since)).await? else { continue };
        let template = Arc::new(stored.template);
        let of_version = stored.fields.into_iter().filter(|field| catalogue.field(&field.key).is_none());
        retired.extend(of_version.map(|field| (field.key.clone(), (Arc::clone(&template), field))));
    }
    Ok(retired)
}

impl State {
    /// Reads everything from the store. A form keeps the meanings that it was registered with, also under a newer vocabulary: its figures are
    /// stored under those elements. Adopting the vocabulary reads all of them anew and takes the figures along.
    pub(crate) async fn load(store: &dyn Store, vocabulary: &Vocabulary, measures: &Arc<Measures>) -> Result<Self> {
        // First of all: what is registered meanwhile is read once more.
        let followed = AtomicU64::new(store.registry_generation().await?);
        let mut catalogue = Catalogue::new(Arc::clone(measures));
        let mut after: Option<FormId> = None;
        let mut n_older = 0_usize;
        loop {
            let forms = store.newest_templates(after.as_ref(), FORMS_PER_READ).await?;
            let Some(last) = forms.last() else { break };
            after = Some(last.template.template.id.clone());
            for form in forms {
                n_older += usize::from(form.vocabulary != vocabulary.digest());
                catalogue.insert(Arc::new(form.template), form.fields);
            }
        }
        if n_older > 0 {
            tracing::warn!(
                forms = n_older,
                "forms keep the meanings that an earlier vocabulary gave them until the bureau adopts this one"
            );
        }
        let settlement_version = store.settlement_version().await?;
        let decisions = Arc::new(store.decisions().await?);
        catalogue.settle(Settlement::of(&decisions));
        let retired = Arc::new(load_retired(store, &catalogue).await?);
        let unit_rows = Arc::new(store.unit_rows().await?);
        let n_units = unit_rows.len();
        let (generation, forms_generation) = (0, 0);
        let inner = Inner { catalogue, unit_rows, generation, forms_generation, n_units, decisions, settlement_version, retired };
        Ok(Self {
            inner: RwLock::new(inner),
            plans: Mutex::default(),
            trees: Mutex::default(),
            alike: Mutex::default(),
            rules: Mutex::default(),
            learned: Mutex::default(),
            registering: tokio::sync::Mutex::default(),
            followed,
        })
    }

    /// Number of fields and of unit rows.
    pub(crate) fn sizes(&self) -> (usize, usize) {
        self.read(|inner| (inner.catalogue.n_fields(), inner.n_units))
    }

    /// Looks at the catalogue; the closure must not block.
    pub(crate) fn catalogue<T>(&self, look: impl FnOnce(&Catalogue) -> T) -> T {
        self.read(|inner| look(&inner.catalogue))
    }

    /// A view of the catalogue that can be queried without holding the lock, weighed by what the decisions taught.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let (snapshot, decided, forms_generation, answered) = self.read(|inner| {
            let decided = decided_pairs(&inner.decisions);
            (inner.catalogue.snapshot(), decided, inner.forms_generation, Answered::of(inner))
        });
        if decided.is_empty() {
            return snapshot;
        }
        let mut kept = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        let learned = match kept.as_ref() {
            Some((generation, pairs, learned)) if *generation == forms_generation && *pairs == decided => Arc::clone(learned),
            _ => {
                let learned = Arc::new(learn(&answered.settled().snapshot(), &decided));
                *kept = Some((forms_generation, decided, Arc::clone(&learned)));
                learned
            }
        };
        drop(kept);
        snapshot.with_learned(learned)
    }

    /// The catalogue as people's answers alone settle it, without what the system merged by what they taught.
    pub(crate) fn settled_by_people(&self) -> Catalogue {
        self.read(Answered::of).settled()
    }

    /// What looks alike rests on: a number that changes with the forms, how many decisions taught, and how many were undone.
    fn basis_of_alike(&self) -> AlikeBasis {
        self.read(|inner| {
            let n_undone = inner.decisions.iter().filter(|d| !d.is_in_force()).count();
            AlikeBasis { forms: inner.forms_generation, n_taught: decided_pairs(&inner.decisions).len(), n_undone }
        })
    }

    /// All unit rows.
    pub(crate) fn unit_rows(&self) -> Arc<Vec<UnitRow>> {
        self.read(|inner| Arc::clone(&inner.unit_rows))
    }

    /// Generation of the registry that is in memory.
    pub(crate) fn followed(&self) -> u64 {
        self.followed.load(Ordering::Acquire)
    }

    /// Says that a generation of the registry is in memory.
    pub(crate) fn has_followed(&self, generation: u64) {
        self.followed.store(generation, Ordering::Release);
    }

    /// Puts a form, or a new version of one, into the catalogue.
    pub(crate) fn insert_form(&self, form: Arc<RegisteredTemplate>, fields: Vec<CataloguedField>) {
        self.write(|inner| {
            let id = form.template.id.clone();
            let before = inner.catalogue.form(&id).cloned();
            let gone: Vec<CataloguedField> = inner.catalogue.fields_of_form(&id).to_vec();
            inner.catalogue.insert(form, fields);
            inner.forms_generation += 1;
            if let Some(before) = before {
                let gone = gone.into_iter().filter(|field| inner.catalogue.field(&field.key).is_none());
                let gone: Vec<CataloguedField> = gone.collect();
                let retired = Arc::make_mut(&mut inner.retired);
                retired.extend(gone.into_iter().map(|field| (field.key.clone(), (Arc::clone(&before), field))));
            }
        });
    }

    /// All decisions, by number.
    pub(crate) fn decisions(&self) -> Arc<Vec<Decision>> {
        self.read(|inner| Arc::clone(&inner.decisions))
    }

    /// Number of the settlement that the plans follow, as the store counts it.
    pub(crate) fn settlement_version(&self) -> u64 {
        self.read(|inner| inner.settlement_version)
    }

    /// Fields of earlier versions of forms.
    pub(crate) fn retired(&self) -> Arc<Retired> {
        self.read(|inner| Arc::clone(&inner.retired))
    }

    /// Takes decisions with the catalogue as they settle it; nobody else may have changed the forms since that was copied.
    pub(crate) fn settle(&self, settled: Settled) {
        self.write(|inner| {
            inner.decisions = Arc::new(settled.decisions);
            inner.catalogue = settled.catalogue;
            inner.settlement_version = settled.version;
        });
    }

    /// Takes what a new reading of all forms gave; nobody else may have changed anything since it began.
    pub(crate) fn adopt(&self, adopted: Adopted) {
        self.write(|inner| {
            inner.catalogue = adopted.catalogue;
            inner.decisions = Arc::new(adopted.decisions);
            inner.retired = Arc::new(adopted.retired);
            inner.settlement_version = adopted.version;
            inner.forms_generation += 1;
        });
    }

    /// Takes the number of the settlement after figures moved without a decision.
    pub(crate) fn set_settlement_version(&self, version: u64) {
        self.write(|inner| inner.settlement_version = version);
    }

    /// What looks alike, with what it rests on; `None` where that changed, or where it is older than [`ALIKE_LASTS`] and figures may have come.
    pub(crate) fn known_alike(&self, now: Timestamp) -> (AlikeBasis, Option<Arc<Vec<Relation>>>) {
        let basis = self.basis_of_alike();
        let known = self.alike.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = |(of, at, _): &&(AlikeBasis, Timestamp, _)| *of == basis && now.duration_since(*at) < ALIKE_LASTS;
        (basis, known.as_ref().filter(is_fresh).map(|(.., alike)| Arc::clone(alike)))
    }

    /// Keeps what was found to look alike.
    pub(crate) fn keep_alike(&self, basis: AlikeBasis, now: Timestamp, alike: &Arc<Vec<Relation>>) {
        *self.alike.lock().unwrap_or_else(PoisonError::into_inner) = Some((basis, now, Arc::clone(alike)));
    }

    /// Takes the new list of unit rows.
    pub(crate) fn replace_units(&self, rows: Vec<UnitRow>) {
        self.write(|inner| {
            inner.n_units = rows.len();
            inner.unit_rows = Arc::new(rows);
        });
    }

    /// The rules of a form, read when first asked for and again after every change of forms: a rule may name another form.
    pub(crate) fn form_rules(&self, form: &FormId, measures: &Measures) -> Option<Arc<FormRules>> {
        let generation = self.read(|inner| inner.forms_generation);
        let known = self.rules.lock().unwrap_or_else(PoisonError::into_inner).get(form).filter(|(of, _)| *of == generation).cloned();
        if let Some((_, rules)) = known {
            return Some(rules);
        }
        let rules = self.catalogue(|catalogue| {
            let mut by_name: HashMap<String, &FormTemplate> = HashMap::new();
            let form = catalogue.form(form)?;
            if !form.template.rules.is_empty() {
                for other in catalogue.forms() {
                    let template = &other.template;
                    for name in [template.id.as_str(), &template.number, &template.title] {
                        by_name.entry(name.trim().to_lowercase()).or_insert(template);
                    }
                }
            }
            let others = |name: &str| by_name.get(&name.trim().to_lowercase()).copied();
            Some(Arc::new(FormRules::read(form, measures, &others)))
        })?;
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).insert(form.clone(), (generation, Arc::clone(&rules)));
        Some(rules)
    }

    /// The units as they stand on a day.
    pub(crate) fn units_on(&self, day: Date) -> Arc<UnitTree> {
        let (rows, generation) = self.read(|inner| (Arc::clone(&inner.unit_rows), inner.generation));
        let mut trees = self.trees.lock().unwrap_or_else(PoisonError::into_inner);
        match trees.get(&day) {
            Some((at, tree)) if *at == generation => Arc::clone(tree),
            _ => {
                let tree = Arc::new(UnitTree::on(day, &rows));
                make_room(&mut trees, generation);
                trees.insert(day, (generation, Arc::clone(&tree)));
                tree
            }
        }
    }

    /// The units as they stand today; as [`Self::units_on`].
    pub(crate) fn units_today(&self, today: Date) -> Arc<UnitTree> {
        self.units_on(today)
    }

    /// Elements that registers supply, with the levels for whose units they do. None: the plan can reckon with registers, but there is no way
    /// yet to declare one.
    pub(crate) fn supplied(&self) -> BTreeSet<(ElementId, Level)> {
        BTreeSet::new()
    }

    /// The plan of a year, made when it is first asked for and again after every change of forms or units.
    pub(crate) fn plan(&self, year: i16) -> Arc<PlannedYear> {
        let generation = self.read(|inner| inner.generation);
        let made = {
            let plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
            plans.get(&year).filter(|(at, _)| *at == generation).map(|(_, plan)| Arc::clone(plan))
        };
        if let Some(plan) = made {
            return plan;
        }
        let tree = self.units_on(Date::new(year, 12, 31).unwrap_or(Date::MAX));
        let supplied = self.supplied();
        let plan = Arc::new(self.catalogue(|catalogue| PlannedYear::make(year, catalogue, tree, &supplied)));
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut plans, generation);
        plans.insert(year, (generation, Arc::clone(&plan)));
        plan
    }

    fn read<T>(&self, look: impl FnOnce(&Inner) -> T) -> T {
        look(&self.inner.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, change: impl FnOnce(&mut Inner)) {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        change(&mut inner);
        inner.generation += 1;
    }
}

/// A catalogue with the decisions that settled it. What answers teach is learnt from what they themselves settle: what the system merged teaches
/// nothing, or it would confirm itself.
struct Answered {
    catalogue: Catalogue,
    decisions: Arc<Vec<Decision>>,
}

impl Answered {
    fn of(inner: &Inner) -> Self {
        Self { catalogue: inner.catalogue.clone(), decisions: Arc::clone(&inner.decisions) }
    }

    fn settled(mut self) -> Catalogue {
        if self.decisions.iter().any(|d| d.lesson.is_some() && d.is_in_force()) {
            let people: Vec<Decision> = self.decisions.iter().filter(|d| d.lesson.is_none()).cloned().collect();
            self.catalogue.settle(Settlement::of(&people));
        }
        self.catalogue
    }
}

/// The decisions that teach: people's in force, in the order of their numbers, as many as make full steps of [`LEARN_EVERY`].
fn decided_pairs(decisions: &[Decision]) -> Vec<DecidedPair> {
    let in_force = decisions.iter().filter(|d| d.is_in_force() && d.lesson.is_none());
    let mut pairs: Vec<DecidedPair> = in_force.map(|d| DecidedPair { a: d.a.clone(), b: d.b.clone(), verdict: d.verdict }).collect();
    pairs.truncate(pairs.len() / LEARN_EVERY * LEARN_EVERY);
    pairs
}

/// Drops what is of another generation, and everything where that leaves no room for one more.
fn make_room<K: std::hash::Hash + Eq, V>(kept: &mut HashMap<K, (u64, V)>, generation: u64) {
    kept.retain(|_, (at, _)| *at == generation);
    if kept.len() >= MAX_KEPT {
        kept.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_of_years_fills_the_memory() {
        let mut kept: HashMap<i16, (u64, ())> = HashMap::new();
        for year in 1950..2200 {
            make_room(&mut kept, 1);
            kept.insert(year, (1, ()));
            assert!(kept.len() <= MAX_KEPT);
        }
        make_room(&mut kept, 2);
        assert!(kept.is_empty(), "an older generation is dropped");
    }
}
