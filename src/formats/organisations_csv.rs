//! The table of organisations as CSV: `id,name,kind,parent`.

use crate::domain::id::OrganisationId;
use crate::domain::organisation::{Organisation, OrganisationKind};
use crate::domain::problem::{Problem, check_text};
use crate::formats::table_csv::{Columns, Need, Problems, read};

/// What a table of organisations holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadOrganisations {
    /// Rows that could be read, in the order of the table.
    pub rows: Vec<Organisation>,
    /// Errors and warnings; rows count from 1 without the header.
    pub problems: Vec<Problem>,
}

/// Reads a table of organisations: columns in any order, unknown ones ignored with a warning, a byte order mark allowed; `parent` may be missing.
pub fn read_organisations(bytes: &[u8]) -> ReadOrganisations {
    let columns = Columns([("id", Need::Required), ("name", Need::Required), ("kind", Need::Required), ("parent", Need::Optional)]);
    let (rows, problems) = read(bytes, &columns, row);
    ReadOrganisations { rows, problems }
}

fn row(number: usize, cells: [&str; 4], problems: &mut Problems) -> Option<Organisation> {
    let [id, name, kind, parent] = cells;
    let id = problems.value(OrganisationId::parse(id), number, "id");
    let name = problems.value(check_text(name, "name", 200).map_or(Ok(name), Err), number, "name");
    let kind = problems.value(OrganisationKind::parse(kind), number, "kind");
    let parent: Result<Option<OrganisationId>, Problem> =
        if parent.is_empty() { Ok(None) } else { OrganisationId::parse(parent).map(Some) };
    let parent = problems.value(parent, number, "parent");
    Some(Organisation { id: id?, name: name?.to_owned(), kind: kind?, parent: parent? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::problem::Code;

    #[test]
    fn rows_are_read_and_faults_named() {
        let read =
            read_organisations("name,id,kind,parent\n浙江省民政厅,mzt,department,\n低保处,mzt-db,office,mzt\n,a b,club,\n".as_bytes());
        let summary: Vec<String> = read.rows.iter().map(|o| format!("{} {} {:?} {:?}", o.id, o.name, o.kind, o.parent)).collect();
        assert_eq!(summary, ["mzt 浙江省民政厅 Department None", "mzt-db 低保处 Office Some(OrganisationId(\"mzt\"))"]);
        let codes: Vec<(Code, Option<u64>)> = read.problems.iter().map(|p| (p.code, p.place.row)).collect();
        assert_eq!(codes, [(Code::IdMalformed, Some(3)), (Code::TextMissing, Some(3)), (Code::OrganisationKindUnknown, Some(3))]);
    }

    #[test]
    fn the_parent_column_may_be_missing() {
        let read = read_organisations(b"id,name,kind\ntjj,x,bureau\n");
        assert_eq!((read.rows.len(), read.problems.len()), (1, 0));
    }
}
