//! Value findings: what the figures that were reported in a year say of the fields they were reported for.
//!
//! Read from a sample of units, the same every time, so that the cost does not grow with the province. Answers with counts and sentences;
//! no figure of any unit leaves here.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::app::error::Result;
use crate::app::{App, Page, PageRequest};
use crate::domain::caller::{Caller, Role};
use crate::domain::element::CataloguedField;
use crate::domain::id::{ElementId, FieldKey};
use crate::domain::message::Language;
use crate::domain::observation::Observation;
use crate::domain::period::{Frequency, ReferencePeriod};
use crate::domain::relation::{Relation, RelationKind};
use crate::domain::unit::{Level, UnitCode, UnitTree};
use crate::overlap::values::{SumFinding, Value, ValueEvidence, ValueTable, ValueVerdict, say_evidence, say_sum};
use crate::store::ObservationFilter;

/// Units of one level that are looked at.
const SAMPLE: usize = 200;
/// Units whose observations are read in one go.
const UNITS_PER_READ: usize = 50;

/// What a finding says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingKind {
    /// Equal nearly everywhere, under other names.
    Equal,
    /// They look alike, and their figures differ.
    Different,
    /// One is the other times the factor between two units of measure.
    UnitMistake,
    /// The first is the sum of the other two.
    Sum,
}

/// A field that a finding is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingField {
    /// The field through which the figures were typed; the first by key where there are several.
    pub field: FieldKey,
    /// Its label.
    pub label: String,
    /// Title of its form.
    pub title: String,
}

/// A finding with what a person needs to judge it.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedFinding {
    /// What it says.
    pub kind: FindingKind,
    /// Two fields; for a sum the total and its parts.
    pub fields: Vec<FindingField>,
    /// Units and periods that were compared.
    pub n_compared: u32,
    /// Those at which it holds: equal ones, or those that the factor or the sum explains.
    pub n_holds: u32,
    /// Share of cells that would be equal by chance; 0 for sums.
    pub chance: f64,
    /// Log-likelihood ratio for one figure; 0 for sums.
    pub weight: f64,
    /// How many times the second the first is.
    pub factor: Option<Decimal>,
    /// One sentence, in Chinese.
    pub sentence_zh: String,
    /// One sentence, in English.
    pub sentence_en: String,
}

/// The figures of a year that were looked at.
struct YearValues {
    table: ValueTable,
    /// The first field through which each element was typed, and the dimension of its figures.
    typed: BTreeMap<ElementId, (FieldKey, String)>,
}

impl YearValues {
    /// What the figures say of two elements.
    fn evidence(&self, a: ElementId, b: ElementId) -> Option<ValueEvidence> {
        self.table.compare(a, b)
    }
}

impl App {
    /// What the reported figures of a year say: equal figures under other names, then look-alikes whose figures differ, unit mistakes and
    /// sums; within each the heaviest first. The bureau.
    pub async fn list_value_findings(&self, caller: &Caller, year: i16, page: &PageRequest) -> Result<Page<DescribedFinding>> {
        caller.require(&[Role::Bureau], "overlap.values")?;
        let size = page.size_within(100, 1_000)?;
        let position = page.position()?;
        let values = self.year_values(year).await?;
        let mut findings: Vec<DescribedFinding> = Vec::new();
        for pair in values.table.equal_pairs() {
            findings.extend(self.pair_finding(&values, FindingKind::Equal, pair.a, pair.b, &pair.evidence));
        }
        let equal: BTreeSet<(FieldKey, FieldKey)> =
            findings.iter().filter_map(|f| Some((f.fields.first()?.field.clone(), f.fields.get(1)?.field.clone()))).collect();
        let mut differing = self.differing(&values, &equal).await?;
        differing.sort_by(|x, y| x.kind.cmp(&y.kind).then_with(|| x.weight.total_cmp(&y.weight)));
        findings.extend(differing);
        findings.extend(values.table.sums(&self.forms_of(&values)).iter().filter_map(|sum| self.sum_finding(&values, sum)));
        Ok(Page::slice(findings, position, size))
    }

    /// Adds to what looks alike what the figures of this year and the last say. Pairs whose figures persistently differ are no question any
    /// more; they stand among the findings.
    pub(crate) async fn weigh_values(&self, relations: &mut Vec<Relation>) -> Result<()> {
        let year = self.clock.today().year();
        let years = [self.year_values(year).await?, self.year_values(year - 1).await?];
        relations.retain_mut(|relation| {
            let (Some(a), Some(b)) = (self.element_of(&relation.a), self.element_of(&relation.b)) else { return true };
            let evidence = years.iter().filter_map(|y| y.evidence(a, b)).max_by_key(|e| e.n_compared);
            match evidence {
                Some(evidence) if evidence.verdict == ValueVerdict::Different => false,
                Some(evidence) => {
                    relation.weigh(evidence.to_reason());
                    true
                }
                None => true,
            }
        });
        Ok(())
    }

    /// The figures of a year, of a sample of units of every level.
    async fn year_values(&self, year: i16) -> Result<YearValues> {
        let units = sample(&self.state.units_on(jiff::civil::Date::new(year, 12, 31).unwrap_or(jiff::civil::Date::MAX)));
        let mut periods = vec![ReferencePeriod::Standing];
        for frequency in [Frequency::Annual, Frequency::Semiannual, Frequency::Quarterly, Frequency::Monthly] {
            periods.extend(frequency.periods(year));
        }
        let mut places: BTreeMap<(UnitCode, ReferencePeriod), u32> = BTreeMap::new();
        let mut columns: BTreeMap<ElementId, (FieldKey, String, Vec<Value>)> = BTreeMap::new();
        for units in units.chunks(UNITS_PER_READ) {
            let filter = ObservationFilter { units: units.to_vec(), elements: Vec::new(), periods: periods.clone() };
            for observation in self.store.observations(&filter).await? {
                let n = u32::try_from(places.len()).unwrap_or(u32::MAX);
                let place = *places.entry((observation.key.unit.clone(), observation.key.period)).or_insert(n);
                let Some((dimension, value)) = self.value_of(&observation, place) else { continue };
                let column =
                    columns.entry(observation.key.element).or_insert_with(|| (observation.via.clone(), dimension.clone(), Vec::new()));
                if column.1 == dimension {
                    column.0 = column.0.clone().min(observation.via);
                    column.2.push(value);
                }
            }
        }
        let (mut table, mut typed) = (ValueTable::new(), BTreeMap::new());
        for (element, (via, dimension, values)) in columns {
            table.add(element, &dimension, values);
            typed.insert(element, (via, dimension));
        }
        Ok(YearValues { table, typed })
    }

    /// A figure in atoms; `None` for what is no number or has no known unit of measure.
    fn value_of(&self, observation: &Observation, place: u32) -> Option<(String, Value)> {
        let number = observation.figure.number()?;
        let unit = self.measures.find(&observation.unit_of_measure)?;
        let decimals = self.state.catalogue(|c| {
            let form = c.form(&observation.via.form)?;
            form.template.fields.iter().find(|f| f.id == observation.via.field).map(|f| f.decimals())
        });
        let step = unit.atoms.checked_mul(Decimal::new(1, decimals.unwrap_or_else(|| number.scale())))?;
        Some((unit.dimension.clone(), Value { place, atoms: unit.to_atoms(number)?, step }))
    }

    /// Pairs that look alike, or are said to be one name for two things, and whose figures differ.
    async fn differing(&self, values: &YearValues, equal: &BTreeSet<(FieldKey, FieldKey)>) -> Result<Vec<DescribedFinding>> {
        let mut found: BTreeMap<(ElementId, ElementId), DescribedFinding> = BTreeMap::new();
        for relation in self.state.snapshot().compare_all().await? {
            if relation.kind != RelationKind::LooksAlike || equal.contains(&(relation.a.clone(), relation.b.clone())) {
                continue;
            }
            let (Some(a), Some(b)) = (self.element_of(&relation.a), self.element_of(&relation.b)) else { continue };
            let Some(evidence) = values.evidence(a, b).filter(|e| e.verdict == ValueVerdict::Different) else { continue };
            let (a, b) = (a.min(b), a.max(b));
            found.extend(self.pair_finding(values, FindingKind::Different, a, b, &evidence).map(|finding| ((a, b), finding)));
        }
        Ok(found.into_values().collect())
    }

    fn element_of(&self, field: &FieldKey) -> Option<ElementId> {
        self.state.catalogue(|c| c.field(field).map(CataloguedField::element))
    }

    fn pair_finding(
        &self,
        values: &YearValues,
        kind: FindingKind,
        a: ElementId,
        b: ElementId,
        evidence: &ValueEvidence,
    ) -> Option<DescribedFinding> {
        let (first, second) = (self.finding_field(values, a)?, self.finding_field(values, b)?);
        let factors = values.typed.get(&a).map(|(_, dimension)| self.measures.factors(dimension)).unwrap_or_default();
        let mistake = values.table.unit_mistake(a, b, &factors).filter(|_| kind == FindingKind::Different);
        let kind = if mistake.is_some() { FindingKind::UnitMistake } else { kind };
        let names = [&first, &second].map(|f| format!("{}（{}）", f.label, f.title));
        let say = |language| say_evidence(evidence, mistake.as_ref(), &names[0], &names[1], language);
        Some(DescribedFinding {
            kind,
            n_compared: mistake.map_or(evidence.n_compared, |m| m.n_compared),
            n_holds: mistake.map_or(evidence.n_equal, |m| m.n_explained),
            chance: evidence.chance,
            weight: evidence.weight,
            factor: mistake.map(|m| m.factor),
            sentence_zh: say(Language::Zh),
            sentence_en: say(Language::En),
            fields: vec![first, second],
        })
    }

    fn sum_finding(&self, values: &YearValues, sum: &SumFinding) -> Option<DescribedFinding> {
        let fields: Option<Vec<FindingField>> =
            [sum.total, sum.part, sum.other].into_iter().map(|element| self.finding_field(values, element)).collect();
        let fields = fields?;
        let say = |language| {
            let name = |at: usize| fields.get(at).map_or("", |f| f.label.as_str());
            say_sum(name(0), name(1), name(2), sum.n_places, language)
        };
        Some(DescribedFinding {
            kind: FindingKind::Sum,
            n_compared: sum.n_places,
            n_holds: sum.n_places,
            chance: 0.0,
            weight: 0.0,
            factor: None,
            sentence_zh: say(Language::Zh),
            sentence_en: say(Language::En),
            fields,
        })
    }

    fn finding_field(&self, values: &YearValues, element: ElementId) -> Option<FindingField> {
        let (field, _) = values.typed.get(&element)?;
        let (label, title) = self.label_and_title(field, None);
        Some(FindingField { field: field.clone(), label, title })
    }

    /// The elements of each form that has figures, in the order of the forms.
    fn forms_of(&self, values: &YearValues) -> Vec<Vec<ElementId>> {
        self.state.catalogue(|c| {
            let elements = |keys: &[FieldKey]| -> Vec<ElementId> {
                let known = keys.iter().filter_map(|key| c.field(key).filter(|f| f.meaning.offset_years == 0));
                known.map(CataloguedField::element).filter(|e| values.typed.contains_key(e)).collect()
            };
            c.forms().map(|form| elements(&form.field_keys)).filter(|e| e.len() > 1).collect()
        })
    }
}

/// The same units every time, spread over each level: those whose codes have the smallest digests.
fn sample(units: &UnitTree) -> Vec<UnitCode> {
    let mut by_level: BTreeMap<Level, Vec<([u8; 32], UnitCode)>> = BTreeMap::new();
    for unit in units.units() {
        let digest = *blake3::hash(unit.code.as_str().as_bytes()).as_bytes();
        by_level.entry(unit.level).or_default().push((digest, unit.code.clone()));
    }
    let mut chosen: Vec<UnitCode> = Vec::new();
    for mut list in by_level.into_values() {
        list.sort();
        chosen.extend(list.into_iter().take(SAMPLE).map(|(_, code)| code));
    }
    chosen
}
