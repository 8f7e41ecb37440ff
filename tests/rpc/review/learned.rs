//! Merges by what answers taught: made by the system, recorded with their lesson, taken back with the answers, undone for good by a person.

use crate::harness::postgres::Cluster;
use crate::harness::{Options, Server};
use crate::rpc::review::ground::{Ground, form};
use baoyici::pb;
use baoyici::pb::{LessonWay, Verdict};
use baoyici::store::postgres::{PostgresOptions, PostgresStore};
use std::sync::Arc;

/// People of a village whom two offices count, each in words of its own.
const PEOPLE: [&str; 7] = ["残疾人", "孤儿", "医生", "护士", "党员", "教师", "律师"];

fn forms() -> [pb::FormTemplate; 2] {
    let fields = |prefix: &str| -> Vec<(String, String)> {
        PEOPLE.iter().enumerate().map(|(at, who)| (format!("{}", at + 1), format!("{prefix}{who}人数"))).collect()
    };
    [("jia", "农村"), ("yi", "")].map(|(id, prefix)| {
        let fields = fields(prefix);
        let fields: Vec<(&str, &str, &str)> = fields.iter().map(|(id, label)| (id.as_str(), label.as_str(), "人")).collect();
        form(id, &fields)
    })
}

async fn decisions(ground: &Ground) -> Vec<pb::Decision> {
    let mut listed = ground.bureau().await.list_decisions(pb::ListDecisionsRequest::default()).await.unwrap().into_inner().decisions;
    listed.sort_by_key(|d| d.decision);
    listed
}

/// A reviewer says of five rows that both offices mean the same people.
async fn answer_five(ground: &Ground) {
    for field in ["1", "2", "3", "4", "5"] {
        ground.decide(("jia", field), ("yi", field), Verdict::Same).await;
    }
}

async fn what_answers_teach_is_recorded_and_undone(ground: Ground) -> Ground {
    let before = ground.elements(&["jia", "yi"]).await;
    answer_five(&ground).await;
    let merged = ground.elements(&["jia", "yi"]).await;
    assert_eq!(merged[..7], merged[7..], "the rows that nobody was asked about follow");
    let listed = decisions(&ground).await;
    let own: Vec<&pb::Decision> = listed.iter().filter(|d| d.lesson() != LessonWay::Unspecified).collect();
    assert_eq!((listed.len(), own.len()), (7, 2), "{listed:?}");
    for decision in &own {
        assert_eq!((decision.decided_by.as_str(), decision.verdict(), decision.lesson()), ("system", Verdict::Same, LessonWay::Synonym));
        assert_eq!(decision.taught_by, [1, 2, 3, 4, 5]);
        assert!(!decision.decided_at.is_empty() && decision.undone_by.is_empty());
    }
    assert_eq!(ground.elements_after_restart(&["jia", "yi"]).await, merged);
    ground.fits().await;

    // An answer that is taken back leaves nothing behind of what it taught.
    ground.undo(5).await.unwrap();
    let left = ground.elements(&["jia", "yi"]).await;
    assert_eq!(left[5..7], before[5..7]);
    assert_eq!(left[12..], before[12..]);
    let ended = decisions(&ground).await;
    assert!(ended.iter().filter(|d| d.lesson() != LessonWay::Unspecified).all(|d| d.undone_by == "system"), "{ended:?}");
    for n in 1..=4 {
        ground.undo(n).await.unwrap();
    }
    assert_eq!(ground.elements(&["jia", "yi"]).await, before, "the exact state before");

    // Answered anew, it is learnt anew; a person undoes one of the merges, and it is not made again.
    answer_five(&ground).await;
    let again = decisions(&ground).await;
    let own: Vec<u64> =
        again.iter().filter(|d| d.lesson() != LessonWay::Unspecified && d.undone_by.is_empty()).map(|d| d.decision).collect();
    assert_eq!(own.len(), 2, "{again:?}");
    ground.undo(own[0]).await.unwrap();
    ground.register(form("bing", &[("1", "别的事项", "个")])).await;
    let held = decisions(&ground).await;
    let standing: Vec<u64> =
        held.iter().filter(|d| d.lesson() != LessonWay::Unspecified && d.undone_by.is_empty()).map(|d| d.decision).collect();
    assert_eq!(standing, own[1..], "{held:?}");
    let elements = ground.elements(&["jia", "yi"]).await;
    assert_eq!((5..7).filter(|at| elements[*at] == elements[at + 7]).count(), 1);
    assert_eq!(ground.elements_after_restart(&["jia", "yi"]).await, elements);
    ground.fits().await;
    ground
}

#[tokio::test]
async fn over_sqlite() {
    what_answers_teach_is_recorded_and_undone(Ground::of(&forms()).await).await.stop().await;
}

#[tokio::test]
async fn over_postgres() {
    let database = Cluster::shared().database().await;
    let store = PostgresStore::open(&database.address(), PostgresOptions::default()).await.unwrap();
    let options = Options { wrap: Box::new(|_| Arc::new(store)), ..Options::default() };
    let ground = Ground::over(Server::start_with(options).await, &forms()).await;
    what_answers_teach_is_recorded_and_undone(ground).await.stop().await;
}

#[tokio::test]
async fn a_form_that_comes_later_is_joined_and_recorded() {
    let [jia, yi] = forms();
    let short = pb::FormTemplate { fields: yi.fields[..6].to_vec(), ..yi.clone() };
    let ground = Ground::of(&[jia, short]).await;
    answer_five(&ground).await;
    assert_eq!(decisions(&ground).await.len(), 6, "one row more follows");
    ground.register(yi).await;
    let listed = decisions(&ground).await;
    assert_eq!(listed.len(), 7, "and one that the next version brings: {listed:?}");
    assert_eq!((listed[6].decided_by.as_str(), listed[6].taught_by.len()), ("system", 5));
    ground.fits().await;
    ground.stop().await;
}

#[tokio::test]
async fn a_question_shows_what_the_system_itself_says() {
    let noted = |id: &str, note: &str| {
        let mut form = form(id, &[("1", "常住人口", "人"), ("2", "失能老年人", "人")]);
        form.fields[0].note = note.into();
        form
    };
    let ground = Ground::of(&[noted("jia", "指居住1个月以上的人口"), noted("yi", "居住半年以上")]).await;
    let conflict = ground.question(("jia", "1"), ("yi", "1")).await;
    assert_eq!(conflict.kind(), pb::RelationKind::Conflict, "{conflict:?}");
    let deciding = conflict.deciding.clone().unwrap();
    assert_eq!((deciding.facet.as_str(), deciding.b.as_str()), ("clause", "居住半年以上"));
    assert!(conflict.sentence_zh.contains("居住半年以上") && conflict.clerk_zh.contains("各按各的口径"), "{conflict:?}");
    assert!(conflict.sentence_en.contains("different meanings") && conflict.clerk_en.contains("own definition"));
    let turned = ground.question(("yi", "1"), ("jia", "1")).await;
    assert_eq!(turned.deciding.unwrap().a, "居住半年以上");
    let same = ground.question(("jia", "2"), ("yi", "2")).await;
    assert_eq!(same.kind(), pb::RelationKind::Same);
    assert!(same.clerk_zh.contains("只填一次"), "{}", same.clerk_zh);
    let unlike = ground.question(("jia", "1"), ("yi", "2")).await;
    assert!(!unlike.reasons.is_empty() && !unlike.sentence_zh.is_empty(), "{unlike:?}");
    ground.stop().await;
}
