//! What a bound statement looks like before its cells are known, and the formulas that it becomes with the cells of one row.

use rust_decimal::Decimal;

use crate::domain::measure::UnitOfMeasure;
use crate::domain::rule::resolve::cells::Instance;
use crate::domain::rule::resolve::names::{Meaning, Named};
use crate::domain::rule::{CellRef, Comparator, Comparison, Fault, Formula, Operator, Shift, Test};
use crate::domain::template::{DataType, FormTemplate};

/// A word that was bound: its place in the list of words, or a cell of another form.
#[derive(Clone, Debug)]
pub(super) enum Slot {
    Own(usize),
    Foreign(CellRef),
}

/// An expression whose words are slots.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    Slot(Slot),
    Share(Decimal),
    Change(Slot, Shift),
    Absolute(Box<Shape>),
    Binary(Operator, Box<Shape>, Box<Shape>),
}

/// A comparison whose words are slots.
pub(super) enum Sketch {
    Numbers(Shape, Comparator, Shape),
    Answer(Slot, bool, String),
    Blank(Slot),
    Required(Slot),
}

/// A guess that makes a figure a part of itself is a wrong one.
pub(super) fn has_cell_on_both_sides(test: &Test) -> bool {
    match test {
        Test::Compare(Comparison::Numbers { left, right, .. }) => {
            let rights = right.cells();
            left.cells().iter().any(|cell| rights.contains(cell))
        }
        _ => false,
    }
}

/// Whether a formula has a number of its own.
pub(super) fn has_number(formula: &Formula) -> bool {
    match formula {
        Formula::Number(_) => true,
        Formula::Cell(_) => false,
        Formula::Absolute(inner) => has_number(inner),
        Formula::Binary(_, left, right) => has_number(left) || has_number(right),
    }
}

/// The formula with its cells in one unit of measure.
pub(super) fn converted(formula: Formula, to: &UnitOfMeasure, unit: &dyn Fn(&CellRef) -> Option<UnitOfMeasure>) -> Formula {
    match formula {
        Formula::Cell(cell) => match unit(&cell) {
            Some(from) if from.atoms != to.atoms => {
                let scaled = Formula::Binary(Operator::Multiply, Box::new(Formula::Cell(cell)), Box::new(Formula::Number(from.atoms)));
                Formula::Binary(Operator::Divide, Box::new(scaled), Box::new(Formula::Number(to.atoms)))
            }
            _ => Formula::Cell(cell),
        },
        Formula::Binary(operator, left, right) => {
            Formula::Binary(operator, Box::new(converted(*left, to, unit)), Box::new(converted(*right, to, unit)))
        }
        Formula::Absolute(inner) => Formula::Absolute(Box::new(converted(*inner, to, unit))),
        Formula::Number(number) => Formula::Number(number),
    }
}

/// Puts the cells of an instance into a sketch.
pub(super) struct Fill<'a> {
    pub(super) template: &'a FormTemplate,
    pub(super) meanings: &'a [Meaning],
    pub(super) instance: &'a Instance,
}

impl Fill<'_> {
    fn formula_of(&self, slot: &Slot) -> Result<Formula, Fault> {
        match slot {
            Slot::Foreign(cell) => Ok(Formula::Cell(cell.clone())),
            Slot::Own(at) => match self.meanings.get(*at).map(|m| &m.named) {
                Some(Named::Number(number)) => Ok(Formula::Number(*number)),
                _ => {
                    let cell = self.cell(slot)?;
                    let field = self.template.fields.iter().find(|f| f.id == cell.field);
                    match field.map(|f| f.dtype) {
                        Some(DataType::Integer | DataType::Decimal | DataType::Code) => Ok(Formula::Cell(cell)),
                        _ => Err(Fault::NotANumber { word: field.map(|f| f.label.clone()).unwrap_or_default(), at: 0 }),
                    }
                }
            },
        }
    }

    pub(super) fn cell(&self, slot: &Slot) -> Result<CellRef, Fault> {
        match slot {
            Slot::Foreign(cell) => Ok(cell.clone()),
            Slot::Own(at) => {
                let position = self.instance.1.get(*at).copied().flatten();
                let field = position.and_then(|p| self.template.fields.get(p)).ok_or(Fault::Columns)?;
                let shift = self.meanings.get(*at).map(|m| m.shift).unwrap_or_default();
                Ok(CellRef { form: None, field: field.id.clone(), shift })
            }
        }
    }

    fn formula(&self, shape: &Shape) -> Result<Formula, Fault> {
        let binary = |operator: Operator, left: Formula, right: Formula| Formula::Binary(operator, Box::new(left), Box::new(right));
        match shape {
            Shape::Slot(slot) => self.formula_of(slot),
            Shape::Share(share) => Ok(Formula::Number(*share)),
            Shape::Absolute(inner) => Ok(Formula::Absolute(Box::new(self.formula(inner)?))),
            Shape::Binary(operator, left, right) => Ok(binary(*operator, self.formula(left)?, self.formula(right)?)),
            Shape::Change(slot, shift) => {
                let now = self.cell(slot)?;
                let before = Formula::Cell(CellRef { shift: *shift, ..now.clone() });
                let ratio = binary(Operator::Divide, Formula::Cell(now), before);
                Ok(binary(Operator::Subtract, ratio, Formula::Number(Decimal::ONE)))
            }
        }
    }

    pub(super) fn comparison(&self, sketch: &Sketch) -> Result<Comparison, Fault> {
        match sketch {
            Sketch::Numbers(left, comparator, right) => {
                Ok(Comparison::Numbers { left: self.formula(left)?, comparator: *comparator, right: self.formula(right)? })
            }
            Sketch::Answer(slot, is_equal, value) => {
                Ok(Comparison::Answer { cell: self.cell(slot)?, is_equal: *is_equal, value: value.clone() })
            }
            Sketch::Blank(_) | Sketch::Required(_) => Err(Fault::Columns),
        }
    }
}
