//! Overlaps, relations and elements as messages.

use crate::app::{DescribedFinding, DescribedOverlap, DescribedRelation, ElementWithFields, FindingField, FindingKind};
use crate::domain::problem::{Code, Place, Problem};
use crate::domain::relation::{Derivation, Origin, Reason, RelationKind, Standing};
use crate::pb;
use crate::service::convert::shared_values::field_key_to_pb;

/// Writes the verdict on a field.
pub(crate) fn field_overlap_to_pb(overlap: DescribedOverlap) -> pb::FieldOverlap {
    pb::FieldOverlap {
        field: Some(field_key_to_pb(&overlap.field)),
        label: overlap.label,
        element: overlap.element.to_string(),
        standing: standing_to_pb(overlap.standing).into(),
        relations: overlap.relations.into_iter().map(relation_to_pb).collect(),
    }
}

fn standing_to_pb(standing: Standing) -> pb::Standing {
    match standing {
        Standing::Held => pb::Standing::Held,
        Standing::Computable => pb::Standing::Computable,
        Standing::LookAlike => pb::Standing::LookAlike,
        Standing::New => pb::Standing::New,
    }
}

/// Writes a relation.
pub(crate) fn relation_to_pb(described: DescribedRelation) -> pb::Relation {
    let relation = described.relation;
    pb::Relation {
        a: Some(field_key_to_pb(&relation.a)),
        b: Some(field_key_to_pb(&relation.b)),
        kind: relation_kind_to_pb(relation.kind).into(),
        score: relation.score,
        reasons: relation.reasons.into_iter().map(reason_to_pb).collect(),
        sentence_zh: described.sentence_zh,
        sentence_en: described.sentence_en,
        a_label: described.a_label,
        a_title: described.a_title,
        b_label: described.b_label,
        b_title: described.b_title,
        formula: relation.formula.map(derivation_to_pb),
    }
}

/// Writes a finding from reported figures.
pub(crate) fn finding_to_pb(finding: DescribedFinding) -> pb::ValueFinding {
    let kind = match finding.kind {
        FindingKind::Equal => pb::FindingKind::Equal,
        FindingKind::Different => pb::FindingKind::Different,
        FindingKind::UnitMistake => pb::FindingKind::UnitMistake,
        FindingKind::Sum => pb::FindingKind::Sum,
    };
    let field = |f: FindingField| pb::FindingField { field: Some(field_key_to_pb(&f.field)), label: f.label, title: f.title };
    pb::ValueFinding {
        kind: kind.into(),
        fields: finding.fields.into_iter().map(field).collect(),
        n_compared: finding.n_compared,
        n_holds: finding.n_holds,
        chance: finding.chance,
        weight: finding.weight,
        factor: finding.factor.map(|f| f.to_string()).unwrap_or_default(),
        sentence_zh: finding.sentence_zh,
        sentence_en: finding.sentence_en,
    }
}

/// Writes a piece of evidence.
pub(crate) fn reason_to_pb(reason: Reason) -> pb::Reason {
    pb::Reason { facet: reason.facet, a: reason.a, b: reason.b, weight: reason.weight }
}

/// Writes how a figure is computed.
pub(crate) fn derivation_to_pb(derivation: Derivation) -> pb::Derivation {
    let origin = match derivation.origin {
        Origin::Printed => pb::DerivationOrigin::Printed,
        Origin::Breakdown => pb::DerivationOrigin::Breakdown,
        Origin::Growth => pb::DerivationOrigin::Growth,
        Origin::Time => pb::DerivationOrigin::Time,
    };
    pb::Derivation {
        expression: derivation.expression,
        operands: derivation.operands.iter().map(field_key_to_pb).collect(),
        origin: origin.into(),
        words: derivation.words,
        title: derivation.title,
    }
}

/// Writes a kind of relation.
pub(crate) fn relation_kind_to_pb(kind: RelationKind) -> pb::RelationKind {
    match kind {
        RelationKind::Same => pb::RelationKind::Same,
        RelationKind::Converted => pb::RelationKind::Converted,
        RelationKind::TimeAggregate => pb::RelationKind::TimeAggregate,
        RelationKind::RollUp => pb::RelationKind::RollUp,
        RelationKind::Offset => pb::RelationKind::Offset,
        RelationKind::Narrower => pb::RelationKind::Narrower,
        RelationKind::Broader => pb::RelationKind::Broader,
        RelationKind::Conflict => pb::RelationKind::Conflict,
        RelationKind::LooksAlike => pb::RelationKind::LooksAlike,
        RelationKind::Formula => pb::RelationKind::Formula,
    }
}

/// Reads the kinds of relations that are wanted; the first unknown one is refused with its position.
pub(crate) fn relation_kinds_from_pb(kinds: &[i32]) -> Result<Vec<RelationKind>, Problem> {
    let numbered = kinds.iter().enumerate();
    numbered.map(|(n, kind)| relation_kind_from_pb(*kind).map_err(|p| p.at(Place::part("kinds").at_row(n + 1)))).collect()
}

fn relation_kind_from_pb(kind: i32) -> Result<RelationKind, Problem> {
    let unknown = || Problem::new(Code::RequestValueUnknown).arg("value", kind).arg("what", "kinds");
    match pb::RelationKind::try_from(kind) {
        Ok(pb::RelationKind::Same) => Ok(RelationKind::Same),
        Ok(pb::RelationKind::Converted) => Ok(RelationKind::Converted),
        Ok(pb::RelationKind::TimeAggregate) => Ok(RelationKind::TimeAggregate),
        Ok(pb::RelationKind::RollUp) => Ok(RelationKind::RollUp),
        Ok(pb::RelationKind::Offset) => Ok(RelationKind::Offset),
        Ok(pb::RelationKind::Narrower) => Ok(RelationKind::Narrower),
        Ok(pb::RelationKind::Broader) => Ok(RelationKind::Broader),
        Ok(pb::RelationKind::Conflict) => Ok(RelationKind::Conflict),
        Ok(pb::RelationKind::LooksAlike) => Ok(RelationKind::LooksAlike),
        Ok(pb::RelationKind::Formula) => Ok(RelationKind::Formula),
        Ok(pb::RelationKind::Unspecified) | Err(_) => Err(unknown()),
    }
}

/// Writes an element with the fields in which it appears.
pub(crate) fn element_to_pb(found: ElementWithFields) -> pb::GetElementResponse {
    pb::GetElementResponse {
        element: found.element.id.to_string(),
        key: found.element.key,
        name: found.element.name,
        fields: found.fields.iter().map(field_key_to_pb).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{FieldId, FieldKey, FormId};
    use crate::domain::relation::Relation;

    #[test]
    fn a_formula_is_told_with_its_operands() {
        let key = |field: &str| FieldKey { form: FormId::from_stored("f"), field: FieldId::from_stored(field), since: 1 };
        let derivation = Derivation {
            expression: "合计 = 男 + 女".into(),
            operands: vec![key("m"), key("w")],
            origin: Origin::Printed,
            title: "表".into(),
            words: "01=02+03".into(),
        };
        let relation =
            Relation { a: key("t"), b: key("m"), kind: RelationKind::Formula, score: 0.99, reasons: Vec::new(), formula: Some(derivation) };
        let named = String::new;
        let described = DescribedRelation {
            relation,
            a_label: named(),
            a_title: named(),
            b_label: named(),
            b_title: named(),
            sentence_zh: named(),
            sentence_en: named(),
        };
        let message = relation_to_pb(described);
        assert_eq!(message.kind, i32::from(pb::RelationKind::Formula));
        assert_eq!(relation_kinds_from_pb(&[message.kind]), Ok(vec![RelationKind::Formula]));
        let formula = message.formula.unwrap();
        assert_eq!((formula.operands.len(), formula.origin), (2, i32::from(pb::DerivationOrigin::Printed)));
        assert_eq!((formula.expression.as_str(), formula.words.as_str()), ("合计 = 男 + 女", "01=02+03"));
    }
}
