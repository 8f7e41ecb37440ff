//! A sheet as a sparse grid of cells with its merged regions, whichever codec it came from. Knows nothing of forms.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::text::{clean, indent_of};

/// Row and column, from 0.
pub(super) type At = (u32, u32);

/// A cell that holds something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cell {
    /// As typed.
    pub raw: String,
    /// Without stretched spaces and private characters.
    pub text: String,
    /// How far it is indented, in half-width columns: leading spaces and the cell's own indent.
    pub indent: usize,
    /// Whether the cell holds a number, not a text.
    pub is_number: bool,
}

impl Cell {
    /// A cell with a text; `levels` are those of the cell's own indent.
    pub fn text(raw: &str, levels: usize) -> Self {
        Self { text: clean(raw), indent: indent_of(raw) + 2 * levels, raw: raw.to_owned(), is_number: false }
    }

    /// A cell with a number.
    pub fn number(shown: String) -> Self {
        Self { text: shown.clone(), raw: shown, indent: 0, is_number: true }
    }
}

/// A merged region, both ends inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Region {
    pub top: u32,
    pub left: u32,
    pub bottom: u32,
    pub right: u32,
}

/// Largest merged region that is looked up by its cells; larger ones are decoration.
const MAX_REGION_CELLS: u64 = 20_000;
/// Most cells of merged regions that are looked up in one sheet.
const MAX_MERGED_CELLS: usize = 1_000_000;

/// One sheet.
#[derive(Clone, Debug, Default)]
pub(super) struct Sheet {
    pub name: String,
    pub is_hidden: bool,
    rows: BTreeMap<u32, BTreeMap<u32, Cell>>,
    regions: Vec<Region>,
    region_at: HashMap<At, usize>,
    hidden_rows: BTreeSet<u32>,
    /// Rightmost used column.
    pub last_column: u32,
}

impl Sheet {
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Puts a cell that is not blank.
    pub fn put(&mut self, at: At, cell: Cell) {
        if !cell.text.is_empty() {
            self.last_column = self.last_column.max(at.1);
            self.rows.entry(at.0).or_default().insert(at.1, cell);
        }
    }

    /// Takes the merged regions in.
    pub fn merge(&mut self, regions: impl IntoIterator<Item = Region>) {
        for region in regions {
            let area = u64::from(region.bottom.saturating_sub(region.top) + 1) * u64::from(region.right.saturating_sub(region.left) + 1);
            if !(2..=MAX_REGION_CELLS).contains(&area) || self.region_at.len() >= MAX_MERGED_CELLS {
                continue;
            }
            let n = self.regions.len();
            self.regions.push(region);
            for row in region.top..=region.bottom {
                for column in region.left..=region.right {
                    self.region_at.insert((row, column), n);
                }
            }
        }
    }

    pub fn hide_rows(&mut self, rows: BTreeSet<u32>) {
        self.hidden_rows = rows;
    }

    /// Rows that are hidden and hold something.
    pub fn hidden_rows(&self) -> impl Iterator<Item = u32> {
        self.hidden_rows.iter().copied().filter(|row| self.rows.contains_key(row))
    }

    pub fn cell(&self, at: At) -> Option<&Cell> {
        self.rows.get(&at.0)?.get(&at.1)
    }

    /// The cleaned text of a cell; empty for a blank one.
    pub fn text(&self, at: At) -> &str {
        self.cell(at).map_or("", |c| c.text.as_str())
    }

    /// The region that a cell belongs to, itself alone where it is not merged.
    pub fn region(&self, at: At) -> Region {
        let alone = Region { top: at.0, left: at.1, bottom: at.0, right: at.1 };
        self.region_at.get(&at).and_then(|n| self.regions.get(*n)).copied().unwrap_or(alone)
    }

    /// The text that a person sees at a place: that of the merged region.
    pub fn shown(&self, at: At) -> &str {
        let region = self.region(at);
        let own = self.text(at);
        if own.is_empty() { self.text((region.top, region.left)) } else { own }
    }

    /// Rows that hold something, with their cells.
    pub fn rows(&self) -> impl Iterator<Item = (u32, &BTreeMap<u32, Cell>)> {
        self.rows.iter().map(|(row, cells)| (*row, cells))
    }

    /// The cells of one row, from the left.
    pub fn row(&self, row: u32) -> impl Iterator<Item = (u32, &Cell)> {
        self.rows.get(&row).into_iter().flat_map(|cells| cells.iter().map(|(column, cell)| (*column, cell)))
    }

    /// The last row that holds something.
    pub fn last_row(&self) -> u32 {
        self.rows.keys().next_back().copied().unwrap_or(0)
    }

    pub fn is_blank(&self) -> bool {
        self.rows.is_empty()
    }
}

/// The name of a cell as spreadsheets write it: `C7`.
pub(super) fn name_of(at: At) -> String {
    let mut letters = Vec::new();
    let mut n = u64::from(at.1) + 1;
    while n > 0 {
        let digit = u8::try_from((n - 1) % 26).unwrap_or(0);
        letters.push(char::from(b'A' + digit));
        n = (n - 1) / 26;
    }
    letters.reverse();
    format!("{}{}", letters.into_iter().collect::<String>(), u64::from(at.0) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_have_names() {
        assert_eq!([name_of((0, 0)), name_of((6, 26)), name_of((1_048_575, 16_383))], ["A1", "AA7", "XFD1048576"]);
    }

    #[test]
    fn merged_cells_show_their_text() {
        let mut sheet = Sheet::new("表");
        sheet.put((1, 1), Cell::text(" 面 积", 1));
        sheet.merge([Region { top: 1, left: 1, bottom: 2, right: 3 }]);
        assert_eq!(sheet.shown((2, 3)), "面积");
        assert_eq!(sheet.text((2, 3)), "");
        assert_eq!(sheet.cell((1, 1)).map(|c| c.indent), Some(3));
    }
}
