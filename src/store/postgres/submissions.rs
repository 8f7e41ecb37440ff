//! Stores a group of submissions in one transaction.
//!
//! First all at once, a statement for each table; a key that is taken stops it. Then, only where it was stopped, one after the other, each in a
//! savepoint of its own, so that it turns out who is in the way and nobody else suffers. At most once is held by the same keys on both ways.
//!
//! Members and their rows go in by unit and key on both ways, and the end of the audit chain is taken last, so that the groups of several
//! servers wait for each other in one order and never in a circle.

use async_trait::async_trait;
use sqlx::postgres::{PgConnection, PgPool, Postgres};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::domain::audit::{NewAuditRecord, chain_hash};
use crate::domain::observation::{Explanation, ObservationKey};
use crate::domain::unit::UnitCode;
use crate::store::postgres::decisions::held_settlement;
use crate::store::postgres::figures::Ledger;
use crate::store::postgres::{dictionary, drafts, explanations, figures, query, transaction};
use crate::store::sql::error::{broken, classify};
use crate::store::sql::group::{GroupWriter, Outcomes, settled, to_store, unfit};
use crate::store::sql::numbers::{Dictionary, Numbers};
use crate::store::submission::still_stand;
use crate::store::{NewSubmission, Result, Submitted};

/// The writers with the numbers they know.
pub(super) struct PoolWriter {
    /// Connections that write.
    pub(super) pool: PgPool,
    /// Numbers that are committed.
    pub(super) dictionary: Arc<Dictionary>,
}

#[async_trait]
impl GroupWriter for PoolWriter {
    type Turn = sqlx::Transaction<'static, Postgres>;

    async fn turn(&self) -> Result<Self::Turn> {
        self.pool.begin().await.map_err(|e| classify("transaction", &e))
    }

    async fn store(&self, mut turn: Self::Turn, members: &[Arc<NewSubmission>]) -> Result<Vec<Result<Submitted>>> {
        let settlement = held_settlement(&mut turn).await?;
        let mut outcomes: Outcomes = members.iter().map(|member| unfit(member, settlement)).collect();
        let mut group = Group { connection: &mut turn, dictionary: &self.dictionary, learned: Numbers::default() };
        group.refuse_outdated(members, &mut outcomes).await?;
        let rows = group.rows(&to_store(members, &outcomes)).await?;
        if group.insert(&rows).await? {
            group.keep_what_goes_along(&to_store(members, &outcomes)).await?;
            outcomes.iter_mut().for_each(|outcome| _ = outcome.get_or_insert(Ok(Submitted::Stored)));
        } else {
            group.one_by_one(members, &mut outcomes).await?;
        }
        group.append_audit(&stored(members, &outcomes)).await?;
        let learned = group.learned;
        turn.commit().await.map_err(|e| classify("transaction", &e))?;
        self.dictionary.share(learned);
        Ok(settled(outcomes))
    }
}

/// The records of those that are stored.
fn stored<'m>(members: &'m [Arc<NewSubmission>], outcomes: &Outcomes) -> Vec<&'m NewAuditRecord> {
    let pairs = members.iter().zip(outcomes).filter(|(_, outcome)| matches!(outcome, Some(Ok(Submitted::Stored))));
    pairs.map(|(member, _)| &member.audit).collect()
}

/// Receipts, column by column.
#[derive(Default)]
struct Receipts<'m> {
    units: Vec<i32>,
    n_figures: Vec<i32>,
    ids: Vec<&'m str>,
    reporters: Vec<&'m str>,
    requests: Vec<&'m str>,
    digests: Vec<&'m str>,
    stored_at: Vec<String>,
}

/// Figures, column by column; a receipt by its place among the receipts until its number is known.
#[derive(Default)]
struct Figures {
    units: Vec<i32>,
    periods: Vec<i32>,
    elements: Vec<i64>,
    figures: Vec<String>,
    typed_as: Vec<i32>,
    receipts: Vec<usize>,
}

/// Answers, column by column.
#[derive(Default)]
struct Answers<'m> {
    accounts: Vec<&'m str>,
    requests: Vec<&'m str>,
    digests: Vec<&'m str>,
    answers: Vec<&'m str>,
}

/// The rows of a group, by table.
#[derive(Default)]
struct Rows<'m> {
    receipts: Receipts<'m>,
    figures: Figures,
    answers: Answers<'m>,
}

/// The transaction of a group with the numbers it knows.
struct Group<'t> {
    connection: &'t mut PgConnection,
    dictionary: &'t Dictionary,
    learned: Numbers,
}

impl Group<'_> {
    /// Answers those whose grounds have changed since they were looked at, and holds the units of the others, so that theirs stay as they are.
    /// No two members are of one unit where one of them has grounds.
    async fn refuse_outdated(&mut self, members: &[Arc<NewSubmission>], outcomes: &mut Outcomes) -> Result<()> {
        let with_grounds: Vec<&NewSubmission> = members.iter().map(Arc::as_ref).filter(|member| !member.grounds.is_empty()).collect();
        let units: BTreeSet<&UnitCode> = with_grounds.iter().map(|member| &member.receipt.unit).collect();
        if units.is_empty() {
            return Ok(());
        }
        for unit in units {
            transaction::hold_unit(self.connection, unit).await?;
        }
        let grounds = with_grounds.iter().flat_map(|member| &member.grounds);
        let keys: Vec<ObservationKey> = grounds.map(|ground| ground.key.clone()).collect();
        let now = figures::observations_at(&mut *self.connection, &keys).await?;
        for (member, outcome) in members.iter().zip(outcomes) {
            if outcome.is_some() || still_stand(&member.grounds, &now) {
                continue;
            }
            // A request that was stored changed its own grounds: whoever sends it again is told what it was told before.
            let before = transaction::remembered_answer(self.connection, &member.receipt.reporter, &member.receipt.request).await?;
            *outcome = Some(Ok(before.map_or(Submitted::Outdated, Submitted::Answered)));
        }
        Ok(())
    }

    /// Stores the explanations of stored figures and removes the drafts they came from.
    async fn keep_what_goes_along(&mut self, stored: &[&NewSubmission]) -> Result<()> {
        let explanations: Vec<Explanation> = stored.iter().flat_map(|member| member.explanations.iter().cloned()).collect();
        if !explanations.is_empty() {
            explanations::insert(self.connection, &explanations).await?;
        }
        for mark in stored.iter().filter_map(|member| member.draft.as_ref()) {
            drafts::remove(self.connection, mark).await?;
        }
        Ok(())
    }

    /// Makes the rows of all members, by unit and key.
    async fn rows<'m>(&mut self, members: &[&'m NewSubmission]) -> Result<Rows<'m>> {
        let mut rows = Rows::default();
        for (place, member) in self.in_order(members).await?.into_iter().enumerate() {
            let (unit, member) = member;
            let NewSubmission { receipt, figures, answer, .. } = member;
            let wanted: Vec<_> = figures.iter().map(|f| (&f.via, f.unit_of_measure.as_str(), f.key.element)).collect();
            let typed_as = dictionary::typed_as(self.dictionary, self.connection, &mut self.learned, &wanted).await?;
            let mut keyed: Vec<_> =
                figures.iter().zip(typed_as).map(|(f, n)| (f.key.period.to_ordinal(), f.key.element.to_stored(), f, n)).collect();
            keyed.sort_unstable_by_key(|(period, element, ..)| (*period, *element));
            for (period, element, figure, typed_as) in keyed {
                rows.figures.units.push(unit);
                rows.figures.periods.push(period);
                rows.figures.elements.push(element);
                rows.figures.figures.push(figure.figure.to_stored());
                rows.figures.typed_as.push(i32::try_from(typed_as).map_err(|e| broken("field", e))?);
                rows.figures.receipts.push(place);
            }
            rows.receipts.units.push(unit);
            rows.receipts.n_figures.push(i32::try_from(receipt.n_figures).map_err(|e| broken("receipt", e))?);
            rows.receipts.ids.push(receipt.id.as_str());
            rows.receipts.reporters.push(receipt.reporter.as_str());
            rows.receipts.requests.push(receipt.request.as_str());
            rows.receipts.digests.push(&receipt.digest);
            rows.receipts.stored_at.push(receipt.stored_at.to_string());
            rows.answers.accounts.push(receipt.reporter.as_str());
            rows.answers.requests.push(receipt.request.as_str());
            rows.answers.digests.push(&answer.payload_digest);
            rows.answers.answers.push(&answer.answer);
        }
        Ok(rows)
    }

    /// The members by their units' numbers; those of one unit as they came.
    async fn in_order<'m>(&mut self, members: &[&'m NewSubmission]) -> Result<Vec<(i32, &'m NewSubmission)>> {
        let mut numbered = Vec::with_capacity(members.len());
        for member in members {
            let unit = dictionary::unit(self.dictionary, self.connection, &mut self.learned, &member.receipt.unit).await?;
            numbered.push((i32::try_from(unit).map_err(|e| broken("unit", e))?, *member));
        }
        numbered.sort_by_key(|(unit, _)| *unit);
        Ok(numbered)
    }

    /// Puts all rows in at once; where something of them is taken, none, and the answer is no.
    async fn insert(&mut self, rows: &Rows<'_>) -> Result<bool> {
        if rows.receipts.ids.is_empty() {
            return Ok(true);
        }
        self.run(query::GROUP).await?;
        match self.insert_rows(rows).await {
            Ok(true) => Ok(true),
            // Whatever it was, each member is tried alone: one that cannot be stored is told so, and the others are stored.
            outcome => {
                tracing::debug!(?outcome, members = rows.receipts.ids.len(), "a group is stored one by one");
                let undone = self.run(query::GROUP_UNDO).await;
                undone.map(|()| false).map_err(|error| outcome.err().unwrap_or(error))
            }
        }
    }

    async fn insert_rows(&mut self, rows: &Rows<'_>) -> Result<bool> {
        let Rows { receipts, figures, answers } = rows;
        let numbers: Vec<(i64, String)> = sqlx::query_as(query::GROUP_RECEIPTS)
            .bind(&receipts.units)
            .bind(&receipts.n_figures)
            .bind(&receipts.ids)
            .bind(&receipts.reporters)
            .bind(&receipts.requests)
            .bind(&receipts.digests)
            .bind(&receipts.stored_at)
            .fetch_all(&mut *self.connection)
            .await
            .map_err(|e| classify("receipt", &e))?;
        let numbers: HashMap<&str, i64> = numbers.iter().map(|(number, id)| (id.as_str(), *number)).collect();
        let of_place: Option<Vec<i64>> = receipts.ids.iter().map(|id| numbers.get(id).copied()).collect();
        let of_place = of_place.ok_or_else(|| broken("receipt", "a receipt got no number"))?;
        let of_figure: Vec<i64> = figures.receipts.iter().filter_map(|place| of_place.get(*place).copied()).collect();
        let inserted = sqlx::query(query::GROUP_OBSERVATIONS)
            .bind(&figures.units)
            .bind(&figures.periods)
            .bind(&figures.elements)
            .bind(&figures.figures)
            .bind(&figures.typed_as)
            .bind(of_figure)
            .execute(&mut *self.connection)
            .await
            .map_err(|e| classify("observation", &e))?;
        if inserted.rows_affected() != figures.figures.len() as u64 {
            return Ok(false);
        }
        let remembered = sqlx::query(query::GROUP_ANSWERS)
            .bind(&answers.accounts)
            .bind(&answers.requests)
            .bind(&answers.digests)
            .bind(&answers.answers)
            .execute(&mut *self.connection)
            .await
            .map_err(|e| classify("answer", &e))?;
        Ok(remembered.rows_affected() == answers.accounts.len() as u64)
    }

    /// Stores each member that nothing has become of in a savepoint. An error means that the transaction cannot go on.
    async fn one_by_one(&mut self, members: &[Arc<NewSubmission>], outcomes: &mut Outcomes) -> Result<()> {
        let mut places = Vec::new();
        for (place, member) in members.iter().enumerate().filter(|(place, _)| outcomes.get(*place).is_some_and(Option::is_none)) {
            let unit = dictionary::unit(self.dictionary, self.connection, &mut self.learned, &member.receipt.unit).await?;
            places.push((unit, place));
        }
        places.sort_unstable();
        for (_, place) in places {
            let (Some(member), Some(outcome)) = (members.get(place), outcomes.get_mut(place)) else { continue };
            self.run(query::MEMBER).await?;
            let alone = self.store_alone(member).await;
            if let Err(error) = &alone
                && self.run(query::MEMBER_UNDO).await.is_err()
            {
                return Err(error.clone());
            }
            self.run(query::MEMBER_KEEP).await?;
            *outcome = Some(alone);
        }
        Ok(())
    }

    async fn store_alone(&mut self, member: &NewSubmission) -> Result<Submitted> {
        let NewSubmission { receipt, figures, answer, .. } = member;
        if let Some(before) = transaction::remembered_answer(self.connection, &receipt.reporter, &receipt.request).await? {
            return Ok(Submitted::Answered(before));
        }
        let ledger = Ledger { connection: &mut *self.connection, dictionary: self.dictionary, learned: &mut self.learned };
        let held = ledger.insert(receipt, figures).await?;
        if !held.is_empty() {
            return Ok(Submitted::Held(held));
        }
        self.keep_what_goes_along(&[member]).await?;
        transaction::remember_answer(self.connection, &receipt.reporter, &receipt.request, answer).await?;
        Ok(Submitted::Stored)
    }

    /// Links the records of stored members to the end of the chain. Whoever else appends waits from here to the commit.
    async fn append_audit(&mut self, records: &[&NewAuditRecord]) -> Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        let (mut sequence, mut hash) = transaction::audit_end(self.connection).await?;
        let (mut sequences, mut at, mut previous, mut hashes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut accounts, mut acts, mut objects, mut details) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for record in records {
            sequence += 1;
            let next = chain_hash(sequence.unsigned_abs(), record, &hash);
            previous.push(std::mem::replace(&mut hash, next.clone()));
            hashes.push(next);
            sequences.push(sequence);
            at.push(record.at.to_string());
            accounts.push(record.account.as_str());
            acts.push(record.act.as_str());
            objects.push(record.object.as_str());
            details.push(record.detail.as_str());
        }
        let statement = sqlx::query(query::GROUP_AUDIT).bind(sequences).bind(at).bind(accounts).bind(acts).bind(objects).bind(details);
        let done = statement.bind(previous).bind(hashes).execute(&mut *self.connection).await;
        done.map(drop).map_err(|e| classify("audit", &e))
    }

    async fn run(&mut self, statement: &'static str) -> Result<()> {
        let done = sqlx::query(statement).execute(&mut *self.connection).await;
        done.map(drop).map_err(|e| classify("transaction", &e))
    }
}
