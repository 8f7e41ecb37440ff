//! What a relation means to whoever fills both forms: type once, type both, or check one against the other.

use crate::domain::message::Language;
use crate::domain::relation::{Relation, RelationKind};
use crate::overlap::explain::{Named, deciding, hindrance, said};

/// Says in one sentence what a clerk who fills both forms has to do; `a` and `b` name the fields.
pub fn for_clerk(relation: &Relation, a: &Named, b: &Named, language: Language) -> String {
    let name = |n: &Named| match language {
        Language::Zh => format!("《{}》“{}”", n.title, n.label),
        Language::En => format!("“{}” of 《{}》", n.label, n.title),
    };
    let (x, y) = (name(a), name(b));
    let told = deciding(relation).map(|r| (said(&r.facet, &r.a, language), said(&r.facet, &r.b, language)));
    let (p, q) = told.unwrap_or_default();
    let is_coarse = relation.reasons.iter().any(|r| r.facet == "precision" && r.weight < 0.0);
    match language {
        Language::Zh => chinese(relation, &x, &y, (&p, &q), is_coarse),
        Language::En => english(relation, &x, &y, (&p, &q), is_coarse),
    }
}

fn chinese(relation: &Relation, x: &str, y: &str, (p, q): (&str, &str), is_coarse: bool) -> String {
    match relation.kind {
        RelationKind::Same => format!("只填一次，{x}和{y}用同一个数。"),
        RelationKind::Converted if is_coarse => format!("按较细的单位填一次，{x}和{y}都由它得出。"),
        RelationKind::Converted => format!("只填一次，{x}和{y}由系统换算单位。"),
        RelationKind::TimeAggregate => format!("按报送勤的那张表填，{x}和{y}中报送少的由系统汇总。"),
        RelationKind::RollUp => format!("由下级填报，{x}和{y}中上级的数由系统汇总。"),
        RelationKind::Offset => format!("{x}和{y}是同一指标不同年份的数，上年填过的不用再填。"),
        RelationKind::Formula if hindrance(relation).is_some() => format!("{x}和{y}要分别填，系统按计算关系核对。"),
        RelationKind::Formula => format!("填了{y}等各项，{x}由系统算出，不用填。"),
        RelationKind::Narrower => format!("{x}和{y}要分别填，前者是后者的一部分，不应比后者大。"),
        RelationKind::Broader => format!("{x}和{y}要分别填，后者是前者的一部分，不应比前者大。"),
        RelationKind::Conflict => format!("{x}和{y}名称一样，数不一样，请各按各的口径填：前者{p}，后者{q}。"),
        RelationKind::LooksAlike => format!("还没有认定{x}和{y}是同一个数，请各按各的口径填。"),
    }
}

fn english(relation: &Relation, x: &str, y: &str, (p, q): (&str, &str), is_coarse: bool) -> String {
    match relation.kind {
        RelationKind::Same => format!("Type it once: {x} and {y} use one figure."),
        RelationKind::Converted if is_coarse => format!("Type it once in the finer unit: {x} and {y} both follow from it."),
        RelationKind::Converted => format!("Type it once: the system converts between {x} and {y}."),
        RelationKind::TimeAggregate => format!("Type it for the more frequent form: of {x} and {y} the rarer is summed up by the system."),
        RelationKind::RollUp => format!("The lower level types it: of {x} and {y} the higher one is summed up by the system."),
        RelationKind::Offset => format!("{x} and {y} are one figure of different years: what was typed last year is not typed again."),
        RelationKind::Formula if hindrance(relation).is_some() => format!("Type {x} and {y} each: the system checks them by the formula."),
        RelationKind::Formula => format!("Type {y} and the other parts: {x} is computed by the system."),
        RelationKind::Narrower => format!("Type {x} and {y} each: the first is part of the second and should not be larger."),
        RelationKind::Broader => format!("Type {x} and {y} each: the second is part of the first and should not be larger."),
        RelationKind::Conflict => format!("{x} and {y} have one name and two figures; type each by its own definition: {p} and {q}."),
        RelationKind::LooksAlike => format!("Nobody has said yet that {x} and {y} are one figure: type each by its own definition."),
    }
}
