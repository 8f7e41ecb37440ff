//! `question`, and how a question is shown: both fields in their forms, what the system itself says of them, and the evidence it says it from.

use std::process::ExitCode;

use crate::cli::client::answer::{Answer, Format, finish};
use crate::cli::client::connection::{Connection, ServerArgs};
use crate::cli::client::failure::Failure;
use crate::cli::client::grid::{Grid, number, text};
use crate::cli::client::json::to_json;
use crate::cli::client::queue::{field, printed_key};
use crate::cli::client::words::{frequency, full_label, level, pick, relation};
use crate::domain::message::Language;
use crate::pb;

/// Show two fields side by side: what they are to each other, by which clause they differ, and the evidence (bureau)
#[derive(clap::Args, Debug)]
pub struct QuestionArgs {
    /// One field, as FORM/FIELD
    #[arg(value_name = "FIELD", value_parser = field)]
    a: pb::FieldKey,
    /// The other field
    #[arg(value_name = "OTHER_FIELD", value_parser = field)]
    b: pb::FieldKey,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    server: ServerArgs,
}

/// Runs `question`.
pub async fn run(args: QuestionArgs) -> anyhow::Result<ExitCode> {
    Ok(finish(args.server.language, question(&args).await))
}

async fn question(args: &QuestionArgs) -> Result<Answer, Failure> {
    let language = args.server.language;
    let answer = args.server.connect()?.question(args.a.clone(), args.b.clone()).await?;
    let asked = answer.question.clone().unwrap_or_default();
    let lines = explained(language, &asked).join("\n");
    let json = || to_json(&answer, "GetQuestionResponse");
    Ok(Answer::of_grid(args.format, language, &lines, &evidence_grid(&asked), json))
}

impl Connection {
    /// What the system says of two fields.
    async fn question(&self, a: pb::FieldKey, b: pb::FieldKey) -> Result<pb::GetQuestionResponse, Failure> {
        Ok(self.overlaps().get_question(pb::GetQuestionRequest { a: Some(a), b: Some(b) }).await?.into_inner())
    }
}

/// A question with what the system says of it: its relation, the clause that differs, and what that means to whoever fills both.
fn explained(language: Language, question: &pb::Question) -> Vec<String> {
    let mut lines = described(language, question);
    let score = match language {
        Language::Zh => format!("{}（把握 {:.2}）", relation(language, question.kind), question.score),
        Language::En => format!("{} (score {:.2})", relation(language, question.kind), question.score),
    };
    lines.push(score);
    lines.push(pick(language, &question.clerk_zh, &question.clerk_en).to_owned());
    lines.push(match language {
        Language::Zh => format!("合并每年少填 {} 格。", question.cells_saved),
        Language::En => format!("Merging saves {} cells a year.", question.cells_saved),
    });
    lines
}

/// The evidence, heaviest first, the deciding piece marked.
fn evidence_grid(question: &pb::Question) -> Grid {
    let mut grid = Grid::new(&[
        ("facet", "依据", "evidence"),
        ("a", "甲", "a"),
        ("b", "乙", "b"),
        ("weight", "分量", "weight"),
        ("decides", "起决定作用", "decides"),
    ]);
    let mut reasons: Vec<&pb::Reason> = question.reasons.iter().collect();
    reasons.sort_by(|x, y| y.weight.abs().total_cmp(&x.weight.abs()));
    for reason in reasons {
        let decides = if question.deciding.as_ref() == Some(reason) { "*" } else { "" };
        grid.push(vec![
            text(reason.facet.clone()),
            text(reason.a.clone()),
            text(reason.b.clone()),
            text(format!("{:+.2}", reason.weight)),
            text(decides),
        ]);
    }
    grid
}

/// Questions as a table.
pub(crate) fn questions_grid(language: Language, questions: &[pb::Question]) -> Grid {
    let mut grid = Grid::new(&[
        ("cells_saved", "每年少填", "cells saved"),
        ("score", "把握", "score"),
        ("a_field", "指标甲", "field a"),
        ("a_label", "名称", "label"),
        ("b_field", "指标乙", "field b"),
        ("b_label", "名称", "label"),
        ("why", "理由", "why"),
    ]);
    let empty = pb::PrintedField::default();
    for q in questions {
        let (a, b) = (q.a.as_ref().unwrap_or(&empty), q.b.as_ref().unwrap_or(&empty));
        grid.push(vec![
            number(q.cells_saved),
            text(format!("{:.2}", q.score)),
            text(printed_key(a.field.as_ref())),
            text(full_label(&a.path, &a.label, &a.column)),
            text(printed_key(b.field.as_ref())),
            text(full_label(&b.path, &b.label, &b.column)),
            text(pick(language, &q.sentence_zh, &q.sentence_en)),
        ]);
    }
    grid
}

/// One question as a person reads it before answering.
pub(crate) fn shown(language: Language, question: &pb::Question) -> String {
    let mut lines = vec![String::new()];
    lines.extend(described(language, question));
    lines.push(match language {
        Language::Zh => format!(
            "合并每年少填 {} 格，把握 {:.2}。 s 相同 d 不同 n 甲较窄 b 甲较宽 u 说不准，回车以后再说，q 结束：",
            question.cells_saved, question.score
        ),
        Language::En => format!(
            "merging saves {} cells a year, score {:.2}. s same, d different, n narrower, b broader, u unsure, Enter later, q end:",
            question.cells_saved, question.score
        ),
    });
    lines.join("\n")
}

/// Both fields as their forms print them, what would merge along, and what stands against it.
fn described(language: Language, question: &pb::Question) -> Vec<String> {
    let mut lines = Vec::new();
    let sides = [("甲", "a", &question.a, &question.with_a), ("乙", "b", &question.b, &question.with_b)];
    for (zh, en, side, along) in sides {
        let Some(field) = side else { continue };
        let label = full_label(&field.path, &field.label, &field.column);
        let kind = format!("{} {}", level(language, field.level), frequency(language, field.frequency));
        lines.push(format!("{}  {label}（{}）", pick(language, zh, en), field.unit_of_measure));
        lines.push(format!("    {}《{}》{} {kind}", printed_key(field.field.as_ref()), field.title, field.department));
        if !field.note.trim().is_empty() {
            lines.push(format!("    {}", field.note.trim()));
        }
        if !along.is_empty() {
            let along: Vec<String> = along.iter().map(|m| format!("{} {}", printed_key(m.field.as_ref()), m.label)).collect();
            lines.push(format!("    + {}", along.join("; ")));
        }
    }
    lines.push(pick(language, &question.sentence_zh, &question.sentence_en).to_owned());
    for problem in &question.objections {
        lines.push(format!("[{}] {}", problem.code, pick(language, &problem.text_zh, &problem.text_en)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_is_shown_with_its_evidence() {
        let reason = |facet: &str, a: &str, b: &str, weight: f64| pb::Reason { facet: facet.into(), a: a.into(), b: b.into(), weight };
        let deciding = reason("clause", "居住1个月以上", "居住半年以上", -9.0);
        let question = pb::Question {
            kind: pb::RelationKind::Conflict.into(),
            reasons: vec![reason("label", "常住人口", "常住人口", 1.5), deciding.clone()],
            deciding: Some(deciding),
            sentence_en: "One name and two meanings.".into(),
            clerk_en: "Type each by its own definition.".into(),
            cells_saved: 3,
            ..Default::default()
        };
        let told = explained(Language::En, &question).join("\n");
        assert!(told.contains("two meanings") && told.contains("Type each") && told.contains("3 cells"), "{told}");
        let grid = evidence_grid(&question).to_csv();
        let lines: Vec<&str> = grid.lines().collect();
        assert!(lines[1].starts_with("clause") && lines[1].contains('*') && lines[2].starts_with("label"), "{grid}");
    }
}
