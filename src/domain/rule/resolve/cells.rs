//! Which columns a rule is tried in, and the cells that its words name in each.

use std::collections::BTreeSet;

use crate::domain::measure::normalise_spelling;
use crate::domain::rule::index::FormIndex;
use crate::domain::rule::resolve::names::{Meaning, Named};
use crate::domain::template::FormTemplate;

/// Headings of a whole, of which the other columns are parts.
const TOTALS: [&str; 10] = ["合计", "总计", "计", "小计", "总数", "本年", "本期", "本期累计", "本年累计", "本月"];
/// Words of columns that are about another period than the form's, or add up several.
const OTHER_PERIODS: [&str; 6] = ["上年", "上月", "上期", "上学年", "去年", "累计"];
/// Words of figures that are no sums: rates, averages, prices, growth.
const AVERAGES: [&str; 16] =
    ["单产", "亩产", "平均", "人均", "户均", "单价", "均价", "率", "比重", "占比", "比例", "增长", "增速", "增幅", "增减", "%"];

/// The words of one check, in order, and how they are compared.
pub(super) struct Columns<'a> {
    pub(super) template: &'a FormTemplate,
    pub(super) index: &'a FormIndex,
    /// The check adds up or compares, and does not multiply or divide.
    pub(super) is_additive: bool,
    /// The side with the open column is the greater one, so that every column may be tried.
    pub(super) is_bound: bool,
    /// Columns that the rule names for all its rows; empty for all.
    pub(super) scope: Vec<usize>,
}

/// A place where the check is tried: the column as printed and the cell of each word (`None` for numbers).
pub(super) type Instance = (String, Vec<Option<usize>>);

impl Columns<'_> {
    /// The instances of a check; `None` where the words have no column in common or nothing says which of several.
    pub(super) fn instances(&self, words: &[Meaning]) -> Option<Vec<Instance>> {
        if words.iter().any(|m| matches!(m.named, Named::Column(_))) {
            return self.by_row(words);
        }
        let open: Vec<usize> = words.iter().filter_map(|m| self.open_row(m)).collect();
        if open.is_empty() {
            return Some(vec![(String::new(), words.iter().map(|m| self.cell(m, None)).collect())]);
        }
        let columns = self.columns(words, &open)?;
        let instance = |column: &usize| {
            let name = self.index.columns.get(*column).map(|(_, printed)| printed.clone()).unwrap_or_default();
            let cells: Vec<Option<usize>> = words.iter().map(|m| self.cell(m, Some(*column))).collect();
            (name, cells)
        };
        Some(columns.iter().map(instance).collect())
    }

    /// The row of a word whose column is open and that has columns.
    fn open_row(&self, meaning: &Meaning) -> Option<usize> {
        let Named::Row(row) = meaning.named else { return None };
        let cells = &self.index.rows.get(row)?.cells;
        let has_columns =
            cells.len() > 1 || cells.first().is_some_and(|(c, _)| self.index.columns.get(*c).is_some_and(|(name, _)| !name.is_empty()));
        has_columns.then_some(row)
    }

    fn columns_of(&self, row: usize) -> BTreeSet<usize> {
        self.index.rows.get(row).map(|r| r.cells.iter().map(|(c, _)| *c).collect()).unwrap_or_default()
    }

    fn columns(&self, words: &[Meaning], open: &[usize]) -> Option<Vec<usize>> {
        let mut common = open.iter().map(|row| self.columns_of(*row)).reduce(|a, b| a.intersection(&b).copied().collect())?;
        let fixed: BTreeSet<(usize, usize)> =
            words.iter().filter_map(|m| if let Named::Cell(row, column) = m.named { Some((row, column)) } else { None }).collect();
        // 401=城镇+农村: the row itself is open where its parts are columns of it.
        let own: BTreeSet<usize> = fixed.iter().filter(|(row, _)| open.contains(row)).map(|(_, c)| *c).collect();
        common.retain(|c| !own.contains(c));
        if !self.scope.is_empty() {
            common.retain(|c| self.scope.contains(c));
        }
        if self.is_additive && common.len() > 1 {
            let summed: BTreeSet<usize> = common.iter().copied().filter(|c| !open.iter().any(|row| self.is_average(*row, *c))).collect();
            if !summed.is_empty() {
                common = summed;
            }
        }
        if common.is_empty() {
            return self.by_wholes(open);
        }
        let has_plain = words.iter().any(|m| !matches!(m.named, Named::Number(_)) && self.open_row(m).is_none());
        if common.len() == 1 || !has_plain {
            return Some(common.into_iter().collect());
        }
        let named: Vec<usize> = fixed.iter().map(|(_, c)| *c).filter(|c| common.contains(c) && !own.contains(c)).collect();
        if let Some(column) = named.first() {
            return Some(vec![*column]);
        }
        match self.whole(&common) {
            Some(column) => Some(vec![column]),
            None if self.is_bound => Some(common.into_iter().collect()),
            None => None,
        }
    }

    /// Rows that are cut up differently meet in their wholes: 在园幼儿 by sex in its 合计, a row of two years in its own year.
    fn by_wholes(&self, open: &[usize]) -> Option<Vec<usize>> {
        let wholes: Option<BTreeSet<usize>> = open.iter().map(|row| self.whole(&self.columns_of(*row))).collect();
        Some(wholes?.into_iter().take(1).collect())
    }

    /// The column of the whole or of the form's own period, of which the others are parts or other periods.
    fn whole(&self, common: &BTreeSet<usize>) -> Option<usize> {
        let name = |c: &usize| self.index.columns.get(*c).map_or("", |(name, _)| name.as_str());
        let total = TOTALS.iter().find_map(|t| common.iter().find(|c| name(c) == *t));
        if total.is_some() {
            return total.copied();
        }
        let mut current = common.iter().filter(|c| !OTHER_PERIODS.iter().any(|w| name(c).contains(w)));
        let first = current.next().copied();
        first.filter(|_| current.next().is_none())
    }

    fn is_average(&self, row: usize, column: usize) -> bool {
        let Some(field) = self
            .index
            .rows
            .get(row)
            .and_then(|r| r.cells.iter().find(|(c, _)| *c == column))
            .and_then(|(_, at)| self.template.fields.get(*at))
        else {
            return false;
        };
        let unit = normalise_spelling(&field.unit);
        AVERAGES.iter().any(|w| field.column.contains(w))
            || matches!(unit.as_str(), "%" | "‰" | "％") && !AVERAGES.iter().any(|w| field.label.contains(w))
    }

    /// The cell of a word in a column; a row without columns has one cell for all.
    fn cell(&self, meaning: &Meaning, column: Option<usize>) -> Option<usize> {
        let of = |row: usize, column: usize| self.index.rows.get(row)?.cells.iter().find(|(c, _)| *c == column).map(|(_, at)| *at);
        match meaning.named {
            Named::Cell(row, column) => of(row, column),
            Named::Row(row) => {
                let single = || self.index.rows.get(row)?.cells.first().map(|(_, at)| *at);
                let whole = || self.whole(&self.columns_of(row)).and_then(|c| of(row, c));
                column.and_then(|c| of(row, c)).or_else(whole).or_else(single)
            }
            Named::Column(_) | Named::Number(_) => None,
        }
    }

    /// A rule on columns holds in every row that has them all.
    fn by_row(&self, words: &[Meaning]) -> Option<Vec<Instance>> {
        let mut found = Vec::new();
        for row in &self.index.rows {
            let cell = |m: &Meaning| -> Option<Option<usize>> {
                match m.named {
                    Named::Column(column) => row.cells.iter().find(|(c, _)| *c == column).map(|(_, at)| Some(*at)),
                    Named::Number(_) => Some(None),
                    Named::Row(_) | Named::Cell(..) => Some(self.cell(m, None)),
                }
            };
            let cells: Option<Vec<Option<usize>>> = words.iter().map(cell).collect();
            if let Some(cells) = cells {
                found.push((String::new(), cells));
            }
        }
        (!found.is_empty()).then_some(found)
    }
}
