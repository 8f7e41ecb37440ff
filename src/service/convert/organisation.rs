//! Organisations as messages.

use crate::domain::id::OrganisationId;
use crate::domain::organisation::{Organisation, OrganisationKind};
use crate::domain::problem::{Code, Place, Problem};
use crate::pb;
use crate::service::convert::Faults;
use crate::service::convert::shared_values::optional;

/// Reads organisations; one that cannot be read is left out and named.
pub(crate) fn organisations_from_pb(organisations: Vec<pb::Organisation>) -> (Vec<Organisation>, Vec<Problem>) {
    let mut faults = Faults::default();
    let numbered = organisations.into_iter().enumerate();
    let read = numbered.filter_map(|(n, organisation)| organisation_from_pb(organisation, n + 1, &mut faults)).collect();
    (read, faults.into_problems())
}

fn organisation_from_pb(organisation: pb::Organisation, row: usize, faults: &mut Faults) -> Option<Organisation> {
    let place = |column: &str| Place::row(row).column(column);
    let id = faults.keep(OrganisationId::parse(&organisation.id), place("id"));
    let kind = faults.keep(kind_from_pb(organisation.kind), place("kind"));
    let parent = faults.keep(optional(&organisation.parent, OrganisationId::parse), place("parent"));
    // Everything is read before the first missing part ends the row, so that all of its faults are told.
    Some(Organisation { id: id?, name: organisation.name, kind: kind?, parent: parent? })
}

fn kind_from_pb(kind: i32) -> Result<OrganisationKind, Problem> {
    let unknown = |value: &str| Problem::new(Code::OrganisationKindUnknown).arg("value", value);
    match pb::OrganisationKind::try_from(kind) {
        Ok(pb::OrganisationKind::Bureau) => Ok(OrganisationKind::Bureau),
        Ok(pb::OrganisationKind::Department) => Ok(OrganisationKind::Department),
        Ok(pb::OrganisationKind::Office) => Ok(OrganisationKind::Office),
        Ok(pb::OrganisationKind::Subordinate) => Ok(OrganisationKind::Subordinate),
        Ok(pb::OrganisationKind::Unspecified) => Err(unknown(pb::OrganisationKind::Unspecified.as_str_name())),
        Err(_) => Err(unknown(&kind.to_string())),
    }
}

/// Writes an organisation.
pub(crate) fn organisation_to_pb(organisation: Organisation) -> pb::Organisation {
    let kind = match organisation.kind {
        OrganisationKind::Bureau => pb::OrganisationKind::Bureau,
        OrganisationKind::Department => pb::OrganisationKind::Department,
        OrganisationKind::Office => pb::OrganisationKind::Office,
        OrganisationKind::Subordinate => pb::OrganisationKind::Subordinate,
    };
    pb::Organisation {
        id: organisation.id.to_string(),
        name: organisation.name,
        kind: kind.into(),
        parent: organisation.parent.map(|p| p.to_string()).unwrap_or_default(),
    }
}
