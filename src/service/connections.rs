//! Connections, counted: no more than a limit at once, and none that stays silent. tonic has neither.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::{FutureExt, Stream, stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;
use tonic::transport::server::Connected;

use crate::metrics;

/// Bytes with which an HTTP/2 connection begins; what sent fewer has not said what it wants.
const PREFACE_BYTES: usize = 24;
/// How long a connection may take to say them.
const PREFACE_TIME: Duration = Duration::from_secs(10);
/// How long to wait after the system refused to accept a connection (out of file handles), instead of asking again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Accepts connections, at most `n_connections` at once; the next ones wait in the system's queue.
pub(super) fn accept(listener: TcpListener, n_connections: usize) -> impl Stream<Item = io::Result<Connection>> {
    let slots = Arc::new(Semaphore::new(n_connections.min(Semaphore::MAX_PERMITS)));
    stream::unfold((listener, slots), |(listener, slots)| async move {
        let slot = Arc::clone(&slots).acquire_owned().await.ok()?;
        let accepted = match listener.accept().await {
            Ok((stream, peer)) => stream.set_nodelay(true).map(|()| Connection::new(stream, peer, slot)),
            Err(error) => {
                tracing::warn!(%error, "connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                Err(error)
            }
        };
        Some((accepted, (listener, slots)))
    })
}

/// A connection that holds its slot for as long as it lives.
pub(super) struct Connection {
    stream: TcpStream,
    peer: SocketAddr,
    n_read: usize,
    time_left: Pin<Box<Sleep>>,
    _slot: OwnedSemaphorePermit,
}

impl Connection {
    fn new(stream: TcpStream, peer: SocketAddr, slot: OwnedSemaphorePermit) -> Self {
        ::metrics::gauge!(metrics::SERVICE_CONNECTIONS.name).increment(1);
        Self { stream, peer, n_read: 0, time_left: Box::pin(tokio::time::sleep(PREFACE_TIME)), _slot: slot }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        ::metrics::gauge!(metrics::SERVICE_CONNECTIONS.name).decrement(1);
    }
}

impl Connected for Connection {
    type ConnectInfo = SocketAddr;

    fn connect_info(&self) -> SocketAddr {
        self.peer
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if self.n_read < PREFACE_BYTES {
            self.n_read = self.n_read.saturating_add(buffer.filled().len() - before);
            if read.is_pending() {
                ready!(self.time_left.poll_unpin(context));
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "connection stayed silent")));
            }
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, slices: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
