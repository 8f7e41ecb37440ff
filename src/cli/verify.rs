//! `baoyici verify`: checks what is stored against itself, beside a running server where there is one.

use std::process::ExitCode;

use crate::cli::serve::store::PlaceArgs;
use crate::config::StoreConfig;
use crate::store::verify::{Finding, verify};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: PlaceArgs,
}

/// Reads every receipt, figure and audit record once. Prints the end of the audit trail, to be kept elsewhere and compared with a later run: that
/// the newest records were cut off shows in nothing else. Ends with 1 where something does not fit.
pub(super) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let store = args.place.place()?.open(&StoreConfig::default()).await?;
    let verified = verify(store.as_ref()).await;
    store.close().await;
    let verified = verified?;
    println!(
        "回执 {0} 份，指标值 {1} 个，留痕 {2} 条 / {0} receipts, {1} figures, {2} audit records",
        verified.n_receipts, verified.n_figures, verified.n_audit_records
    );
    if let Some((sequence, hash)) = &verified.audit_head {
        println!("留痕末条 / end of the audit trail: {sequence} {hash}");
    }
    if verified.n_findings == 0 {
        println!("全部相符 / everything fits");
        return Ok(ExitCode::SUCCESS);
    }
    for finding in &verified.findings {
        eprintln!("{}", told(finding));
    }
    eprintln!("不相符 {0} 处 / {0} things do not fit", verified.n_findings);
    Ok(ExitCode::FAILURE)
}

/// Says in both languages what does not fit.
fn told(finding: &Finding) -> String {
    match finding {
        Finding::AuditGap { expected, found } => {
            format!("留痕缺第 {expected} 条，其处是第 {found} 条 / audit record {expected} is missing: {found} stands there")
        }
        Finding::AuditLink { sequence } => {
            format!("第 {sequence} 条留痕与前一条接不上 / audit record {sequence} does not follow the one before")
        }
        Finding::AuditHash { sequence } => format!("第 {sequence} 条留痕被改动 / audit record {sequence} was changed"),
        Finding::ReceiptCount { receipt, stated, found } => format!(
            "回执 {receipt} 应有 {stated} 个指标值，实有 {found} 个 / receipt {receipt} acknowledged {stated} figures, {found} are there"
        ),
        Finding::ReceiptDigest { receipt } => {
            format!("回执 {receipt} 的指标值被改动 / the figures of receipt {receipt} are not the ones it acknowledged")
        }
        Finding::FigureWithoutReceipt { key, receipt } => format!(
            "{0} {1} {2} 的回执 {receipt} 不存在或属他单位 / receipt {receipt} of {0} {1} {2} is missing or of another unit",
            key.unit, key.element, key.period
        ),
        Finding::VersionGap { key } => {
            format!("{0} {1} {2} 的版本不连续 / versions of {0} {1} {2} are missing", key.unit, key.element, key.period)
        }
        Finding::FiguresAstray { stored, found } => format!(
            "库存 {stored} 个指标值，按单位与回执只找到 {found} 个 / {stored} figures are stored, {found} were found by unit and receipt"
        ),
        Finding::Unreadable { place, detail } => format!("{place} 读不出：{detail} / {place} does not read back: {detail}"),
    }
}
