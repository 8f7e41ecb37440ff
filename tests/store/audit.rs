//! The audit trail: a chain without gaps.

use crate::store::fixture::{Backend, act, done};
use baoyici::domain::audit::{AuditRecord, chain_hash};
use baoyici::store::Store;

async fn append(store: &dyn Store, n: i64) -> AuditRecord {
    let record = act(n);
    done(store, |tx| {
        let record = &record;
        Box::pin(tx.append_audit(record))
    })
    .await
}

fn assert_chained(records: &[AuditRecord]) {
    let mut previous = String::new();
    for (n, one) in records.iter().enumerate() {
        assert_eq!(one.sequence, n as u64 + 1);
        assert_eq!(one.previous, previous);
        assert_eq!(one.hash, chain_hash(one.sequence, &one.record, &previous));
        previous.clone_from(&one.hash);
    }
}

pub async fn records_are_chained_without_gaps(backend: &mut impl Backend) {
    let store = backend.store();
    let mut given = Vec::new();
    for n in 0..5 {
        given.push(append(store.as_ref(), n).await);
    }
    let found = store.audit_records(0, 100).await.expect("reads");
    assert_eq!(found, given);
    assert_chained(&found);
    assert_eq!(found.iter().map(|r| r.record.clone()).collect::<Vec<_>>(), (0..5).map(act).collect::<Vec<_>>());
}

pub async fn one_transaction_appends_several(backend: &mut impl Backend) {
    let store = backend.store();
    let records: Vec<_> = (0..4).map(act).collect();
    done(store.as_ref(), |tx| {
        let records = &records;
        Box::pin(async move {
            for record in records {
                tx.append_audit(record).await?;
            }
            Ok(())
        })
    })
    .await;
    let found = store.audit_records(0, 100).await.expect("reads");
    assert_eq!(found.len(), 4);
    assert_chained(&found);
}

pub async fn a_rolled_back_record_leaves_no_gap(backend: &mut impl Backend) {
    let store = backend.store();
    append(store.as_ref(), 1).await;
    for _ in 0..3 {
        let mut transaction = store.begin().await.expect("begins");
        assert_eq!(transaction.append_audit(&act(99)).await.expect("appends").sequence, 2);
    }
    append(store.as_ref(), 2).await;
    let found = store.audit_records(0, 100).await.expect("reads");
    assert_eq!(found.len(), 2);
    assert_chained(&found);
}

pub async fn records_are_paged_in_order(backend: &mut impl Backend) {
    let store = backend.store();
    for n in 0..7 {
        append(store.as_ref(), n).await;
    }
    let mut seen: Vec<AuditRecord> = Vec::new();
    loop {
        let page = store.audit_records(seen.last().map_or(0, |r| r.sequence), 3).await.expect("reads");
        assert!(page.len() <= 3);
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    assert_eq!(seen.len(), 7);
    assert_chained(&seen);
    assert_eq!(store.audit_records(u64::MAX, 3).await.expect("reads"), []);
}

pub async fn the_chain_goes_on_after_a_restart(backend: &mut impl Backend) {
    append(backend.store().as_ref(), 1).await;
    backend.reopen().await;
    append(backend.store().as_ref(), 2).await;
    assert_chained(&backend.store().audit_records(0, 100).await.expect("reads"));
}

pub async fn concurrent_records_are_one_chain(backend: &mut impl Backend) {
    let store = backend.store();
    let tasks: Vec<_> = (0..32)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { append(store.as_ref(), n).await })
        })
        .collect();
    for task in tasks {
        task.await.expect("ends");
    }
    let found = store.audit_records(0, 100).await.expect("reads");
    assert_eq!(found.len(), 32);
    assert_chained(&found);
}
