//! `overlaps` and `relations`: the verdict on each field of a form, and the pairs that a reviewer is to judge.

use std::process::ExitCode;

use clap::ValueEnum;

use crate::cli::client::answer::{Answer, Format, finish};
use crate::cli::client::connection::ServerArgs;
use crate::cli::client::failure::Failure;
use crate::cli::client::grid::{Grid, text};
use crate::cli::client::json::to_json;
use crate::cli::client::verdict::{fields_grid, sentence};
use crate::cli::client::words::relation;
use crate::domain::message::Language;
use crate::pb;

/// Show which fields of a registered form are collected already (data officers, bureau)
#[derive(clap::Args, Debug)]
pub struct OverlapsArgs {
    /// Form id
    #[arg(value_name = "FORM")]
    form: String,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    server: ServerArgs,
}

/// List relations between fields of registered forms, best first (bureau)
#[derive(clap::Args, Debug)]
pub struct RelationsArgs {
    /// Only this kind; may be given several times
    #[arg(long, value_enum)]
    kind: Vec<Kind>,
    /// How many are listed; 0 for all
    #[arg(long, default_value_t = 100)]
    limit: u32,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// The same figure
    Same,
    /// The same figure in another unit of measure
    Converted,
    /// The same figure over a longer or shorter period
    TimeAggregate,
    /// The same figure at another level
    RollUp,
    /// The same figure of another year
    Offset,
    /// Computed from the other and more
    Formula,
    /// Narrower than the other
    Narrower,
    /// Broader than the other
    Broader,
    /// Same name, different meaning
    Conflict,
    /// Looks alike; a person must say
    LooksAlike,
}

impl Kind {
    fn to_pb(self) -> pb::RelationKind {
        match self {
            Self::Same => pb::RelationKind::Same,
            Self::Converted => pb::RelationKind::Converted,
            Self::TimeAggregate => pb::RelationKind::TimeAggregate,
            Self::RollUp => pb::RelationKind::RollUp,
            Self::Offset => pb::RelationKind::Offset,
            Self::Formula => pb::RelationKind::Formula,
            Self::Narrower => pb::RelationKind::Narrower,
            Self::Broader => pb::RelationKind::Broader,
            Self::Conflict => pb::RelationKind::Conflict,
            Self::LooksAlike => pb::RelationKind::LooksAlike,
        }
    }
}

/// Runs `overlaps`.
pub async fn run_overlaps(args: OverlapsArgs) -> anyhow::Result<ExitCode> {
    Ok(finish(args.server.language, overlaps(&args).await))
}

/// Runs `relations`.
pub async fn run_relations(args: RelationsArgs) -> anyhow::Result<ExitCode> {
    Ok(finish(args.server.language, relations(&args).await))
}

async fn overlaps(args: &OverlapsArgs) -> Result<Answer, Failure> {
    let language = args.server.language;
    let answer = args.server.connect()?.form_overlap(&args.form).await?;
    let json = || to_json(&answer, "GetFormOverlapResponse");
    Ok(Answer::of_grid(args.format, language, "", &fields_grid(language, &answer.fields), json))
}

async fn relations(args: &RelationsArgs) -> Result<Answer, Failure> {
    let language = args.server.language;
    let kinds: Vec<pb::RelationKind> = args.kind.iter().map(|k| k.to_pb()).collect();
    let answer = args.server.connect()?.relations(&kinds, args.limit).await?;
    let json = || to_json(&answer, "ListRelationsResponse");
    let grid = relations_grid(language, &answer.relations);
    Ok(Answer::of_grid(args.format, language, "", &grid, json).with_more(language, &answer.next_cursor))
}

/// Relations as a table.
pub(crate) fn relations_grid(language: Language, relations: &[pb::Relation]) -> Grid {
    let mut grid = Grid::new(&[
        ("kind", "关系", "relation"),
        ("score", "把握", "score"),
        ("a_field", "指标甲", "field a"),
        ("a_label", "名称", "label"),
        ("b_field", "指标乙", "field b"),
        ("b_label", "名称", "label"),
        ("why", "理由", "why"),
    ]);
    let printed = |key: Option<&pb::FieldKey>| key.map(|k| format!("{}/{}", k.form_id, k.field_id)).unwrap_or_default();
    for r in relations {
        grid.push(vec![
            text(relation(language, r.kind)),
            text(format!("{:.2}", r.score)),
            text(printed(r.a.as_ref())),
            text(r.a_label.clone()),
            text(printed(r.b.as_ref())),
            text(r.b_label.clone()),
            text(sentence(language, r)),
        ]);
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relations_are_shown() {
        let key = |form: &str, field: &str| Some(pb::FieldKey { form_id: form.into(), field_id: field.into(), since: 1 });
        let pair = pb::Relation {
            a: key("mzt-jiuzhu", "J03"),
            b: key("tjj-cun", "T11"),
            kind: pb::RelationKind::LooksAlike.into(),
            score: 0.871,
            a_label: "低保人数".into(),
            b_label: "享受最低生活保障人数".into(),
            b_title: "行政村年报".into(),
            ..Default::default()
        };
        insta::assert_snapshot!("relations_zh", relations_grid(Language::Zh, &[pair]).to_table(Language::Zh));
    }
}
