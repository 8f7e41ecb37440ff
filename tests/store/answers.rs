//! Remembered answers: one request id, one answer.

use crate::store::fixture::{Backend, done, figure, key, receipt};
use baoyici::domain::id::{AccountId, RequestId};
use baoyici::store::{Error, RememberedAnswer};

fn answer(text: &str) -> RememberedAnswer {
    RememberedAnswer { payload_digest: format!("digest of {text}"), answer: format!("{{\"回执\":\"{text}\"}}") }
}

fn of(account: &str, request: &str) -> (AccountId, RequestId) {
    (AccountId::from_stored(account), RequestId::from_stored(request))
}

pub async fn an_answer_is_remembered(backend: &mut impl Backend) {
    let store = backend.store();
    let (account, request) = of("张三", "请求-1");
    let given = answer("r1");
    done(store.as_ref(), |tx| Box::pin(tx.remember_answer(&account, &request, &given))).await;
    let found = done(store.as_ref(), |tx| Box::pin(tx.remembered_answer(&account, &request))).await;
    assert_eq!(found, Some(given));
}

pub async fn a_new_request_has_no_answer(backend: &mut impl Backend) {
    let store = backend.store();
    let (account, request) = of("a", "1");
    assert_eq!(done(store.as_ref(), |tx| Box::pin(tx.remembered_answer(&account, &request))).await, None);
}

pub async fn request_ids_of_accounts_are_apart(backend: &mut impl Backend) {
    let store = backend.store();
    // Account and request run together to the same text; they are still two.
    let pairs = [of("a", "bc"), of("ab", "c"), of("a", "c")];
    for (n, (account, request)) in pairs.iter().enumerate() {
        let given = answer(&n.to_string());
        done(store.as_ref(), |tx| Box::pin(tx.remember_answer(account, request, &given))).await;
    }
    for (n, (account, request)) in pairs.iter().enumerate() {
        let found = done(store.as_ref(), |tx| Box::pin(tx.remembered_answer(account, request))).await;
        assert_eq!(found, Some(answer(&n.to_string())));
    }
}

pub async fn a_second_answer_to_a_request_is_a_conflict(backend: &mut impl Backend) {
    let store = backend.store();
    let (account, request) = of("a", "1");
    let given = answer("r1");
    done(store.as_ref(), |tx| Box::pin(tx.remember_answer(&account, &request, &given))).await;
    let mut transaction = store.begin().await.expect("begins");
    let outcome = transaction.remember_answer(&account, &request, &answer("r2")).await;
    assert!(matches!(outcome, Err(Error::Conflict)), "{outcome:?}");
    drop(transaction);
    assert_eq!(done(store.as_ref(), |tx| Box::pin(tx.remembered_answer(&account, &request))).await, Some(given));
}

pub async fn a_transaction_sees_its_answer(backend: &mut impl Backend) {
    let store = backend.store();
    let (account, request) = of("a", "1");
    let given = answer("r1");
    let found = done(store.as_ref(), |tx| {
        let (account, request, given) = (&account, &request, &given);
        Box::pin(async move {
            tx.remember_answer(account, request, given).await?;
            tx.remembered_answer(account, request).await
        })
    })
    .await;
    assert_eq!(found, Some(given));
}

pub async fn an_answer_goes_with_its_effect(backend: &mut impl Backend) {
    let store = backend.store();
    let (account, request) = of("a", "1");
    let figures = [figure(key(1, 1), 1)];
    let mut transaction = store.begin().await.expect("begins");
    transaction.insert_observations(&receipt("r1", &figures), &figures).await.expect("stores");
    transaction.remember_answer(&account, &request, &answer("r1")).await.expect("remembers");
    drop(transaction);
    assert_eq!(done(store.as_ref(), |tx| Box::pin(tx.remembered_answer(&account, &request))).await, None);
    assert_eq!(store.n_observations().await.expect("reads"), 0);
}
