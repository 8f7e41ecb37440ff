//! Drafts: one for a unit and a due date, replaced under its version, removed with the submission that it became.

use crate::store::fixture::{Backend, act, done, figure, instant, key, receipt, submit, unit};
use baoyici::domain::draft::{Draft, DraftCell};
use baoyici::domain::id::AccountId;
use baoyici::store::{DraftMark, Error, NewSubmission, RememberedAnswer, Submitted};
use jiff::civil::{Date, date};
use std::sync::Arc;

const DUE: Date = date(2027, 1, 20);

fn draft(version: u32, value: &str) -> Draft {
    let cell = DraftCell { element: "e1".to_owned(), period: "不对的".to_owned(), value: value.to_owned(), ..DraftCell::default() };
    let saved_by = AccountId::from_stored("clerk");
    Draft { unit: unit(1), due: DUE, version, cells: vec![cell], saved_by, saved_at: instant(i64::from(version)) }
}

fn mark(version: u32) -> DraftMark {
    DraftMark { unit: unit(1), due: DUE, version }
}

pub async fn a_draft_is_kept_word_for_word(backend: &mut impl Backend) {
    let (first, other) = (draft(1, " 一百\n\"x\" "), Draft { due: date(2026, 12, 5), ..draft(1, "2") });
    done(backend.store().as_ref(), |tx| {
        let (first, other) = (&first, &other);
        Box::pin(async move {
            tx.put_draft(first).await?;
            tx.put_draft(other).await
        })
    })
    .await;
    backend.reopen().await;
    assert_eq!(backend.store().draft(&unit(1), DUE).await, Ok(Some(first.clone())));
    assert_eq!(backend.store().drafts(&unit(1)).await, Ok(vec![other, first]));
    assert_eq!(backend.store().draft(&unit(2), DUE).await, Ok(None));
}

pub async fn a_draft_is_replaced_under_its_version_only(backend: &mut impl Backend) {
    let store = backend.store();
    done(store.as_ref(), |tx| Box::pin(async move { tx.put_draft(&draft(1, "1")).await })).await;
    done(store.as_ref(), |tx| Box::pin(async move { tx.put_draft(&draft(2, "2")).await })).await;
    for stale in [1, 2, 4] {
        let mut tx = store.begin().await.expect("begins");
        assert_eq!(tx.put_draft(&draft(stale, "lost")).await, Err(Error::Conflict), "version {stale}");
    }
    let mut tx = store.begin().await.expect("begins");
    let fresh = Draft { unit: unit(3), ..draft(2, "x") };
    assert_eq!(tx.put_draft(&fresh).await, Err(Error::Conflict), "a second version of nothing");
    drop(tx);
    assert_eq!(store.draft(&unit(1), DUE).await, Ok(Some(draft(2, "2"))));
}

pub async fn a_version_of_a_draft_is_removed(backend: &mut impl Backend) {
    let store = backend.store();
    done(store.as_ref(), |tx| Box::pin(async move { tx.put_draft(&draft(1, "1")).await })).await;
    assert!(!done(store.as_ref(), |tx| Box::pin(async move { tx.remove_draft(&mark(2)).await })).await);
    assert!(done(store.as_ref(), |tx| Box::pin(async move { tx.remove_draft(&mark(1)).await })).await);
    assert_eq!(store.draft(&unit(1), DUE).await, Ok(None));
}

fn of_draft(id: &str, element: u32, version: u32) -> Arc<NewSubmission> {
    let figures = vec![figure(key(1, element), 1)];
    Arc::new(NewSubmission {
        receipt: receipt(id, &figures),
        figures,
        answer: RememberedAnswer { payload_digest: id.to_owned(), answer: id.to_owned() },
        audit: act(1),
        settlement_version: 0,
        explanations: Vec::new(),
        grounds: Vec::new(),
        draft: Some(mark(version)),
    })
}

pub async fn a_submission_takes_its_draft_along(backend: &mut impl Backend) {
    let store = backend.store();
    done(store.as_ref(), |tx| Box::pin(async move { tx.put_draft(&draft(1, "1")).await })).await;
    assert_eq!(store.submit(of_draft("one", 1, 1)).await, Ok(Submitted::Stored));
    assert_eq!(store.draft(&unit(1), DUE).await, Ok(None));
}

pub async fn a_newer_draft_outlives_a_submission(backend: &mut impl Backend) {
    let store = backend.store();
    done(store.as_ref(), |tx| Box::pin(async move { tx.put_draft(&draft(1, "1")).await })).await;
    done(store.as_ref(), |tx| Box::pin(async move { tx.put_draft(&draft(2, "2")).await })).await;
    assert_eq!(store.submit(of_draft("one", 1, 1)).await, Ok(Submitted::Stored));
    assert_eq!(store.draft(&unit(1), DUE).await, Ok(Some(draft(2, "2"))));
}

pub async fn a_refused_submission_leaves_its_draft(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "before", &[figure(key(1, 1), 1)]).await;
    done(store.as_ref(), |tx| Box::pin(async move { tx.put_draft(&draft(1, "1")).await })).await;
    assert!(matches!(store.submit(of_draft("late", 1, 1)).await, Ok(Submitted::Held(_))));
    assert_eq!(store.draft(&unit(1), DUE).await, Ok(Some(draft(1, "1"))));
}
