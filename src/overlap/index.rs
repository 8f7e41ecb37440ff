//! The inverted index as a table of Apache DataFusion: one row for each element that has one of the tokens looked up.
//!
//! A scan reads the lists of those tokens alone, so that registering a form touches only what it may match.

use arrow::array::{ArrayRef, UInt32Array, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::TableType;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use std::sync::Arc;

use crate::overlap::catalogue::State;
use crate::overlap::tokens::Token;

/// Rows of one batch.
pub(crate) const BATCH_ROWS: usize = 8_192;

/// Part of the index of a snapshot as a table: `posting_token`, `element` (its place).
#[derive(Debug)]
pub(crate) struct IndexTable {
    state: State,
    schema: SchemaRef,
    wanted: Arc<[Token]>,
}

impl IndexTable {
    /// The lists of these tokens, each once.
    pub(crate) fn new(state: State, wanted: Arc<[Token]>) -> Self {
        let fields = vec![Field::new("posting_token", DataType::UInt64, false), Field::new("element", DataType::UInt32, false)];
        Self { state, schema: Arc::new(Schema::new(fields)), wanted }
    }
}

#[async_trait]
impl TableProvider for IndexTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let lists = Postings { state: self.state.clone(), schema: self.schema.clone(), wanted: Arc::clone(&self.wanted) };
        let parts: Vec<Arc<dyn PartitionStream>> = vec![Arc::new(lists)];
        let exec = StreamingTableExec::try_new(self.schema.clone(), parts, projection, Vec::new(), false, None)?;
        Ok(Arc::new(exec))
    }
}

/// The lists that a scan reads.
#[derive(Debug)]
struct Postings {
    state: State,
    schema: SchemaRef,
    wanted: Arc<[Token]>,
}

impl PartitionStream for Postings {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let batches = BatchMaker { state: self.state.clone(), schema: self.schema.clone(), wanted: Arc::clone(&self.wanted), next: 0 };
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), futures::stream::iter(batches)))
    }
}

/// Makes batches of whole lists, one list after the other.
struct BatchMaker {
    state: State,
    schema: SchemaRef,
    wanted: Arc<[Token]>,
    next: usize,
}

impl Iterator for BatchMaker {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let (mut tokens, mut elements): (Vec<u64>, Vec<u32>) = (Vec::new(), Vec::new());
        while elements.len() < BATCH_ROWS
            && let Some(token) = self.wanted.get(self.next)
        {
            self.next += 1;
            if let Some(list) = self.state.tokens.get(*token) {
                list.each(|part| elements.extend_from_slice(part));
                tokens.resize(elements.len(), *token);
            }
        }
        if elements.is_empty() {
            return None;
        }
        let columns: Vec<ArrayRef> = vec![Arc::new(UInt64Array::from(tokens)), Arc::new(UInt32Array::from(elements))];
        Some(RecordBatch::try_new(self.schema.clone(), columns).map_err(DataFusionError::from))
    }
}
