//! Corrections and the versions they leave.

use crate::store::fixture::{Backend, done, figure, instant, key, receipt_of, submit, unit};
use baoyici::domain::figure::Figure;
use baoyici::domain::observation::{NewObservation, Observation, ObservationKey};
use baoyici::store::{Error, ObservationFilter, Store};

async fn correct(store: &dyn Store, id: &str, figures: &[(NewObservation, u32)], reason: &str) -> Result<(), Error> {
    let receipt = receipt_of(id, figures);
    let mut transaction = store.begin().await?;
    transaction.correct_observations(&receipt, figures, reason).await?;
    transaction.commit().await
}

async fn current(store: &dyn Store, key: ObservationKey) -> Observation {
    store.observations_at(&[key]).await.expect("reads").pop().expect("is held")
}

pub async fn a_correction_becomes_the_current_version(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[figure(key(1, 1), 10)]).await;
    let corrected = NewObservation { unit_of_measure: "人".to_owned(), ..figure(key(1, 1), 11) };
    correct(store.as_ref(), "r2", &[(corrected.clone(), 2)], "笔误").await.expect("corrects");
    let found = current(store.as_ref(), key(1, 1)).await;
    assert_eq!((found.figure, found.version, found.reason.as_str()), (corrected.figure, 2, "笔误"));
    assert_eq!((found.unit_of_measure.as_str(), found.receipt.as_str(), found.reporter.as_str()), ("人", "r2", "clerk-r2"));
    assert_eq!(store.n_observations().await.expect("reads"), 1);
}

pub async fn every_version_stays_oldest_first(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[figure(key(1, 1), 1)]).await;
    for version in 2..=12_u32 {
        let corrected = figure(key(1, 1), i64::from(version));
        correct(store.as_ref(), &format!("r{version}"), &[(corrected, version)], &format!("第{version}次")).await.expect("corrects");
    }
    let versions = store.observation_versions(&key(1, 1)).await.expect("reads");
    assert_eq!(versions.iter().map(|o| o.version).collect::<Vec<_>>(), (1..=12).collect::<Vec<_>>());
    for one in &versions {
        assert_eq!(one.figure, figure(key(1, 1), i64::from(one.version)).figure);
        assert_eq!(one.receipt.as_str(), format!("r{}", one.version));
        assert_eq!(one.reason, if one.version == 1 { String::new() } else { format!("第{}次", one.version) });
    }
}

pub async fn a_single_version_is_listed(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[figure(key(1, 1), 1), figure(key(1, 2), 1)]).await;
    let versions = store.observation_versions(&key(1, 1)).await.expect("reads");
    assert_eq!(versions.iter().map(|o| (o.key.clone(), o.version)).collect::<Vec<_>>(), [(key(1, 1), 1)]);
}

pub async fn a_version_that_is_not_the_next_is_a_conflict(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[figure(key(1, 1), 1)]).await;
    for version in [0, 1, 3, u32::MAX] {
        let outcome = correct(store.as_ref(), "r2", &[(figure(key(1, 1), 2), version)], "x").await;
        assert!(matches!(outcome, Err(Error::Conflict)), "{version}: {outcome:?}");
    }
    assert_eq!(current(store.as_ref(), key(1, 1)).await.version, 1);
}

pub async fn a_correction_of_nothing_is_a_conflict(backend: &mut impl Backend) {
    let store = backend.store();
    let outcome = correct(store.as_ref(), "r1", &[(figure(key(1, 1), 1), 2)], "x").await;
    assert!(matches!(outcome, Err(Error::Conflict)), "{outcome:?}");
    assert_eq!(store.n_observations().await.expect("reads"), 0);
}

pub async fn one_wrong_version_undoes_the_whole_correction(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[figure(key(1, 1), 1), figure(key(1, 2), 1)]).await;
    let outcome = correct(store.as_ref(), "r2", &[(figure(key(1, 1), 2), 2), (figure(key(1, 2), 2), 3)], "x").await;
    assert!(matches!(outcome, Err(Error::Conflict)), "{outcome:?}");
    let found = store.observations(&ObservationFilter { units: vec![unit(1)], ..Default::default() }).await.expect("reads");
    assert!(found.iter().all(|o| o.version == 1 && o.receipt.as_str() == "r1"));
    assert_eq!(store.observation_versions(&key(1, 1)).await.expect("reads").len(), 1);
}

pub async fn many_figures_are_corrected_at_once(backend: &mut impl Backend) {
    let store = backend.store();
    let first: Vec<NewObservation> = (0..5_000).map(|n| figure(key(1, n), 1)).collect();
    submit(store.as_ref(), "r1", &first).await;
    let second: Vec<(NewObservation, u32)> = (0..5_000).map(|n| (figure(key(1, n), 2), 2)).collect();
    correct(store.as_ref(), "r2", &second, "换算").await.expect("corrects");
    let found = store.observations(&ObservationFilter { units: vec![unit(1)], ..Default::default() }).await.expect("reads");
    assert_eq!(found.len(), 5_000);
    assert!(found.iter().all(|o| o.version == 2 && o.figure == figure(key(1, 0), 2).figure));
}

pub async fn a_corrected_figure_is_still_held(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[figure(key(1, 1), 1)]).await;
    correct(store.as_ref(), "r2", &[(figure(key(1, 1), 2), 2)], "x").await.expect("corrects");
    let again = [figure(key(1, 1), 3)];
    let receipt = crate::store::fixture::receipt("r3", &again);
    let held = done(store.as_ref(), |tx| Box::pin(tx.insert_observations(&receipt, &again))).await;
    assert_eq!(held.iter().map(|o| (o.version, o.receipt.as_str())).collect::<Vec<_>>(), [(2, "r2")]);
}

pub async fn a_transaction_sees_its_correction(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[figure(key(1, 1), 1)]).await;
    let corrected = [(figure(key(1, 1), 2), 2)];
    let receipt = receipt_of("r2", &corrected);
    let mut transaction = store.begin().await.expect("begins");
    transaction.correct_observations(&receipt, &corrected, "x").await.expect("corrects");
    let inside = transaction.observations_at(&[key(1, 1)]).await.expect("reads");
    assert_eq!(inside.first().map(|o| o.version), Some(2));
    assert_eq!(current(store.as_ref(), key(1, 1)).await.version, 1);
    drop(transaction);
    assert_eq!(current(store.as_ref(), key(1, 1)).await.version, 1);
}

pub async fn a_corrected_figure_may_change_its_kind(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[figure(key(1, 1), 1)]).await;
    let corrected = NewObservation { figure: Figure::Text("无".to_owned()), ..figure(key(1, 1), 0) };
    correct(store.as_ref(), "r2", &[(corrected.clone(), 2)], "").await.expect("corrects");
    let found = current(store.as_ref(), key(1, 1)).await;
    assert_eq!((found.figure, found.stored_at), (corrected.figure, instant(1)));
}
