//! Objections (异议): why a reviewer's answer cannot be taken as it is, looked for over all fields that it would join, not only the two asked about.

use std::collections::HashMap;

use crate::domain::decision::{DecisionId, Verdict};
use crate::domain::element::CataloguedField;
use crate::domain::id::{ElementId, FieldKey, FormId};
use crate::overlap::catalogue::Catalogue;
use crate::overlap::placed::Placed;

/// What stands against an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Objection {
    /// An earlier decision says otherwise of the two, or of what was joined with them.
    Decided(DecisionId),
    /// The figures cannot be converted into each other: known on both sides and different.
    Vetoed {
        /// What differs: unit or statistic.
        facet: &'static str,
        /// A field on the side of the first.
        a: FieldKey,
        /// What it is there.
        a_value: String,
        /// A field on the side of the second.
        b: FieldKey,
        /// What it is there.
        b_value: String,
    },
    /// A form asks for both: two fields of one form are never one figure.
    WithinForm {
        /// The field of the form on the side of the first.
        a: FieldKey,
        /// The one on the side of the second.
        b: FieldKey,
    },
}

impl Catalogue {
    /// What stands against answering so of two registered fields. Nothing stands against not being sure.
    pub fn objections(&self, a: &CataloguedField, b: &CataloguedField, verdict: Verdict) -> Vec<Objection> {
        let settlement = self.settlement();
        let (node_a, node_b) = (settlement.node_of(&a.key, &a.meaning.key), settlement.node_of(&b.key, &b.meaning.key));
        let (class_a, class_b) = (settlement.class_of(&node_a), settlement.class_of(&node_b));
        match verdict {
            Verdict::Unsure => Vec::new(),
            Verdict::Same if class_a == class_b => Vec::new(),
            Verdict::Same => {
                let mut found: Vec<Objection> =
                    settlement.told_apart(class_a, class_b).map(|told| Objection::Decided(told.decision)).into_iter().collect();
                let (of_a, of_b) = (self.readings(class_a), self.readings(class_b));
                found.extend(within_form(&of_a, &of_b, a, b));
                found.extend(veto(&of_a, &of_b));
                found
            }
            // Where both are one element, the second field is set apart, unless a decision was made about that very field.
            Verdict::Different | Verdict::Narrower | Verdict::Broader => {
                let joined = (class_a == class_b && node_a != node_b).then(|| settlement.joined_by(&node_a, &node_b)).flatten();
                joined.filter(|_| settlement.is_joined_itself(&b.key)).map(Objection::Decided).into_iter().collect()
            }
        }
    }

    /// Whether telling two fields apart sets the second one apart from all others with its key: both are one element, and no decision was made
    /// about that very field.
    pub fn may_set_apart(&self, a: &CataloguedField, b: &CataloguedField) -> bool {
        let settlement = self.settlement();
        let (node_a, node_b) = (settlement.node_of(&a.key, &a.meaning.key), settlement.node_of(&b.key, &b.meaning.key));
        settlement.class_of(&node_a) == settlement.class_of(&node_b) && (node_a == node_b || !settlement.is_joined_itself(&b.key))
    }

    fn readings(&self, class: &str) -> Vec<Placed> {
        self.placed(ElementId::of_key(class))
    }
}

/// Two fields that one form asks for the same year.
fn within_form(of_a: &[Placed], of_b: &[Placed], a: &CataloguedField, b: &CataloguedField) -> Option<Objection> {
    let place = |field: &CataloguedField| (field.key.form.clone(), field.meaning.offset_years);
    let mut places: HashMap<(FormId, i16), &FieldKey> = HashMap::from([(place(a), &a.key)]);
    for field in of_a.iter().filter_map(Placed::field) {
        places.entry(place(field)).or_insert(&field.key);
    }
    let other = std::iter::once(b).chain(of_b.iter().filter_map(Placed::field));
    let met = other.filter_map(|field| places.get(&place(field)).map(|own| ((*own).clone(), field.key.clone())));
    met.map(|(a, b)| Objection::WithinForm { a, b }).next()
}

/// What makes two figures of different kinds, whatever a reviewer says: another dimension, or a number against a text.
fn veto(of_a: &[Placed], of_b: &[Placed]) -> Option<Objection> {
    let kinds = |placed: &[Placed]| -> Vec<(FieldKey, Option<String>, bool)> {
        let known = placed.iter().filter_map(|p| p.field().zip(p.printed()));
        let mut kinds: Vec<(FieldKey, Option<String>, bool)> = Vec::new();
        for (field, printed) in known {
            let (dimension, is_number) = (field.meaning.facets.dimension.clone(), printed.dtype.is_number());
            if !kinds.iter().any(|(_, d, n)| *d == dimension && *n == is_number) {
                kinds.push((field.key.clone(), dimension, is_number));
            }
        }
        kinds
    };
    let of_b = kinds(of_b);
    for (a, dimension_a, is_number_a) in kinds(of_a) {
        for (b, dimension_b, is_number_b) in &of_b {
            let found = |facet, a_value: &str, b_value: &str| {
                let (a_value, b_value) = (a_value.to_owned(), b_value.to_owned());
                Some(Objection::Vetoed { facet, a: a.clone(), a_value, b: b.clone(), b_value })
            };
            if is_number_a != *is_number_b {
                let word = |is_number: bool| if is_number { "number" } else { "text" };
                return found("statistic", word(is_number_a), word(*is_number_b));
            }
            if let (Some(x), Some(y)) = (&dimension_a, dimension_b)
                && x != y
            {
                return found("unit", x, y);
            }
        }
    }
    None
}
