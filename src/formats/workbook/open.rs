//! From bytes to sheets, by calamine behind the guard. The one place that knows the codec.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Data, DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xls, Xlsx};

use super::guard::{Kind, MAX_SHEETS, broken, check_xls, kind_of, unpack};
use super::sheet::{Cell, Region, Sheet};
use crate::domain::problem::{Code, Problem};

/// Most cells of a workbook that hold something.
const MAX_CELLS: usize = 1_000_000;
/// Most bytes of text that are kept of all cells.
const MAX_TEXT_BYTES: usize = 64 << 20;
/// Longest text of one cell that is kept, in characters.
const MAX_CELL_CHARS: usize = 10_000;

/// A workbook whose cells are read.
#[derive(Debug, Default)]
pub(super) struct Workbook {
    pub sheets: Vec<Sheet>,
    /// Warnings: what was left out.
    pub problems: Vec<Problem>,
}

/// Opens a workbook. A fault of the codec on hostile bytes is a problem of the file and never ends the process.
pub(super) fn open(bytes: &[u8]) -> Result<Workbook, Problem> {
    let kind = kind_of(bytes)?;
    let opened = catch_unwind(AssertUnwindSafe(|| match kind {
        Kind::Xls => open_xls(bytes),
        Kind::Xlsx => open_xlsx(bytes),
    }));
    opened.unwrap_or_else(|_| Err(broken("codec")))
}

/// Counts what is kept.
#[derive(Default)]
struct Budget {
    cells: usize,
    bytes: usize,
}

impl Budget {
    fn spend(&mut self, cell: &Cell) -> Result<(), Problem> {
        self.cells += 1;
        self.bytes += cell.raw.len();
        let too_long =
            |what: &str, limit: usize| Problem::new(Code::ListTooLong).arg("what", what).arg("limit", limit).arg("n", format!("> {limit}"));
        if self.cells > MAX_CELLS {
            return Err(too_long("cells", MAX_CELLS));
        }
        if self.bytes > MAX_TEXT_BYTES {
            return Err(too_long("bytes of text", MAX_TEXT_BYTES));
        }
        Ok(())
    }
}

fn open_xls(bytes: &[u8]) -> Result<Workbook, Problem> {
    check_xls(bytes)?;
    let mut file: Xls<_> = Xls::new(Cursor::new(bytes)).map_err(|error| match error {
        calamine::XlsError::Password => Problem::new(Code::WorkbookEncrypted),
        other => broken(other),
    })?;
    let mut workbook = Workbook::default();
    let mut budget = Budget::default();
    if file.vba_project().is_ok_and(|vba| vba.is_some()) {
        workbook.problems.push(Problem::warning(Code::WorkbookPartLeftOut).arg("what", "VBA"));
    }
    for meta in file.sheets_metadata().to_vec() {
        if !matches!(meta.typ, SheetType::WorkSheet) {
            continue;
        }
        let mut sheet = Sheet::new(&meta.name);
        sheet.is_hidden = meta.visible != SheetVisible::Visible;
        let range = file.worksheet_range(&meta.name).map_err(broken)?;
        let (top, left) = range.start().unwrap_or_default();
        for (row, column, value) in range.used_cells() {
            let Some(cell) = cell_of(value) else { continue };
            budget.spend(&cell)?;
            let at = (top + u32::try_from(row).unwrap_or(u32::MAX), left + u32::try_from(column).unwrap_or(u32::MAX));
            sheet.put(at, cell);
        }
        let merged = file.merge_cells_by_sheet_name(&meta.name).unwrap_or_default();
        sheet.merge(merged.iter().map(region));
        workbook.sheets.push(sheet);
    }
    Ok(workbook)
}

fn open_xlsx(bytes: &[u8]) -> Result<Workbook, Problem> {
    let unpacked = unpack(bytes)?;
    let mut file: Xlsx<_> = Xlsx::new(Cursor::new(unpacked.archive)).map_err(broken)?;
    let mut workbook = Workbook::default();
    workbook.problems.extend(unpacked.left_out.iter().map(|what| Problem::warning(Code::WorkbookPartLeftOut).arg("what", what)));
    let metas = file.sheets_metadata().to_vec();
    if metas.len() > MAX_SHEETS {
        return Err(Problem::new(Code::ListTooLong).arg("what", "sheets").arg("limit", MAX_SHEETS).arg("n", metas.len()));
    }
    let mut budget = Budget::default();
    for (n, meta) in metas.iter().enumerate() {
        if !matches!(meta.typ, SheetType::WorkSheet) {
            continue;
        }
        let mut sheet = Sheet::new(&meta.name);
        sheet.is_hidden = meta.visible != SheetVisible::Visible;
        let merged = file.merge_cells_by_sheet_name(&meta.name).unwrap_or_default();
        let mut reader = file.worksheet_cells_reader(&meta.name).map_err(broken)?;
        while let Some((cell, style)) = reader.next_cell_with_style_id().map_err(broken)? {
            let at = cell.get_position();
            let Some(mut kept) = cell_of_ref(cell.get_value()) else { continue };
            budget.spend(&kept)?;
            let levels = reader.styles().get(style).and_then(|s| s.alignment.as_ref()).and_then(|a| a.indent).unwrap_or(0);
            kept.indent += 2 * usize::from(levels);
            sheet.put(at, kept);
        }
        sheet.merge(merged.iter().map(region));
        // Parts are named by their position in the books that spreadsheet programs write; a book that does not loses only this hint.
        if let Some(rows) = unpacked.hidden_rows.get(&format!("xl/worksheets/sheet{}.xml", n + 1)) {
            sheet.hide_rows(rows.clone());
        }
        workbook.sheets.push(sheet);
    }
    Ok(workbook)
}

fn region(d: &calamine::Dimensions) -> Region {
    Region { top: d.start.0, left: d.start.1, bottom: d.end.0, right: d.end.1 }
}

fn text(raw: &str) -> Cell {
    match raw.char_indices().nth(MAX_CELL_CHARS) {
        Some((at, _)) => Cell::text(raw.get(..at).unwrap_or_default(), 0),
        None => Cell::text(raw, 0),
    }
}

fn cell_of(value: &Data) -> Option<Cell> {
    let cell = match value {
        Data::String(raw) | Data::DateTimeIso(raw) | Data::DurationIso(raw) => text(raw),
        Data::Int(n) => Cell::number(n.to_string()),
        Data::Float(n) => Cell::number(number(*n)),
        Data::DateTime(date) => text(&date_text(date)),
        Data::Bool(b) => text(if *b { "TRUE" } else { "FALSE" }),
        _ => return None,
    };
    Some(cell)
}

fn cell_of_ref(value: &DataRef<'_>) -> Option<Cell> {
    let cell = match value {
        DataRef::SharedString(raw) => text(raw),
        DataRef::String(raw) | DataRef::DateTimeIso(raw) | DataRef::DurationIso(raw) => text(raw),
        DataRef::Int(n) => Cell::number(n.to_string()),
        DataRef::Float(n) => Cell::number(number(*n)),
        DataRef::DateTime(date) => text(&date_text(date)),
        DataRef::Bool(b) => text(if *b { "TRUE" } else { "FALSE" }),
        _ => return None,
    };
    Some(cell)
}

/// A number as a spreadsheet shows it: 15 digits, no trailing zeros.
fn number(n: f64) -> String {
    if n.fract() == 0.0 && n.abs() < 1e15 {
        return format!("{n:.0}");
    }
    let digits = n.abs().log10().floor();
    let decimals = (14.0 - digits).clamp(0.0, 17.0);
    let shown = format!("{:.*}", decimals as usize, n);
    if shown.contains('.') { shown.trim_end_matches('0').trim_end_matches('.').to_owned() } else { shown }
}

/// A date as forms print it; the first of a month stands for the month.
fn date_text(date: &ExcelDateTime) -> String {
    if !date.is_datetime() {
        return number(date.as_f64());
    }
    let (year, month, day, ..) = date.to_ymd_hms_milli();
    if day == 1 { format!("{year}年{month}月") } else { format!("{year}年{month}月{day}日") }
}
