//! Details of a status: the standard messages of `google.rpc` and our own list of problems, cut to what trailers can carry.

use bytes::Bytes;
use prost::Message;
use prost_types::Any;
use std::collections::HashMap;
use tonic::Code as GrpcCode;
use tonic_types::pb::bad_request::FieldViolation;
use tonic_types::pb::{BadRequest, ErrorInfo, LocalizedMessage, ResourceInfo, RetryInfo};

use crate::domain::message::{Language, render};
use crate::domain::problem::{Code, Place, Problem};
use crate::pb;
use crate::service::convert::problem::{problem_list_to_pb, problem_to_pb};
use crate::service::status::{MAX_DETAIL_BYTES, cut};

/// Who names the reasons in [`ErrorInfo`].
const DOMAIN: &str = "baoyici.v1";
/// Where the types of `google.rpc` and our own are named.
const TYPE_PREFIX: &str = "type.googleapis.com";
/// Most bytes of one argument or violation.
const MAX_VALUE_BYTES: usize = 150;
/// Most bytes of one text of a problem.
const MAX_TEXT_BYTES: usize = 300;
/// Most held figures that are named as resources of their own.
const MAX_RESOURCES: usize = 3;
/// Bytes of the list of problems beyond its first entry.
const LIST_BYTES: usize = 1_500;

/// The details on their way into the trailers, never larger than they may be.
struct Details {
    entries: Vec<Any>,
    n_bytes: usize,
}

impl Details {
    /// Adds a message if it fits.
    fn add<M: Message>(&mut self, name: &str, message: &M) {
        let entry = Any { type_url: format!("{TYPE_PREFIX}/{name}"), value: message.encode_to_vec() };
        // A tag and a length of up to three bytes stand before each entry.
        let n_bytes = self.n_bytes + entry.encoded_len() + 4;
        if n_bytes <= MAX_DETAIL_BYTES {
            self.n_bytes = n_bytes;
            self.entries.push(entry);
        }
    }
}

/// Encodes the details of a refusal; the most useful come first and what does not fit is left out.
pub(super) fn encode(code: GrpcCode, message: &str, first: &Problem, problems: &[Problem], language: Language) -> Bytes {
    let mut details = Details { entries: Vec::new(), n_bytes: message.len() };
    details.add("google.rpc.ErrorInfo", &error_info(first, problems.len()));
    if let Some(seconds_and_nanos) = retry_delay(first.code) {
        let (seconds, nanos) = seconds_and_nanos;
        details.add("google.rpc.RetryInfo", &RetryInfo { retry_delay: Some(prost_types::Duration { seconds, nanos }) });
    }
    details.add("baoyici.v1.ProblemList", &problem_list(problems));
    for held in problems.iter().filter(|p| p.code == Code::FigureHeld).take(MAX_RESOURCES) {
        details.add("google.rpc.ResourceInfo", &held_figure(held, language));
    }
    if code == GrpcCode::InvalidArgument {
        details.add("google.rpc.BadRequest", &violations(problems, language, details.n_bytes));
    }
    let locale = match language {
        Language::Zh => "zh-CN",
        Language::En => "en",
    };
    let text = cut(&render(first, language), MAX_TEXT_BYTES).to_owned();
    details.add("google.rpc.LocalizedMessage", &LocalizedMessage { locale: locale.to_owned(), message: text });
    let status = tonic_types::pb::Status { code: code.into(), message: message.to_owned(), details: details.entries };
    status.encode_to_vec().into()
}

fn error_info(first: &Problem, n_problems: usize) -> ErrorInfo {
    let arguments = first.args.iter().map(|(name, value)| (name.clone(), cut(value, MAX_VALUE_BYTES).to_owned()));
    let mut metadata: HashMap<String, String> = arguments.collect();
    metadata.insert("total".to_owned(), n_problems.to_string());
    ErrorInfo { reason: first.code.as_str().to_owned(), domain: DOMAIN.to_owned(), metadata }
}

/// When it is worth trying again, where it is.
fn retry_delay(code: Code) -> Option<(i64, i32)> {
    match code {
        Code::StoreConflict => Some((0, 100_000_000)),
        Code::Overloaded => Some((1, 0)),
        Code::StoreUnavailable => Some((5, 0)),
        _ => None,
    }
}

/// The first problem and as many after it as fit.
fn problem_list(problems: &[Problem]) -> pb::ProblemList {
    let mut told: Vec<pb::Problem> = Vec::new();
    let mut n_bytes = 0;
    for problem in problems {
        let short = shortened(problem_to_pb(problem));
        n_bytes += short.encoded_len() + 3;
        if !told.is_empty() && n_bytes > LIST_BYTES {
            break;
        }
        told.push(short);
    }
    problem_list_to_pb(told, problems.len())
}

fn shortened(mut problem: pb::Problem) -> pb::Problem {
    let shorten = |text: &mut String, max_bytes: usize| text.truncate(text.floor_char_boundary(max_bytes));
    shorten(&mut problem.text_zh, MAX_TEXT_BYTES);
    shorten(&mut problem.text_en, MAX_TEXT_BYTES);
    for argument in &mut problem.arguments {
        shorten(&mut argument.value, MAX_VALUE_BYTES);
    }
    if let Some(place) = &mut problem.place {
        for part in [&mut place.file, &mut place.form, &mut place.column, &mut place.field] {
            shorten(part, MAX_VALUE_BYTES);
        }
    }
    problem
}

/// Who holds a figure, and under which receipt.
fn held_figure(problem: &Problem, language: Language) -> ResourceInfo {
    let element = problem.place.field.as_deref().unwrap_or_default();
    ResourceInfo {
        resource_type: "baoyici.v1.Observation".to_owned(),
        resource_name: format!("{element}/{}", problem.get("period").unwrap_or_default()),
        owner: cut(problem.get("reporter").unwrap_or_default(), MAX_VALUE_BYTES).to_owned(),
        description: cut(&render(problem, language), MAX_VALUE_BYTES).to_owned(),
    }
}

/// The places of the first problems, for clients that know the standard message only.
fn violations(problems: &[Problem], language: Language, n_bytes_before: usize) -> BadRequest {
    let mut field_violations: Vec<FieldViolation> = Vec::new();
    let mut n_bytes = n_bytes_before + 100;
    for problem in problems {
        let description = cut(&render(problem, language), MAX_VALUE_BYTES).to_owned();
        let violation = FieldViolation {
            field: cut(&path_of(&problem.place), MAX_VALUE_BYTES).to_owned(),
            description,
            reason: problem.code.as_str().to_owned(),
            localized_message: None,
        };
        n_bytes += violation.encoded_len() + 3;
        if n_bytes > MAX_DETAIL_BYTES {
            break;
        }
        field_violations.push(violation);
    }
    BadRequest { field_violations }
}

/// The place as a path: `form/3/column/field`.
fn path_of(place: &Place) -> String {
    let row = place.row.map(|n| n.to_string());
    let parts = [
        place.file.as_deref(),
        place.sheet.as_deref(),
        place.form.as_deref(),
        row.as_deref(),
        place.column.as_deref(),
        place.field.as_deref(),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("/")
}
