//! Worlds computed by hand and by a plain model: conversion, sums over time and units, gaps, texts, order, slices, Arrow.

mod model;

use super::*;
use crate::domain::figure::Figure;
use crate::domain::id::{AccountId, FieldId, FieldKey, FormId, ReceiptId};
use crate::domain::observation::ObservationKey;
use arrow::array::AsArray;
use arrow::ipc::reader::StreamReader;
use futures::StreamExt;
use rust_decimal::Decimal;

const UNITS: &str = r#"
[dimension.area]
units = [{ symbol = "亩", atoms = "2000" }, { symbol = "公顷", atoms = "30000" }, { symbol = "平方公里", atoms = "3000000" }, { symbol = "万亩", atoms = "20000000" }]
[dimension.person]
discrete = true
units = [{ symbol = "人", atoms = "1" }, { symbol = "万人", atoms = "10000" }]
[dimension.mass]
units = [{ symbol = "公斤", atoms = "1" }, { symbol = "斤", atoms = "0.5" }, { symbol = "吨", atoms = "1000" }]
"#;

fn measures() -> Measures {
    Measures::parse(UNITS).unwrap()
}

fn unit(n: usize) -> UnitCode {
    UnitCode::parse(&format!("{:012}", 330_122_000_000_usize + n)).unwrap()
}

fn element(name: &str) -> ElementId {
    ElementId::of_key(name)
}

fn year() -> ReferencePeriod {
    ReferencePeriod::Year { year: 2026 }
}

fn month(month: i8) -> ReferencePeriod {
    ReferencePeriod::Month { year: 2026, month }
}

fn number(text: &str) -> Figure {
    Figure::Number(text.parse().unwrap())
}

fn column(name: &str, dtype: DataType, unit: &str, decimals: u32) -> Column {
    Column { name: name.into(), title: format!("{name}题"), dtype, unit: measures().find(unit).cloned(), decimals }
}

fn row(n: usize) -> Row {
    Row { unit: unit(n), unit_name: format!("单位{n}"), period: year() }
}

fn source(row: u32, column: u32, n_unit: usize, name: &str, period: ReferencePeriod) -> SourceCell {
    SourceCell { row, column, unit: unit(n_unit), element: element(name), period, factor: 1.into() }
}

fn observation(n_unit: usize, name: &str, period: ReferencePeriod, figure: Figure, unit_of_measure: &str) -> Observation {
    Observation {
        key: ObservationKey { unit: unit(n_unit), element: element(name), period },
        figure,
        unit_of_measure: unit_of_measure.into(),
        via: FieldKey { form: FormId::from_stored("f"), field: FieldId::from_stored("x"), since: 1 },
        typed_under: element(name),
        version: 1,
        reporter: AccountId::from_stored("clerk"),
        receipt: ReceiptId::from_stored("r"),
        stored_at: jiff::Timestamp::UNIX_EPOCH,
        reason: String::new(),
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn run(extraction: &Extraction, observations: Vec<Observation>) -> Result<Extracted, Error> {
    block_on(extract(extraction, observations, &measures()))
}

/// Figures of the only row, "-" for none.
#[track_caller]
fn check(columns: Vec<Column>, sources: Vec<SourceCell>, observations: Vec<Observation>, expect: &[&str]) -> Extracted {
    let extracted = run(&Extraction { columns, rows: vec![row(0)], sources }, observations).unwrap();
    let rows = to_rows(&extracted);
    let shown: Vec<String> = rows[0].2.iter().map(|f| f.as_ref().map_or("-".into(), ToString::to_string)).collect();
    assert_eq!(shown, expect);
    extracted
}

#[test]
fn villages_add_up_to_a_township_in_another_unit() {
    let sources = (1..=3).map(|n| source(0, 0, n, "耕地", year())).collect();
    let held = ["100.5", "49.5", "10"].iter().zip(1..).map(|(v, n)| observation(n, "耕地", year(), number(v), "亩")).collect();
    // 160 亩 = 10.6666… 公顷.
    let extracted = check(vec![column("a", DataType::Decimal, "公顷", 4)], sources, held, &["10.6667"]);
    assert_eq!((extracted.n_missing, extracted.refused.len()), (0, 0));
}

#[test]
fn the_sum_is_rounded_once() {
    // Each 1 亩 alone is 0.07 公顷 when shown with two decimals; fifteen of them are exactly 1.
    let sources = (1..=15).map(|n| source(0, 0, n, "耕地", year())).collect();
    let held = (1..=15).map(|n| observation(n, "耕地", year(), number("1"), "亩")).collect();
    check(vec![column("a", DataType::Decimal, "公顷", 2)], sources, held, &["1"]);
}

#[test]
fn people_are_shown_in_ten_thousands_and_halves_go_up() {
    let columns =
        vec![column("a", DataType::Decimal, "万人", 4), column("b", DataType::Decimal, "万人", 2), column("c", DataType::Integer, "人", 0)];
    let sources = (0..3).map(|c| source(0, c, 0, "人口", year())).collect();
    let held = vec![observation(0, "人口", year(), number("12350"), "人")];
    check(columns, sources, held, &["1.235", "1.24", "12350"]);
}

#[test]
fn twelve_months_of_mixed_units_make_a_year() {
    let sources = (1..=12).map(|m| source(0, 0, 0, "产量", month(m))).collect();
    let held = (1..=12).map(|m| {
        let (figure, symbol) = match m % 3 {
            0 => ("1.5", "吨"),
            1 => ("7", "公斤"),
            _ => ("-3", "斤"),
        };
        observation(0, "产量", month(m), number(figure), symbol)
    });
    // 4 × (1500 + 7 - 1.5) kg = 6022 kg.
    check(vec![column("a", DataType::Decimal, "吨", 3)], sources, held.collect(), &["6.022"]);
}

#[test]
fn a_cell_without_all_of_its_sources_is_empty() {
    let columns =
        vec![column("a", DataType::Decimal, "亩", 2), column("b", DataType::Decimal, "亩", 2), column("c", DataType::Decimal, "亩", 2)];
    let sources = vec![source(0, 0, 1, "x", year()), source(0, 0, 2, "x", year()), source(0, 1, 1, "x", year())];
    let held = vec![observation(1, "x", year(), number("0"), "亩"), observation(2, "x", month(1), number("5"), "亩")];
    let extracted = check(columns, sources, held, &["-", "0", "-"]);
    assert_eq!((extracted.n_missing, extracted.refused.len()), (2, 0));
}

#[test]
fn texts_dates_and_flags_come_through() {
    let columns = vec![
        column("name", DataType::Text, "", 0),
        column("day", DataType::Date, "", 0),
        column("road", DataType::Bool, "", 0),
        column("water", DataType::Bool, "", 0),
        column("kind", DataType::Code, "", 0),
        column("gas", DataType::Code, "", 0),
    ];
    let values = [
        Figure::Text("=张三".into()),
        Figure::Text("2026-09-30".into()),
        Figure::Bool(true),
        Figure::Text("2".into()),
        Figure::Text("1重点镇".into()),
        Figure::Bool(false),
    ];
    let names = ["e0", "e1", "e2", "e3", "e4", "e5"];
    let sources = names.iter().zip(0..).map(|(name, c)| source(0, c, 0, name, year())).collect();
    let held = names.iter().zip(values).map(|(name, figure)| observation(0, name, year(), figure, "")).collect();
    check(columns, sources, held, &["=张三", "2026-09-30", "是", "否", "1重点镇", "否"]);
}

#[test]
fn what_does_not_fit_is_refused_and_named() {
    let columns = vec![
        column("unit", DataType::Decimal, "亩", 2),
        column("mixed", DataType::Decimal, "亩", 2),
        column("type", DataType::Decimal, "亩", 2),
        column("texts", DataType::Text, "", 0),
        column("number", DataType::Text, "", 0),
        column("flag", DataType::Bool, "", 0),
        column("bare", DataType::Decimal, "", 2),
        column("odd", DataType::Decimal, "", 2),
    ];
    let mut sources = vec![source(0, 0, 0, "人", year()), source(0, 6, 0, "人", year()), source(0, 7, 0, "担", year())];
    for (c, names) in [(1, ["亩", "人"]), (2, ["亩", "文"]), (3, ["文", "字"]), (4, ["亩", ""]), (5, ["文", ""])] {
        sources.extend(names.iter().filter(|n| !n.is_empty()).map(|name| source(0, c, 0, name, year())));
    }
    let held = vec![
        observation(0, "人", year(), number("1"), "人"),
        observation(0, "亩", year(), number("1"), "亩"),
        observation(0, "担", year(), number("1.5"), "担"),
        observation(0, "文", year(), Figure::Text("x".into()), ""),
        observation(0, "字", year(), Figure::Text("y".into()), ""),
    ];
    let extracted = check(columns, sources, held, &["-", "-", "-", "-", "-", "-", "-", "1.5"]);
    let told: Vec<(&str, Refusal)> = extracted.refused.iter().map(|r| (r.field.as_str(), r.why)).collect();
    let expected = [
        ("unit", Refusal::UnitOfMeasure),
        ("mixed", Refusal::UnitOfMeasure),
        ("type", Refusal::DataType),
        ("texts", Refusal::SeveralTexts),
        ("number", Refusal::DataType),
        ("flag", Refusal::DataType),
        ("bare", Refusal::UnitOfMeasure),
    ];
    assert_eq!(told, expected);
    assert_eq!(extracted.n_missing, 0);
}

#[test]
fn nothing_gives_nothing() {
    let columns = vec![column("a", DataType::Decimal, "亩", 2)];
    let extracted = run(&Extraction { columns: columns.clone(), ..Extraction::default() }, vec![]).unwrap();
    assert_eq!((extracted.batches.len(), extracted.schema.fields().len(), extracted.n_missing), (0, 4, 0));
    let extracted = run(&Extraction { columns, rows: vec![row(0), row(1)], sources: vec![] }, vec![]).unwrap();
    assert_eq!((extracted.batches[0].num_rows(), extracted.n_missing), (2, 2));
    let extracted = run(&Extraction { columns: vec![], rows: vec![row(0)], sources: vec![] }, vec![]).unwrap();
    assert_eq!((extracted.batches[0].num_columns(), extracted.n_missing), (3, 0));
}

#[test]
fn faults_of_plan_and_store_are_errors() {
    let extraction = |sources| Extraction { columns: vec![column("a", DataType::Decimal, "亩", 2)], rows: vec![row(0)], sources };
    let held = || observation(0, "x", year(), number("1"), "亩");
    let one = || source(0, 0, 0, "x", year());
    assert!(matches!(run(&extraction(vec![one(), one()]), vec![held()]), Err(Error::SourceDuplicate { row: 0, column: 0, .. })));
    assert!(matches!(run(&extraction(vec![one()]), vec![held(), held()]), Err(Error::ObservationDuplicate { .. })));
    let outside = |row, column| run(&extraction(vec![source(row, column, 0, "x", year())]), vec![]);
    assert!(matches!(outside(1, 0), Err(Error::SourceOutside { row: 1, column: 0 })));
    assert!(matches!(outside(0, 1), Err(Error::SourceOutside { row: 0, column: 1 })));
    assert!(matches!(outside(5_000, 0), Err(Error::SourceOutside { row: 5_000, column: 0 })));
}

#[test]
fn too_large_figures_are_errors_that_name_the_cell() {
    let extraction = |unit: &str, decimals| Extraction {
        columns: vec![column("a", DataType::Decimal, unit, decimals)],
        rows: vec![row(0)],
        sources: (0..3).map(|n| source(0, 0, n, "x", year())).collect(),
    };
    let held = |value: &str, symbol: &str| (0..3).map(|n| observation(n, "x", year(), number(value), symbol)).collect::<Vec<_>>();
    // The largest figure that may be typed, in the largest unit, thrice: exact.
    let exact = run(&extraction("亩", 4), held("999999999999999.9999", "万亩")).unwrap();
    assert_eq!(to_rows(&exact)[0].2, [Some(number("29999999999999999997"))]);
    // 28 digits cannot be typed, but a store may hold anything.
    let long = "9999999999999999999999999999";
    match run(&extraction("人", 0), held(long, "人")) {
        Err(Error::CellOverflow { unit: of, field, .. }) => assert_eq!((of, field.as_str()), (unit(0), "a")),
        other => panic!("{other:?}"),
    }
    match run(&extraction("亩", 0), held(long, "亩")) {
        Err(Error::ObservationOverflow { key }) => assert_eq!(key.element, element("x")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn too_little_memory_is_told() {
    let extraction = village_world(SLICE_ROWS, 8).0;
    let (columns, slices) = extraction.into_slices().unwrap();
    let limits = SessionLimits { memory_bytes: 50_000, ..SessionLimits::default() };
    let stream = extract_stream(columns, slices.into_iter(), measures(), limits, |_| async { Ok(vec![]) });
    let parts: Vec<Result<Part, Error>> = block_on(stream.collect());
    assert!(matches!(parts.as_slice(), [Err(Error::TooLarge { .. })]), "{parts:?}");
}

/// `n_rows` townships with `n_columns` columns, each the sum of two villages; every 7th village of a column reports nothing.
fn village_world(n_rows: usize, n_columns: u32) -> (Extraction, Vec<Observation>) {
    let columns = (0..n_columns).map(|c| column(&format!("c{c}"), DataType::Decimal, "公顷", 4)).collect();
    let mut extraction = Extraction { columns, rows: (0..n_rows).map(row).collect(), sources: vec![] };
    let mut held = vec![];
    for n in 0..n_rows {
        for c in 0..n_columns {
            for village in [n_rows + 2 * n, n_rows + 2 * n + 1] {
                extraction.sources.push(source(n as u32, c, village, &format!("e{c}"), year()));
                if !(village + c as usize).is_multiple_of(7) {
                    let figure = Figure::Number(Decimal::new((village * 31 + c as usize) as i64, 2));
                    held.push(observation(village, &format!("e{c}"), year(), figure, "亩"));
                }
            }
        }
    }
    (extraction, held)
}

#[test]
fn the_stream_gives_the_same_rows_as_the_whole() {
    let (extraction, held) = village_world(2 * SLICE_ROWS + 10, 3);
    let whole = run(&extraction, held.clone()).unwrap();
    assert_eq!(whole.batches.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [SLICE_ROWS, SLICE_ROWS, 10]);
    let rows = to_rows(&whole);
    assert_eq!(rows.iter().map(|r| r.0.clone()).collect::<Vec<_>>(), extraction.rows.iter().map(|r| r.unit.clone()).collect::<Vec<_>>());
    let n_empty: usize = rows.iter().map(|r| r.2.iter().filter(|f| f.is_none()).count()).sum();
    assert_eq!(whole.n_missing, n_empty as u64);
    let (columns, mut slices) = extraction.into_slices().unwrap();
    slices.push(Slice { rows: vec![row(0)], sources: vec![] });
    let n_asked = std::sync::atomic::AtomicUsize::new(0);
    let fetch = |filter: ObservationFilter| {
        n_asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let units: std::collections::HashSet<UnitCode> = filter.units.into_iter().collect();
        let found: Vec<Observation> = held.iter().filter(|o| units.contains(&o.key.unit)).cloned().collect();
        async move { Ok(found) }
    };
    let stream = extract_stream(columns, slices.into_iter(), measures(), SessionLimits::default(), fetch);
    let mut parts: Vec<Part> = block_on(stream.map(Result::unwrap).collect());
    let bare = parts.pop().unwrap();
    assert_eq!((bare.batch.num_rows(), bare.n_missing), (1, 3));
    assert_eq!(parts.iter().map(|p| p.batch.clone()).collect::<Vec<_>>(), whole.batches);
    assert_eq!(parts.iter().map(|p| p.n_missing).sum::<u64>(), whole.n_missing);
    assert_eq!(n_asked.into_inner(), 3);
}

#[test]
fn arrow_readers_understand_the_chunks() {
    let (extraction, held) = village_world(SLICE_ROWS + 500, 64);
    let extracted = run(&extraction, held).unwrap();
    let chunks = to_ipc_stream(&extracted).unwrap();
    assert!(chunks.len() > 1 && chunks.iter().all(|c| !c.is_empty() && c.len() <= MAX_CHUNK_BYTES));
    let reader = StreamReader::try_new(std::io::Cursor::new(chunks.concat()), None).unwrap();
    let schema = reader.schema();
    assert_eq!(schema, extracted.schema);
    let field = schema.field(3);
    assert_eq!(
        (field.name().as_str(), field.metadata()["指标名称"].as_str(), field.metadata()["计量单位"].as_str()),
        ("c0", "c0题", "公顷")
    );
    let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    assert_eq!(batches, extracted.batches);
    assert_eq!(batches[1].column(0).as_string::<i32>().value(0), unit(SLICE_ROWS).as_str());
    let empty = run(&Extraction::default(), vec![]).unwrap();
    let reader = StreamReader::try_new(std::io::Cursor::new(to_ipc_stream(&empty).unwrap().concat()), None).unwrap();
    assert_eq!(reader.count(), 0);
}

#[test]
fn the_engine_joins_by_hash_and_sums_by_group() {
    let engine = Engine::new(&[column("a", DataType::Decimal, "亩", 2)], &measures(), SessionLimits::default()).unwrap();
    let plan = block_on(async {
        let held = observation(0, "x", year(), number("1"), "亩");
        engine.compute(&[&row(0)], 0, &[&source(0, 0, 0, "x", year())], &[&held]).await.unwrap();
        engine.physical_plan().await.unwrap()
    });
    for node in ["AggregateExec", "HashJoinExec", "figure_of_atoms"] {
        assert!(plan.contains(node), "{node} not in\n{plan}");
    }
}
