//! `queue`, `decide`, `undo` and `decisions`: the reviewer's work, the most valuable question first, one key press each.

use std::io::{BufRead, Write};
use std::process::ExitCode;

use clap::ValueEnum;

use crate::cli::client::answer::{ActArgs, Answer, Format, finish, request_id};
use crate::cli::client::connection::{Connection, ServerArgs};
use crate::cli::client::failure::Failure;
use crate::cli::client::grid::{Grid, instant, number, text};
use crate::cli::client::json::to_json;
use crate::cli::client::question::{questions_grid, shown};
use crate::cli::client::words::{pick, verdict};
use crate::domain::message::Language;
use crate::pb;

/// List the questions of the reviewer's queue, the most valuable first (bureau)
#[derive(clap::Args, Debug)]
pub struct QueueArgs {
    /// How many are listed; 0 for all
    #[arg(long, default_value_t = 20)]
    limit: u32,
    /// Ask one after the other and take an answer to each: s same, d different, n narrower, b broader, u unsure, Enter for later, q to end
    #[arg(long)]
    ask: bool,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    server: ServerArgs,
}

/// Decide whether two fields are one figure (bureau)
#[derive(clap::Args, Debug)]
pub struct DecideArgs {
    /// One field, as FORM/FIELD
    #[arg(value_name = "FIELD", value_parser = field)]
    a: pb::FieldKey,
    /// The other field; the one that is set apart where both are one element by their readings
    #[arg(value_name = "OTHER_FIELD", value_parser = field)]
    b: pb::FieldKey,
    /// What the first is against the second
    #[arg(value_enum)]
    verdict: Verdict,
    /// What is to be remembered of the reasons
    #[arg(long, default_value = "", hide_default_value = true)]
    note: String,
    /// Say what it would do, and store nothing
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    act: ActArgs,
}

/// Take a decision back: elements are what they were, and each figure goes back to its field (bureau)
#[derive(clap::Args, Debug)]
pub struct UndoArgs {
    /// Number of the decision
    decision: u64,
    /// Why
    #[arg(long, default_value = "", hide_default_value = true)]
    note: String,
    /// Say what it would do, and store nothing
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    act: ActArgs,
}

/// List decisions, the newest first (bureau)
#[derive(clap::Args, Debug)]
pub struct DecisionsArgs {
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
enum Verdict {
    /// One figure, also where unit of measure, level or frequency differ
    Same,
    /// Two figures
    Different,
    /// The first is part of the second
    Narrower,
    /// The second is part of the first
    Broader,
    /// Not to be told from the forms
    Unsure,
}

impl Verdict {
    fn to_pb(self) -> pb::Verdict {
        match self {
            Self::Same => pb::Verdict::Same,
            Self::Different => pb::Verdict::Different,
            Self::Narrower => pb::Verdict::Narrower,
            Self::Broader => pb::Verdict::Broader,
            Self::Unsure => pb::Verdict::Unsure,
        }
    }

    /// The answer to one key.
    fn of_key(key: &str) -> Option<Self> {
        match key {
            "s" => Some(Self::Same),
            "d" => Some(Self::Different),
            "n" => Some(Self::Narrower),
            "b" => Some(Self::Broader),
            "u" => Some(Self::Unsure),
            _ => None,
        }
    }
}

/// Reads FORM/FIELD.
pub(crate) fn field(text: &str) -> Result<pb::FieldKey, String> {
    match text.split_once('/') {
        Some((form, field)) if !form.is_empty() && !field.is_empty() => {
            Ok(pb::FieldKey { form_id: form.to_owned(), field_id: field.to_owned(), since: 0 })
        }
        _ => Err("FORM/FIELD".to_owned()),
    }
}

/// Runs `queue`.
pub async fn run_queue(args: QueueArgs) -> anyhow::Result<ExitCode> {
    let outcome = if args.ask { ask(&args).await } else { queue(&args).await };
    Ok(finish(args.server.language, outcome))
}

/// Runs `decide`.
pub async fn run_decide(args: DecideArgs) -> anyhow::Result<ExitCode> {
    Ok(finish(args.act.server.language, decide(&args).await))
}

/// Runs `undo`.
pub async fn run_undo(args: UndoArgs) -> anyhow::Result<ExitCode> {
    Ok(finish(args.act.server.language, undo(&args).await))
}

/// Runs `decisions`.
pub async fn run_decisions(args: DecisionsArgs) -> anyhow::Result<ExitCode> {
    Ok(finish(args.server.language, decisions(&args).await))
}

async fn queue(args: &QueueArgs) -> Result<Answer, Failure> {
    let language = args.server.language;
    let answer = args.server.connect()?.questions(args.limit).await?;
    let json = || to_json(&answer, "ListQuestionsResponse");
    Ok(Answer::of_grid(args.format, language, "", &questions_grid(language, &answer.questions), json)
        .with_more(language, &answer.next_cursor))
}

/// Asks on the terminal until the queue is empty, everything was put off, or the reviewer ends.
async fn ask(args: &QueueArgs) -> Result<Answer, Failure> {
    let language = args.server.language;
    let server = args.server.connect()?;
    let (mut cursor, mut n_answered) = (String::new(), 0_u64);
    loop {
        let request = pb::ListQuestionsRequest { page_size: 1, cursor: cursor.clone() };
        let page = server.overlaps().list_questions(request).await?.into_inner();
        let Some(question) = page.questions.into_iter().next() else { break };
        // The next page begins behind this question, answered or not.
        cursor = page.next_cursor;
        prompt(&shown(language, &question));
        let Some(key) = read_key() else { break };
        if key == "q" {
            break;
        }
        if let Some(verdict) = Verdict::of_key(&key) {
            n_answered += u64::from(answer_one(&server, language, question, verdict).await?);
        }
        if cursor.is_empty() {
            break;
        }
    }
    Ok(Answer::of(match language {
        Language::Zh => format!("已裁定 {n_answered} 条\n"),
        Language::En => format!("{n_answered} decided\n"),
    }))
}

/// Answers one question; a refusal is told and the next one is asked.
async fn answer_one(server: &Connection, language: Language, question: pb::Question, verdict: Verdict) -> Result<bool, Failure> {
    let key = |field: Option<pb::PrintedField>| field.and_then(|f| f.field);
    let request = pb::DecideRequest {
        request_id: request_id(None),
        a: key(question.a),
        b: key(question.b),
        verdict: verdict.to_pb().into(),
        ..Default::default()
    };
    match server.decide(request).await {
        Ok(answer) => {
            prompt(&effects_line(language, answer.decision, answer.is_disputed, answer.effects.as_ref()));
            Ok(true)
        }
        Err(failure) if failure.is_refusal() => {
            prompt(&failure.render(language));
            Ok(false)
        }
        Err(failure) => Err(failure),
    }
}

fn prompt(text: &str) {
    // Where standard error is gone, nobody is there to be asked.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// One line of the terminal; `None` at its end.
fn read_key() -> Option<String> {
    let mut line = String::new();
    match std::io::stdin().lock().read_line(&mut line) {
        Ok(n) if n > 0 => Some(line.trim().to_lowercase()),
        _ => None,
    }
}

async fn decide(args: &DecideArgs) -> Result<Answer, Failure> {
    let language = args.act.server.language;
    let request = pb::DecideRequest {
        request_id: args.act.request_id(),
        a: Some(args.a.clone()),
        b: Some(args.b.clone()),
        verdict: args.verdict.to_pb().into(),
        note: args.note.clone(),
        validate_only: args.check,
    };
    let answer = args.act.server.connect()?.decide(request).await?;
    let line = effects_line(language, answer.decision, answer.is_disputed, answer.effects.as_ref());
    let grid = effects_grid(answer.decision, answer.effects.as_ref());
    Ok(of_effects(args.act.format, language, &line, &grid, || to_json(&answer, "DecideResponse")).with_problems(language, &answer.problems))
}

async fn undo(args: &UndoArgs) -> Result<Answer, Failure> {
    let language = args.act.server.language;
    let request = pb::UndoDecisionRequest {
        request_id: args.act.request_id(),
        decision: args.decision,
        note: args.note.clone(),
        validate_only: args.check,
    };
    let answer = args.act.server.connect()?.undo_decision(request).await?;
    let line = effects_line(language, args.decision, false, answer.effects.as_ref());
    let grid = effects_grid(args.decision, answer.effects.as_ref());
    Ok(of_effects(args.act.format, language, &line, &grid, || to_json(&answer, "UndoDecisionResponse"))
        .with_problems(language, &answer.problems))
}

async fn decisions(args: &DecisionsArgs) -> Result<Answer, Failure> {
    let language = args.server.language;
    let answer = args.server.connect()?.decisions(args.limit).await?;
    let json = || to_json(&answer, "ListDecisionsResponse");
    Ok(Answer::of_grid(args.format, language, "", &decisions_grid(language, &answer.decisions), json)
        .with_more(language, &answer.next_cursor))
}

/// What a decision did: one line for people, a row for scripts.
pub(crate) fn of_effects(format: Format, language: Language, line: &str, grid: &Grid, json: impl FnOnce() -> serde_json::Value) -> Answer {
    match format {
        Format::Table => Answer::of(format!("{line}\n")),
        Format::Json | Format::Csv => Answer::of_grid(format, language, "", grid, json),
    }
}

/// What a decision did, in one line.
pub(crate) fn effects_line(language: Language, decision: u64, is_disputed: bool, effects: Option<&pb::DecisionEffects>) -> String {
    let Some(effects) = effects else { return pick(language, "没有保存", "nothing was stored").to_owned() };
    let pb::DecisionEffects { fields, figures, figures_aside, cells_saved } = effects;
    match (language, is_disputed) {
        (Language::Zh, true) => format!("裁定 {decision} 与另一位审核人的意见不一，裁决之前不生效"),
        (Language::En, true) => format!("decision {decision} contradicts another reviewer's and waits until that is resolved"),
        (Language::Zh, false) => {
            format!(
                "裁定 {decision}：{fields} 个指标换了数据元，{figures} 个数随之移动，{figures_aside} 个数待核对，每年少填 {cells_saved} 格"
            )
        }
        (Language::En, false) => {
            format!(
                "decision {decision}: {fields} fields get another element, {figures} figures go along, {figures_aside} are set aside, {cells_saved} cells a year less"
            )
        }
    }
}

/// The same as a table.
pub(crate) fn effects_grid(decision: u64, effects: Option<&pb::DecisionEffects>) -> Grid {
    let mut grid = Grid::new(&[
        ("decision", "裁定", "decision"),
        ("fields", "指标", "fields"),
        ("figures", "移动的数", "figures"),
        ("figures_aside", "待核对的数", "set aside"),
        ("cells_saved", "每年少填", "cells saved"),
    ]);
    if let Some(e) = effects {
        grid.push(vec![number(decision), number(e.fields), number(e.figures), number(e.figures_aside), number(e.cells_saved)]);
    }
    grid
}

/// A field by its form and its number in it.
pub(crate) fn printed_key(key: Option<&pb::FieldKey>) -> String {
    key.map(|k| format!("{}/{}", k.form_id, k.field_id)).unwrap_or_default()
}

/// Most answers that a table names; the rest is counted.
const MAX_ANSWERS: usize = 6;

/// What taught a decision of the system, for a table; empty where a person answered.
fn taught_by(language: Language, decision: &pb::Decision) -> String {
    let way = match (decision.lesson(), language) {
        (pb::LessonWay::Unspecified, _) => return String::new(),
        (pb::LessonWay::Synonym, Language::Zh) => "同义",
        (pb::LessonWay::Synonym, Language::En) => "synonym",
        (pb::LessonWay::Score, Language::Zh) => "把握",
        (pb::LessonWay::Score, Language::En) => "score",
    };
    let named: Vec<String> = decision.taught_by.iter().take(MAX_ANSWERS).map(u64::to_string).collect();
    let left = decision.taught_by.len().saturating_sub(MAX_ANSWERS);
    match (left, language) {
        (0, _) => format!("{way} {}", named.join(" ")),
        (_, Language::Zh) => format!("{way} {} 等{}条", named.join(" "), decision.taught_by.len()),
        (_, Language::En) => format!("{way} {} and {left} more", named.join(" ")),
    }
}

/// Decisions as a table.
pub(crate) fn decisions_grid(language: Language, decisions: &[pb::Decision]) -> Grid {
    let mut grid = Grid::new(&[
        ("decision", "裁定", "decision"),
        ("verdict", "结论", "verdict"),
        ("a_field", "指标甲", "field a"),
        ("a_label", "名称", "label"),
        ("b_field", "指标乙", "field b"),
        ("b_label", "名称", "label"),
        ("decided_by", "裁定人", "decided by"),
        ("decided_at", "时间", "at"),
        ("standing", "状态", "standing"),
        ("taught_by", "学自裁定", "taught by"),
        ("note", "说明", "note"),
    ]);
    let empty = pb::NamedField::default();
    for d in decisions {
        let (a, b) = (d.a.as_ref().unwrap_or(&empty), d.b.as_ref().unwrap_or(&empty));
        let standing = match (d.undone_by.is_empty(), d.is_disputed) {
            (false, _) => match language {
                Language::Zh => format!("已由 {} 撤销", d.undone_by),
                Language::En => format!("undone by {}", d.undone_by),
            },
            (true, true) => pick(language, "有分歧，未生效", "disputed").to_owned(),
            (true, false) => pick(language, "生效", "in force").to_owned(),
        };
        grid.push(vec![
            number(d.decision),
            text(verdict(language, d.verdict)),
            text(printed_key(a.field.as_ref())),
            text(a.label.clone()),
            text(printed_key(b.field.as_ref())),
            text(b.label.clone()),
            text(d.decided_by.clone()),
            instant(&d.decided_at),
            text(standing),
            text(taught_by(language, d)),
            text(d.note.clone()),
        ]);
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(form: &str, label: &str) -> Option<pb::PrintedField> {
        Some(pb::PrintedField {
            field: Some(pb::FieldKey { form_id: form.into(), field_id: "1".into(), since: 1 }),
            label: label.into(),
            path: vec!["一、收入".into()],
            unit_of_measure: "万元".into(),
            note: "按当年价".into(),
            title: "年报".into(),
            department: "农业农村厅".into(),
            level: pb::Level::Township.into(),
            frequency: pb::Frequency::Annual.into(),
            ..Default::default()
        })
    }

    #[test]
    fn a_question_is_shown_whole() {
        let question = pb::Question {
            a: printed("nynct", "特色产业收入"),
            b: printed("tjj", "特色产业年收入"),
            score: 0.61,
            cells_saved: 1387,
            sentence_zh: "都有名称“特色产业”，是否同一指标需人工确认。".into(),
            with_b: vec![pb::NamedField {
                field: Some(pb::FieldKey { form_id: "cl".into(), field_id: "7".into(), since: 1 }),
                label: "特产收入".into(),
                title: String::new(),
            }],
            ..Default::default()
        };
        insta::assert_snapshot!("question_zh", shown(Language::Zh, &question));
        insta::assert_snapshot!("questions_zh", questions_grid(Language::Zh, &[question]).to_table(Language::Zh));
    }

    #[test]
    fn fields_are_named_by_form_and_number() {
        assert_eq!(field("mzt-jb/J03").map(|k| (k.form_id, k.field_id)), Ok(("mzt-jb".into(), "J03".into())));
        for text in ["", "x", "/1", "f/"] {
            assert!(field(text).is_err(), "{text}");
        }
        assert_eq!(["s", "d", "n", "b", "u", "x", ""].map(Verdict::of_key).iter().flatten().count(), 5);
    }
}
