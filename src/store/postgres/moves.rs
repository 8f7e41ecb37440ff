//! Moving figures between elements, and choosing between two that met under one.
//!
//! What finds its place free goes there at once. Whatever else moves is set aside first, all of it, and then takes its place where that became
//! free: so elements may change places, and the order in which fields are named says nothing. A figure that is set aside is kept under the
//! element `-number`, the number of its field as typed, which no form and no filter can name; a unit has one figure of a field and period, so
//! that this is free. Nobody stores figures meanwhile: the next settlement waits for those who do.

use sqlx::postgres::{PgArguments, PgConnection, Postgres};
use sqlx::query::Query;
use std::collections::{BTreeMap, BTreeSet};

use crate::domain::decision::Undone;
use crate::domain::id::{ElementId, FieldKey};
use crate::store::postgres::decisions::{exactly_one, next_settlement};
use crate::store::postgres::query;
use crate::store::sql::error::{broken, classify};
use crate::store::{Error, FigureMove, Moved, Result};

/// The moves by the numbers under which something was typed through their fields, column by column.
#[derive(Default)]
struct Numbered {
    numbers: Vec<i32>,
    sources: Vec<i64>,
    targets: Vec<i64>,
}

/// Moves figures; see [`crate::store::WriteTransaction::move_figures`].
pub(super) async fn move_figures(connection: &mut PgConnection, moves: &[FigureMove]) -> Result<Moved> {
    next_settlement(connection).await?;
    let numbered = number_moves(connection, moves).await?;
    if numbered.numbers.is_empty() {
        return Ok(Moved::default());
    }
    let sources: BTreeSet<i64> = numbered.sources.iter().copied().collect();
    let mut n_direct = 0;
    for ((number, from), to) in numbered.numbers.iter().zip(&numbered.sources).zip(&numbered.targets) {
        if !sources.contains(to) {
            run(connection, sqlx::query(query::MOVE_DIRECT_VERSIONS).bind(number).bind(from).bind(to)).await?;
            n_direct += run(connection, sqlx::query(query::MOVE_DIRECT).bind(number).bind(from).bind(to)).await?;
        }
    }
    let with_moves =
        |statement: &'static str| sqlx::query(statement).bind(&numbered.numbers).bind(&numbered.sources).bind(&numbered.targets);
    run(connection, with_moves(query::MOVE_AIM)).await?;
    let n_listed = run(connection, with_moves(query::MOVE_LIST)).await?;
    run(connection, with_moves(query::MOVE_LEAVE_VERSIONS)).await?;
    run(connection, with_moves(query::MOVE_LEAVE)).await?;
    run(connection, sqlx::query(query::MOVE_LEFT)).await?;
    let targets: BTreeSet<i64> = numbered.targets.iter().copied().collect();
    let touched: Vec<i64> = sources.union(&targets).copied().collect();
    run(connection, sqlx::query(query::MOVE_PLACE).bind(touched)).await?;
    run(connection, sqlx::query(query::MOVE_ARRIVE_VERSIONS)).await?;
    run(connection, sqlx::query(query::MOVE_ARRIVE)).await?;
    run(connection, sqlx::query(query::MOVE_ARRIVED)).await?;
    let waiting = sqlx::query_scalar(query::MOVE_WAITING).bind(Vec::from_iter(targets)).fetch_one(connection).await;
    let n_aside: i64 = waiting.map_err(|e| classify("move", &e))?;
    Ok(Moved { n_figures: n_direct + n_listed, n_aside: n_aside.unsigned_abs() })
}

/// A field that nothing was typed through has no number, which spares the look into every unit's figures.
async fn number_moves(connection: &mut PgConnection, moves: &[FigureMove]) -> Result<Numbered> {
    let changes: BTreeMap<&FieldKey, (ElementId, ElementId)> =
        moves.iter().filter(|m| m.from != m.to).map(|m| (&m.via, (m.from, m.to))).collect();
    let changes: Vec<(&FieldKey, (ElementId, ElementId))> = changes.into_iter().collect();
    let since: std::result::Result<Vec<i32>, _> = changes.iter().map(|(via, _)| i32::try_from(via.since)).collect();
    let mut found: Vec<(i64, i32)> = sqlx::query_as(query::MOVE_FIND)
        .bind(Vec::from_iter(changes.iter().map(|(via, _)| via.form.as_str())))
        .bind(Vec::from_iter(changes.iter().map(|(via, _)| via.field.as_str())))
        .bind(since.map_err(|e| broken("move", e))?)
        .fetch_all(connection)
        .await
        .map_err(|e| classify("move", &e))?;
    // Of several figures that come to one place, the one with the lowest number takes it.
    found.sort_unstable_by_key(|(_, number)| *number);
    let mut numbered = Numbered::default();
    for (place, number) in found {
        // PostgreSQL counts from one.
        let change = usize::try_from(place - 1).ok().and_then(|at| changes.get(at));
        let (_, (from, to)) = change.ok_or_else(|| broken("move", place))?;
        numbered.numbers.push(number);
        numbered.sources.push(from.to_stored());
        numbered.targets.push(to.to_stored());
    }
    Ok(numbered)
}

/// Resolves a conflict; see [`crate::store::WriteTransaction::resolve_conflict`].
pub(super) async fn resolve(connection: &mut PgConnection, number: u64, takes_aside: bool, by: &Undone) -> Result<()> {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    let found: Option<(i32, i32, i32, i64, i32)> =
        sqlx::query_as(query::CONFLICT_FIND).bind(number).fetch_optional(&mut *connection).await.map_err(|e| classify("conflict", &e))?;
    let Some((unit, period, aside, element, held)) = found else { return Err(Error::Conflict) };
    if takes_aside {
        for (from, to) in [(element, -i64::from(held)), (-i64::from(aside), element)] {
            for statement in [query::VERSIONS_REFILE, query::FIGURE_REFILE] {
                run(connection, sqlx::query(statement).bind(unit).bind(period).bind(from).bind(to)).await?;
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
    exactly_one(&done.map_err(|e| classify("conflict", &e))?)
}

async fn run(connection: &mut PgConnection, statement: Query<'_, Postgres, PgArguments>) -> Result<u64> {
    let done = statement.execute(connection).await.map_err(|e| classify("move", &e))?;
    Ok(done.rows_affected())
}
