//! Figures under decisions: moved, set aside, chosen, and back.

use crate::rpc::review::ground::{Ground, form};
use baoyici::pb;
use baoyici::pb::Verdict;
use baoyici::store::fault::{Failure, When};

async fn two_forms() -> Ground {
    Ground::of(&[form("jia", &[("1", "特色产业收入", "万元")]), form("yi", &[("1", "特色产业毛收入", "万元")])]).await
}

/// Each form's figure typed before anybody decided.
async fn typed(values: [&str; 2]) -> Ground {
    let ground = two_forms().await;
    let (a, b) = (ground.input("特色产业收入").await, ground.input("特色产业毛收入").await);
    ground.submit("s", &[(&a, values[0]), (&b, values[1])]).await.unwrap();
    ground
}

async fn conflicts(ground: &Ground, with_resolved: bool) -> Vec<pb::FigureConflict> {
    let request = pb::ListFigureConflictsRequest { with_resolved, ..Default::default() };
    ground.bureau().await.list_figure_conflicts(request).await.unwrap().into_inner().conflicts
}

#[tokio::test]
async fn a_figure_held_before_serves_the_other_form_and_goes_back() {
    let ground = two_forms().await;
    let typed = ground.input("特色产业毛收入").await;
    ground.submit("s", &[(&typed, "8")]).await.unwrap();
    let before = ground.everything().await;
    let decided = ground.decide(("jia", "1"), ("yi", "1"), Verdict::Same).await;
    assert_eq!(ground.drawn("jia").await, [Some("8".to_owned())]);
    assert!(ground.inputs().await.iter().all(|i| i.held.is_some()), "nothing is left to type");
    ground.fits().await;
    ground.undo(decided.decision).await.unwrap();
    assert_eq!(ground.everything().await, before);
    assert_eq!((ground.drawn("jia").await, ground.drawn("yi").await), (vec![None], vec![Some("8".to_owned())]));
    ground.fits().await;
    ground.stop().await;
}

#[tokio::test]
async fn two_figures_that_differ_wait_for_the_bureau() {
    let ground = typed(["8", "9"]).await;
    let before = ground.everything().await;
    let preview = ground.preview(("jia", "1"), ("yi", "1"), Verdict::Same).await.effects.unwrap();
    let decided = ground.decide(("jia", "1"), ("yi", "1"), Verdict::Same).await;
    let effects = decided.effects.unwrap();
    assert_eq!((effects.figures, effects.figures_aside), (1, 1));
    assert_eq!(effects, preview, "the preview told what came");
    let listed = conflicts(&ground, false).await;
    let [conflict] = listed.as_slice() else { panic!("{listed:?}") };
    let (held, aside) = (conflict.held.clone().unwrap(), conflict.aside.clone().unwrap());
    assert_eq!((conflict.unit.as_str(), conflict.period.as_str()), ("330122002000", "2026"));
    let mut values = [held.value.as_str(), aside.value.as_str()];
    values.sort_unstable();
    assert_eq!(values, ["8", "9"]);
    assert_eq!(ground.drawn("jia").await, [Some(held.value.clone())]);
    // The other one is chosen.
    let request = pb::ResolveFigureConflictRequest {
        request_id: "choose".into(),
        conflict: conflict.conflict,
        takes_aside: true,
        note: "以年报为准".into(),
    };
    let mut bureau = ground.bureau().await;
    bureau.resolve_figure_conflict(request.clone()).await.unwrap();
    bureau.resolve_figure_conflict(request).await.unwrap();
    assert_eq!(ground.drawn("jia").await, [Some(aside.value.clone())]);
    assert_eq!(conflicts(&ground, false).await, []);
    let resolved = conflicts(&ground, true).await;
    assert_eq!((resolved.len(), resolved[0].resolved_by.as_str(), resolved[0].aside.clone().unwrap().value), (1, "bureau", held.value));
    ground.fits().await;
    ground.undo(decided.decision).await.unwrap();
    assert_eq!(ground.everything().await, before, "both figures are back where they were typed");
    drop(bureau);
    ground.fits().await;
    ground.stop().await;
}

#[tokio::test]
async fn two_figures_that_agree_are_no_conflict() {
    let ground = typed(["8.50", "8.5"]).await;
    let before = ground.everything().await;
    let decided = ground.decide(("jia", "1"), ("yi", "1"), Verdict::Same).await;
    assert_eq!(decided.effects.unwrap().figures_aside, 1, "both rows are kept all the same");
    assert_eq!(conflicts(&ground, true).await, []);
    ground.undo(decided.decision).await.unwrap();
    assert_eq!(ground.everything().await, before);
    ground.stop().await;
}

#[tokio::test]
async fn telling_fields_of_one_reading_apart_gives_each_its_figures() {
    let ground = Ground::of(&[form("jia", &[("1", "年末常住人口", "人")]), form("yi", &[("1", "常住人口", "人")])]).await;
    let before = ground.elements(&["jia", "yi"]).await;
    assert_eq!(before[0], before[1], "one element by their readings");
    let input = ground.inputs().await.remove(0);
    ground.submit("s", &[(&input, "120")]).await.unwrap();
    let stored = ground.everything().await;
    let via = stored.0[0].via.form.to_string();
    let (typed, other) = if via == "jia" { ("jia", "yi") } else { ("yi", "jia") };
    // The field through which the figure was typed is set apart, and takes it along.
    let decided = ground.decide((other, "1"), (typed, "1"), Verdict::Different).await;
    let effects = decided.effects.unwrap();
    assert_eq!((effects.fields, effects.figures, effects.cells_saved), (1, 1, -1));
    assert_eq!((ground.drawn(typed).await, ground.drawn(other).await), (vec![Some("120".to_owned())], vec![None]));
    let open: Vec<pb::InputCell> = ground.inputs().await.into_iter().filter(|i| i.held.is_none()).collect();
    ground.submit("s2", &[(&open[0], "118")]).await.unwrap();
    assert_eq!(ground.drawn(other).await, [Some("118".to_owned())]);
    // Undone, the two meet again, and neither is lost.
    ground.undo(decided.decision).await.unwrap();
    assert_eq!(ground.elements(&["jia", "yi"]).await, before);
    assert_eq!(conflicts(&ground, false).await.len(), 1);
    ground.fits().await;
    ground.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_submits_while_decisions_are_made_leaves_no_figure_behind() {
    const N: usize = 12;
    let stems: Vec<char> = "甲乙丙丁戊己庚辛壬癸甲乙".chars().collect();
    let branches: Vec<char> = "子丑寅卯辰巳午未申酉戌亥".chars().collect();
    let ids: Vec<String> = (0..N).map(|n| n.to_string()).collect();
    let labels = |word: &str| -> Vec<String> { (0..N).map(|n| format!("{}{}{word}", stems[n], branches[n])).collect() };
    let made = |id: &str, labels: &[String]| {
        let fields: Vec<(&str, &str, &str)> = ids.iter().zip(labels).map(|(id, label)| (id.as_str(), label.as_str(), "个")).collect();
        form(id, &fields)
    };
    let ground = Ground::of(&[made("jia", &labels("事项")), made("yi", &labels("物品"))]).await;
    let decide = async {
        for (round, id) in ids.iter().cycle().take(3 * N).enumerate() {
            let decided = ground.decide(("jia", id), ("yi", id), Verdict::Same).await;
            if round < 2 * N {
                ground.undo(decided.decision).await.unwrap();
            }
        }
    };
    let submit = async {
        for n in 0..2 * N {
            let open: Vec<pb::InputCell> = ground.inputs().await.into_iter().filter(|i| i.held.is_none()).collect();
            let Some(cell) = open.get(n * 7 % open.len().max(1)) else { break };
            // Refused where a decision came first: the cell is held, or is no longer asked so.
            let _ = ground.submit(&format!("s{n}"), &[(cell, "5")]).await;
        }
    };
    tokio::join!(decide, submit);
    let (current, versions, conflicts) = ground.everything().await;
    assert!(!current.is_empty());
    let elements: Vec<String> = ground.elements(&["jia", "yi"]).await;
    let element_of = |via: &baoyici::domain::id::FieldKey| {
        let at: usize = via.field.as_str().parse().unwrap();
        elements[if via.form.as_str() == "jia" { at } else { N + at }].clone()
    };
    for one in &current {
        assert_eq!(one.key.element.to_string(), element_of(&one.via), "{one:?}");
    }
    assert_eq!(versions.len(), current.len() + conflicts.len(), "what is not current is set aside, and told");
    ground.fits().await;
    ground.stop().await;
}

#[tokio::test]
async fn a_decision_whose_acknowledgement_was_lost_holds_for_whoever_comes_next() {
    let forms = [form("jia", &[("1", "甲子事项", "个")]), form("yi", &[("1", "乙丑事项", "个")])];
    let (ground, faults) = Ground::with_faults(&forms).await;
    let inputs = ground.inputs().await;
    assert_eq!(inputs.len(), 2);
    faults.plan("tx.commit", 0, When::After, Failure::Unavailable);
    let request = ground.request(("jia", "1"), ("yi", "1"), Verdict::Same);
    let mut bureau = ground.bureau().await;
    assert_eq!(bureau.decide(request.clone()).await.unwrap_err().code(), tonic::Code::Unavailable);
    // Whoever submits under the plan of before is told so, or stores under the one element; nothing is left under the other.
    for (n, input) in inputs.iter().enumerate() {
        let _ = ground.submit(&format!("s{n}"), &[(input, "5")]).await;
    }
    let merged = ground.elements(&["jia", "yi"]).await;
    assert_eq!(merged[0], merged[1]);
    let current = ground.everything().await.0;
    assert_eq!(current.iter().map(|o| o.key.element.to_string()).collect::<Vec<_>>(), merged[..1]);
    assert_eq!(bureau.decide(request).await.unwrap().into_inner().decision, 1, "the same request has its answer");
    drop(bureau);
    ground.fits().await;
    ground.stop().await;
}
