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
        match tx.remembered_answer(&caller.account, &self.id).await? {
            None => Ok(None),
            Some(before) if before.payload_digest == self.payload_digest => Ok(Some(serde_json::from_str(&before.answer)?)),
            Some(_) => Err(Problem::new(Code::RequestIdReused).arg("request", &self.id).into()),
        }
    }

    /// Keeps the answer, in the transaction of the effect.
    pub(crate) async fn remember(&self, tx: &mut dyn WriteTransaction, caller: &Caller, answer: &impl Serialize) -> Result<()> {
        let answer = RememberedAnswer { payload_digest: self.payload_digest.clone(), answer: serde_json::to_string(answer)? };
        tx.remember_answer(&caller.account, &self.id, &answer).await?;
        Ok(())
    }
}
