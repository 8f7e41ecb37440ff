//! Group commit: submissions that wait for the writer are stored in one transaction and acknowledged after its commit.
//!
//! One commit costs a flush of the disk, whatever is in it. So nobody waits for a turn of their own: whoever comes puts the submission into the
//! queue, and one leader, a task of its own, takes what has gathered whenever the writer is free. A caller that goes away stops nothing and
//! nobody: what the leader has not taken yet is left out, what it has taken is stored. While a group is written the next one gathers, so that
//! groups grow by themselves with the load and a single clerk waits for nobody.

use async_trait::async_trait;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

use crate::store::sql::error::broken;
use crate::store::{Error, NewSubmission, Result, Submitted};

/// What became of the members of a group so far, in their order; `None` for those that are still to be stored.
pub(crate) type Outcomes = Vec<Option<Result<Submitted>>>;

/// How an engine stores a group.
#[async_trait]
pub(crate) trait GroupWriter: Send + Sync + 'static {
    /// The right to write: whoever has one may begin the transaction of a group.
    type Turn: Send;

    /// Waits for the turn.
    async fn turn(&self) -> Result<Self::Turn>;

    /// Stores the members in one transaction and commits. Each learns what became of it; an error of the whole is an error of all.
    async fn store(&self, turn: Self::Turn, members: &[Arc<NewSubmission>]) -> Result<Vec<Result<Submitted>>>;
}

/// Most submissions in one commit.
const MAX_MEMBERS: usize = 256;
/// Most figures in one commit, unless a single submission has more: bounds how long other writers wait.
const MAX_FIGURES: usize = 50_000;

/// A submission in the queue.
struct Waiting {
    submission: Arc<NewSubmission>,
    tell: oneshot::Sender<Result<Submitted>>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    has_leader: bool,
}

/// The queue with what its leader needs.
pub(crate) struct Groups<W: GroupWriter> {
    queue: Mutex<Queue>,
    writer: W,
}

impl<W: GroupWriter> Groups<W> {
    /// Makes an empty queue.
    pub(crate) fn new(writer: W) -> Self {
        Self { queue: Mutex::default(), writer }
    }

    /// Stores a submission with whatever else waits; answers after the commit.
    pub(crate) async fn submit(self: &Arc<Self>, submission: Arc<NewSubmission>) -> Result<Submitted> {
        let (tell, told) = oneshot::channel();
        let must_lead = {
            let mut queue = self.queue();
            queue.waiting.push_back(Waiting { submission, tell });
            !std::mem::replace(&mut queue.has_leader, true)
        };
        if must_lead {
            let leading = Leading { groups: Arc::clone(self), has_ended: false };
            drop(tokio::spawn(leading.lead()));
        }
        // The sender is gone without a word only where the leader's task was ended from outside.
        told.await.unwrap_or_else(|_| Err(Error::Unavailable { detail: "the writer stopped".to_owned() }))
    }

    /// Takes what goes into the next commit; where nothing waits, the leader's work is over.
    fn take(&self) -> Vec<Waiting> {
        let mut queue = self.queue();
        let mut members: Vec<Waiting> = Vec::new();
        let mut n_figures = 0;
        while members.len() < MAX_MEMBERS
            && let Some(next) = queue.waiting.front()
        {
            n_figures += next.submission.figures.len();
            // Rules were tried on what stood: of two submissions of one unit the later must see what the earlier stored.
            let is_apart = members.iter().all(|member| are_apart(&member.submission, &next.submission));
            if (n_figures > MAX_FIGURES || !is_apart) && !members.is_empty() {
                break;
            }
            members.extend(queue.waiting.pop_front().filter(|next| !next.tell.is_closed()));
        }
        queue.has_leader = !members.is_empty();
        members
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether neither of two submissions can change what the other's rules were tried on.
fn are_apart(a: &NewSubmission, b: &NewSubmission) -> bool {
    (a.grounds.is_empty() && b.grounds.is_empty()) || a.receipt.unit != b.receipt.unit
}

/// The leader's place. However its task ends, the place is free again and nobody waits in vain.
struct Leading<W: GroupWriter> {
    groups: Arc<Groups<W>>,
    has_ended: bool,
}

impl<W: GroupWriter> Leading<W> {
    async fn lead(mut self) {
        loop {
            // The turn first: everybody who came while others wrote goes along.
            let turn = self.groups.writer.turn().await;
            let members = self.groups.take();
            if members.is_empty() {
                self.has_ended = true;
                return;
            }
            let submissions: Vec<Arc<NewSubmission>> = members.iter().map(|m| Arc::clone(&m.submission)).collect();
            let stored = match turn {
                Ok(turn) => self.groups.writer.store(turn, &submissions).await,
                Err(error) => Err(error),
            };
            let outcomes = stored.unwrap_or_else(|error| members.iter().map(|_| Err(error.clone())).collect());
            for (member, outcome) in members.into_iter().zip(outcomes) {
                let _ = member.tell.send(outcome);
            }
        }
    }
}

impl<W: GroupWriter> Drop for Leading<W> {
    fn drop(&mut self) {
        // After an orderly end another leader may be at work already, and what waits is its.
        if !self.has_ended {
            let mut queue = self.groups.queue();
            queue.waiting.clear();
            queue.has_leader = false;
        }
    }
}

/// What keeps a member from being stored, before anything is asked of the database.
pub(crate) fn unfit(member: &NewSubmission, settlement: u64) -> Option<Result<Submitted>> {
    if member.settlement_version != settlement {
        return Some(Ok(Submitted::Outdated));
    }
    let unit = &member.receipt.unit;
    let stray = member.figures.iter().find(|figure| figure.key.unit != *unit)?;
    Some(Err(broken("observation", format!("figure of {} under a receipt of {unit}", stray.key.unit))))
}

/// The members that nothing has become of yet.
pub(crate) fn to_store<'m>(members: &'m [Arc<NewSubmission>], outcomes: &Outcomes) -> Vec<&'m NewSubmission> {
    members.iter().zip(outcomes).filter(|(_, outcome)| outcome.is_none()).map(|(member, _)| member.as_ref()).collect()
}

/// What became of each, where everything became something.
pub(crate) fn settled(outcomes: Outcomes) -> Vec<Result<Submitted>> {
    let forgotten = || Err(broken("transaction", "a member of a group was forgotten"));
    outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(forgotten)).collect()
}
