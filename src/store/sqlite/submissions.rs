//! Stores a group of submissions in one transaction.
//!
//! First all at once: one statement text puts every row of every member in, and any unique key that is taken stops it. Then, only where it was
//! stopped, one after the other, each in a savepoint of its own, so that it turns out who is in the way and nobody else suffers. At most once
//! is held by the same keys on both ways.

use async_trait::async_trait;
use futures::TryStreamExt;
use serde::Serialize;
use sqlx::sqlite::{SqliteConnection, SqliteQueryResult, SqliteRow};
use sqlx::{Either, Executor};
use std::sync::Arc;

use crate::domain::audit::chain_hash;
use crate::domain::observation::{Explanation, ObservationKey};
use crate::store::sql::bind;
use crate::store::sql::error::{broken, classify};
use crate::store::sql::group::{GroupWriter, Outcomes, settled, to_store, unfit};
use crate::store::sql::numbers::{Dictionary, Numbers};
use crate::store::sqlite::explanations::insert as keep;
use crate::store::sqlite::figures::Ledger;
use crate::store::sqlite::lane::{Lane, Turn};
use crate::store::sqlite::{dictionary, drafts, figures, query, transaction};
use crate::store::submission::still_stand;
use crate::store::{NewSubmission, Result, Submitted};

/// What the group builds on.
#[derive(sqlx::FromRow)]
struct Ground {
    receipt: i64,
    sequence: i64,
    hash: String,
    settlement: i64,
}

/// A receipt as it is bound.
#[derive(Serialize)]
struct BoundReceipt<'m>(i64, &'m str, i64, &'m str, &'m str, u32, &'m str, String);

/// A figure as it is bound: unit, period, element, figure, number of its field, receipt.
#[derive(Serialize)]
struct BoundFigure(i64, i32, i64, String, i64, i64);

/// An answer as it is bound.
#[derive(Serialize)]
struct BoundAnswer<'m>(&'m str, &'m str, &'m str, &'m str);

/// An audit record as it is bound.
#[derive(Serialize)]
struct BoundAudit<'m>(i64, String, &'m str, &'m str, &'m str, &'m str, String, String);

/// The rows of a group, by table.
#[derive(Default)]
struct Rows<'m> {
    receipts: Vec<BoundReceipt<'m>>,
    figures: Vec<BoundFigure>,
    answers: Vec<BoundAnswer<'m>>,
    records: Vec<BoundAudit<'m>>,
}

/// The one writer with the numbers it knows.
pub(super) struct LaneWriter {
    /// Where turns are waited for.
    pub(super) lane: Arc<Lane>,
    /// Numbers that are committed.
    pub(super) dictionary: Arc<Dictionary>,
}

#[async_trait]
impl GroupWriter for LaneWriter {
    type Turn = Turn;

    async fn turn(&self) -> Result<Turn> {
        self.lane.turn().await
    }

    async fn store(&self, turn: Turn, members: &[Arc<NewSubmission>]) -> Result<Vec<Result<Submitted>>> {
        store(turn, &self.dictionary, members).await
    }
}

async fn store(mut turn: Turn, dictionary: &Dictionary, members: &[Arc<NewSubmission>]) -> Result<Vec<Result<Submitted>>> {
    turn.expect_rollback();
    let connection = turn.connection()?;
    let ground: Ground = sqlx::query_as(query::GROUP_BEGIN).fetch_one(&mut *connection).await.map_err(|e| classify("transaction", &e))?;
    let mut outcomes: Outcomes = members.iter().map(|member| unfit(member, ground.settlement.unsigned_abs())).collect();
    refuse_outdated(connection, members, &mut outcomes).await?;
    let mut learned = Numbers::default();
    let rows = rows(connection, dictionary, &mut learned, &ground, &to_store(members, &outcomes)).await?;
    if insert(connection, &rows).await? {
        let of_stored = to_store(members, &outcomes).into_iter().flat_map(|member| member.explanations.clone());
        let of_stored: Vec<Explanation> = of_stored.collect();
        keep(connection, &of_stored).await?;
        for mark in to_store(members, &outcomes).into_iter().filter_map(|member| member.draft.as_ref()) {
            drafts::remove(connection, mark).await?;
        }
        outcomes.iter_mut().for_each(|outcome| _ = outcome.get_or_insert(Ok(Submitted::Stored)));
    } else {
        for (member, outcome) in members.iter().zip(&mut outcomes) {
            if outcome.is_none() {
                *outcome = Some(alone(connection, dictionary, &mut learned, member).await?);
            }
        }
    }
    turn.commit(()).await?;
    dictionary.share(learned);
    Ok(settled(outcomes))
}

/// Answers those whose grounds have changed since they were looked at. No two members are of one unit where one of them has grounds.
async fn refuse_outdated(connection: &mut SqliteConnection, members: &[Arc<NewSubmission>], outcomes: &mut Outcomes) -> Result<()> {
    let with_grounds = || members.iter().filter(|member| !member.grounds.is_empty());
    let keys: Vec<ObservationKey> = with_grounds().flat_map(|member| member.grounds.iter().map(|ground| ground.key.clone())).collect();
    if keys.is_empty() {
        return Ok(());
    }
    let now = figures::observations_at(&mut *connection, &keys).await?;
    for (member, outcome) in members.iter().zip(outcomes) {
        if outcome.is_some() || still_stand(&member.grounds, &now) {
            continue;
        }
        // A request that was stored changed its own grounds: whoever sends it again is told what it was told before.
        let before = transaction::remembered_answer(connection, &member.receipt.reporter, &member.receipt.request).await?;
        *outcome = Some(Ok(before.map_or(Submitted::Outdated, Submitted::Answered)));
    }
    Ok(())
}

/// Makes the rows of all members. The numbers of units and fields are given before anything that may be undone.
async fn rows<'m>(
    connection: &mut SqliteConnection,
    dictionary: &Dictionary,
    learned: &mut Numbers,
    ground: &Ground,
    members: &[&'m NewSubmission],
) -> Result<Rows<'m>> {
    let mut rows = Rows::default();
    let mut hash = ground.hash.clone();
    for (member, place) in members.iter().zip(1_i64..) {
        let NewSubmission { receipt, figures, answer, audit, .. } = member;
        let number = ground.receipt + place;
        let unit = dictionary::unit(dictionary, connection, learned, &receipt.unit).await?;
        let wanted: Vec<_> = figures.iter().map(|f| (&f.via, f.unit_of_measure.as_str(), f.key.element)).collect();
        let typed_as = dictionary::typed_as(dictionary, connection, learned, &wanted).await?;
        let first = rows.figures.len();
        rows.figures.extend(figures.iter().zip(typed_as).map(|(f, typed_as)| {
            BoundFigure(unit, f.key.period.to_ordinal(), f.key.element.to_stored(), f.figure.to_stored(), typed_as, number)
        }));
        // In the order of the key, a member's rows go to one place of the tree, one behind the other.
        if let Some(own) = rows.figures.get_mut(first..) {
            own.sort_unstable_by_key(|f| (f.1, f.2));
        }
        let (reporter, request) = (receipt.reporter.as_str(), receipt.request.as_str());
        let stored_at = receipt.stored_at.to_string();
        rows.receipts.push(BoundReceipt(
            number,
            receipt.id.as_str(),
            unit,
            reporter,
            request,
            receipt.n_figures,
            &receipt.digest,
            stored_at,
        ));
        rows.answers.push(BoundAnswer(reporter, request, &answer.payload_digest, &answer.answer));
        let sequence = ground.sequence + place;
        let next = chain_hash(sequence.unsigned_abs(), audit, &hash);
        let previous = std::mem::replace(&mut hash, next.clone());
        let at = audit.at.to_string();
        rows.records.push(BoundAudit(sequence, at, audit.account.as_str(), &audit.act, &audit.object, &audit.detail, previous, next));
    }
    Ok(rows)
}

/// Puts all rows in at once; where something of them is taken, none, and the answer is no.
async fn insert(connection: &mut SqliteConnection, rows: &Rows<'_>) -> Result<bool> {
    if rows.receipts.is_empty() {
        return Ok(true);
    }
    let statements = sqlx::query(query::GROUP_INSERT)
        .bind(bind::list("receipt", &rows.receipts)?)
        .bind(bind::list("observation", &rows.figures)?)
        .bind(bind::list("answer", &rows.answers)?)
        .bind(bind::list("audit", &rows.records)?);
    let results: sqlx::Result<Vec<Either<SqliteQueryResult, SqliteRow>>> = (&mut *connection).fetch_many(statements).try_collect().await;
    match results {
        Ok(results) => {
            // The first is the savepoint's, which inserts nothing.
            let n_inserted: Vec<u64> =
                results.iter().skip(1).filter_map(|result| result.as_ref().left()).map(SqliteQueryResult::rows_affected).collect();
            let n_given = [rows.receipts.len(), rows.figures.len(), rows.answers.len(), rows.records.len()].map(|n| n as u64);
            if n_inserted == n_given { Ok(true) } else { Err(broken("transaction", format!("{n_inserted:?} rows of {n_given:?}"))) }
        }
        Err(error) => {
            // Whatever it was, each member is tried alone: one that cannot be stored is told so, and the others are stored.
            tracing::debug!(%error, members = rows.receipts.len(), "a group is stored one by one");
            let undone = run(connection, query::GROUP_UNDO).await;
            // SQLite itself may have ended the transaction: then the first error is the one to tell.
            undone.map(|()| false).map_err(|_| classify("transaction", &error))
        }
    }
}

/// Stores one member in a savepoint. An outer error means that the transaction cannot go on.
async fn alone(
    connection: &mut SqliteConnection,
    dictionary: &Dictionary,
    learned: &mut Numbers,
    member: &NewSubmission,
) -> Result<Result<Submitted>> {
    run(connection, query::MEMBER).await?;
    let outcome = store_alone(connection, dictionary, learned, member).await;
    if let Err(error) = &outcome
        && run(connection, query::MEMBER_UNDO).await.is_err()
    {
        return Err(error.clone());
    }
    run(connection, query::MEMBER_KEEP).await?;
    Ok(outcome)
}

async fn store_alone(
    connection: &mut SqliteConnection,
    dictionary: &Dictionary,
    learned: &mut Numbers,
    member: &NewSubmission,
) -> Result<Submitted> {
    let NewSubmission { receipt, figures, answer, audit, explanations, draft, .. } = member;
    if let Some(before) = transaction::remembered_answer(connection, &receipt.reporter, &receipt.request).await? {
        return Ok(Submitted::Answered(before));
    }
    let held = Ledger { connection, dictionary, learned }.insert(receipt, figures).await?;
    if !held.is_empty() {
        return Ok(Submitted::Held(held));
    }
    keep(connection, explanations).await?;
    if let Some(mark) = draft {
        drafts::remove(connection, mark).await?;
    }
    transaction::append_audit(connection, audit).await?;
    transaction::remember_answer(connection, &receipt.reporter, &receipt.request, answer).await?;
    Ok(Submitted::Stored)
}

async fn run(connection: &mut SqliteConnection, statement: &'static str) -> Result<()> {
    let done = sqlx::query(statement).execute(connection).await;
    done.map(drop).map_err(|e| classify("transaction", &e))
}
