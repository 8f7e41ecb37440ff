//! From fields to data elements: what each field of a form means, and which fields of other forms ask for the same figure.
//!
//! `vocabulary` holds the words, `facets` reads a form with them, `catalogue` keeps the forms in force, and a [`Snapshot`] of it answers
//! what overlaps, through Apache DataFusion. A merge is only ever made by equal canonical keys or by a reviewer's decision (`settle`), so that
//! neither the order in which forms arrive nor what else is registered can change it; everything less certain is a relation for a reviewer.

mod balances;
mod brief;
mod candidates;
mod catalogue;
mod definition;
mod element;
pub mod explain;
mod facets;
mod formula;
mod hierarchy;
mod index;
mod judge;
mod kinds;
pub mod learn;
mod object;
mod persistent;
mod placed;
mod profile;
mod quick;
mod recall;
mod relate;
mod score;
mod settle;
mod shown;
mod structure;
mod sweep;
#[cfg(test)]
mod tests;
mod tokens;
pub mod values;
mod vocabulary;

use thiserror::Error as ThisError;

pub use crate::overlap::balances::balances_of;
pub use crate::overlap::catalogue::{Catalogue, Refiled, Snapshot};
pub use crate::overlap::facets::key::keep_meanings;
pub use crate::overlap::facets::read_form;
pub use crate::overlap::object::Objection;
pub use crate::overlap::recall::BlockingRecall;
pub use crate::overlap::relate::LOOK_ALIKE_SCORE;
pub use crate::overlap::settle::{Contradiction, Settlement, ToldApart};
pub use crate::overlap::structure::{Proposal, proposals};
pub use crate::overlap::sweep::Relations;
pub use crate::overlap::vocabulary::Vocabulary;

/// What can go wrong in this layer.
#[derive(Debug, ThisError)]
pub enum Error {
    /// A file of the vocabulary cannot be read or contradicts itself.
    #[error("vocabulary file {file}: {detail}")]
    Vocabulary {
        /// File name.
        file: String,
        /// What is wrong, with the word.
        detail: String,
    },
    /// The query engine failed.
    #[error("query engine: {detail}")]
    Engine {
        /// What it said.
        detail: String,
    },
}

impl Error {
    /// Takes over the end of a worker that found part of an answer.
    pub(crate) fn from_worker(error: tokio::task::JoinError) -> Self {
        Self::Engine { detail: error.to_string() }
    }

    /// Takes over an error of the query engine.
    pub(crate) fn from_datafusion(error: datafusion::error::DataFusionError) -> Self {
        Self::Engine { detail: error.to_string() }
    }
}
