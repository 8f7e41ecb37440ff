//! Values that messages of several services share: levels, frequencies, data types, field keys, pages, years and days.

use jiff::civil::Date;

use crate::app::PageRequest;
use crate::domain::id::FieldKey;
use crate::domain::period::{Frequency, MAX_YEAR, MIN_YEAR};
use crate::domain::problem::{Code, Problem};
use crate::domain::template::DataType;
use crate::domain::unit::Level;
use crate::pb;
use crate::service::convert::at_part;

/// Reads a level; unspecified and unknown numbers are refused.
pub(crate) fn level_from_pb(level: i32) -> Result<Level, Problem> {
    let unknown = |value: &str| Problem::new(Code::LevelUnknown).arg("value", value);
    match pb::Level::try_from(level) {
        Ok(pb::Level::Household) => Ok(Level::Household),
        Ok(pb::Level::Village) => Ok(Level::Village),
        Ok(pb::Level::Township) => Ok(Level::Township),
        Ok(pb::Level::County) => Ok(Level::County),
        Ok(pb::Level::City) => Ok(Level::City),
        Ok(pb::Level::Province) => Ok(Level::Province),
        Ok(pb::Level::Unspecified) => Err(unknown(pb::Level::Unspecified.as_str_name())),
        Err(_) => Err(unknown(&level.to_string())),
    }
}

/// Writes a level.
pub(crate) fn level_to_pb(level: Level) -> pb::Level {
    match level {
        Level::Household => pb::Level::Household,
        Level::Village => pb::Level::Village,
        Level::Township => pb::Level::Township,
        Level::County => pb::Level::County,
        Level::City => pb::Level::City,
        Level::Province => pb::Level::Province,
    }
}

/// Reads a frequency; unspecified and unknown numbers are refused.
pub(crate) fn frequency_from_pb(frequency: i32) -> Result<Frequency, Problem> {
    let unknown = |value: &str| Problem::new(Code::FrequencyUnknown).arg("value", value);
    match pb::Frequency::try_from(frequency) {
        Ok(pb::Frequency::Monthly) => Ok(Frequency::Monthly),
        Ok(pb::Frequency::Quarterly) => Ok(Frequency::Quarterly),
        Ok(pb::Frequency::Semiannual) => Ok(Frequency::Semiannual),
        Ok(pb::Frequency::Annual) => Ok(Frequency::Annual),
        Ok(pb::Frequency::Once) => Ok(Frequency::Once),
        Ok(pb::Frequency::Other) => Ok(Frequency::Other),
        Ok(pb::Frequency::Unspecified) => Err(unknown(pb::Frequency::Unspecified.as_str_name())),
        Err(_) => Err(unknown(&frequency.to_string())),
    }
}

/// Writes a frequency.
pub(crate) fn frequency_to_pb(frequency: Frequency) -> pb::Frequency {
    match frequency {
        Frequency::Monthly => pb::Frequency::Monthly,
        Frequency::Quarterly => pb::Frequency::Quarterly,
        Frequency::Semiannual => pb::Frequency::Semiannual,
        Frequency::Annual => pb::Frequency::Annual,
        Frequency::Once => pb::Frequency::Once,
        Frequency::Other => pb::Frequency::Other,
    }
}

/// Reads a data type; `None` where it is not said.
pub(crate) fn data_type_from_pb(dtype: i32, field: &str) -> Result<Option<DataType>, Problem> {
    match pb::DataType::try_from(dtype) {
        Ok(pb::DataType::Unspecified) => Ok(None),
        Ok(pb::DataType::Integer) => Ok(Some(DataType::Integer)),
        Ok(pb::DataType::Decimal) => Ok(Some(DataType::Decimal)),
        Ok(pb::DataType::Text) => Ok(Some(DataType::Text)),
        Ok(pb::DataType::Code) => Ok(Some(DataType::Code)),
        Ok(pb::DataType::Date) => Ok(Some(DataType::Date)),
        Ok(pb::DataType::Bool) => Ok(Some(DataType::Bool)),
        Err(_) => Err(Problem::new(Code::FieldTypeUnknown).arg("field", field).arg("value", dtype)),
    }
}

/// Writes a data type.
pub(crate) fn data_type_to_pb(dtype: DataType) -> pb::DataType {
    match dtype {
        DataType::Integer => pb::DataType::Integer,
        DataType::Decimal => pb::DataType::Decimal,
        DataType::Text => pb::DataType::Text,
        DataType::Code => pb::DataType::Code,
        DataType::Date => pb::DataType::Date,
        DataType::Bool => pb::DataType::Bool,
    }
}

/// Writes the identity of a field.
pub(crate) fn field_key_to_pb(key: &FieldKey) -> pb::FieldKey {
    pb::FieldKey { form_id: key.form.to_string(), field_id: key.field.to_string(), since: key.since }
}

/// Takes the part of a request that says which page is wanted.
pub(crate) fn page_from_pb(page_size: u32, cursor: String) -> PageRequest {
    PageRequest { size: page_size, cursor }
}

/// Reads a year; 0 is the present one.
pub(crate) fn year_from_pb(year: i32, today: Date) -> Result<i16, Problem> {
    if year == 0 {
        return Ok(today.year());
    }
    let in_range = i16::try_from(year).ok().filter(|y| (MIN_YEAR + 1..=MAX_YEAR - 1).contains(y));
    at_part(in_range.ok_or_else(|| Problem::new(Code::YearOutOfRange).arg("year", year)), "year")
}

/// Reads a day as 2026-01-01.
pub(crate) fn date_from_pb(text: &str) -> Result<Date, Problem> {
    text.parse().map_err(|_| Problem::new(Code::DateMalformed).arg("value", text))
}

/// Reads a text that may be left empty.
pub(crate) fn optional<T>(text: &str, parse: impl FnOnce(&str) -> Result<T, Problem>) -> Result<Option<T>, Problem> {
    if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}
