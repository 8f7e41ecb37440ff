//! Problems as messages, with their text in both languages.

use crate::domain::message::{Language, render};
use crate::domain::problem::{Code, Place, Problem, Severity};
use crate::pb;
use crate::service::convert::count;

/// Most problems that one answer tells; a last one says how many there are.
const MAX_PROBLEMS: usize = 2_000;

/// Writes the problems of an answer, cut so that the answer stays within what clients take (4 MiB by default).
pub(crate) fn problems_to_pb(problems: &[Problem]) -> Vec<pb::Problem> {
    let mut told: Vec<pb::Problem> = problems.iter().take(MAX_PROBLEMS).map(problem_to_pb).collect();
    if problems.len() > MAX_PROBLEMS {
        let rest = Problem::warning(Code::ListTooLong).arg("what", "problems").arg("limit", MAX_PROBLEMS).arg("n", problems.len());
        told.push(problem_to_pb(&rest));
    }
    told
}

/// Writes a problem.
pub(crate) fn problem_to_pb(problem: &Problem) -> pb::Problem {
    let severity = match problem.severity {
        Severity::Error => pb::Severity::Error,
        Severity::Warning => pb::Severity::Warning,
    };
    let arguments = problem.args.iter().map(|(name, value)| pb::ProblemArgument { name: name.clone(), value: value.clone() });
    pb::Problem {
        code: problem.code.as_str().to_owned(),
        severity: severity.into(),
        place: Some(place_to_pb(&problem.place)),
        arguments: arguments.collect(),
        text_zh: render(problem, Language::Zh),
        text_en: render(problem, Language::En),
    }
}

fn place_to_pb(place: &Place) -> pb::Place {
    pb::Place {
        file: place.file.clone().unwrap_or_default(),
        form: place.form.clone().unwrap_or_default(),
        row: place.row.unwrap_or_default(),
        column: place.column.clone().unwrap_or_default(),
        field: place.field.clone().unwrap_or_default(),
        sheet: place.sheet.clone().unwrap_or_default(),
    }
}

/// Writes the first problems of a refused call.
pub(crate) fn problem_list_to_pb(problems: Vec<pb::Problem>, n_total: usize) -> pb::ProblemList {
    pb::ProblemList { problems, total: count(n_total) }
}
