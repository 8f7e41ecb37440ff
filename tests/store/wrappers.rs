//! The wrappers: measuring changes nothing, faults come where they were planned.

use crate::store::fixture::{Backend, act, done, figure, key, organisation, receipt};
use baoyici::store::fault::{Failure, Faults, Faulty, When};
use baoyici::store::observed::observe;
use baoyici::store::{AuditReads, Error, ObservationReads, OrganisationReads, Store, write};
use futures::FutureExt;
use std::sync::Arc;

fn faulty(backend: &impl Backend) -> (Faulty, Faults) {
    let faults = Faults::default();
    (Faulty::new(backend.store(), faults.clone()), faults)
}

pub async fn a_fault_before_a_call_prevents_it(backend: &mut impl Backend) {
    let (store, faults) = faulty(backend);
    faults.plan("tx.commit", 0, When::Before, Failure::Unavailable);
    let outcome = write(&store, |tx| async move { tx.append_audit(&act(1)).await }.boxed()).await;
    assert!(matches!(outcome, Err(Error::Unavailable { .. })), "{outcome:?}");
    assert_eq!(faults.n_planned(), 0);
    assert_eq!(store.audit_records(0, 10).await.expect("reads"), []);
}

pub async fn a_fault_after_a_commit_loses_the_acknowledgement_only(backend: &mut impl Backend) {
    let (store, faults) = faulty(backend);
    faults.plan("tx.commit", 0, When::After, Failure::Unavailable);
    let outcome = write(&store, |tx| async move { tx.append_audit(&act(1)).await }.boxed()).await;
    assert!(outcome.is_err());
    assert_eq!(store.audit_records(0, 10).await.expect("reads").len(), 1);
}

pub async fn a_planned_conflict_is_tried_again(backend: &mut impl Backend) {
    let (store, faults) = faulty(backend);
    faults.plan("begin", 0, When::Before, Failure::Conflict);
    faults.plan("tx.insert_observations", 0, When::After, Failure::Conflict);
    faults.plan("tx.commit", 0, When::Before, Failure::Conflict);
    let figures = [figure(key(1, 1), 1)];
    let receipt = receipt("r1", &figures);
    let held = done(&store, |tx| Box::pin(tx.insert_observations(&receipt, &figures))).await;
    assert_eq!(held, [], "each try starts from nothing");
    assert_eq!(faults.n_planned(), 0);
    assert_eq!(store.n_observations().await.expect("reads"), 1);
}

pub async fn a_fault_waits_for_its_call(backend: &mut impl Backend) {
    let (store, faults) = faulty(backend);
    faults.plan("n_observations", 2, When::Before, Failure::Broken);
    assert!(store.n_observations().await.is_ok());
    assert!(store.ping().await.is_ok());
    assert!(store.n_observations().await.is_ok());
    assert!(matches!(store.n_observations().await, Err(Error::Broken { .. })));
    assert!(store.n_observations().await.is_ok());
}

pub async fn measuring_changes_no_answer(backend: &mut impl Backend) {
    let store = observe(backend.store());
    let given = [organisation("a", None)];
    done(&store, |tx| Box::pin(tx.put_organisations(&given))).await;
    assert_eq!(store.organisations(None, 10).await.expect("reads"), given);
    let (faulty, faults) = faulty(backend);
    let store = observe(Arc::new(faulty));
    faults.plan("ping", 0, When::Before, Failure::Conflict);
    assert!(matches!(store.ping().await, Err(Error::Conflict)));
}
