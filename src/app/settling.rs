//! What decisions would do: the catalogue as they settle it, and which figures go where. Looked at before anything is stored.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::app::planned_year::{asked_field, asked_in_any_year, asked_of_elements, asked_of_form};
use crate::app::state::{Retired, Settled};
use crate::domain::decision::Decision;
use crate::domain::element::CataloguedField;
use crate::domain::id::{ElementId, FieldKey};
use crate::domain::measure::Measures;
use crate::overlap::{Catalogue, Contradiction, Settlement};
use crate::planning::{AskedField, elements_kept};
use crate::store::{FigureMove, WriteTransaction};

/// What a decision did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effects {
    /// Fields that get another element.
    pub n_fields: u64,
    /// Figures that go with them.
    pub n_figures: u64,
    /// Figures of the elements they go to that are set aside because another is held for the same unit and period.
    pub n_aside: u64,
    /// Cells a year that all units together no longer type; negative where they type more.
    pub cells_saved: i64,
}

/// What a set of decisions makes of the catalogue, against what is in force.
pub(crate) struct Settling {
    pub(crate) catalogue: Catalogue,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) moves: Vec<FigureMove>,
    /// Decisions that cannot hold beside the others, and could before.
    pub(crate) contradictions: Vec<Contradiction>,
    effects: Effects,
}

impl Settling {
    /// Moves the figures inside a transaction that stores the decisions; answers what all of it does.
    pub(crate) async fn store(&self, tx: &mut dyn WriteTransaction) -> crate::store::Result<Effects> {
        let moved = if self.moves.is_empty() { crate::store::Moved::default() } else { tx.move_figures(&self.moves).await? };
        Ok(Effects { n_figures: moved.n_figures, n_aside: moved.n_aside, ..self.effects.clone() })
    }

    /// What the memory takes once the transaction is committed; `version` is the settlement's, read inside of it.
    pub(crate) fn settled(self, version: u64) -> Settled {
        Settled { decisions: self.decisions, catalogue: self.catalogue, version }
    }
}

impl App {
    /// Looks at what these decisions, all that there are, would make of the forms registered. Forms must not change meanwhile.
    pub(crate) fn settling(&self, decisions: Vec<Decision>) -> Settling {
        let before = self.state.catalogue(Catalogue::clone);
        let mut after = before.clone();
        let refiled = after.settle(Settlement::of(&decisions));
        let retired = self.state.retired();
        let mut elements: BTreeSet<ElementId> = refiled.iter().flat_map(|r| [r.before, r.after]).collect();
        for (_, field) in retired.values() {
            let (old, new) = (retired_element(before.settlement(), field), retired_element(after.settlement(), field));
            if old != new {
                elements.extend([old, new]);
            }
        }
        let kept_before = kept(&before, &retired, Some(&elements), &self.measures);
        let kept_after = kept(&after, &retired, Some(&elements), &self.measures);
        let changed = kept_before.into_iter().filter_map(|(via, from)| {
            let to = *kept_after.get(&via)?;
            (from != to).then_some(FigureMove { via, from, to })
        });
        let moves: Vec<FigureMove> = changed.collect();
        let known = before.settlement().contradictions();
        let contradictions = after.settlement().contradictions().iter().filter(|c| !known.contains(c)).copied().collect();
        let n_fields = refiled.len() as u64;
        let effects = Effects { n_fields, cells_saved: self.cells_saved(&before, &after, &elements), ..Effects::default() };
        Settling { catalogue: after, decisions, moves, contradictions, effects }
    }

    /// By how much the cells of some elements become fewer in the present year.
    fn cells_saved(&self, before: &Catalogue, after: &Catalogue, elements: &BTreeSet<ElementId>) -> i64 {
        if elements.is_empty() {
            return 0;
        }
        let year = self.clock.today().year();
        let planned = self.state.plan(year);
        let elements: HashSet<ElementId> = elements.iter().copied().collect();
        let mut merging = planned.plan.merging();
        let mut cells = |catalogue: &Catalogue| merging.cells(&asked_of_elements(year, catalogue, &elements, ""));
        let (then, now) = (cells(before), cells(after));
        i64::try_from(then).unwrap_or(i64::MAX) - i64::try_from(now).unwrap_or(i64::MAX)
    }
}

/// The element of a field that stands in no form any more.
fn retired_element(settlement: &Settlement, field: &CataloguedField) -> ElementId {
    let settled = settlement.settled(&field.key, &field.meaning.key);
    ElementId::of_key(settled.as_deref().unwrap_or(&field.meaning.key))
}

/// Under which elements the figures of the fields of some elements, or of all, are kept, those of earlier versions of forms included.
pub(crate) fn kept(
    catalogue: &Catalogue,
    retired: &Retired,
    elements: Option<&BTreeSet<ElementId>>,
    measures: &Measures,
) -> BTreeMap<FieldKey, ElementId> {
    let is_wanted = |element: &ElementId| elements.is_none_or(|wanted| wanted.contains(element));
    let of_earlier = retired.iter().filter(|(_, (_, field))| is_wanted(&retired_element(catalogue.settlement(), field)));
    let asked: Vec<AskedField> = of_earlier
        .filter_map(|(key, (form, field))| {
            let printed = form.template.fields.iter().find(|f| f.id == key.field)?;
            let settled = catalogue.settlement().settled(&field.key, &field.meaning.key);
            Some(asked_field(form, printed, &CataloguedField { settled, ..field.clone() }, measures))
        })
        .collect();
    match elements {
        Some(elements) => elements_kept(&asked_in_any_year(catalogue, elements), &asked),
        None => {
            let all = catalogue.forms().flat_map(|form| asked_of_form(form, catalogue.fields_of_form(&form.template.id), measures));
            elements_kept(&all.collect::<Vec<AskedField>>(), &asked)
        }
    }
}
