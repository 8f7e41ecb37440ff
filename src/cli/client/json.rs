//! Messages as JSON for scripts: the names of the proto fields, enums by name, every field present, numbers as numbers.
//!
//! Walks the descriptors that are embedded for reflection, so that a field added to the proto files appears without code here. (The
//! canonical proto3 JSON would print 64-bit numbers as texts and leave out what is zero.)

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, ReflectMessage, Value};

use crate::pb;

/// Descriptors of `baoyici.v1`. Generated together with the messages; an empty pool would show in every test of this module.
static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| DescriptorPool::decode(pb::DESCRIPTORS).unwrap_or_default());

/// A message of `baoyici.v1` as JSON; `name` is its name in the proto files. `null` for a name that is none.
pub fn to_json(message: &impl Message, name: &str) -> serde_json::Value {
    let descriptor = POOL.get_message_by_name(&format!("baoyici.v1.{name}"));
    let read = descriptor.and_then(|d| DynamicMessage::decode(d, message.encode_to_vec().as_slice()).ok());
    read.map_or(serde_json::Value::Null, |m| object(&m))
}

/// A value as indented JSON with a line end.
pub fn print(value: &serde_json::Value) -> String {
    // A tree of texts, numbers and maps with text keys always serialises.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

fn object(message: &DynamicMessage) -> serde_json::Value {
    let mut map = serde_json::Map::new();
    for field in message.descriptor().fields() {
        if field.supports_presence() && !message.has_field(&field) {
            // The parts of a oneof that were not chosen do not stand beside the one that was.
            if field.containing_oneof().is_none_or(|o| o.is_synthetic()) {
                map.insert(field.name().to_owned(), serde_json::Value::Null);
            }
            continue;
        }
        map.insert(field.name().to_owned(), value(&message.get_field(&field), &field));
    }
    serde_json::Value::Object(map)
}

fn value(held: &Value, field: &FieldDescriptor) -> serde_json::Value {
    match held {
        Value::Bool(v) => (*v).into(),
        Value::I32(v) => (*v).into(),
        Value::I64(v) => (*v).into(),
        Value::U32(v) => (*v).into(),
        Value::U64(v) => (*v).into(),
        Value::F32(v) => (*v).into(),
        Value::F64(v) => (*v).into(),
        Value::String(v) => v.as_str().into(),
        Value::Bytes(v) => STANDARD.encode(v).into(),
        Value::EnumNumber(v) => match field.kind() {
            Kind::Enum(names) => names.get_value(*v).map_or_else(|| (*v).into(), |n| n.name().into()),
            _ => (*v).into(),
        },
        Value::Message(v) => object(v),
        Value::List(v) => v.iter().map(|item| value(item, field)).collect(),
        Value::Map(v) => v.iter().map(|(key, item)| (key_text(key), value(item, field))).collect(),
    }
}

fn key_text(key: &MapKey) -> String {
    match key {
        MapKey::Bool(v) => v.to_string(),
        MapKey::I32(v) => v.to_string(),
        MapKey::I64(v) => v.to_string(),
        MapKey::U32(v) => v.to_string(),
        MapKey::U64(v) => v.to_string(),
        MapKey::String(v) => v.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_proto() {
        let row = pb::BurdenRow { key: "mzt".into(), asked: 9_007_199_254_740_993, ..Default::default() };
        let report = pb::GetBurdenReportResponse { rows: vec![row], ..Default::default() };
        let expected = serde_json::json!({
            "total": null,
            "rows": [{ "key": "mzt", "name": "", "asked": 9_007_199_254_740_993_u64, "collected": 0, "reduction_percent": "" }],
            "next_cursor": "",
            "plan_digest": "",
        });
        assert_eq!(to_json(&report, "GetBurdenReportResponse"), expected);
    }

    #[test]
    fn enums_are_named_and_absent_figures_are_null() {
        let column = pb::ExtractedColumn { dtype: pb::DataType::Integer.into(), ..Default::default() };
        assert_eq!(to_json(&column, "ExtractedColumn")["dtype"], "DATA_TYPE_INTEGER");
        assert_eq!(to_json(&pb::ExtractedFigure { value: None }, "ExtractedFigure"), serde_json::json!({ "value": null }));
        assert_eq!(to_json(&column, "NoSuchMessage"), serde_json::Value::Null);
    }
}
