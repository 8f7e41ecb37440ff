//! At most once, seen from outside: clients race for the same cells, and every order of submitting, correcting and asking again ends as a
//! small model says.

mod history;
mod model;
mod race;

use baoyici::pb;
use baoyici::pb::{Frequency, Level};

use crate::outside::caller::Caller;
use crate::outside::world::{VILLAGES, World, consolidated_form, form, register_request, typed, unrelated_fields};

/// The village for whose cells everybody races.
const VILLAGE: &str = VILLAGES[0];

/// A cell of the village's form.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Cell {
    element: String,
    period: String,
    label: String,
}

/// A county with one annual form of `n` fields that its villages fill.
async fn world_with_form(n: usize) -> World {
    let world = World::start().await;
    let template = form("shiji", Level::Village, Frequency::Annual, unrelated_fields(n));
    world.officer.templates().register_template(register_request("shiji", template)).await.expect("the form registers");
    world
}

/// The day on which the form of a year is due.
fn due_of(year: i32) -> String {
    format!("{}-01-20", year + 1)
}

/// The cells of a year, in the form's order.
async fn cells_of(clerk: &Caller, unit: &str, year: i32, n: usize) -> Vec<Cell> {
    let form = consolidated_form(clerk, unit, &due_of(year)).await;
    assert_eq!(form.inputs.len(), n, "each field is a cell of its own");
    form.inputs.into_iter().map(|i| Cell { element: i.element, period: i.period, label: i.label }).collect()
}

/// A submission of some cells, each with the same value.
fn submit_request(request_id: &str, unit: &str, year: i32, cells: &[Cell], value: u64) -> pb::SubmitRequest {
    pb::SubmitRequest {
        request_id: request_id.to_owned(),
        unit: unit.to_owned(),
        due: due_of(year),
        figures: cells.iter().map(|c| typed(&c.element, &c.period, &value.to_string())).collect(),
        partial: true,
        validate_only: false,
        draft_version: 0,
    }
}

/// All receipts of a unit, through pages of 7.
async fn receipts_of(clerk: &Caller, unit: &str) -> Vec<pb::Receipt> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let request = pb::ListReceiptsRequest { unit: unit.to_owned(), page_size: 7, cursor };
        let page = clerk.collection().list_receipts(request).await.expect("receipts").into_inner();
        found.extend(page.receipts);
        cursor = page.next_cursor;
        if cursor.is_empty() {
            return found;
        }
    }
}

/// Every version of a cell.
async fn versions_of(clerk: &Caller, unit: &str, cell: &Cell) -> Vec<pb::ObservationVersion> {
    let request = pb::ListObservationVersionsRequest { unit: unit.to_owned(), element: cell.element.clone(), period: cell.period.clone() };
    clerk.collection().list_observation_versions(request).await.expect("versions").into_inner().versions
}
