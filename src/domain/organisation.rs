//! Organisations (单位): departments, their inner offices and subordinate bodies, and the statistics bureau; a tree.

use serde::{Deserialize, Serialize};

use crate::domain::id::OrganisationId;
use crate::domain::problem::{Code, Place, Problem, field_of_table};

/// What an organisation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganisationKind {
    /// The statistics bureau (统计局), which reviews and reports; it also registers forms of its own.
    Bureau,
    /// A department (部门): one department, one data report.
    Department,
    /// An inner office (内设机构): its templates are sections of its department's report.
    Office,
    /// A subordinate body (下属单位).
    Subordinate,
}

impl OrganisationKind {
    /// Returns the word used in files and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bureau => "bureau",
            Self::Department => "department",
            Self::Office => "office",
            Self::Subordinate => "subordinate",
        }
    }

    /// Parses the word used in files and in the store.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        match text {
            "bureau" => Ok(Self::Bureau),
            "department" => Ok(Self::Department),
            "office" => Ok(Self::Office),
            "subordinate" => Ok(Self::Subordinate),
            _ => Err(Problem::new(Code::OrganisationKindUnknown).arg("value", text)),
        }
    }
}

/// An organisation (单位).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Its id.
    pub id: OrganisationId,
    /// Its full name.
    pub name: String,
    /// What it is.
    pub kind: OrganisationKind,
    /// The organisation it belongs to; offices and subordinate bodies always have one.
    pub parent: Option<OrganisationId>,
}

/// Checks a set of organisations together with those known already: names present, parents known, no cycle,
/// offices and subordinate bodies under somebody. Returns all problems.
pub fn check_organisations(new: &[Organisation], known: &[Organisation]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut parent_of: std::collections::HashMap<&OrganisationId, Option<&OrganisationId>> =
        known.iter().map(|o| (&o.id, o.parent.as_ref())).collect();
    let mut seen = std::collections::HashSet::new();
    for (n, organisation) in new.iter().enumerate() {
        let place = Place::row(n + 1).column("id");
        if !seen.insert(&organisation.id) {
            problems.push(Problem::new(Code::OrganisationDuplicate).arg("organisation", organisation.id.as_str()).at(place));
        }
        parent_of.insert(&organisation.id, organisation.parent.as_ref());
    }
    for (n, organisation) in new.iter().enumerate() {
        if let Some(problem) = field_of_table(&organisation.name, "name", n + 1) {
            problems.push(problem);
        }
        let needs_parent = matches!(organisation.kind, OrganisationKind::Office | OrganisationKind::Subordinate);
        let place = Place::row(n + 1).column("parent");
        match &organisation.parent {
            None if needs_parent => {
                problems.push(Problem::new(Code::OrganisationParentMissing).arg("organisation", organisation.id.as_str()).at(place));
            }
            Some(parent) if !parent_of.contains_key(parent) => {
                problems.push(Problem::new(Code::OrganisationUnknown).arg("organisation", parent.as_str()).at(place));
            }
            Some(_) if is_in_cycle(&organisation.id, &parent_of) => {
                problems.push(Problem::new(Code::OrganisationCycle).arg("organisation", organisation.id.as_str()).at(place));
            }
            _ => {}
        }
    }
    problems
}

fn is_in_cycle<'a>(
    start: &'a OrganisationId,
    parent_of: &std::collections::HashMap<&'a OrganisationId, Option<&'a OrganisationId>>,
) -> bool {
    let mut at = start;
    for _ in 0..=parent_of.len() {
        match parent_of.get(at) {
            Some(Some(parent)) if *parent == start => return true,
            Some(Some(parent)) => at = parent,
            _ => return false,
        }
    }
    true
}
