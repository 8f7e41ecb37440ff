//! Checks what is stored against itself: the audit chain link by link, every receipt against the figures that it acknowledged.
//!
//! Works on any store, reads everything once, and may run beside writers. It cannot see that the newest records were cut off; for that, keep
//! [`Verified::audit_head`] of an earlier run elsewhere and compare.

use std::collections::{BTreeSet, HashMap};

use crate::domain::audit::{AuditRecord, chain_hash};
use crate::domain::id::ReceiptId;
use crate::domain::observation::{NewObservation, Observation, ObservationKey, Receipt, digest_of};
use crate::domain::unit::UnitCode;
use crate::store::{Error, ObservationFilter, Result, Store};

/// Most findings that are listed; [`Verified::n_findings`] counts all.
pub const MAX_FINDINGS: usize = 1_000;
/// Records that are read at once.
const PAGE: u32 = 1_000;

/// Something that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// An audit record is missing, or stands where another should.
    AuditGap {
        /// Number that should come.
        expected: u64,
        /// Number that came.
        found: u64,
    },
    /// An audit record names another hash before it than the record before has.
    AuditLink {
        /// Number of the record.
        sequence: u64,
    },
    /// An audit record has another hash than its content gives.
    AuditHash {
        /// Number of the record.
        sequence: u64,
    },
    /// A receipt acknowledged another number of figures than are there.
    ReceiptCount {
        /// The receipt.
        receipt: ReceiptId,
        /// Figures it acknowledged.
        stated: u32,
        /// Figures that are there.
        found: usize,
    },
    /// The figures of a receipt are not the ones it acknowledged.
    ReceiptDigest {
        /// The receipt.
        receipt: ReceiptId,
    },
    /// A figure names a receipt of another unit, or one that is not there.
    FigureWithoutReceipt {
        /// The figure.
        key: ObservationKey,
        /// The receipt it names.
        receipt: ReceiptId,
    },
    /// The versions of a figure do not run from 1 without gaps.
    VersionGap {
        /// The figure.
        key: ObservationKey,
    },
    /// Fewer figures were found under the registered units than are stored.
    FiguresAstray {
        /// Figures that are stored.
        stored: u64,
        /// Figures that were found.
        found: u64,
    },
    /// Something does not read back.
    Unreadable {
        /// Where: a unit's code, or the audit record after which.
        place: String,
        /// What the store says.
        detail: String,
    },
}

/// Outcome of a check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Audit records that were read.
    pub n_audit_records: u64,
    /// Number and hash of the newest audit record.
    pub audit_head: Option<(u64, String)>,
    /// Receipts that were read.
    pub n_receipts: u64,
    /// Current figures that were read.
    pub n_figures: u64,
    /// What does not fit, at most [`MAX_FINDINGS`].
    pub findings: Vec<Finding>,
    /// How much does not fit.
    pub n_findings: u64,
}

impl Verified {
    fn find(&mut self, finding: Finding) {
        self.n_findings += 1;
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(finding);
        }
    }

    /// Takes what was read; what cannot be read is a finding, and a store that does not answer is an error.
    fn readable<T>(&mut self, place: &str, read: Result<T>) -> Result<Option<T>> {
        match read {
            Ok(value) => Ok(Some(value)),
            Err(Error::Broken { detail, .. }) => {
                self.find(Finding::Unreadable { place: place.to_owned(), detail });
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Checks the whole store.
pub async fn verify(store: &dyn Store) -> Result<Verified> {
    let mut verified = Verified::default();
    // Counted first: what writers add meanwhile can only make more.
    let stored = store.n_observations().await?;
    verify_audit(store, &mut verified).await?;
    let rows = store.unit_rows().await;
    let rows = verified.readable("units", rows)?.unwrap_or_default();
    let units: BTreeSet<UnitCode> = rows.into_iter().map(|r| r.code).collect();
    for unit in &units {
        verify_unit(store, unit, &mut verified).await?;
    }
    let found = verified.n_figures;
    if found < stored {
        verified.find(Finding::FiguresAstray { stored, found });
    }
    Ok(verified)
}

async fn verify_audit(store: &dyn Store, verified: &mut Verified) -> Result<()> {
    let mut after = 0;
    loop {
        let page = store.audit_records(after, PAGE).await;
        let Some(page) = verified.readable(&format!("audit {after}"), page)? else { return Ok(()) };
        let Some(last) = page.last() else { return Ok(()) };
        after = last.sequence;
        for record in page {
            verify_link(record, verified);
        }
    }
}

fn verify_link(record: AuditRecord, verified: &mut Verified) {
    let (before, previous) = verified.audit_head.clone().unwrap_or_default();
    let sequence = record.sequence;
    if sequence != before + 1 {
        verified.find(Finding::AuditGap { expected: before + 1, found: sequence });
    } else if record.previous != previous {
        verified.find(Finding::AuditLink { sequence });
    }
    if record.hash != chain_hash(sequence, &record.record, &record.previous) {
        verified.find(Finding::AuditHash { sequence });
    }
    verified.n_audit_records += 1;
    verified.audit_head = Some((sequence, record.hash));
}

async fn verify_unit(store: &dyn Store, unit: &UnitCode, verified: &mut Verified) -> Result<()> {
    // Receipts first: every figure of a receipt that was read stays readable, whatever is corrected or submitted meanwhile.
    let Some(receipts) = unit_receipts(store, unit, verified).await? else { return Ok(()) };
    let filter = ObservationFilter { units: vec![unit.clone()], ..ObservationFilter::default() };
    let current = store.observations(&filter).await;
    let Some(current) = verified.readable(unit.as_str(), current)? else { return Ok(()) };
    verified.n_figures += current.len() as u64;
    let mut by_receipt: HashMap<ReceiptId, Vec<(NewObservation, u32)>> = HashMap::new();
    let aside = store.observations_aside(unit).await;
    let Some(aside) = verified.readable(unit.as_str(), aside)? else { return Ok(()) };
    for (receipt, figure) in aside.into_iter().map(split) {
        by_receipt.entry(receipt).or_default().push(figure);
    }
    for observation in current {
        let versions = if observation.version == 1 {
            vec![observation]
        } else {
            let versions = store.observation_versions(&observation.key).await;
            let Some(versions) = verified.readable(unit.as_str(), versions)? else { continue };
            if !versions.iter().zip(1..).all(|(v, n)| v.version == n) {
                verified.find(Finding::VersionGap { key: observation.key });
            }
            versions
        };
        for version in versions {
            let (receipt, figure) = split(version);
            by_receipt.entry(receipt).or_default().push(figure);
        }
    }
    for receipt in receipts {
        let figures = by_receipt.remove(&receipt.id).unwrap_or_default();
        verify_receipt(&receipt, &figures, verified);
    }
    // In order, so that the same store gives the same findings.
    let mut rest: Vec<_> = by_receipt.into_iter().collect();
    rest.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    for (id, figures) in rest {
        let came_meanwhile = store.receipt(&id).await?.is_some_and(|r| r.unit == *unit);
        if !came_meanwhile {
            for (figure, _) in figures {
                verified.find(Finding::FigureWithoutReceipt { key: figure.key, receipt: id.clone() });
            }
        }
    }
    Ok(())
}

async fn unit_receipts(store: &dyn Store, unit: &UnitCode, verified: &mut Verified) -> Result<Option<Vec<Receipt>>> {
    let mut receipts: Vec<Receipt> = Vec::new();
    loop {
        let page = store.receipts(unit, receipts.last().map(|r| &r.id), PAGE).await;
        let Some(page) = verified.readable(unit.as_str(), page)? else { return Ok(None) };
        if page.is_empty() {
            verified.n_receipts += receipts.len() as u64;
            return Ok(Some(receipts));
        }
        receipts.extend(page);
    }
}

fn verify_receipt(receipt: &Receipt, figures: &[(NewObservation, u32)], verified: &mut Verified) {
    if figures.len() != receipt.n_figures as usize {
        let found = figures.len();
        verified.find(Finding::ReceiptCount { receipt: receipt.id.clone(), stated: receipt.n_figures, found });
    } else if digest_of(figures) != receipt.digest {
        verified.find(Finding::ReceiptDigest { receipt: receipt.id.clone() });
    }
}

/// A figure as its receipt acknowledged it: under the element that its field had then.
fn split(observation: Observation) -> (ReceiptId, (NewObservation, u32)) {
    let Observation { key, figure, unit_of_measure, via, typed_under, version, receipt, .. } = observation;
    let key = ObservationKey { element: typed_under, ..key };
    (receipt, (NewObservation { key, figure, unit_of_measure, via }, version))
}
