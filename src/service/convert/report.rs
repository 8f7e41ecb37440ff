//! Reports as messages.

use crate::app::{BurdenBreakdown, BurdenReport, BurdenRow, ElementAppearance, OverlapReport, SharedElement};
use crate::domain::problem::{Code, Problem};
use crate::pb;
use crate::service::convert::at_part;
use crate::service::convert::shared_values::{field_key_to_pb, frequency_to_pb, level_to_pb};

/// Writes the overlap report.
pub(crate) fn overlap_report_to_pb(report: OverlapReport) -> pb::GetOverlapReportResponse {
    let heat_map = report.heat_map.into_iter();
    pb::GetOverlapReportResponse {
        elements: report.elements.entries.into_iter().map(shared_element_to_pb).collect(),
        heat_map: heat_map.map(|(a, b, n)| pb::DepartmentPair { a: a.to_string(), b: b.to_string(), elements: n }).collect(),
        next_cursor: report.elements.next_cursor,
    }
}

fn shared_element_to_pb(shared: SharedElement) -> pb::SharedElement {
    pb::SharedElement {
        element: shared.element.id.to_string(),
        key: shared.element.key,
        name: shared.element.name,
        appearances: shared.appearances.into_iter().map(appearance_to_pb).collect(),
        departments: shared.n_departments,
    }
}

fn appearance_to_pb(appearance: ElementAppearance) -> pb::ElementAppearance {
    pb::ElementAppearance {
        field: Some(field_key_to_pb(&appearance.field)),
        organisation: appearance.organisation.to_string(),
        title: appearance.title,
        label: appearance.label,
        unit_of_measure: appearance.unit_text,
        level: level_to_pb(appearance.level).into(),
        frequency: frequency_to_pb(appearance.frequency).into(),
        offset_years: appearance.offset_years.into(),
    }
}

/// Reads by what the burden is broken down.
pub(crate) fn breakdown_from_pb(breakdown: i32) -> Result<BurdenBreakdown, Problem> {
    let unknown = || Problem::new(Code::RequestValueUnknown).arg("value", breakdown).arg("what", "breakdown");
    let known = match pb::BurdenBreakdown::try_from(breakdown) {
        Ok(pb::BurdenBreakdown::Organisation) => Ok(BurdenBreakdown::Organisation),
        Ok(pb::BurdenBreakdown::Form) => Ok(BurdenBreakdown::Form),
        Ok(pb::BurdenBreakdown::Level) => Ok(BurdenBreakdown::Level),
        Ok(pb::BurdenBreakdown::Unit) => Ok(BurdenBreakdown::Unit),
        Ok(pb::BurdenBreakdown::Derivation) => Ok(BurdenBreakdown::Derivation),
        Ok(pb::BurdenBreakdown::Unspecified) | Err(_) => Err(unknown()),
    };
    at_part(known, "breakdown")
}

/// Writes the burden report.
pub(crate) fn burden_report_to_pb(report: BurdenReport) -> pb::GetBurdenReportResponse {
    pb::GetBurdenReportResponse {
        total: Some(burden_row_to_pb(report.total)),
        rows: report.rows.entries.into_iter().map(burden_row_to_pb).collect(),
        next_cursor: report.rows.next_cursor,
        plan_digest: report.plan_digest,
    }
}

fn burden_row_to_pb(row: BurdenRow) -> pb::BurdenRow {
    let reduction_percent = format!("{:.1}", row.reduction());
    pb::BurdenRow { key: row.key, name: row.name, asked: row.count.asked, collected: row.count.collected, reduction_percent }
}
