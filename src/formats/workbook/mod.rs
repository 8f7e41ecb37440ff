//! Reading forms from workbooks as departments have them: bytes → sheets → tables → fields → templates, every guess with its cell and how sure.
//!
//! `guard` and `open` alone know the file formats; `layout` finds tables, `list` and `matrix` read their fields with the `outline` of headings,
//! `inline` reads figures asked in running text, `head` what stands around, `assemble` makes the template. Knows the domain and does no IO.

mod assemble;
mod fields;
mod guard;
mod head;
mod hidden;
mod inline;
mod layout;
mod list;
mod matrix;
mod open;
mod outline;
mod register;
mod sheet;
mod text;
mod units;
mod words;

#[cfg(test)]
mod tests;

use crate::domain::id::OrganisationId;
use crate::domain::measure::Measures;
use crate::domain::problem::{Code, Place, Problem};
use crate::domain::template::FormTemplate;

pub use fields::{Guess, Unread};

/// What a workbook does not have to say.
#[derive(Clone, Debug)]
pub struct WorkbookDefaults {
    /// The organisation that registers.
    pub organisation: OrganisationId,
    /// The year that forms are drawn for, where they name none.
    pub year: i16,
}

/// A form found in a workbook.
#[derive(Clone, Debug)]
pub struct SheetForm {
    /// The sheet that it stands on.
    pub sheet: String,
    /// What was understood.
    pub template: FormTemplate,
    /// Faults and warnings, those of [`FormTemplate::check`] among them.
    pub problems: Vec<Problem>,
    /// How each part was understood.
    pub guesses: Vec<Guess>,
    /// Digest of the layout: the same for two files that differ in nothing but figures and dates.
    pub layout: String,
}

/// A workbook as it was understood.
#[derive(Clone, Debug, Default)]
pub struct ReadWorkbook {
    /// Forms in the order of their sheets.
    pub forms: Vec<SheetForm>,
    /// What concerns the file or a sheet without a form: a list of persons, a sheet of instructions, macros left out.
    pub problems: Vec<Problem>,
    /// Cells that were not understood.
    pub unread: Vec<Unread>,
}

/// Reads every form of a workbook. An error is a file that cannot be read, or may not be.
pub fn read_workbook(bytes: &[u8], defaults: &WorkbookDefaults, measures: &Measures) -> Result<ReadWorkbook, Problem> {
    let opened = open::open(bytes)?;
    let mut read = ReadWorkbook { problems: opened.problems, ..ReadWorkbook::default() };
    let mut state = assemble::State::default();
    for sheet in opened.sheets.iter().filter(|s| !s.is_blank()) {
        if sheet.is_hidden {
            read.problems.push(Problem::warning(Code::SheetHidden).arg("sheet", &sheet.name).at(Place::default().on_sheet(&sheet.name)));
        }
        assemble::sheet(sheet, defaults, measures, &mut state, &mut read);
    }
    if read.forms.is_empty() && !read.problems.iter().any(Problem::is_error) {
        read.problems.push(Problem::new(Code::WorkbookWithoutForm));
    }
    Ok(read)
}
