//! A fresh DataFusion session with caps: memory, parallelism, batch size, no files, nothing but queries.
//!
//! The memory pool counts what joins, aggregates and sorts hold; tables handed to a session and single huge texts are outside of it, so that what
//! goes in must be bounded by the caller.

use datafusion::execution::context::{SQLOptions, SessionContext};
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::GreedyMemoryPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{DataFrame, SessionConfig};
use std::sync::Arc;

use crate::dataset::error::Error;

/// Caps of one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// Most bytes that joins, aggregates and sorts may hold.
    pub memory_bytes: usize,
    /// Number of threads that one query is split over. One, because a server has many callers and a slice is small.
    pub target_partitions: usize,
    /// Rows of a batch inside the engine.
    pub batch_size: usize,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self { memory_bytes: 512 << 20, target_partitions: 1, batch_size: 8_192 }
    }
}

/// Makes a session that knows no table yet and never writes to disk.
pub fn session(limits: SessionLimits) -> Result<SessionContext, Error> {
    let config = SessionConfig::new()
        .with_target_partitions(limits.target_partitions)
        .with_batch_size(limits.batch_size)
        .with_information_schema(false);
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(GreedyMemoryPool::new(limits.memory_bytes)))
        .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled))
        .build_arc()?;
    Ok(SessionContext::new_with_config_rt(config, runtime))
}

/// What SQL may do: queries only; no DDL, no DML, no `SET` and the like.
pub fn query_only() -> SQLOptions {
    SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false)
}

/// Plans a query under [`query_only`].
pub async fn plan(context: &SessionContext, sql: &str) -> Result<DataFrame, Error> {
    Ok(context.sql_with_options(sql, query_only()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_but_queries_is_planned() {
        let context = session(SessionLimits::default()).unwrap();
        assert!(plan(&context, "SELECT 1 + 1").await.is_ok());
        let refused = [
            "CREATE TABLE t AS SELECT 1",
            "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'",
            "SET datafusion.execution.batch_size = 1",
            "COPY (SELECT 1) TO '/tmp/x.csv'",
            "SHOW TABLES",
            "DROP TABLE t",
        ];
        for sql in refused {
            assert!(plan(&context, sql).await.is_err(), "{sql}");
        }
    }

    #[tokio::test]
    async fn too_little_memory_is_told() {
        let context = session(SessionLimits { memory_bytes: 10_000, ..SessionLimits::default() }).unwrap();
        let frame = plan(&context, "SELECT a.value % 7919 AS k, count(*) FROM generate_series(1, 100000) a GROUP BY 1").await;
        // The function that makes the series comes with the engine's defaults; without it this test would prove nothing.
        let result = frame.unwrap().collect().await.map_err(Error::from);
        assert!(matches!(result, Err(Error::TooLarge { .. })), "{result:?}");
    }
}
