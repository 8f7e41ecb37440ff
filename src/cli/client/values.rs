//! `values`: what the figures that were reported say of the fields they were reported for.

use std::process::ExitCode;

use crate::cli::client::answer::{Answer, Format, finish};
use crate::cli::client::connection::ServerArgs;
use crate::cli::client::failure::Failure;
use crate::cli::client::grid::{Grid, text};
use crate::cli::client::json::to_json;
use crate::cli::client::words::pick;
use crate::domain::message::Language;
use crate::pb;

/// Show what reported figures say: equal under other names, different under one, unit mistakes, sums (bureau)
#[derive(clap::Args, Debug)]
pub struct ValuesArgs {
    /// Year of the figures; the present one if not given
    #[arg(long, default_value_t = 0)]
    year: i32,
    /// How many are listed; 0 for all
    #[arg(long, default_value_t = 100)]
    limit: u32,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    server: ServerArgs,
}

/// Runs `values`.
pub async fn run(args: ValuesArgs) -> anyhow::Result<ExitCode> {
    Ok(finish(args.server.language, values(&args).await))
}

async fn values(args: &ValuesArgs) -> Result<Answer, Failure> {
    let language = args.server.language;
    let answer = args.server.connect()?.value_findings(args.year, args.limit).await?;
    let json = || to_json(&answer, "ListValueFindingsResponse");
    let grid = findings_grid(language, &answer.findings);
    Ok(Answer::of_grid(args.format, language, "", &grid, json).with_more(language, &answer.next_cursor))
}

fn kind(language: Language, kind: i32) -> &'static str {
    let (zh, en) = match pb::FindingKind::try_from(kind).unwrap_or_default() {
        pb::FindingKind::Unspecified => ("", ""),
        pb::FindingKind::Equal => ("异名同值", "equal"),
        pb::FindingKind::Different => ("名近值异", "different"),
        pb::FindingKind::UnitMistake => ("疑似单位错", "unit mistake"),
        pb::FindingKind::Sum => ("可由相加得出", "sum"),
    };
    pick(language, zh, en)
}

/// Findings as a table.
fn findings_grid(language: Language, findings: &[pb::ValueFinding]) -> Grid {
    let mut grid = Grid::new(&[
        ("kind", "发现", "finding"),
        ("fields", "指标", "fields"),
        ("compared", "比对处数", "compared"),
        ("holds", "成立处数", "holds"),
        ("why", "说明", "why"),
    ]);
    for finding in findings {
        let printed = |f: &pb::FindingField| f.field.as_ref().map(|k| format!("{}/{}", k.form_id, k.field_id)).unwrap_or_default();
        let fields: Vec<String> = finding.fields.iter().map(printed).collect();
        grid.push(vec![
            text(kind(language, finding.kind)),
            text(fields.join(" ")),
            text(finding.n_compared.to_string()),
            text(finding.n_holds.to_string()),
            text(pick(language, &finding.sentence_zh, &finding.sentence_en)),
        ]);
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_shown() {
        let field = |form: &str, field: &str| pb::FindingField {
            field: Some(pb::FieldKey { form_id: form.into(), field_id: field.into(), since: 1 }),
            ..Default::default()
        };
        let finding = pb::ValueFinding {
            kind: pb::FindingKind::Equal.into(),
            fields: vec![field("mzt-jiuzhu", "J03"), field("tjj-cun", "T11")],
            n_compared: 120,
            n_holds: 119,
            sentence_zh: "数值表明是同一指标。".into(),
            sentence_en: "the values say one figure.".into(),
            ..Default::default()
        };
        let zh = findings_grid(Language::Zh, std::slice::from_ref(&finding)).to_table(Language::Zh);
        assert!(zh.contains("异名同值") && zh.contains("mzt-jiuzhu/J03 tjj-cun/T11") && zh.contains("119"), "{zh}");
        assert!(findings_grid(Language::En, &[finding]).to_table(Language::En).contains("one figure"));
    }
}
