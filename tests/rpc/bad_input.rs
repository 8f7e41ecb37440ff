//! Bad input, as a table: each row is one call with something wrong in it, and the refusal that it must get. Afterwards the server is healthy,
//! nothing was stored, and its memory has not grown with what was thrown at it.

mod collection;
mod doors;
mod ground;
mod registry;
mod templates;
mod transport;

use std::collections::HashSet;

use baoyici::pb;
use futures::future::BoxFuture;
use tonic::{Code, Response, Status};

use crate::outside::problems::problems_of;
use ground::Ground;

/// Most KiB by which the server may have grown in the end, and at its highest.
const MAX_GROWTH_KIB: u64 = 400 << 10;
/// Bytes beyond which a text may have been cut, so that an argument need not be in it.
const MAX_TEXT_BYTES: usize = 290;

/// One row of the table.
struct Case {
    name: String,
    grpc: Code,
    problem: &'static str,
    /// Parts of the place, as `row=1 column=level field=f1 form=x`.
    place: String,
    call: BoxFuture<'static, Result<(), Status>>,
}

/// Makes a row.
fn case<T>(
    name: &str,
    grpc: Code,
    problem: &'static str,
    place: &str,
    call: impl Future<Output = Result<Response<T>, Status>> + Send + 'static,
) -> Case {
    let call = Box::pin(async move { call.await.map(drop) });
    Case { name: name.to_owned(), grpc, problem, place: place.to_owned(), call }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_bad_input_has_its_answer_and_harms_nothing() {
    let ground = Ground::prepare().await;
    let mut table = registry::cases(&ground);
    table.extend(templates::cases(&ground));
    table.extend(collection::cases(&ground));
    table.extend(doors::cases(&ground));
    table.extend(transport::cases(&ground));
    let names: HashSet<String> = table.iter().map(|c| c.name.clone()).collect();
    assert_eq!(names.len(), table.len(), "two rows of one name");
    let n_cases = table.len();
    assert!(n_cases >= 60, "{n_cases} rows");

    let before = ground.stored().await;
    let (memory_before, _) = ground.world.server.memory_kib();
    let mut faults: Vec<String> = Vec::new();
    for case in table {
        let Case { name, grpc, problem, place, call } = case;
        match call.await {
            Ok(()) => faults.push(format!("{name}: was taken")),
            Err(status) => faults.extend(judge(grpc, problem, &place, &status).map(|fault| format!("{name}: {fault}"))),
        }
    }
    let (memory_after, memory_peak) = ground.world.server.memory_kib();
    println!(
        "bad input: {n_cases} rows; resident memory {memory_before} KiB before, {memory_after} KiB after, {memory_peak} KiB at its highest"
    );
    assert!(faults.is_empty(), "{} of {n_cases} rows:\n{}\n{}", faults.len(), faults.join("\n"), ground.world.server.log_tail());
    assert_eq!(ground.stored().await, before, "something was stored");
    ground.expect_health().await;
    assert!(memory_after < memory_before + MAX_GROWTH_KIB, "memory has grown from {memory_before} to {memory_after} KiB");
    assert!(memory_peak < memory_before + 2 * MAX_GROWTH_KIB, "memory rose from {memory_before} to {memory_peak} KiB");
    ground.world.server.stop();
}

/// What is wrong with a refusal, if anything.
fn judge(grpc: Code, code: &str, place: &str, status: &Status) -> Option<String> {
    if status.code() != grpc {
        return Some(format!("expected {grpc:?}, got {:?}: {}", status.code(), status.message()));
    }
    let (problems, total) = problems_of(status);
    let Some(problem) = problems.iter().find(|p| p.code == code) else {
        return Some(format!(
            "expected {code}, got {:?} of {total}: {}",
            problems.iter().map(|p| &p.code).collect::<Vec<_>>(),
            status.message()
        ));
    };
    place_fault(place, problem).or_else(|| text_fault(problem))
}

/// The place, part by part.
fn place_fault(expected: &str, problem: &pb::Problem) -> Option<String> {
    let place = problem.place.clone().unwrap_or_default();
    let row = if place.row == 0 { String::new() } else { place.row.to_string() };
    for part in expected.split_whitespace() {
        let (name, value) = part.split_once('=').expect("a part is name=value");
        let told = match name {
            "form" => &place.form,
            "row" => &row,
            "column" => &place.column,
            "field" => &place.field,
            other => panic!("{other} is no part of a place"),
        };
        if told != value {
            return Some(format!("{}: expected the place {expected:?}, got {place:?}", problem.code));
        }
    }
    None
}

/// Both texts are there, in their languages, and name what they are about.
fn text_fault(problem: &pb::Problem) -> Option<String> {
    let (zh, en) = (&problem.text_zh, &problem.text_en);
    let is_chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    if zh.is_empty() || en.is_empty() || zh == en || !is_chinese(zh) {
        return Some(format!("{}: texts {zh:?} and {en:?}", problem.code));
    }
    for argument in &problem.arguments {
        for text in [zh, en] {
            let is_there = text.contains(argument.value.as_str()) || text.len() > MAX_TEXT_BYTES;
            if !is_there {
                return Some(format!("{}: {} = {:?} is not in {text:?}", problem.code, argument.name, argument.value));
            }
        }
    }
    None
}
