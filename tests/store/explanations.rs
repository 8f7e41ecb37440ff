//! Explanations stay with the version of the figure that they came with, and grounds that have moved are told before anything is stored.

use crate::store::fixture::{Backend, act, done, element, field_key, figure, key, receipt, receipt_of, submit, unit};
use baoyici::domain::observation::{ExplainedVersion, Explanation, NewObservation};
use baoyici::store::{Error, FigureMove, Ground, NewSubmission, RememberedAnswer, Submitted};
use std::sync::Arc;

fn explanation(unit: u32, element: u32, text: &str) -> Explanation {
    Explanation { key: key(unit, element), text: text.to_owned() }
}

fn found(unit: u32, element: u32, version: u32, text: &str) -> ExplainedVersion {
    ExplainedVersion { key: key(unit, element), version, text: text.to_owned() }
}

fn submission(id: &str, figures: Vec<NewObservation>) -> NewSubmission {
    let answer = RememberedAnswer { payload_digest: id.to_owned(), answer: id.to_owned() };
    let receipt = receipt(id, &figures);
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

pub async fn an_explanation_comes_with_a_submission(backend: &mut impl Backend) {
    let new = submission("one", vec![figure(key(1, 1), 10), figure(key(1, 2), 20)]);
    let new = NewSubmission { explanations: vec![explanation(1, 2, "新建\n“安置点”")], ..new };
    assert_eq!(backend.store().submit(Arc::new(new)).await, Ok(Submitted::Stored));
    backend.reopen().await;
    let told = backend.store().explanations(&[key(1, 1), key(1, 2), key(9, 9)]).await;
    assert_eq!(told, Ok(vec![found(1, 2, 1, "新建\n“安置点”")]));
    assert_eq!(backend.store().explanations(&[]).await, Ok(Vec::new()));
}

pub async fn a_refused_submission_leaves_no_explanation(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "before", &[figure(key(1, 1), 1)]).await;
    let new = submission("late", vec![figure(key(1, 1), 10), figure(key(1, 2), 20)]);
    let new = NewSubmission { explanations: vec![explanation(1, 2, "x")], ..new };
    assert!(matches!(store.submit(Arc::new(new)).await, Ok(Submitted::Held(_))));
    assert_eq!(store.explanations(&[key(1, 1), key(1, 2)]).await, Ok(Vec::new()));
}

pub async fn a_correction_has_an_explanation_of_its_own(backend: &mut impl Backend) {
    let store = backend.store();
    let new = submission("one", vec![figure(key(1, 1), 10)]);
    store.submit(Arc::new(NewSubmission { explanations: vec![explanation(1, 1, "first")], ..new })).await.expect("is stored");
    let corrected = vec![(figure(key(1, 1), 11), 2)];
    let receipt = receipt_of("two", &corrected);
    let second = [explanation(1, 1, "second")];
    done(store.as_ref(), |tx| {
        let (receipt, corrected, second) = (&receipt, &corrected, &second);
        Box::pin(async move {
            tx.correct_observations(receipt, corrected, "why").await?;
            tx.explain(second).await
        })
    })
    .await;
    assert_eq!(store.explanations(&[key(1, 1)]).await, Ok(vec![found(1, 1, 1, "first"), found(1, 1, 2, "second")]));
    let mut tx = store.begin().await.expect("begins");
    assert_eq!(tx.explain(&second).await, Err(Error::Conflict), "once");
    drop(tx);
    let mut tx = store.begin().await.expect("begins");
    assert!(matches!(tx.explain(&[explanation(7, 7, "x")]).await, Err(Error::Broken { .. })), "nothing is held");
}

pub async fn an_explanation_goes_with_its_figure(backend: &mut impl Backend) {
    let store = backend.store();
    let new = submission("one", vec![figure(key(1, 1), 10)]);
    store.submit(Arc::new(NewSubmission { explanations: vec![explanation(1, 1, "x")], ..new })).await.expect("is stored");
    let moves = [FigureMove { via: field_key(1), from: element(1), to: element(2) }];
    done(store.as_ref(), |tx| Box::pin(tx.move_figures(&moves))).await;
    assert_eq!(store.explanations(&[key(1, 1), key(1, 2)]).await, Ok(vec![found(1, 2, 1, "x")]));
}

pub async fn grounds_that_moved_are_told(backend: &mut impl Backend) {
    let store = backend.store();
    let on = |n: u32, version: u32| vec![Ground { key: key(1, n), version }];
    let one = NewSubmission { grounds: on(2, 0), ..submission("one", vec![figure(key(1, 1), 1)]) };
    assert_eq!(store.submit(Arc::new(one.clone())).await, Ok(Submitted::Stored));
    let two = NewSubmission { grounds: on(1, 0), ..submission("two", vec![figure(key(1, 2), 1)]) };
    assert_eq!(store.submit(Arc::new(two.clone())).await, Ok(Submitted::Outdated), "the figure came meanwhile");
    assert_eq!(store.observations_at(&[key(1, 2)]).await, Ok(Vec::new()), "nothing is stored");
    let two = NewSubmission { grounds: on(1, 1), ..two };
    assert_eq!(store.submit(Arc::new(two)).await, Ok(Submitted::Stored));
    let again = store.submit(Arc::new(one)).await;
    assert!(matches!(again, Ok(Submitted::Answered(_))), "a request that was stored is answered, whatever came after: {again:?}");
}

pub async fn of_many_that_rest_on_each_other_one_is_stored(backend: &mut impl Backend) {
    let store = backend.store();
    let n = 8;
    let one = |own: u32| {
        let grounds = (0..n).filter(|other| *other != own).map(|other| Ground { key: key(1, other), version: 0 });
        let new = submission(&format!("s{own}"), vec![figure(key(1, own), 1)]);
        Arc::new(NewSubmission { grounds: grounds.collect(), ..new })
    };
    let outcomes = futures::future::join_all((0..n).map(|own| store.submit(one(own)))).await;
    let stored = outcomes.iter().filter(|o| **o == Ok(Submitted::Stored)).count();
    let outdated = outcomes.iter().filter(|o| **o == Ok(Submitted::Outdated)).count();
    assert_eq!((stored, outdated), (1, n as usize - 1), "{outcomes:?}");
}

pub async fn a_unit_is_held_until_its_transaction_ends(backend: &mut impl Backend) {
    let store = backend.store();
    let mut first = store.begin().await.expect("begins");
    first.hold_unit(&unit(1)).await.expect("is held");
    let other = Arc::clone(&store);
    let waiting = tokio::spawn(async move {
        let mut second = other.begin().await?;
        second.hold_unit(&unit(1)).await?;
        Ok::<usize, Error>(second.observations_at(&[key(1, 1)]).await?.len())
    });
    let figures = [figure(key(1, 1), 1)];
    first.insert_observations(&receipt("one", &figures), &figures).await.expect("inserts");
    first.commit().await.expect("commits");
    assert_eq!(waiting.await.expect("ends"), Ok(1), "whoever comes after sees what was stored");
}
