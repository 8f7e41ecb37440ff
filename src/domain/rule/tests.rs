//! Rules as people print them, in tables of cases; reading what was written; arbitrary text; the bound on cost.

use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::domain::figure::Figure;
use crate::domain::id::{FieldId, FormId, OrganisationId};
use crate::domain::measure::Measures;
use crate::domain::period::Frequency;
use crate::domain::problem::Code;
use crate::domain::rule::{
    CellRef, Chain, Check, Comparator, Demand, Expression, Fault, FormIndex, Known, Operator, Outcome, Reference, Severity, Shift,
    Statement, Test, check_rules, evaluate, parse, read_rules,
};
use crate::domain::template::{DataType, Field, FormTemplate};
use crate::domain::unit::Level;

/// A cell: id, code, path with / between headings, label, column, unit.
type Cell = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

fn form(number: &str, cells: &[Cell], rules: &[&str]) -> FormTemplate {
    let field = |(id, code, path, label, column, unit): &Cell| Field {
        id: FieldId::from_stored(*id),
        code: (*code).to_owned(),
        label: (*label).to_owned(),
        path: path.split('/').filter(|p| !p.is_empty()).map(str::to_owned).collect(),
        column: (*column).to_owned(),
        unit: (*unit).to_owned(),
        dtype: if *unit == "是否" { DataType::Bool } else { DataType::Decimal },
        decimals: None,
        note: String::new(),
        options: Vec::new(),
        classified: false,
        not_personal_because: String::new(),
    };
    FormTemplate {
        id: FormId::from_stored(number),
        organisation: OrganisationId::from_stored("o"),
        title: format!("{number}报表"),
        department: String::new(),
        authority: String::new(),
        number: number.to_owned(),
        approval: String::new(),
        valid_until: String::new(),
        level: Level::Village,
        frequency: Frequency::Monthly,
        year: 2026,
        due_days_after: None,
        fields: cells.iter().map(field).collect(),
        rules: rules.iter().map(|r| (*r).to_owned()).collect(),
    }
}

/// A form with single rows, a cross table, codes with dashes and points, and a group.
const CELLS: [Cell; 25] = [
    ("a", "01", "", "一、参保人数", "合计", "人"),
    ("a1", "01", "", "一、参保人数", "男", "人"),
    ("a2", "01", "", "一、参保人数", "女", "人"),
    ("b", "02", "一、参保人数", "（一）职工", "合计", "人"),
    ("b1", "02", "一、参保人数", "（一）职工", "男", "人"),
    ("b2", "02", "一、参保人数", "（一）职工", "女", "人"),
    ("c", "03", "一、参保人数", "（二）居民", "合计", "人"),
    ("c1", "03", "一、参保人数", "（二）居民", "男", "人"),
    ("c2", "03", "一、参保人数", "（二）居民", "女", "人"),
    ("d", "04", "", "二、基金收入", "本月", "万元"),
    ("dy", "04", "", "二、基金收入", "本年累计", "万元"),
    ("e", "05", "", "三、缴费率", "", "%"),
    ("f", "06", "", "四、机构数", "", "个"),
    ("f1", "A6-1", "四、机构数", "其中：公办", "", "个"),
    ("f2", "A6-2", "四、机构数", "民办", "", "个"),
    ("g", "07", "", "是否达标", "", "是否"),
    ("h", "08", "五、人员/按学历分", "大专及以上", "", "人"),
    ("i", "09", "五、人员/按学历分", "高中及以下", "", "人"),
    ("j", "10", "五、人员", "从业人员", "", "人"),
    ("k", "X13", "", "播种面积", "", "亩"),
    ("l", "X14", "", "有效灌溉面积", "", "公顷"),
    ("m", "2.1", "", "就诊人次", "", "人次"),
    ("n", "2.1.1", "就诊人次", "其中：出诊", "", "人次"),
    ("o", "2.1.2", "就诊人次", "中医", "", "人次"),
    ("p", "11", "", "期末结余", "", "万元"),
];

/// Reads one rule against [`CELLS`]; checks by ids, or the fault.
fn read(rule: &str) -> Result<Vec<String>, String> {
    let other = form("QT01", &[("z", "03", "", "在册人数", "", "人")], &[]);
    let template = form("f", &CELLS, &[rule]);
    let readings = read_rules(&template, &Measures::embedded(), &|n| (n.eq_ignore_ascii_case("qt01") || n == "qt01报表").then_some(&other));
    let mut shown = Vec::new();
    for reading in readings {
        match reading.checks {
            Ok(checks) => shown.extend(checks.iter().map(show)),
            Err(Fault::Remark) if !shown.is_empty() => {}
            Err(fault) => return Err(format!("{fault:?}")),
        }
    }
    Ok(shown)
}

fn name(cell: &CellRef) -> String {
    format!("{}{}", cell.form.as_ref().map(|f| format!("{f}/")).unwrap_or_default(), cell.field)
}

fn show(check: &Check) -> String {
    let when: String = check.when.iter().map(|w| format!("{} ? ", w.show(&name))).collect();
    let test = match &check.test {
        Test::Compare(comparison) => comparison.show(&name),
        Test::Blank(cell) => format!("{} blank", name(cell)),
        Test::Required(cell) => format!("{} required", name(cell)),
    };
    let mark = if check.severity == Severity::Explain { " !" } else { "" };
    format!("{when}{test}{mark}").replace(' ', "")
}

#[test]
fn rules_are_read_as_people_print_them() {
    let check = |rule: &str, expect: &[&str]| {
        let expect: Result<Vec<String>, String> = Ok(expect.iter().map(|e| (*e).to_owned()).collect());
        assert_eq!(read(rule), expect, "{rule}");
    };
    let columns = ["a=b+c", "a1=b1+c1", "a2=b2+c2"];
    for rule in [
        "01=02+03",
        "01＝02＋03",
        "(01)=(02)+(03)",
        "01行=02行至03行之和",
        "01行＝02行＋03行",
        "第01行=第02行+第03行",
        "01等于02加03",
        "1=2+3",
        "01应等于02、03之和",
        "01=02～03之和",
        "01＝∑02~03",
        "平衡关系：01=02+03。",
        "01=02+…+03",
        "参保人数=职工+居民",
        "“参保人数”=“职工”+“居民”",
        "[附录] 一、参保人数＝职工＋居民",
        "01=02+03（合计、男、女分别审核）",
    ] {
        check(rule, &columns);
    }
    check("01=02+03（合计栏）", &["a=b+c"]);
    check("01合计=男+女", &["a=a1+a2"]);
    check("01=男+女", &["a=a1+a2"]);
    check("01合计=01男+01女", &["a=a1+a2"]);
    check("第1列=第2列+第3列", &["a=a1+a2", "b=b1+b2", "c=c1+c2"]);
    check("本年累计≥本月", &["dy≥d"]);
    check("04本年累计=上月累计+04本月", &["dy=dy（上期）+d"]);
    check("04本年累计（本月）=04本年累计（上月）+04本月", &["dy=dy（上期）+d"]);
    check("11=11上月+04本月", &["p=p（上期）+d"]);
    check("X13≥X14，X13≥06", &["k≥l×30000÷2000", "k≥f"]);
    for rule in [
        "06≥A6-1+A6-2",
        "06≧A6-1+A6-2",
        "06>=A6-1+A6-2",
        "06⩾A6-1+A6-2",
        "06大于等于A6-1+A6-2",
        "06不小于A6-1+A6-2",
        "06=＞A6-1+A6-2",
        "06应大于或等于A6-1+A6-2",
        "机构数≥公办+民办",
    ] {
        check(rule, &["f≥f1+f2"]);
    }
    check("A6-1、A6-2≤06", &["f1≤f", "f2≤f"]);
    check("A6-1，A6-2 ≤ 06", &["f1≤f", "f2≤f"]);
    check("06≥A6-1≥A6-2", &["f≥f1", "f1≥f2"]);
    check("06≥A6-1；06≥A6-2", &["f≥f1", "f≥f2"]);
    check("06≥A6-1 06≥A6-2 第01页", &["f≥f1", "f≥f2"]);
    check("05=02÷01×100", &["e=b÷a×100"]);
    check("05=02合计/01合计*100%", &["e=b÷a×100"]);
    check("05=10÷01×100", &["e=j÷a×100"]);
    check("2.1≥2.1.1＋2.1.2", &["m≥n+o"]);
    check("X13×1.3≤06×10000", &["k×1.3≤f×10000"]);
    check("06=0时，A6-1=0", &["f=0?f1=0"]);
    check("若06>0，则A6-1>0", &["f>0?f1>0"]);
    check("如果06＞0则A6-1＞0", &["f>0?f1>0"]);
    check("当06为0时，A6-1～A6-2免填", &["f=0?f1blank", "f=0?f2blank"]);
    check("07=否时，06不填", &["g=否?fblank"]);
    check("06必填", &["frequired"]);
    check("从业人员=学历分组合计", &["j=h+i"]);
    check("从业人员≥学历分项指标", &["j≥h", "j≥i"]);
    check("06同比±30%", &["|f÷f（上年同期）-1|≤0.3"]);
    check("06同比增减不超过30%", &["|f÷f（上年同期）-1|≤0.3"]);
    check("06环比变动幅度超过20%须说明", &["|f÷f（上期）-1|≤0.2!"]);
    check("06与上年同期相比增减幅度在±30%以内", &["|f÷f（上年同期）-1|≤0.3"]);
    check("核实性审核：06≥A6-1", &["f≥f1!"]);
    check("06≥A6-1（超出须说明）", &["f≥f1!"]);
    check("06=QT01表03", &["f=QT01/z"]);
    check("06≤《QT01报表》03", &["f≤QT01/z"]);
    check("06=(A6-1+A6-2)×100-A6-1", &["f=(f1+f2)×100-f1"]);
}

#[test]
fn what_cannot_be_read_is_told_with_its_place() {
    let check = |rule: &str, expect: &str| assert_eq!(read(rule).err().as_deref(), Some(expect), "{rule}");
    check("本表由村会计填报", "Remark");
    check("06≥99", "Unknown { word: \"99\", at: 3 }");
    check("06≥床位数", "Unknown { word: \"床位数\", at: 3 }");
    check("06≥", "Syntax { word: \"\", at: 3 }");
    check("06≥+A6-1", "Syntax { word: \"+\", at: 3 }");
    check("06=XX99表03", "UnknownForm { word: \"xx99表03\", at: 3 }");
    check("06≥07", "NotANumber { word: \"是否达标\", at: 0 }");
    let people = [("a", "1", "", "学龄人口", "户籍", "人"), ("b", "1", "", "学龄人口", "常住", "人"), ("c", "2", "", "入学人数", "", "人")];
    assert_eq!(check_rules(&form("g", &people, &["2=1"]), &Measures::embedded())[0].code, Code::RuleColumnsUnclear);
    let template = form("f", &CELLS, &["06≥床位数，06≥A6-1", "备注"]);
    let problems = check_rules(&template, &Measures::embedded());
    assert_eq!(problems.len(), 1);
    assert_eq!((problems[0].get("clause"), problems[0].get("word"), problems[0].place.row), (Some("06≥床位数"), Some("床位数"), Some(1)));
}

fn outcome(rule: &str, figures: &[(&str, &str, &str)]) -> Outcome {
    let template = form("f", &CELLS, &[rule]);
    let readings = read_rules(&template, &Measures::embedded(), &|_| None);
    let check = readings[0].checks.as_ref().unwrap_or_else(|f| panic!("{f:?}"))[0].clone();
    let known = |cell: &CellRef| {
        let wanted = if cell.shift == Shift::Current { cell.field.to_string() } else { format!("{}'", cell.field) };
        let (_, figure, step) = figures.iter().find(|(id, ..)| *id == wanted)?;
        let figure = figure.parse::<Decimal>().map_or_else(|_| Figure::Text((*figure).to_owned()), Figure::Number);
        Some(Known { figure, step: step.parse().unwrap_or_default() })
    };
    evaluate(&check, &known)
}

#[test]
fn checks_are_tried_exactly() {
    let is = |rule: &str, figures: &[(&str, &str, &str)], expect: bool| {
        let got = outcome(rule, figures);
        assert!(matches!((&got, expect), (Outcome::Holds, true) | (Outcome::Fails { .. }, false)), "{rule}: {got:?}");
    };
    is("06=A6-1+A6-2", &[("f", "0.3", "0.1"), ("f1", "0.1", "0.1"), ("f2", "0.2", "0.1")], true);
    // Three rounded figures may miss each other by half a step each, and by no more; counted ones not at all.
    is("06=A6-1+A6-2", &[("f", "0.4", "0.1"), ("f1", "0.1", "0.1"), ("f2", "0.2", "0.1")], true);
    is("06=A6-1+A6-2", &[("f", "0.5", "0.1"), ("f1", "0.1", "0.1"), ("f2", "0.2", "0.1")], false);
    is("06=A6-1+A6-2", &[("f", "4", "0"), ("f1", "1", "0"), ("f2", "2", "0")], false);
    // Rounding keeps the order of two figures.
    is("06≥A6-1", &[("f", "0.1", "0.1"), ("f1", "0.2", "0.1")], false);
    // A rounded ratio passes, a wrong one does not.
    is("05=02÷01×100", &[("e", "62.5", "0.1"), ("b", "5", "0"), ("a", "8", "0")], true);
    is("05=02÷01×100", &[("e", "33.3", "0.1"), ("b", "1", "0"), ("a", "3", "0")], true);
    is("05=02÷01×100", &[("e", "33.4", "0.1"), ("b", "1", "0"), ("a", "3", "0")], false);
    // 30 亩 are 2 公顷.
    is("X13≥X14", &[("k", "30", "0"), ("l", "2", "0")], true);
    is("X13≥X14", &[("k", "29.9", "0"), ("l", "2", "0")], false);
    is("06=0时，A6-1=0", &[("f", "0", "0"), ("f1", "1", "0")], false);
    is("06=0时，A6-1=0", &[("f", "3", "0"), ("f1", "1", "0")], true);
    is("07=否时，06不填", &[("g", "否", "0"), ("f", "2", "0")], false);
    is("07=否时，06不填", &[("g", "是", "0"), ("f", "2", "0")], true);
    is("06同比±30%", &[("f", "130", "0"), ("f'", "100", "0")], true);
    is("06同比±30%", &[("f", "69", "0"), ("f'", "100", "0")], false);
    assert_eq!(outcome("05=02÷01×100", &[("e", "1", "0"), ("b", "1", "0"), ("a", "0", "0")]), Outcome::Undefined);
    assert!(matches!(outcome("06=A6-1+A6-2", &[("f", "1", "0")]), Outcome::Unknown(cells) if cells.len() == 2));
}

#[test]
fn the_cost_is_bounded() {
    let empty = FormIndex::default();
    assert_eq!(parse(&"1".repeat(3_000), &empty)[0].read, Err(Fault::TooLarge));
    let deep = format!("1={}2{}", "(3+".repeat(60), ")".repeat(60));
    assert_eq!(parse(&deep, &empty)[0].read, Err(Fault::TooLarge));
    let wide: Vec<String> = (1..200).map(|n| n.to_string()).collect();
    let template = form("f", &CELLS, &[&format!("{}≥{}", wide.join("、"), wide.join("、"))]);
    let readings = read_rules(&template, &Measures::embedded(), &|_| None);
    assert!(readings[0].checks.is_err());
}

fn word() -> impl Strategy<Value = Reference> {
    let word = prop_oneof![
        "[a-z][0-9]{1,2}",
        "[1-9][0-9]{0,2}",
        "[0-9]\\.[1-9]",
        "(常住人口|耕地|男孩|水田|低保户|在校生)",
        "(甲-乙|进城、返乡|增加和减少|a6-1)"
    ];
    let note = prop_oneof![Just(Vec::new()), "(合计|面积|上月)".prop_map(|n| vec![n])];
    (word, note).prop_map(|(word, notes)| Reference { word, notes, at: 0 })
}

fn plain_word() -> impl Strategy<Value = Reference> {
    "[a-z][0-9]{1,2}".prop_map(|word| Reference { word, notes: Vec::new(), at: 0 })
}

fn expression() -> impl Strategy<Value = Expression> {
    let leaf = prop_oneof![
        4 => word().prop_map(Expression::Word),
        1 => (plain_word(), plain_word()).prop_map(|(a, b)| Expression::SpanSum(a, b)),
        1 => (1_u32..200).prop_filter("100% is a factor", |n| *n != 100).prop_map(|n| Expression::Number(Decimal::new(i64::from(n), 2).normalize())),
        1 => "(学历|行业|年龄)".prop_map(|word| Expression::GroupSum(Reference { word, notes: Vec::new(), at: 0 })),
    ];
    leaf.prop_recursive(4, 12, 2, |inner| {
        let operator = prop_oneof![Just(Operator::Add), Just(Operator::Subtract), Just(Operator::Multiply), Just(Operator::Divide)];
        prop_oneof![
            (operator, inner.clone(), inner.clone()).prop_map(|(o, a, b)| Expression::Binary(o, Box::new(a), Box::new(b))),
            inner.prop_map(|e| match e {
                Expression::Absolute(_) => e,
                other => Expression::Absolute(Box::new(other)),
            }),
        ]
    })
}

fn chain() -> impl Strategy<Value = Chain> {
    let comparator = prop_oneof![
        Just(Comparator::Equal),
        Just(Comparator::Unequal),
        Just(Comparator::AtLeast),
        Just(Comparator::AtMost),
        Just(Comparator::More),
        Just(Comparator::Less)
    ];
    let side = || proptest::collection::vec(expression(), 1..3);
    (side(), proptest::collection::vec((comparator, side()), 1..3)).prop_map(|(first, rest)| Chain { first, rest })
}

fn statement() -> impl Strategy<Value = Statement> {
    let items = || {
        proptest::collection::vec(
            prop_oneof![word().prop_map(Expression::Word), (plain_word(), plain_word()).prop_map(|(a, b)| Expression::SpanEach(a, b))],
            1..3,
        )
    };
    let demand =
        prop_oneof![3 => chain().prop_map(Demand::Compare), 1 => items().prop_map(Demand::Blank), 1 => items().prop_map(Demand::Required)];
    let severity = prop_oneof![Just(Severity::Refuse), Just(Severity::Explain)];
    (proptest::option::of(chain()), demand, severity).prop_map(|(when, demand, severity)| Statement { when, demand, severity })
}

/// The statement without places, which printing does not keep.
fn without_places(statement: &Statement) -> String {
    let text = format!("{statement:?}");
    let mut parts = text.split("at: ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| out + part.trim_start_matches(|c: char| c.is_ascii_digit()))
}

proptest! {
    #[test]
    fn what_is_written_reads_back(statement in statement()) {
        let printed = statement.to_string();
        let clauses = parse(&printed, &FormIndex::default());
        prop_assert_eq!(clauses.len(), 1, "{}", printed);
        let read = clauses[0].read.as_ref().map(without_places);
        prop_assert_eq!(read, Ok(without_places(&statement)), "{}", printed);
    }

    #[test]
    fn any_text_is_read_without_panic(text in "[0-9A-F一二行列栏至之和若则时为空免填同比（）()＝≥≤<>+×÷、，；。 ~%±|：“”《》表.-]{0,80}") {
        let template = form("f", &CELLS, &[&text]);
        let readings = read_rules(&template, &Measures::embedded(), &|_| None);
        for reading in &readings {
            prop_assert!(text.contains(reading.clause.text.trim()), "{} in {}", reading.clause.text, text);
        }
    }

    #[test]
    fn text_of_any_kind_is_read_without_panic(text in "\\PC{0,120}") {
        let template = form("f", &CELLS, &[&text]);
        let _ = read_rules(&template, &Measures::embedded(), &|_| None);
    }
}
