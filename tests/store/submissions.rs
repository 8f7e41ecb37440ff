//! Submissions in one call: whole or not at all, durable when answered, and no harm among those that share a commit.

use crate::store::fixture::{Backend, act, done, figure, key, receipt, submit, unit};
use baoyici::domain::audit::chain_hash;
use baoyici::domain::id::{AccountId, ReceiptId, RequestId};
use baoyici::domain::observation::NewObservation;
use baoyici::store::fault::{Failure, Faults, Faulty, When};
use baoyici::store::{Error, NewSubmission, RememberedAnswer, Result, Store, Submitted};
use futures::FutureExt;
use futures::future::join_all;
use std::sync::Arc;
use std::task::Poll;

/// A submission of figures under a receipt id, with an answer that names it.
fn submission(id: &str, figures: Vec<NewObservation>) -> NewSubmission {
    let receipt = receipt(id, &figures);
    let answer = RememberedAnswer { payload_digest: format!("p-{id}"), answer: format!("\"{id}\"") };
    NewSubmission {
        receipt,
        figures,
        answer,
        audit: act(1),
        settlement_version: 0,
        explanations: Vec::new(),
        grounds: Vec::new(),
        draft: None,
    }
}

fn of_unit(n: u32) -> NewSubmission {
    submission(&format!("r{n}"), (0..10).map(|e| figure(key(n, e), i64::from(n))).collect())
}

/// Puts submissions behind a transaction that is open, so that they wait together, and ends it.
async fn together(store: &Arc<dyn Store>, submissions: Vec<NewSubmission>) -> Vec<Result<Submitted>> {
    let open = store.begin().await.expect("begins");
    let mut all = Box::pin(join_all(submissions.into_iter().map(|s| store.submit(Arc::new(s)))));
    std::future::poll_fn(|cx| {
        assert!(all.as_mut().poll(cx).is_pending(), "nobody is answered before the writer was free");
        Poll::Ready(())
    })
    .await;
    drop(open);
    all.await
}

async fn is_whole(store: &dyn Store, of: &NewSubmission) -> bool {
    let keys: Vec<_> = of.figures.iter().map(|f| f.key.clone()).collect();
    let held = store.observations_at(&keys).await.expect("reads");
    let n_own = held.iter().filter(|o| o.receipt == of.receipt.id).count();
    let receipt = store.receipt(&of.receipt.id).await.expect("reads");
    assert!(n_own == 0 || n_own == keys.len(), "half a submission");
    assert_eq!(receipt.is_some(), n_own > 0, "receipt and figures go together");
    n_own > 0
}

/// Number of audit records; they are one chain without gaps.
async fn n_chained(store: &dyn Store) -> usize {
    let records = store.audit_records(0, 10_000).await.expect("reads");
    let mut previous = String::new();
    for (record, sequence) in records.iter().zip(1..) {
        assert_eq!((record.sequence, &record.previous), (sequence, &previous));
        assert_eq!(record.hash, chain_hash(sequence, &record.record, &previous));
        previous.clone_from(&record.hash);
    }
    records.len()
}

async fn answer_to(store: &dyn Store, of: &NewSubmission) -> Option<RememberedAnswer> {
    let (account, request) = (&of.receipt.reporter, &of.receipt.request);
    done(store, |tx| Box::pin(tx.remembered_answer(account, request))).await
}

pub async fn a_submission_is_stored_whole_and_survives_a_reopen(backend: &mut impl Backend) {
    let new = of_unit(1);
    let outcome = backend.store().submit(Arc::new(new.clone())).await;
    assert!(matches!(outcome, Ok(Submitted::Stored)), "{outcome:?}");
    backend.reopen().await;
    let store = backend.store();
    assert!(is_whole(store.as_ref(), &new).await);
    assert_eq!(store.receipt(&new.receipt.id).await.expect("reads"), Some(new.receipt.clone()));
    assert_eq!(answer_to(store.as_ref(), &new).await, Some(new.answer.clone()));
    assert_eq!(store.audit_records(0, 10).await.expect("reads")[0].record, new.audit);
    assert_eq!(n_chained(store.as_ref()).await, 1);
}

pub async fn a_request_that_was_answered_gets_that_answer(backend: &mut impl Backend) {
    let store = backend.store();
    let first = of_unit(1);
    let mut again = submission("again", vec![figure(key(2, 1), 1)]);
    again.receipt.reporter = first.receipt.reporter.clone();
    again.receipt.request = first.receipt.request.clone();
    store.submit(Arc::new(first.clone())).await.expect("is stored");
    let outcome = store.submit(Arc::new(again.clone())).await.expect("is answered");
    assert_eq!(outcome, Submitted::Answered(first.answer));
    assert!(!is_whole(store.as_ref(), &again).await);
    assert_eq!(n_chained(store.as_ref()).await, 1);
}

pub async fn a_submission_of_held_figures_stores_nothing_and_names_them(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "first", &[figure(key(1, 3), 1), figure(key(1, 1), 2)]).await;
    let late = of_unit(1);
    let outcome = store.submit(Arc::new(late.clone())).await.expect("is answered");
    let held = store.observations_at(&[key(1, 1), key(1, 3)]).await.expect("reads");
    assert_eq!(outcome, Submitted::Held(held));
    assert!(!is_whole(store.as_ref(), &late).await);
    assert_eq!(answer_to(store.as_ref(), &late).await, None);
    assert_eq!(n_chained(store.as_ref()).await, 0);
}

pub async fn a_submission_under_another_settlement_is_outdated(backend: &mut impl Backend) {
    let store = backend.store();
    let outdated = NewSubmission { settlement_version: 7, ..of_unit(1) };
    let outcomes = together(&store, vec![outdated.clone(), of_unit(2)]).await;
    assert!(matches!(outcomes.as_slice(), [Ok(Submitted::Outdated), Ok(Submitted::Stored)]), "{outcomes:?}");
    assert!(!is_whole(store.as_ref(), &outdated).await);
}

pub async fn a_taken_receipt_id_is_a_conflict(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[figure(key(9, 9), 1)]).await;
    let outcomes = together(&store, vec![of_unit(2), NewSubmission { figures: vec![], ..of_unit(1) }, of_unit(3)]).await;
    assert!(matches!(outcomes.as_slice(), [Ok(Submitted::Stored), Err(Error::Conflict), Ok(Submitted::Stored)]), "{outcomes:?}");
}

pub async fn one_that_cannot_be_stored_does_not_hurt_those_beside_it(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "first", &[figure(key(4, 3), 1)]).await;
    let stray = submission("stray", vec![figure(key(5, 1), 1), figure(key(6, 1), 1)]);
    let twice = submission("twice", vec![figure(key(7, 1), 1), figure(key(7, 1), 2)]);
    let rival = submission("rival", vec![figure(key(1, 11), 1), figure(key(1, 1), 1)]);
    let empty = NewSubmission { figures: vec![], ..submission("empty", vec![figure(key(8, 1), 1)]) };
    let all = [of_unit(1), stray, of_unit(2), of_unit(4), twice, rival, of_unit(3), empty];
    let outcomes = together(&store, all.to_vec()).await;
    for (n, outcome) in outcomes.iter().enumerate() {
        match n {
            1 | 4 => assert!(matches!(outcome, Err(Error::Broken { .. })), "{n}: {outcome:?}"),
            3 | 5 => assert!(matches!(outcome, Ok(Submitted::Held(held)) if held.len() == 1), "{n}: {outcome:?}"),
            _ => assert!(matches!(outcome, Ok(Submitted::Stored)), "{n}: {outcome:?}"),
        }
    }
    for (n, new) in all.iter().enumerate().take(7) {
        assert_eq!(is_whole(store.as_ref(), new).await, matches!(n, 0 | 2 | 6), "{n}");
        assert_eq!(answer_to(store.as_ref(), new).await.is_some(), matches!(n, 0 | 2 | 6), "{n}");
    }
    assert!(store.receipt(&ReceiptId::from_stored("empty")).await.expect("reads").is_some());
    assert_eq!(n_chained(store.as_ref()).await, 4, "one record for each that is stored");
}

pub async fn of_32_submissions_of_one_request_one_is_stored(backend: &mut impl Backend) {
    let store = backend.store();
    let of_one_request = (0..32).map(|n| {
        let mut new = of_unit(n);
        new.receipt.reporter = AccountId::from_stored("clerk");
        new.receipt.request = RequestId::from_stored("one");
        new
    });
    let all: Vec<NewSubmission> = of_one_request.collect();
    let outcomes = together(&store, all.clone()).await;
    let mut n_stored = 0;
    for (new, outcome) in all.iter().zip(outcomes) {
        let is_stored = is_whole(store.as_ref(), new).await;
        n_stored += usize::from(is_stored);
        match outcome.expect("is answered") {
            Submitted::Stored => assert!(is_stored),
            Submitted::Answered(answer) => assert!(!is_stored && answer == answer_to(store.as_ref(), new).await.expect("is there")),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((n_stored, n_chained(store.as_ref()).await), (1, 1));
}

pub async fn submissions_that_nobody_waits_for_do_no_harm(backend: &mut impl Backend) {
    let store = backend.store();
    let open = store.begin().await.expect("begins");
    let tasks: Vec<_> = (0..60)
        .map(|n| {
            let (store, new) = (store.clone(), Arc::new(of_unit(n)));
            tokio::spawn(async move {
                if n % 2 == 0 {
                    return matches!(store.submit(new).await, Ok(Submitted::Stored));
                }
                // Every other one goes away: some before they are taken, some while they are written.
                let mut waiting = Box::pin(store.submit(new));
                for _ in 0..n {
                    if let Some(outcome) = waiting.as_mut().now_or_never() {
                        return matches!(outcome, Ok(Submitted::Stored));
                    }
                    tokio::task::yield_now().await;
                }
                false
            })
        })
        .collect();
    tokio::task::yield_now().await;
    drop(open);
    let acknowledged: Vec<bool> = join_all(tasks).await.into_iter().map(|task| task.expect("ends")).collect();
    assert!(acknowledged.iter().step_by(2).all(|is_stored| *is_stored), "those who wait are served");
    // Whatever was taken is written by now: a turn comes after it.
    drop(store.begin().await.expect("begins"));
    let mut n_stored = 0;
    for (n, acknowledged) in (0..60).zip(acknowledged) {
        let is_stored = is_whole(store.as_ref(), &of_unit(n)).await;
        assert!(is_stored || !acknowledged, "acknowledged and lost");
        n_stored += usize::from(is_stored);
    }
    assert_eq!(n_chained(store.as_ref()).await, n_stored);
}

pub async fn submissions_and_transactions_are_one_chain(backend: &mut impl Backend) {
    let store = backend.store();
    let tasks: Vec<_> = (0..60)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                if n % 3 == 0 {
                    done(store.as_ref(), |tx| async move { tx.append_audit(&act(1)).await }.boxed()).await;
                } else {
                    store.submit(Arc::new(of_unit(n))).await.expect("is stored");
                }
            })
        })
        .collect();
    join_all(tasks).await.into_iter().for_each(|task| task.expect("ends"));
    assert_eq!(n_chained(store.as_ref()).await, 60);
    assert_eq!(store.n_observations().await.expect("reads"), 400);
    backend.reopen().await;
    assert_eq!(n_chained(backend.store().as_ref()).await, 60);
}

pub async fn a_submission_waits_for_a_transaction_and_sees_it(backend: &mut impl Backend) {
    let store = backend.store();
    let mut open = store.begin().await.expect("begins");
    let figures = [figure(key(1, 1), 5)];
    open.insert_observations(&receipt("first", &figures), &figures).await.expect("inserts");
    let late = {
        let store = store.clone();
        tokio::spawn(async move { store.submit(Arc::new(of_unit(1))).await })
    };
    tokio::task::yield_now().await;
    open.commit().await.expect("commits");
    let outcome = late.await.expect("ends");
    assert!(matches!(&outcome, Ok(Submitted::Held(held)) if held.len() == 1 && held[0].key == key(1, 1)), "{outcome:?}");
}

pub async fn far_more_submissions_than_fit_one_commit_get_through(backend: &mut impl Backend) {
    let store = backend.store();
    let large = (0..3).map(|n| submission(&format!("large{n}"), (0..20_000).map(|e| figure(key(1_000 + n, e), 1)).collect()));
    let all: Vec<NewSubmission> = large.chain((0..600).map(of_unit)).collect();
    let outcomes = together(&store, all).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(Submitted::Stored))));
    assert_eq!(store.n_observations().await.expect("reads"), 66_000);
    assert_eq!(n_chained(store.as_ref()).await, 603);
    assert_eq!(store.receipts(&unit(5), None, 10).await.expect("reads").len(), 1);
}

pub async fn a_closed_store_takes_no_submissions(backend: &mut impl Backend) {
    let store = backend.store();
    store.close().await;
    let outcome = store.submit(Arc::new(of_unit(1))).await;
    assert!(matches!(outcome, Err(Error::Unavailable { .. })), "{outcome:?}");
}

pub async fn a_lost_acknowledgement_loses_nothing_else(backend: &mut impl Backend) {
    let faults = Faults::default();
    let store = Faulty::new(backend.store(), faults.clone());
    let new = Arc::new(of_unit(1));
    faults.plan("submit", 0, When::Before, Failure::Unavailable);
    faults.plan("submit", 0, When::After, Failure::Unavailable);
    assert!(store.submit(Arc::clone(&new)).await.is_err());
    assert!(!is_whole(&store, &new).await);
    assert!(store.submit(Arc::clone(&new)).await.is_err());
    assert!(is_whole(&store, &new).await);
    let again = store.submit(Arc::clone(&new)).await.expect("is answered");
    assert_eq!(again, Submitted::Answered(new.answer.clone()));
}
