//! The proof of blocking: every pair compared with every other, beside the pairs that the index lets meet.
//!
//! Takes the square of the catalogue's size, so it is for tests, benches and the doubtful.

use std::collections::BTreeSet;

use futures::StreamExt;

use crate::overlap::Error;
use crate::overlap::candidates::Finder;
use crate::overlap::catalogue::{Snapshot, State};
use crate::overlap::judge::{MAX_PARTNERS, Worth, worth};
use crate::overlap::quick::{Milli, Rarities};
use crate::overlap::score::score_of;

/// Elements that one worker compares with all.
const ELEMENTS_PER_PART: usize = 64;
/// Missed pairs that are told.
const N_TOLD: usize = 50;

/// What comparing everything with everything found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockingRecall {
    /// Pairs of elements that reach the score at which a reviewer is asked, or that have one name and differ.
    pub n_worth: u64,
    /// Those of them that the index lets meet.
    pub n_met: u64,
    /// Of these, the best that each element compared has: as many as it keeps.
    pub n_best: u64,
    /// Those of the best that the index lets meet.
    pub n_best_met: u64,
    /// Some that it does not, by the keys of the fields that stand for the elements.
    pub missed: Vec<(String, String)>,
}

impl BlockingRecall {
    /// The share that is met; 1 where there is nothing to meet.
    pub fn share(&self) -> f64 {
        if self.n_worth == 0 { 1.0 } else { self.n_met as f64 / self.n_worth as f64 }
    }

    /// The share of each element's best pairs that is met.
    pub fn share_of_best(&self) -> f64 {
        if self.n_best == 0 { 1.0 } else { self.n_best_met as f64 / self.n_best as f64 }
    }

    fn add(mut self, other: Self) -> Self {
        self.n_worth += other.n_worth;
        self.n_met += other.n_met;
        self.n_best += other.n_best;
        self.n_best_met += other.n_best_met;
        self.missed.extend(other.missed);
        self.missed.truncate(N_TOLD);
        self
    }
}

impl Snapshot {
    /// Compares every `step`th element with every other by the scorer itself, and tells which of the pairs worth a look the index lets meet.
    ///
    /// Worth a look are pairs whose score is at least `least`, and conflicts.
    pub async fn blocking_recall(&self, step: usize, least: f64) -> Result<BlockingRecall, Error> {
        let view = self.clone().with_joined();
        let finder = Finder::new();
        let places: Vec<u32> = view.state.elements.iter().map(|(place, _)| place).collect();
        let asked: Vec<u32> = places.iter().copied().step_by(step.max(1)).collect();
        let parts: Vec<Vec<u32>> = asked.chunks(ELEMENTS_PER_PART).map(<[_]>::to_vec).collect();
        let n_workers = std::thread::available_parallelism().map_or(1, usize::from);
        let results = futures::stream::iter(parts).map(|asked| {
            let (finder, state, runtime) = (finder.clone(), view.state.clone(), tokio::runtime::Handle::current());
            tokio::task::spawn_blocking(move || {
                let candidates = runtime.block_on(finder.find(&state, &asked))?;
                let parts = asked.iter().zip(&candidates).map(|(place, list)| missing(&finder, &state, &runtime, (*place, list), least));
                parts.sum::<Result<BlockingRecall, Error>>()
            })
        });
        let results: Vec<_> = results.buffer_unordered(n_workers).collect().await;
        results.into_iter().map(|r| r.map_err(Error::from_worker)?).sum()
    }
}

impl std::iter::Sum for BlockingRecall {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), Self::add)
    }
}

fn missing(
    finder: &Finder,
    state: &State,
    runtime: &tokio::runtime::Handle,
    (place, candidates): (u32, &[u32]),
    least: f64,
) -> Result<BlockingRecall, Error> {
    let mut recall = BlockingRecall::default();
    let Some(own) = state.elements.get(place) else { return Ok(recall) };
    let Some(profile) = own.standing_for().and_then(|p| p.profile()) else { return Ok(recall) };
    let rarities = Rarities::new(state, profile);
    let mut found: Vec<(Milli, u64, u32)> = Vec::new();
    for (at, other) in state.elements.iter().filter(|(at, _)| *at != place) {
        match worth(state, &rarities, own, other) {
            Worth::Alike(milli) if score_of(milli) >= least => found.push((-milli, other.id, at)),
            // After all that are alike.
            Worth::Conflict => found.push((Milli::MAX, other.id, at)),
            Worth::Alike(_) | Worth::Nothing => {}
        }
    }
    found.sort_unstable();
    let is_own = |at: &u32| candidates.binary_search(at).is_ok();
    let lost: Vec<u32> = found.iter().map(|(.., at)| *at).filter(|at| !is_own(at)).collect();
    // A pair meets where either side asks for the other.
    let from_others = runtime.block_on(finder.find(state, &lost))?;
    let meeting = lost.iter().zip(&from_others).filter(|(_, list)| list.binary_search(&place).is_ok());
    let met: BTreeSet<u32> = meeting.map(|(at, _)| *at).collect();
    let key = |place: u32| state.elements.get(place).and_then(|e| e.standing_for()?.field().map(|f| f.meaning.key.clone()));
    for (nth, (milli, _, at)) in found.iter().enumerate() {
        let (is_met, is_best) = (is_own(at) || met.contains(at), nth < MAX_PARTNERS && *milli != Milli::MAX);
        recall.n_worth += 1;
        recall.n_met += u64::from(is_met);
        recall.n_best += u64::from(is_best);
        recall.n_best_met += u64::from(is_best && is_met);
        if !is_met && recall.missed.len() < N_TOLD {
            recall.missed.extend(key(place).zip(key(*at)));
        }
    }
    Ok(recall)
}
