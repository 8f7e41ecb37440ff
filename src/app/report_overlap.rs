//! The overlap report: who asks for the same figure under which names.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::error::Result;
use crate::app::planned_year::is_in_force;
use crate::app::{App, Page, PageRequest};
use crate::domain::caller::{Caller, Role, Scope};
use crate::domain::element::DataElement;
use crate::domain::id::{ElementId, FieldKey, OrganisationId};
use crate::domain::period::Frequency;
use crate::domain::unit::Level;

/// One field in which an element appears.
#[derive(Clone, Debug)]
pub struct ElementAppearance {
    /// The field.
    pub field: FieldKey,
    /// The organisation that asks.
    pub organisation: OrganisationId,
    /// Title of the form.
    pub title: String,
    /// Label of the field.
    pub label: String,
    /// Unit of measure as printed.
    pub unit_text: String,
    /// Who fills the form.
    pub level: Level,
    /// How often.
    pub frequency: Frequency,
    /// Years by which the figure lies from the form's period.
    pub offset_years: i16,
}

/// An element that several forms ask for.
#[derive(Clone, Debug)]
pub struct SharedElement {
    /// The element.
    pub element: DataElement,
    /// Where it appears, by field.
    pub appearances: Vec<ElementAppearance>,
    /// Number of organisations that ask for it.
    pub n_departments: u32,
}

/// The report: a page of shared elements, and how many each pair of organisations shares.
#[derive(Clone, Debug)]
pub struct OverlapReport {
    /// Shared elements: most organisations first, then most fields, then by id.
    pub elements: Page<SharedElement>,
    /// Elements shared by each pair of organisations, in order of their ids; filled on the first page only.
    pub heat_map: Vec<(OrganisationId, OrganisationId, u32)>,
}

impl App {
    /// The overlap report of a year. The bureau; a department sees the elements of its own forms.
    pub async fn report_overlap(&self, caller: &Caller, year: i16, page: &PageRequest) -> Result<OverlapReport> {
        caller.require(&[Role::Bureau, Role::DataOfficer], "report.overlap")?;
        let size = page.size_within(100, 1_000)?;
        let position = page.position()?;
        let mut by_element: BTreeMap<ElementId, Vec<ElementAppearance>> = BTreeMap::new();
        self.state.catalogue(|c| {
            for form in c.forms().filter(|form| is_in_force(form, year)) {
                let template = &form.template;
                for (field, key) in template.fields.iter().zip(&form.field_keys) {
                    let Some(known) = c.field(key) else { continue };
                    by_element.entry(known.element()).or_default().push(ElementAppearance {
                        field: key.clone(),
                        organisation: template.organisation.clone(),
                        title: template.title.clone(),
                        label: field.label.clone(),
                        unit_text: field.unit.clone(),
                        level: template.level,
                        frequency: template.frequency,
                        offset_years: known.meaning.offset_years,
                    });
                }
            }
        });
        by_element.retain(|_, fields| fields.iter().map(|f| &f.field.form).collect::<BTreeSet<_>>().len() > 1);
        let own = self.organisations_of(caller).await?;
        if let Some(own) = &own {
            by_element.retain(|_, fields| fields.iter().any(|f| own.contains(&f.organisation)));
        }
        let heat_map = if position == 0 { heat_map(&by_element) } else { Vec::new() };
        let mut shared: Vec<SharedElement> = Vec::with_capacity(by_element.len());
        for (id, appearances) in by_element {
            let organisations: BTreeSet<&OrganisationId> = appearances.iter().map(|a| &a.organisation).collect();
            let n_departments = u32::try_from(organisations.len()).unwrap_or(u32::MAX);
            if let Some(element) = self.state.catalogue(|c| c.element(id)) {
                shared.push(SharedElement { element, appearances, n_departments });
            }
        }
        shared.sort_by_key(|s| (std::cmp::Reverse((s.n_departments, s.appearances.len())), s.element.id));
        Ok(OverlapReport { elements: Page::slice(shared, position, size), heat_map })
    }

    /// The organisations whose forms a department may see; `None` for the bureau, which sees the registry of all.
    pub(crate) async fn organisations_of(&self, caller: &Caller) -> Result<Option<BTreeSet<OrganisationId>>> {
        let (Role::DataOfficer, Scope::Organisation(own)) = (caller.role, &caller.scope) else { return Ok(None) };
        let mut found = BTreeSet::new();
        for organisation in self.store.organisations(None, u32::MAX).await? {
            if self.belongs_to(&organisation.id, own).await? {
                found.insert(organisation.id);
            }
        }
        Ok(Some(found))
    }
}

fn heat_map(by_element: &BTreeMap<ElementId, Vec<ElementAppearance>>) -> Vec<(OrganisationId, OrganisationId, u32)> {
    let mut pairs: BTreeMap<(OrganisationId, OrganisationId), u32> = BTreeMap::new();
    for fields in by_element.values() {
        let organisations: Vec<&OrganisationId> = fields.iter().map(|f| &f.organisation).collect::<BTreeSet<_>>().into_iter().collect();
        for (n, a) in organisations.iter().enumerate() {
            for b in organisations.iter().skip(n + 1) {
                *pairs.entry(((*a).clone(), (*b).clone())).or_default() += 1;
            }
        }
    }
    pairs.into_iter().map(|((a, b), n)| (a, b, n)).collect()
}
