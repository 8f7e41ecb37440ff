//! Fields as a sheet shows them, before they become a template: where each stands and how sure each part of it is.

use super::sheet::At;

/// How a part of a field or form was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guess {
    /// Sheet and cell that it was read from.
    pub sheet: String,
    /// The cell, as spreadsheets name it.
    pub cell: String,
    /// What it is about: the field's id, or a part of the header.
    pub about: String,
    /// Which part: path, unit, code, dtype, level…
    pub part: &'static str,
    /// What was understood.
    pub value: String,
    /// How sure, in percent.
    pub sureness: u8,
}

/// A cell that was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The sheet.
    pub sheet: String,
    /// The cell, as spreadsheets name it.
    pub cell: String,
    /// What it holds.
    pub text: String,
}

/// A field as found.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub code: String,
    pub label: String,
    pub path: Vec<String>,
    pub path_sureness: u8,
    pub column: String,
    pub unit: String,
    pub unit_sureness: u8,
    /// Where the unit was read, where it is not the field's own cell.
    pub unit_at: Option<At>,
    pub note: String,
    pub options: Vec<String>,
    /// The cell of the label.
    pub at: At,
    /// The cell of the figure, where there is one.
    pub figure_at: Option<At>,
}
