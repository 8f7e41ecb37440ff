//! Reads overlaps: the verdict on a form, an element with its fields, and all relations.

use crate::app::error::Result;
use crate::app::{App, Page, PageRequest};
use crate::domain::caller::{Caller, Role};
use crate::domain::element::{CataloguedField, DataElement};
use crate::domain::id::{ElementId, FieldKey, FormId};
use crate::domain::message::Language;
use crate::domain::problem::{Code, Problem};
use crate::domain::relation::{FieldOverlap, Relation, RelationKind, Standing};
use crate::domain::template::RegisteredTemplate;
use crate::overlap::explain;

/// A relation with what a person needs to judge it.
#[derive(Clone, Debug)]
pub struct DescribedRelation {
    /// The relation.
    pub relation: Relation,
    /// Label of field `a`.
    pub a_label: String,
    /// Title of the form of `a`.
    pub a_title: String,
    /// Label of field `b`.
    pub b_label: String,
    /// Title of the form of `b`.
    pub b_title: String,
    /// One sentence on why, in Chinese.
    pub sentence_zh: String,
    /// One sentence on why, in English.
    pub sentence_en: String,
}

/// The verdict on a field with what a person needs to judge it.
#[derive(Clone, Debug)]
pub struct DescribedOverlap {
    /// The field.
    pub field: FieldKey,
    /// Its label.
    pub label: String,
    /// Its element.
    pub element: ElementId,
    /// Its standing.
    pub standing: Standing,
    /// Its relations, best first.
    pub relations: Vec<DescribedRelation>,
}

/// An element with the fields in which it appears.
#[derive(Clone, Debug)]
pub struct ElementWithFields {
    /// The element.
    pub element: DataElement,
    /// Its fields, sorted.
    pub fields: Vec<FieldKey>,
}

impl App {
    /// The verdict on each field of a registered form. Its own department and the bureau.
    pub async fn get_form_overlap(&self, caller: &Caller, form: &FormId) -> Result<Vec<DescribedOverlap>> {
        caller.require(&[Role::DataOfficer, Role::Bureau], "overlap.read")?;
        let unknown = || Problem::new(Code::FormUnknown).arg("form", form);
        let registered = self.state.catalogue(|c| c.form(form).cloned()).ok_or_else(unknown)?;
        if !self.may_read_form(caller, &registered).await? {
            return Err(unknown().into());
        }
        let fields: Vec<CataloguedField> = self.state.catalogue(|c| c.fields_of_form(form).to_vec());
        let overlaps = self.state.snapshot().compare(&registered, &fields).await?;
        Ok(self.describe_overlaps(&registered, &fields, overlaps))
    }

    /// An element with the fields in which it appears. Data officers and the bureau: what others ask is what makes a form lean.
    pub fn get_element(&self, caller: &Caller, id: ElementId) -> Result<ElementWithFields> {
        caller.require(&[Role::DataOfficer, Role::Bureau], "overlap.read")?;
        let found = self.state.catalogue(|c| c.element(id).map(|element| ElementWithFields { element, fields: c.fields_of(id) }));
        found.ok_or_else(|| Problem::new(Code::ElementUnknown).arg("element", id).into())
    }

    /// Every relation between registered forms, best first. The bureau.
    pub async fn list_relations(&self, caller: &Caller, kinds: &[RelationKind], page: &PageRequest) -> Result<Page<DescribedRelation>> {
        caller.require(&[Role::Bureau], "overlap.list")?;
        let size = page.size_within(100, 1_000)?;
        let position = page.position()?;
        let relations = self.state.snapshot().relations().await?;
        // Only the relations of the page are worked out.
        let entries = relations.page(kinds, position).take(size as usize).map(|r| self.describe_relation(r, None)).collect();
        Ok(Page::part(entries, position, relations.n_of(kinds)))
    }

    /// Adds labels, titles and sentences to verdicts.
    pub(crate) fn describe_overlaps(
        &self,
        form: &RegisteredTemplate,
        fields: &[CataloguedField],
        overlaps: Vec<FieldOverlap>,
    ) -> Vec<DescribedOverlap> {
        let labelled = form.template.fields.iter().zip(fields);
        labelled
            .zip(overlaps)
            .map(|((field, known), overlap)| DescribedOverlap {
                field: overlap.field,
                label: field.label.clone(),
                element: known.element(),
                standing: overlap.standing,
                relations: overlap.relations.into_iter().map(|r| self.describe_relation(r, Some(form))).collect(),
            })
            .collect()
    }

    fn describe_relation(&self, relation: Relation, own: Option<&RegisteredTemplate>) -> DescribedRelation {
        let (a_label, a_title) = self.label_and_title(&relation.a, own);
        let (b_label, b_title) = self.label_and_title(&relation.b, own);
        let (a, b) = (self.named(&relation.a, own), self.named(&relation.b, own));
        DescribedRelation {
            a_label,
            a_title,
            b_label,
            b_title,
            sentence_zh: explain::sentence(&relation, &a, &b, Language::Zh),
            sentence_en: explain::sentence(&relation, &a, &b, Language::En),
            relation,
        }
    }

    /// What a sentence calls a field; `own` is a form that may not be in the catalogue yet.
    pub(crate) fn named(&self, key: &FieldKey, own: Option<&RegisteredTemplate>) -> explain::Named {
        match own.filter(|form| form.template.id == key.form) {
            Some(form) => explain::Named::of(form, key),
            None => self.state.catalogue(|c| c.form(&key.form).map(|form| explain::Named::of(form, key))).unwrap_or_default(),
        }
    }

    /// Label of a field and title of its form; `own` is a form that may not be in the catalogue yet.
    pub(crate) fn label_and_title(&self, key: &FieldKey, own: Option<&RegisteredTemplate>) -> (String, String) {
        let of = |form: &RegisteredTemplate| {
            let label = form.template.fields.iter().find(|f| f.id == key.field).map(|f| f.label.clone());
            (label.unwrap_or_default(), form.template.title.clone())
        };
        match own.filter(|form| form.template.id == key.form) {
            Some(form) => of(form),
            None => self.state.catalogue(|c| c.form(&key.form).map(|form| of(form))).unwrap_or_default(),
        }
    }
}
