//! The plan fills every field, no cell can be left out, and brute force finds nothing smaller.

use super::model::{Cell, Instance};
use super::*;
use crate::planning::precision::{resolution, resolution_at};
use crate::planning::{Asked, SourceKind};

const N_BRUTE_FORCED: usize = 10_000;
/// Most needs of an instance that brute force tries every set of.
const MAX_NEEDS: usize = 11;

fn typed_of(plan: &Plan) -> HashSet<Cell> {
    let mut typed = HashSet::new();
    for unit in 0..plan.tree.len() {
        for cell in plan.typed_cells(unit) {
            assert!(typed.insert((unit, cell.period)), "typed twice");
        }
    }
    typed
}

/// Whether some set of `n` needs fills every field. Adding cells never hurts, so smaller sets need not be tried.
fn some_set_fills(needs: &[Cell], n: usize, fills: &mut dyn FnMut(&HashSet<Cell>) -> bool) -> bool {
    let mut chosen: Vec<usize> = (0..n).collect();
    if n > needs.len() {
        return false;
    }
    loop {
        if fills(&chosen.iter().map(|i| needs[*i]).collect()) {
            return true;
        }
        // The next combination in lexical order.
        let Some(at) = (0..n).rev().find(|i| chosen[*i] < needs.len() - n + i) else { return false };
        chosen[at] += 1;
        for i in at + 1..n {
            chosen[i] = chosen[i - 1] + 1;
        }
    }
}

#[test]
fn no_smaller_plan_exists() {
    let mut n_brute_forced = 0;
    let mut n_saved = 0;
    for seed in 0_u64.. {
        if n_brute_forced == N_BRUTE_FORCED {
            break;
        }
        let instance = Instance::random(&mut Random(seed));
        let (plan, model) = (instance.plan(), instance.model());
        let needs = model.needs();
        if needs.is_empty() {
            continue;
        }
        let typed = typed_of(&plan);
        assert!(typed.iter().all(|cell| needs.contains(cell)), "seed {seed}: a cell that no form asks");
        assert!(model.fills_all(&typed), "seed {seed}: a field stays empty");
        for cell in &typed {
            let mut fewer = typed.clone();
            fewer.remove(cell);
            assert!(!model.fills_all(&fewer), "seed {seed}: {cell:?} could be left out");
        }
        if needs.len() > MAX_NEEDS {
            continue;
        }
        let smaller = typed.len().checked_sub(1);
        let found = smaller.is_some_and(|n| some_set_fills(&needs, n, &mut |set| model.fills_all(set)));
        assert!(!found, "seed {seed}: {} cells are not the fewest", typed.len());
        n_brute_forced += 1;
        n_saved += usize::from(typed.len() < needs.len());
    }
    assert!(n_saved > N_BRUTE_FORCED / 5, "too few of the instances have anything to save: {n_saved}");
}

#[test]
fn sources_lead_to_typed_cells() {
    for seed in 0..3_000 {
        let instance = Instance::random(&mut Random(seed));
        let (plan, model) = (instance.plan(), instance.model());
        let typed = typed_of(&plan);
        for ((unit, at), field) in model.wanted() {
            let form_period = at.shift_years(YEAR - model.year);
            let form_periods = if at == ReferencePeriod::Standing { form_periods(field) } else { vec![form_period] };
            for form_period in form_periods {
                let source = plan.source(unit, &field.key, form_period).unwrap();
                let distinct: HashSet<Cell> = source.cells().into_iter().collect();
                assert_eq!(distinct.len(), source.cells().len(), "seed {seed}: a cell counted twice");
                let all_typed = source.cells().iter().all(|c| typed.contains(c));
                let all_there = source.cells().iter().all(|c| typed.contains(c) || model.held.contains(c));
                assert!(all_there && !source.cells().is_empty(), "seed {seed}");
                match source.kind {
                    SourceKind::Typed | SourceKind::Converted => assert_eq!(source.cells(), [(unit, at)]),
                    SourceKind::TimeAggregate => assert!(source.cells().iter().all(|c| c.0 == unit && c.1 != at)),
                    SourceKind::RollUp => assert!(source.cells().iter().all(|c| c.0 != unit && c.1 == at)),
                    SourceKind::TimeAggregateAndRollUp => assert!(source.cells().iter().all(|c| c.0 != unit)),
                    SourceKind::LastYear => assert!(!all_typed),
                    SourceKind::Balance | SourceKind::Supplied | SourceKind::Registry => panic!("seed {seed}"),
                }
                let asked = plan.asks(unit, field.element, at);
                assert_eq!(matches!(asked, Asked::Typed(_)), typed.contains(&(unit, at)), "seed {seed}");
                assert_ne!(asked, Asked::NotAsked);
            }
        }
    }
}

#[test]
fn cells_say_what_they_serve() {
    for seed in 0..2_000 {
        let instance = Instance::random(&mut Random(seed));
        let (plan, model) = (instance.plan(), instance.model());
        // What each cell serves, by the sources of all fields.
        let mut serves: BTreeMap<Cell, Vec<(FieldKey, ReferencePeriod)>> = BTreeMap::new();
        let mut above: HashSet<Cell> = HashSet::new();
        let mut due: BTreeMap<Cell, jiff::civil::Date> = BTreeMap::new();
        for field in &instance.fields {
            for unit in (0..instance.units.len()).filter(|u| instance.units.units()[*u].level == field.level) {
                for (n, form_period) in form_periods(field).into_iter().enumerate() {
                    let source = plan.source(unit, &field.key, form_period).unwrap();
                    for cell in &source.cells() {
                        if source.cells() == [(unit, cell.1)] {
                            serves.entry(*cell).or_default().push((field.key.clone(), form_period));
                        }
                        if cell.0 != unit {
                            above.insert(*cell);
                        }
                        let is_first = n == 0 || model.shown(form_period) != ReferencePeriod::Standing;
                        let date = form_period.last_day().unwrap() + jiff::Span::new().days(i64::from(field.due_days));
                        if is_first {
                            let known = due.entry(*cell).or_insert(date);
                            *known = (*known).min(date);
                        }
                    }
                }
            }
        }
        for unit in 0..instance.units.len() {
            let cells = plan.typed_cells(unit);
            assert!(cells.is_sorted_by_key(|c| c.due), "seed {seed}: not by due date");
            for cell in cells {
                let at = (unit, cell.period);
                let mut expected = serves.remove(&at).unwrap_or_default();
                expected.sort();
                assert_eq!(cell.serves, expected, "seed {seed}");
                assert_eq!(cell.serves_above, above.contains(&at), "seed {seed}");
                assert_eq!(Some(&cell.due), due.get(&at), "seed {seed}");
                assert_eq!(plan.asks(unit, cell.element, cell.period), Asked::Typed(cell));
            }
        }
    }
}

#[test]
fn figures_are_typed_as_fine_as_the_finest_field_served() {
    for seed in 0..3_000 {
        let instance = Instance::random(&mut Random(seed));
        let plan = instance.plan();
        let mut steps: BTreeMap<Cell, Decimal> = BTreeMap::new();
        for unit in 0..instance.units.len() {
            for cell in plan.typed_cells(unit) {
                let via = instance.fields.iter().find(|f| f.key == cell.via).unwrap();
                assert!((via.decimals..=8).contains(&cell.decimals) && cell.unit == via.unit && cell.dtype.is_number(), "seed {seed}");
                assert!(cell.serves.iter().any(|(key, _)| *key == cell.via), "seed {seed}: typed through a field that it does not fill");
                steps.insert((unit, cell.period), resolution_at(via, cell.decimals));
            }
        }
        for f in &instance.fields {
            for unit in (0..instance.units.len()).filter(|u| instance.units.units()[*u].level == f.level) {
                for form_period in form_periods(f) {
                    let source = plan.source(unit, &f.key, form_period).unwrap();
                    let coarsest = source.cells().iter().filter_map(|c| steps.get(c)).max().copied();
                    assert!(coarsest.is_none_or(|step| step <= resolution(f)), "seed {seed}: {}", f.key);
                }
            }
        }
    }
}

#[test]
fn a_unit_is_never_asked_what_no_form_asks_of_it() {
    // One village asked by year and its county by month: the village's months alone would be fewer cells, and work that no form puts there.
    let units = tree(&[("C", Level::County, ""), ("V", Level::Village, "C")]);
    let mut fields = [field("a", "1", "e", Level::Village, Frequency::Annual), field("b", "1", "e", Level::County, Frequency::Monthly)];
    for f in &mut fields {
        f.time_basis = Some(TimeBasis::Flow);
    }
    let plan = plan_of(&units, &fields);
    assert_eq!((plan.typed_cells(0).len(), plan.typed_cells(1).len()), (12, 1));
}
