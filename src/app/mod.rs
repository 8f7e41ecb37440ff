//! The use cases, one file per verb. Transactions and authorisation are here and nowhere else.
//!
//! Every use case takes the caller and refuses by default. gRPC, the command line and later the web call the same functions.

mod adopt_vocabulary;
mod balances;
mod consolidated_form;
mod correct;
mod decide;
mod disputes;
mod drafts;
mod due_cells;
mod error;
mod extract;
mod figure_conflicts;
mod figures;
mod follow;
mod learned_merges;
mod page;
mod planned_year;
mod read_overlap;
mod read_templates;
mod receipts;
mod register_organisations;
mod register_template;
mod register_units;
mod registry_facts;
mod report_burden;
mod report_overlap;
mod request;
mod review_queue;
mod rules;
mod settling;
mod sources;
mod state;
mod submit;
mod tokens;
mod told;
mod undo_decision;
mod value_findings;

use std::sync::Arc;

use crate::domain::calendar::Calendar;
use crate::domain::clock::Clock;
use crate::domain::measure::Measures;
use crate::overlap::Vocabulary;
use crate::store::Store;

pub use adopt_vocabulary::{RereadField, VocabularyEffects, VocabularyPreview};
pub use consolidated_form::{ConsolidatedForm, DueDate, InputCell, PrefilledCell, ServedField};
pub use correct::Correction;
pub use decide::{Answer, Decided, NamedField};
pub use disputes::{Ending, Objection};
pub use drafts::DraftToSave;
pub use error::{Error, Failure, Result};
pub use extract::ExtractionHead;
pub use figure_conflicts::ConflictChoice;
pub use page::{Page, PageRequest};
pub(crate) use planned_year::PlannedYear;
pub use read_overlap::{DescribedOverlap, DescribedRelation, ElementWithFields};
pub use register_template::{AddedAtLevel, RegisteredForm, TemplateSource};
pub use register_units::UnitSource;
pub use report_burden::{BurdenBreakdown, BurdenReport, BurdenRow};
pub use report_overlap::{ElementAppearance, OverlapReport, SharedElement};
pub use review_queue::{DescribedDecision, DescribedField, DescribedMember, Question};
pub use settling::Effects;
pub use submit::{Checked, Submission, TypedFigure};
pub use tokens::NewToken;
pub use told::Told;
pub use undo_decision::{Disagreement, Resolution, Undoing};
pub use value_findings::{DescribedFinding, FindingField, FindingKind};

/// The application: the use cases with what they need.
pub struct App {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    vocabulary: Arc<Vocabulary>,
    measures: Arc<Measures>,
    calendar: Arc<Calendar>,
    state: state::State,
}

impl App {
    /// Opens the application over a store: reads the catalogue of forms and the units.
    pub async fn open(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Result<Self> {
        let vocabulary = Arc::new(Vocabulary::embedded()?);
        let measures = Arc::new(Measures::embedded());
        let state = state::State::load(store.as_ref(), &vocabulary, &measures).await?;
        let calendar = Arc::new(Calendar::embedded());
        Ok(Self { store, clock, vocabulary, measures, calendar, state })
    }

    /// The store, for health checks and shutdown.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Number of fields in the catalogue and of reporting units today, for metrics and the first line of `serve`.
    pub fn sizes(&self) -> (usize, usize) {
        self.state.sizes()
    }
}
