//! Reads the problems that travel in a refusal.

use baoyici::pb;
use prost::Message;
use tonic::Status;

/// The problems told in a refusal, and how many there are in all.
pub fn problems_of(status: &Status) -> (Vec<pb::Problem>, u32) {
    let details = tonic_types::Status::decode(status.details()).expect("details are a google.rpc.Status");
    let list = details.details.iter().find(|any| any.type_url.ends_with("/baoyici.v1.ProblemList"));
    let Some(list) = list else { return (Vec::new(), 0) };
    let list = pb::ProblemList::decode(list.value.as_slice()).expect("a list of problems");
    (list.problems, list.total)
}

/// Codes of the problems told in a refusal.
pub fn codes_of(status: &Status) -> Vec<String> {
    problems_of(status).0.into_iter().map(|p| p.code).collect()
}

/// An argument of a problem; empty where it has none of this name.
pub fn argument<'p>(problem: &'p pb::Problem, name: &str) -> &'p str {
    problem.arguments.iter().find(|a| a.name == name).map_or("", |a| a.value.as_str())
}

/// A refusal in one line, for a failure's message: the details are long and told elsewhere.
pub fn brief(status: &Status) -> String {
    format!("{:?} {:?}: {}", status.code(), codes_of(status), status.message())
}
