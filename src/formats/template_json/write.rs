//! Writing a template in the form that [`super::read_template`] reads back without a difference.

use serde::Serialize;

use crate::domain::template::{Field, FormTemplate};

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
    let json = TemplateJson {
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
    };
    // Structs of texts and numbers without maps always serialise.
    serde_json::to_string_pretty(&json).unwrap_or_default()
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
