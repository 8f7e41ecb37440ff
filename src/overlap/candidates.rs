//! Candidates (候选): elements that share enough of what is rare with an element, found by a join in Apache DataFusion.
//!
//! One plan serves both ways: what is asked (elements with the tokens that they are looked up by) joined with the lists of those tokens.
//! Asked about a form, a few dozen elements are joined; asked about the whole catalogue, all of them are, some thousand at a time, so that
//! memory stays bounded.

use arrow::array::{Array, UInt32Array, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use datafusion::datasource::MemTable;
use datafusion::execution::context::{SessionConfig, SessionContext};
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::{JoinType, col};
use futures::StreamExt;
use std::sync::Arc;

use crate::overlap::Error;
use crate::overlap::catalogue::State;
use crate::overlap::index::{BATCH_ROWS, IndexTable};
use crate::overlap::tokens::{Token, looked_up};

/// Finds candidates; made once for many questions.
#[derive(Clone)]
pub(crate) struct Finder {
    context: SessionContext,
}

impl Finder {
    pub(crate) fn new() -> Self {
        // One partition: questions are small, and where there are many of them they are asked side by side.
        let config = SessionConfig::new().with_target_partitions(1).with_batch_size(BATCH_ROWS);
        // Joining calls no function, and registering all of them for each form would take longer than the join.
        let state = SessionStateBuilder::new().with_config(config).build();
        Self { context: SessionContext::new_with_state(state) }
    }

    /// For each element asked about, the places of its candidates, sorted, each once.
    pub(crate) async fn find(&self, state: &State, asked: &[u32]) -> Result<Vec<Vec<u32>>, Error> {
        let mut found: Vec<Vec<u32>> = vec![Vec::new(); asked.len()];
        let (questions, wanted) = question_table(state, asked)?;
        if wanted.is_empty() {
            return Ok(found);
        }
        let postings = self.context.read_table(Arc::new(IndexTable::new(state.clone(), wanted))).map_err(Error::from_datafusion)?;
        let joined = self.context.read_table(Arc::new(questions)).map_err(Error::from_datafusion)?;
        let joined = joined.join(postings, JoinType::Inner, &["token"], &["posting_token"], None);
        let pairs = joined.and_then(|j| j.select(vec![col("asked"), col("element")])).map_err(Error::from_datafusion)?;
        let mut batches = pairs.execute_stream().await.map_err(Error::from_datafusion)?;
        while let Some(batch) = batches.next().await {
            let batch = batch.map_err(Error::from_datafusion)?;
            let (Some(at), Some(element)) = (column(&batch, 0), column(&batch, 1)) else { continue };
            for (at, element) in at.values().iter().zip(element.values()) {
                if let Some(list) = found.get_mut(*at as usize) {
                    list.push(*element);
                }
            }
        }
        for (list, own) in found.iter_mut().zip(asked) {
            list.sort_unstable();
            list.dedup();
            list.retain(|element| element != own);
        }
        Ok(found)
    }
}

/// The table of what is asked: the position of an element among those asked about, and a token that it is looked up by; also all tokens.
fn question_table(state: &State, asked: &[u32]) -> Result<(MemTable, Arc<[Token]>), Error> {
    let (mut positions, mut tokens): (Vec<u32>, Vec<Token>) = (Vec::new(), Vec::new());
    for (position, place) in (0..).zip(asked) {
        let Some(element) = state.elements.get(*place) else { continue };
        tokens.extend(looked_up(state, element));
        positions.resize(tokens.len(), position);
    }
    let mut wanted = tokens.clone();
    wanted.sort_unstable();
    wanted.dedup();
    let fields = vec![Field::new("asked", DataType::UInt32, false), Field::new("token", DataType::UInt64, false)];
    let schema = Arc::new(Schema::new(fields));
    let columns: Vec<Arc<dyn Array>> = vec![Arc::new(UInt32Array::from(positions)), Arc::new(UInt64Array::from(tokens))];
    let batch = RecordBatch::try_new(schema.clone(), columns).map_err(|e| Error::from_datafusion(e.into()))?;
    let table = MemTable::try_new(schema, vec![vec![batch]]).map_err(Error::from_datafusion)?;
    Ok((table, wanted.into()))
}

fn column(batch: &RecordBatch, at: usize) -> Option<&UInt32Array> {
    batch.columns().get(at)?.as_any().downcast_ref()
}
