//! Form templates as messages.

use crate::app::{AddedAtLevel, RegisteredForm, TemplateSource};
use crate::domain::id::{FieldId, FormId, OrganisationId};
use crate::domain::problem::{Code, Place, Problem};
use crate::domain::relation::Standing;
use crate::domain::template::{Field, FormTemplate, RegisteredTemplate};
use crate::pb;
use crate::pb::register_template_request::Source;
use crate::service::convert::overlap::field_overlap_to_pb;
use crate::service::convert::problem::problems_to_pb;
use crate::service::convert::shared_values::{
    data_type_from_pb, data_type_to_pb, frequency_from_pb, frequency_to_pb, level_from_pb, level_to_pb, optional,
};
use crate::service::convert::{Faults, at_part, count};

/// What a message does not have to say.
pub(crate) struct TemplateDefaults {
    /// The organisation that registers.
    pub(crate) organisation: OrganisationId,
    /// The year that the form is drawn for.
    pub(crate) year: i16,
}

/// Reads where a template comes from; the error side holds all faults of a message in which there is no template to speak of.
pub(crate) fn template_source_from_pb(source: Option<Source>, defaults: TemplateDefaults) -> Result<TemplateSource, Vec<Problem>> {
    match source {
        Some(Source::TemplateJson(bytes)) => Ok(TemplateSource::Json(bytes)),
        Some(Source::Template(template)) => {
            template_from_pb(template, defaults).map(|(t, faults)| TemplateSource::Parsed(Box::new(t), faults))
        }
        None => Err(vec![Problem::new(Code::RequestPartMissing).arg("what", "source").at(Place::part("source"))]),
    }
}

fn template_from_pb(template: pb::FormTemplate, defaults: TemplateDefaults) -> Result<(FormTemplate, Vec<Problem>), Vec<Problem>> {
    let mut faults = Faults::default();
    let shown_id: String = template.form_id.chars().take(100).collect();
    let place = |part: &str| Place::part(part).in_form(&shown_id);
    let id = faults.keep(FormId::parse(&template.form_id), place("form_id"));
    let organisation = faults.keep(optional(&template.organisation, OrganisationId::parse), place("organisation"));
    let level = faults.keep(level_from_pb(template.level), place("level"));
    let frequency = faults.keep(frequency_from_pb(template.frequency), place("frequency"));
    let year = match template.year {
        0 => Some(defaults.year),
        year => faults.keep(i16::try_from(year).map_err(|_| Problem::new(Code::YearOutOfRange).arg("year", year)), place("year")),
    };
    let due_days_after = faults.keep(template.due_days_after.map(due_days_from_pb).transpose(), place("due_days_after"));
    let numbered = template.fields.into_iter().enumerate();
    let fields = numbered.filter_map(|(n, field)| field_from_pb(field, &place("fields").at_row(n + 1), &mut faults)).collect();
    let (Some(id), Some(organisation), Some(level), Some(frequency)) = (id, organisation, level, frequency) else {
        return Err(faults.into_problems());
    };
    let read = FormTemplate {
        id,
        organisation: organisation.unwrap_or(defaults.organisation),
        title: template.title,
        department: template.department,
        authority: template.authority,
        number: template.number,
        approval: template.approval,
        valid_until: template.valid_until,
        level,
        frequency,
        year: year.unwrap_or(defaults.year),
        due_days_after: due_days_after.flatten(),
        fields,
        rules: template.rules,
    };
    Ok((read, faults.into_problems()))
}

fn due_days_from_pb(days: u32) -> Result<u16, Problem> {
    let in_range = u16::try_from(days).ok().filter(|d| *d <= 366);
    in_range.ok_or_else(|| Problem::new(Code::RequestValueUnknown).arg("value", days).arg("what", "due_days_after"))
}

/// Reads a field; one without a usable id or type is left out and named.
fn field_from_pb(field: pb::Field, place: &Place, faults: &mut Faults) -> Option<Field> {
    let id = faults.keep(FieldId::parse(&field.field_id), place.clone());
    let place = Place { field: Some(field.field_id.chars().take(100).collect()), ..place.clone() };
    let dtype = faults.keep(data_type_from_pb(field.dtype, &field.field_id), place);
    let (id, dtype) = (id?, dtype?);
    let dtype = dtype.unwrap_or_else(|| Field::guess_type(&field.unit, &field.label, &field.options));
    Some(Field {
        id,
        code: field.code,
        label: field.label,
        path: field.path,
        column: field.column,
        unit: field.unit,
        dtype,
        decimals: field.decimals,
        note: field.note,
        options: field.options,
        classified: field.classified,
        not_personal_because: field.not_personal_because,
    })
}

/// Writes a registered version of a form.
pub(crate) fn template_to_pb(registered: RegisteredTemplate) -> pb::FormTemplate {
    let RegisteredTemplate { template, field_keys, .. } = registered;
    let keyed = template.fields.into_iter().zip(&field_keys);
    pb::FormTemplate {
        form_id: template.id.to_string(),
        organisation: template.organisation.to_string(),
        title: template.title,
        department: template.department,
        authority: template.authority,
        number: template.number,
        approval: template.approval,
        valid_until: template.valid_until,
        level: level_to_pb(template.level).into(),
        frequency: frequency_to_pb(template.frequency).into(),
        year: template.year.into(),
        due_days_after: template.due_days_after.map(u32::from),
        fields: keyed.map(|(field, key)| field_to_pb(field, key.since)).collect(),
        rules: template.rules,
    }
}

fn field_to_pb(field: Field, since: u32) -> pb::Field {
    pb::Field {
        field_id: field.id.to_string(),
        code: field.code,
        label: field.label,
        path: field.path,
        column: field.column,
        unit: field.unit,
        dtype: data_type_to_pb(field.dtype).into(),
        note: field.note,
        options: field.options,
        decimals: field.decimals,
        classified: field.classified,
        not_personal_because: field.not_personal_because,
        since,
    }
}

/// Writes a form without its fields.
pub(crate) fn template_summary_to_pb(registered: RegisteredTemplate) -> pb::TemplateSummary {
    let template = registered.template;
    pb::TemplateSummary {
        form_id: template.id.to_string(),
        version: registered.version,
        organisation: template.organisation.to_string(),
        title: template.title,
        number: template.number,
        level: level_to_pb(template.level).into(),
        frequency: frequency_to_pb(template.frequency).into(),
        year: template.year.into(),
        valid_until: template.valid_until,
        fields: count(template.fields.len()),
    }
}

/// Writes the answer to a registration or a preview.
pub(crate) fn registered_form_to_pb(registered: RegisteredForm) -> pb::RegisterTemplateResponse {
    let of = |standing: Standing| count(registered.fields.iter().filter(|f| f.standing == standing).count());
    let counts = pb::OverlapCounts {
        fields: count(registered.fields.len()),
        held: of(Standing::Held),
        computable: of(Standing::Computable),
        look_alike: of(Standing::LookAlike),
        new_fields: of(Standing::New),
    };
    pb::RegisterTemplateResponse {
        form_id: registered.form.to_string(),
        version: registered.version,
        problems: problems_to_pb(&registered.problems),
        counts: Some(counts),
        fields: registered.fields.into_iter().map(field_overlap_to_pb).collect(),
        added: registered.added.into_iter().map(added_to_pb).collect(),
    }
}

fn added_to_pb(added: AddedAtLevel) -> pb::AddedBurden {
    pb::AddedBurden {
        level: level_to_pb(added.level).into(),
        units: added.n_units,
        cells_per_unit_min: added.cells_per_unit_min,
        cells_per_unit_max: added.cells_per_unit_max,
        cells: added.cells,
    }
}

/// Reads the version of a form that is wanted; 0 is the newest.
pub(crate) fn version_from_pb(version: u32) -> Option<u32> {
    (version != 0).then_some(version)
}

/// Reads the form that a request is about.
pub(crate) fn form_id_from_pb(form_id: &str) -> Result<FormId, Problem> {
    at_part(FormId::parse(form_id), "form_id")
}
