//! `disagreements` between reviewers and `conflicts` of figures: what decisions leave to the bureau.

use std::process::ExitCode;

use clap::ValueEnum;

use crate::cli::client::answer::{Answer, Format, finish, request_id};
use crate::cli::client::connection::ServerArgs;
use crate::cli::client::failure::Failure;
use crate::cli::client::grid::{Grid, number, text};
use crate::cli::client::json::to_json;
use crate::cli::client::queue::{effects_line, printed_key};
use crate::cli::client::words::{pick, verdict};
use crate::domain::message::Language;
use crate::pb;

/// List answers of different reviewers that contradict each other, or resolve one (bureau)
#[derive(clap::Args, Debug)]
pub struct DisagreementsArgs {
    #[command(subcommand)]
    what: DisagreementsWhat,
}

#[derive(clap::Subcommand, Debug)]
enum DisagreementsWhat {
    /// Those that wait
    List(ListArgs),
    /// End one: one side holds, the other is undone
    Resolve(ResolveArgs),
}

/// List figures that a decision brought together and that differ, or choose one (bureau)
#[derive(clap::Args, Debug)]
pub struct ConflictsArgs {
    #[command(subcommand)]
    what: ConflictsWhat,
}

#[derive(clap::Subcommand, Debug)]
enum ConflictsWhat {
    /// Those that wait
    List(ConflictListArgs),
    /// Choose which figure stands; nothing is lost of the other
    Choose(ChooseArgs),
}

#[derive(clap::Args, Debug)]
struct ListArgs {
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(clap::Args, Debug)]
struct ResolveArgs {
    /// Number of the answer that waits
    decision: u64,
    /// Which side holds
    #[arg(value_enum)]
    side: Side,
    /// Why
    #[arg(long, default_value = "", hide_default_value = true)]
    note: String,
    /// Request id: the same id with the same content gives the same answer
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Side {
    /// The answer that waits
    Later,
    /// The answers that it contradicts
    Earlier,
}

#[derive(clap::Args, Debug)]
struct ConflictListArgs {
    /// Those that were resolved too
    #[arg(long)]
    all: bool,
    /// How many are listed; 0 for all
    #[arg(long, default_value_t = 100)]
    limit: u32,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(clap::Args, Debug)]
struct ChooseArgs {
    /// Number of the conflict
    conflict: u64,
    /// Which figure stands from now on
    #[arg(value_enum)]
    figure: Figure,
    /// Why
    #[arg(long, default_value = "", hide_default_value = true)]
    note: String,
    /// Request id: the same id with the same content gives the same answer
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Figure {
    /// The one that stands now
    Held,
    /// The one that was set aside
    Aside,
}

/// Runs `disagreements`.
pub async fn run_disagreements(args: DisagreementsArgs) -> anyhow::Result<ExitCode> {
    Ok(match args.what {
        DisagreementsWhat::List(args) => finish(args.server.language, disagreements(&args).await),
        DisagreementsWhat::Resolve(args) => finish(args.server.language, resolve(&args).await),
    })
}

/// Runs `conflicts`.
pub async fn run_conflicts(args: ConflictsArgs) -> anyhow::Result<ExitCode> {
    Ok(match args.what {
        ConflictsWhat::List(args) => finish(args.server.language, conflicts(&args).await),
        ConflictsWhat::Choose(args) => finish(args.server.language, choose(&args).await),
    })
}

async fn disagreements(args: &ListArgs) -> Result<Answer, Failure> {
    let language = args.server.language;
    let answer = args.server.connect()?.disagreements().await?;
    let json = || to_json(&answer, "ListDisagreementsResponse");
    Ok(Answer::of_grid(args.format, language, "", &disagreements_grid(language, &answer.disagreements), json))
}

async fn resolve(args: &ResolveArgs) -> Result<Answer, Failure> {
    let request = pb::ResolveDisagreementRequest {
        request_id: request_id(args.request_id.as_deref()),
        decision: args.decision,
        upholds: args.side == Side::Later,
        note: args.note.clone(),
    };
    let answer = args.server.connect()?.resolve_disagreement(request).await?;
    Ok(Answer::of(format!("{}\n", effects_line(args.server.language, args.decision, false, answer.effects.as_ref()))))
}

async fn conflicts(args: &ConflictListArgs) -> Result<Answer, Failure> {
    let language = args.server.language;
    let answer = args.server.connect()?.figure_conflicts(args.all, args.limit).await?;
    let json = || to_json(&answer, "ListFigureConflictsResponse");
    Ok(Answer::of_grid(args.format, language, "", &conflicts_grid(&answer.conflicts), json).with_more(language, &answer.next_cursor))
}

async fn choose(args: &ChooseArgs) -> Result<Answer, Failure> {
    let request = pb::ResolveFigureConflictRequest {
        request_id: request_id(args.request_id.as_deref()),
        conflict: args.conflict,
        takes_aside: args.figure == Figure::Aside,
        note: args.note.clone(),
    };
    args.server.connect()?.resolve_figure_conflict(request).await?;
    Ok(Answer::of(format!("{}\n", pick(args.server.language, "已选定", "chosen"))))
}

/// Disagreements as a table: a row for each answer that is contradicted.
pub(crate) fn disagreements_grid(language: Language, disagreements: &[pb::Disagreement]) -> Grid {
    let mut grid = Grid::new(&[
        ("decision", "待裁决", "waits"),
        ("decided_by", "审核人", "reviewer"),
        ("verdict", "结论", "verdict"),
        ("a_field", "指标甲", "field a"),
        ("b_field", "指标乙", "field b"),
        ("against", "相反的裁定", "against"),
        ("against_by", "审核人", "reviewer"),
        ("against_verdict", "结论", "verdict"),
    ]);
    for one in disagreements {
        let Some(waiting) = &one.disputed else { continue };
        let key = |field: &Option<pb::NamedField>| printed_key(field.as_ref().and_then(|f| f.field.as_ref()));
        for other in &one.against {
            grid.push(vec![
                number(waiting.decision),
                text(waiting.decided_by.clone()),
                text(verdict(language, waiting.verdict)),
                text(key(&waiting.a)),
                text(key(&waiting.b)),
                number(other.decision),
                text(other.decided_by.clone()),
                text(verdict(language, other.verdict)),
            ]);
        }
    }
    grid
}

/// Conflicts of figures as a table.
pub(crate) fn conflicts_grid(conflicts: &[pb::FigureConflict]) -> Grid {
    let mut grid = Grid::new(&[
        ("conflict", "冲突", "conflict"),
        ("unit", "填报单位", "unit"),
        ("period", "所属期", "period"),
        ("held", "现用的数", "held"),
        ("held_via", "来自", "typed through"),
        ("aside", "另一个数", "set aside"),
        ("aside_via", "来自", "typed through"),
        ("resolved_by", "裁决人", "resolved by"),
    ]);
    let value = |f: Option<&pb::ConflictingFigure>| f.map(|f| format!("{} {}", f.value, f.unit_of_measure)).unwrap_or_default();
    let via = |f: Option<&pb::ConflictingFigure>| {
        let named = f.and_then(|f| f.via.as_ref());
        named.map(|n| format!("{} {}", printed_key(n.field.as_ref()), n.label)).unwrap_or_default()
    };
    for c in conflicts {
        grid.push(vec![
            number(c.conflict),
            text(c.unit.clone()),
            text(c.period.clone()),
            text(value(c.held.as_ref())),
            text(via(c.held.as_ref())),
            text(value(c.aside.as_ref())),
            text(via(c.aside.as_ref())),
            text(c.resolved_by.clone()),
        ]);
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_shown() {
        let field = |form: &str| {
            let field = Some(pb::FieldKey { form_id: form.into(), field_id: "1".into(), since: 1 });
            Some(pb::NamedField { field, label: "特色产业收入".into(), title: "年报".into() })
        };
        let decision = |decision, by: &str, verdict: pb::Verdict| pb::Decision {
            decision,
            a: field("nynct"),
            b: field("tjj"),
            verdict: verdict.into(),
            decided_by: by.into(),
            ..Default::default()
        };
        let one = pb::Disagreement {
            disputed: Some(decision(7, "李", pb::Verdict::Different)),
            against: vec![decision(3, "王", pb::Verdict::Same)],
        };
        insta::assert_snapshot!("disagreements_zh", disagreements_grid(Language::Zh, &[one]).to_table(Language::Zh));
        let figure = |value: &str, form: &str| {
            Some(pb::ConflictingFigure { value: value.into(), unit_of_measure: "万元".into(), via: field(form), ..Default::default() })
        };
        let conflict = pb::FigureConflict {
            conflict: 2,
            unit: "330122002000".into(),
            period: "2026".into(),
            held: figure("8", "nynct"),
            aside: figure("9", "tjj"),
            ..Default::default()
        };
        insta::assert_snapshot!("conflicts_zh", conflicts_grid(&[conflict]).to_table(Language::Zh));
    }
}
