//! Organisations and reporting units.

use crate::store::fixture::{Backend, FROM, done, organisation, unit, unit_row};
use baoyici::domain::id::OrganisationId;
use baoyici::domain::organisation::OrganisationKind;
use jiff::civil::date;

pub async fn organisations_are_put_and_read(backend: &mut impl Backend) {
    let store = backend.store();
    let given = [organisation("水利", None), organisation("水利/办公室", Some("水利"))];
    done(store.as_ref(), |tx| Box::pin(tx.put_organisations(&given))).await;
    for one in &given {
        assert_eq!(store.organisation(&one.id).await.expect("reads").as_ref(), Some(one));
    }
    assert_eq!(store.organisations(None, 10).await.expect("reads"), given);
}

pub async fn organisations_of_every_kind_read_back(backend: &mut impl Backend) {
    let store = backend.store();
    let kinds = [OrganisationKind::Bureau, OrganisationKind::Department, OrganisationKind::Office, OrganisationKind::Subordinate];
    let given: Vec<_> = kinds
        .into_iter()
        .enumerate()
        .map(|(n, kind)| {
            let mut one = organisation(&format!("o{n}"), Some("root"));
            one.kind = kind;
            one
        })
        .collect();
    done(store.as_ref(), |tx| Box::pin(tx.put_organisations(&given))).await;
    assert_eq!(store.organisations(None, 10).await.expect("reads"), given);
}

pub async fn an_unknown_organisation_is_none(backend: &mut impl Backend) {
    let found = backend.store().organisation(&OrganisationId::from_stored("nobody")).await;
    assert_eq!(found.expect("reads"), None);
}

pub async fn organisations_are_paged_by_id(backend: &mut impl Backend) {
    let store = backend.store();
    let given: Vec<_> = ["丙", "a", "b", "乙", "A", "ab"].iter().map(|id| organisation(id, None)).collect();
    done(store.as_ref(), |tx| Box::pin(tx.put_organisations(&given))).await;
    let mut seen: Vec<OrganisationId> = Vec::new();
    loop {
        let page = store.organisations(seen.last(), 2).await.expect("reads");
        assert!(page.len() <= 2);
        if page.is_empty() {
            break;
        }
        seen.extend(page.into_iter().map(|o| o.id));
    }
    let mut sorted: Vec<OrganisationId> = given.into_iter().map(|o| o.id).collect();
    sorted.sort();
    assert_eq!(seen, sorted);
    assert_eq!(store.organisations(None, 0).await.expect("reads"), []);
}

pub async fn an_organisation_is_replaced(backend: &mut impl Backend) {
    let store = backend.store();
    let before = organisation("a", None);
    let mut after = organisation("a", Some("b"));
    after.name = "改了名的局".to_owned();
    done(store.as_ref(), |tx| Box::pin(tx.put_organisations(std::slice::from_ref(&before)))).await;
    done(store.as_ref(), |tx| Box::pin(tx.put_organisations(std::slice::from_ref(&after)))).await;
    assert_eq!(store.organisations(None, 10).await.expect("reads"), [after]);
}

pub async fn a_transaction_sees_its_organisations(backend: &mut impl Backend) {
    let store = backend.store();
    let given = [organisation("b", None), organisation("a", None)];
    let seen = done(store.as_ref(), |tx| {
        let given = &given;
        Box::pin(async move {
            tx.put_organisations(given).await?;
            tx.all_organisations().await
        })
    })
    .await;
    assert_eq!(seen.iter().map(|o| o.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
}

pub async fn no_organisations_are_put(backend: &mut impl Backend) {
    let store = backend.store();
    done(store.as_ref(), |tx| Box::pin(tx.put_organisations(&[]))).await;
    assert_eq!(store.organisations(None, 10).await.expect("reads"), []);
}

pub async fn unit_rows_come_by_code_and_first_day(backend: &mut impl Backend) {
    let store = backend.store();
    let moved = date(2024, 7, 1);
    let given =
        [unit_row(3, FROM, None), unit_row(1, moved, None), unit_row(2, FROM, Some(date(2023, 1, 1))), unit_row(1, FROM, Some(moved))];
    done(store.as_ref(), |tx| Box::pin(tx.put_unit_rows(&given))).await;
    let [third, later, second, earlier] = given;
    assert_eq!(store.unit_rows().await.expect("reads"), [earlier, later, second, third]);
}

pub async fn a_unit_row_of_the_same_day_is_replaced(backend: &mut impl Backend) {
    let store = backend.store();
    let before = unit_row(1, FROM, None);
    let mut after = unit_row(1, FROM, Some(date(2026, 1, 1)));
    after.name = "撤并".to_owned();
    after.parent = None;
    done(store.as_ref(), |tx| Box::pin(tx.put_unit_rows(std::slice::from_ref(&before)))).await;
    done(store.as_ref(), |tx| Box::pin(tx.put_unit_rows(std::slice::from_ref(&after)))).await;
    assert_eq!(store.unit_rows().await.expect("reads"), [after]);
}

pub async fn a_transaction_sees_its_unit_rows(backend: &mut impl Backend) {
    let store = backend.store();
    let given = [unit_row(2, FROM, None), unit_row(1, FROM, None)];
    let seen = done(store.as_ref(), |tx| {
        let given = &given;
        Box::pin(async move {
            tx.put_unit_rows(given).await?;
            tx.all_unit_rows().await
        })
    })
    .await;
    assert_eq!(seen.iter().map(|r| r.code.clone()).collect::<Vec<_>>(), [unit(1), unit(2)]);
}

pub async fn a_whole_province_of_units_is_one_call(backend: &mut impl Backend) {
    let store = backend.store();
    let given: Vec<_> = (0..40_000).map(|n| unit_row(n, FROM, None)).collect();
    done(store.as_ref(), |tx| Box::pin(tx.put_unit_rows(&given))).await;
    assert_eq!(store.unit_rows().await.expect("reads"), given);
}
