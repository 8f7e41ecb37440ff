//! A newer vocabulary: seen before it is taken, and taken with decisions and figures.

use crate::rpc::review::ground::{Ground, form};
use baoyici::pb;
use baoyici::pb::Verdict;

async fn preview(ground: &Ground) -> pb::PreviewVocabularyResponse {
    ground.bureau().await.preview_vocabulary(pb::PreviewVocabularyRequest {}).await.unwrap().into_inner()
}

async fn adopt(ground: &Ground, request_id: &str) -> pb::VocabularyEffects {
    let request = pb::AdoptVocabularyRequest { request_id: request_id.into() };
    ground.bureau().await.adopt_vocabulary(request).await.unwrap().into_inner().effects.unwrap()
}

fn forms() -> [pb::FormTemplate; 3] {
    [
        form("jia", &[("1", "年末常住人口", "人"), ("2", "甲子事项", "个")]),
        form("yi", &[("1", "常住人口", "人"), ("2", "乙丑事项", "个")]),
        form("bing", &[("1", "丙寅事项", "个")]),
    ]
}

#[tokio::test]
async fn what_was_read_by_this_program_does_not_change() {
    let ground = Ground::of(&forms()).await;
    let before = (ground.elements(&["jia", "yi", "bing"]).await, ground.everything().await);
    let seen = preview(&ground).await;
    assert_eq!((seen.effects.unwrap(), seen.fields), (pb::VocabularyEffects::default(), vec![]));
    adopt(&ground, "a").await;
    assert_eq!((ground.elements(&["jia", "yi", "bing"]).await, ground.everything().await), before);
    ground.stop().await;
}

#[tokio::test]
async fn forms_are_read_anew_and_decisions_and_figures_go_along() {
    let ground = Ground::read_earlier(&forms(), |key| format!("older {key}")).await;
    let older = ground.elements(&["jia", "yi", "bing"]).await;
    let decided = ground.decide(("jia", "2"), ("yi", "2"), Verdict::Same).await;
    ground.decide(("jia", "2"), ("bing", "1"), Verdict::Different).await;
    let inputs = ground.inputs().await;
    assert_eq!(inputs.len(), 3);
    let values: Vec<(&pb::InputCell, &str)> = inputs.iter().zip(["11", "12", "13"]).collect();
    ground.submit("s", &values).await.unwrap();
    let drawn = [ground.drawn("jia").await, ground.drawn("yi").await, ground.drawn("bing").await];
    let stored = ground.everything().await;

    let seen = preview(&ground).await;
    let effects = seen.effects.unwrap();
    assert_eq!((effects.forms, effects.fields, effects.figures, effects.figures_aside), (3, 5, 3, 0));
    assert_eq!((effects.merged, effects.split, effects.waiting_decisions.len()), (0, 0, 0));
    assert_eq!(seen.fields.len(), 5);
    assert!(seen.fields.iter().all(|f| f.before.contains("older ") && !f.after.contains("older ")), "{:?}", seen.fields);
    assert_eq!((ground.everything().await, ground.elements(&["jia", "yi", "bing"]).await.len()), (stored, older.len()));

    assert_eq!(adopt(&ground, "a").await, effects, "as it was foreseen");
    assert_eq!(adopt(&ground, "a").await, effects, "the same request, the same answer");
    let newer = ground.elements(&["jia", "yi", "bing"]).await;
    assert!(newer.iter().all(|e| !older.contains(e)));
    assert!(newer[0] == newer[2] && newer[1] == newer[3] && newer[1] != newer[4], "{newer:?}");
    assert_eq!([ground.drawn("jia").await, ground.drawn("yi").await, ground.drawn("bing").await], drawn);
    assert_eq!(ground.elements_after_restart(&["jia", "yi", "bing"]).await, newer);
    assert!(ground.inputs().await.iter().all(|i| i.held.is_some()), "nothing is asked a second time");
    // Decisions are about the same fields as before.
    ground.undo(decided.decision).await.unwrap();
    let apart = ground.elements(&["jia", "yi", "bing"]).await;
    assert_ne!(apart[1], apart[3]);
    let fresh = Ground::of(&forms()).await;
    assert_eq!(fresh.elements(&["jia", "yi", "bing"]).await, apart, "what a fresh installation would read");
    ground.fits().await;
    fresh.stop().await;
    ground.stop().await;
}

#[tokio::test]
async fn readings_that_become_one_merge_and_figures_that_meet_are_told() {
    let forms = [form("jia", &[("1", "年末常住人口", "人")]), form("yi", &[("1", "常住人口", "人")])];
    // The older program took the figure of each form for one of its own.
    fn apart(key: &str) -> String {
        use std::sync::atomic::{AtomicU32, Ordering};
        static N: AtomicU32 = AtomicU32::new(0);
        format!("{key} {}", N.fetch_add(1, Ordering::Relaxed))
    }
    let ground = Ground::read_earlier(&forms, apart).await;
    let inputs = ground.inputs().await;
    assert_eq!(inputs.len(), 2);
    let values: Vec<(&pb::InputCell, &str)> = inputs.iter().zip(["120", "118"]).collect();
    ground.submit("s", &values).await.unwrap();
    let effects = adopt(&ground, "a").await;
    assert_eq!((effects.fields, effects.merged, effects.figures, effects.figures_aside), (2, 1, 2, 1));
    let request = pb::ListFigureConflictsRequest::default();
    let conflicts = ground.bureau().await.list_figure_conflicts(request).await.unwrap().into_inner().conflicts;
    assert_eq!(conflicts.len(), 1);
    ground.fits().await;
    ground.stop().await;
}
