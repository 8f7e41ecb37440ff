//! The reviewer's queue (待裁定): pairs of fields that look alike, ordered by what an answer is worth.
//!
//! Worth is the cells a year that merging would save over all units, times the chance that the two are one figure: what asking is expected to
//! save. Pairs that save nothing come last, the likeliest first. A pair whose answer follows from earlier ones is not asked.

use std::collections::HashSet;
use std::sync::Arc;

use crate::app::decide::{NamedField, objection_problem};
use crate::app::error::{Error, Result};
use crate::app::{App, Page, PageRequest};
use crate::domain::caller::{Caller, Role};
use crate::domain::decision::{Decision, Verdict};
use crate::domain::element::CataloguedField;
use crate::domain::id::{ElementId, FieldKey};
use crate::domain::message::Language;
use crate::domain::period::Frequency;
use crate::domain::problem::{Code, Place, Problem};
use crate::domain::relation::{Reason, Relation, RelationKind};
use crate::domain::unit::Level;
use crate::overlap::explain;

/// Fields of an element that are listed with a question.
const MAX_MEMBERS: usize = 100;
/// A score is kept with four decimals.
const SCORE_UNITS: f64 = 10_000.0;

/// A field as it is printed in its form.
#[derive(Clone, Debug)]
pub struct DescribedField {
    /// The field.
    pub field: FieldKey,
    /// Its label.
    pub label: String,
    /// Headings above it.
    pub path: Vec<String>,
    /// Its column.
    pub column: String,
    /// Unit of measure as printed.
    pub unit_text: String,
    /// Definition (口径) as printed.
    pub note: String,
    /// Title of its form.
    pub title: String,
    /// Department as printed on its form.
    pub department: String,
    /// Who fills the form.
    pub level: Level,
    /// How often.
    pub frequency: Frequency,
    /// Years by which the figure lies from the form's period.
    pub offset_years: i16,
    /// Its element.
    pub element: ElementId,
}

/// Another field that goes with one side of a question.
#[derive(Clone, Debug)]
pub struct DescribedMember {
    /// The field.
    pub field: FieldKey,
    /// Its label.
    pub label: String,
    /// Title of its form.
    pub title: String,
}

/// A question to a reviewer: are these one figure?
#[derive(Clone, Debug)]
pub struct Question {
    /// One field.
    pub a: DescribedField,
    /// The other.
    pub b: DescribedField,
    /// What the system itself says of the two: its relation, with the evidence that its score is made of.
    pub relation: Relation,
    /// The evidence that decides: the facet, and the clause or value on each side.
    pub deciding: Option<Reason>,
    /// The relation in one sentence, in Chinese.
    pub sentence_zh: String,
    /// The same in English.
    pub sentence_en: String,
    /// What it means to whoever fills both forms, in Chinese.
    pub clerk_zh: String,
    /// The same in English.
    pub clerk_en: String,
    /// Cells a year that merging would save over all units.
    pub cells_saved: i64,
    /// Other fields of the element of `a`, which `same` would merge along.
    pub with_a: Vec<DescribedMember>,
    /// Other fields of the element of `b`.
    pub with_b: Vec<DescribedMember>,
    /// What stands against answering `same`.
    pub objections: Vec<Problem>,
}

/// A decision with what a person needs to understand it.
#[derive(Clone, Debug)]
pub struct DescribedDecision {
    /// The decision.
    pub decision: Decision,
    /// Label and form title of `a`.
    pub a: DescribedMember,
    /// Label and form title of `b`.
    pub b: DescribedMember,
}

/// A question with its place in the queue.
struct Ranked {
    /// Cells saved times ten thousand times the score: whole numbers, so that the order is the same everywhere.
    worth: i128,
    score_units: u32,
    cells_saved: i64,
    relation: Relation,
}

impl Ranked {
    /// Sorts the most valuable question first; equal ones by their fields.
    fn rank(&self) -> (std::cmp::Reverse<i128>, std::cmp::Reverse<u32>, &FieldKey, &FieldKey) {
        (std::cmp::Reverse(self.worth), std::cmp::Reverse(self.score_units), &self.relation.a, &self.relation.b)
    }

    /// Names its place, so that the next page begins after it also when questions before it were answered.
    fn cursor(&self) -> String {
        serde_json::json!([self.worth.to_string(), self.score_units, self.relation.a, self.relation.b]).to_string()
    }
}

impl App {
    /// The reviewer's queue, the most valuable question first. The bureau.
    pub async fn list_questions(&self, caller: &Caller, page: &PageRequest) -> Result<Page<Question>> {
        caller.require(&[Role::Bureau], "question.list")?;
        let size = page.size_within(20, 200)?;
        let after = page.after()?.map(|cursor| parse_cursor(&cursor, &page.cursor)).transpose()?;
        let mut ranked = self.ranked_questions(&self.alike().await?);
        if let Some((worth, score_units, a, b)) = &after {
            let place = (std::cmp::Reverse(*worth), std::cmp::Reverse(*score_units), a, b);
            ranked.retain(|r| r.rank() > place);
        }
        ranked.truncate(size as usize + 1);
        let page = Page::cut(ranked, size, Ranked::cursor);
        let described = page.entries.into_iter().filter_map(|r| self.question(&r.relation, r.cells_saved));
        Ok(Page { entries: described.collect(), next_cursor: page.next_cursor })
    }

    /// One question, on any two registered fields. The bureau.
    pub async fn get_question(&self, caller: &Caller, a: &NamedField, b: &NamedField) -> Result<Question> {
        caller.require(&[Role::Bureau], "question.list")?;
        let (a, b) = match (self.named_field(a, "a"), self.named_field(b, "b")) {
            (Ok(a), Ok(b)) => (a, b),
            (a, b) => return Err(Error::Refused([a.err(), b.err()].into_iter().flatten().collect())),
        };
        if a.key == b.key {
            return Err(Problem::new(Code::DecisionOfOneField).arg("field", &a.key).into());
        }
        let elements = (a.element(), b.element());
        let view = self.state.snapshot();
        let own = view.relate(&a.key, &b.key);
        let relation = match own {
            Some(found) if found.kind != RelationKind::LooksAlike => Some(found),
            // A look-alike of the queue is also weighed by its rivals and by what was reported.
            asked => self.known_question(elements, &a.key, &b.key).await?.or(asked),
        };
        let relation = relation.or_else(|| view.weighed(&a.key, &b.key));
        let unknown = || Problem::new(Code::FieldUnknown).arg("field", &a.key).at(Place::part("a"));
        let relation = relation.ok_or_else(unknown)?;
        let planned = self.state.plan(self.clock.today().year());
        let saved = planned.plan.merging().saved(elements.0, elements.1);
        self.question(&relation, saved).ok_or_else(|| unknown().into())
    }

    /// What the queue knows of two elements, said of these two fields.
    async fn known_question(&self, elements: (ElementId, ElementId), a: &FieldKey, b: &FieldKey) -> Result<Option<Relation>> {
        let alike = self.alike().await?;
        let known = alike.iter().find_map(|r| {
            let of_known = self.elements_of(r)?;
            match (of_known == elements, of_known == (elements.1, elements.0)) {
                (true, _) => Some(r.clone()),
                (_, true) => Some(turned(r)),
                _ => None,
            }
        });
        Ok(known.map(|r| Relation { a: a.clone(), b: b.clone(), ..r }))
    }

    /// All decisions, the newest first. The bureau.
    pub fn list_decisions(&self, caller: &Caller, page: &PageRequest) -> Result<Page<DescribedDecision>> {
        caller.require(&[Role::Bureau], "decision.list")?;
        let size = page.size_within(100, 1_000)?;
        let malformed = || Problem::new(Code::CursorMalformed).arg("value", &page.cursor).at(Place::part("cursor"));
        let before = page.after()?.map(|text| text.parse::<u64>().map_err(|_| malformed())).transpose()?;
        let known = self.state.decisions();
        let older = known.iter().rev().filter(|d| before.is_none_or(|b| d.id.0 < b)).take(size as usize + 1);
        let described = older.map(|d| self.describe_decision(d)).collect();
        Ok(Page::cut(described, size, |d: &DescribedDecision| d.decision.id.to_string()))
    }

    /// Adds labels and titles to a decision.
    pub fn describe_decision(&self, decision: &Decision) -> DescribedDecision {
        DescribedDecision { decision: decision.clone(), a: self.describe_member(&decision.a), b: self.describe_member(&decision.b) }
    }

    /// What looks alike among the forms as they are registered, weighed by what decisions taught and by what reported figures say. One decision
    /// takes questions away without comparing anything anew.
    pub(crate) async fn alike(&self) -> Result<Arc<Vec<Relation>>> {
        let now = self.clock.now();
        let (basis, known) = self.state.known_alike(now);
        if let Some(known) = known {
            return Ok(known);
        }
        let mut relations = self.state.snapshot().compare_all().await?;
        relations.retain(|r| r.kind == RelationKind::LooksAlike);
        self.weigh_values(&mut relations).await?;
        let alike = Arc::new(relations);
        self.state.keep_alike(basis, now, &alike);
        Ok(alike)
    }

    fn elements_of(&self, relation: &Relation) -> Option<(ElementId, ElementId)> {
        self.state.catalogue(|c| Some((c.field(&relation.a)?.element(), c.field(&relation.b)?.element())))
    }

    /// The questions that are left, each pair of elements once, in the order in which they are asked.
    fn ranked_questions(&self, alike: &[Relation]) -> Vec<Ranked> {
        let planned = self.state.plan(self.clock.today().year());
        let mut merging = planned.plan.merging();
        let mut seen: HashSet<(ElementId, ElementId)> = HashSet::new();
        let mut ranked: Vec<Ranked> = Vec::new();
        // The likeliest relation of a pair of elements comes first and stands for it.
        for relation in alike {
            let Some((a, b)) = self.elements_of(relation) else { continue };
            if self.is_answered(relation) || !seen.insert((a.min(b), a.max(b))) {
                continue;
            }
            let cells_saved = merging.saved(a, b);
            let score_units = (relation.score * SCORE_UNITS).round().clamp(0.0, SCORE_UNITS) as u32;
            let worth = i128::from(cells_saved.max(0)) * i128::from(score_units);
            ranked.push(Ranked { worth, score_units, cells_saved, relation: in_order(relation) });
        }
        ranked.sort_by(|x, y| x.rank().cmp(&y.rank()));
        ranked
    }

    /// Whether the answer follows from earlier ones, or somebody could not give one.
    fn is_answered(&self, relation: &Relation) -> bool {
        self.state.catalogue(|c| {
            let (Some(a), Some(b)) = (c.field(&relation.a), c.field(&relation.b)) else { return true };
            let settlement = c.settlement();
            let class = |field: &CataloguedField| {
                let node = settlement.node_of(&field.key, &field.meaning.key);
                settlement.class_of(&node).to_owned()
            };
            let (class_a, class_b) = (class(a), class(b));
            class_a == class_b || settlement.told_apart(&class_a, &class_b).is_some() || settlement.is_unsure(&class_a, &class_b)
        })
    }

    fn question(&self, relation: &Relation, cells_saved: i64) -> Option<Question> {
        let (a, b) = (self.describe_field(&relation.a)?, self.describe_field(&relation.b)?);
        let (name_a, name_b) = (self.named(&relation.a, None), self.named(&relation.b, None));
        let known = self.state.decisions();
        let objections = self.state.catalogue(|c| Some(c.objections(c.field(&relation.a)?, c.field(&relation.b)?, Verdict::Same)))?;
        Some(Question {
            with_a: self.members_beside(&a),
            with_b: self.members_beside(&b),
            deciding: explain::deciding(relation).cloned(),
            sentence_zh: explain::sentence(relation, &name_a, &name_b, Language::Zh),
            sentence_en: explain::sentence(relation, &name_a, &name_b, Language::En),
            clerk_zh: explain::for_clerk(relation, &name_a, &name_b, Language::Zh),
            clerk_en: explain::for_clerk(relation, &name_a, &name_b, Language::En),
            relation: relation.clone(),
            cells_saved,
            objections: objections.into_iter().map(|o| objection_problem(o, &known)).collect(),
            a,
            b,
        })
    }

    fn describe_field(&self, key: &FieldKey) -> Option<DescribedField> {
        self.state.catalogue(|c| {
            let (form, known) = (c.form(&key.form)?, c.field(key)?);
            let field = form.template.fields.iter().find(|f| f.id == key.field)?;
            Some(DescribedField {
                field: key.clone(),
                label: field.label.clone(),
                path: field.path.clone(),
                column: field.column.clone(),
                unit_text: field.unit.clone(),
                note: field.note.clone(),
                title: form.template.title.clone(),
                department: form.template.department.clone(),
                level: form.template.level,
                frequency: form.template.frequency,
                offset_years: known.meaning.offset_years,
                element: known.element(),
            })
        })
    }

    fn members_beside(&self, field: &DescribedField) -> Vec<DescribedMember> {
        let keys = self.state.catalogue(|c| c.fields_of(field.element));
        keys.iter().filter(|key| **key != field.field).take(MAX_MEMBERS).map(|key| self.describe_member(key)).collect()
    }

    /// Label of a field and title of its form.
    pub fn describe_member(&self, key: &FieldKey) -> DescribedMember {
        let (label, title) = self.label_and_title(key, None);
        DescribedMember { field: key.clone(), label, title }
    }
}

/// The relation seen from the smaller of its fields: a question is asked in one way.
fn in_order(relation: &Relation) -> Relation {
    if relation.b < relation.a { turned(relation) } else { relation.clone() }
}

/// The relation seen from the other side.
fn turned(relation: &Relation) -> Relation {
    let reasons = relation.reasons.iter().map(|r| Reason { a: r.b.clone(), b: r.a.clone(), ..r.clone() }).collect();
    Relation { a: relation.b.clone(), b: relation.a.clone(), reasons, ..relation.clone() }
}

type Place4 = (i128, u32, FieldKey, FieldKey);

fn parse_cursor(text: &str, given: &str) -> Result<Place4> {
    let malformed = || Error::from(Problem::new(Code::CursorMalformed).arg("value", given).at(Place::part("cursor")));
    let (worth, score_units, a, b): (String, u32, FieldKey, FieldKey) = serde_json::from_str(text).map_err(|_| malformed())?;
    Ok((worth.parse().map_err(|_| malformed())?, score_units, a, b))
}
