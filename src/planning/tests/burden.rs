//! The burden counts what an enumeration of every cell counts.

use super::model::Instance;
use super::*;
use crate::planning::{Saved, SourceKind, added_cells, changes};

#[test]
fn counts_equal_an_enumeration_of_every_cell() {
    for seed in 0..2_000 {
        let instance = Instance::random(&mut Random(seed));
        let plan = instance.plan();
        let mut counted = Burden { units: vec![Load::default(); instance.units.len()], ..Burden::default() };
        for unit in 0..instance.units.len() {
            for f in plan.fields_of_unit(unit) {
                counted.total.asked += u64::from(f.frequency.n_per_year());
                counted.units[unit].asked += u64::from(f.frequency.n_per_year());
                counted.forms.entry(f.key.form.clone()).or_default().asked += u64::from(f.frequency.n_per_year());
                counted.levels.entry(f.level).or_default().asked += u64::from(f.frequency.n_per_year());
                counted.frequencies.entry(f.frequency).or_default().asked += u64::from(f.frequency.n_per_year());
                counted.organisations.entry(f.organisation.clone()).or_default().asked += u64::from(f.frequency.n_per_year());
            }
            for cell in plan.typed_cells(unit) {
                let via = instance.fields.iter().find(|f| f.key == cell.via).unwrap();
                counted.total.collected += 1;
                counted.units[unit].collected += 1;
                counted.forms.entry(via.key.form.clone()).or_default().collected += 1;
                counted.levels.entry(via.level).or_default().collected += 1;
                counted.frequencies.entry(via.frequency).or_default().collected += 1;
                counted.organisations.entry(via.organisation.clone()).or_default().collected += 1;
            }
            for f in plan.fields_of_unit(unit) {
                for form_period in form_periods(f) {
                    let kind = plan.source(unit, &f.key, form_period).unwrap().kind;
                    let saved = &mut counted.saved;
                    *match kind {
                        SourceKind::Typed if f.time_basis == Some(TimeBasis::Standing) => &mut saved.standing,
                        SourceKind::Converted if f.time_basis == Some(TimeBasis::Standing) => &mut saved.standing,
                        SourceKind::Typed => &mut saved.same,
                        SourceKind::Converted => &mut saved.converted,
                        SourceKind::TimeAggregate => &mut saved.time_aggregate,
                        SourceKind::RollUp => &mut saved.roll_up,
                        SourceKind::TimeAggregateAndRollUp => &mut saved.time_aggregate_and_roll_up,
                        SourceKind::LastYear => &mut saved.last_year,
                        SourceKind::Balance => &mut saved.balance,
                        SourceKind::Supplied => &mut saved.supplied,
                        SourceKind::Registry => &mut saved.registry,
                    } += 1;
                }
            }
        }
        let mut burden = plan.burden();
        assert_eq!(burden.total.asked, burden.total.collected + burden.saved.total(), "seed {seed}");
        // The enumeration also counts the typed cells themselves among the same, or the standing.
        let is_standing = instance.fields[0].time_basis == Some(TimeBasis::Standing);
        *if is_standing { &mut counted.saved.standing } else { &mut counted.saved.same } -= burden.total.collected;
        // Where no unit has the level of a form, the form is listed with nothing asked.
        burden.levels.retain(|_, l| l.asked > 0);
        assert_eq!(counted.units, burden.units, "seed {seed}");
        burden.forms.retain(|_, l| l.asked > 0);
        burden.organisations.retain(|_, l| l.asked > 0);
        burden.frequencies.retain(|_, l| l.asked > 0);
        assert_eq!(counted, burden, "seed {seed}");
    }
}

#[test]
fn the_reduction_is_a_percentage_with_one_decimal() {
    for (asked, collected, expected) in [(0, 0, "0"), (8, 1, "87.5"), (3, 1, "66.7"), (3, 2, "33.3"), (2000, 1, "100.0"), (1, 1, "0")] {
        let expected: Decimal = expected.parse().unwrap();
        assert_eq!(Load { asked, collected }.reduction(), expected, "{asked} {collected}");
    }
    assert_eq!(Saved::default().total(), 0);
}

#[test]
fn a_form_tells_what_it_adds() {
    use Level::{County, Township, Village};
    let units = tree(&[
        ("C", County, ""),
        ("T1", Township, "C"),
        ("T2", Township, "C"),
        ("T3", Township, "C"),
        ("V1", Village, "T1"),
        ("V2", Village, "T1"),
    ]);
    let township = field("a", "1", "e", Township, Frequency::Annual);
    let before = plan_of(&units, std::slice::from_ref(&township));
    let same = plan_of(&units, &[township.clone(), field("b", "1", "e", Township, Frequency::Annual)]);
    assert_eq!((added_cells(&before, &same), changes(&before, &same)), (0, vec![]));
    // Villages type by quarter, their township no longer does, the others now type four.
    let after = plan_of(
        &units,
        &[township, field("b", "1", "e", Township, Frequency::Quarterly), field("c", "1", "e", Village, Frequency::Quarterly)],
    );
    let [villages, townships] = changes(&before, &after).try_into().unwrap();
    assert_eq!((villages.level, villages.n_units, villages.n_units_more, villages.min_added, villages.total), (Village, 2, 2, 4, 8));
    assert_eq!((townships.n_units, townships.n_units_more, townships.n_units_less), (3, 2, 1));
    assert_eq!((townships.min_added, townships.max_added, townships.total), (3, 3, 5));
    assert_eq!((added_cells(&before, &after), added_cells(&after, &before)), (13, -13));
}
