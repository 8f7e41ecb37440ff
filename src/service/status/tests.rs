//! Tests of the statuses: every code has one, and none outgrows what trailers carry.

use prost::Message;

use super::*;
use crate::domain::problem::Place;
use crate::store;

fn details(status: &Status) -> tonic_types::pb::Status {
    tonic_types::pb::Status::decode(status.details()).unwrap()
}

fn hostile(code: Code) -> Problem {
    let long = "人口".repeat(2_000);
    let names = ["label", "value", "unit_of_measure", "reporter", "receipt", "period", "field", "form", "what", "detail", "options"];
    let problem = names.into_iter().fold(Problem::new(code), |p, name| p.arg(name, &long));
    problem.at(Place {
        file: Some(long.clone()),
        sheet: Some(long.clone()),
        form: Some(long.clone()),
        row: Some(7),
        column: Some(long.clone()),
        field: Some(long),
    })
}

#[test]
fn every_code_makes_a_status_that_fits_trailers() {
    for code in Code::ALL {
        for language in [Language::Zh, Language::En] {
            let problems = vec![hostile(*code); 3_000];
            let status = from_problems(&problems, language);
            assert!(status.details().len() <= MAX_DETAIL_BYTES, "{code}: {}", status.details().len());
            let mut headers = HeaderMap::new();
            status.add_header(&mut headers).unwrap();
            let n_bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum();
            assert!(n_bytes < 7_000, "{code}: {n_bytes} bytes of trailers");
            let names: Vec<String> = details(&status).details.into_iter().map(|d| d.type_url).collect();
            assert!(names.contains(&"type.googleapis.com/google.rpc.ErrorInfo".to_owned()), "{code}: {names:?}");
        }
    }
}

#[test]
fn the_message_says_how_many_problems_there_are() {
    let problems = vec![Problem::new(Code::ReasonMissing).at(Place::part("reason")); 3];
    assert!(from_problems(&problems, Language::Zh).message().ends_with("（共 3 个问题）"));
    assert!(from_problems(&problems, Language::En).message().ends_with("(3 problems in all)"));
}

#[test]
fn a_held_figure_names_its_holder() {
    let held = Problem::new(Code::FigureHeld)
        .arg("label", "常住人口")
        .arg("period", "2026")
        .arg("value", "1234")
        .arg("unit_of_measure", "人")
        .arg("reporter", "clerk-1")
        .arg("receipt", "r-1")
        .at(Place::field("e0000000000000001").column("2026"));
    let status = from_problem(held, Language::Zh);
    assert_eq!(status.code(), GrpcCode::AlreadyExists);
    let found = details(&status).details;
    let list = found.iter().find(|d| d.type_url == "type.googleapis.com/baoyici.v1.ProblemList").unwrap();
    let list = crate::pb::ProblemList::decode(list.value.as_slice()).unwrap();
    assert_eq!((list.total, list.problems.len()), (1, 1));
    let resource = found.iter().find(|d| d.type_url.ends_with("ResourceInfo")).unwrap();
    let resource = tonic_types::pb::ResourceInfo::decode(resource.value.as_slice()).unwrap();
    assert_eq!((resource.owner.as_str(), resource.resource_name.as_str()), ("clerk-1", "e0000000000000001/2026"));
}

#[test]
fn our_own_faults_show_a_number_only() {
    let status = from_error(&Error::Store(store::Error::Broken { what: "receipt", detail: "secret table".to_owned() }), Language::En);
    assert_eq!(status.code(), GrpcCode::Internal);
    assert!(!format!("{status:?} {:?}", details(&status)).contains("secret"));
}

#[test]
fn what_the_transport_refuses_is_explained() {
    let explain = |status: Status| {
        let mut head = HeaderMap::new();
        status.add_header(&mut head).unwrap();
        explained(&head, "/x/Y", 1 << 20, Language::En).map(|s| s.code())
    };
    assert_eq!(explain(Status::out_of_range("found 5 bytes")), Some(GrpcCode::InvalidArgument));
    assert_eq!(explain(Status::internal("failed to decode Protobuf message")), Some(GrpcCode::InvalidArgument));
    assert_eq!(explain(Status::unimplemented("")), Some(GrpcCode::Unimplemented));
    assert_eq!(explain(Status::cancelled("")), None);
    assert_eq!(explain(internal(&"x", Language::En)), None);
    assert!(explained(&HeaderMap::new(), "/x/Y", 1, Language::En).is_none());
}
