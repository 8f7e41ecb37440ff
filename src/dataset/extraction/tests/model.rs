//! Random worlds against the definition of a figure, written in rationals without the engine.

use super::*;
use crate::domain::measure::{round_rational, to_rational};
use num_rational::BigRational;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// The figures by the definition, in rationals, without the engine.
fn model(extraction: &Extraction, held: &[Observation]) -> BTreeMap<(u32, u32), Option<Decimal>> {
    let measures = measures();
    let by_key: BTreeMap<&ObservationKey, &Observation> = held.iter().map(|o| (&o.key, o)).collect();
    let mut sums: BTreeMap<(u32, u32), Option<BigRational>> = BTreeMap::new();
    for s in &extraction.sources {
        let key = ObservationKey { unit: s.unit.clone(), element: s.element, period: s.period };
        let atoms = by_key
            .get(&key)
            .map(|o| to_rational(o.figure.number().unwrap()) * to_rational(measures.find(&o.unit_of_measure).unwrap().atoms));
        let sum = sums.entry((s.row, s.column)).or_insert_with(|| Some(BigRational::from_integer(0.into())));
        *sum = sum.take().zip(atoms).map(|(a, b)| a + b);
    }
    let shown = |column: &Column, sum: BigRational| {
        round_rational(&(sum / to_rational(column.unit.as_ref().unwrap().atoms)), column.decimals).unwrap()
    };
    sums.into_iter().map(|(at, sum)| (at, sum.map(|s| shown(&extraction.columns[at.1 as usize], s)))).collect()
}

prop_compose! {
    /// Three rows, three columns of area, some of nine observations held in various units, any of them sources of any cell.
    fn any_world()(
        typed in prop::collection::vec(prop::option::weighted(0.85, (-999_999_999_999_999_i64..999_999_999_999_999, 0_u32..7, 0_usize..4)), 9),
        shown in prop::collection::vec((0_usize..4, 0_u32..9), 3),
        wanted in prop::collection::btree_set((0_u32..3, 0_u32..3, 0_usize..9), 0..40),
    )(
        order in Just((0..wanted.len()).collect::<Vec<_>>()).prop_shuffle(),
        typed in Just(typed), shown in Just(shown), wanted in Just(wanted),
    ) -> (Extraction, Vec<Observation>) {
        let symbols = ["亩", "公顷", "平方公里", "万亩"];
        let columns = shown.iter().enumerate().map(|(n, (s, d))| column(&format!("c{n}"), DataType::Decimal, symbols[*s], *d)).collect();
        let wanted: Vec<_> = wanted.into_iter().collect();
        let sources = order.iter().map(|n| wanted[*n]).map(|(r, c, o)| source(r, c, o / 3, "e", month((o % 3) as i8 + 1))).collect();
        let held = typed.iter().enumerate().filter_map(|(o, typed)| typed.map(|(mantissa, scale, symbol)| {
            observation(o / 3, "e", month((o % 3) as i8 + 1), Figure::Number(Decimal::new(mantissa, scale)), symbols[symbol])
        })).collect();
        (Extraction { columns, rows: (0..3).map(row).collect(), sources }, held)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn figures_are_those_of_the_definition_in_any_order((extraction, held) in any_world()) {
        let expected = model(&extraction, &held);
        let extracted = run(&extraction, held.clone()).unwrap();
        let rows = to_rows(&extracted);
        for (r, row) in rows.iter().enumerate() {
            for (c, figure) in row.2.iter().enumerate() {
                let wanted = expected.get(&(r as u32, c as u32)).cloned().flatten();
                prop_assert_eq!(figure.as_ref().and_then(Figure::number), wanted, "row {} column {}", r, c);
            }
        }
        let n_filled = expected.values().flatten().count() as u64;
        prop_assert_eq!(extracted.n_missing, 9 - n_filled);
        let turned = Extraction { sources: extraction.sources.iter().rev().cloned().collect(), ..extraction };
        let again = run(&turned, held.into_iter().rev().collect()).unwrap();
        prop_assert_eq!(again.batches, extracted.batches);
    }
}
