//! What a clerk does whose figures break a rule: reads what is told, mends the figures that are theirs to mend, and explains the rest.
//!
//! Invented figures break rules all the time. The first figure of a broken rule is set to what the other side gives; where it is held or
//! computed, or was set often enough, the others give way to it: two rules about one total would else pull it to and fro. Nothing here knows a
//! rule: everything comes from the problems that the server tells.

use std::collections::HashMap;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};

use crate::cli::client::connection::Connection;
use crate::cli::client::failure::Failure;
use crate::pb;

/// How often a clerk looks again before sending the figures as they are.
const MAX_ROUNDS: usize = 60;
/// How often a figure follows the other side of its rules.
const MAX_FOLLOWS: u32 = 3;

/// Mends the figures of a request until the server finds nothing more to refuse.
pub(super) async fn mend(
    clerk: &Connection,
    form: &pb::GetConsolidatedFormResponse,
    mut request: pb::SubmitRequest,
) -> Result<pb::SubmitRequest, Failure> {
    let mut followed: HashMap<usize, u32> = HashMap::new();
    for _ in 0..MAX_ROUNDS {
        let check = pb::SubmitRequest { validate_only: true, ..request.clone() };
        let problems = clerk.submit(check).await?.problems;
        let refused: Vec<&pb::Problem> = problems.iter().filter(|p| p.severity() == pb::Severity::Error).collect();
        if refused.is_empty() {
            break;
        }
        let places = places(form, &request);
        for problem in refused {
            mend_one(problem, form, &places, &mut followed, &mut request);
        }
    }
    Ok(request)
}

/// A field of a form in a period, with the position of its cell and of its figure.
type Places = HashMap<(String, String, String), (usize, usize)>;

fn places(form: &pb::GetConsolidatedFormResponse, request: &pb::SubmitRequest) -> Places {
    let figures: HashMap<(&str, &str), usize> =
        request.figures.iter().enumerate().map(|(at, f)| ((f.element.as_str(), f.period.as_str()), at)).collect();
    let mut places = Places::new();
    for (at, cell) in form.inputs.iter().enumerate() {
        let Some(figure) = figures.get(&(cell.element.as_str(), cell.period.as_str())) else { continue };
        for served in &cell.serves {
            let key = served.field.clone().unwrap_or_default();
            places.insert((key.form_id, key.field_id, served.period.clone()), (at, *figure));
        }
    }
    places
}

fn mend_one(
    problem: &pb::Problem,
    form: &pb::GetConsolidatedFormResponse,
    places: &Places,
    followed: &mut HashMap<usize, u32>,
    request: &mut pb::SubmitRequest,
) {
    let argument = |name: &str| problem.arguments.iter().find(|a| a.name == name).map(|a| a.value.clone()).unwrap_or_default();
    let form_id = problem.place.clone().unwrap_or_default().form;
    let (fields, period) = (argument("fields"), argument("period"));
    let own: Vec<Option<(usize, usize)>> =
        fields.split(' ').map(|field| places.get(&(form_id.clone(), field.to_owned(), period.clone())).copied()).collect();
    if problem.code == "RULE_EXPLANATION_MISSING" {
        if let Some((_, figure)) = own.iter().flatten().next().and_then(|(_, at)| request.figures.get_mut(*at).map(|f| (at, f))) {
            figure.explanation = "演示数据，随机编成".to_owned();
        }
        return;
    }
    let (Ok(left), Ok(right)) = (Decimal::from_str(&argument("left")), Decimal::from_str(&argument("right"))) else { return };
    if let Some(Some((cell, figure))) = own.first() {
        let n = followed.entry(*figure).or_default();
        if *n < MAX_FOLLOWS {
            *n += 1;
            set(form, *cell, request.figures.get_mut(*figure), right);
            return;
        }
    }
    let mut missing = left - right;
    for (cell, at) in own.iter().skip(1).flatten() {
        let Some(now) = request.figures.get(*at).and_then(|f| Decimal::from_str(&f.value).ok()) else { continue };
        let then = (now + missing).max(Decimal::ZERO);
        missing -= then - now;
        set(form, *cell, request.figures.get_mut(*at), then);
        if missing.is_zero() {
            return;
        }
    }
}

fn set(form: &pb::GetConsolidatedFormResponse, cell: usize, figure: Option<&mut pb::TypedFigure>, value: Decimal) {
    let (Some(cell), Some(figure)) = (form.inputs.get(cell), figure) else { return };
    let decimals = if cell.dtype() == pb::DataType::Integer { 0 } else { cell.decimals };
    figure.value = value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero).normalize().to_string();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_follows_its_parts_and_parts_give_way_to_what_is_held() {
        let served = |id: &str| {
            let field = Some(pb::FieldKey { form_id: "f".into(), field_id: id.into(), since: 1 });
            pb::ServedField { field, period: "2026".into(), ..Default::default() }
        };
        let cell = |id: &str| pb::InputCell { element: id.into(), period: "2026".into(), serves: vec![served(id)], ..Default::default() };
        let form = pb::GetConsolidatedFormResponse { inputs: vec![cell("t"), cell("a"), cell("b")], ..Default::default() };
        let figure = |id: &str, value: &str| pb::TypedFigure {
            element: id.into(),
            period: "2026".into(),
            value: value.into(),
            ..Default::default()
        };
        let argument = |name: &str, value: &str| pb::ProblemArgument { name: name.into(), value: value.into() };
        let problem = |left: &str, right: &str| pb::Problem {
            code: "RULE_BROKEN".into(),
            place: Some(pb::Place { form: "f".into(), ..Default::default() }),
            arguments: vec![argument("fields", "t a b"), argument("period", "2026"), argument("left", left), argument("right", right)],
            ..Default::default()
        };
        let values = |request: &pb::SubmitRequest| request.figures.iter().map(|f| f.value.clone()).collect::<Vec<_>>();
        let figures = vec![figure("t", "10"), figure("a", "4"), figure("b", "9")];
        let mut request = pb::SubmitRequest { figures, ..Default::default() };
        mend_one(&problem("10", "13"), &form, &places(&form, &request), &mut HashMap::new(), &mut request);
        assert_eq!(values(&request), ["13", "4", "9"]);
        let mut request = pb::SubmitRequest { figures: vec![figure("a", "4"), figure("b", "9")], ..Default::default() };
        mend_one(&problem("7", "13"), &form, &places(&form, &request), &mut HashMap::new(), &mut request);
        assert_eq!(values(&request), ["0", "7"]);
    }
}
