//! Worlds with planted relations: what was planted is found, and nothing else.

use proptest::prelude::*;

use super::*;
use crate::domain::message::Language;

/// Repeatable numbers from 0 to `below`.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

fn id(name: &str) -> ElementId {
    ElementId::of_key(name)
}

fn column(table: &mut ValueTable, name: &str, values: &[Decimal], step: Decimal) {
    let cells = (0_u32..).zip(values).map(|(place, atoms)| Value { place, atoms: *atoms, step });
    table.add(id(name), "person", cells);
}

fn numbers(dice: &mut Dice, n: usize, below: u64) -> Vec<Decimal> {
    (0..n).map(|_| Decimal::from(dice.roll(below))).collect()
}

#[test]
fn equal_columns_are_found_under_any_name_and_others_are_not() {
    let mut dice = Dice(7);
    let mut table = ValueTable::new();
    let people = numbers(&mut dice, 120, 5_000);
    let mut retyped = people.clone();
    retyped[3] += Decimal::ONE;
    column(&mut table, "people", &people, Decimal::ONE);
    column(&mut table, "people again", &retyped, Decimal::ONE);
    for n in 0..40 {
        let other = numbers(&mut dice, 120, 5_000);
        column(&mut table, &format!("other {n}"), &other, Decimal::ONE);
    }
    let found = table.equal_pairs();
    assert_eq!(found.len(), 1, "{found:?}");
    let evidence = found[0].evidence;
    assert_eq!((evidence.n_compared, evidence.n_equal, evidence.verdict), (120, 119, ValueVerdict::Equal));
    let against = table.compare(id("people"), id("other 1")).expect("both have figures");
    assert_eq!(against.verdict, ValueVerdict::Different);
    assert!(against.weight < 0.0);
}

#[test]
fn agreement_that_chance_explains_says_nothing() {
    let mut table = ValueTable::new();
    let ones = vec![Decimal::ONE; 200];
    column(&mut table, "committees", &ones, Decimal::ONE);
    column(&mut table, "branches", &ones, Decimal::ONE);
    let evidence = table.compare(id("committees"), id("branches")).expect("both have figures");
    assert_eq!((evidence.n_equal, evidence.verdict), (200, ValueVerdict::Unclear));
    assert!(table.equal_pairs().is_empty());
    assert!(say_evidence(&evidence, None, "甲", "乙", Language::Zh).contains("不足以判断"));
}

#[test]
fn a_coarse_column_equals_the_fine_one_it_rounds() {
    let mut dice = Dice(11);
    let mut table = ValueTable::new();
    let fine = numbers(&mut dice, 60, 90_000);
    let coarse: Vec<Decimal> = fine.iter().map(|v| (*v / Decimal::from(100)).round() * Decimal::from(100)).collect();
    column(&mut table, "fine", &fine, Decimal::ONE);
    column(&mut table, "coarse", &coarse, Decimal::from(100));
    let evidence = table.compare(id("fine"), id("coarse")).expect("both have figures");
    // The decimal's own rounding takes halves to even; the table's goes away from zero.
    assert!(evidence.n_equal >= 58 && evidence.verdict == ValueVerdict::Equal, "{evidence:?}");
    assert_eq!(table.equal_pairs().len(), 1);
}

#[test]
fn a_unit_mistake_is_named() {
    let mut dice = Dice(3);
    let mut table = ValueTable::new();
    let right = numbers(&mut dice, 40, 7_000);
    let wrong: Vec<Decimal> = right.iter().map(|v| *v * Decimal::from(10_000)).collect();
    column(&mut table, "right", &right, Decimal::ONE);
    column(&mut table, "wrong", &wrong, Decimal::from(10_000));
    let factors = [Decimal::from(10), Decimal::from(10_000), Decimal::new(1, 4)];
    let mistake = table.unit_mistake(id("wrong"), id("right"), &factors).expect("a constant ratio");
    assert_eq!(mistake.factor, Decimal::from(10_000));
    assert!(mistake.n_explained >= 38);
    assert!(table.unit_mistake(id("right"), id("wrong"), &factors[..2]).is_none());
    let other = numbers(&mut dice, 40, 7_000);
    column(&mut table, "other", &other, Decimal::ONE);
    assert!(table.unit_mistake(id("other"), id("right"), &factors).is_none());
}

#[test]
fn sums_are_found_and_accidents_are_not() {
    let mut dice = Dice(5);
    let mut table = ValueTable::new();
    let (men, women) = (numbers(&mut dice, 30, 900), numbers(&mut dice, 30, 900));
    let all: Vec<Decimal> = men.iter().zip(&women).map(|(m, w)| *m + *w).collect();
    column(&mut table, "men", &men, Decimal::ONE);
    column(&mut table, "women", &women, Decimal::ONE);
    column(&mut table, "all", &all, Decimal::ONE);
    let zeros = vec![Decimal::ZERO; 30];
    column(&mut table, "nobody", &zeros, Decimal::ONE);
    for n in 0..20 {
        let other = numbers(&mut dice, 30, 900);
        column(&mut table, &format!("other {n}"), &other, Decimal::ONE);
    }
    let form: Vec<ElementId> = ["men", "all", "nobody", "women"].map(id).to_vec();
    let found = table.sums(&[form]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].total, found[0].n_places), (id("all"), 30));
}

#[test]
fn other_dimensions_are_not_compared() {
    let mut table = ValueTable::new();
    let cell = |atoms: u32| Value { place: atoms, atoms: Decimal::from(atoms), step: Decimal::ONE };
    table.add(id("people"), "person", (0..20).map(cell));
    table.add(id("households"), "household", (0..20).map(cell));
    assert!(table.compare(id("people"), id("households")).is_none());
    assert!(table.compare(id("people"), id("nothing")).is_none());
}

proptest! {
    #[test]
    fn comparing_is_the_same_both_ways(a in prop::collection::vec(0_u32..50, 1..60), b in prop::collection::vec(0_u32..50, 1..60)) {
        let mut table = ValueTable::new();
        let decimals = |list: &[u32]| list.iter().map(|v| Decimal::from(*v)).collect::<Vec<_>>();
        column(&mut table, "a", &decimals(&a), Decimal::ONE);
        column(&mut table, "b", &decimals(&b), Decimal::ONE);
        let (there, back) = (table.compare(id("a"), id("b")), table.compare(id("b"), id("a")));
        prop_assert_eq!(there, back);
        let evidence = there.expect("both start at place 0");
        prop_assert!(evidence.weight.abs() <= 12.0 && evidence.n_equal <= evidence.n_compared);
    }
}
