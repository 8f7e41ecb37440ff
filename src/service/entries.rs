//! Counts the messages inside a request before it is decoded.
//!
//! An empty message takes two bytes on the wire and up to three hundred in memory, so that a request within its limit of bytes could take
//! gigabytes. The descriptors say which fields are messages; everything else is skipped without being looked at.

use prost::Message;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use prost_types::field_descriptor_proto::Type;
use std::collections::HashMap;
use std::sync::LazyLock;

use crate::pb;

/// Most messages inside one request: a province's units (200,000 rows in one call) and room beside them.
pub(super) const MAX_ENTRIES: usize = 250_000;

/// The fields of a message that are messages themselves: number and index of their shape.
type Shape = HashMap<u32, usize>;

/// The shapes of all messages of the contract.
struct Shapes {
    by_name: HashMap<String, usize>,
    shapes: Vec<Shape>,
}

static SHAPES: LazyLock<Shapes> = LazyLock::new(Shapes::read);

impl Shapes {
    fn read() -> Self {
        // The same bytes are decoded when the server starts, which refuses to start with broken ones.
        let files = prost_types::FileDescriptorSet::decode(pb::DESCRIPTORS).unwrap_or_default().file;
        let messages = || files.iter().flat_map(|file| &file.message_type);
        let by_name: HashMap<String, usize> = messages().enumerate().map(|(n, message)| (message.name().to_owned(), n)).collect();
        let shape_of = |message: &prost_types::DescriptorProto| -> Shape {
            let nested = message.field.iter().filter(|field| field.r#type() == Type::Message);
            let index = |field: &prost_types::FieldDescriptorProto| by_name.get(field.type_name().rsplit('.').next()?).copied();
            nested.filter_map(|field| Some((u32::try_from(field.number()).ok()?, index(field)?))).collect()
        };
        let shapes = messages().map(shape_of).collect();
        Self { by_name, shapes }
    }
}

/// Whether the bytes of a message hold more messages than a request may. Bytes that are no message are left to the decoder to refuse.
pub(super) fn are_too_many(message: &str, bytes: &[u8]) -> bool {
    let Some(shape) = SHAPES.by_name.get(message) else { return false };
    let mut n_entries = 0;
    count(*shape, bytes, &mut n_entries);
    n_entries > MAX_ENTRIES
}

/// Counts into `n_entries` until the end, the first fault, or one more than is allowed. Ends, because no message of the contract holds itself
/// and nested bytes are shorter than those around them.
fn count(shape: usize, mut bytes: &[u8], n_entries: &mut usize) {
    let Some(nested) = SHAPES.shapes.get(shape) else { return };
    while !bytes.is_empty() && *n_entries <= MAX_ENTRIES {
        let Ok((number, wire_type)) = decode_key(&mut bytes) else { return };
        let inner = nested.get(&number).filter(|_| wire_type == WireType::LengthDelimited);
        let Some(inner) = inner else {
            if skip_field(wire_type, number, &mut bytes, DecodeContext::default()).is_err() {
                return;
            }
            continue;
        };
        let length = decode_varint(&mut bytes).ok().and_then(|n| usize::try_from(n).ok());
        let Some((entry, rest)) = length.and_then(|n| bytes.split_at_checked(n)) else { return };
        *n_entries += 1;
        count(*inner, entry, n_entries);
        bytes = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_counted_at_every_depth() {
        let template = |n: usize| pb::FormTemplate { fields: vec![pb::Field::default(); n], ..Default::default() };
        let request = |n: usize| pb::RegisterTemplateRequest {
            source: Some(pb::register_template_request::Source::Template(template(n))),
            ..Default::default()
        };
        // The template itself is one.
        assert!(!are_too_many("RegisterTemplateRequest", &request(MAX_ENTRIES - 1).encode_to_vec()));
        assert!(are_too_many("RegisterTemplateRequest", &request(MAX_ENTRIES).encode_to_vec()));
    }

    #[test]
    fn bytes_and_texts_are_no_messages() {
        let looks_like_many = [0x0a, 0x00].repeat(MAX_ENTRIES * 2);
        let source = Some(pb::register_units_request::Source::Csv(looks_like_many));
        let request = pb::RegisterUnitsRequest { source, ..Default::default() };
        assert!(!are_too_many("RegisterUnitsRequest", &request.encode_to_vec()));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            proptest::prop_assert!(!are_too_many("RegisterTemplateRequest", &bytes));
        }
    }
}
