//! Bytes to domain values and back: the JSON form of a template, CSV tables.
//!
//! What comes in is hostile until it is read: sizes are capped here, every fault is a [`crate::domain::problem::Problem`] with its place, and all
//! of them are told at once. Knows the domain and nothing else; does no IO of its own.

mod encoding;
pub mod figures_csv;
pub mod form_csv;
mod json;
pub mod organisations_csv;
mod table_csv;
pub mod template_json;
pub mod units_csv;
pub mod workbook;

/// Largest file that is read, in bytes.
pub const MAX_INPUT_BYTES: usize = 64 << 20;

use crate::domain::problem::{Code, Problem};

/// Refuses what is too large.
fn check_size(bytes: &[u8]) -> Result<(), Problem> {
    if bytes.len() > MAX_INPUT_BYTES {
        return Err(Problem::new(Code::ListTooLong).arg("what", "bytes").arg("limit", MAX_INPUT_BYTES).arg("n", bytes.len()));
    }
    Ok(())
}

/// Refuses what is too large and what is not UTF-8, which JSON is by its standard; takes a byte order mark off.
fn text_of(bytes: &[u8]) -> Result<&str, Problem> {
    check_size(bytes)?;
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::new(Code::EncodingInvalid).arg("what", "file"))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}
