//! Writing a template in the form that [`super::read_template`] reads back without a difference.

use serde::Serialize;

use crate::domain::template::{Field, FormTemplate};

#[derive(Serialize)]
struct SourceJson<'a> {
    file: &'a str,
    sheet: &'a str,
}

#[derive(Serialize)]
struct TemplateJson<'a> {
    form_id: &'a str,
    organisation: &'a str,
    title: &'a str,
    department: &'a str,
    authority: &'a str,
    number: &'a str,
    approval: &'a str,
    valid_until: &'a str,
    level: &'static str,
    frequency: &'static str,
    year: i16,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_days_after: Option<u16>,
    fields: Vec<FieldJson<'a>>,
    rules: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<SourceJson<'a>>,
}

#[derive(Serialize)]
struct FieldJson<'a> {
    field_id: &'a str,
    code: &'a str,
    label: &'a str,
    path: &'a [String],
    column: &'a str,
    unit: &'a str,
    dtype: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    decimals: Option<u32>,
    note: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    options: &'a [String],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    classified: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
    not_personal_because: &'a str,
}

/// Writes a template as indented JSON, with its keys in a fixed order.
pub fn write_template(template: &FormTemplate) -> String {
    // Structs of texts and numbers without maps always serialise.
    serde_json::to_string_pretty(&template_json(template, None)).unwrap_or_default()
}

/// Writes a template as one line of JSON, with the file and the sheet that it was read from where there is one.
pub fn write_template_line(template: &FormTemplate, file: &str, sheet: Option<&str>) -> String {
    let source = sheet.map(|sheet| SourceJson { file, sheet });
    serde_json::to_string(&template_json(template, source)).unwrap_or_default()
}

fn template_json<'a>(template: &'a FormTemplate, source: Option<SourceJson<'a>>) -> TemplateJson<'a> {
    TemplateJson {
        form_id: template.id.as_str(),
        organisation: template.organisation.as_str(),
        title: &template.title,
        department: &template.department,
        authority: &template.authority,
        number: &template.number,
        approval: &template.approval,
        valid_until: &template.valid_until,
        level: template.level.as_str(),
        frequency: template.frequency.as_str(),
        year: template.year,
        due_days_after: template.due_days_after,
        fields: template.fields.iter().map(field_json).collect(),
        rules: &template.rules,
        source,
    }
}

fn field_json(field: &Field) -> FieldJson<'_> {
    FieldJson {
        field_id: field.id.as_str(),
        code: &field.code,
        label: &field.label,
        path: &field.path,
        column: &field.column,
        unit: &field.unit,
        dtype: field.dtype.as_str(),
        decimals: field.decimals,
        note: &field.note,
        options: &field.options,
        classified: field.classified,
        not_personal_because: &field.not_personal_because,
    }
}
