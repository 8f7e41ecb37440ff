//! Many tasks at once: at most once, and nobody is told what is not so.

use crate::store::fixture::{Backend, figure, key, receipt, receipt_of, unit};
use baoyici::domain::observation::{NewObservation, Observation};
use baoyici::store::{Error, ObservationFilter, Store, write};
use futures::FutureExt;
use std::sync::Arc;
use tokio::sync::Barrier;

/// Submits when everybody is ready; answers with what was held.
async fn race(store: Arc<dyn Store>, barrier: Arc<Barrier>, id: String, figures: Vec<NewObservation>) -> Vec<Observation> {
    let receipt = receipt(&id, &figures);
    barrier.wait().await;
    let outcome: Result<Vec<Observation>, Error> = write(store.as_ref(), |tx| tx.insert_observations(&receipt, &figures)).await;
    outcome.expect("is answered")
}

pub async fn of_32_racing_for_the_same_figures_one_wins(backend: &mut impl Backend) {
    let store = backend.store();
    let barrier = Arc::new(Barrier::new(32));
    let tasks: Vec<_> = (0..32)
        .map(|n| {
            // Each brings the figures in another order.
            let mut figures: Vec<NewObservation> = (0..20).map(|e| figure(key(1, e), n)).collect();
            figures.rotate_left(n as usize % 20);
            tokio::spawn(race(store.clone(), barrier.clone(), format!("r{n}"), figures))
        })
        .collect();
    let mut n_winners = 0;
    let mut told = Vec::new();
    for task in tasks {
        let held = task.await.expect("ends");
        if held.is_empty() {
            n_winners += 1;
        } else {
            assert_eq!(held.len(), 20);
            told.extend(held);
        }
    }
    assert_eq!(n_winners, 1);
    let found = store.observations(&ObservationFilter { units: vec![unit(1)], ..Default::default() }).await.expect("reads");
    assert_eq!(found.len(), 20);
    assert!(told.iter().all(|o| found.contains(o)), "the others are told who holds it");
    assert_eq!(store.receipts(&unit(1), None, 100).await.expect("reads").len(), 1);
}

pub async fn overlapping_submissions_are_whole_or_refused(backend: &mut impl Backend) {
    let store = backend.store();
    let barrier = Arc::new(Barrier::new(32));
    let tasks: Vec<_> = (0..32_u32)
        .map(|n| {
            let figures: Vec<NewObservation> = (n..n + 4).map(|e| figure(key(1, e), i64::from(n))).collect();
            tokio::spawn(race(store.clone(), barrier.clone(), format!("r{n}"), figures))
        })
        .collect();
    let mut winners = Vec::new();
    for (n, task) in tasks.into_iter().enumerate() {
        if task.await.expect("ends").is_empty() {
            winners.push(n);
        }
    }
    let found = store.observations(&ObservationFilter { units: vec![unit(1)], ..Default::default() }).await.expect("reads");
    assert_eq!(found.len(), winners.len() * 4);
    for n in winners {
        assert_eq!(found.iter().filter(|o| o.receipt.as_str() == format!("r{n}")).count(), 4);
    }
}

pub async fn of_32_corrections_of_one_version_one_wins(backend: &mut impl Backend) {
    let store = backend.store();
    crate::store::fixture::submit(store.as_ref(), "r", &[figure(key(1, 1), 0)]).await;
    let tasks: Vec<_> = (0..32)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                let figures = [(figure(key(1, 1), n), 2)];
                let receipt = receipt_of(&format!("r{n}"), &figures);
                let mut tx = store.begin().await?;
                tx.correct_observations(&receipt, &figures, "x").await?;
                tx.commit().await
            })
        })
        .collect();
    let mut n_winners = 0;
    for task in tasks {
        match task.await.expect("ends") {
            Ok(()) => n_winners += 1,
            Err(error) => assert!(matches!(error, Error::Conflict), "{error}"),
        }
    }
    assert_eq!(n_winners, 1);
    assert_eq!(store.observation_versions(&key(1, 1)).await.expect("reads").len(), 2);
    assert_eq!(store.receipts(&unit(1), None, 100).await.expect("reads").len(), 2);
}

pub async fn tasks_of_many_units_all_get_through(backend: &mut impl Backend) {
    let store = backend.store();
    let barrier = Arc::new(Barrier::new(32));
    let tasks: Vec<_> = (0..32)
        .map(|n| {
            let figures: Vec<NewObservation> = (0..100).map(|e| figure(key(n, e), 1)).collect();
            tokio::spawn(race(store.clone(), barrier.clone(), format!("r{n}"), figures))
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.expect("ends"), []);
    }
    assert_eq!(store.n_observations().await.expect("reads"), 3_200);
}

pub async fn readers_see_submissions_whole(backend: &mut impl Backend) {
    let store = backend.store();
    let writer = {
        let store = store.clone();
        tokio::spawn(async move {
            for n in 0..30 {
                let figures: Vec<NewObservation> = (0..50).map(|e| figure(key(1, n * 50 + e), 1)).collect();
                crate::store::fixture::submit(store.as_ref(), &format!("r{n}"), &figures).await;
            }
        })
    };
    let mut last = 0;
    while !writer.is_finished() {
        let found = store.observations(&ObservationFilter { units: vec![unit(1)], ..Default::default() }).await.expect("reads");
        assert_eq!(found.len() % 50, 0, "half a submission was seen");
        assert!(found.len() >= last);
        last = found.len();
    }
    writer.await.expect("ends");
}

pub async fn cancelled_writers_among_others_do_no_harm(backend: &mut impl Backend) {
    let store = backend.store();
    let tasks: Vec<_> = (0..40_u32)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                let figures: Vec<NewObservation> = (0..10).map(|e| figure(key(n, e), 1)).collect();
                let receipt = receipt(&format!("r{n}"), &figures);
                let work = write(store.as_ref(), |tx| tx.insert_observations(&receipt, &figures));
                if n % 2 == 0 {
                    return work.await.map(|held| held.is_empty());
                }
                // Every other one is dropped after a number of polls that differs from task to task.
                let mut work = Box::pin(work);
                for _ in 0..n / 2 {
                    if let Some(outcome) = work.as_mut().now_or_never() {
                        return outcome.map(|held| held.is_empty());
                    }
                    tokio::task::yield_now().await;
                }
                Ok(false)
            })
        })
        .collect();
    let mut acknowledged = Vec::new();
    for (n, task) in tasks.into_iter().enumerate() {
        if task.await.expect("ends").expect("is answered") {
            acknowledged.push(n as u32);
        }
    }
    assert!(acknowledged.iter().filter(|n| *n % 2 == 0).count() == 20, "those who waited are served");
    for n in 0..40 {
        let found = store.observations(&ObservationFilter { units: vec![unit(n)], ..Default::default() }).await.expect("reads");
        assert!(found.is_empty() || found.len() == 10, "half a submission");
        assert!(!acknowledged.contains(&n) || found.len() == 10, "acknowledged and lost");
    }
}
