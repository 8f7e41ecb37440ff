//! Form templates, as messages and as JSON.

use baoyici::pb;
use baoyici::pb::{DataType, Frequency, Level};
use serde_json::json;
use tonic::Code::{FailedPrecondition, InvalidArgument, NotFound, PermissionDenied};
use tonic::{Response, Status};

use super::ground::{Ground, township_form};
use super::{Case, case};
use crate::outside::caller::Caller;
use crate::outside::world::{field, form, register_request};

type Registered = Result<Response<pb::RegisterTemplateResponse>, Status>;

async fn register(caller: Caller, template: pb::FormTemplate) -> Registered {
    caller.templates().max_encoding_message_size(usize::MAX).register_template(register_request("bad-form", template)).await
}

async fn register_json(caller: Caller, bytes: Vec<u8>) -> Registered {
    let source = pb::register_template_request::Source::TemplateJson(bytes);
    let request = pb::RegisterTemplateRequest { request_id: "bad-json".to_owned(), source: Some(source), validate_only: false };
    caller.templates().max_encoding_message_size(usize::MAX).register_template(request).await
}

fn one_field() -> pb::Field {
    field("f1", "壬申事项", "个", DataType::Integer)
}

fn good() -> pb::FormTemplate {
    form("huai", Level::Village, Frequency::Annual, vec![one_field()])
}

fn with_fields(fields: Vec<pb::Field>) -> pb::FormTemplate {
    pb::FormTemplate { fields, ..good() }
}

fn good_json() -> serde_json::Value {
    json!({
        "form_id": "huai", "title": "情况表", "department": "民政厅", "level": "village", "frequency": "annual", "year": 2026,
        "fields": [{"field_id": "f1", "label": "壬申事项", "unit": "个", "dtype": "integer"}],
    })
}

fn json_with(key: &str, value: serde_json::Value) -> Vec<u8> {
    let mut template = good_json();
    template[key] = value;
    template.to_string().into_bytes()
}

fn json_field_with(key: &str, value: serde_json::Value) -> Vec<u8> {
    let mut template = good_json();
    template["fields"][0][key] = value;
    template.to_string().into_bytes()
}

pub fn cases(ground: &Ground) -> Vec<Case> {
    let mut cases = header_cases(ground);
    cases.extend(field_cases(ground));
    cases.extend(size_cases(ground));
    cases.extend(json_cases(ground));
    cases.extend(read_cases(ground));
    cases
}

fn header_cases(ground: &Ground) -> Vec<Case> {
    let send = |template: pb::FormTemplate| register(ground.world.officer.clone(), template);
    let text = |change: fn(&mut pb::FormTemplate)| {
        let mut template = good();
        change(&mut template);
        send(template)
    };
    vec![
        case("form: no source", InvalidArgument, "REQUEST_PART_MISSING", "column=source", {
            let caller = ground.world.officer.clone();
            async move {
                caller
                    .templates()
                    .register_template(pb::RegisterTemplateRequest { request_id: "bad".to_owned(), ..Default::default() })
                    .await
            }
        }),
        case("form: no id", InvalidArgument, "ID_MISSING", "column=form_id", text(|t| t.form_id.clear())),
        case("form: line break in its id", InvalidArgument, "ID_MALFORMED", "column=form_id", text(|t| t.form_id = "a\nb".to_owned())),
        case("form: no title", InvalidArgument, "TEXT_MISSING", "form=huai column=title", text(|t| t.title.clear())),
        case(
            "form: escape character in its title",
            InvalidArgument,
            "TEXT_CONTROL_CHARACTER",
            "form=huai column=title",
            text(|t| t.title = "表\u{1b}[2J".to_owned()),
        ),
        case("form: level not given", InvalidArgument, "LEVEL_UNKNOWN", "form=huai column=level", text(|t| t.level = 0)),
        case("form: level 99", InvalidArgument, "LEVEL_UNKNOWN", "form=huai column=level", text(|t| t.level = 99)),
        case("form: frequency not given", InvalidArgument, "FREQUENCY_UNKNOWN", "form=huai column=frequency", text(|t| t.frequency = 0)),
        case("form: year 1800", InvalidArgument, "YEAR_OUT_OF_RANGE", "form=huai column=year", text(|t| t.year = 1800)),
        case("form: year beyond 16 bits", InvalidArgument, "YEAR_OUT_OF_RANGE", "form=huai column=year", text(|t| t.year = 1 << 20)),
        case("form: expired", FailedPrecondition, "FORM_EXPIRED", "", text(|t| t.valid_until = "2025年8月".to_owned())),
        case(
            "form: valid until some day",
            InvalidArgument,
            "VALIDITY_MALFORMED",
            "form=huai column=valid_until",
            text(|t| t.valid_until = "明年".to_owned()),
        ),
        case(
            "form: due after two years",
            InvalidArgument,
            "REQUEST_VALUE_UNKNOWN",
            "form=huai column=due_days_after",
            text(|t| t.due_days_after = Some(730)),
        ),
        case("form: no fields", InvalidArgument, "FORM_WITHOUT_FIELDS", "form=huai column=fields", text(|t| t.fields.clear())),
        case("form: unknown organisation", NotFound, "ORGANISATION_UNKNOWN", "", text(|t| t.organisation = "nobody".to_owned())),
        case("form: for another department", PermissionDenied, "FORM_OF_OTHER", "", text(|t| t.organisation = "wjw".to_owned())),
        case("form: id of another department's form", PermissionDenied, "FORM_OF_OTHER", "", text(|t| t.form_id = "bie".to_owned())),
        case("form: by a clerk", PermissionDenied, "CALLER_MAY_NOT", "", register(ground.clerk.clone(), good())),
        case("form: the same once more", FailedPrecondition, "FORM_UNCHANGED", "", send(township_form())),
    ]
}

fn field_cases(ground: &Ground) -> Vec<Case> {
    let send = |fields: Vec<pb::Field>| register(ground.world.officer.clone(), with_fields(fields));
    let one = |change: fn(&mut pb::Field)| {
        let mut field = one_field();
        change(&mut field);
        send(vec![field])
    };
    let at = "form=huai field=f1";
    vec![
        case("field: one id twice", InvalidArgument, "FIELD_DUPLICATE", at, send(vec![one_field(), one_field()])),
        case("field: no id", InvalidArgument, "ID_MISSING", "form=huai row=1 column=fields", one(|f| f.field_id.clear())),
        case("field: no label", InvalidArgument, "TEXT_MISSING", at, one(|f| f.label = "　".to_owned())),
        case("field: endless label", InvalidArgument, "TEXT_TOO_LONG", at, one(|f| f.label = "长".repeat(501))),
        case("field: backspace in a label", InvalidArgument, "TEXT_CONTROL_CHARACTER", at, one(|f| f.label = "事\u{8}项".to_owned())),
        case(
            "field: control character in a heading",
            InvalidArgument,
            "TEXT_CONTROL_CHARACTER",
            at,
            one(|f| f.path = vec!["一\u{1}".to_owned()]),
        ),
        case("field: path of 10000 headings", InvalidArgument, "FIELD_PATH_TOO_DEEP", at, one(|f| f.path = vec!["一".to_owned(); 10_000])),
        case("field: endless note", InvalidArgument, "TEXT_TOO_LONG", at, one(|f| f.note = "注".repeat(8_001))),
        case("field: 1001 options", InvalidArgument, "LIST_TOO_LONG", at, one(|f| f.options = vec!["是".to_owned(); 1_001])),
        case("field: nine decimals", InvalidArgument, "FIELD_DECIMALS_OUT_OF_RANGE", at, one(|f| f.decimals = Some(9))),
        case("field: data type 99", InvalidArgument, "FIELD_TYPE_UNKNOWN", "form=huai field=f1", one(|f| f.dtype = 99)),
        case("field: classified", InvalidArgument, "FIELD_CLASSIFIED", at, one(|f| f.classified = true)),
        case("field: identity card number", InvalidArgument, "FIELD_PERSONAL_IDENTIFIER", at, one(|f| f.label = "户主身份证号".to_owned())),
        case(
            "field: mobile number in wide characters",
            InvalidArgument,
            "FIELD_PERSONAL_IDENTIFIER",
            at,
            one(|f| f.label = "负责人 手 机 号".to_owned()),
        ),
    ]
}

fn size_cases(ground: &Ground) -> Vec<Case> {
    let send = |fields: Vec<pb::Field>| register(ground.world.officer.clone(), with_fields(fields));
    let many = |n: usize| {
        (0..n).map(|n| pb::Field { field_id: format!("f{n}"), label: "户".to_owned(), ..pb::Field::default() }).collect::<Vec<_>>()
    };
    let many_in_json = {
        let fields = (0..1_000_000).map(|n| format!("{{\"field_id\":\"f{n}\",\"label\":\"户\"}}")).collect::<Vec<_>>().join(",");
        let text = good_json().to_string();
        let (head, _) = text.split_once("\"fields\":").expect("a template has fields");
        format!("{head}\"fields\":[{fields}]}}").into_bytes()
    };
    let huge = pb::Field { label: "长".repeat((40 << 20) / 3), ..one_field() };
    vec![
        case("size: 5001 fields", InvalidArgument, "LIST_TOO_LONG", "form=huai column=fields", send(many(5_001))),
        case("size: 10^6 fields", InvalidArgument, "LIST_TOO_LONG", "column=request", send(many(1_000_000))),
        case(
            "size: 10^6 fields in JSON",
            InvalidArgument,
            "REQUEST_TOO_LARGE",
            "",
            register_json(ground.world.officer.clone(), many_in_json),
        ),
        case("size: label of 40 MiB", InvalidArgument, "REQUEST_TOO_LARGE", "", send(vec![huge])),
        case(
            "size: label of 1 MiB",
            InvalidArgument,
            "TEXT_TOO_LONG",
            "form=huai field=f1",
            send(vec![pb::Field { label: "a".repeat(1 << 20), ..one_field() }]),
        ),
        case("size: 1001 equations", InvalidArgument, "LIST_TOO_LONG", "form=huai column=rules", {
            let template = pb::FormTemplate { rules: vec!["1=2+3".to_owned(); 1_001], ..good() };
            register(ground.world.officer.clone(), template)
        }),
    ]
}

fn json_cases(ground: &Ground) -> Vec<Case> {
    let send = |bytes: Vec<u8>| register_json(ground.world.officer.clone(), bytes);
    let deep = format!("{{\"form_id\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000)).into_bytes();
    vec![
        case("json: nonsense", InvalidArgument, "JSON_MALFORMED", "", send(b"{form_id: x".to_vec())),
        case("json: empty", InvalidArgument, "JSON_MALFORMED", "", send(Vec::new())),
        case("json: a list", InvalidArgument, "JSON_MALFORMED", "", send(b"[]".to_vec())),
        case("json: nested 100000 deep", InvalidArgument, "JSON_MALFORMED", "", send(deep)),
        case("json: not UTF-8", InvalidArgument, "ENCODING_INVALID", "", send(b"{\"form_id\":\"\xb1\xed\"}".to_vec())),
        case("json: a key twice", InvalidArgument, "JSON_MALFORMED", "", {
            let text = good_json().to_string().replacen('{', "{\"title\":\"x\",", 1);
            send(text.into_bytes())
        }),
        case("json: no form id", InvalidArgument, "ID_MISSING", "column=form_id", send(json_with("form_id", json!(null)))),
        case(
            "json: a level of its own",
            InvalidArgument,
            "LEVEL_UNKNOWN",
            "form=huai column=level",
            send(json_with("level", json!("hamlet"))),
        ),
        case(
            "json: daily",
            InvalidArgument,
            "FREQUENCY_UNKNOWN",
            "form=huai column=frequency",
            send(json_with("frequency", json!("daily"))),
        ),
        case(
            "json: fields are no list",
            InvalidArgument,
            "JSON_MALFORMED",
            "form=huai column=fields",
            send(json_with("fields", json!("f1"))),
        ),
        case(
            "json: a field is no object",
            InvalidArgument,
            "JSON_MALFORMED",
            "form=huai row=1 column=fields",
            send(json_with("fields", json!([7]))),
        ),
        case(
            "json: a year in words",
            InvalidArgument,
            "YEAR_OUT_OF_RANGE",
            "form=huai column=year",
            send(json_with("year", json!("今年"))),
        ),
        case(
            "json: unknown data type",
            InvalidArgument,
            "FIELD_TYPE_UNKNOWN",
            "form=huai field=f1",
            send(json_field_with("dtype", json!("float"))),
        ),
        case(
            "json: classified in other words",
            InvalidArgument,
            "REQUEST_VALUE_UNKNOWN",
            "form=huai field=f1",
            send(json_field_with("classified", json!("机密"))),
        ),
        case(
            "json: label is an object",
            InvalidArgument,
            "JSON_MALFORMED",
            "form=huai field=f1",
            send(json_field_with("label", json!({}))),
        ),
        case(
            "json: decimals in words",
            InvalidArgument,
            "FIELD_DECIMALS_OUT_OF_RANGE",
            "form=huai field=f1",
            send(json_field_with("decimals", json!("两位"))),
        ),
    ]
}

fn read_cases(ground: &Ground) -> Vec<Case> {
    let get = |form_id: &str, version: u32| {
        let (caller, form_id) = (ground.world.officer.clone(), form_id.to_owned());
        async move { caller.templates().get_template(pb::GetTemplateRequest { form_id, version }).await }
    };
    let overlap = |form_id: &str| {
        let (caller, form_id) = (ground.world.officer.clone(), form_id.to_owned());
        async move { caller.overlap().get_form_overlap(pb::GetFormOverlapRequest { form_id }).await }
    };
    let element = |caller: &Caller, element: &str| {
        let (caller, element) = (caller.clone(), element.to_owned());
        async move { caller.overlap().get_element(pb::GetElementRequest { element }).await }
    };
    let list = |page_size: u32, cursor: &str| {
        let (caller, cursor) = (ground.world.officer.clone(), cursor.to_owned());
        async move { caller.templates().list_templates(pb::ListTemplatesRequest { page_size, cursor }).await }
    };
    let relations = |caller: &Caller, kinds: Vec<i32>, cursor: &str| {
        let (caller, cursor) = (caller.clone(), cursor.to_owned());
        async move { caller.overlap().list_relations(pb::ListRelationsRequest { kinds, page_size: 0, cursor }).await }
    };
    let bureau = &ground.world.bureau;
    vec![
        case("read: unknown form", NotFound, "FORM_UNKNOWN", "", get("nirgendwo", 0)),
        case("read: another department's form", NotFound, "FORM_UNKNOWN", "", get("bie", 0)),
        case("read: unknown version", NotFound, "FORM_VERSION_UNKNOWN", "", get("zhen", 9)),
        case("read: no form named", InvalidArgument, "ID_MISSING", "column=form_id", get("", 0)),
        case("read: forms with a broken cursor", InvalidArgument, "CURSOR_MALFORMED", "column=cursor", list(0, "桐庐")),
        case("read: forms by the million", InvalidArgument, "PAGE_SIZE_OUT_OF_RANGE", "column=page_size", list(1_000_000, "")),
        case("overlap: of another department's form", NotFound, "FORM_UNKNOWN", "", overlap("bie")),
        case("overlap: element that is none", InvalidArgument, "ID_MALFORMED", "column=element", element(bureau, "e1")),
        case("overlap: element that nobody asks", NotFound, "ELEMENT_UNKNOWN", "", element(bureau, "e0000000000000001")),
        case("overlap: element for a clerk", PermissionDenied, "CALLER_MAY_NOT", "", element(&ground.clerk, "e0000000000000001")),
        case(
            "overlap: all relations for a department",
            PermissionDenied,
            "CALLER_MAY_NOT",
            "",
            relations(&ground.world.officer, vec![], ""),
        ),
        case("overlap: relation of kind 77", InvalidArgument, "REQUEST_VALUE_UNKNOWN", "column=kinds", relations(bureau, vec![77], "")),
        case(
            "overlap: relations with a broken cursor",
            InvalidArgument,
            "CURSOR_MALFORMED",
            "column=cursor",
            relations(bureau, vec![], "eA"),
        ),
    ]
}
