//! Moving figures between elements, and choosing between two that met under one.
//!
//! What finds its place free goes there at once. Whatever else moves is set aside first, all of it, and then takes its place where that became free: so
//! elements may change places, and the order in which fields are named says nothing. A figure that is set aside is kept under the element `-number`, the number of its field as typed, which no form
//! and no filter can name; a unit has one figure of a field and period, so that this is free.

use sqlx::sqlite::SqliteConnection;
use std::collections::{BTreeMap, BTreeSet};

use crate::domain::decision::Undone;
use crate::domain::id::{ElementId, FieldKey};
use crate::store::sql::bind;
use crate::store::sql::error::classify;
use crate::store::sqlite::decisions::{exactly_one, next_settlement};
use crate::store::sqlite::query;
use crate::store::{Error, FigureMove, Moved, Result};

/// Moves figures; see [`crate::store::WriteTransaction::move_figures`].
pub(super) async fn move_figures(connection: &mut SqliteConnection, moves: &[FigureMove]) -> Result<Moved> {
    next_settlement(connection).await?;
    let numbered = number_moves(connection, moves).await?;
    if numbered.is_empty() {
        return Ok(Moved::default());
    }
    let touched: BTreeSet<i64> = numbered.iter().flat_map(|(_, from, to)| [*from, *to]).collect();
    let targets: BTreeSet<i64> = numbered.iter().map(|(.., to)| *to).collect();
    let sources: BTreeSet<i64> = numbered.iter().map(|(_, from, _)| *from).collect();
    let mut n_direct = 0;
    for (number, from, to) in numbered.iter().filter(|(.., to)| !sources.contains(to)) {
        n_direct += move_directly(connection, *number, *from, *to).await?;
    }
    let rows = bind::list("move", &numbered)?;
    let touched = bind::list("move", &touched)?;
    run(connection, query::MOVE_AIM, Some(&rows)).await?;
    let n_listed = run(connection, query::MOVE_LIST, Some(&rows)).await?;
    run(connection, query::MOVE_LEAVE_VERSIONS, Some(&rows)).await?;
    run(connection, query::MOVE_LEAVE, Some(&rows)).await?;
    run(connection, query::MOVE_LEFT, None).await?;
    run(connection, query::MOVE_PLACE, Some(&touched)).await?;
    run(connection, query::MOVE_ARRIVE_VERSIONS, None).await?;
    run(connection, query::MOVE_ARRIVE, None).await?;
    run(connection, query::MOVE_ARRIVED, None).await?;
    let targets = bind::list("move", &targets)?;
    let n_aside: i64 =
        sqlx::query_scalar(query::MOVE_WAITING).bind(targets).fetch_one(connection).await.map_err(|e| classify("move", &e))?;
    Ok(Moved { n_figures: n_direct + n_listed, n_aside: n_aside.unsigned_abs() })
}

/// Moves what finds its place free; how many figures did.
async fn move_directly(connection: &mut SqliteConnection, number: i64, from: i64, to: i64) -> Result<u64> {
    let mut n_moved = 0;
    for statement in [query::MOVE_DIRECT_VERSIONS, query::MOVE_DIRECT] {
        let done = sqlx::query(statement).bind(number).bind(from).bind(to).execute(&mut *connection).await;
        n_moved = done.map_err(|e| classify("move", &e))?.rows_affected();
    }
    Ok(n_moved)
}

/// The moves by the numbers under which something was typed through their fields: number, element before, element after. A field that nothing was
/// typed through has none, which spares the look into every unit's figures.
async fn number_moves(connection: &mut SqliteConnection, moves: &[FigureMove]) -> Result<Vec<(i64, i64, i64)>> {
    let changes: BTreeMap<&FieldKey, (ElementId, ElementId)> =
        moves.iter().filter(|m| m.from != m.to).map(|m| (&m.via, (m.from, m.to))).collect();
    let changes: Vec<(&FieldKey, (ElementId, ElementId))> = changes.into_iter().collect();
    let fields: Vec<_> = changes.iter().map(|(via, _)| (via.form.as_str(), via.field.as_str(), via.since)).collect();
    let found: Vec<(i64, i64)> = sqlx::query_as(query::MOVE_FIND)
        .bind(bind::list("move", &fields)?)
        .fetch_all(connection)
        .await
        .map_err(|e| classify("move", &e))?;
    let numbered = found.into_iter().filter_map(|(place, number)| {
        let (_, (from, to)) = changes.get(usize::try_from(place).ok()?)?;
        Some((number, from.to_stored(), to.to_stored()))
    });
    let mut numbered: Vec<(i64, i64, i64)> = numbered.collect();
    // Of several figures that come to one place, the one with the lowest number takes it.
    numbered.sort_unstable();
    Ok(numbered)
}

/// Resolves a conflict; see [`crate::store::WriteTransaction::resolve_conflict`].
pub(super) async fn resolve(connection: &mut SqliteConnection, number: u64, takes_aside: bool, by: &Undone) -> Result<()> {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    let found: Option<(i64, i64, i64, i64, i64)> =
        sqlx::query_as(query::CONFLICT_FIND).bind(number).fetch_optional(&mut *connection).await.map_err(|e| classify("conflict", &e))?;
    let Some((unit, period, aside, element, held)) = found else { return Err(Error::Conflict) };
    if takes_aside {
        for (from, to) in [(element, -held), (-aside, element)] {
            for statement in [query::VERSIONS_REFILE, query::FIGURE_REFILE] {
                sqlx::query(statement)
                    .bind(unit)
                    .bind(period)
                    .bind(from)
                    .bind(to)
                    .execute(&mut *connection)
                    .await
                    .map_err(|e| classify("conflict", &e))?;
            }
        }
    }
    let done = sqlx::query(query::CONFLICT_RESOLVE)
        .bind(number)
        .bind(if takes_aside { held } else { aside })
        .bind(by.by.as_str())
        .bind(by.at.to_string())
        .bind(&by.note)
        .execute(&mut *connection)
        .await;
    exactly_one(done.map_err(|e| classify("conflict", &e))?)
}

async fn run(connection: &mut SqliteConnection, statement: &'static str, list: Option<&str>) -> Result<u64> {
    let mut asked = sqlx::query(statement);
    if let Some(list) = list {
        asked = asked.bind(list);
    }
    let done = asked.execute(connection).await.map_err(|e| classify("move", &e))?;
    Ok(done.rows_affected())
}
