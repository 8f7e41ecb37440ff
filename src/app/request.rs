//! Request ids: the same id with the same payload gives the same answer, with another payload it is refused.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::app::error::Result;
use crate::domain::caller::Caller;
use crate::domain::id::RequestId;
use crate::domain::problem::{Code, Problem};
use crate::store::{RememberedAnswer, WriteTransaction};

/// A request id with the digest of what it came with.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    id: RequestId,
    payload_digest: String,
}

impl Request {
    /// Takes the id and digests the act and its payload.
    pub(crate) fn new(id: &str, act: &str, payload: &impl Serialize) -> Result<Self> {
        let id = RequestId::parse(id)?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(act.as_bytes());
        hasher.update(&[0]);
        hasher.update(&serde_json::to_vec(payload)?);
        Ok(Self { id, payload_digest: hasher.finalize().to_hex().to_string() })
    }

    /// The id.
    pub(crate) fn id(&self) -> &RequestId {
        &self.id
    }

    /// The answer given before, if this request was answered already.
    pub(crate) async fn answered<T: DeserializeOwned>(&self, tx: &mut dyn WriteTransaction, caller: &Caller) -> Result<Option<T>> {
        let before = tx.remembered_answer(&caller.account, &self.id).await?;
        before.map(|before| self.read(&before)).transpose()
    }

    /// Reads the answer given before; refused where it was another request's.
    pub(crate) fn read<T: DeserializeOwned>(&self, before: &RememberedAnswer) -> Result<T> {
        if before.payload_digest == self.payload_digest {
            return Ok(serde_json::from_str(&before.answer)?);
        }
        Err(Problem::new(Code::RequestIdReused).arg("request", &self.id).into())
    }

    /// The answer as it is kept.
    pub(crate) fn answer(&self, answer: &impl Serialize) -> Result<RememberedAnswer> {
        Ok(RememberedAnswer { payload_digest: self.payload_digest.clone(), answer: serde_json::to_string(answer)? })
    }

    /// Keeps the answer, in the transaction of the effect.
    pub(crate) async fn remember(&self, tx: &mut dyn WriteTransaction, caller: &Caller, answer: &impl Serialize) -> Result<()> {
        tx.remember_answer(&caller.account, &self.id, &self.answer(answer)?).await?;
        Ok(())
    }
}
