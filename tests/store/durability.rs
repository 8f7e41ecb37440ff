//! What was committed is there after a restart; what was not, is not.

use crate::store::fixture::{Backend, FROM, act, done, figure, form, key, organisation, receipt, submit, token, unit_row};
use baoyici::domain::id::FormId;
use futures::FutureExt;

pub async fn everything_survives_a_reopen(backend: &mut impl Backend) {
    let given = form("a", 1, 3);
    done(backend.store().as_ref(), |tx| {
        let given = &given;
        async move {
            tx.put_organisations(&[organisation("a", None)]).await?;
            tx.put_unit_rows(&[unit_row(1, FROM, None)]).await?;
            tx.insert_template(given).await?;
            tx.put_token(&token("a", "d")).await?;
            tx.append_audit(&act(1)).await
        }
        .boxed()
    })
    .await;
    let receipt = submit(backend.store().as_ref(), "r1", &[figure(key(1, 1), 1)]).await;
    backend.reopen().await;
    let store = backend.store();
    assert_eq!(store.organisations(None, 10).await.expect("reads"), [organisation("a", None)]);
    assert_eq!(store.unit_rows().await.expect("reads"), [unit_row(1, FROM, None)]);
    assert!(store.template(&FormId::from_stored("a"), None).await.expect("reads").is_some());
    assert_eq!(store.tokens().await.expect("reads"), [token("a", "d")]);
    assert_eq!(store.audit_records(0, 10).await.expect("reads").len(), 1);
    assert_eq!(store.receipt(&receipt.id).await.expect("reads"), Some(receipt));
    assert_eq!(store.observations_at(&[key(1, 1)]).await.expect("reads").len(), 1);
}

pub async fn figures_are_held_after_a_reopen(backend: &mut impl Backend) {
    submit(backend.store().as_ref(), "r1", &[figure(key(1, 1), 1)]).await;
    backend.reopen().await;
    let store = backend.store();
    let again = [figure(key(1, 1), 2), figure(key(1, 2), 2)];
    let second = receipt("r2", &again);
    assert_eq!(done(store.as_ref(), |tx| Box::pin(tx.insert_observations(&second, &again))).await.len(), 1);
    submit(store.as_ref(), "r3", &[figure(key(1, 2), 2)]).await;
    assert_eq!(store.n_observations().await.expect("reads"), 2);
}

pub async fn an_open_transaction_does_not_survive(backend: &mut impl Backend) {
    let figures = [figure(key(1, 1), 1)];
    let mut transaction = backend.store().begin().await.expect("begins");
    transaction.insert_observations(&receipt("r1", &figures), &figures).await.expect("stores");
    drop(transaction);
    backend.reopen().await;
    assert_eq!(backend.store().n_observations().await.expect("reads"), 0);
    submit(backend.store().as_ref(), "r1", &figures).await;
}

pub async fn a_store_opens_and_closes_often(backend: &mut impl Backend) {
    for n in 0..5 {
        submit(backend.store().as_ref(), &format!("r{n}"), &[figure(key(1, n), 1)]).await;
        if n % 2 == 0 {
            backend.store().close().await;
        }
        backend.reopen().await;
    }
    assert_eq!(backend.store().n_observations().await.expect("reads"), 5);
}
