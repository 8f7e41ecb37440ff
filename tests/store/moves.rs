//! Figures that go from one element to another and back.

use crate::store::fixture::{Backend, FROM, done, element, field_key, figure, instant, key, receipt_of, submit, unit, unit_row};
use baoyici::domain::decision::{FigureConflict, Undone};
use baoyici::domain::id::AccountId;
use baoyici::domain::observation::{NewObservation, Observation, ObservationKey};
use baoyici::store::verify::verify;
use baoyici::store::{FigureMove, Moved, ObservationFilter, Store};
use futures::FutureExt;

/// A figure of 2026 typed through a field.
fn typed(unit: u32, field: u32, element: u32, value: i64) -> NewObservation {
    NewObservation { via: field_key(field), ..figure(key(unit, element), value) }
}

fn go(field: u32, from: u32, to: u32) -> FigureMove {
    FigureMove { via: field_key(field), from: element(from), to: element(to) }
}

async fn moved(store: &dyn Store, moves: &[FigureMove]) -> Moved {
    done(store, |tx| Box::pin(tx.move_figures(moves))).await
}

async fn held(store: &dyn Store, key: ObservationKey) -> Option<Observation> {
    store.observations_at(&[key]).await.expect("reads").pop()
}

/// Value and field of what stands under a key.
async fn at(store: &dyn Store, unit: u32, element: u32) -> Option<(String, String)> {
    held(store, key(unit, element)).await.map(|o| (value(&o), o.via.field.to_string()))
}

/// The value without its empty decimal.
fn value(observation: &Observation) -> String {
    observation.figure.to_string().trim_end_matches(".0").to_owned()
}

fn pair(value: &str, field: &str) -> Option<(String, String)> {
    Some((value.to_owned(), field.to_owned()))
}

/// Everything that is kept of the first units, set aside or not.
async fn everything(store: &dyn Store) -> (Vec<Observation>, Vec<Observation>, Vec<FigureConflict>) {
    let filter = ObservationFilter { units: (1..=3).map(unit).collect(), ..ObservationFilter::default() };
    let current = store.observations(&filter).await.expect("reads");
    let mut versions = Vec::new();
    for one in &current {
        versions.extend(store.observation_versions(&one.key).await.expect("reads"));
    }
    for n in 1..=3 {
        versions.extend(store.observations_aside(&unit(n)).await.expect("reads"));
    }
    (current, versions, store.figure_conflicts(0, 100).await.expect("reads"))
}

fn chosen() -> Undone {
    Undone { by: AccountId::from_stored("统计员"), at: instant(5), note: "以户籍数为准".to_owned() }
}

pub async fn figures_go_with_the_field_they_were_typed_through(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[typed(1, 1, 1, 10), typed(1, 2, 2, 20), typed(1, 3, 3, 30)]).await;
    submit(store.as_ref(), "r2", &[typed(2, 2, 1, 40)]).await;
    assert_eq!(moved(store.as_ref(), &[go(1, 1, 9)]).await, Moved { n_figures: 1, n_aside: 0 });
    assert_eq!(at(store.as_ref(), 1, 9).await, pair("1", "f1"));
    assert_eq!(at(store.as_ref(), 1, 1).await, None);
    assert_eq!(at(store.as_ref(), 2, 1).await, pair("4", "f2"), "another field's figure under the same element stays");
    assert_eq!(at(store.as_ref(), 1, 3).await, pair("3", "f3"));
    assert_eq!(held(store.as_ref(), key(1, 9)).await.expect("is held").typed_under, element(1));
}

pub async fn all_versions_go_along(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[typed(1, 1, 1, 10)]).await;
    for version in 2..=3 {
        let corrected = [(typed(1, 1, 1, 10 * i64::from(version)), version)];
        let receipt = receipt_of(&format!("c{version}"), &corrected);
        done(store.as_ref(), |tx| Box::pin(tx.correct_observations(&receipt, &corrected, "x"))).await;
    }
    assert_eq!(moved(store.as_ref(), &[go(1, 1, 9)]).await.n_figures, 1);
    let versions = store.observation_versions(&key(1, 9)).await.expect("reads");
    assert_eq!(versions.iter().map(|o| o.version).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(store.observation_versions(&key(1, 1)).await.expect("reads"), []);
}

pub async fn what_is_held_already_is_set_aside_and_nothing_is_overwritten(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[typed(1, 1, 1, 10), typed(1, 2, 2, 20)]).await;
    submit(store.as_ref(), "r2", &[typed(2, 2, 2, 40)]).await;
    assert_eq!(moved(store.as_ref(), &[go(2, 2, 1)]).await, Moved { n_figures: 2, n_aside: 1 });
    assert_eq!(at(store.as_ref(), 1, 1).await, pair("1", "f1"));
    assert_eq!(at(store.as_ref(), 2, 1).await, pair("4", "f2"));
    assert_eq!(at(store.as_ref(), 1, 2).await, None);
    let conflicts = store.figure_conflicts(0, 10).await.expect("reads");
    let [conflict] = conflicts.as_slice() else { panic!("{conflicts:?}") };
    assert_eq!((value(&conflict.aside).as_str(), conflict.aside.via.clone()), ("2", field_key(2)));
    assert_eq!(conflict.aside.key, key(1, 1), "it says what it is about");
    assert_eq!(conflict.held.as_ref().map(value), Some("1".to_owned()));
    assert_eq!(store.figure_conflicts(conflict.number, 10).await.expect("reads"), []);
    assert_eq!(store.n_observations().await.expect("reads"), 2, "what is set aside is not current");
}

pub async fn moving_back_restores_every_row(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[typed(1, 1, 1, 10), typed(1, 2, 2, 20), typed(1, 3, 3, 30)]).await;
    submit(store.as_ref(), "r2", &[typed(2, 2, 2, 40), typed(2, 3, 3, 50)]).await;
    let corrected = [(typed(1, 2, 2, 21), 2)];
    let receipt = receipt_of("c", &corrected);
    done(store.as_ref(), |tx| Box::pin(tx.correct_observations(&receipt, &corrected, "x"))).await;
    let before = everything(store.as_ref()).await;
    moved(store.as_ref(), &[go(2, 2, 1), go(3, 3, 1)]).await;
    assert_ne!(everything(store.as_ref()).await, before);
    moved(store.as_ref(), &[go(3, 1, 3), go(2, 1, 2)]).await;
    assert_eq!(everything(store.as_ref()).await, before);
}

pub async fn elements_may_change_places(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[typed(1, 1, 1, 10), typed(1, 2, 2, 20)]).await;
    assert_eq!(moved(store.as_ref(), &[go(1, 1, 2), go(2, 2, 1)]).await, Moved { n_figures: 2, n_aside: 0 });
    assert_eq!((at(store.as_ref(), 1, 1).await, at(store.as_ref(), 1, 2).await), (pair("2", "f2"), pair("1", "f1")));
}

pub async fn of_several_that_come_one_takes_the_place(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[typed(1, 1, 1, 10), typed(1, 2, 2, 20), typed(1, 3, 3, 30)]).await;
    let outcome = moved(store.as_ref(), &[go(3, 3, 9), go(2, 2, 9), go(1, 1, 9)]).await;
    assert_eq!(outcome, Moved { n_figures: 3, n_aside: 2 });
    assert_eq!(at(store.as_ref(), 1, 9).await, pair("1", "f1"));
    assert_eq!(store.observations_aside(&unit(1)).await.expect("reads").len(), 2);
}

pub async fn a_figure_set_aside_takes_a_place_that_became_free(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[typed(1, 1, 1, 10), typed(1, 2, 2, 20)]).await;
    moved(store.as_ref(), &[go(2, 2, 1)]).await;
    moved(store.as_ref(), &[go(1, 1, 7)]).await;
    assert_eq!((at(store.as_ref(), 1, 1).await, at(store.as_ref(), 1, 7).await), (pair("2", "f2"), pair("1", "f1")));
    assert_eq!(store.figure_conflicts(0, 10).await.expect("reads"), []);
}

pub async fn a_moved_figure_is_held(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[typed(1, 1, 1, 10)]).await;
    moved(store.as_ref(), &[go(1, 1, 9)]).await;
    let figures = [typed(1, 2, 9, 99)];
    let receipt = crate::store::fixture::receipt("r2", &figures);
    let holders = done(store.as_ref(), |tx| Box::pin(tx.insert_observations(&receipt, &figures))).await;
    assert_eq!(holders.iter().map(|o| o.receipt.as_str()).collect::<Vec<_>>(), ["r1"]);
}

pub async fn a_moved_figure_is_corrected_under_its_new_element(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[typed(1, 1, 1, 10)]).await;
    moved(store.as_ref(), &[go(1, 1, 9)]).await;
    let corrected = [(typed(1, 1, 9, 11), 2)];
    let receipt = receipt_of("c", &corrected);
    done(store.as_ref(), |tx| Box::pin(tx.correct_observations(&receipt, &corrected, "x"))).await;
    moved(store.as_ref(), &[go(1, 9, 1)]).await;
    let versions = store.observation_versions(&key(1, 1)).await.expect("reads");
    assert_eq!(versions.iter().map(|o| (o.version, o.typed_under)).collect::<Vec<_>>(), [(1, element(1)), (2, element(9))]);
}

pub async fn the_bureau_chooses_and_the_other_stays_whole(backend: &mut impl Backend) {
    let store = backend.store();
    for n in 1..=2 {
        submit(store.as_ref(), &format!("r{n}"), &[typed(n, 1, 1, 10), typed(n, 2, 2, 20)]).await;
    }
    moved(store.as_ref(), &[go(2, 2, 1)]).await;
    let conflicts = store.figure_conflicts(0, 10).await.expect("reads");
    for (conflict, takes_aside) in conflicts.iter().zip([true, false]) {
        let number = conflict.number;
        done(store.as_ref(), |tx| async move { tx.resolve_conflict(number, takes_aside, &chosen()).await }.boxed()).await;
    }
    assert_eq!((at(store.as_ref(), 1, 1).await, at(store.as_ref(), 2, 1).await), (pair("2", "f2"), pair("1", "f1")));
    let after = store.figure_conflicts(0, 10).await.expect("reads");
    assert!(after.iter().all(|c| c.resolved == Some(chosen())));
    assert_eq!(after.iter().map(|c| value(&c.aside)).collect::<Vec<_>>(), ["1", "2"]);
    let mut tx = store.begin().await.expect("begins");
    assert!(tx.resolve_conflict(99, true, &chosen()).await.is_err());
}

pub async fn a_choice_goes_with_the_merge(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[typed(1, 1, 1, 10), typed(1, 2, 2, 20)]).await;
    let before = everything(store.as_ref()).await;
    moved(store.as_ref(), &[go(2, 2, 1)]).await;
    let number = store.figure_conflicts(0, 10).await.expect("reads").first().expect("is there").number;
    done(store.as_ref(), |tx| async move { tx.resolve_conflict(number, true, &chosen()).await }.boxed()).await;
    moved(store.as_ref(), &[go(2, 1, 2)]).await;
    assert_eq!(everything(store.as_ref()).await, before, "each figure is back under the element of its field");
}

pub async fn receipts_fit_wherever_figures_are_kept(backend: &mut impl Backend) {
    let store = backend.store();
    done(store.as_ref(), |tx| async move { tx.put_unit_rows(&[unit_row(1, FROM, None)]).await }.boxed()).await;
    submit(store.as_ref(), "r1", &[typed(1, 1, 1, 10), typed(1, 2, 2, 20), typed(1, 3, 3, 30)]).await;
    let corrected = [(typed(1, 2, 2, 21), 2)];
    let receipt = receipt_of("c", &corrected);
    done(store.as_ref(), |tx| Box::pin(tx.correct_observations(&receipt, &corrected, "x"))).await;
    moved(store.as_ref(), &[go(2, 2, 1), go(3, 3, 9)]).await;
    let verified = verify(store.as_ref()).await.expect("is checked");
    assert_eq!((verified.findings, verified.n_figures), (Vec::new(), 2));
    backend.tamper("UPDATE observation SET figure = 'n9' WHERE element < 0").await;
    assert_eq!(verify(store.as_ref()).await.expect("is checked").n_findings, 1, "what is set aside is checked too");
}

pub async fn fields_that_typed_nothing_move_nothing(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[typed(1, 1, 1, 10)]).await;
    let before = everything(store.as_ref()).await;
    let version = store.settlement_version().await.expect("reads");
    assert_eq!(moved(store.as_ref(), &[go(5, 1, 9), go(1, 1, 1)]).await, Moved::default());
    assert_eq!(everything(store.as_ref()).await, before);
    assert!(store.settlement_version().await.expect("reads") > version);
}

pub async fn every_typed_field_is_listed_once(backend: &mut impl Backend) {
    let store = backend.store();
    assert_eq!(store.typed_fields().await.expect("reads"), []);
    let in_people = NewObservation { unit_of_measure: "人".to_owned(), ..typed(1, 1, 3, 1) };
    submit(store.as_ref(), "r1", &[typed(1, 2, 2, 20), typed(1, 1, 1, 10), in_people]).await;
    assert_eq!(store.typed_fields().await.expect("reads"), [field_key(1), field_key(2)]);
}
