//! What the clerks sent and what they were answered: the side of the history that the server does not know.

use std::collections::{BTreeSet, HashMap};

use baoyici::pb;

/// A cell of a village and a year.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    pub unit: &'static str,
    pub element: String,
    pub period: String,
}

/// What became of a request before the crash.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A receipt.
    Acknowledged(pb::Receipt),
    /// A refusal.
    Refused,
    /// The connection broke.
    None,
}

/// What a request wants.
#[derive(Clone, Debug)]
pub enum Payload {
    Submit(pb::SubmitRequest),
    Correct(pb::CorrectRequest),
}

impl Payload {
    /// The figures, each with the version that it makes.
    pub fn figures(&self) -> BTreeSet<(String, String, String, u32)> {
        let line = |f: &pb::TypedFigure, version: u32| (f.element.clone(), f.period.clone(), f.value.clone(), version);
        match self {
            Self::Submit(request) => request.figures.iter().map(|f| line(f, 1)).collect(),
            Self::Correct(request) => {
                let figures = request.figures.iter();
                figures.map(|f| line(f.figure.as_ref().expect("a figure"), f.seen_version + 1)).collect()
            }
        }
    }

    pub fn request_id(&self) -> &str {
        match self {
            Self::Submit(request) => &request.request_id,
            Self::Correct(request) => &request.request_id,
        }
    }
}

/// A request with its answer.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Position of the clerk among all.
    pub clerk: usize,
    pub unit: &'static str,
    pub payload: Payload,
    pub answer: Answer,
}

/// What is known of a data folder from earlier rounds.
#[derive(Default)]
pub struct Book {
    /// Receipts that were seen.
    pub receipts: HashMap<String, pb::Receipt>,
    /// Last record of the audit trail that was verified, and its hash.
    pub audited: (u64, String),
}
