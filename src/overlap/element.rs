//! An element as the catalogue keeps it: its fields, and what of them stands for it when it is compared and looked up.

use crate::overlap::catalogue::FIELD_BITS;
use crate::overlap::placed::Placed;
use crate::overlap::profile::Profile;
use crate::overlap::tokens::class_of;

/// Fields of an element that may stand for it when it is compared.
pub(super) const N_REPRESENTATIVES: usize = 8;

/// An element with its fields.
#[derive(Clone, Debug)]
pub(crate) struct ElementEntry {
    /// Its number, from its key.
    pub id: u64,
    /// Numbers of its fields, sorted: form by form.
    pub(super) fields: Vec<u64>,
    /// Its first fields by their keys, which stand for it.
    pub first: Vec<Placed>,
    /// Readings that its fields have, and how many have each. There is one, unless several were found to be one figure.
    pub(super) readings: Vec<(u64, u32)>,
    /// Printed names that its fields have, and how many have each.
    pub(super) names: Vec<(u64, u32)>,
}

/// Tells names apart that give other tokens.
pub(super) fn name_digest(profile: &Profile) -> u64 {
    profile.whole.digest ^ profile.name.digest.rotate_left(21) ^ class_of(profile).rotate_left(42)
}

/// Counts one more of `what`; says whether it is the first.
pub(super) fn count(counts: &mut Vec<(u64, u32)>, what: u64) -> bool {
    if let Some((_, n)) = counts.iter_mut().find(|(known, _)| *known == what) {
        *n += 1;
        return false;
    }
    counts.push((what, 1));
    true
}

/// Counts one less of `what`; says whether none is left.
pub(super) fn discount(counts: &mut Vec<(u64, u32)>, what: u64) -> bool {
    let Some(at) = counts.iter().position(|(known, _)| *known == what) else { return false };
    if let Some((_, n)) = counts.get_mut(at).filter(|(_, n)| *n > 1) {
        *n -= 1;
        return false;
    }
    counts.swap_remove(at);
    true
}

impl ElementEntry {
    /// An element that has no fields yet.
    pub(super) fn new(id: u64) -> Self {
        Self { id, fields: Vec::new(), first: Vec::new(), readings: Vec::new(), names: Vec::new() }
    }

    /// Number of its fields.
    pub(crate) fn n_fields(&self) -> usize {
        self.fields.len()
    }

    /// The field that stands for it.
    pub(crate) fn standing_for(&self) -> Option<&Placed> {
        self.first.first()
    }

    /// Number of its readings.
    pub(crate) fn n_readings(&self) -> usize {
        self.readings.len()
    }

    /// Numbers of the forms that have it, sorted.
    pub(crate) fn forms(&self) -> Vec<u64> {
        let mut forms: Vec<u64> = self.fields.iter().map(|number| number >> FIELD_BITS).collect();
        forms.dedup();
        forms
    }

    /// Whether a form has both elements: two fields of one form are never one figure, so elements that meet in a form are not one either.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        let (few, many) = if self.fields.len() <= other.fields.len() { (self, other) } else { (other, self) };
        few.fields.iter().any(|field| {
            let form = field >> FIELD_BITS;
            let at = many.fields.partition_point(|f| f >> FIELD_BITS < form);
            many.fields.get(at).is_some_and(|f| f >> FIELD_BITS == form)
        })
    }

    /// Takes a field among the first, where it belongs there.
    pub(super) fn put_first(&mut self, placed: Placed) {
        let at = self.first.partition_point(|p| p.key() < placed.key());
        if at < N_REPRESENTATIVES {
            self.first.insert(at, placed);
            self.first.truncate(N_REPRESENTATIVES);
        }
    }
}
