//! What can go wrong while a form is computed, classified once. Faults of single figures are no errors: see
//! [`crate::dataset::extraction::RefusedCell`].

use arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use thiserror::Error;

use crate::domain::observation::ObservationKey;
use crate::domain::period::ReferencePeriod;
use crate::domain::unit::UnitCode;
use crate::store;

/// Error of the dataset layer.
#[derive(Debug, Error)]
pub enum Error {
    /// The exact figure of a cell has more digits than a column can hold; no figure is given instead of a wrong one.
    #[error("the figure of {field} for {unit} in {period} does not fit")]
    CellOverflow {
        /// Unit of the cell's row.
        unit: UnitCode,
        /// Reference period of the cell's row.
        period: ReferencePeriod,
        /// Field id of the cell's column.
        field: String,
    },
    /// One observation in atoms has more digits than can be summed exactly.
    #[error("the observation {key:?} cannot be summed exactly")]
    ObservationOverflow {
        /// The observation.
        key: Box<ObservationKey>,
    },
    /// Two current observations stand under one key: the store broke its first invariant.
    #[error("two observations under {key:?}")]
    ObservationDuplicate {
        /// Their key.
        key: Box<ObservationKey>,
    },
    /// A source is named twice for one cell: the plan is wrong, and a sum would count it twice.
    #[error("the source {key:?} is named twice for row {row}, column {column}")]
    SourceDuplicate {
        /// The source.
        key: Box<ObservationKey>,
        /// Row of the cell, from 0.
        row: u32,
        /// Column of the cell, from 0.
        column: u32,
    },
    /// A source is named for a cell outside the table.
    #[error("a source is named for row {row}, column {column}, which the table does not have")]
    SourceOutside {
        /// Row, from 0.
        row: u32,
        /// Column, from 0.
        column: u32,
    },
    /// The memory that one extraction may use is not enough.
    #[error("the extraction needs more memory than it may use: {detail}")]
    TooLarge {
        /// What the engine said; for the log only.
        detail: String,
    },
    /// The observations could not be read.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The engine failed: our fault.
    #[error("the engine failed: {detail}")]
    Engine {
        /// What the engine said; for the log only.
        detail: String,
    },
}

impl From<DataFusionError> for Error {
    fn from(error: DataFusionError) -> Self {
        match error.find_root() {
            DataFusionError::ResourcesExhausted(detail) => Self::TooLarge { detail: detail.clone() },
            // Every other kind means that our own plan or tables are wrong, since no caller's text reaches the engine here.
            _ => Self::Engine { detail: error.strip_backtrace() },
        }
    }
}

impl From<ArrowError> for Error {
    fn from(error: ArrowError) -> Self {
        Self::Engine { detail: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exhausted_memory_is_told_apart_through_any_wrapping() {
        let inner = DataFusionError::ResourcesExhausted("pool".into());
        let wrapped = DataFusionError::Context("join".into(), Box::new(inner));
        assert!(matches!(Error::from(wrapped), Error::TooLarge { detail } if detail == "pool"));
        assert!(matches!(Error::from(DataFusionError::Plan("no such column".into())), Error::Engine { .. }));
    }
}
