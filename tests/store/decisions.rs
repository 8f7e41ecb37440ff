//! Decisions are kept for good; only their standing changes.

use crate::store::fixture::{Backend, done, field_key, instant};
use baoyici::domain::decision::{Decision, DecisionId, Lesson, LessonWay, RenamedDecision, Undone, Verdict};
use baoyici::domain::id::AccountId;
use baoyici::store::{Error, Store};
use futures::FutureExt;

fn decision(id: u64, verdict: Verdict) -> Decision {
    Decision {
        id: DecisionId(id),
        a: field_key(1),
        b: field_key(2),
        a_key: "M:人口|S:人数".to_owned(),
        b_key: "?农基1表/f2@1".to_owned(),
        verdict,
        sets_apart: false,
        note: "口径一致，\"见说明\"".to_owned(),
        decided_by: AccountId::from_stored("统计员"),
        decided_at: instant(7),
        is_disputed: false,
        undone: None,
        lesson: None,
    }
}

fn undone() -> Undone {
    Undone { by: AccountId::from_stored("处长"), at: instant(9), note: "看错了".to_owned() }
}

async fn insert(store: &dyn Store, decision: Decision) {
    done(store, |tx| Box::pin(tx.insert_decision(&decision))).await;
}

pub async fn a_decision_reads_back_whole(backend: &mut impl Backend) {
    let store = backend.store();
    let verdicts = [Verdict::Same, Verdict::Different, Verdict::Narrower, Verdict::Broader, Verdict::Unsure];
    let given: Vec<Decision> =
        verdicts.into_iter().zip(1..).map(|(v, n)| Decision { is_disputed: n == 2, sets_apart: n == 3, ..decision(n, v) }).collect();
    let lesson = |way, answers: &[u64]| Some(Lesson { way, answers: answers.iter().copied().map(DecisionId).collect() });
    let system = AccountId::from_stored("system");
    let given: Vec<Decision> = given
        .into_iter()
        .chain([
            Decision { lesson: lesson(LessonWay::Synonym, &[1, 4]), decided_by: system.clone(), ..decision(6, Verdict::Same) },
            Decision { lesson: lesson(LessonWay::Score, &[1, 2, 3]), decided_by: system, ..decision(7, Verdict::Same) },
        ])
        .collect();
    for one in given.iter().rev() {
        insert(store.as_ref(), one.clone()).await;
    }
    backend.reopen().await;
    assert_eq!(backend.store().decisions().await.expect("reads"), given, "by number");
}

pub async fn a_number_that_is_taken_is_a_conflict(backend: &mut impl Backend) {
    let store = backend.store();
    insert(store.as_ref(), decision(1, Verdict::Same)).await;
    let mut tx = store.begin().await.expect("begins");
    assert!(matches!(tx.insert_decision(&decision(1, Verdict::Different)).await, Err(Error::Conflict)));
}

pub async fn a_decision_is_undone_once(backend: &mut impl Backend) {
    let store = backend.store();
    insert(store.as_ref(), decision(1, Verdict::Same)).await;
    done(store.as_ref(), |tx| async move { tx.undo_decision(DecisionId(1), &undone()).await }.boxed()).await;
    let expected = Decision { undone: Some(undone()), ..decision(1, Verdict::Same) };
    assert_eq!(store.decisions().await.expect("reads"), [expected]);
    for id in [1, 2] {
        let mut tx = store.begin().await.expect("begins");
        assert!(matches!(tx.undo_decision(DecisionId(id), &undone()).await, Err(Error::Conflict)), "{id}");
    }
}

pub async fn a_disputed_decision_is_upheld_once(backend: &mut impl Backend) {
    let store = backend.store();
    insert(store.as_ref(), Decision { is_disputed: true, ..decision(1, Verdict::Same) }).await;
    done(store.as_ref(), |tx| async move { tx.uphold_decision(DecisionId(1)).await }.boxed()).await;
    assert_eq!(store.decisions().await.expect("reads"), [decision(1, Verdict::Same)]);
    let mut tx = store.begin().await.expect("begins");
    assert!(matches!(tx.uphold_decision(DecisionId(1)).await, Err(Error::Conflict)));
}

pub async fn decisions_get_other_keys(backend: &mut impl Backend) {
    let store = backend.store();
    insert(store.as_ref(), decision(1, Verdict::Same)).await;
    insert(store.as_ref(), decision(2, Verdict::Same)).await;
    let keys = [RenamedDecision { id: DecisionId(2), a_key: "M:户".to_owned(), b_key: "M:人".to_owned(), sets_apart: true }];
    done(store.as_ref(), |tx| Box::pin(tx.rename_decisions(&keys))).await;
    let renamed = Decision { a_key: "M:户".to_owned(), b_key: "M:人".to_owned(), sets_apart: true, ..decision(2, Verdict::Same) };
    assert_eq!(store.decisions().await.expect("reads"), [decision(1, Verdict::Same), renamed]);
}

pub async fn the_settlement_rises_with_its_transaction(backend: &mut impl Backend) {
    let store = backend.store();
    let before = store.settlement_version().await.expect("reads");
    let mut tx = store.begin().await.expect("begins");
    tx.insert_decision(&decision(1, Verdict::Same)).await.expect("inserts");
    let inside = tx.settlement_version().await.expect("reads");
    assert!(inside > before);
    assert_eq!(store.settlement_version().await.expect("reads"), before, "nobody else sees it");
    drop(tx);
    assert_eq!(store.settlement_version().await.expect("reads"), before);
    insert(store.as_ref(), decision(1, Verdict::Same)).await;
    assert_eq!(store.settlement_version().await.expect("reads"), inside);
}
