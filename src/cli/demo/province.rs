//! The sample province (青岚省), carried inside the binary: organisations, units and forms of `schemas/forms/`.

use std::collections::BTreeMap;

use anyhow::{Context, anyhow};
use jiff::civil::Date;

use crate::domain::id::OrganisationId;
use crate::domain::measure::Measures;
use crate::domain::organisation::{Organisation, OrganisationKind};
use crate::domain::template::FormTemplate;
use crate::domain::unit::{Level, UnitTree};
use crate::formats::organisations_csv::read_organisations;
use crate::formats::template_json::{TemplateDefaults, read_template};
use crate::formats::units_csv::read_units;

/// The year that the sample forms are drawn for.
pub(super) const YEAR: i16 = 2026;
/// The organisations as CSV.
pub(super) const ORGANISATIONS: &str = include_str!("../../../schemas/forms/organisations.csv");
/// The reporting units as CSV.
pub(super) const UNITS: &str = include_str!("../../../schemas/forms/units.csv");
/// Every form as JSON.
const FORMS: &[&str] = &include!(concat!(env!("OUT_DIR"), "/sample_forms.rs"));

/// A form with the file that it came from.
pub(super) struct SampleForm {
    pub template: FormTemplate,
    pub json: &'static str,
    /// The department whose data officer registers it: the one that its office or subordinate body belongs to.
    pub department: OrganisationId,
}

/// The sample province.
pub(super) struct Province {
    pub organisations: Vec<Organisation>,
    /// Units as they stand at the end of the year.
    pub units: UnitTree,
    /// Forms, department by department.
    pub forms: Vec<SampleForm>,
}

impl Province {
    /// Reads what is embedded.
    pub fn embedded() -> anyhow::Result<Self> {
        let organisations = read_organisations(ORGANISATIONS.as_bytes()).rows;
        let units = UnitTree::on(Date::new(YEAR, 12, 31)?, &read_units(UNITS.as_bytes()).rows);
        let parents: BTreeMap<&OrganisationId, &OrganisationId> =
            organisations.iter().filter_map(|o| o.parent.as_ref().map(|p| (&o.id, p))).collect();
        let measures = Measures::embedded();
        let defaults = TemplateDefaults { organisation: OrganisationId::from_stored("?"), year: YEAR };
        let mut forms = Vec::new();
        for json in FORMS {
            let read = read_template(json.as_bytes(), &defaults, &measures);
            let template = read.map_err(|problems| anyhow!("a sample form cannot be read: {problems:?}"))?.template;
            let mut department = &template.organisation;
            while let Some(above) = parents.get(department) {
                department = above;
            }
            let department = department.clone();
            forms.push(SampleForm { template, json, department });
        }
        let order = |id: &OrganisationId| organisations.iter().position(|o| &o.id == id);
        forms.sort_by_key(|f| order(&f.department));
        Ok(Self { organisations, units, forms })
    }

    /// Name of an organisation.
    pub fn name_of<'a>(&'a self, id: &'a OrganisationId) -> &'a str {
        self.organisations.iter().find(|o| &o.id == id).map_or(id.as_str(), |o| o.name.as_str())
    }

    /// The statistics bureau.
    pub fn bureau(&self) -> anyhow::Result<&Organisation> {
        self.organisations.iter().find(|o| o.kind == OrganisationKind::Bureau).context("the sample province has no bureau")
    }

    /// Positions of the units of a level.
    pub fn units_of(&self, level: Level) -> Vec<usize> {
        let numbered = self.units.units().iter().enumerate();
        numbered.filter(|(_, u)| u.level == level).map(|(n, _)| n).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_province_is_whole() {
        let province = Province::embedded().unwrap();
        let n_departments = province.organisations.iter().filter(|o| o.parent.is_none()).count();
        assert!(n_departments >= 9 && province.forms.len() >= 20, "the demo promises at least 8 departments and 20 forms");
        assert!(province.units_of(Level::Village).len() > 40 && province.units_of(Level::County).len() == 1);
        for form in &province.forms {
            assert_ne!(province.name_of(&form.department), form.department.as_str(), "{}", form.template.id);
            assert_eq!(form.template.year, YEAR);
        }
        assert_eq!(province.bureau().unwrap().id.as_str(), "tjj");
    }
}
