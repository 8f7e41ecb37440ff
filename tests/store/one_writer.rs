//! An engine with one writer in turn: whoever wants to write waits for the turn.

use crate::store::fixture::{Backend, figure, key, organisation, submit};
use crate::store::transactions::poll_times;

pub async fn a_writer_that_gave_up_waiting_does_not_block_others(backend: &mut impl Backend) {
    let store = backend.store();
    let first = store.begin().await.expect("begins");
    for n_polls in 1..10 {
        assert!(!poll_times(store.begin(), n_polls).await, "one writer at a time");
    }
    drop(first);
    submit(store.as_ref(), "r1", &[figure(key(1, 1), 1)]).await;
}

pub async fn writers_wait_for_their_turn(backend: &mut impl Backend) {
    let store = backend.store();
    let mut first = store.begin().await.expect("begins");
    let second = {
        let store = store.clone();
        tokio::spawn(async move {
            let mut tx = store.begin().await.expect("begins");
            let seen = tx.all_organisations().await.expect("reads");
            tx.commit().await.expect("commits");
            seen.len()
        })
    };
    tokio::task::yield_now().await;
    first.put_organisations(&[organisation("a", None)]).await.expect("puts");
    first.commit().await.expect("commits");
    assert_eq!(second.await.expect("ends"), 1, "the second begins after the first ended");
}
