//! Transactions: whole or not at all, wherever they end.

use crate::store::fixture::{Backend, FROM, act, done, figure, form, key, organisation, receipt, submit, token, unit_row};
use baoyici::domain::id::{AccountId, FormId, RequestId};
use baoyici::store::{Error, IsConflict, RememberedAnswer, Store, WriteTransaction, write};
use futures::FutureExt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;

/// Does one of everything.
async fn everything(tx: &mut dyn WriteTransaction) -> Result<(), Error> {
    tx.put_organisations(&[organisation("a", None)]).await?;
    tx.put_unit_rows(&[unit_row(1, FROM, None)]).await?;
    tx.insert_template(&form("a", 1, 3)).await?;
    let figures = [figure(key(1, 1), 1), figure(key(1, 2), 2)];
    tx.insert_observations(&receipt("r1", &figures), &figures).await?;
    tx.put_token(&token("a", "d")).await?;
    let answer = RememberedAnswer { payload_digest: "p".to_owned(), answer: "{}".to_owned() };
    tx.remember_answer(&AccountId::from_stored("a"), &RequestId::from_stored("1"), &answer).await?;
    tx.append_audit(&act(1)).await?;
    Ok(())
}

async fn n_things(store: &dyn Store) -> usize {
    let answer =
        done(store, |tx| async move { tx.remembered_answer(&AccountId::from_stored("a"), &RequestId::from_stored("1")).await }.boxed());
    store.organisations(None, 10).await.expect("reads").len()
        + store.unit_rows().await.expect("reads").len()
        + store.newest_templates(None, 10).await.expect("reads").len()
        + store.n_observations().await.expect("reads") as usize
        + store.tokens().await.expect("reads").len()
        + usize::from(answer.await.is_some())
        + store.audit_records(0, 10).await.expect("reads").len()
}

pub async fn a_committed_transaction_is_seen_whole(backend: &mut impl Backend) {
    let store = backend.store();
    done(store.as_ref(), |tx| everything(tx).boxed()).await;
    assert_eq!(n_things(store.as_ref()).await, 8);
}

pub async fn a_dropped_transaction_leaves_nothing(backend: &mut impl Backend) {
    let store = backend.store();
    let mut transaction = store.begin().await.expect("begins");
    everything(transaction.as_mut()).await.expect("works");
    drop(transaction);
    assert_eq!(n_things(store.as_ref()).await, 0);
    done(store.as_ref(), |tx| everything(tx).boxed()).await;
    assert_eq!(n_things(store.as_ref()).await, 8, "what was rolled back can be done");
}

pub async fn an_error_in_the_work_leaves_nothing(backend: &mut impl Backend) {
    let store = backend.store();
    let outcome: Result<(), Error> = write(store.as_ref(), |tx| {
        async move {
            everything(tx).await?;
            Err(Error::Broken { what: "test", detail: "refused".to_owned() })
        }
        .boxed()
    })
    .await;
    assert!(matches!(outcome, Err(Error::Broken { what: "test", .. })));
    assert_eq!(n_things(store.as_ref()).await, 0);
}

pub async fn a_failed_call_forbids_the_commit(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[figure(key(9, 9), 1)]).await;
    let mut transaction = store.begin().await.expect("begins");
    transaction.append_audit(&act(1)).await.expect("appends");
    let figures = [figure(key(9, 8), 1)];
    // The receipt's id is taken.
    assert!(transaction.insert_observations(&receipt("r1", &figures), &figures).await.is_err());
    assert!(transaction.append_audit(&act(2)).await.is_err());
    assert!(transaction.commit().await.is_err());
    assert_eq!(store.audit_records(0, 10).await.expect("reads"), []);
    assert_eq!(store.n_observations().await.expect("reads"), 1);
}

/// Polls a future `n` times, then drops it. Whether it was finished.
pub async fn poll_times<F: Future>(future: F, n: usize) -> bool {
    let mut future = Box::pin(future);
    for _ in 0..n {
        let once = std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await;
        if once.is_ready() {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

pub async fn a_future_cancelled_anywhere_leaves_all_or_nothing(backend: &mut impl Backend) {
    let mut was_finished = false;
    let mut n_polls = 0;
    while !was_finished {
        // Each step at first; a database behind a socket takes thousands of polls, of which most find nothing new.
        n_polls += 1 + n_polls / 16;
        let fresh = backend.store();
        was_finished = poll_times(write(fresh.as_ref(), |tx| everything(tx).boxed()), n_polls).await;
        // A commit whose answer nobody waited for may have happened, or still happens; everything else may not.
        backend.settle().await;
        let n = n_things(fresh.as_ref()).await;
        assert!(n == 0 || n == 8, "{n} of 8 after {n_polls} polls");
        if n == 8 {
            return;
        }
        assert!(!was_finished, "acknowledged, but not there");
        assert!(n_polls < 10_000_000);
    }
}

pub async fn a_cancelled_call_forbids_the_commit(backend: &mut impl Backend) {
    let store = backend.store();
    let figures: Vec<_> = (0..500).map(|n| figure(key(1, n), 1)).collect();
    let receipt = receipt("r1", &figures);
    let mut transaction = store.begin().await.expect("begins");
    let was_finished = poll_times(transaction.insert_observations(&receipt, &figures), 1).await;
    assert!(!was_finished, "one poll cannot be enough");
    assert!(transaction.commit().await.is_err());
    assert_eq!(store.n_observations().await.expect("reads"), 0);
    submit(store.as_ref(), "r1", &figures).await;
    assert_eq!(store.n_observations().await.expect("reads"), 500);
}

pub async fn reads_do_not_wait_for_the_writer(backend: &mut impl Backend) {
    let store = backend.store();
    let mut writer = store.begin().await.expect("begins");
    writer.insert_template(&form("a", 1, 1)).await.expect("inserts");
    assert!(store.template(&FormId::from_stored("a"), None).await.expect("reads").is_none());
    store.ping().await.expect("answers");
    writer.commit().await.expect("commits");
    assert!(store.template(&FormId::from_stored("a"), None).await.expect("reads").is_some());
}

pub async fn a_conflict_is_tried_again(backend: &mut impl Backend) {
    let store = backend.store();
    let tries = AtomicU32::new(0);
    let outcome = write(store.as_ref(), |tx| {
        let tries = &tries;
        async move {
            everything(tx).await?;
            let n = tries.fetch_add(1, Ordering::Relaxed);
            if n < 2 { Err(Error::Conflict) } else { Ok(n) }
        }
        .boxed()
    })
    .await;
    assert!(matches!(outcome, Ok(2)), "{outcome:?}");
    assert_eq!(n_things(store.as_ref()).await, 8);
}

pub async fn conflicts_without_end_are_handed_on(backend: &mut impl Backend) {
    let store = backend.store();
    let tries = AtomicU32::new(0);
    let outcome: Result<(), Error> = write(store.as_ref(), |tx| {
        let tries = &tries;
        async move {
            tries.fetch_add(1, Ordering::Relaxed);
            everything(tx).await?;
            Err(Error::Conflict)
        }
        .boxed()
    })
    .await;
    assert!(outcome.is_err_and(|e| e.is_conflict()));
    assert_eq!(tries.load(Ordering::Relaxed), write::MAX_TRIES);
    assert_eq!(n_things(store.as_ref()).await, 0);
}

pub async fn other_errors_are_not_tried_again(backend: &mut impl Backend) {
    let store = backend.store();
    let tries = AtomicU32::new(0);
    let outcome: Result<(), Error> = write(store.as_ref(), |_| {
        let tries = &tries;
        async move {
            tries.fetch_add(1, Ordering::Relaxed);
            Err(Error::Unavailable { detail: "test".to_owned() })
        }
        .boxed()
    })
    .await;
    assert!(outcome.is_err());
    assert_eq!(tries.load(Ordering::Relaxed), 1);
}

pub async fn a_closed_store_answers_unavailable(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[figure(key(1, 1), 1)]).await;
    store.close().await;
    assert!(matches!(store.begin().await.err(), Some(Error::Unavailable { .. })));
    assert!(matches!(store.ping().await, Err(Error::Unavailable { .. })));
    assert!(matches!(store.n_observations().await, Err(Error::Unavailable { .. })));
    store.close().await;
}

pub async fn close_waits_for_the_writer(backend: &mut impl Backend) {
    let store = backend.store();
    let mut writer = store.begin().await.expect("begins");
    let closing = {
        let store: Arc<dyn Store> = store.clone();
        tokio::spawn(async move { store.close().await })
    };
    tokio::task::yield_now().await;
    everything(writer.as_mut()).await.expect("works");
    writer.commit().await.expect("commits");
    closing.await.expect("closes");
    backend.reopen().await;
    assert_eq!(n_things(backend.store().as_ref()).await, 8);
}
