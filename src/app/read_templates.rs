//! Reads registered forms.

use crate::app::error::Result;
use crate::app::{App, Page, PageRequest};
use crate::domain::caller::{Caller, Role, Scope};
use crate::domain::id::FormId;
use crate::domain::problem::{Code, Problem};
use crate::domain::template::RegisteredTemplate;

impl App {
    /// One version of a form, the newest where `version` is `None`. A department sees its own forms, the bureau all; a clerk those of
    /// its unit's level.
    pub async fn get_template(&self, caller: &Caller, form: &FormId, version: Option<u32>) -> Result<RegisteredTemplate> {
        let unknown = || Problem::new(Code::FormUnknown).arg("form", form);
        let newest = self.state.catalogue(|c| c.form(form).cloned()).ok_or_else(unknown)?;
        if !self.may_read_form(caller, &newest).await? {
            return Err(unknown().into());
        }
        match version {
            None => Ok(newest.as_ref().clone()),
            Some(version) => match self.store.template(form, Some(version)).await? {
                Some(stored) => Ok(stored.template),
                None => Err(Problem::new(Code::FormVersionUnknown).arg("form", form).arg("version", version).into()),
            },
        }
    }

    /// The newest version of each form that the caller may see, by form id.
    pub async fn list_templates(&self, caller: &Caller, page: &PageRequest) -> Result<Page<RegisteredTemplate>> {
        let size = page.size_within(100, 1_000)?;
        let after = page.after()?;
        let forms = self.state.catalogue(|c| {
            let later = c.forms().filter(|f| after.as_deref().is_none_or(|a| f.template.id.as_str() > a));
            later.cloned().collect::<Vec<_>>()
        });
        let mut found = Vec::new();
        for form in forms {
            if found.len() > size as usize {
                break;
            }
            if self.may_read_form(caller, &form).await? {
                found.push(form.as_ref().clone());
            }
        }
        Ok(Page::cut(found, size, |f| f.template.id.to_string()))
    }

    /// Whether the caller may read what a form asks (never its figures).
    pub(crate) async fn may_read_form(&self, caller: &Caller, form: &RegisteredTemplate) -> Result<bool> {
        match (&caller.role, &caller.scope) {
            (Role::Bureau, _) => Ok(true),
            (Role::DataOfficer, Scope::Organisation(own)) => self.belongs_to(&form.template.organisation, own).await,
            (Role::Clerk, Scope::Unit(unit)) => {
                let level = self.state.units_today(self.clock.today()).get(unit).map(|u| u.level);
                Ok(level == Some(form.template.level))
            }
            (Role::Operator | Role::DataOfficer | Role::Clerk, _) => Ok(false),
        }
    }
}
