//! `learn`: weights of evidence estimated from a set of templates, printed as the file that is built in.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use crate::cli::client::answer::{Answer, finish, to_stderr};
use crate::cli::client::failure::EXIT_REFUSED;
use crate::cli::offline::answers::{Labels, read_labels};
use crate::cli::offline::files::{catalogue_of, read_paths};
use crate::domain::id::FieldKey;
use crate::domain::measure::Measures;
use crate::domain::message::Language;

/// Estimate the weights of evidence from templates, with labels where there are any; prints them as weights.toml
#[derive(clap::Args, Debug)]
pub struct LearnArgs {
    /// Template files in JSON, or folders of them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Labels of the fields, one JSON object a line: form_id, field_id, key, offset, doubt
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Year of forms that name none
    #[arg(long, default_value_t = 2026)]
    year: i16,
    /// Language of messages
    #[arg(long, env = "BAOYICI_LANGUAGE", value_enum, default_value_t = Language::Zh)]
    language: Language,
}

/// Runs the command: exit code 2 where a file was refused, the rest is learnt from all the same.
pub async fn run(args: LearnArgs) -> anyhow::Result<ExitCode> {
    let measures = Arc::new(Measures::embedded());
    let mut read = read_paths(&args.paths, args.year, &measures)?;
    to_stderr(&read.told(args.language, false));
    let refused = read.has_errors();
    let catalogue = catalogue_of(std::mem::take(&mut read.templates), &measures)?;
    let labels = match &args.labels {
        Some(path) => read_labels(path, &catalogue)?,
        None => Labels::new(),
    };
    let label = |a: &FieldKey, b: &FieldKey| {
        let (a, b) = (labels.get(a)?.as_ref()?, labels.get(b)?.as_ref()?);
        Some(a == b)
    };
    let estimate = catalogue.snapshot().estimate_weights(&label).await?;
    let head = "Written by `make weights` (baoyici learn); weights of evidence, see src/overlap/learn. Not edited by hand.";
    let code = finish(args.language, Ok(Answer::of(estimate.print(head))));
    Ok(if refused { ExitCode::from(EXIT_REFUSED) } else { code })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_is_stable() {
        insta::assert_snapshot!("help_learn", crate::cli::client::tests::help_of::<LearnArgs>("learn"));
    }
}
