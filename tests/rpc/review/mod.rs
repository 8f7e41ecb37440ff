//! The reviewer: look-alikes are listed, decided, undone; figures follow the decisions and come back.

mod disagree;
mod figures;
mod ground;
mod learned;
mod refuse;
mod versions;
mod vocabulary;

use crate::harness::{Server, reason};
use crate::rpc::review::ground::{Ground, form, key};
use baoyici::pb;
use baoyici::pb::Verdict;
use tonic::Code;

#[tokio::test]
async fn a_look_alike_is_asked_decided_typed_once_and_undone() {
    let ground = Ground::of(&[form("jia", &[("1", "特色产业收入", "万元")]), form("yi", &[("1", "特色产业毛收入", "万元")])]).await;
    let before = (ground.elements(&["jia", "yi"]).await, ground.everything().await);
    assert_ne!(before.0[0], before.0[1], "two elements until somebody says otherwise");

    let questions = ground.questions().await;
    let [question] = questions.as_slice() else { panic!("{questions:?}") };
    let (a, b) = (question.a.clone().unwrap(), question.b.clone().unwrap());
    assert_eq!((a.field, b.field), (key("jia", "1", 1), key("yi", "1", 1)));
    assert_eq!((a.label.as_str(), a.unit_of_measure.as_str(), a.title.as_str()), ("特色产业收入", "万元", "jia 基本情况"));
    assert_eq!((question.cells_saved, question.objections.len()), (1, 0), "one township types one cell less");
    assert!(question.score > 0.0 && !question.reasons.is_empty() && !question.sentence_zh.is_empty());

    let preview = ground.preview(("jia", "1"), ("yi", "1"), Verdict::Same).await;
    assert_eq!((preview.decision, preview.problems.len()), (0, 0));
    assert_eq!(preview.effects.unwrap().cells_saved, 1);
    assert_eq!(ground.everything().await, before.1, "a preview stores nothing");

    let decided = ground.decide(("jia", "1"), ("yi", "1"), Verdict::Same).await;
    assert_eq!((decided.decision, decided.is_disputed), (1, false));
    let effects = decided.effects.unwrap();
    assert_eq!((effects.fields, effects.figures, effects.cells_saved), (1, 0, 1));
    let merged = ground.elements(&["jia", "yi"]).await;
    assert_eq!(merged[0], merged[1]);
    assert_eq!(ground.questions().await, [], "what was answered is not asked again");

    // Typed once, drawn twice.
    let inputs = ground.inputs().await;
    assert_eq!(inputs.len(), 1);
    assert_eq!(inputs[0].serves.len(), 2);
    ground.submit("s", &[(&inputs[0], "12.5")]).await.unwrap();
    assert_eq!((ground.drawn("jia").await, ground.drawn("yi").await), (vec![Some("12.5".into())], vec![Some("12.5".into())]));
    let again = ground.submit("s2", &[(&inputs[0], "13")]).await.unwrap_err();
    assert_eq!((again.code(), reason(&again).as_str()), (Code::AlreadyExists, "FIGURE_HELD"));

    let undone = ground.undo(decided.decision).await.unwrap();
    assert_eq!(undone.effects.unwrap().cells_saved, -1);
    assert_eq!(ground.elements(&["jia", "yi"]).await, before.0);
    assert_eq!((ground.drawn("jia").await, ground.drawn("yi").await), (vec![Some("12.5".into())], vec![None]), "typed through the first");
    assert_eq!(ground.questions().await.len(), 1, "and asked again");
    ground.fits().await;
    ground.stop().await;
}

#[tokio::test]
async fn decisions_hold_after_a_restart_and_answers_are_repeated() {
    let ground = Ground::of(&[form("jia", &[("1", "特色产业收入", "万元")]), form("yi", &[("1", "特色产业毛收入", "万元")])]).await;
    let request = ground.request(("jia", "1"), ("yi", "1"), Verdict::Same);
    let mut service = ground.bureau().await;
    let first = service.decide(request.clone()).await.unwrap().into_inner();
    assert_eq!(service.decide(request.clone()).await.unwrap().into_inner(), first, "the same request, the same answer");
    let other = pb::DecideRequest { verdict: Verdict::Different.into(), ..request };
    assert_eq!(reason(&service.decide(other).await.unwrap_err()), "REQUEST_ID_REUSED");
    assert_eq!(ground.elements(&["jia", "yi"]).await, ground.elements_after_restart(&["jia", "yi"]).await);
    ground.undo(first.decision).await.unwrap();
    assert_eq!(ground.elements(&["jia", "yi"]).await, ground.elements_after_restart(&["jia", "yi"]).await);
    let listed = service.list_decisions(pb::ListDecisionsRequest::default()).await.unwrap().into_inner().decisions;
    let [decision] = listed.as_slice() else { panic!("{listed:?}") };
    assert_eq!((decision.undone_by.as_str(), decision.decided_by.as_str(), decision.verdict()), ("bureau", "bureau", Verdict::Same));
    assert_eq!(decision.a.as_ref().map(|a| a.label.as_str()), Some("特色产业收入"));
    drop(service);
    ground.fits().await;
    ground.stop().await;
}

/// Four forms whose figures all look alike.
async fn alike() -> Ground {
    let label = |id: &str, label: &'static str| form(id, &[("1", label, "万元")]);
    let forms =
        [label("jia", "特色产业收入"), label("yi", "特色产业毛收入"), label("bing", "特色产业总收入"), label("ding", "特色产业纯收入")];
    Ground::of(&forms).await
}

fn forms_of(question: &pb::Question) -> (String, String) {
    let form = |f: &Option<pb::PrintedField>| f.as_ref().unwrap().field.as_ref().unwrap().form_id.clone();
    (form(&question.a), form(&question.b))
}

#[tokio::test]
async fn pages_go_on_while_questions_leave() {
    let label = |id: &str, label: &'static str| form(id, &[("1", label, "万元")]);
    let forms = [
        label("jia", "特色产业收入"),
        label("yi", "特色产业毛收入"),
        label("bing", "特色产业其他收入"),
        label("ding", "特色产业纯收入"),
        label("wu", "特色产业经营收入"),
    ];
    let ground = Ground::of(&forms).await;
    let all = ground.questions().await;
    assert!(all.len() >= 5, "{}", all.len());
    let mut service = ground.bureau().await;
    let page = |cursor: String| pb::ListQuestionsRequest { page_size: 2, cursor };
    let first = service.list_questions(page(String::new())).await.unwrap().into_inner();
    assert_eq!(first.questions, all[..2]);
    // The first is answered; the next page begins where the first ended.
    let (a, b) = forms_of(&all[0]);
    ground.decide((&a, "1"), (&b, "1"), Verdict::Different).await;
    let second = service.list_questions(page(first.next_cursor)).await.unwrap().into_inner();
    assert_eq!(second.questions, all[2..4]);
    let status = service.list_questions(page("x".into())).await.unwrap_err();
    assert_eq!(reason(&status), "CURSOR_MALFORMED");
    drop(service);
    ground.stop().await;
}

#[tokio::test]
async fn what_follows_from_answers_is_not_asked() {
    let ground = alike().await;
    ground.decide(("jia", "1"), ("yi", "1"), Verdict::Same).await;
    ground.decide(("yi", "1"), ("bing", "1"), Verdict::Different).await;
    let left: Vec<(String, String)> = ground.questions().await.iter().map(forms_of).collect();
    let of_three = |form: &str| ["jia", "yi", "bing"].contains(&form);
    assert!(!left.iter().any(|(a, b)| of_three(a) && of_three(b)), "{left:?}");
    let asks_the_class = |(a, b): &&(String, String)| [a.as_str(), b.as_str()].iter().any(|f| ["jia", "yi"].contains(f));
    assert_eq!(left.iter().filter(asks_the_class).count(), 1, "the merged element is asked about once: {left:?}");
    let question = ground.questions().await.into_iter().find(|q| q.with_a.len() + q.with_b.len() > 0).unwrap();
    assert_eq!(question.with_a.len() + question.with_b.len(), 1, "and what would merge along is told");
    ground.stop().await;
}

#[tokio::test]
async fn whoever_is_unsure_is_not_asked_again() {
    let ground = Ground::of(&[form("jia", &[("1", "特色产业收入", "万元")]), form("yi", &[("1", "特色产业毛收入", "万元")])]).await;
    let before = ground.elements(&["jia", "yi"]).await;
    ground.decide(("jia", "1"), ("yi", "1"), Verdict::Unsure).await;
    assert_eq!(ground.questions().await, []);
    assert_eq!(ground.elements(&["jia", "yi"]).await, before);
    let asked = ground.question(("jia", "1"), ("yi", "1")).await;
    assert!(asked.score > 0.0, "it can still be looked at");
    ground.stop().await;
}

#[tokio::test]
async fn only_the_bureau_reviews() {
    let server = Server::start().await;
    let callers = server.furnish().await;
    for token in [&callers.operator, &callers.officer, &callers.clerk] {
        let mut service = pb::overlap_service_client::OverlapServiceClient::new(server.channel_as(token).await);
        let (a, b) = (key("f", "1", 0), key("g", "1", 0));
        let (request_id, note) = (String::from("r"), String::new());
        let mut codes = Vec::new();
        codes.push(service.list_questions(pb::ListQuestionsRequest::default()).await.unwrap_err().code());
        codes.push(service.get_question(pb::GetQuestionRequest { a: a.clone(), b: b.clone() }).await.unwrap_err().code());
        let decide = pb::DecideRequest { request_id: request_id.clone(), a, b, verdict: 1, note: note.clone(), validate_only: false };
        codes.push(service.decide(pb::DecideRequest { validate_only: true, ..decide.clone() }).await.unwrap_err().code());
        codes.push(service.decide(decide).await.unwrap_err().code());
        let undo = pb::UndoDecisionRequest { request_id: request_id.clone(), decision: 1, note: note.clone(), validate_only: false };
        codes.push(service.undo_decision(undo).await.unwrap_err().code());
        codes.push(service.list_decisions(pb::ListDecisionsRequest::default()).await.unwrap_err().code());
        codes.push(service.list_disagreements(pb::ListDisagreementsRequest {}).await.unwrap_err().code());
        let resolve = pb::ResolveDisagreementRequest { request_id: request_id.clone(), decision: 1, upholds: true, note: note.clone() };
        codes.push(service.resolve_disagreement(resolve).await.unwrap_err().code());
        codes.push(service.list_figure_conflicts(pb::ListFigureConflictsRequest::default()).await.unwrap_err().code());
        let choose = pb::ResolveFigureConflictRequest { request_id, conflict: 1, takes_aside: true, note };
        codes.push(service.resolve_figure_conflict(choose).await.unwrap_err().code());
        codes.push(service.preview_vocabulary(pb::PreviewVocabularyRequest {}).await.unwrap_err().code());
        codes.push(service.adopt_vocabulary(pb::AdoptVocabularyRequest { request_id: "r".into() }).await.unwrap_err().code());
        assert!(codes.iter().all(|code| *code == Code::PermissionDenied), "{codes:?}");
    }
    server.stop().await;
}
