//! Consistent worlds: every figure that the plan computes equals the one counted by hand.

use std::cell::RefCell;
use std::collections::HashMap;

use super::*;
use crate::domain::measure::to_rational;

/// A world in which every figure is known at its finest: units without children have figures by month, the rest are sums.
struct World<'a> {
    units: &'a UnitTree,
    random: RefCell<Random>,
    known: RefCell<HashMap<(usize, ElementId, ReferencePeriod), Decimal>>,
}

impl World<'_> {
    /// The figure in atoms, a multiple of `step`, counted by hand.
    fn figure(&self, unit: usize, f: &AskedField, at: ReferencePeriod, step: Decimal) -> Decimal {
        let children = self.units.children(unit);
        if f.sums_over_units && !children.is_empty() {
            return children.iter().map(|c| self.figure(*c, f, at, step)).sum();
        }
        let parts = at.parts(Frequency::Monthly).unwrap_or_default();
        match f.time_basis {
            Some(TimeBasis::Flow) if parts.len() > 1 => return parts.iter().map(|p| self.figure(unit, f, *p, step)).sum(),
            Some(TimeBasis::Stock | TimeBasis::YearToDate) if parts.len() > 1 => return self.figure(unit, f, parts[parts.len() - 1], step),
            Some(TimeBasis::Begin) if parts.len() > 1 => return self.figure(unit, f, parts[0], step),
            _ => {}
        }
        let mut fresh = || step * Decimal::from(self.random.borrow_mut().below(2_000_000)) - step * Decimal::from(500_000);
        *self.known.borrow_mut().entry((unit, f.element, at)).or_insert_with(&mut fresh)
    }
}

/// The unit in which a number is kept: a number without a known unit is its own.
fn unit_of(unit: &Option<UnitOfMeasure>) -> UnitOfMeasure {
    unit.clone().or_else(|| measure("", "", 1, false)).unwrap()
}

fn random_fields(random: &mut Random, n_elements: usize) -> Vec<AskedField> {
    let mut fields = Vec::new();
    for element in 0..n_elements {
        let bases = [TimeBasis::Stock, TimeBasis::Flow, TimeBasis::YearToDate, TimeBasis::Begin, TimeBasis::Average, TimeBasis::Standing];
        let (basis, sums, dimension) = (random.pick(&bases), random.chance(80), random.below(3));
        for n in 0..1 + random.below(5) {
            let level = random.pick(&[Level::Village, Level::Township, Level::County, Level::City]);
            let frequency = random.pick(&[Frequency::Monthly, Frequency::Quarterly, Frequency::Semiannual, Frequency::Annual]);
            let mut f = field(&format!("f{n}"), &element.to_string(), &format!("e{element}"), level, frequency);
            (f.time_basis, f.sums_over_units) = (Some(basis), sums);
            f.offset_years = -i16::from(random.chance(20));
            f.unit = match dimension {
                0 => random.pick(&[mu(), hectare()]),
                1 => random.pick(&[person(), ten_thousand_persons()]),
                _ => None,
            };
            (f.dtype, f.decimals) = (DataType::Decimal, u32::try_from(random.below(5)).unwrap());
            fields.push(f);
        }
    }
    fields
}

/// A step that every field of an element can show: worlds that are finer than the forms have no exact figures to compare with.
fn step_of(fields: &[AskedField], element: ElementId) -> Decimal {
    let steps = fields.iter().filter(|f| f.element == element).map(|f| {
        let step = unit_of(&f.unit).atoms * Decimal::new(1, f.decimals);
        if f.unit.as_ref().is_some_and(|u| u.is_discrete) { step.max(Decimal::ONE) } else { step }
    });
    let whole = |d: Decimal| u64::try_from(d * Decimal::from(10_000)).unwrap();
    let common = steps.map(whole).fold(1_u64, num_integer::lcm);
    Decimal::from(common) / Decimal::from(10_000)
}

#[test]
fn every_figure_equals_the_one_counted_by_hand() {
    let mut n_figures = 0_usize;
    for seed in 0..150 {
        let mut random = Random(seed);
        let units = random_tree(&mut random, 9);
        let fields = random_fields(&mut random, 3);
        let mut before = HashSet::new();
        for f in fields.iter().filter(|_| seed % 2 == 0) {
            before.insert((f.element, f.level, f.frequency));
        }
        let plan = make_plan(&PlanInput {
            year: YEAR,
            fields: &fields,
            units: &units,
            collected_before: &before,
            balances: &[],
            supplied: &BTreeSet::new(),
        });
        let world = World { units: &units, random: RefCell::new(Random(seed ^ 0xabcd)), known: RefCell::default() };
        let figure = |unit: usize, f: &AskedField, at: ReferencePeriod| world.figure(unit, f, at, step_of(&fields, f.element));
        // Type every planned cell as a clerk would, in its unit of measure and with its decimals.
        let mut ledger: HashMap<(usize, ElementId, ReferencePeriod), Decimal> = HashMap::new();
        for unit in 0..units.len() {
            for cell in plan.typed_cells(unit) {
                let f = fields.iter().find(|f| f.key == cell.via).unwrap();
                let measure = unit_of(&cell.unit);
                let typed = measure.from_atoms(figure(unit, f, cell.period), cell.decimals).unwrap();
                ledger.insert((unit, cell.element, cell.period), measure.to_atoms(typed).unwrap());
            }
        }
        for f in &fields {
            for unit in (0..units.len()).filter(|u| units.units()[*u].level == f.level) {
                for form_period in form_periods(f) {
                    let is_standing = f.time_basis == Some(TimeBasis::Standing);
                    let at = if is_standing { ReferencePeriod::Standing } else { form_period.shift_years(f.offset_years) };
                    let source = plan.source(unit, &f.key, form_period).unwrap();
                    let cells = source.cells();
                    let parts = cells.iter().map(|(from, p)| {
                        // What is not in this year's ledger was reported in the year before.
                        *ledger.get(&(*from, source.element, *p)).unwrap_or(&figure(*from, f, *p))
                    });
                    let shown = unit_of(&f.unit).from_atoms(parts.sum(), f.decimals).unwrap();
                    let by_hand = to_rational(figure(unit, f, at)) / to_rational(unit_of(&f.unit).atoms);
                    assert_eq!(to_rational(shown), by_hand, "seed {seed}: {} {form_period} of unit {unit}", f.key);
                    n_figures += 1;
                }
            }
        }
    }
    assert!(n_figures > 5_000, "{n_figures}");
}

#[test]
fn the_order_of_the_fields_does_not_matter() {
    for seed in 0..100 {
        let mut random = Random(seed);
        let units = random_tree(&mut random, 9);
        let mut fields = random_fields(&mut random, 4);
        let mut twin = fields[0].clone();
        twin.label = "the same key with another label".into();
        fields.push(twin);
        let plan = plan_of(&units, &fields);
        random.shuffle(&mut fields);
        let again = plan_of(&units, &fields);
        assert_eq!(plan.digest(), again.digest(), "seed {seed}");
        for unit in 0..units.len() {
            assert_eq!(plan.typed_cells(unit), again.typed_cells(unit), "seed {seed}");
        }
        let dropped = fields[0].key.clone();
        fields.retain(|f| f.key != dropped);
        assert_ne!(plan_of(&units, &fields).digest(), again.digest(), "seed {seed}: a field less");
    }
}
