//! One use case, one transaction: begins, runs the work, commits, and tries again where transactions met.

use futures::future::BoxFuture;
use std::time::Duration;

use crate::store::{Error, Store, WriteTransaction};

/// How often a transaction is tried before its conflict is handed on.
pub const MAX_TRIES: u32 = 5;
/// Pause before the second try; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(5);

/// An error that knows whether it came from transactions that met, so that the whole work may be tried again.
pub trait IsConflict {
    /// Whether it did.
    fn is_conflict(&self) -> bool;
}

impl IsConflict for Error {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict)
    }
}

/// Runs `work` in a transaction and commits it. Where `work` or the commit ends in a conflict, everything is done again from the start,
/// [`MAX_TRIES`] times at most; `work` must therefore have no effect outside of its transaction. Any other error leaves nothing behind.
///
/// `work` is `|tx| Box::pin(async move { … })` and may borrow from around it: `'a` tells the compiler that what it borrows outlives each
/// transaction. (An async closure would read better, but its future is not known to be `Send`, which an RPC handler needs.)
///
/// ```ignore
/// write(store, |tx| async move { tx.put_token(token).await }.boxed()).await
/// ```
pub async fn write<'a, T, E, F>(store: &dyn Store, mut work: F) -> Result<T, E>
where
    F: for<'t> FnMut(&'t mut (dyn WriteTransaction + 'a)) -> BoxFuture<'t, Result<T, E>> + Send,
    T: Send,
    E: From<Error> + IsConflict + Send,
{
    let mut pause = FIRST_PAUSE;
    for _ in 1..MAX_TRIES {
        match try_once(store, &mut work).await {
            Err(error) if error.is_conflict() => {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            outcome => return outcome,
        }
    }
    try_once(store, &mut work).await
}

/// Does work of several steps, among them a transaction of its own, again where transactions met, as often as [`write()`] would.
pub async fn again<T, E, F>(mut work: impl FnMut() -> F) -> Result<T, E>
where
    E: IsConflict,
    F: Future<Output = Result<T, E>>,
{
    let mut pause = FIRST_PAUSE;
    for _ in 1..MAX_TRIES {
        match work().await {
            Err(error) if error.is_conflict() => {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            outcome => return outcome,
        }
    }
    work().await
}

async fn try_once<'a, T, E, F>(store: &dyn Store, work: &mut F) -> Result<T, E>
where
    F: for<'t> FnMut(&'t mut (dyn WriteTransaction + 'a)) -> BoxFuture<'t, Result<T, E>> + Send,
    T: Send,
    E: From<Error> + IsConflict + Send,
{
    let mut transaction = store.begin().await?;
    let answer = work(transaction.as_mut()).await?;
    transaction.commit().await?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::organisation::Organisation;

    /// The shape of a use case inside an RPC handler: it borrows from around it, and another thread may run its future.
    #[allow(dead_code, reason = "it need only compile")]
    fn futures_are_send(store: std::sync::Arc<dyn Store>, given: Vec<Organisation>) -> BoxFuture<'static, Result<usize, Error>> {
        Box::pin(async move {
            let borrowed = &given;
            let store = store.as_ref();
            write(store, |tx| {
                Box::pin(async move {
                    tx.put_organisations(borrowed).await?;
                    Ok::<usize, Error>(tx.all_organisations().await?.len())
                })
            })
            .await
        })
    }
}
