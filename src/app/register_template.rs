//! Registers a form template: checks it, says how it overlaps what others collect and what it adds, and stores it as a version.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::app::balances::{running_totals, tied_to_form};
use crate::app::error::{Error, Result, refuse_errors};
use crate::app::planned_year::{asked_of_elements, asked_of_form, collected_in};
use crate::app::read_overlap::DescribedOverlap;
use crate::app::request::Request;
use crate::domain::audit::NewAuditRecord;
use crate::domain::balance::Balance;
use crate::domain::caller::{Caller, Role};
use crate::domain::element::CataloguedField;
use crate::domain::facet::Meaning;
use crate::domain::id::{ElementId, FieldKey, FormId};
use crate::domain::problem::{Code, Problem};
use crate::domain::rule::check_rules;
use crate::domain::template::{FormTemplate, RegisteredTemplate};
use crate::domain::unit::Level;
use crate::formats::template_json::{self, ReadTemplate, TemplateDefaults};
use crate::overlap;
use crate::planning::{AskedField, Plan, PlanInput, changes, make_plan};
use crate::store::{FigureMove, StoredForm};

/// What the caller hears after registering or previewing a form.
#[derive(Clone, Debug)]
pub struct RegisteredForm {
    /// The form.
    pub form: FormId,
    /// The version registered; 0 for a preview.
    pub version: u32,
    /// Warnings; in a preview also errors.
    pub problems: Vec<Problem>,
    /// The verdict on each field, in the form's order; empty where the form has errors.
    pub fields: Vec<DescribedOverlap>,
    /// What the form adds, by level.
    pub added: Vec<AddedAtLevel>,
}

/// Cells a year that a form adds for the units of one level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddedAtLevel {
    /// The level.
    pub level: Level,
    /// Units that must type more.
    pub n_units: u64,
    /// Fewest cells that one of them types more.
    pub cells_per_unit_min: u64,
    /// Most cells that one of them types more.
    pub cells_per_unit_max: u64,
    /// Cells over all units of the level; negative where the form saves.
    pub cells: i64,
}

/// Where a template comes from.
#[derive(Clone, Debug)]
pub enum TemplateSource {
    /// A template, with the problems met while taking it apart.
    Parsed(Box<FormTemplate>, Vec<Problem>),
    /// A JSON file.
    Json(Vec<u8>),
}

struct Draft {
    template: FormTemplate,
    problems: Vec<Problem>,
}

impl App {
    /// Registers a form, or a new version of one, for the caller's organisation. Data officers and the bureau.
    pub async fn register_template(&self, caller: &Caller, request_id: &str, source: TemplateSource) -> Result<RegisteredForm> {
        let draft = self.draft(caller, source).await?;
        refuse_errors(&draft.problems)?;
        let request = Request::new(request_id, "template.register", &draft.template)?;
        let _registering = self.state.registering.lock().await;
        let mut tx = self.begin_registering().await?;
        if let Some(version) = request.answered::<u32>(tx.as_mut(), caller).await? {
            drop(tx);
            return self.answer_again(draft, version).await;
        }
        let before = tx.newest_template(&draft.template.id).await?.map(|form| form.template);
        let mut problems = draft.problems;
        problems.extend(check_against_version_before(&draft.template, before.as_ref()));
        refuse_errors(&problems)?;
        let version = before.as_ref().map_or(1, |b| b.version + 1);
        let field_keys = draft.template.field_keys(version, before.as_ref());
        let form = RegisteredTemplate { template: draft.template, version, field_keys, registered_at: self.clock.now() };
        let fields = self.read_meanings(&form, before.as_ref());
        let overlaps = self.state.snapshot().compare(&form, &fields).await?;
        let added = self.added_by(&form, &fields);
        let vocabulary = self.vocabulary.digest().to_owned();
        let stored = StoredForm { template: form, fields, vocabulary };
        tx.insert_template(&stored).await?;
        let moves = self.moves_of_version(&stored);
        if !moves.is_empty() {
            tx.move_figures(&moves).await?;
        }
        tx.append_audit(&NewAuditRecord {
            at: self.clock.now(),
            account: caller.account.clone(),
            act: "template.register".to_owned(),
            object: format!("{}@{version}", stored.template.template.id),
            detail: serde_json::json!({ "fields": stored.fields.len(), "organisation": stored.template.template.organisation }).to_string(),
        })
        .await?;
        request.remember(tx.as_mut(), caller, &version).await?;
        let settlement = tx.settlement_version().await?;
        tx.commit().await?;
        self.state.set_settlement_version(settlement);
        let StoredForm { template, fields, .. } = stored;
        let form = Arc::new(template);
        self.state.insert_form(Arc::clone(&form), fields.clone());
        self.has_registered();
        self.follow_answers().await;
        let fields = self.describe_overlaps(&form, &fields, overlaps);
        Ok(RegisteredForm { form: form.template.id.clone(), version, problems, fields, added })
    }

    /// Says what registering would answer, all problems included, and stores nothing. Data officers and the bureau.
    pub async fn preview_template(&self, caller: &Caller, source: TemplateSource) -> Result<RegisteredForm> {
        let Draft { template, mut problems } = match self.draft(caller, source).await {
            Err(Error::Refused(problems)) if problems.iter().all(|p| !is_about_caller(p)) => {
                return Ok(RegisteredForm { form: FormId::from_stored(""), version: 0, problems, fields: Vec::new(), added: Vec::new() });
            }
            other => other?,
        };
        let before = self.state.catalogue(|c| c.form(&template.id).cloned());
        problems.extend(check_against_version_before(&template, before.as_deref()));
        let form_id = template.id.clone();
        if problems.iter().any(Problem::is_error) {
            return Ok(RegisteredForm { form: form_id, version: 0, problems, fields: Vec::new(), added: Vec::new() });
        }
        let field_keys = template.field_keys(before.as_ref().map_or(1, |b| b.version + 1), before.as_deref());
        let form = RegisteredTemplate { template, version: 0, field_keys, registered_at: self.clock.now() };
        let fields = self.read_meanings(&form, before.as_deref());
        let overlaps = self.state.snapshot().compare(&form, &fields).await?;
        let added = self.added_by(&form, &fields);
        let fields = self.describe_overlaps(&form, &fields, overlaps);
        Ok(RegisteredForm { form: form_id, version: 0, problems, fields, added })
    }

    /// Reads a template and checks all that does not need the version before.
    async fn draft(&self, caller: &Caller, source: TemplateSource) -> Result<Draft> {
        caller.require(&[Role::DataOfficer, Role::Bureau], "template.register")?;
        let own = caller.organisation("template.register")?;
        let ReadTemplate { template, problems } = match source {
            TemplateSource::Parsed(template, mut problems) => {
                problems.extend(template.check());
                problems.extend(template.check_units(&self.measures));
                problems.extend(check_rules(&template, &self.measures));
                ReadTemplate { template: *template, problems }
            }
            TemplateSource::Json(bytes) => {
                let defaults = TemplateDefaults { organisation: own.clone(), year: self.clock.today().year() };
                template_json::read_template(&bytes, &defaults, &self.measures).map_err(Error::Refused)?
            }
        };
        let mut problems = problems;
        match self.store.organisation(&template.organisation).await? {
            None => problems.push(Problem::new(Code::OrganisationUnknown).arg("organisation", &template.organisation)),
            Some(_) if !self.belongs_to(&template.organisation, own).await? => {
                let problem = Problem::new(Code::FormOfOther).arg("form", &template.id).arg("organisation", &template.organisation);
                return Err(problem.into());
            }
            Some(_) => {}
        }
        if let Some(held) = self.state.catalogue(|c| c.form(&template.id).cloned())
            && !self.belongs_to(&held.template.organisation, own).await?
        {
            let problem = Problem::new(Code::FormOfOther).arg("form", &template.id).arg("organisation", &held.template.organisation);
            return Err(problem.into());
        }
        Ok(Draft { template, problems })
    }

    /// Reads what each field means and which element decisions give it. Fields that the version before had already keep their meanings, as long as the form is still the
    /// same kind of form: its figures are stored under those elements.
    fn read_meanings(&self, form: &RegisteredTemplate, before: Option<&RegisteredTemplate>) -> Vec<CataloguedField> {
        let mut fields = overlap::read_form(&self.vocabulary, &self.measures, &form.template, &form.field_keys);
        let kind = |t: &FormTemplate| (t.title.clone(), t.department.clone(), t.level, t.frequency);
        if let Some(before) = before.filter(|before| kind(&before.template) == kind(&form.template)) {
            let known: HashSet<&FieldKey> = before.field_keys.iter().collect();
            let unchanged = form.field_keys.iter().filter(|key| known.contains(key));
            let kept: HashMap<FieldKey, Meaning> =
                self.state.catalogue(|c| unchanged.filter_map(|key| c.meaning(key).map(|m| (key.clone(), m.clone()))).collect());
            overlap::keep_meanings(&mut fields, &kept);
        }
        self.state.catalogue(|c| c.settlement().settle(&mut fields));
        fields
    }

    /// Figures of fields that get another element because the new version of their form asks for something else beside them, or no longer does:
    /// two fields of one form are never one element, whatever was decided of their readings.
    fn moves_of_version(&self, new: &StoredForm) -> Vec<FigureMove> {
        self.state.catalogue(|c| {
            let before = c.fields_of_form(&new.template.template.id).iter();
            let moves = before.filter_map(|old| {
                let kept = new.fields.iter().find(|field| field.key == old.key);
                let retired = || {
                    c.settlement()
                        .settled(&old.key, &old.meaning.key)
                        .map_or(ElementId::of_key(&old.meaning.key), |k| ElementId::of_key(&k))
                };
                let to = kept.map_or_else(retired, CataloguedField::element);
                (old.element() != to).then(|| FigureMove { via: old.key.clone(), from: old.element(), to })
            });
            moves.collect()
        })
    }

    /// The answer to a repeated request: the version stored then, compared with what is registered now.
    async fn answer_again(&self, draft: Draft, version: u32) -> Result<RegisteredForm> {
        let form_id = draft.template.id.clone();
        let unknown = || Error::from(Problem::new(Code::FormVersionUnknown).arg("form", &form_id).arg("version", version));
        let mut stored = self.store.template(&form_id, Some(version)).await?.ok_or_else(unknown)?;
        self.state.catalogue(|c| c.settlement().settle(&mut stored.fields));
        let overlaps = self.state.snapshot().compare(&stored.template, &stored.fields).await?;
        let added = self.added_by(&stored.template, &stored.fields);
        let fields = self.describe_overlaps(&stored.template, &stored.fields, overlaps);
        Ok(RegisteredForm { form: form_id, version, problems: draft.problems, fields, added })
    }

    /// What the form adds for the year it is drawn for. A plan is separable but for balances, so only the elements that the form touches,
    /// and those that balances tie to them, are planned, once without it and once with it.
    fn added_by(&self, form: &RegisteredTemplate, fields: &[CataloguedField]) -> Vec<AddedAtLevel> {
        let year = form.template.year;
        let units = self.state.units_on(jiff::civil::Date::new(year, 12, 31).unwrap_or(jiff::civil::Date::MAX));
        let (tied, before, collected_before) = self.state.catalogue(|catalogue| {
            let tied = tied_to_form(year, catalogue, form, fields);
            let others = asked_of_elements(year, catalogue, &tied.elements, form.template.id.as_str());
            let collected_before = collected_in(year - 1, catalogue, &tied.elements);
            (tied, others, collected_before)
        });
        let supplied = self.state.supplied();
        let plan = |fields: &[AskedField], balances: &[Balance<FieldKey>]| -> Plan {
            make_plan(&PlanInput { year, fields, units: &units, collected_before: &collected_before, balances, supplied: &supplied })
        };
        let own: HashMap<&FieldKey, &CataloguedField> = fields.iter().map(|f| (&f.key, f)).collect();
        let running = |asked: &[AskedField]| {
            self.state.catalogue(|c| running_totals(c, asked, &|key| own.get(key).copied().or_else(|| c.field(key))))
        };
        let mut of_others = tied.of_others;
        let mut balances = of_others.clone();
        of_others.extend(running(&before));
        let without = plan(&before, &of_others);
        let mut all = before;
        all.extend(asked_of_form(form, fields, &self.measures));
        balances.extend(tied.of_form);
        balances.extend(running(&all));
        let changed = changes(&without, &plan(&all, &balances)).into_iter();
        changed
            .map(|c| AddedAtLevel {
                level: c.level,
                n_units: c.n_units_more,
                cells_per_unit_min: c.min_added,
                cells_per_unit_max: c.max_added,
                cells: c.total,
            })
            .collect()
    }
}

fn is_about_caller(problem: &Problem) -> bool {
    matches!(problem.code, Code::CallerUnknown | Code::CallerMayNot | Code::CallerNotOfUnit | Code::FormOfOther)
}

fn check_against_version_before(template: &FormTemplate, before: Option<&RegisteredTemplate>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let begins = jiff::civil::Date::new(template.year, 1, 1).unwrap_or(jiff::civil::Date::MIN);
    if let Ok(Some(end)) = template.valid_through()
        && end < begins
    {
        problems.push(Problem::new(Code::FormExpired).arg("form", &template.id).arg("valid_until", end));
    }
    if let Some(before) = before
        && &before.template == template
    {
        problems.push(Problem::new(Code::FormUnchanged).arg("form", &template.id).arg("version", before.version));
    }
    problems
}
