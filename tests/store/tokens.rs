//! API tokens.

use crate::store::fixture::{Backend, done, instant, token, unit};
use baoyici::domain::caller::{Role, Scope, TokenRecord};
use baoyici::domain::id::OrganisationId;
use baoyici::store::{Error, Store};

async fn put(store: &dyn Store, given: &TokenRecord) {
    done(store, |tx| Box::pin(tx.put_token(given))).await;
}

pub async fn a_token_is_found_by_its_digest(backend: &mut impl Backend) {
    let store = backend.store();
    let given = token("张三", "d1");
    put(store.as_ref(), &given).await;
    assert_eq!(store.token("d1").await.expect("reads"), Some(given));
    assert_eq!(store.token("d2").await.expect("reads"), None);
    assert_eq!(store.token("").await.expect("reads"), None);
}

pub async fn every_role_and_scope_reads_back(backend: &mut impl Backend) {
    let store = backend.store();
    let kinds = [
        (Role::Operator, Scope::Installation),
        (Role::Bureau, Scope::Organisation(OrganisationId::from_stored("统计局"))),
        (Role::DataOfficer, Scope::Organisation(OrganisationId::from_stored("a\"b"))),
        (Role::Clerk, Scope::Unit(unit(1))),
    ];
    for (n, (role, scope)) in kinds.into_iter().enumerate() {
        let given = TokenRecord { role, scope, ..token(&format!("a{n}"), &format!("d{n}")) };
        put(store.as_ref(), &given).await;
        assert_eq!(store.token(&given.digest).await.expect("reads"), Some(given));
    }
}

pub async fn ended_and_revoked_tokens_are_found(backend: &mut impl Backend) {
    let store = backend.store();
    let given = TokenRecord { expires_at: Some(instant(-5)), revoked_at: Some(instant(7)), ..token("a", "d") };
    put(store.as_ref(), &given).await;
    assert_eq!(store.token("d").await.expect("reads"), Some(given));
}

pub async fn a_second_token_replaces_the_first(backend: &mut impl Backend) {
    let store = backend.store();
    put(store.as_ref(), &token("a", "old")).await;
    let given = TokenRecord { role: Role::Operator, scope: Scope::Installation, ..token("a", "new") };
    put(store.as_ref(), &given).await;
    assert_eq!(store.token("old").await.expect("reads"), None);
    assert_eq!(store.tokens().await.expect("reads"), [given]);
}

pub async fn tokens_come_by_account(backend: &mut impl Backend) {
    let store = backend.store();
    for account in ["b", "乙", "a", "B"] {
        put(store.as_ref(), &token(account, account)).await;
    }
    let accounts: Vec<String> = store.tokens().await.expect("reads").iter().map(|t| t.account.to_string()).collect();
    assert_eq!(accounts, ["B", "a", "b", "乙"]);
}

pub async fn a_digest_of_another_account_is_a_conflict(backend: &mut impl Backend) {
    let store = backend.store();
    put(store.as_ref(), &token("a", "d")).await;
    let mut transaction = store.begin().await.expect("begins");
    let outcome = transaction.put_token(&token("b", "d")).await;
    assert!(matches!(outcome, Err(Error::Conflict)), "{outcome:?}");
    drop(transaction);
    assert_eq!(store.tokens().await.expect("reads").len(), 1);
}
