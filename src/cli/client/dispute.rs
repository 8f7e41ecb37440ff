//! `dispute`: a figure on the unit's form that another has reported and that is wrong. Correcting answers it too: `correct --dispute`.

use std::process::ExitCode;

use crate::cli::client::answer::{Answer, Format, finish, request_id};
use crate::cli::client::calls::Wanted;
use crate::cli::client::connection::ServerArgs;
use crate::cli::client::failure::Failure;
use crate::cli::client::grid::{Grid, number, text};
use crate::cli::client::json::to_json;
use crate::cli::client::words::pick;
use crate::domain::message::Language;
use crate::pb;

/// Dispute a figure that another has reported, or answer such a dispute
#[derive(clap::Args, Debug)]
pub struct DisputeArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// Raise a dispute; it goes to who reported the figure (clerks)
    Raise(RaiseArgs),
    /// List disputes that were raised or that wait for an answer
    List(ListArgs),
    /// Say why the figure stands (who is asked)
    Reject(EndArgs),
    /// Take a dispute back (who asked)
    Withdraw(EndArgs),
}

#[derive(clap::Args, Debug)]
struct RaiseArgs {
    /// Code of the reporting unit on whose form the figure stands
    #[arg(long, value_name = "CODE")]
    unit: String,
    /// Form on which it stands
    #[arg(long, value_name = "FORM")]
    form: String,
    /// Field of the form
    #[arg(long, value_name = "FIELD")]
    field: String,
    /// Period of the form, as 2026, 2026Q3 or 2026-09
    #[arg(long)]
    period: String,
    /// Unit whose figure is meant, where several go into it
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    source: String,
    /// What is wrong
    #[arg(long)]
    claim: String,
    /// The right value, where it is known
    #[arg(long, default_value = "", hide_default_value = true)]
    proposed: String,
    /// Request id: the same id with the same content gives the same answer
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(clap::Args, Debug)]
struct ListArgs {
    /// Those that have ended too
    #[arg(long)]
    all: bool,
    /// How many are listed; 0 for all
    #[arg(long, default_value_t = 100)]
    limit: u32,
    /// How the list is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(clap::Args, Debug)]
struct EndArgs {
    /// Number of the dispute
    dispute: u64,
    /// Why
    #[arg(long, default_value = "", hide_default_value = true)]
    note: String,
    /// Request id: the same id with the same content gives the same answer
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
    #[command(flatten)]
    server: ServerArgs,
}

/// Runs the command.
pub async fn run(args: DisputeArgs) -> anyhow::Result<ExitCode> {
    Ok(match args.what {
        What::Raise(args) => finish(args.server.language, raise(&args).await),
        What::List(args) => finish(args.server.language, list(&args).await),
        What::Reject(args) => finish(args.server.language, reject(&args).await),
        What::Withdraw(args) => finish(args.server.language, withdraw(&args).await),
    })
}

async fn raise(args: &RaiseArgs) -> Result<Answer, Failure> {
    let request = pb::RaiseDisputeRequest {
        request_id: request_id(args.request_id.as_deref()),
        unit: args.unit.clone(),
        form_id: args.form.clone(),
        field_id: args.field.clone(),
        period: args.period.clone(),
        source_unit: args.source.clone(),
        claim: args.claim.clone(),
        proposed: args.proposed.clone(),
    };
    let raised = args.server.connect()?.disputes().raise_dispute(request).await?.into_inner().dispute;
    Ok(Answer::of(disputes_grid(args.server.language, &raised.into_iter().collect::<Vec<_>>()).to_table(args.server.language)))
}

async fn list(args: &ListArgs) -> Result<Answer, Failure> {
    let wanted = Wanted::new(args.limit);
    let connection = args.server.connect()?;
    let mut all = pb::ListDisputesResponse::default();
    loop {
        let page_size = wanted.page_size(all.disputes.len());
        let request = pb::ListDisputesRequest { open: !args.all, page_size, cursor: all.next_cursor.clone() };
        let page = connection.disputes().list_disputes(request).await?.into_inner();
        all.disputes.extend(page.disputes);
        all.next_cursor = page.next_cursor;
        if wanted.is_done(all.disputes.len(), &all.next_cursor) {
            break;
        }
    }
    let language = args.server.language;
    let grid = disputes_grid(language, &all.disputes);
    let answer = Answer::of_grid(args.format, language, "", &grid, || to_json(&all, "ListDisputesResponse"));
    Ok(answer.with_more(language, &all.next_cursor))
}

async fn reject(args: &EndArgs) -> Result<Answer, Failure> {
    let request =
        pb::RejectDisputeRequest { request_id: request_id(args.request_id.as_deref()), dispute: args.dispute, note: args.note.clone() };
    args.server.connect()?.disputes().reject_dispute(request).await?;
    Ok(Answer::of(pick(args.server.language, "已答复：原数不变\n", "answered: the figure stands\n")))
}

async fn withdraw(args: &EndArgs) -> Result<Answer, Failure> {
    let request =
        pb::WithdrawDisputeRequest { request_id: request_id(args.request_id.as_deref()), dispute: args.dispute, note: args.note.clone() };
    args.server.connect()?.disputes().withdraw_dispute(request).await?;
    Ok(Answer::of(pick(args.server.language, "已撤回\n", "taken back\n")))
}

fn state_word(language: Language, state: pb::DisputeState) -> &'static str {
    let (zh, en) = match state {
        pb::DisputeState::Unspecified => ("", ""),
        pb::DisputeState::Open => ("待答复", "open"),
        pb::DisputeState::Corrected => ("已更正", "corrected"),
        pb::DisputeState::Rejected => ("不予更正", "rejected"),
        pb::DisputeState::Withdrawn => ("已撤回", "withdrawn"),
    };
    pick(language, zh, en)
}

fn disputes_grid(language: Language, disputes: &[pb::Dispute]) -> Grid {
    let mut grid = Grid::new(&[
        ("dispute", "编号", "no."),
        ("state", "状态", "state"),
        ("unit", "提出单位", "raised by"),
        ("addressee", "答复单位", "asked"),
        ("label", "指标", "label"),
        ("period", "所属期", "period"),
        ("value", "现有数", "value"),
        ("proposed", "应为", "should be"),
        ("claim", "理由", "claim"),
        ("note", "答复", "answer"),
    ]);
    for dispute in disputes {
        let values: Vec<String> = dispute.figures.iter().map(|f| format!("{}{}", f.value, f.unit_of_measure)).collect();
        grid.push(vec![
            number(dispute.dispute),
            text(state_word(language, dispute.state())),
            text(dispute.unit.clone()),
            text(format!("{}{}", dispute.addressee_unit, dispute.addressee_organisation)),
            text(dispute.label.clone()),
            text(dispute.period.clone()),
            text(values.join(" ")),
            text(dispute.proposed.clone()),
            text(dispute.claim.clone()),
            text(dispute.note.clone()),
        ]);
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_is_stable() {
        insta::assert_snapshot!("help_dispute", crate::cli::client::tests::help_of::<DisputeArgs>("dispute"));
    }
}
