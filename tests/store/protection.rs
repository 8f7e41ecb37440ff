//! What is stored cannot be changed by a statement of one's own: the database refuses it, whoever is connected.

use crate::store::fixture::{Backend, FROM, act, done, figure, key, receipt_of, submit, unit_row};
use baoyici::store::Store;
use baoyici::store::verify::verify;
use futures::FutureExt;

/// A receipt of two figures, one of them corrected, and an audit record.
async fn fill(store: &dyn Store) {
    done(store, |tx| async move { tx.put_unit_rows(&[unit_row(1, FROM, None)]).await }.boxed()).await;
    submit(store, "r1", &[figure(key(1, 1), 1), figure(key(1, 2), 2)]).await;
    let corrected = [(figure(key(1, 1), 11), 2)];
    let receipt = receipt_of("r2", &corrected);
    done(store, |tx| Box::pin(tx.correct_observations(&receipt, &corrected, "笔误"))).await;
    done(store, |tx| async move { tx.append_audit(&act(1)).await }.boxed()).await;
}

async fn check(backend: &impl Backend, statements: &[&'static str]) {
    fill(backend.store().as_ref()).await;
    for statement in statements {
        assert!(backend.refuses(statement).await, "{statement} went through");
    }
    let verified = verify(backend.store().as_ref()).await.expect("is checked");
    assert_eq!((verified.findings.as_slice(), verified.n_figures, verified.n_receipts), ([].as_slice(), 2, 2));
}

pub async fn receipts_stay_and_stand(backend: &mut impl Backend) {
    check(backend, &["DELETE FROM receipt", "UPDATE receipt SET digest = 'forged'"]).await;
}

pub async fn observations_stay(backend: &mut impl Backend) {
    check(backend, &["DELETE FROM observation"]).await;
}

pub async fn replaced_versions_stay_and_stand(backend: &mut impl Backend) {
    check(backend, &["DELETE FROM observation_version", "UPDATE observation_version SET figure = 'n9'"]).await;
}

pub async fn the_audit_trail_stays_and_stands(backend: &mut impl Backend) {
    check(backend, &["DELETE FROM audit", "UPDATE audit SET detail = '{}'"]).await;
}
