//! `correct`: replaces a held figure by a new version, with a reason.

use std::process::ExitCode;

use crate::cli::client::answer::{ActArgs, Answer, finish};
use crate::cli::client::failure::Failure;
use crate::cli::client::submit::receipt_answer;
use crate::pb;

/// Correct a figure that is held: a new version with a reason; the old one stays readable (clerks)
#[derive(clap::Args, Debug)]
pub struct CorrectArgs {
    /// Code of the reporting unit
    #[arg(long, value_name = "CODE")]
    unit: String,
    /// Data element, as `form show` prints it
    #[arg(long, value_name = "ELEMENT")]
    element: String,
    /// Reference period, as 2026, 2026Q3 or 2026-09
    #[arg(long)]
    period: String,
    /// The right value
    #[arg(long, allow_hyphen_values = true)]
    value: String,
    /// Unit of measure of the value [default: the one that is asked]
    #[arg(long, value_name = "UNIT", default_value = "", hide_default_value = true)]
    unit_of_measure: String,
    /// Why the right value stands although a rule of the form asks about it
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    explanation: String,
    /// Number of the dispute that the correction answers
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    dispute: u64,
    /// Why the figure is corrected
    #[arg(long)]
    reason: String,
    /// Version that is to be replaced; refused where the figure has changed since [default: whichever is current]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    seen_version: u32,
    /// Check only: tell all problems and store nothing
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    act: ActArgs,
}

/// Runs the command.
pub async fn run(args: CorrectArgs) -> anyhow::Result<ExitCode> {
    Ok(finish(args.act.server.language, correct(&args).await))
}

async fn correct(args: &CorrectArgs) -> Result<Answer, Failure> {
    let figure = pb::TypedFigure {
        element: args.element.clone(),
        period: args.period.clone(),
        value: args.value.clone(),
        unit_of_measure: args.unit_of_measure.clone(),
        explanation: args.explanation.clone(),
    };
    let request = pb::CorrectRequest {
        request_id: args.act.request_id(),
        unit: args.unit.clone(),
        figures: vec![pb::CorrectedFigure { figure: Some(figure), seen_version: args.seen_version }],
        reason: args.reason.clone(),
        validate_only: args.check,
        dispute: args.dispute,
    };
    let answer = args.act.server.connect()?.correct(request).await?;
    Ok(receipt_answer(args.act.server.language, args.act.format, answer.receipt, &answer.problems, "CorrectResponse"))
}
