//! Rules at submission: which checks a set of figures touches, what must be known to try them, and what they say.
//!
//! A figure touches a check that names it in the form's own period. The check is tried as soon as all its cells are known, whichever due date
//! or form they came by: on the figures given, and on what is held. Comparisons with another period are tried when the later figure comes.
//! Rules bind the unit that fills the form; where a cell is summed from units below, those are not refused for it.

mod book;
mod trial;

use std::sync::Arc;

use crate::app::App;
use crate::app::consolidated_form::UnitYear;
use crate::domain::unit::UnitCode;

pub(crate) use book::{FormRules, LevelRules, RuleMemory};
pub(crate) use trial::{Given, Trial};

impl App {
    /// A unit's place in the plan of a year with the rules of its forms; `None` where the unit is not in it.
    fn ruled_year(&self, unit: &UnitCode, year: i16) -> Option<(Arc<UnitYear>, Arc<LevelRules>)> {
        let planned = self.state.plan(year);
        let position = planned.units.position(unit)?;
        let level = planned.units.units().get(position)?.level;
        let rules = planned.rules.of(&planned.plan, position, level, &|form| self.state.form_rules(form, &self.measures));
        Some((Arc::new(UnitYear { planned, position }), rules))
    }
}
