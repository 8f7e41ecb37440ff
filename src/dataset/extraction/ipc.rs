//! The form as an Arrow IPC stream in chunks that fit into messages.

use arrow::datatypes::SchemaRef;
use arrow::ipc::writer::StreamWriter;
use arrow::record_batch::RecordBatch;

use crate::dataset::error::Error;
use crate::dataset::extraction::Extracted;

/// Most bytes of one chunk.
pub const MAX_CHUNK_BYTES: usize = 1 << 20;

/// Writes an Arrow IPC stream piece by piece: the chunks of all answers, put together, are the stream.
pub struct IpcChunks {
    writer: StreamWriter<Vec<u8>>,
}

impl IpcChunks {
    /// Begins a stream.
    pub fn new(schema: &SchemaRef) -> Result<Self, Error> {
        Ok(Self { writer: StreamWriter::try_new(Vec::new(), schema)? })
    }

    /// Adds rows and returns the full chunks that are ready; what is left goes with the next ones.
    pub fn push(&mut self, batch: &RecordBatch) -> Result<Vec<Vec<u8>>, Error> {
        self.writer.write(batch)?;
        let buffer = self.writer.get_mut();
        let n_ready = buffer.len() - buffer.len() % MAX_CHUNK_BYTES;
        let rest = buffer.split_off(n_ready);
        Ok(in_chunks(&std::mem::replace(buffer, rest)))
    }

    /// Ends the stream and returns its last chunks.
    pub fn finish(mut self) -> Result<Vec<Vec<u8>>, Error> {
        self.writer.finish()?;
        Ok(in_chunks(&self.writer.into_inner()?))
    }
}

fn in_chunks(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.chunks(MAX_CHUNK_BYTES).map(<[u8]>::to_vec).collect()
}

/// The whole form as one Arrow IPC stream in chunks of at most [`MAX_CHUNK_BYTES`].
pub fn to_ipc_stream(extracted: &Extracted) -> Result<Vec<Vec<u8>>, Error> {
    let mut stream = IpcChunks::new(&extracted.schema)?;
    let mut chunks = Vec::new();
    for batch in &extracted.batches {
        chunks.extend(stream.push(batch)?);
    }
    chunks.extend(stream.finish()?);
    Ok(chunks)
}
