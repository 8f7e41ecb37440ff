//! Form templates and the meanings of their fields.

use crate::store::fixture::{Backend, done, form, same_form};
use baoyici::domain::id::FormId;
use baoyici::store::{Error, Store, StoredForm};

async fn put(store: &dyn Store, given: &StoredForm) {
    done(store, |tx| Box::pin(tx.insert_template(given))).await;
}

pub async fn a_form_reads_back_whole(backend: &mut impl Backend) {
    let store = backend.store();
    let given = form("农基1表", 1, 64);
    put(store.as_ref(), &given).await;
    let found = store.template(&FormId::from_stored("农基1表"), Some(1)).await.expect("reads").expect("is there");
    assert!(same_form(&found, &given));
    let keys: Vec<_> = found.fields.iter().map(|f| &f.key).collect();
    assert_eq!(keys, found.template.field_keys.iter().collect::<Vec<_>>(), "in the form's order");
}

pub async fn the_newest_version_is_the_default(backend: &mut impl Backend) {
    let store = backend.store();
    let id = FormId::from_stored("a");
    for version in [1, 2, 10, 9] {
        put(store.as_ref(), &form("a", version, version)).await;
    }
    let newest = store.template(&id, None).await.expect("reads").expect("is there");
    assert!(same_form(&newest, &form("a", 10, 10)));
    let second = store.template(&id, Some(2)).await.expect("reads").expect("is there");
    assert!(same_form(&second, &form("a", 2, 2)));
}

pub async fn an_unknown_form_or_version_is_none(backend: &mut impl Backend) {
    let store = backend.store();
    put(store.as_ref(), &form("a", 1, 1)).await;
    assert!(store.template(&FormId::from_stored("b"), None).await.expect("reads").is_none());
    assert!(store.template(&FormId::from_stored("b"), Some(1)).await.expect("reads").is_none());
    assert!(store.template(&FormId::from_stored("a"), Some(2)).await.expect("reads").is_none());
}

pub async fn a_version_that_exists_is_a_conflict(backend: &mut impl Backend) {
    let store = backend.store();
    let first = form("a", 1, 1);
    put(store.as_ref(), &first).await;
    let mut transaction = store.begin().await.expect("begins");
    let outcome = transaction.insert_template(&form("a", 1, 2)).await;
    assert!(matches!(outcome, Err(Error::Conflict)), "{outcome:?}");
    drop(transaction);
    let found = store.template(&FormId::from_stored("a"), None).await.expect("reads").expect("is there");
    assert!(same_form(&found, &first));
}

pub async fn newest_versions_are_paged_by_form(backend: &mut impl Backend) {
    let store = backend.store();
    for (id, n_versions) in [("丙", 1), ("a", 3), ("甲", 2), ("b", 1), ("B", 1)] {
        for version in 1..=n_versions {
            put(store.as_ref(), &form(id, version, 1)).await;
        }
    }
    let mut seen: Vec<StoredForm> = Vec::new();
    loop {
        let last = seen.last().map(|f| f.template.template.id.clone());
        let page = store.newest_templates(last.as_ref(), 2).await.expect("reads");
        assert!(page.len() <= 2);
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    let found: Vec<(&str, u32)> = seen.iter().map(|f| (f.template.template.id.as_str(), f.template.version)).collect();
    assert_eq!(found, [("B", 1), ("a", 3), ("b", 1), ("丙", 1), ("甲", 2)]);
}

pub async fn a_transaction_sees_its_version(backend: &mut impl Backend) {
    let store = backend.store();
    let id = FormId::from_stored("a");
    put(store.as_ref(), &form("a", 1, 1)).await;
    let mut transaction = store.begin().await.expect("begins");
    assert_eq!(transaction.newest_template(&id).await.expect("reads").map(|f| f.template.version), Some(1));
    transaction.insert_template(&form("a", 2, 1)).await.expect("inserts");
    assert_eq!(transaction.newest_template(&id).await.expect("reads").map(|f| f.template.version), Some(2));
    assert_eq!(store.template(&id, None).await.expect("reads").map(|f| f.template.version), Some(1));
    assert!(transaction.newest_template(&FormId::from_stored("b")).await.expect("reads").is_none());
}

pub async fn the_largest_form_is_kept(backend: &mut impl Backend) {
    let store = backend.store();
    let given = form("a", 1, baoyici::domain::template::MAX_FIELDS as u32);
    put(store.as_ref(), &given).await;
    let found = store.template(&FormId::from_stored("a"), None).await.expect("reads").expect("is there");
    assert!(same_form(&found, &given));
}

pub async fn a_form_without_fields_reads_back(backend: &mut impl Backend) {
    let store = backend.store();
    let mut given = form("a", 1, 0);
    given.vocabulary = String::new();
    put(store.as_ref(), &given).await;
    let found = store.newest_templates(None, 10).await.expect("reads");
    assert!(found.len() == 1 && found.iter().all(|f| same_form(f, &given)));
}
