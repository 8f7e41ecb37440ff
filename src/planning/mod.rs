//! The collection plan (采集计划): the smallest set of observations that must be typed so that every field of every form in force can be filled.
//!
//! Pure: no IO, no clock. Knows fields only by what they ask ([`AskedField`]), never how they were matched.

use std::collections::HashSet;

use crate::domain::facet::TimeBasis;
use crate::domain::id::{ElementId, FieldKey, OrganisationId};
use crate::domain::measure::UnitOfMeasure;
use crate::domain::period::Frequency;
use crate::domain::template::DataType;
use crate::domain::unit::{Level, UnitTree};

/// One field of a form in force, as the plan sees it.
#[derive(Clone, Debug)]
pub struct AskedField {
    /// Identity of the field.
    pub key: FieldKey,
    /// Organisation that asks.
    pub organisation: OrganisationId,
    /// The element it shows.
    pub element: ElementId,
    /// Years by which the figure lies from the form's period (上年 = -1).
    pub offset_years: i16,
    /// Who fills the form.
    pub level: Level,
    /// How often.
    pub frequency: Frequency,
    /// Days after the end of the period by which the form is due.
    pub due_days: u16,
    /// Time basis of the element.
    pub time_basis: Option<TimeBasis>,
    /// Whether a unit's figure is the sum of its children's.
    pub sums_over_units: bool,
    /// Data type of the field.
    pub dtype: DataType,
    /// Unit of measure, where known.
    pub unit: Option<UnitOfMeasure>,
    /// Unit of measure as printed.
    pub unit_text: String,
    /// Decimals of the field.
    pub decimals: u32,
    /// Label, for people.
    pub label: String,
    /// Code list, as printed.
    pub options: Vec<String>,
}

/// What a plan is made from.
#[derive(Clone, Debug)]
pub struct PlanInput<'a> {
    /// The year planned.
    pub year: i16,
    /// Every field of every form in force in the year.
    pub fields: &'a [AskedField],
    /// The units as they stand at the end of the year.
    pub units: &'a UnitTree,
    /// Elements that were collected in the year before, at this level and frequency: their last-year columns are taken from there.
    pub collected_before: &'a HashSet<(ElementId, Level, Frequency)>,
}
