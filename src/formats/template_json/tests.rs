//! Tests of the template's JSON form: what untidy files give, what hostile files give, and the round trip.

use super::*;
use crate::domain::id::FieldId;
use crate::domain::template::{DataType, Field};
use proptest::prelude::*;

fn defaults() -> TemplateDefaults {
    TemplateDefaults { organisation: OrganisationId::from_stored("mzt"), year: 2026 }
}

fn measures() -> Measures {
    Measures::parse("[dimension.area]\nunits = [{ symbol = \"亩\", atoms = \"2000\" }, { symbol = \"公顷\", atoms = \"30000\" }]").unwrap()
}

fn read(text: &str) -> Result<ReadTemplate, Vec<Problem>> {
    read_template(text.as_bytes(), &defaults(), &measures())
}

fn header(fields: &str) -> String {
    format!(
        r#"{{"form_id": "f1", "title": "表", "authority": "局", "number": "N1", "approval": "文", "level": "village", "frequency": "annual", "fields": [{fields}]}}"#
    )
}

/// Code, field and position of each problem.
fn told(problems: &[Problem]) -> Vec<(Code, Option<&str>, Option<u64>)> {
    problems.iter().map(|p| (p.code, p.place.field.as_deref(), p.place.row)).collect()
}

#[test]
fn an_untidy_form_is_read() {
    let text = r#"{"form_id": "g1", "title": "乡镇", "department": "统计局", "authority": "局", "table_no": "G101", "approval": "文", "level": "township",
        "frequency": "annual", "year": "2016", "source": {"repo": "x"}, "footnotes": ["y"], "rules": ["1=2+3"], "fields": [
        {"field_id": "a", "code": 7, "label": "耕地面积", "path": ["土地", ""], "column": null, "unit": "（亩）", "note": "含", "data_source": "z"},
        {"field_id": "b", "label": "乡镇类型", "unit": "—", "options": "1重点镇 2非重点镇", "dtype": ""},
        {"field_id": "c", "label": "负责人", "unit": "", "options": ["(下拉选项)"], "decimals": null}]}"#;
    let read = read(text).unwrap();
    assert_eq!(told(&read.problems), [(Code::RuleWordUnknown, None, Some(1))], "the printed rule names rows that the form lacks");
    assert!(read.is_acceptable());
    let t = &read.template;
    assert_eq!((t.number.as_str(), t.year, t.organisation.as_str(), t.rules.len()), ("G101", 2016, "mzt", 1));
    let types: Vec<DataType> = t.fields.iter().map(|f| f.dtype).collect();
    assert_eq!(types, [DataType::Decimal, DataType::Code, DataType::Text]);
    assert_eq!(t.fields[0].code, "7");
    assert_eq!(t.fields[0].unit, "（亩）");
    assert_eq!(t.fields[1].options, ["1重点镇", "2非重点镇"]);
}

#[test]
fn the_unit_line_is_for_fields_without_a_unit() {
    let units = |line: &str| -> Vec<String> {
        let fields = r#"{"field_id": "a", "label": "耕地"}, {"field_id": "b", "label": "水田（亩）"}, {"field_id": "c", "label": "复种率"},
            {"field_id": "d", "label": "园地", "unit": "亩"}, {"field_id": "e", "label": "审核人"}, {"field_id": "f", "label": "林地", "unit": "—"}"#;
        let text = header(fields).replacen('{', &format!("{{{line}, "), 1);
        let read = read(&text).unwrap();
        assert_eq!(read.problems.iter().filter(|p| p.code == Code::KeyUnknown).count(), 0);
        read.template.fields.into_iter().map(|field| field.unit).collect()
    };
    let given = ["公顷", "", "", "亩", "", "—"];
    assert_eq!(units(r#""unit_line": "计量单位：公顷""#)[..4], given[..4]);
    assert_eq!(units(r#""footnotes": ["本表由村填报", "单位：公顷；按年报"]"#)[5], given[5]);
    assert_eq!(units(r#""unit_line": "单位：户、亩""#)[0], "");
    assert_eq!(units(r#""unit_line": {"a": 1}"#)[0], "");
}

#[test]
fn own_keys_are_read() {
    let text = r#"{"form_id": "g1", "organisation": "tjj", "title": "t", "authority": "a", "number": "n", "table_no": "other", "approval": "b", "level": "county",
        "frequency": "monthly", "year": null, "due_days_after": "次月8日前", "fields": [
        {"field_id": "a", "label": "农户手机号", "dtype": "decimal", "decimals": 2, "classified": false, "not_personal_because": "村委会电话"}]}"#;
    let read = read(text).unwrap();
    assert_eq!(read.problems, []);
    let t = read.template;
    assert_eq!((t.organisation.as_str(), t.due_days_after, t.year, t.number.as_str()), ("tjj", Some(8), 2026, "n"));
    assert_eq!((t.fields[0].decimals, t.fields[0].not_personal_because.as_str()), (Some(2), "村委会电话"));
}

#[test]
fn all_faults_are_told_at_once() {
    let fields = r#"{"field_id": "a", "label": "x", "dtype": "float", "unit": "担", "colour": 1}, {"field_id": "a", "label": "y", "colour": 2},
        {"label": "no id"}, 7, {"field_id": "b", "label": ["z"], "classified": "maybe", "decimals": "two", "path": {}},
        {"field_id": "d", "label": "x", "label": "y"}"#;
    let read = read(&header(fields)).unwrap();
    let expected = [
        (Code::FieldTypeUnknown, Some("a"), None),
        (Code::IdMissing, None, Some(3)),
        (Code::JsonMalformed, None, Some(4)),
        (Code::JsonMalformed, Some("b"), None),
        (Code::JsonMalformed, Some("b"), None),
        (Code::FieldDecimalsOutOfRange, Some("b"), None),
        (Code::RequestValueUnknown, Some("b"), None),
        (Code::JsonMalformed, Some("d"), None),
        (Code::KeyUnknown, None, None),
        (Code::FieldDuplicate, Some("a"), None),
        (Code::TextMissing, Some("b"), None),
        (Code::FieldClassified, Some("b"), None),
        (Code::FieldUnitUnknown, Some("a"), None),
    ];
    assert_eq!(told(&read.problems), expected);
    assert!(!read.is_acceptable());
    assert_eq!(read.template.fields.len(), 4);
    let unknown: Vec<&str> = read.problems.iter().filter(|p| p.code == Code::KeyUnknown).filter_map(|p| p.get("key")).collect();
    assert_eq!(unknown, ["colour"]);
}

#[test]
fn without_id_level_or_frequency_there_is_no_template() {
    let problems = read(r#"{"title": "", "level": "hamlet", "year": "long ago", "fields": [{"field_id": "a"}]}"#).unwrap_err();
    let codes: Vec<Code> = problems.iter().map(|p| p.code).collect();
    for code in [Code::IdMissing, Code::LevelUnknown, Code::FrequencyUnknown, Code::YearOutOfRange, Code::TextMissing] {
        assert!(codes.contains(&code), "{code} not in {codes:?}");
    }
}

#[test]
fn hostile_files_are_refused() {
    let code = |bytes: &[u8]| match read_template(bytes, &defaults(), &measures()) {
        Ok(read) => read.problems.iter().find(|p| p.is_error()).map(|p| p.code),
        Err(problems) => problems.first().map(|p| p.code),
    };
    assert_eq!(code(b""), Some(Code::JsonMalformed));
    assert_eq!(code(b"[]"), Some(Code::JsonMalformed));
    assert_eq!(code(b"{} {}"), Some(Code::JsonMalformed));
    assert_eq!(code(&[0xff, 0xfe]), Some(Code::EncodingInvalid));
    assert_eq!(code(&vec![b' '; super::super::MAX_INPUT_BYTES + 1]), Some(Code::ListTooLong));
    let deep = format!(r#"{{"source": {}1{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(code(deep.as_bytes()), Some(Code::JsonMalformed));
    let wide = format!(r#"{{"rules": [{}0]}}"#, "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],".repeat(5_000));
    assert_eq!(code(wide.as_bytes()), Some(Code::IdMissing));
    let heavy = format!(r#"{{"rules": [{}0]}}"#, format!("[{}0],", "0,".repeat(200)).repeat(4_999));
    assert_eq!(code(heavy.as_bytes()), Some(Code::ListTooLong));
    let keys: String = (0..100).map(|n| format!(r#""k{n}": 0,"#)).collect();
    assert_eq!(code(format!(r#"{{{keys} "form_id": "f"}}"#).as_bytes()), Some(Code::JsonMalformed));
}

#[test]
fn too_many_fields_are_counted_and_not_kept() {
    let fields = vec![r#"{"field_id":"a","label":"x"}"#; 1_000_000].join(",");
    let read = read(&header(&fields)).unwrap();
    let problem = &read.problems[0];
    assert_eq!((problem.code, problem.get("n"), read.template.fields.len()), (Code::ListTooLong, Some("1000000"), MAX_FIELDS));
}

#[test]
fn long_texts_are_told() {
    let label = "长".repeat(3_000_000);
    let fields = format!(r#"{{"field_id": "a", "label": "{label}", "path": [{}"x"], "options": "{label}"}}"#, r#""x","#.repeat(9_999));
    let read = read(&header(&fields)).unwrap();
    assert_eq!(
        told(&read.problems),
        [(Code::TextTooLong, Some("a"), None), (Code::TextTooLong, Some("a"), None), (Code::FieldPathTooDeep, Some("a"), None)]
    );
    assert!(read.template.fields[0].label.len() < 100_000);
}

#[test]
fn many_unknown_keys_are_grouped() {
    let fields: Vec<String> = (0..60).map(|n| format!(r#"{{"field_id": "a{n}", "label": "x", "k{n}": 1, "again": 1}}"#)).collect();
    let read = read(&header(&fields.join(","))).unwrap();
    let keys: Vec<&str> = read.problems.iter().filter_map(|p| p.get("key")).collect();
    assert_eq!((keys.len(), keys.first(), keys.last()), (51, Some(&"again"), Some(&"… (+11)")));
    assert!(read.is_acceptable());
}

fn any_field(id: usize) -> impl Strategy<Value = Field> {
    let texts = ("\\PC{0,8}", "\\PC{1,12}", prop::collection::vec("\\PC{0,6}", 0..4), "\\PC{0,6}", "(|亩|公顷|—|（亩）)", "\\PC{0,20}");
    let dtype =
        prop::sample::select(vec![DataType::Integer, DataType::Decimal, DataType::Text, DataType::Code, DataType::Date, DataType::Bool]);
    let rest = (dtype, prop::option::of(0_u32..9), prop::collection::vec("[1-3]?\\PC{1,5}", 0..4), any::<bool>(), "\\PC{0,5}");
    (texts, rest).prop_map(move |((code, label, path, column, unit, note), (dtype, decimals, options, classified, because))| Field {
        id: FieldId::from_stored(format!("x{id}")),
        code,
        label,
        path,
        column,
        unit,
        dtype,
        decimals,
        note,
        options,
        classified,
        not_personal_because: because,
    })
}

fn any_template() -> impl Strategy<Value = FormTemplate> {
    let fields = (any_field(1), any_field(2), any_field(3));
    let level = prop::sample::select(Level::ALL.to_vec());
    (fields, level, "\\PC{1,9}", 1949_i16..2200, prop::option::of(0_u16..366), prop::collection::vec("\\PC{0,9}", 0..3)).prop_map(
        |((a, b, c), level, title, year, due_days_after, rules)| FormTemplate {
            id: FormId::from_stored("f1"),
            organisation: OrganisationId::from_stored("tjj"),
            title: title.clone(),
            department: title.clone(),
            authority: title.clone(),
            number: title.clone(),
            approval: title,
            valid_until: "2026年8月".into(),
            level,
            frequency: Frequency::Quarterly,
            year,
            due_days_after,
            fields: vec![a, b, c],
            rules,
        },
    )
}

/// JSON of any shape that uses the reader's own keys, so that every branch meets every type.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<f64>().prop_map(serde_json::Value::from),
        "(\\PC{0,6}|annual|village|1是 2否|f1)".prop_map(serde_json::Value::from),
    ];
    let key = "(form_id|title|level|frequency|year|fields|rules|organisation|due_days_after|field_id|label|path|options|dtype|decimals|classified|unit|column|note|x)";
    leaf.prop_recursive(4, 64, 8, move |inner| {
        let map = prop::collection::vec((key, inner.clone()), 0..12);
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(serde_json::Value::from),
            map.prop_map(|entries| serde_json::Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(template in any_template()) {
        let back = read_template(write_template(&template).as_bytes(), &defaults(), &measures()).map(|r| r.template);
        prop_assert_eq!(back, Ok(template));
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read_template(&bytes, &defaults(), &measures());
    }

    #[test]
    fn any_json_is_survived(fields in prop::collection::vec(any_json(), 0..4), whole in any_json()) {
        let fields: Vec<String> = fields.iter().map(ToString::to_string).collect();
        let _ = read(&header(&fields.join(",")));
        let _ = read(&whole.to_string());
    }

    #[test]
    fn options_lose_nothing_but_separators(text in "[①②1230.、 是否a/；]{0,30}") {
        let kept: String = options::split(&text).concat();
        let mark = |c: &char| !c.is_whitespace() && !";；,，、/|。".contains(*c);
        prop_assert_eq!(kept.chars().filter(mark).collect::<String>(), text.chars().filter(mark).collect::<String>());
    }
}
