//! Receipts: found by id, paged per unit.

use crate::store::fixture::{Backend, done, figure, key, receipt, receipt_of, submit, unit};
use baoyici::domain::id::ReceiptId;
use baoyici::domain::observation::Receipt;
use baoyici::store::Error;

pub async fn a_receipt_is_found_by_its_id(backend: &mut impl Backend) {
    let store = backend.store();
    let given = submit(store.as_ref(), "回执-1", &[figure(key(1, 1), 1), figure(key(1, 2), 2)]).await;
    assert_eq!(store.receipt(&given.id).await.expect("reads"), Some(given));
    assert_eq!(store.receipt(&ReceiptId::from_stored("none")).await.expect("reads"), None);
}

pub async fn a_correction_has_a_receipt(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[figure(key(1, 1), 1)]).await;
    let corrected = [(figure(key(1, 1), 2), 2)];
    let given = receipt_of("r2", &corrected);
    done(store.as_ref(), |tx| Box::pin(tx.correct_observations(&given, &corrected, "x"))).await;
    assert_eq!(store.receipt(&given.id).await.expect("reads"), Some(given));
}

pub async fn receipts_are_paged_newest_first(backend: &mut impl Backend) {
    let store = backend.store();
    let mut given: Vec<Receipt> = Vec::new();
    for n in 0..7 {
        given.push(submit(store.as_ref(), &format!("r{n}"), &[figure(key(1, n), 1)]).await);
        submit(store.as_ref(), &format!("other{n}"), &[figure(key(2, n), 1)]).await;
    }
    given.reverse();
    let mut seen: Vec<Receipt> = Vec::new();
    loop {
        let page = store.receipts(&unit(1), seen.last().map(|r| &r.id), 3).await.expect("reads");
        assert!(page.len() <= 3);
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    assert_eq!(seen, given);
}

pub async fn a_unit_without_receipts_has_none(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[figure(key(1, 1), 1)]).await;
    assert_eq!(store.receipts(&unit(2), None, 10).await.expect("reads"), []);
    assert_eq!(store.receipts(&unit(1), None, 0).await.expect("reads"), []);
}

pub async fn a_page_before_an_unknown_receipt_is_empty(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[figure(key(1, 1), 1)]).await;
    let unknown = ReceiptId::from_stored("unknown");
    assert_eq!(store.receipts(&unit(1), Some(&unknown), 10).await.expect("reads"), []);
}

pub async fn a_receipt_id_serves_once(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[figure(key(1, 1), 1)]).await;
    let second = [figure(key(1, 2), 1)];
    let receipt = receipt("r1", &second);
    let mut transaction = store.begin().await.expect("begins");
    let outcome = transaction.insert_observations(&receipt, &second).await;
    assert!(matches!(outcome, Err(Error::Conflict)), "{outcome:?}");
    drop(transaction);
    assert_eq!(store.n_observations().await.expect("reads"), 1);
}
