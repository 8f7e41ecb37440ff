//! The inverted index as a table of Apache DataFusion: one row for each token of each element.
//!
//! A scan takes `token IN (…)` as a filter and then reads the postings of those tokens alone, so that registering a form touches only what
//! it may match; without a filter it streams over everything. Tokens that more than [`MAX_POSTINGS`] elements have do not block: what is
//! found by them alone would be too many to look at.

use arrow::array::{ArrayRef, UInt32Array, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::ScalarValue;
use datafusion::datasource::TableType;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::overlap::catalogue::State;

/// Elements that a token may have before it stops being looked up.
pub(crate) const MAX_POSTINGS: usize = 128;
/// Rows of one batch.
const BATCH_ROWS: usize = 8_192;
/// Parts that a scan of everything is read in.
const PARTITIONS: usize = 4;

/// The index of a snapshot as a table: `token`, `n` (elements that have the token), `element`.
#[derive(Debug)]
pub(crate) struct IndexTable {
    state: State,
    schema: SchemaRef,
}

impl IndexTable {
    pub(crate) fn new(state: State) -> Self {
        let fields = vec![
            Field::new("token", DataType::UInt64, false),
            Field::new("n", DataType::UInt32, false),
            Field::new("element", DataType::UInt64, false),
        ];
        Self { state, schema: Arc::new(Schema::new(fields)) }
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

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let support = |filter: &&Expr| match token_list(filter) {
            Some(_) => TableProviderFilterPushDown::Exact,
            None => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(support).collect())
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut wanted: Option<BTreeSet<u64>> = None;
        for tokens in filters.iter().filter_map(token_list) {
            wanted = Some(wanted.map_or(tokens.clone(), |w| w.intersection(&tokens).copied().collect()));
        }
        let n_parts = if wanted.is_some() { 1 } else { PARTITIONS };
        let parts = (0..n_parts).map(|part| {
            let stream = Postings { state: self.state.clone(), schema: self.schema.clone(), wanted: wanted.clone(), part, n_parts };
            Arc::new(stream) as Arc<dyn PartitionStream>
        });
        let exec = StreamingTableExec::try_new(self.schema.clone(), parts.collect(), projection, Vec::new(), false, None)?;
        Ok(Arc::new(exec))
    }
}

/// The tokens of a filter `token IN (…)` or `token = …`.
fn token_list(filter: &Expr) -> Option<BTreeSet<u64>> {
    let value = |e: &Expr| match e {
        Expr::Literal(ScalarValue::UInt64(Some(v)), _) => Some(*v),
        _ => None,
    };
    match filter {
        Expr::InList(list) if !list.negated && is_token(&list.expr) => list.list.iter().map(value).collect(),
        Expr::BinaryExpr(b) if b.op == datafusion::logical_expr::Operator::Eq && is_token(&b.left) => value(&b.right).map(|v| [v].into()),
        Expr::BinaryExpr(b) if b.op == datafusion::logical_expr::Operator::Or => {
            let mut both = token_list(&b.left)?;
            both.extend(token_list(&b.right)?);
            Some(both)
        }
        _ => None,
    }
}

fn is_token(expr: &Expr) -> bool {
    matches!(expr, Expr::Column(c) if c.name == "token")
}

/// One partition of a scan.
#[derive(Debug)]
struct Postings {
    state: State,
    schema: SchemaRef,
    wanted: Option<BTreeSet<u64>>,
    part: usize,
    n_parts: usize,
}

impl PartitionStream for Postings {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (state, schema, wanted, part, n_parts) =
            (self.state.clone(), self.schema.clone(), self.wanted.clone(), self.part, self.n_parts);
        let batches = BatchMaker { state, schema: schema.clone(), wanted, part, n_parts, next: 0 };
        Box::pin(RecordBatchStreamAdapter::new(schema, futures::stream::iter(batches)))
    }
}

/// Makes the batches of a partition, one leaf of the index after the other.
struct BatchMaker {
    state: State,
    schema: SchemaRef,
    wanted: Option<BTreeSet<u64>>,
    part: usize,
    n_parts: usize,
    next: usize,
}

impl BatchMaker {
    fn push(columns: &mut (Vec<u64>, Vec<u32>, Vec<u64>), token: u64, list: &crate::overlap::persistent::SharedList) {
        if list.len() > MAX_POSTINGS || list.len() < 2 {
            return;
        }
        let n = u32::try_from(list.len()).unwrap_or(u32::MAX);
        for element in list.iter() {
            columns.0.push(token);
            columns.1.push(n);
            columns.2.push(element);
        }
    }

    fn batch(&self, columns: (Vec<u64>, Vec<u32>, Vec<u64>)) -> Result<RecordBatch> {
        let arrays: Vec<ArrayRef> =
            vec![Arc::new(UInt64Array::from(columns.0)), Arc::new(UInt32Array::from(columns.1)), Arc::new(UInt64Array::from(columns.2))];
        RecordBatch::try_new(self.schema.clone(), arrays).map_err(DataFusionError::from)
    }
}

impl Iterator for BatchMaker {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut columns = (Vec::new(), Vec::new(), Vec::new());
        if let Some(wanted) = self.wanted.take() {
            for token in wanted {
                if let Some(list) = self.state.tokens.get(token) {
                    Self::push(&mut columns, token, list);
                }
            }
            self.next = usize::MAX;
            return Some(self.batch(columns));
        }
        while self.next < self.state.tokens.n_branches() {
            let branch = self.next;
            self.next += 1;
            if branch % self.n_parts != self.part {
                continue;
            }
            for (token, list) in self.state.tokens.branch(branch) {
                Self::push(&mut columns, token, list);
            }
            if columns.0.len() >= BATCH_ROWS {
                break;
            }
        }
        if columns.0.is_empty() { None } else { Some(self.batch(columns)) }
    }
}
