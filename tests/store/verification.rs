//! The store checked against itself: clean when left alone, and each kind of tampering is named.

use crate::store::fixture::{Backend, FROM, act, done, figure, key, receipt_of, submit, unit, unit_row};
use baoyici::domain::id::ReceiptId;
use baoyici::store::Store;
use baoyici::store::verify::{Finding, Verified, verify};
use futures::FutureExt;

/// Two units, three receipts and a correction, five audit records.
async fn fill(store: &dyn Store) {
    done(store, |tx| async move { tx.put_unit_rows(&[unit_row(1, FROM, None), unit_row(2, FROM, None)]).await }.boxed()).await;
    submit(store, "r1", &[figure(key(1, 1), 1), figure(key(1, 2), 2)]).await;
    submit(store, "r2", &[figure(key(2, 1), 1)]).await;
    let corrected = [(figure(key(1, 1), 11), 2)];
    let receipt = receipt_of("r3", &corrected);
    done(store, |tx| Box::pin(tx.correct_observations(&receipt, &corrected, "笔误"))).await;
    for n in 1..=5 {
        done(store, |tx| async move { tx.append_audit(&act(n)).await }.boxed()).await;
    }
}

async fn found(store: &dyn Store) -> Vec<Finding> {
    let verified = verify(store).await.expect("is checked");
    assert_eq!(verified.n_findings, verified.findings.len() as u64);
    verified.findings
}

async fn after(backend: &impl Backend, sql: &'static str) -> Vec<Finding> {
    fill(backend.store().as_ref()).await;
    backend.tamper(sql).await;
    found(backend.store().as_ref()).await
}

fn id(receipt: &str) -> ReceiptId {
    ReceiptId::from_stored(receipt)
}

pub async fn an_empty_store_fits(backend: &mut impl Backend) {
    assert_eq!(verify(backend.store().as_ref()).await.expect("is checked"), Verified::default());
}

pub async fn what_was_left_alone_fits(backend: &mut impl Backend) {
    let store = backend.store();
    fill(store.as_ref()).await;
    let verified = verify(store.as_ref()).await.expect("is checked");
    assert_eq!(verified.findings, []);
    assert_eq!((verified.n_audit_records, verified.n_receipts, verified.n_figures), (5, 3, 3));
    let last = store.audit_records(4, 1).await.expect("reads").pop().expect("is there");
    assert_eq!(verified.audit_head, Some((5, last.hash)));
}

pub async fn a_changed_figure_is_found(backend: &mut impl Backend) {
    let findings = after(backend, "UPDATE observation SET figure = 'n9' WHERE version = 2").await;
    assert_eq!(findings, [Finding::ReceiptDigest { receipt: id("r3") }]);
}

pub async fn a_changed_old_version_is_found(backend: &mut impl Backend) {
    let findings = after(backend, "UPDATE observation_version SET figure = 'n9'").await;
    assert_eq!(findings, [Finding::ReceiptDigest { receipt: id("r1") }]);
}

pub async fn a_lost_figure_is_found(backend: &mut impl Backend) {
    let sql = "DELETE FROM observation WHERE unit = (SELECT number FROM unit ORDER BY code DESC LIMIT 1)";
    let findings = after(backend, sql).await;
    assert_eq!(findings, [Finding::ReceiptCount { receipt: id("r2"), stated: 1, found: 0 }]);
}

pub async fn a_lost_old_version_is_found(backend: &mut impl Backend) {
    let findings = after(backend, "DELETE FROM observation_version").await;
    let expected = [Finding::VersionGap { key: key(1, 1) }, Finding::ReceiptCount { receipt: id("r1"), stated: 2, found: 1 }];
    assert_eq!(findings, expected);
}

pub async fn a_figure_moved_to_another_unit_is_found(backend: &mut impl Backend) {
    let sql = "UPDATE observation SET unit = (SELECT number FROM unit ORDER BY code LIMIT 1), period = 202500
               WHERE unit = (SELECT number FROM unit ORDER BY code DESC LIMIT 1)";
    let findings = after(backend, sql).await;
    assert!(findings.contains(&Finding::ReceiptCount { receipt: id("r2"), stated: 1, found: 0 }), "{findings:?}");
    assert!(findings.iter().any(|f| matches!(f, Finding::FigureWithoutReceipt { receipt, .. } if *receipt == id("r2"))));
    assert_eq!(findings.len(), 2);
}

pub async fn a_figure_moved_to_another_period_is_found(backend: &mut impl Backend) {
    let findings = after(backend, "UPDATE observation SET period = 202500 WHERE version = 1").await;
    assert_eq!(findings, [Finding::ReceiptDigest { receipt: id("r1") }, Finding::ReceiptDigest { receipt: id("r2") }]);
}

pub async fn a_changed_receipt_is_found(backend: &mut impl Backend) {
    let findings = after(backend, "UPDATE receipt SET digest = 'forged' WHERE id = 'r2'").await;
    assert_eq!(findings, [Finding::ReceiptDigest { receipt: id("r2") }]);
}

pub async fn a_lost_receipt_is_found(backend: &mut impl Backend) {
    let findings = after(backend, "DELETE FROM receipt WHERE id = 'r2'").await;
    assert_eq!(findings, [Finding::FiguresAstray { stored: 3, found: 2 }]);
}

pub async fn a_figure_that_does_not_read_back_is_found(backend: &mut impl Backend) {
    let findings = after(backend, "UPDATE observation SET figure = 'x' WHERE version = 2").await;
    let is_unit = |place: &str| place == unit(1).as_str();
    assert!(matches!(findings.first(), Some(Finding::Unreadable { place, .. }) if is_unit(place)), "{findings:?}");
}

pub async fn figures_of_units_that_are_not_registered_are_found(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[figure(key(7, 1), 1)]).await;
    assert_eq!(found(store.as_ref()).await, [Finding::FiguresAstray { stored: 1, found: 0 }]);
}

pub async fn a_changed_audit_record_is_found(backend: &mut impl Backend) {
    let findings = after(backend, "UPDATE audit SET detail = '{}' WHERE sequence = 2").await;
    assert_eq!(findings, [Finding::AuditHash { sequence: 2 }]);
}

pub async fn a_rehashed_audit_record_is_found(backend: &mut impl Backend) {
    let findings = after(backend, "UPDATE audit SET hash = 'forged' WHERE sequence = 2").await;
    assert_eq!(findings, [Finding::AuditHash { sequence: 2 }, Finding::AuditLink { sequence: 3 }]);
}

pub async fn a_lost_audit_record_is_found(backend: &mut impl Backend) {
    let findings = after(backend, "DELETE FROM audit WHERE sequence = 3").await;
    assert_eq!(findings, [Finding::AuditGap { expected: 3, found: 4 }]);
}

pub async fn a_lost_first_audit_record_is_found(backend: &mut impl Backend) {
    let findings = after(backend, "DELETE FROM audit WHERE sequence = 1").await;
    assert_eq!(findings, [Finding::AuditGap { expected: 1, found: 2 }]);
}

pub async fn a_lost_newest_audit_record_shows_in_the_head(backend: &mut impl Backend) {
    fill(backend.store().as_ref()).await;
    let before = verify(backend.store().as_ref()).await.expect("is checked").audit_head;
    backend.tamper("DELETE FROM audit WHERE sequence = 5").await;
    let after = verify(backend.store().as_ref()).await.expect("is checked");
    assert_eq!(after.findings, [], "the chain alone cannot tell");
    assert_ne!(after.audit_head, before);
}

pub async fn a_store_in_use_fits(backend: &mut impl Backend) {
    let store = backend.store();
    done(store.as_ref(), |tx| async move { tx.put_unit_rows(&[unit_row(1, FROM, None)]).await }.boxed()).await;
    let writer = {
        let store = store.clone();
        tokio::spawn(async move {
            for n in 0..20 {
                submit(store.as_ref(), &format!("r{n}"), &[figure(key(1, n), 1)]).await;
                let corrected = [(figure(key(1, n), 2), 2)];
                let receipt = receipt_of(&format!("c{n}"), &corrected);
                done(store.as_ref(), |tx| Box::pin(tx.correct_observations(&receipt, &corrected, "x"))).await;
            }
        })
    };
    while !writer.is_finished() {
        assert_eq!(found(store.as_ref()).await, []);
    }
    writer.await.expect("ends");
    assert_eq!(found(store.as_ref()).await, []);
}
