//! Takes a new vocabulary (采用新词表): every registered form is read anew with the words that this program has, decisions and figures go along.
//!
//! A program with better words gives fields other keys, and figures are stored under the elements that the old ones named. Until the bureau adopts
//! the new reading, forms keep the meanings that they were registered with; what would change can be seen before.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::app::error::Result;
use crate::app::request::Request;
use crate::app::settling::kept;
use crate::app::state::{Adopted, Retired};
use crate::domain::audit::NewAuditRecord;
use crate::domain::caller::{Caller, Role};
use crate::domain::decision::{Decision, DecisionId, RenamedDecision};
use crate::domain::element::CataloguedField;
use crate::domain::id::{ElementId, FieldKey};
use crate::domain::template::RegisteredTemplate;
use crate::overlap::{Catalogue, Settlement, read_form};
use crate::store::{FigureMove, StoredForm, WriteTransaction};

/// Most fields whose change is told one by one.
const MAX_TOLD: usize = 500;

/// What the new reading changes, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VocabularyEffects {
    /// Forms with a field that is read otherwise.
    pub n_forms: u64,
    /// Fields whose reading gives another key.
    pub n_fields: u64,
    /// Elements that get fields of several of the old ones.
    pub n_merged: u64,
    /// Elements whose fields go to several of the new ones.
    pub n_split: u64,
    /// Figures that go to another element.
    pub n_figures: u64,
    /// Figures that are set aside because another is held for the same unit and period.
    pub n_aside: u64,
    /// Decisions that no longer hold beside the others, and wait.
    pub waiting: Vec<DecisionId>,
}

/// A field that is read otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RereadField {
    /// The field.
    pub field: FieldKey,
    /// Its label.
    pub label: String,
    /// Key of its element before.
    pub before: String,
    /// Key of its element after.
    pub after: String,
}

/// What adopting would change: numbers, and the first fields by form.
#[derive(Clone, Debug)]
pub struct VocabularyPreview {
    /// Numbers.
    pub effects: VocabularyEffects,
    /// The first `MAX_TOLD` fields that get another element or another key.
    pub fields: Vec<RereadField>,
    /// Digest of the vocabulary of this program.
    pub vocabulary: String,
}

/// Everything read anew, ready to be stored.
struct Reread {
    forms: Vec<StoredForm>,
    renamed: Vec<RenamedDecision>,
    moves: Vec<FigureMove>,
    effects: VocabularyEffects,
    fields: Vec<RereadField>,
    adopted: Adopted,
}

/// A form, or an earlier version of one, with the meanings that it has now.
type Read = (Arc<RegisteredTemplate>, Vec<CataloguedField>);

impl App {
    /// Says what reading every form with the vocabulary of this program would change, and stores nothing. The bureau.
    pub async fn preview_vocabulary(&self, caller: &Caller) -> Result<VocabularyPreview> {
        caller.require(&[Role::Bureau], "vocabulary.adopt")?;
        let _registering = self.state.registering.lock().await;
        self.catch_up().await?;
        let reread = self.reread().await;
        let mut tx = self.store.begin().await?;
        let effects = reread.store(tx.as_mut()).await?;
        drop(tx);
        Ok(VocabularyPreview { effects, fields: reread.fields, vocabulary: self.vocabulary.digest().to_owned() })
    }

    /// Reads every form with the vocabulary of this program, carries decisions along, and moves each figure to the element of the field through
    /// which it was typed. The bureau.
    pub async fn adopt_vocabulary(&self, caller: &Caller, request_id: &str) -> Result<VocabularyEffects> {
        caller.require(&[Role::Bureau], "vocabulary.adopt")?;
        let request = Request::new(request_id, "vocabulary.adopt", &self.vocabulary.digest())?;
        let _registering = self.state.registering.lock().await;
        self.catch_up().await?;
        // Read before the writer's turn comes, because it takes long.
        let followed = self.state.followed();
        let reread = self.reread().await;
        let mut tx = self.begin_registering().await?;
        if self.state.followed() != followed {
            return Err(crate::store::Error::Conflict.into());
        }
        if let Some(effects) = request.answered::<VocabularyEffects>(tx.as_mut(), caller).await? {
            return Ok(effects);
        }
        let effects = reread.store(tx.as_mut()).await?;
        tx.append_audit(&NewAuditRecord {
            at: self.clock.now(),
            account: caller.account.clone(),
            act: "vocabulary.adopt".to_owned(),
            object: self.vocabulary.digest().to_owned(),
            detail: serde_json::to_string(&effects)?,
        })
        .await?;
        request.remember(tx.as_mut(), caller, &effects).await?;
        let version = tx.settlement_version().await?;
        tx.commit().await?;
        self.state.adopt(Adopted { version, ..reread.adopted });
        self.has_registered();
        self.follow_answers().await;
        Ok(effects)
    }

    /// Reads everything anew; nobody may register or decide meanwhile.
    async fn reread(&self) -> Reread {
        let before = self.state.catalogue(Catalogue::clone);
        let retired = self.state.retired();
        let current: Vec<Read> = before.forms().map(|form| (Arc::clone(form), before.fields_of_form(&form.template.id).to_vec())).collect();
        let earlier = versions_of(&retired);
        let mut forms: Vec<StoredForm> = Vec::new();
        let mut keys: HashMap<FieldKey, (String, String)> = HashMap::new();
        let mut new_fields: Vec<Vec<CataloguedField>> = Vec::new();
        for (form, old) in current.iter().chain(&earlier) {
            let fields = read_form(&self.vocabulary, &self.measures, &form.template, &form.field_keys);
            for (old, new) in old.iter().filter_map(|old| fields.iter().find(|new| new.key == old.key).map(|new| (old, new))) {
                keys.insert(old.key.clone(), (old.meaning.key.clone(), new.meaning.key.clone()));
            }
            forms.push(StoredForm {
                template: form.as_ref().clone(),
                fields: fields.clone(),
                vocabulary: self.vocabulary.digest().to_owned(),
            });
            new_fields.push(fields);
            // A province's forms take minutes to read; others shall have their turn.
            tokio::task::yield_now().await;
        }
        let (renamed, decisions) = rename(&self.state.decisions(), &keys);
        let settlement = Settlement::of(&decisions);
        let waiting = settlement.contradictions().iter().map(|c| c.waiting).collect();
        let mut after = Catalogue::new(Arc::clone(before.measures()));
        after.settle(settlement);
        for ((form, _), fields) in current.iter().zip(&new_fields) {
            after.insert(Arc::clone(form), fields.clone());
        }
        let retired_after = retired_anew(&retired, new_fields.get(current.len()..).unwrap_or_default());
        let moves = self.moves_between((&before, &retired), (&after, &retired_after));
        let (mut effects, fields) = compare(&before, &after);
        effects.waiting = waiting;
        let adopted = Adopted { catalogue: after, decisions, retired: retired_after, version: 0 };
        Reread { forms, renamed, moves, effects, fields, adopted }
    }

    /// The figures that go to another element, all fields considered.
    fn moves_between(&self, (before, retired): (&Catalogue, &Retired), (after, retired_after): (&Catalogue, &Retired)) -> Vec<FigureMove> {
        let from = kept(before, retired, None, &self.measures);
        let to = kept(after, retired_after, None, &self.measures);
        let changed = from.into_iter().filter_map(|(via, from)| {
            let to = *to.get(&via)?;
            (from != to).then_some(FigureMove { via, from, to })
        });
        changed.collect()
    }
}

impl Reread {
    async fn store(&self, tx: &mut dyn WriteTransaction) -> Result<VocabularyEffects> {
        for form in &self.forms {
            tx.reread_template(form).await?;
        }
        if !self.renamed.is_empty() {
            tx.rename_decisions(&self.renamed).await?;
        }
        let moved = tx.move_figures(&self.moves).await?;
        Ok(VocabularyEffects { n_figures: moved.n_figures, n_aside: moved.n_aside, ..self.effects.clone() })
    }
}

/// Earlier versions of forms, each with the fields of it that are asked no more.
fn versions_of(retired: &Retired) -> Vec<Read> {
    let mut versions: BTreeMap<(String, u32), Read> = BTreeMap::new();
    for (form, field) in retired.values() {
        let key = (form.template.id.to_string(), form.version);
        versions.entry(key).or_insert_with(|| (Arc::clone(form), Vec::new())).1.push(field.clone());
    }
    versions.into_values().collect()
}

/// The same fields with their new meanings.
fn retired_anew(retired: &Retired, read: &[Vec<CataloguedField>]) -> Retired {
    let anew: HashMap<&FieldKey, &CataloguedField> = read.iter().flatten().map(|f| (&f.key, f)).collect();
    let renewed = retired.iter().map(|(key, (form, field))| {
        let field = anew.get(key).map_or_else(|| field.clone(), |new| (*new).clone());
        (key.clone(), (Arc::clone(form), field))
    });
    renewed.collect()
}

/// Decisions with the keys that their fields get. A field that is registered no more follows the others that had its key, where they agree.
fn rename(known: &[Decision], keys: &HashMap<FieldKey, (String, String)>) -> (Vec<RenamedDecision>, Vec<Decision>) {
    let mut by_key: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for (before, after) in keys.values() {
        by_key.entry(before).or_default().insert(after);
    }
    let new_key = |field: &FieldKey, key: &str| -> String {
        if let Some((_, after)) = keys.get(field) {
            return after.clone();
        }
        let only = by_key.get(key).filter(|all| all.len() == 1).and_then(|all| all.first());
        only.map_or_else(|| key.to_owned(), |after| (*after).to_owned())
    };
    let (mut renamed, mut decisions) = (Vec::new(), Vec::with_capacity(known.len()));
    for decision in known {
        let (a_key, b_key) = (new_key(&decision.a, &decision.a_key), new_key(&decision.b, &decision.b_key));
        // What the words tell apart by themselves needs nobody to set it apart.
        let were_one_reading = decision.a_key == decision.b_key;
        let sets_apart = decision.sets_apart && (a_key == b_key || !were_one_reading);
        if a_key != decision.a_key || b_key != decision.b_key {
            renamed.push(RenamedDecision { id: decision.id, a_key: a_key.clone(), b_key: b_key.clone(), sets_apart });
        }
        decisions.push(Decision { a_key, b_key, sets_apart, ..decision.clone() });
    }
    (renamed, decisions)
}

/// Counts what becomes of forms, fields and elements, and tells the first fields.
fn compare(before: &Catalogue, after: &Catalogue) -> (VocabularyEffects, Vec<RereadField>) {
    let mut effects = VocabularyEffects::default();
    let mut told: Vec<RereadField> = Vec::new();
    let mut goes_to: BTreeMap<ElementId, BTreeSet<ElementId>> = BTreeMap::new();
    let mut comes_from: BTreeMap<ElementId, BTreeSet<ElementId>> = BTreeMap::new();
    for form in before.forms() {
        let id = &form.template.id;
        let mut is_changed = false;
        let fields = before.fields_of_form(id).iter().zip(after.fields_of_form(id)).zip(&form.template.fields);
        for ((old, new), printed) in fields {
            goes_to.entry(old.element()).or_default().insert(new.element());
            comes_from.entry(new.element()).or_default().insert(old.element());
            let has_other_key = old.meaning.key != new.meaning.key;
            effects.n_fields += u64::from(has_other_key);
            is_changed |= old.meaning != new.meaning;
            if (has_other_key || old.element() != new.element()) && told.len() < MAX_TOLD {
                let (before, after) = (old.element_key().to_owned(), new.element_key().to_owned());
                told.push(RereadField { field: old.key.clone(), label: printed.label.clone(), before, after });
            }
        }
        effects.n_forms += u64::from(is_changed);
    }
    let several = |sets: &BTreeMap<ElementId, BTreeSet<ElementId>>| sets.values().filter(|s| s.len() > 1).count() as u64;
    effects.n_split = several(&goes_to);
    effects.n_merged = several(&comes_from);
    (effects, told)
}
