//! Disputes: numbered as they are raised, one open about a subject, ended once, listed for both parties.

use crate::store::fixture::{Backend, done, field_key, instant, key, unit, year};
use baoyici::domain::caller::Scope;
use baoyici::domain::dispute::{Dispute, DisputeEnd, DisputeId, DisputeState, Disputed, DisputedFigure, NewDispute};
use baoyici::domain::figure::Figure;
use baoyici::domain::id::{AccountId, OrganisationId, ReceiptId};
use baoyici::store::{Error, Store};

fn raised(by: u32, to: Scope, field: u32) -> NewDispute {
    let figure = DisputedFigure {
        key: key(9, 1),
        via: field_key(1),
        version: 3,
        figure: Figure::Text("“旧”".to_owned()),
        unit_of_measure: "人".to_owned(),
    };
    let about = Disputed {
        field: field_key(field),
        period: year(2026),
        label: "常住人口".to_owned(),
        figures: vec![figure],
        claim: "少了一个组\n请核对".to_owned(),
        proposed: "12".to_owned(),
    };
    NewDispute { unit: unit(by), addressee: to, about, raised_by: AccountId::from_stored("clerk"), raised_at: instant(1) }
}

async fn raise(store: &dyn Store, dispute: &NewDispute) -> DisputeId {
    done(store, |tx| Box::pin(tx.insert_dispute(dispute))).await
}

fn end(state: DisputeState, receipt: Option<&str>) -> DisputeEnd {
    let receipt = receipt.map(ReceiptId::from_stored);
    DisputeEnd { state, by: AccountId::from_stored("other"), at: instant(2), note: "已核".to_owned(), receipt }
}

pub async fn a_dispute_is_numbered_and_read_back(backend: &mut impl Backend) {
    let first = raised(1, Scope::Unit(unit(2)), 1);
    let second = raised(1, Scope::Organisation(OrganisationId::from_stored("民政厅")), 2);
    let ids = [raise(backend.store().as_ref(), &first).await, raise(backend.store().as_ref(), &second).await];
    assert!(ids[0] < ids[1]);
    backend.reopen().await;
    let store = backend.store();
    assert_eq!(store.dispute(ids[0]).await, Ok(Some(Dispute { id: ids[0], raised: first, end: None })));
    assert_eq!(store.dispute(ids[1]).await.map(|d| d.map(|d| d.raised)), Ok(Some(second)));
    assert_eq!(store.dispute(DisputeId(999)).await, Ok(None));
}

pub async fn one_dispute_of_a_subject_is_open(backend: &mut impl Backend) {
    let store = backend.store();
    let dispute = raised(1, Scope::Unit(unit(2)), 1);
    let id = raise(store.as_ref(), &dispute).await;
    let mut tx = store.begin().await.expect("begins");
    assert_eq!(tx.open_dispute(&unit(1), &dispute.subject()).await, Ok(Some(id)));
    assert_eq!(tx.insert_dispute(&dispute).await, Err(Error::Conflict));
    drop(tx);
    raise(store.as_ref(), &raised(3, Scope::Unit(unit(2)), 1)).await;
    done(store.as_ref(), |tx| Box::pin(async move { tx.end_dispute(id, &end(DisputeState::Rejected, None)).await })).await;
    let again = raise(store.as_ref(), &dispute).await;
    assert!(again > id, "after its end it may be raised again");
}

pub async fn a_dispute_ends_once(backend: &mut impl Backend) {
    let store = backend.store();
    let id = raise(store.as_ref(), &raised(1, Scope::Unit(unit(2)), 1)).await;
    let corrected = end(DisputeState::Corrected, Some("r-1"));
    done(store.as_ref(), |tx| Box::pin(async { tx.end_dispute(id, &corrected).await })).await;
    let found = store.dispute(id).await.expect("reads").expect("is there");
    assert_eq!((found.state(), found.end), (DisputeState::Corrected, Some(corrected)));
    for other in [id, DisputeId(999)] {
        let mut tx = store.begin().await.expect("begins");
        assert_eq!(tx.end_dispute(other, &end(DisputeState::Withdrawn, None)).await, Err(Error::Conflict));
    }
}

pub async fn both_parties_list_their_disputes(backend: &mut impl Backend) {
    let store = backend.store();
    let of = |n: u32| Scope::Unit(unit(n));
    let mut ids = Vec::new();
    for (by, to, field) in [(1, 2, 1), (2, 1, 2), (3, 4, 3), (1, 3, 4)] {
        ids.push(raise(store.as_ref(), &raised(by, of(to), field)).await);
    }
    let listed = async |party: u32, after: u64, limit: u32| {
        let found = store.disputes_of(&of(party), after, limit).await.expect("lists");
        found.into_iter().map(|d| d.id).collect::<Vec<_>>()
    };
    assert_eq!(listed(1, 0, 10).await, [ids[0], ids[1], ids[3]]);
    assert_eq!(listed(1, ids[0].0, 1).await, [ids[1]]);
    assert_eq!(listed(3, 0, 10).await, [ids[2], ids[3]]);
    assert_eq!(listed(9, 0, 10).await, []);
    assert_eq!(store.disputes(ids[1].0, 10).await.expect("lists").len(), 2);
}

pub async fn disputes_stay_as_they_were_raised(backend: &mut impl Backend) {
    let store = backend.store();
    let id = raise(store.as_ref(), &raised(1, Scope::Unit(unit(2)), 1)).await;
    done(store.as_ref(), |tx| Box::pin(async move { tx.end_dispute(id, &end(DisputeState::Rejected, None)).await })).await;
    for sql in ["DELETE FROM dispute", "UPDATE dispute SET about = '{}'", "UPDATE dispute SET state = 'open'"] {
        assert!(backend.refuses(sql).await, "{sql}");
    }
}
