//! `vocabulary`: what the words of a newer program would change, and taking them.

use std::process::ExitCode;

use crate::cli::client::answer::{Answer, Format, finish, request_id};
use crate::cli::client::connection::{Connection, ServerArgs};
use crate::cli::client::failure::Failure;
use crate::cli::client::grid::{Grid, text};
use crate::cli::client::json::to_json;
use crate::cli::client::queue::printed_key;
use crate::domain::message::Language;
use crate::pb;

/// See what the vocabulary of this version would change, or adopt it (bureau)
#[derive(clap::Args, Debug)]
pub struct VocabularyArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// What reading every registered form anew would change; stores nothing
    Preview(PreviewArgs),
    /// Read every registered form anew; decisions and figures go along
    Adopt(AdoptArgs),
}

#[derive(clap::Args, Debug)]
struct PreviewArgs {
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(clap::Args, Debug)]
struct AdoptArgs {
    /// Request id: the same id gives the same answer
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
    #[command(flatten)]
    server: ServerArgs,
}

/// Runs the command.
pub async fn run(args: VocabularyArgs) -> anyhow::Result<ExitCode> {
    Ok(match args.what {
        What::Preview(args) => finish(args.server.language, preview(&args).await),
        What::Adopt(args) => finish(args.server.language, adopt(&args).await),
    })
}

impl Connection {
    /// What the vocabulary of the server's program would change.
    pub async fn preview_vocabulary(&self) -> Result<pb::PreviewVocabularyResponse, Failure> {
        Ok(self.overlaps().preview_vocabulary(pb::PreviewVocabularyRequest {}).await?.into_inner())
    }

    /// Adopts it.
    pub async fn adopt_vocabulary(&self, request_id: &str) -> Result<pb::AdoptVocabularyResponse, Failure> {
        let request = pb::AdoptVocabularyRequest { request_id: request_id.to_owned() };
        match self.overlaps().adopt_vocabulary(request).await {
            Ok(answer) => Ok(answer.into_inner()),
            Err(status) => Err(Failure::of_act(&status, request_id)),
        }
    }
}

async fn preview(args: &PreviewArgs) -> Result<Answer, Failure> {
    let language = args.server.language;
    let answer = args.server.connect()?.preview_vocabulary().await?;
    let head = effects_line(language, answer.effects.as_ref());
    let json = || to_json(&answer, "PreviewVocabularyResponse");
    Ok(Answer::of_grid(args.format, language, &head, &reread_grid(&answer.fields), json))
}

async fn adopt(args: &AdoptArgs) -> Result<Answer, Failure> {
    let answer = args.server.connect()?.adopt_vocabulary(&request_id(args.request_id.as_deref())).await?;
    Ok(Answer::of(format!("{}\n", effects_line(args.server.language, answer.effects.as_ref()))))
}

fn effects_line(language: Language, effects: Option<&pb::VocabularyEffects>) -> String {
    let Some(e) = effects else { return String::new() };
    let pb::VocabularyEffects { forms, fields, merged, split, figures, figures_aside, waiting_decisions } = e;
    let waiting = waiting_decisions.len();
    match language {
        Language::Zh => format!(
            "{forms} 张表的 {fields} 个指标读法不同：合并 {merged} 个数据元，拆分 {split} 个，移动 {figures} 个数，其中 {figures_aside} 个待核对；{waiting} 条裁定不再成立"
        ),
        Language::En => format!(
            "{fields} fields of {forms} forms are read otherwise: {merged} elements merge, {split} split, {figures} figures move, {figures_aside} of them are set aside; {waiting} decisions no longer hold"
        ),
    }
}

fn reread_grid(fields: &[pb::RereadField]) -> Grid {
    let mut grid = Grid::new(&[
        ("field", "指标", "field"),
        ("label", "名称", "label"),
        ("before", "原来的读法", "before"),
        ("after", "现在的读法", "after"),
    ]);
    let empty = pb::NamedField::default();
    for f in fields {
        let named = f.field.as_ref().unwrap_or(&empty);
        let row = [printed_key(named.field.as_ref()), named.label.clone(), f.before.clone(), f.after.clone()];
        grid.push(row.into_iter().map(text).collect());
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_is_said_in_one_line() {
        let effects = pb::VocabularyEffects { forms: 3, fields: 7, merged: 2, split: 1, figures: 54, ..Default::default() };
        let line = effects_line(Language::En, Some(&effects));
        assert!(line.starts_with("7 fields of 3 forms") && line.contains("54 figures"), "{line}");
    }
}
