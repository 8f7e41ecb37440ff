//! Candidates (候选): pairs of elements that share enough of what is rare, found by a join in Apache DataFusion.
//!
//! One plan serves both ways: `queries` (tokens of the elements asked about) joined with the index on the token, weights of shared tokens
//! added up for each pair, and pairs kept that share at least [`MIN_SHARE`] of the weight of the lighter one. Asked about a few elements,
//! the index is read for their tokens alone; asked about all, the index is joined with itself.

use arrow::array::{Array, Float64Array, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use datafusion::datasource::MemTable;
use datafusion::execution::context::{SessionConfig, SessionContext};
use datafusion::functions_aggregate::expr_fn::sum;
use datafusion::logical_expr::{JoinType, col, lit};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::domain::id::ElementId;
use crate::overlap::Error;
use crate::overlap::catalogue::{State, stored};
use crate::overlap::index::{IndexTable, MAX_POSTINGS};
use crate::overlap::tokens::Token;

/// Share of the lighter element's weight that a pair must have in common to be looked at.
const MIN_SHARE: f64 = 0.26;
/// Elements that one pass over the whole catalogue asks about, which bounds the memory of the join.
const ELEMENTS_PER_PASS: usize = 50_000;

/// Pairs of elements that share tokens, each once, smaller number first, sorted.
pub(crate) async fn pairs_of(state: &State, elements: &BTreeSet<u64>) -> Result<Vec<(u64, u64)>, Error> {
    let mut pairs: BTreeSet<(u64, u64)> = BTreeSet::new();
    let asked: Vec<u64> = elements.iter().copied().collect();
    for pass in asked.chunks(ELEMENTS_PER_PASS) {
        find_pairs(state, pass, &mut pairs).await?;
    }
    Ok(pairs.into_iter().collect())
}

async fn find_pairs(state: &State, asked: &[u64], pairs: &mut BTreeSet<(u64, u64)>) -> Result<(), Error> {
    let (queries, wanted) = query_table(state, asked)?;
    if wanted.is_empty() {
        return Ok(());
    }
    // One partition: the work is small or bounded by the pass, and a single order keeps sums of floats the same every time.
    let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(1).with_batch_size(8_192));
    let index = Arc::new(IndexTable::new(state.clone()));
    let mut postings = context.read_table(index).map_err(Error::from_datafusion)?;
    if asked.len() < ELEMENTS_PER_PASS / 10 {
        let list = wanted.iter().map(|t| lit(*t)).collect();
        postings = postings.filter(col("token").in_list(list, false)).map_err(Error::from_datafusion)?;
    }
    let postings = postings.select(vec![col("token").alias("posting_token"), col("element")]).map_err(Error::from_datafusion)?;
    let batches = context
        .read_table(Arc::new(queries))
        .and_then(|q| q.join(postings, JoinType::Inner, &["token"], &["posting_token"], None))
        .and_then(|j| j.filter(col("asked").not_eq(col("element"))))
        .and_then(|j| j.aggregate(vec![col("asked"), col("element")], vec![sum(col("weight")).alias("shared")]))
        .map_err(Error::from_datafusion)?
        .collect()
        .await
        .map_err(Error::from_datafusion)?;
    let mut weights: HashMap<u64, f64> = HashMap::new();
    for batch in &batches {
        let (Some(asked), Some(element), Some(shared)) = (uint64(batch, 0), uint64(batch, 1), float64(batch, 2)) else { continue };
        for row in 0..batch.num_rows() {
            let (a, b, shared) = (asked.value(row), element.value(row), shared.value(row));
            let lighter = weight_of(state, &mut weights, a).min(weight_of(state, &mut weights, b));
            if shared >= MIN_SHARE * lighter - 1e-9 {
                pairs.insert((a.min(b), a.max(b)));
            }
        }
    }
    Ok(())
}

/// The table of what is asked: element, token and the token's weight; also the tokens themselves.
fn query_table(state: &State, asked: &[u64]) -> Result<(MemTable, BTreeSet<Token>), Error> {
    let (mut elements, mut token_column, mut weights) = (Vec::new(), Vec::new(), Vec::new());
    let mut wanted = BTreeSet::new();
    for element in asked {
        for token in tokens_of(state, *element) {
            let n = state.tokens.get(token).map_or(0, |l| l.len());
            if (2..=MAX_POSTINGS).contains(&n) {
                elements.push(*element);
                token_column.push(token);
                weights.push(weight(n));
                wanted.insert(token);
            }
        }
    }
    let schema = Arc::new(Schema::new(vec![
        Field::new("asked", DataType::UInt64, false),
        Field::new("token", DataType::UInt64, false),
        Field::new("weight", DataType::Float64, false),
    ]));
    let columns: Vec<Arc<dyn Array>> =
        vec![Arc::new(UInt64Array::from(elements)), Arc::new(UInt64Array::from(token_column)), Arc::new(Float64Array::from(weights))];
    let batch = RecordBatch::try_new(schema.clone(), columns).map_err(|e| Error::from_datafusion(e.into()))?;
    let table = MemTable::try_new(schema, vec![vec![batch]]).map_err(Error::from_datafusion)?;
    Ok((table, wanted))
}

fn tokens_of(state: &State, element: u64) -> Vec<Token> {
    let id = ElementId::from_stored(i64::try_from(element).unwrap_or(i64::MAX));
    state.tokens_of(id).into_iter().collect()
}

/// Weight of a token that `n` elements have: what few have says much. Quantised to a power of two's fraction, so that sums of weights do not
/// depend on the order in which they are added.
fn weight(n: usize) -> f64 {
    let raw = 1.0 / (1.0 + (n as f64).ln());
    (raw * 1_048_576.0).round() / 1_048_576.0
}

fn weight_of(state: &State, known: &mut HashMap<u64, f64>, element: u64) -> f64 {
    if let Some(weight) = known.get(&element) {
        return *weight;
    }
    let counts = tokens_of(state, element).into_iter().filter_map(|t| state.tokens.get(t)).map(|l| l.len());
    let total = counts.filter(|n| *n <= MAX_POSTINGS && *n >= 2).map(weight).sum();
    known.insert(element, total);
    total
}

/// All elements of a state.
pub(crate) fn all_elements(state: &State) -> BTreeSet<u64> {
    state.elements.iter().map(|(element, _)| element).collect()
}

/// The elements of some fields.
pub(crate) fn elements_of<'a>(fields: impl Iterator<Item = &'a crate::domain::element::CataloguedField>) -> BTreeSet<u64> {
    fields.map(|f| stored(f.element())).collect()
}

fn uint64(batch: &RecordBatch, column: usize) -> Option<&UInt64Array> {
    batch.columns().get(column)?.as_any().downcast_ref()
}

fn float64(batch: &RecordBatch, column: usize) -> Option<&Float64Array> {
    batch.columns().get(column)?.as_any().downcast_ref()
}
