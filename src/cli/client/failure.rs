//! How a client command ends when it does not succeed: refused (exit code 2), not answered (3) or not even sent (1).
//!
//! A refused call carries its first problems in the details of the status; the rest is asked for by a call that only validates.

use std::fmt::Write;
use std::process::ExitCode;

use prost::Message;
use tonic::{Code, Status};

use crate::cli::client::words::pick;
use crate::domain::message::{Language, render};
use crate::domain::problem::Problem;
use crate::pb;

/// Exit code of a refusal.
pub(crate) const EXIT_REFUSED: u8 = 2;
/// Exit code when the server did not answer, or answered that it is at fault.
const EXIT_UNANSWERED: u8 = 3;

/// Why a command did not succeed.
#[derive(Debug)]
pub enum Failure {
    /// The server refused; nothing was stored.
    Refused(Box<Refusal>),
    /// A file could not be taken; nothing was sent.
    File(Vec<Problem>),
    /// Something on this side went wrong.
    Local(anyhow::Error),
}

/// A refused or unanswered call.
#[derive(Debug)]
pub struct Refusal {
    code: Code,
    message: String,
    /// The problems, as far as they were told.
    pub problems: Vec<pb::Problem>,
    n_total: usize,
    request_id: String,
}

impl Failure {
    /// The failure of a call that changes something, with the request id under which it can be tried again.
    pub fn of_act(status: &Status, request_id: &str) -> Self {
        let mut refusal = Refusal::read(status);
        request_id.clone_into(&mut refusal.request_id);
        Self::Refused(Box::new(refusal))
    }

    /// Asks for all problems where the status had no room for them; `check` makes the same call, only validating.
    pub async fn complete(mut self, check: impl Future<Output = Result<Vec<pb::Problem>, Status>>) -> Self {
        if let Self::Refused(refusal) = &mut self
            && refusal.n_total > refusal.problems.len()
            && let Ok(all) = check.await
            && all.len() > refusal.problems.len()
        {
            refusal.n_total = all.len();
            refusal.problems = all;
        }
        self
    }

    /// The text for standard error.
    pub fn render(&self, language: Language) -> String {
        match self {
            Self::Refused(refusal) => refusal.render(language),
            Self::File(problems) => problems.iter().fold(String::new(), |mut text, problem| {
                let _ = writeln!(text, "[{}] {}", problem.code, render(problem, language));
                text
            }),
            Self::Local(error) => format!("{error:#}\n"),
        }
    }

    /// Whether the server judged the request, so that another one may go through.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.is_answer())
    }

    /// The exit code.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Refused(refusal) if refusal.is_answer() => ExitCode::from(EXIT_REFUSED),
            Self::Refused(_) => ExitCode::from(EXIT_UNANSWERED),
            Self::File(_) => ExitCode::from(EXIT_REFUSED),
            Self::Local(_) => ExitCode::FAILURE,
        }
    }
}

impl Refusal {
    fn read(status: &Status) -> Self {
        let list = problem_list(status.details());
        Self {
            code: status.code(),
            message: status.message().to_owned(),
            n_total: usize::try_from(list.total).unwrap_or(usize::MAX).max(list.problems.len()),
            problems: list.problems,
            request_id: String::new(),
        }
    }

    /// Whether the server judged the request, as opposed to not answering or failing itself.
    fn is_answer(&self) -> bool {
        match self.code {
            Code::InvalidArgument
            | Code::NotFound
            | Code::AlreadyExists
            | Code::PermissionDenied
            | Code::Unauthenticated
            | Code::FailedPrecondition
            | Code::OutOfRange => true,
            Code::Ok
            | Code::Cancelled
            | Code::Unknown
            | Code::DeadlineExceeded
            | Code::ResourceExhausted
            | Code::Aborted
            | Code::Unimplemented
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss => false,
        }
    }

    fn render(&self, language: Language) -> String {
        let mut text = String::new();
        // Writing into a String cannot fail.
        if self.problems.is_empty() {
            let head =
                if self.is_answer() { pick(language, "被拒绝", "refused") } else { pick(language, "没有得到答复", "no answer") };
            let _ = writeln!(text, "{head} ({}): {}", self.code, self.message);
        } else if self.is_answer() {
            let n = self.n_total;
            let _ = match language {
                Language::Zh => writeln!(text, "被拒绝，没有保存任何内容。共 {n} 个问题："),
                Language::En => writeln!(text, "refused, nothing was stored; problems: {n}"),
            };
        }
        for problem in &self.problems {
            let _ = writeln!(text, "  [{}] {}", problem.code, pick(language, &problem.text_zh, &problem.text_en));
        }
        if let n_more @ 1.. = self.n_total.saturating_sub(self.problems.len()) {
            let _ = writeln!(text, "{}", pick(language, &format!("  ……还有 {n_more} 个"), &format!("  … and {n_more} more")));
        }
        if !self.request_id.is_empty() {
            let id = &self.request_id;
            let _ = match language {
                Language::Zh => writeln!(text, "请求号 {id}（内容不变而重试时，请加 --request-id {id}）"),
                Language::En => writeln!(text, "request id {id} (to try the same again, add --request-id {id})"),
            };
        }
        text
    }
}

/// The problems in the details of a status; empty where there are none.
fn problem_list(details: &[u8]) -> pb::ProblemList {
    let status = tonic_types::pb::Status::decode(details).unwrap_or_default();
    let ours = status.details.iter().find(|any| any.type_url.ends_with("baoyici.v1.ProblemList"));
    ours.and_then(|any| pb::ProblemList::decode(any.value.as_slice()).ok()).unwrap_or_default()
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Refused(Box::new(Refusal::read(&status)))
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Local(error)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.render(Language::En).trim_end())
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn problem(n: usize) -> pb::Problem {
        pb::Problem {
            code: "FIGURE_HELD".into(),
            text_zh: format!("第{n}个数已有"),
            text_en: format!("figure {n} is held"),
            ..Default::default()
        }
    }

    /// A status as the service makes it.
    pub(crate) fn status(code: Code, problems: Vec<pb::Problem>, total: u32) -> Status {
        let list = pb::ProblemList { problems, total };
        let any = prost_types::Any { type_url: "type.googleapis.com/baoyici.v1.ProblemList".into(), value: list.encode_to_vec() };
        let details = tonic_types::pb::Status { code: code as i32, message: String::new(), details: vec![any] };
        Status::with_details(code, "refused", details.encode_to_vec().into())
    }

    #[test]
    fn a_refusal_tells_all_problems_and_the_request() {
        let failure = Failure::of_act(&status(Code::AlreadyExists, vec![problem(1)], 1), "r-1");
        insta::assert_snapshot!("refusal_zh", failure.render(Language::Zh));
        insta::assert_snapshot!("refusal_en", failure.render(Language::En));
    }

    #[tokio::test]
    async fn what_did_not_fit_is_asked_for() {
        let short = || Failure::of_act(&status(Code::InvalidArgument, vec![problem(1)], 3), "r-1");
        let full = short().complete(async { Ok(vec![problem(1), problem(2), problem(3)]) }).await;
        assert_eq!(full.render(Language::En).matches("FIGURE_HELD").count(), 3);
        let failed = short().complete(async { Err(Status::unavailable("gone")) }).await;
        assert!(failed.render(Language::En).contains("and 2 more"));
    }

    #[test]
    fn a_silent_server_is_no_refusal() {
        let failure = Failure::from(Status::unavailable("tcp connect error"));
        assert_eq!(failure.exit_code(), ExitCode::from(3));
        assert!(failure.render(Language::Zh).contains("tcp connect error"));
        let refused = Failure::from(Status::permission_denied("no"));
        assert_eq!(refused.exit_code(), ExitCode::from(2));
    }
}
