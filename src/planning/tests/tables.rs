//! Tables of small cases: what is asked, and who types what.

use super::*;
use crate::domain::message::Language;
use crate::planning::{Asked, SourceKind};
use Frequency::{Annual, Monthly, Quarterly, Semiannual};
use Level::{County, Township, Village};

/// A county with a township of two villages, a township without villages, and a village of its own.
pub(super) fn county() -> UnitTree {
    tree(&[
        ("C", County, ""),
        ("T1", Township, "C"),
        ("T2", Township, "C"),
        ("V1", Village, "T1"),
        ("V2", Village, "T1"),
        ("V9", Village, "C"),
    ])
}

/// Number of cells that each unit of [`county`] types: C, T1, T2, V1, V2, V9.
fn typed(fields: &[AskedField]) -> Vec<usize> {
    let units = county();
    let plan = plan_of(&units, fields);
    let counts: Vec<usize> = (0..units.len()).map(|u| plan.typed_cells(u).len()).collect();
    let of_shapes: Vec<u64> = plan.burden().units.iter().map(|l| l.collected).collect();
    assert!(counts.iter().map(|n| *n as u64).eq(of_shapes), "the burden counts other cells than are typed");
    counts
}

#[test]
fn who_types_what() {
    let f = |form: &str, level, frequency| field(form, "1", "e", level, frequency);
    let with = |mut f: AskedField, basis: Option<TimeBasis>, sums| {
        (f.time_basis, f.sums_over_units) = (basis, sums);
        f
    };
    let flow = Some(TimeBasis::Flow);
    let average = Some(TimeBasis::Average);
    let cases: Vec<(&str, Vec<AskedField>, [usize; 6])> = vec![
        ("nothing asked", vec![], [0; 6]),
        ("one level", vec![f("a", Village, Annual)], [0, 0, 0, 1, 1, 1]),
        ("the same figure twice", vec![f("a", Village, Annual), f("b", Village, Annual)], [0, 0, 0, 1, 1, 1]),
        ("township from villages, childless township types", vec![f("a", Village, Annual), f("b", Township, Annual)], [0, 0, 1, 1, 1, 1]),
        (
            "county needs every child: the childless township is asked by nobody",
            vec![f("a", Village, Annual), f("b", County, Annual)],
            [1, 0, 0, 1, 1, 1],
        ),
        (
            "county from townships and villages",
            vec![f("a", Village, Annual), f("b", Township, Annual), f("c", County, Annual)],
            [0, 0, 1, 1, 1, 1],
        ),
        ("year from months", vec![f("a", Village, Monthly), f("b", Village, Annual), f("c", Village, Semiannual)], [0, 0, 0, 12, 12, 12]),
        ("township year from village months", vec![f("a", Village, Monthly), f("b", Township, Annual)], [0, 0, 1, 12, 12, 12]),
        ("finer parent types for itself", vec![f("a", Village, Annual), f("b", Township, Quarterly)], [0, 4, 4, 1, 1, 1]),
        (
            "no sum over units",
            vec![f("a", Village, Annual), f("b", Township, Annual)].into_iter().map(|f| with(f, flow, false)).collect(),
            [0, 1, 1, 1, 1, 1],
        ),
        (
            "averages stay apart over time, sum over units",
            vec![f("a", Village, Monthly), f("b", Village, Annual), f("c", Township, Annual)]
                .into_iter()
                .map(|f| with(f, average, true))
                .collect(),
            [0, 0, 1, 13, 13, 13],
        ),
        (
            "standing once, whatever the frequency",
            vec![f("a", Village, Monthly), f("b", Village, Annual), f("c", Township, Annual)]
                .into_iter()
                .map(|f| with(f, Some(TimeBasis::Standing), true))
                .collect(),
            [0, 0, 1, 1, 1, 1],
        ),
        (
            "forms that disagree about the time basis are taken apart",
            vec![f("a", Village, Monthly), with(f("b", Village, Annual), flow, true)],
            [0, 0, 0, 13, 13, 13],
        ),
    ];
    for (name, fields, expected) in cases {
        assert_eq!(typed(&fields), expected, "{name}");
    }
}

#[test]
fn fields_that_cannot_serve_each_other_get_cells_of_their_own() {
    let base = field("a", "1", "e", Village, Annual);
    let change = |what: fn(&mut AskedField)| {
        let mut other = field("b", "1", "e", Village, Annual);
        what(&mut other);
        other
    };
    let cases: Vec<(&str, AskedField, usize)> = vec![
        ("other unit of one dimension", change(|f| (f.unit, f.decimals, f.dtype) = (ten_thousand_persons(), 2, DataType::Decimal)), 1),
        ("whole and decimal", change(|f| (f.dtype, f.decimals) = (DataType::Decimal, 2)), 1),
        ("other dimension", change(|f| f.unit = mu()), 2),
        ("unknown unit", change(|f| f.unit = None), 2),
        ("text", change(|f| f.dtype = DataType::Text), 2),
        ("code", change(|f| f.dtype = DataType::Code), 2),
        ("yes or no", change(|f| f.dtype = DataType::Bool), 2),
        ("date", change(|f| f.dtype = DataType::Date), 2),
    ];
    for (name, other, n_cells) in cases {
        let units = tree(&[("V", Village, "")]);
        let plan = plan_of(&units, &[base.clone(), other.clone()]);
        let cells = plan.typed_cells(0);
        assert_eq!(cells.len(), n_cells, "{name}");
        let elements: HashSet<ElementId> = cells.iter().map(|c| c.element).collect();
        assert_eq!(elements.len(), n_cells, "{name}: two figures under one observation");
        assert!(elements.contains(&base.element), "{name}: one group keeps the id of the element");
        for field in [&base, &other] {
            let source = plan.source(0, &field.key, period("2026")).unwrap();
            assert!(cells.iter().any(|c| c.element == source.element && c.serves.contains(&(field.key.clone(), period("2026")))), "{name}");
        }
    }
}

#[test]
fn the_finest_field_is_typed_and_its_decimals_serve_all() {
    let units = county();
    let wide = |form: &str, level, decimals| {
        let mut f = field(form, "1", "e", level, Annual);
        (f.unit, f.unit_text, f.decimals, f.dtype) = (ten_thousand_persons(), "万人".into(), decimals, DataType::Decimal);
        f
    };
    let village = units.position(&UnitCode::from_stored("V1")).unwrap();
    let alone = units.position(&UnitCode::from_stored("V9")).unwrap();
    // At one level the finer field is typed.
    let plan = plan_of(&units, &[wide("a", Village, 2), field("b", "1", "e", Village, Annual)]);
    let cell = &plan.typed_cells(village)[0];
    assert_eq!((cell.via.clone(), cell.unit_text.as_str(), cell.decimals), (key("b", "1"), "人", 0));
    assert_eq!(plan.source(village, &key("a", "1"), period("2026")).unwrap().kind, SourceKind::Converted);
    // A finer field above raises the decimals below, only where it is served.
    let plan = plan_of(&units, &[wide("a", Village, 2), field("b", "1", "e", Township, Annual)]);
    let cell = &plan.typed_cells(village)[0];
    assert_eq!((cell.unit_text.as_str(), cell.decimals, cell.serves_above), ("万人", 4, true));
    let cell = &plan.typed_cells(alone)[0];
    assert_eq!((cell.unit_text.as_str(), cell.decimals, cell.serves_above), ("万人", 2, false));
    // Whole 万人 becomes a decimal figure.
    let mut whole = wide("a", Village, 0);
    whole.dtype = DataType::Integer;
    let plan = plan_of(&units, &[whole, field("b", "1", "e", Township, Annual)]);
    assert_eq!(plan.typed_cells(village)[0].dtype, DataType::Decimal);
}

#[test]
fn what_eight_decimals_cannot_reach_is_typed_apart() {
    let units = county();
    let money = |form: &str, level, atoms: i64, symbol: &str| {
        let mut f = field(form, "1", "e", level, Annual);
        (f.unit, f.dtype, f.decimals) = (measure(symbol, "money", atoms, false), DataType::Decimal, 2);
        f
    };
    // 亿元 with 8 decimals shows 1 元; 元 with 2 decimals shows 分.
    let plan =
        plan_of(&units, &[money("a", Village, 100_000_000, "亿元"), money("b", Township, 1, "元"), money("c", Township, 10_000, "万元")]);
    let counts: Vec<usize> = (0..units.len()).map(|u| plan.typed_cells(u).len()).collect();
    assert_eq!(counts, [0, 1, 1, 1, 1, 1]);
    let plan = plan_of(&units, &[money("a", Village, 100_000_000, "亿元"), money("c", Township, 10_000, "万元")]);
    let counts: Vec<usize> = (0..units.len()).map(|u| plan.typed_cells(u).len()).collect();
    assert_eq!(counts, [0, 0, 1, 1, 1, 1]);
}

#[test]
fn the_unit_that_reaches_far_enough_is_typed() {
    let units = county();
    let money = |form: &str, level, atoms: i64, decimals: u32| {
        let mut f = field(form, "1", "e", level, Annual);
        (f.unit, f.dtype, f.decimals) = (measure(form, "money", atoms, false), DataType::Decimal, decimals);
        f
    };
    // 亿元 with six decimals is finer than 万元 with one, but only 万元 can be typed to the 分 that the township shows.
    let villages = [money("亿元", Village, 100_000_000, 6), money("万元", Village, 10_000, 1)];
    let plan = plan_of(&units, &[villages.to_vec(), vec![money("元", Township, 1, 2)]].concat());
    let [t1, v1, v9] = ["T1", "V1", "V9"].map(|c| units.position(&UnitCode::from_stored(c)).unwrap());
    assert!(plan.typed_cells(t1).is_empty());
    let typed = |u: usize| plan.typed_cells(u).iter().map(|c| (c.via.form.to_string(), c.decimals)).collect::<Vec<_>>();
    assert_eq!((typed(v1), typed(v9)), (vec![("万元".to_owned(), 6)], vec![("万元".to_owned(), 2)]));
}

#[test]
fn of_two_ways_the_nearer_is_taken() {
    let units = county();
    let t1 = units.position(&UnitCode::from_stored("T1")).unwrap();
    let fields = [field("a", "1", "e", Township, Monthly), field("b", "1", "e", Township, Annual), field("c", "1", "e", Village, Annual)];
    let plan = plan_of(&units, &fields);
    let source = plan.source(t1, &key("b", "1"), period("2026")).unwrap();
    assert_eq!((source.cells(), source.kind), (vec![(t1, period("2026-12"))], SourceKind::TimeAggregate));
}

#[test]
fn a_sum_of_held_and_typed_figures_is_a_sum() {
    let units = county();
    let mut fields = [field("a", "1", "e", County, Annual), field("b", "1", "e", Village, Annual)];
    for f in &mut fields {
        f.offset_years = -1;
    }
    let before = HashSet::from([(fields[0].element, Township, Annual)]);
    let plan = make_plan(&PlanInput {
        year: YEAR,
        fields: &fields,
        units: &units,
        collected_before: &before,
        balances: &[],
        supplied: &BTreeSet::new(),
    });
    let source = plan.source(0, &key("a", "1"), period("2026")).unwrap();
    assert_eq!((source.cells().len(), source.kind), (3, SourceKind::RollUp));
    assert_eq!(plan.burden().saved, Saved { roll_up: 1, ..Saved::default() });
}

#[test]
fn due_dates_follow_the_earliest_form_served() {
    let units = county();
    let mut quick = field("b", "1", "e", Township, Quarterly);
    quick.due_days = 3;
    let mut slow = field("a", "1", "e", Village, Monthly);
    slow.due_days = 20;
    let plan = plan_of(&units, &[slow, quick]);
    let village = units.position(&UnitCode::from_stored("V1")).unwrap();
    let alone = units.position(&UnitCode::from_stored("V9")).unwrap();
    let dues = |u: usize| plan.typed_cells(u).iter().map(|c| c.due.to_string()).take(4).collect::<Vec<_>>();
    // March serves the township's first quarter, which is due sooner.
    assert_eq!(dues(village), ["2026-02-20", "2026-03-20", "2026-04-03", "2026-05-20"]);
    assert_eq!(dues(alone), ["2026-02-20", "2026-03-20", "2026-04-20", "2026-05-20"]);
    assert_eq!(plan.due_dates(alone).len(), 12);
    let mut standing = field("a", "1", "s", Village, Monthly);
    standing.time_basis = Some(TimeBasis::Standing);
    let plan = plan_of(&units, &[standing]);
    let cell = &plan.typed_cells(village)[0];
    assert_eq!((cell.due.to_string().as_str(), cell.period, cell.serves.len()), ("2026-02-05", ReferencePeriod::Standing, 12));
}

#[test]
fn last_year_comes_from_what_was_collected() {
    let units = county();
    let mut last = field("b", "1", "e", Township, Annual);
    last.offset_years = -1;
    let now = field("a", "1", "e", Village, Monthly);
    let fields = [now.clone(), last.clone()];
    let element = now.element;
    let [t1, t2] = ["T1", "T2"].map(|c| units.position(&UnitCode::from_stored(c)).unwrap());
    // Never collected: typed once, as a figure of the year before.
    let plan = plan_of(&units, &fields);
    let cell = &plan.typed_cells(t1)[0];
    assert_eq!((cell.period, cell.due.to_string().as_str()), (period("2025"), "2027-01-20"));
    assert_eq!(cell.serves, [(key("b", "1"), period("2026"))]);
    assert!(matches!(plan.asks(t1, element, period("2025")), Asked::Typed(_)));
    assert_eq!(plan.asks(t1, element, period("2026")), Asked::NotAsked);
    // Collected from the villages by month, and from the township that has none.
    let before = HashSet::from([(element, Village, Monthly), (element, Township, Annual)]);
    let plan = make_plan(&PlanInput {
        year: YEAR,
        fields: &fields,
        units: &units,
        collected_before: &before,
        balances: &[],
        supplied: &BTreeSet::new(),
    });
    assert!(plan.typed_cells(t1).is_empty() && plan.typed_cells(t2).is_empty());
    let source = plan.source(t1, &last.key, period("2026")).unwrap();
    let villages = ["V1", "V2"].map(|c| units.position(&UnitCode::from_stored(c)).unwrap());
    assert_eq!(source.cells(), villages.map(|v| (v, period("2025-12"))));
    assert_eq!(source.kind, SourceKind::LastYear);
    assert_eq!(plan.source(t2, &last.key, period("2026")).unwrap().cells(), [(t2, period("2025"))]);
    assert_eq!(plan.asks(t1, element, period("2025")), Asked::Computed);
    // Collected from the villages alone: the township without villages types.
    let before = HashSet::from([(element, Village, Monthly)]);
    let plan = make_plan(&PlanInput {
        year: YEAR,
        fields: &fields,
        units: &units,
        collected_before: &before,
        balances: &[],
        supplied: &BTreeSet::new(),
    });
    assert_eq!((plan.typed_cells(t1).len(), plan.typed_cells(t2).len()), (0, 1));
}

#[test]
fn a_standing_fact_that_is_held_is_not_typed_again() {
    let units = county();
    let mut fact = field("a", "1", "e", Township, Annual);
    fact.time_basis = Some(TimeBasis::Standing);
    let before = HashSet::from([(fact.element, Township, Monthly)]);
    let plan = make_plan(&PlanInput {
        year: YEAR,
        fields: &[fact.clone()],
        units: &units,
        collected_before: &before,
        balances: &[],
        supplied: &BTreeSet::new(),
    });
    assert_eq!(plan.burden().total, Load { asked: 2, collected: 0 });
    let source = plan.source(1, &fact.key, period("2026")).unwrap();
    assert_eq!((source.cells(), source.kind), (vec![(1, ReferencePeriod::Standing)], SourceKind::LastYear));
}

#[test]
fn what_is_not_asked_has_no_source() {
    let units = county();
    let f = field("a", "1", "e", Village, Quarterly);
    let plan = plan_of(&units, std::slice::from_ref(&f));
    let village = units.position(&UnitCode::from_stored("V1")).unwrap();
    for (unit, at) in [(0, "2026Q1"), (village, "2026"), (village, "2025Q1"), (village, "2026-03"), (99, "2026Q1"), (village, "standing")] {
        assert_eq!(plan.source(unit, &f.key, period(at)), None, "{unit} {at}");
        assert_eq!(plan.explain(unit, &f.key, period(at), Language::Zh), None);
    }
    assert_eq!(plan.source(village, &key("a", "2"), period("2026Q1")), None);
    assert_eq!(plan.asks(village, ElementId::of_key("x"), period("2026Q1")), Asked::NotAsked);
    assert_eq!(plan.asks(village, f.element, ReferencePeriod::Standing), Asked::NotAsked);
    assert_eq!(plan.fields_of_unit(village).count(), 1);
    assert_eq!(plan.fields_of_unit(0).count() + plan.fields_of_unit(99).count(), 0);
}

#[test]
fn figures_outside_the_calendar_are_named() {
    let units = county();
    let mut f = field("a", "1", "e", Village, Annual);
    for offset in [i16::MIN, -2000, 1000, i16::MAX] {
        f.offset_years = offset;
        let plan = plan_of(&units, std::slice::from_ref(&f));
        assert_eq!((plan.out_of_calendar().count(), plan.burden().total), (1, Load::default()), "{offset}");
    }
    for year in [i16::MIN, 0, i16::MAX] {
        let plan = make_plan(&PlanInput {
            year,
            fields: &[f.clone()],
            units: &units,
            collected_before: &HashSet::new(),
            balances: &[],
            supplied: &BTreeSet::new(),
        });
        assert!(plan.typed_cells(3).is_empty() && plan.due_dates(3).is_empty());
    }
}

#[test]
fn cells_stand_in_the_order_of_the_forms() {
    let units = tree(&[("V", Village, "")]);
    let fields: Vec<AskedField> = ["R10", "R9", "R1"].map(|id| field("a", id, id, Village, Annual)).to_vec();
    let plan = plan_of(&units, &fields);
    let order: Vec<String> = plan.typed_cells(0).iter().map(|c| c.via.field.to_string()).collect();
    assert_eq!(order, ["R1", "R9", "R10"]);
}

#[test]
fn nothing_is_computed_through_a_cycle() {
    // Registration refuses such a tree; a plan of it must still end.
    let units = tree(&[("A", County, "B"), ("B", County, "A"), ("T", Township, "A"), ("V", Village, "T"), ("S", Village, "S")]);
    let plan = plan_of(
        &units,
        &[field("a", "1", "e", County, Annual), field("b", "1", "e", Village, Annual), field("c", "1", "e", Township, Annual)],
    );
    let counts: Vec<usize> = (0..units.len()).map(|u| plan.typed_cells(u).len()).collect();
    assert_eq!(counts, [1, 1, 1, 0, 1], "A, B, S, T, V");
    assert_eq!(plan.source(0, &key("a", "1"), period("2026")).unwrap().cells(), [(0, period("2026"))]);
}

#[test]
fn parts_of_an_element_keep_their_ids_for_ever() {
    // Observations are stored under these ids: they may not change from one version to the next.
    let mut text = field("a", "1", "e", Village, Annual);
    text.dtype = DataType::Text;
    let mut code = field("b", "1", "e", Village, Annual);
    (code.dtype, code.options) = (DataType::Code, vec!["1.甲".into(), "2.乙".into()]);
    let mut unknown = field("c", "1", "e", Village, Annual);
    unknown.unit = None;
    let plan = plan_of(&tree(&[("V", Village, "")]), &[field("d", "1", "e", Village, Annual), text, code, unknown]);
    let ids: Vec<String> = plan.typed_cells(0).iter().map(|c| format!("{} {}", c.via.form, c.element)).collect();
    assert_eq!(ids, ["a e4f7e589ee10b4581", "b e2efc209c1f269aca", "c e574f064bca60695a", "d e13dda4970845faf4"]);
}
