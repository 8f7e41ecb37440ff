//! A small county with a few departments, registered over gRPC: where races, crashes and bad input take place.

use std::path::Path;

use baoyici::pb;
use baoyici::pb::{DataType, Frequency, Level, OrganisationKind};
use tempfile::TempDir;

use super::caller::Caller;
use super::server::Server;

/// The county.
pub const COUNTY: &str = "330122000000";
/// Its townships.
pub const TOWNSHIPS: [&str; 2] = ["330122100000", "330122101000"];
/// Its villages: four in the first township, two in the second.
pub const VILLAGES: [&str; 6] = ["330122100201", "330122100202", "330122100203", "330122100204", "330122101201", "330122101202"];

/// A running server with organisations and units, and the callers that may speak for them.
pub struct World {
    pub server: Server,
    pub folder: TempDir,
    pub operator: Caller,
    pub bureau: Caller,
    /// Data officer of the civil affairs department.
    pub officer: Caller,
    /// Data officer of the health department.
    pub other_officer: Caller,
}

impl World {
    /// Starts a server on a fresh folder and registers the county.
    pub async fn start() -> Self {
        Self::start_on(None).await
    }

    /// The same over a PostgreSQL database.
    pub async fn start_on(database: Option<&str>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let server = Server::start_on(folder.path(), database);
        let operator = Caller::new(&server.address, &server.token("operator", "operator", &[]));
        register_organisations(&operator).await;
        register_units(&operator).await;
        let of = |account: &str, role: &str, organisation: &str| {
            operator.with_secret(&server.token(account, role, &["--organisation", organisation]))
        };
        let bureau = of("bureau", "bureau", "tjj");
        let officer = of("officer", "data_officer", "mzt");
        let other_officer = of("other-officer", "data_officer", "wjw");
        Self { bureau, officer, other_officer, server, folder, operator }
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        self.folder.path()
    }

    /// A clerk of a unit.
    pub fn clerk(&self, account: &str, unit: &str) -> Caller {
        self.operator.with_secret(&self.server.token(account, "clerk", &["--unit", unit]))
    }
}

async fn register_organisations(operator: &Caller) {
    let organisation = |id: &str, name: &str, kind: OrganisationKind, parent: &str| pb::Organisation {
        id: id.to_owned(),
        name: name.to_owned(),
        kind: kind.into(),
        parent: parent.to_owned(),
    };
    let organisations = vec![
        organisation("tjj", "统计局", OrganisationKind::Bureau, ""),
        organisation("mzt", "民政厅", OrganisationKind::Department, ""),
        organisation("mzt-dibao", "社会救助处", OrganisationKind::Office, "mzt"),
        organisation("wjw", "卫生健康委员会", OrganisationKind::Department, ""),
    ];
    let request = pb::RegisterOrganisationsRequest { request_id: "organisations".to_owned(), organisations, validate_only: false };
    operator.organisations().register_organisations(request).await.expect("organisations register");
}

async fn register_units(operator: &Caller) {
    let mut rows = vec![unit_row(COUNTY, "桐庐县", Level::County, "")];
    rows.extend(TOWNSHIPS.iter().map(|code| unit_row(code, "镇", Level::Township, COUNTY)));
    rows.extend(VILLAGES.iter().map(|code| unit_row(code, "村", Level::Village, &format!("{}000", code.get(..9).expect("twelve digits")))));
    operator.units().register_units(units_request("units", rows)).await.expect("units register");
}

/// A unit since 2020.
pub fn unit_row(code: &str, name: &str, level: Level, parent: &str) -> pb::UnitRow {
    pb::UnitRow {
        code: code.to_owned(),
        name: name.to_owned(),
        level: level.into(),
        parent: parent.to_owned(),
        valid_from: "2020-01-01".to_owned(),
        valid_to: String::new(),
    }
}

/// A request that registers unit rows.
pub fn units_request(request_id: &str, rows: Vec<pb::UnitRow>) -> pb::RegisterUnitsRequest {
    let source = pb::register_units_request::Source::Rows(pb::UnitRows { rows });
    pb::RegisterUnitsRequest { request_id: request_id.to_owned(), source: Some(source), validate_only: false }
}

/// A form of the civil affairs department.
pub fn form(form_id: &str, level: Level, frequency: Frequency, fields: Vec<pb::Field>) -> pb::FormTemplate {
    pb::FormTemplate {
        form_id: form_id.to_owned(),
        title: format!("{form_id} 情况表"),
        department: "民政厅".to_owned(),
        authority: "民政厅".to_owned(),
        number: format!("民统{form_id}表"),
        approval: "浙统审〔2026〕1号".to_owned(),
        level: level.into(),
        frequency: frequency.into(),
        year: 2026,
        fields,
        ..pb::FormTemplate::default()
    }
}

/// A field of a form.
pub fn field(field_id: &str, label: &str, unit: &str, dtype: DataType) -> pb::Field {
    pb::Field { field_id: field_id.to_owned(), label: label.to_owned(), unit: unit.to_owned(), dtype: dtype.into(), ..pb::Field::default() }
}

/// Whole numbers that have nothing to do with each other, so that each is an element of its own.
pub fn unrelated_fields(n: usize) -> Vec<pb::Field> {
    let name = |n: usize| {
        // Words that no vocabulary knows: two signs of the sexagenary cycle.
        let stems: Vec<char> = "甲乙丙丁戊己庚辛壬癸".chars().collect();
        let branches: Vec<char> = "子丑寅卯辰巳午未申酉戌亥".chars().collect();
        format!("{}{}事项", stems[n % 10], branches[(n / 10) % 12])
    };
    (0..n).map(|n| field(&format!("f{n:03}"), &name(n), "个", DataType::Integer)).collect()
}

/// A request that registers a form.
pub fn register_request(request_id: &str, template: pb::FormTemplate) -> pb::RegisterTemplateRequest {
    let source = pb::register_template_request::Source::Template(template);
    pb::RegisterTemplateRequest { request_id: request_id.to_owned(), source: Some(source), validate_only: false }
}

/// A figure as typed, in the unit of measure that is asked.
pub fn typed(element: &str, period: &str, value: &str) -> pb::TypedFigure {
    pb::TypedFigure {
        element: element.to_owned(),
        period: period.to_owned(),
        value: value.to_owned(),
        unit_of_measure: String::new(),
        explanation: String::new(),
    }
}

/// The consolidated form of a unit and a due date.
pub async fn consolidated_form(clerk: &Caller, unit: &str, due: &str) -> pb::GetConsolidatedFormResponse {
    let request = pb::GetConsolidatedFormRequest { unit: unit.to_owned(), due: due.to_owned() };
    clerk.collection().get_consolidated_form(request).await.expect("a form").into_inner()
}
