//! Forms of the catalogue with what is worked out of them once, and fields where they stand.

use std::sync::Arc;

use crate::domain::balance::Balance;
use crate::domain::element::CataloguedField;
use crate::domain::id::FieldKey;
use crate::domain::measure::Measures;
use crate::domain::template::{Field, RegisteredTemplate};
use crate::overlap::brief::Brief;
use crate::overlap::facets::text::{normalise, strip_markers};
use crate::overlap::formula::Equation;
use crate::overlap::profile::Profile;
use crate::overlap::shown::{Shown, parents_of};

/// A form of the catalogue.
#[derive(Debug)]
pub(crate) struct FormEntry {
    /// The template.
    pub form: Arc<RegisteredTemplate>,
    /// Its fields, in the template's order.
    pub fields: Vec<CataloguedField>,
    /// What weighing pairs needs of each.
    pub(super) profiles: Arc<Vec<Profile>>,
    /// What bounds the weights of its pairs.
    pub(super) briefs: Arc<Vec<Brief>>,
    /// Its number in this catalogue; never shown, never in an answer's order.
    pub(super) number: u64,
    /// Label and column of each field, normalised, and the same with the heading directly above.
    pub(super) names: Arc<Vec<(Box<str>, Box<str>)>>,
    /// Place of the row above each field: its total, where the path ends in the label of a field of the form.
    pub(super) parents: Arc<Vec<Option<usize>>>,
    /// What the form shows by itself.
    pub(super) shown: Arc<Shown>,
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

    /// The equations that the form prints or shows.
    pub(crate) fn equations(&self, measures: &Measures) -> &[Equation] {
        self.shown.equations(&self.form.template, measures)
    }

    /// The balances that the form prints or shows.
    pub(crate) fn balances(&self, measures: &Measures) -> &[Balance<usize>] {
        self.shown.balances(&self.form.template, measures)
    }

    /// Places of the rows that stand above a field, nearest first.
    pub(crate) fn above(&self, at: usize) -> &[usize] {
        self.shown.above(&self.form.template, at)
    }

    /// The same with what stands directly above.
    pub(crate) fn text_of(&self, at: usize) -> &str {
        self.names.get(at).map_or("", |(_, whole)| whole)
    }

    /// Place of the total over a field.
    pub(crate) fn parent_of(&self, at: usize) -> Option<usize> {
        self.parents.get(at).copied().flatten()
    }

    /// Its number in this catalogue.
    pub(crate) fn number(&self) -> usize {
        usize::try_from(self.number).unwrap_or(usize::MAX)
    }

    /// What weighing pairs needs of each field.
    pub(crate) fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// What bounds the weights of pairs of each field.
    pub(crate) fn briefs(&self) -> &[Brief] {
        &self.briefs
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

    /// What weighing pairs needs of it.
    pub(crate) fn profile(&self) -> Option<&Profile> {
        self.entry.profiles.get(self.at)
    }

    /// The field as printed.
    pub(crate) fn printed(&self) -> Option<&Field> {
        self.entry.form.template.fields.get(self.at)
    }

    /// Whether two fields stand in one form.
    pub(crate) fn is_beside(&self, other: &Self) -> bool {
        self.entry.number == other.entry.number
    }

    /// The key of the field.
    pub(crate) fn key(&self) -> Option<&FieldKey> {
        self.field().map(|f| &f.key)
    }
}

/// What cataloguing works out of a form, whatever decisions make of its fields.
pub(super) struct Prepared {
    pub(super) names: Arc<Vec<(Box<str>, Box<str>)>>,
    pub(super) profiles: Arc<Vec<Profile>>,
    pub(super) briefs: Arc<Vec<Brief>>,
    pub(super) parents: Arc<Vec<Option<usize>>>,
    pub(super) shown: Arc<Shown>,
}

impl Prepared {
    pub(super) fn of(printed: &[Field], fields: &[CataloguedField]) -> Self {
        let names: Vec<_> = printed.iter().map(names_of).collect();
        let named = fields.iter().zip(printed).zip(&names);
        let profiles: Vec<Profile> = named.map(|((field, printed), (name, whole))| Profile::new(field, printed, name, whole)).collect();
        let parents = parents_of(printed);
        let reading = |at: usize| profiles.get(at).map(|p| p.reading);
        let around = |at: usize| {
            let parent = parents.get(at).copied().flatten();
            [parent.and_then(reading), at.checked_sub(1).and_then(reading), reading(at + 1)]
        };
        let briefs: Vec<Brief> = profiles.iter().enumerate().map(|(at, profile)| Brief::new(profile, around(at))).collect();
        Self {
            names: Arc::new(names),
            profiles: Arc::new(profiles),
            briefs: Arc::new(briefs),
            parents: Arc::new(parents),
            shown: Arc::default(),
        }
    }
}
