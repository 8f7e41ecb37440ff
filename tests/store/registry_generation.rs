//! How far the registry has come: by this a server sees what another registered.

use crate::store::fixture::{Backend, FROM, act, done, figure, form, key, organisation, submit, token, unit_row};
use crate::store::transactions::poll_times;
use baoyici::store::{Store, write};
use futures::FutureExt;
use std::collections::BTreeSet;

async fn generation(store: &dyn Store) -> u64 {
    store.registry_generation().await.expect("reads")
}

async fn register(store: &dyn Store, id: &str, version: u32) {
    let form = form(id, version, 1);
    done(store, |tx| Box::pin(tx.insert_template(&form))).await;
}

pub async fn forms_and_units_raise_it(backend: &mut impl Backend) {
    let store = backend.store();
    let before = generation(store.as_ref()).await;
    register(store.as_ref(), "a", 1).await;
    let between = generation(store.as_ref()).await;
    assert!(between > before);
    done(store.as_ref(), |tx| async move { tx.put_unit_rows(&[unit_row(1, FROM, None)]).await }.boxed()).await;
    assert!(generation(store.as_ref()).await > between);
}

pub async fn everything_else_leaves_it(backend: &mut impl Backend) {
    let store = backend.store();
    register(store.as_ref(), "a", 1).await;
    let before = generation(store.as_ref()).await;
    submit(store.as_ref(), "r1", &[figure(key(1, 1), 1)]).await;
    done(store.as_ref(), |tx| async move { tx.append_audit(&act(1)).await }.boxed()).await;
    done(store.as_ref(), |tx| async move { tx.put_token(&token("a", "d")).await }.boxed()).await;
    done(store.as_ref(), |tx| async move { tx.put_organisations(&[organisation("a", None)]).await }.boxed()).await;
    assert_eq!(generation(store.as_ref()).await, before);
}

pub async fn what_is_rolled_back_leaves_it(backend: &mut impl Backend) {
    let store = backend.store();
    let before = generation(store.as_ref()).await;
    let mut transaction = store.begin().await.expect("begins");
    transaction.lock_registry().await.expect("locks");
    transaction.insert_template(&form("a", 1, 1)).await.expect("inserts");
    transaction.put_unit_rows(&[unit_row(1, FROM, None)]).await.expect("puts");
    assert_eq!(generation(store.as_ref()).await, before, "nobody else sees it before the commit");
    drop(transaction);
    backend.settle().await;
    assert_eq!(generation(store.as_ref()).await, before);
    let changes = store.registry_changes(before, 10).await.expect("reads");
    assert_eq!((changes.generation, changes.forms.len(), changes.units), (before, 0, None));
}

pub async fn the_lock_answers_with_the_generation_before(backend: &mut impl Backend) {
    let store = backend.store();
    for n in 1..4 {
        let before = generation(store.as_ref()).await;
        let mut transaction = store.begin().await.expect("begins");
        assert_eq!(transaction.lock_registry().await.expect("locks"), before);
        assert_eq!(transaction.lock_registry().await.expect("locks again"), before);
        transaction.insert_template(&form("a", n, 1)).await.expect("inserts");
        transaction.put_unit_rows(&[unit_row(1, FROM, None)]).await.expect("puts");
        transaction.commit().await.expect("commits");
        assert_eq!(generation(store.as_ref()).await, before + 1);
    }
}

pub async fn registrations_are_one_after_the_other(backend: &mut impl Backend) {
    let store = backend.store();
    let before = generation(store.as_ref()).await;
    let tasks: Vec<_> = (0..32)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut transaction = store.begin().await.expect("begins");
                let seen = transaction.lock_registry().await.expect("locks");
                transaction.put_unit_rows(&[unit_row(1, FROM, None)]).await.expect("puts");
                transaction.commit().await.expect("commits");
                seen
            })
        })
        .collect();
    let mut seen = BTreeSet::new();
    for task in tasks {
        seen.insert(task.await.expect("ends"));
    }
    assert_eq!(seen, (before..before + 32).collect(), "each saw another generation");
}

pub async fn changes_say_what_came_after(backend: &mut impl Backend) {
    let store = backend.store();
    register(store.as_ref(), "a", 1).await;
    done(store.as_ref(), |tx| async move { tx.put_unit_rows(&[unit_row(2, FROM, None), unit_row(1, FROM, None)]).await }.boxed()).await;
    let before = generation(store.as_ref()).await;
    register(store.as_ref(), "b", 1).await;
    register(store.as_ref(), "a", 2).await;
    let changes = store.registry_changes(before, 10).await.expect("reads");
    let found: Vec<(&str, u32)> = changes.forms.iter().map(|f| (f.template.template.id.as_str(), f.template.version)).collect();
    assert_eq!((found, changes.units), (vec![("b", 1), ("a", 2)], None));
    assert_eq!(changes.generation, generation(store.as_ref()).await);
    done(store.as_ref(), |tx| async move { tx.put_unit_rows(&[unit_row(3, FROM, None)]).await }.boxed()).await;
    let changes = store.registry_changes(changes.generation, 10).await.expect("reads");
    assert_eq!(changes.forms.len(), 0);
    assert_eq!(changes.units, Some((1..4).map(|n| unit_row(n, FROM, None)).collect()));
}

pub async fn many_changes_come_in_parts(backend: &mut impl Backend) {
    let store = backend.store();
    let newest = |n: u32| format!("form{n}");
    for n in 0..7 {
        register(store.as_ref(), &newest(n), 1).await;
    }
    // Several in one transaction are never cut apart.
    done(store.as_ref(), |tx| {
        async move {
            for n in 7..12 {
                tx.insert_template(&form(&format!("form{n}"), 1, 1)).await?;
            }
            Ok(())
        }
        .boxed()
    })
    .await;
    let (mut at, mut seen, mut n_parts) = (0, BTreeSet::new(), 0);
    let end = generation(store.as_ref()).await;
    while at < end {
        let changes = store.registry_changes(at, 3).await.expect("reads");
        assert!(changes.generation > at, "each part gets further");
        at = changes.generation;
        seen.extend(changes.forms.into_iter().map(|f| f.template.template.id.to_string()));
        n_parts += 1;
    }
    assert!(n_parts > 2);
    assert_eq!(seen, (0..12).map(newest).collect());
}

pub async fn a_registration_cancelled_anywhere_is_told_or_did_not_happen(backend: &mut impl Backend) {
    let given = form("a", 1, 1);
    let mut n_polls = 0;
    loop {
        n_polls += 1 + n_polls / 16;
        let store = backend.store();
        let before = generation(store.as_ref()).await;
        poll_times(write(store.as_ref(), |tx| Box::pin(tx.insert_template(&given))), n_polls).await;
        backend.settle().await;
        let changes = store.registry_changes(before, 10).await.expect("reads");
        let is_stored = store.template(&given.template.template.id, None).await.expect("reads").is_some();
        assert_eq!(changes.forms.len(), usize::from(is_stored), "after {n_polls} polls");
        if is_stored {
            return;
        }
        assert!(n_polls < 10_000_000);
    }
}
