//! Cuts a form into slices that are small enough to be computed at a time.

use crate::dataset::error::Error;
use crate::dataset::extraction::{Column, Extraction, Row, Slice, SourceCell};

/// Most rows of a slice.
pub const SLICE_ROWS: usize = 1_000;
/// Most sources of a slice, unless one row alone has more: a county's row may be the sum of three hundred villages.
pub const SLICE_SOURCES: usize = 250_000;

/// A slice that borrows from its form.
pub(super) struct Cut<'a> {
    /// What the rows of its sources count from.
    pub first_row: usize,
    /// Its rows.
    pub rows: Vec<&'a Row>,
    /// Its sources, in the order in which they were given.
    pub sources: Vec<&'a SourceCell>,
}

/// Cuts a form; fails where a source is named for a row that the form does not have.
pub(super) fn cut(extraction: &Extraction) -> Result<Vec<Cut<'_>>, Error> {
    let mut n_sources_of: Vec<usize> = vec![0; extraction.rows.len()];
    for source in &extraction.sources {
        match n_sources_of.get_mut(source.row as usize) {
            Some(n) => *n += 1,
            None => return Err(Error::SourceOutside { row: source.row, column: source.column }),
        }
    }
    let mut cuts: Vec<Cut<'_>> = Vec::new();
    let mut cut_of_row: Vec<usize> = Vec::with_capacity(extraction.rows.len());
    let mut n_sources = 0;
    for (at, (row, n_more)) in extraction.rows.iter().zip(&n_sources_of).enumerate() {
        match cuts.last_mut().filter(|cut| cut.rows.len() < SLICE_ROWS && n_sources + n_more <= SLICE_SOURCES) {
            Some(cut) => {
                cut.rows.push(row);
                n_sources += n_more;
            }
            None => {
                cuts.push(Cut { first_row: at, rows: vec![row], sources: Vec::new() });
                n_sources = *n_more;
            }
        }
        cut_of_row.push(cuts.len() - 1);
    }
    for source in &extraction.sources {
        if let Some(cut) = cut_of_row.get(source.row as usize).and_then(|n| cuts.get_mut(*n)) {
            cut.sources.push(source);
        }
    }
    Ok(cuts)
}

impl Extraction {
    /// Cuts the form into its columns and slices of at most [`SLICE_ROWS`] rows and [`SLICE_SOURCES`] sources.
    pub fn into_slices(self) -> Result<(Vec<Column>, Vec<Slice>), Error> {
        let own = |cut: Cut<'_>| {
            let rebased = cut.sources.into_iter().map(|s| {
                let row = s.row.saturating_sub(u32::try_from(cut.first_row).unwrap_or(u32::MAX));
                SourceCell { row, ..s.clone() }
            });
            Slice { sources: rebased.collect(), rows: cut.rows.into_iter().cloned().collect() }
        };
        let slices = cut(&self)?.into_iter().map(own).collect();
        Ok((self.columns, slices))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::ElementId;
    use crate::domain::period::ReferencePeriod;
    use crate::domain::unit::UnitCode;

    fn form(n_sources_of_rows: &[usize]) -> Extraction {
        let unit = UnitCode::from_stored("330122000000");
        let period = ReferencePeriod::Standing;
        let row = Row { unit: unit.clone(), unit_name: String::new(), period };
        let source = |row: usize| SourceCell {
            row: row as u32,
            column: 0,
            unit: unit.clone(),
            element: ElementId::from_stored(1),
            period,
            factor: 1.into(),
        };
        let sources = n_sources_of_rows.iter().enumerate().flat_map(|(at, n)| std::iter::repeat_n(source(at), *n)).collect();
        Extraction { columns: vec![], rows: vec![row; n_sources_of_rows.len()], sources }
    }

    #[track_caller]
    fn check(n_sources_of_rows: &[usize], expect: &[(usize, usize, usize)]) {
        let form = form(n_sources_of_rows);
        let cuts: Vec<(usize, usize, usize)> = cut(&form).unwrap().iter().map(|c| (c.first_row, c.rows.len(), c.sources.len())).collect();
        assert_eq!(cuts, expect);
        let (_, slices) = form.into_slices().unwrap();
        for (slice, (_, n_rows, n_sources)) in slices.iter().zip(expect) {
            assert_eq!((slice.rows.len(), slice.sources.len()), (*n_rows, *n_sources));
            assert!(slice.sources.iter().all(|s| (s.row as usize) < *n_rows));
        }
    }

    #[test]
    fn slices_are_bounded_by_rows_and_by_sources() {
        check(&[], &[]);
        check(&[1; 2_500], &[(0, 1_000, 1_000), (1_000, 1_000, 1_000), (2_000, 500, 500)]);
        check(&[0, SLICE_SOURCES, 0, 1, SLICE_SOURCES + 7, 2], &[(0, 3, SLICE_SOURCES), (3, 1, 1), (4, 1, SLICE_SOURCES + 7), (5, 1, 2)]);
    }
}
