//! Problems and failures as gRPC statuses. The only place that makes a status.
//!
//! What a person caused is told in full: the first problem as the message in the caller's language, the first few in the details with both
//! texts. What is our own fault is logged under an incident number and shown as that number only. Everything travels in trailers, which many
//! clients cap at 8 KiB (grpc-python by default), so all of it stays within [`MAX_DETAIL_BYTES`] and [`MAX_MESSAGE_BYTES`].

mod details;

use std::fmt::Debug;

use http::HeaderMap;
use prost::DecodeError;
use tonic::{Code as GrpcCode, Status};

use crate::app::{Error, Failure};
use crate::domain::message::{Language, render};
use crate::domain::problem::{Code, Place, Problem};
use crate::service::entries::MAX_ENTRIES;

/// Most bytes of the details before base64 makes four of three.
const MAX_DETAIL_BYTES: usize = 3_600;
/// Most bytes of the message; percent-encoding makes three of each byte of a Chinese text.
const MAX_MESSAGE_BYTES: usize = 360;
/// Says between codec and gate why a request was not decoded.
const TOO_MANY_ENTRIES: &str = "too many entries in one request";

/// Turns the failure of a use case into a status.
pub(crate) fn from_error(error: &Error, language: Language) -> Status {
    match error.failure() {
        Failure::Refused(problems) => from_problems(problems, language),
        Failure::Conflict => from_problem(Problem::new(Code::StoreConflict), language),
        Failure::Unavailable => {
            tracing::error!(%error, "store is unavailable");
            from_problem(Problem::new(Code::StoreUnavailable), language)
        }
        Failure::OurFault => internal(error, language),
    }
}

/// Turns one problem into a status.
pub(crate) fn from_problem(problem: Problem, language: Language) -> Status {
    from_problems(&[problem], language)
}

/// Turns problems into a status; the first one gives the code.
pub(crate) fn from_problems(problems: &[Problem], language: Language) -> Status {
    let Some(first) = problems.first() else {
        return internal(&"refused without a problem", language);
    };
    let code = grpc_code(first.code);
    let text = cut(&render(first, language), MAX_MESSAGE_BYTES).to_owned();
    let message = match (problems.len(), language) {
        (1, _) => text,
        (n, Language::Zh) => format!("{text}（共 {n} 个问题）"),
        (n, Language::En) => format!("{text} ({n} problems in all)"),
    };
    let details = details::encode(code, &message, first, problems, language);
    Status::with_details(code, message, details)
}

/// Logs our own fault in full and shows nothing but the number under which it was logged.
pub(crate) fn internal(cause: &dyn Debug, language: Language) -> Status {
    let incident = uuid::Uuid::new_v4().simple().to_string();
    tracing::error!(incident, ?cause, "internal error");
    from_problem(Problem::new(Code::Internal).arg("incident", incident), language)
}

/// Bytes that are no message, for the gate to explain.
pub(crate) fn malformed(error: &DecodeError) -> Status {
    Status::internal(error.to_string())
}

/// More messages than a request may hold, for the gate to explain.
pub(crate) fn too_many_entries() -> Status {
    Status::resource_exhausted(TOO_MANY_ENTRIES)
}

/// Says in our own words what the transport refused before a use case was reached. `None` where the head of the answer tells success, or a
/// refusal that is ours already.
pub(crate) fn explained(head: &HeaderMap, method: &str, max_bytes: usize, language: Language) -> Option<Status> {
    let status = Status::from_header_map(head).filter(|s| s.details().is_empty())?;
    let problem = match status.code() {
        GrpcCode::Unimplemented => Problem::new(Code::MethodUnknown).arg("method", method),
        GrpcCode::ResourceExhausted if status.message() == TOO_MANY_ENTRIES => Problem::new(Code::ListTooLong)
            .arg("what", "request")
            .arg("limit", MAX_ENTRIES)
            .arg("n", format!("> {MAX_ENTRIES}"))
            .at(Place::part("request")),
        GrpcCode::OutOfRange | GrpcCode::ResourceExhausted => Problem::new(Code::RequestTooLarge).arg("limit", max_bytes),
        GrpcCode::Internal | GrpcCode::InvalidArgument => Problem::new(Code::RequestMalformed).arg("detail", status.message()),
        GrpcCode::Ok
        | GrpcCode::Cancelled
        | GrpcCode::Unknown
        | GrpcCode::DeadlineExceeded
        | GrpcCode::NotFound
        | GrpcCode::AlreadyExists
        | GrpcCode::PermissionDenied
        | GrpcCode::FailedPrecondition
        | GrpcCode::Aborted
        | GrpcCode::Unavailable
        | GrpcCode::DataLoss
        | GrpcCode::Unauthenticated => return None,
    };
    Some(from_problem(problem, language))
}

/// The gRPC code of a problem.
#[allow(clippy::too_many_lines, reason = "one arm lists every code, so that a new one cannot be forgotten")]
fn grpc_code(code: Code) -> GrpcCode {
    match code {
        Code::IdMissing
        | Code::IdTooLong
        | Code::IdMalformed
        | Code::TextMissing
        | Code::TextTooLong
        | Code::TextControlCharacter
        | Code::ListTooLong
        | Code::ListEmpty
        | Code::EncodingInvalid
        | Code::JsonMalformed
        | Code::CsvMalformed
        | Code::CsvColumnMissing
        | Code::KeyUnknown
        | Code::WorkbookKindUnknown
        | Code::WorkbookMalformed
        | Code::WorkbookEncrypted
        | Code::WorkbookUnsafe
        | Code::WorkbookPartLeftOut
        | Code::WorkbookWithoutForm
        | Code::SheetWithoutForm
        | Code::SheetHidden
        | Code::SheetRowsHidden
        | Code::SheetIsRegister
        | Code::OrganisationKindUnknown
        | Code::OrganisationDuplicate
        | Code::OrganisationParentMissing
        | Code::OrganisationCycle
        | Code::UnitCodeMalformed
        | Code::UnitCodeCheckCharacter
        | Code::UnitDuplicate
        | Code::UnitParentUnknown
        | Code::UnitCycle
        | Code::UnitLevelOrder
        | Code::UnitDatesReversed
        | Code::LevelUnknown
        | Code::DateMalformed
        | Code::PeriodMalformed
        | Code::FrequencyUnknown
        | Code::PeriodFrequencyMismatch
        | Code::YearOutOfRange
        | Code::FormHeaderIncomplete
        | Code::ValidityMalformed
        | Code::FormWithoutFields
        | Code::FieldDuplicate
        | Code::FieldPathTooDeep
        | Code::FieldTypeUnknown
        | Code::FieldUnitUnknown
        | Code::FieldDecimalsOutOfRange
        | Code::FieldClassified
        | Code::FieldPersonalIdentifier
        | Code::FigureMissing
        | Code::FigureTypeMismatch
        | Code::FigureTooManyDecimals
        | Code::FigureOutOfRange
        | Code::FigureNegative
        | Code::FigureNotAnOption
        | Code::FigureUnitMismatch
        | Code::FigureDuplicate
        | Code::ReasonMissing
        | Code::CursorMalformed
        | Code::PageSizeOutOfRange
        | Code::RequestPartMissing
        | Code::RequestValueUnknown
        | Code::RequestMalformed
        | Code::RequestTooLarge
        | Code::RoleUnknown
        | Code::RoleScopeMissing
        | Code::DecisionOfOneField
        | Code::RuleSyntax
        | Code::RuleWordUnknown
        | Code::RuleWordAmbiguous
        | Code::RuleColumnsUnclear
        | Code::RuleFormUnknown
        | Code::RuleNotANumber
        | Code::RuleTooLarge
        | Code::RuleRemark
        | Code::RuleBroken
        | Code::RuleExplanationMissing
        | Code::RuleExplained
        | Code::DisputeOwnFigure
        | Code::DisputeSourceUnclear
        | Code::DisputeNotAnswered
        | Code::TotalDoubtful
        | Code::ExplanationNotAsked => GrpcCode::InvalidArgument,
        Code::OrganisationUnknown
        | Code::UnitUnknown
        | Code::FormUnknown
        | Code::FormVersionUnknown
        | Code::FieldUnknown
        | Code::FigureNotHeld
        | Code::ElementUnknown
        | Code::DueDateUnknown
        | Code::DraftUnknown
        | Code::DisputeUnknown
        | Code::ReceiptUnknown
        | Code::DecisionUnknown
        | Code::DisagreementUnknown
        | Code::FigureConflictUnknown => GrpcCode::NotFound,
        Code::FigureHeld | Code::DecisionStands | Code::DisputeOpen => GrpcCode::AlreadyExists,
        Code::FormExpired
        | Code::FormUnchanged
        | Code::FormLevelMismatch
        | Code::FigureNotAsked
        | Code::FigureComputed
        | Code::DraftStale
        | Code::DisputeEnded
        | Code::FigureVersionStale
        | Code::DecisionContradicts
        | Code::DecisionVetoed
        | Code::DecisionWithinForm
        | Code::DecisionUndone
        | Code::DecisionDisputed
        | Code::DecisionNeeded
        | Code::RequestIdReused => GrpcCode::FailedPrecondition,
        Code::CallerUnknown => GrpcCode::Unauthenticated,
        Code::CallerMayNot | Code::CallerNotOfUnit | Code::FormOfOther => GrpcCode::PermissionDenied,
        Code::StoreConflict => GrpcCode::Aborted,
        Code::StoreUnavailable => GrpcCode::Unavailable,
        Code::Overloaded => GrpcCode::ResourceExhausted,
        Code::MethodUnknown => GrpcCode::Unimplemented,
        Code::RequestTimeout => GrpcCode::DeadlineExceeded,
        Code::Internal => GrpcCode::Internal,
    }
}

/// The text up to a number of bytes, never inside a character.
fn cut(text: &str, max_bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(max_bytes)).unwrap_or(text)
}

#[cfg(test)]
mod tests;
