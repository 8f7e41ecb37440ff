//! Lists as one bound JSON text each: a statement's text and number of parameters do not depend on how many rows it gets,
//! so it is prepared once and no bind limit is ever met.

use serde::Serialize;

use crate::domain::organisation::Organisation;
use crate::domain::unit::UnitRow;
use crate::store::Result;
use crate::store::sql::error::broken;

/// Writes a list as JSON. Fails only for a type that JSON cannot say, which is our fault.
pub(crate) fn list<T: Serialize>(what: &'static str, values: &T) -> Result<String> {
    serde_json::to_string(values).map_err(|e| broken(what, e))
}

/// The columns of an organisation: id, name, kind, parent.
pub(crate) fn organisation(o: &Organisation) -> (&str, &str, &str, Option<&str>) {
    (o.id.as_str(), &o.name, o.kind.as_str(), o.parent.as_ref().map(|p| p.as_str()))
}

/// The columns of a unit row: code, first day, name, level, parent, day after the last.
pub(crate) fn unit_row(r: &UnitRow) -> (&str, String, &str, &str, Option<&str>, Option<String>) {
    (
        r.code.as_str(),
        r.valid_from.to_string(),
        &r.name,
        r.level.as_str(),
        r.parent.as_ref().map(|p| p.as_str()),
        r.valid_to.map(|d| d.to_string()),
    )
}
