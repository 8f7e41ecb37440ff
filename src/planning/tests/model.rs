//! A model of one element, cell by cell and period by period, written from the definition and not from the solver.

use super::*;
use crate::planning::precision::{resolution, resolution_at};

/// A cell: unit and period.
pub(super) type Cell = (usize, ReferencePeriod);

/// One element as the definition sees it. All fields show figures of `year`.
pub(super) struct Model<'a> {
    pub(super) units: &'a UnitTree,
    pub(super) fields: &'a [AskedField],
    pub(super) year: i16,
    /// Cells held from the year before.
    pub(super) held: HashSet<Cell>,
}

impl Model<'_> {
    fn basis(&self) -> Option<TimeBasis> {
        self.fields.first().and_then(|f| f.time_basis)
    }

    /// The figure's period for a form's period.
    pub(super) fn shown(&self, form_period: ReferencePeriod) -> ReferencePeriod {
        if self.basis() == Some(TimeBasis::Standing) { ReferencePeriod::Standing } else { form_period.shift_years(self.year - YEAR) }
    }

    /// Every (cell, field) that must be filled.
    pub(super) fn wanted(&self) -> Vec<(Cell, &AskedField)> {
        let mut found = Vec::new();
        for field in self.fields {
            for (unit, row) in self.units.units().iter().enumerate() {
                if row.level == field.level {
                    found.extend(form_periods(field).into_iter().map(|p| ((unit, self.shown(p)), field)));
                }
            }
        }
        found
    }

    /// Every need, once.
    pub(super) fn needs(&self) -> Vec<Cell> {
        let distinct: BTreeSet<Cell> = self.wanted().into_iter().map(|(cell, _)| cell).collect();
        distinct.into_iter().collect()
    }

    /// How finely a cell can be known when the cells of `typed` are; `None` where it does not follow.
    pub(super) fn known(&self, typed: &HashSet<Cell>, (unit, at): Cell) -> Option<Decimal> {
        let mut ways: Vec<Decimal> = Vec::new();
        if self.held.contains(&(unit, at)) {
            ways.push(Decimal::ZERO);
        }
        if typed.contains(&(unit, at)) {
            let asking = self.wanted().into_iter().filter(|(cell, _)| *cell == (unit, at));
            ways.extend(asking.map(|(_, f)| resolution_at(f, 8)).min());
        }
        for finer in [Frequency::Monthly, Frequency::Quarterly, Frequency::Semiannual] {
            if at == ReferencePeriod::Standing || at.fits(finer) {
                continue;
            }
            let Some(parts) = at.parts(finer).filter(|p| !p.is_empty()) else { continue };
            let taken: &[ReferencePeriod] = match self.basis() {
                Some(TimeBasis::Flow) => &parts,
                Some(TimeBasis::Stock | TimeBasis::YearToDate) => &parts[parts.len() - 1..],
                Some(TimeBasis::Begin) => &parts[..1],
                _ => continue,
            };
            let known: Option<Vec<Decimal>> = taken.iter().map(|p| self.known(typed, (unit, *p))).collect();
            ways.extend(known.and_then(|k| k.into_iter().max()));
        }
        let children = self.units.children(unit);
        if !children.is_empty() && self.fields.iter().all(|f| f.sums_over_units) {
            let known: Option<Vec<Decimal>> = children.iter().map(|c| self.known(typed, (*c, at))).collect();
            ways.extend(known.and_then(|k| k.into_iter().max()));
        }
        ways.into_iter().min()
    }

    /// Whether every field can be filled when these cells are typed.
    pub(super) fn fills_all(&self, typed: &HashSet<Cell>) -> bool {
        self.wanted().into_iter().all(|(cell, field)| self.known(typed, cell).is_some_and(|fineness| fineness <= resolution(field)))
    }
}

/// A random instance: a tree and fields of one element, all with the same offset.
pub(super) struct Instance {
    pub(super) units: UnitTree,
    pub(super) fields: Vec<AskedField>,
    pub(super) before: HashSet<(ElementId, Level, Frequency)>,
}

impl Instance {
    pub(super) fn random(random: &mut Random) -> Self {
        let units = random_tree(random, 5);
        let bases = [
            Some(TimeBasis::Stock),
            Some(TimeBasis::Flow),
            Some(TimeBasis::YearToDate),
            Some(TimeBasis::Begin),
            Some(TimeBasis::Average),
            Some(TimeBasis::Standing),
            None,
        ];
        let (basis, sums, offset) = (random.pick(&bases), random.chance(80), -i16::from(random.chance(25)));
        let is_money = random.chance(40);
        let mut fields = Vec::new();
        for n in 0..1 + random.below(4) {
            let mut f = field("f", &n.to_string(), "e", random_level(random), random_frequency(random));
            (f.time_basis, f.sums_over_units, f.offset_years) = (basis, sums, offset);
            if is_money {
                let (symbol, atoms) = random.pick(&[("元", 1), ("万元", 10_000), ("亿元", 100_000_000), ("万亿元", 1_000_000_000_000)]);
                f.unit = measure(symbol, "money", atoms, false);
                (f.dtype, f.decimals) = (DataType::Decimal, u32::try_from(random.below(5)).unwrap());
            }
            fields.push(f);
        }
        let mut before = HashSet::new();
        for _ in 0..random.below(3) {
            before.insert((fields[0].element, random_level(random), random_frequency(random)));
        }
        Self { units, fields, before }
    }

    pub(super) fn plan(&self) -> Plan {
        make_plan(&PlanInput {
            year: YEAR,
            fields: &self.fields,
            units: &self.units,
            collected_before: &self.before,
            balances: &[],
            supplied: &BTreeSet::new(),
        })
    }

    pub(super) fn model(&self) -> Model<'_> {
        let first = &self.fields[0];
        let is_standing = first.time_basis == Some(TimeBasis::Standing);
        let year = if is_standing { YEAR } else { YEAR + first.offset_years };
        let mut held = HashSet::new();
        for (_, level, frequency) in &self.before {
            for (unit, row) in self.units.units().iter().enumerate() {
                if row.level == *level && is_standing {
                    held.insert((unit, ReferencePeriod::Standing));
                } else if row.level == *level && first.offset_years == -1 {
                    held.extend(frequency.periods(year).into_iter().map(|p| (unit, p)));
                }
            }
        }
        Model { units: &self.units, fields: &self.fields, year, held }
    }
}

fn random_level(random: &mut Random) -> Level {
    random.pick(&[Level::Village, Level::Village, Level::Township, Level::Township, Level::County, Level::City])
}

fn random_frequency(random: &mut Random) -> Frequency {
    let n = random.below(100);
    match n {
        0..6 => Frequency::Monthly,
        6..26 => Frequency::Quarterly,
        26..52 => Frequency::Semiannual,
        52..90 => Frequency::Annual,
        90..95 => Frequency::Once,
        _ => Frequency::Other,
    }
}
