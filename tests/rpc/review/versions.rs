//! Decisions and new versions of forms: an unchanged field keeps its decision, a changed one is asked anew, and figures stay where they belong.

use crate::rpc::review::ground::{Ground, form};
use baoyici::pb;
use baoyici::pb::Verdict;

fn first(extra: &[(&str, &str, &str)]) -> pb::FormTemplate {
    let mut fields = vec![("1", "甲子事项", "个")];
    fields.extend(extra);
    form("jia", &fields)
}

#[tokio::test]
async fn an_unchanged_field_keeps_its_decision_and_a_changed_one_is_asked_anew() {
    let more = [("2", "丙寅事项", "个")];
    let ground = Ground::of(&[first(&[]), form("yi", &[("1", "乙丑事项", "个")])]).await;
    ground.decide(("jia", "1"), ("yi", "1"), Verdict::Same).await;
    ground.register(first(&more)).await;
    let elements = ground.elements(&["jia", "yi"]).await;
    assert_eq!(elements[0], elements[2]);
    let mut changed = first(&more);
    changed.fields[0].label = "丁卯事项".into();
    ground.register(changed).await;
    let elements = ground.elements(&["jia", "yi"]).await;
    assert_ne!(elements[0], elements[2], "it asks for something else now");
    // The decision is about a reading too: whoever asks as the first did is meant.
    ground.register(form("bing", &[("1", "甲子事项", "个")])).await;
    let elements = ground.elements(&["yi", "bing"]).await;
    assert_eq!(elements[0], elements[1]);
    ground.stop().await;
}

#[tokio::test]
async fn figures_of_a_field_that_is_asked_no_more_go_with_its_reading() {
    let ground =
        Ground::of(&[form("jia", &[("1", "年末常住人口", "人"), ("2", "甲子事项", "个")]), form("yi", &[("1", "户籍总人数", "人")])]).await;
    let typed = ground.input("年末常住人口").await;
    ground.submit("s", &[(&typed, "120")]).await.unwrap();
    let before = ground.everything().await;
    ground.register(form("jia", &[("2", "甲子事项", "个")])).await;
    ground.register(form("bing", &[("1", "常住人口", "人")])).await;
    assert_eq!(ground.drawn("bing").await, [Some("120".to_owned())], "the same reading is served");
    let decided = ground.decide(("bing", "1"), ("yi", "1"), Verdict::Same).await;
    assert_eq!((ground.drawn("bing").await, ground.drawn("yi").await), (vec![Some("120".to_owned())], vec![Some("120".to_owned())]));
    assert_eq!(ground.elements(&["bing", "yi"]).await, ground.elements_after_restart(&["bing", "yi"]).await);
    ground.undo(decided.decision).await.unwrap();
    assert_eq!(ground.everything().await, before);
    ground.fits().await;
    ground.stop().await;
}

#[tokio::test]
async fn two_readings_that_were_joined_stay_apart_in_a_form_that_asks_for_both() {
    let ground = Ground::of(&[form("jia", &[("1", "甲子事项", "个")]), form("yi", &[("1", "乙丑事项", "个")])]).await;
    ground.decide(("jia", "1"), ("yi", "1"), Verdict::Same).await;
    ground.register(form("bing", &[("1", "甲子事项", "个"), ("2", "乙丑事项", "个")])).await;
    let elements = ground.elements(&["jia", "yi", "bing"]).await;
    assert_eq!(elements[0], elements[1]);
    assert!(elements[2] != elements[0] && elements[3] != elements[0] && elements[2] != elements[3], "{elements:?}");
    // Until the reviewer says which of the two is meant.
    let odd = ground.decide(("jia", "1"), ("bing", "2"), Verdict::Different).await;
    let told = ground.elements(&["jia", "bing"]).await;
    assert!(told[0] == elements[0] && told[1] == elements[0] && told[2] != elements[0], "{told:?}");
    ground.undo(odd.decision).await.unwrap();
    assert_eq!(ground.elements(&["jia", "yi", "bing"]).await, elements);
    // A field that a new version adds beside one that was there leaves that one where its figures are.
    let typed = ground.inputs().await.into_iter().find(|i| i.element == elements[0]).unwrap();
    ground.submit("s", &[(&typed, "7")]).await.unwrap();
    ground.register(form("jia", &[("1", "甲子事项", "个"), ("2", "乙丑事项", "个")])).await;
    let elements = ground.elements(&["jia", "yi"]).await;
    assert!(elements[0] == elements[2] && elements[1] != elements[0], "{elements:?}");
    assert_eq!(ground.drawn("jia").await, [Some("7".to_owned()), None]);
    ground.fits().await;
    ground.stop().await;
}
