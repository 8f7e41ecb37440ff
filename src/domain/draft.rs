//! Drafts (草稿): what a clerk has typed before it is submitted, word for word, right or wrong.
//!
//! A unit has one draft for each due date, whichever of its clerks types. Its version rises with every change, so that whoever looked at an
//! older one cannot write over what a colleague typed meanwhile.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::id::AccountId;
use crate::domain::unit::UnitCode;

/// A cell as it was typed; nothing of it is checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftCell {
    /// The element, as printed.
    pub element: String,
    /// The reference period, as printed.
    pub period: String,
    /// The value.
    pub value: String,
    /// Unit of measure; empty for the one that is asked.
    pub unit_of_measure: String,
    /// What was written beside it.
    pub explanation: String,
}

/// A draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The unit.
    pub unit: UnitCode,
    /// The due date whose form it fills.
    pub due: Date,
    /// 1 for the first, one more with every change.
    pub version: u32,
    /// The cells in the order in which they were sent.
    pub cells: Vec<DraftCell>,
    /// Who changed it last.
    pub saved_by: AccountId,
    /// When.
    pub saved_at: Timestamp,
}
