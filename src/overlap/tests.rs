//! The catalogue as a whole: order of arrival, one by one against all at once, standings, removal.

mod labelled;
mod sample;

use std::sync::Arc;

use crate::domain::decision::{Decision, DecisionId, Verdict};
use crate::domain::element::CataloguedField;
use crate::domain::id::{AccountId, FieldId, FormId, OrganisationId};
use crate::domain::measure::Measures;
use crate::domain::message::Language;
use crate::domain::period::Frequency;
use crate::domain::relation::{Relation, RelationKind, Standing};
use crate::domain::template::{DataType, Field, FormTemplate, RegisteredTemplate};
use crate::domain::unit::Level;
use crate::overlap::brief::most;
use crate::overlap::judge::{MIN_SCORE, Worth, worth};
use crate::overlap::quick::{Rarities, Weighed, compared, weigh};
use crate::overlap::score::{Comparison, outcome};
use crate::overlap::{Catalogue, Settlement, Vocabulary, explain, read_form};

pub(super) struct Printed {
    pub form: Arc<RegisteredTemplate>,
    pub fields: Vec<CataloguedField>,
}

pub(super) fn form(id: &str, level: Level, frequency: Frequency, labels: &[(&str, &str)]) -> Printed {
    let vocabulary = Vocabulary::embedded().unwrap_or_else(|e| panic!("{e}"));
    let field = |(at, (label, unit)): (usize, &(&str, &str))| Field {
        id: FieldId::from_stored(format!("{at}")),
        code: String::new(),
        label: (*label).to_owned(),
        path: Vec::new(),
        column: String::new(),
        unit: (*unit).to_owned(),
        dtype: DataType::Decimal,
        decimals: None,
        note: String::new(),
        options: Vec::new(),
        classified: false,
        not_personal_because: String::new(),
    };
    let template = FormTemplate {
        id: FormId::from_stored(id),
        organisation: OrganisationId::from_stored(id),
        title: "基本情况".to_owned(),
        department: String::new(),
        authority: String::new(),
        number: String::new(),
        approval: String::new(),
        valid_until: String::new(),
        level,
        frequency,
        year: 2026,
        due_days_after: None,
        fields: labels.iter().enumerate().map(field).collect(),
        rules: Vec::new(),
    };
    let field_keys = template.field_keys(1, None);
    let fields = read_form(&vocabulary, &Measures::embedded(), &template, &field_keys);
    let form = RegisteredTemplate { template, version: 1, field_keys, registered_at: jiff::Timestamp::UNIX_EPOCH };
    Printed { form: Arc::new(form), fields }
}

fn sample() -> Vec<Printed> {
    vec![
        form(
            "village",
            Level::Village,
            Frequency::Annual,
            &[("年末常住人口", "人"), ("耕地面积", "亩"), ("低保户数", "户"), ("特色产业收入", "万元")],
        ),
        form(
            "town",
            Level::Township,
            Frequency::Annual,
            &[("常住人口数", "万人"), ("年末耕地面积", "公顷"), ("生猪出栏", "头"), ("特色产业毛收入", "万元")],
        ),
        form("month", Level::Township, Frequency::Monthly, &[("本月生猪出栏", "头"), ("户籍人口", "人"), ("耕地流转面积", "亩")]),
        form("again", Level::Village, Frequency::Annual, &[("常住人口", "人"), ("低保户", "户"), ("上年末常住人口", "人")]),
    ]
}

pub(super) fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap_or_else(|e| panic!("{e}"));
    runtime.block_on(future)
}

pub(super) fn catalogue(forms: &[Printed], order: &[usize]) -> Catalogue {
    let mut catalogue = Catalogue::new(Arc::new(Measures::embedded()));
    for at in order {
        catalogue.insert(forms[*at].form.clone(), forms[*at].fields.clone());
    }
    catalogue
}

pub(super) fn all(catalogue: &Catalogue) -> Vec<Relation> {
    run(catalogue.snapshot().compare_all()).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn order_of_arrival_does_not_matter() {
    let forms = sample();
    let first = all(&catalogue(&forms, &[0, 1, 2, 3]));
    assert!(!first.is_empty());
    for order in [[3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]] {
        assert_eq!(all(&catalogue(&forms, &order)), first);
    }
    let mut replaced = catalogue(&forms, &[2, 3, 0, 1]);
    replaced.remove(&FormId::from_stored("month"));
    replaced.insert(forms[2].form.clone(), forms[2].fields.clone());
    replaced.insert(forms[0].form.clone(), forms[0].fields.clone());
    assert_eq!(all(&replaced), first);
    assert_eq!(replaced.n_fields(), forms.iter().map(|f| f.fields.len()).sum::<usize>());
}

#[test]
fn one_by_one_agrees_with_all_at_once() {
    let forms = sample();
    let whole = catalogue(&forms, &[0, 1, 2, 3]);
    let relations = all(&whole);
    let questions = |list: &[Relation]| -> Vec<(String, String, u64)> {
        let mut pairs: Vec<_> = list
            .iter()
            .filter(|r| r.kind == RelationKind::LooksAlike)
            .map(|r| {
                let (a, b) = (r.a.to_string().min(r.b.to_string()), r.a.to_string().max(r.b.to_string()));
                (a, b, r.score.to_bits())
            })
            .collect();
        pairs.sort();
        pairs.dedup();
        pairs
    };
    let mut single: Vec<Relation> = Vec::new();
    for (at, printed) in forms.iter().enumerate() {
        let others: Vec<usize> = (0..forms.len()).filter(|o| *o != at).collect();
        let absent = run(catalogue(&forms, &others).snapshot().compare(&printed.form, &printed.fields)).unwrap_or_else(|e| panic!("{e}"));
        let present = run(whole.snapshot().compare(&printed.form, &printed.fields)).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(absent, present, "{}", printed.form.template.id);
        single.extend(present.into_iter().flat_map(|o| o.relations));
    }
    let single = questions(&single);
    for question in questions(&relations) {
        assert!(single.contains(&question), "{question:?} not in {single:?}");
    }
}

#[test]
fn standings_follow_the_relations() {
    let forms = sample();
    let whole = catalogue(&forms, &[0, 1, 2, 3]);
    let check = |at: usize, expect: &[Standing]| {
        let overlaps = run(whole.snapshot().compare(&forms[at].form, &forms[at].fields)).unwrap_or_else(|e| panic!("{e}"));
        let standings: Vec<Standing> = overlaps.iter().map(|o| o.standing).collect();
        assert_eq!(standings, expect, "{}", forms[at].form.template.id);
        for relation in overlaps.iter().flat_map(|o| &o.relations) {
            let named = explain::Named::default();
            let told = |language| explain::sentence(relation, &named, &named, language);
            assert!(!told(Language::Zh).is_empty() && !told(Language::En).is_empty());
        }
    };
    // A village's figures serve the township's sums, a month's flow the year's; never the other way round.
    check(0, &[Standing::Held, Standing::New, Standing::Held, Standing::LookAlike]);
    check(1, &[Standing::Computable, Standing::Computable, Standing::Computable, Standing::LookAlike]);
    check(2, &[Standing::New, Standing::New, Standing::New]);
}

#[test]
fn an_element_is_named_by_its_shortest_label() {
    let forms = sample();
    let whole = catalogue(&forms, &[0, 1, 2, 3]);
    let id = forms[0].fields[0].element();
    assert_eq!(whole.fields_of(id).len(), 4);
    let element = whole.element(id).unwrap_or_else(|| panic!("no element"));
    assert_eq!((element.name.as_str(), element.sums_over_units), ("常住人口", true));
}

#[test]
fn settling_step_by_step_gives_what_a_fresh_catalogue_gives() {
    let forms = sample();
    let key = |form: usize, field: usize| (forms[form].fields[field].key.clone(), forms[form].fields[field].meaning.key.clone());
    let decision = |id: u64, a: (usize, usize), b: (usize, usize), verdict: Verdict| {
        let ((a, a_key), (b, b_key)) = (key(a.0, a.1), key(b.0, b.1));
        Decision {
            id: DecisionId(id),
            sets_apart: verdict.tells_apart() && a_key == b_key,
            a,
            b,
            a_key,
            b_key,
            verdict,
            note: String::new(),
            decided_by: AccountId::from_stored("x"),
            decided_at: jiff::Timestamp::UNIX_EPOCH,
            is_disputed: false,
            undone: None,
            lesson: None,
        }
    };
    // Two unknown incomes are one, permanent and registered people too, and one form's permanent people are set apart.
    let decisions = [
        decision(1, (0, 3), (1, 3), Verdict::Same),
        decision(2, (1, 0), (2, 1), Verdict::Same),
        decision(3, (0, 0), (3, 0), Verdict::Different),
    ];
    let mut stepwise = catalogue(&forms, &[0, 1, 2, 3]);
    let unsettled = all(&stepwise);
    for n in 1..=decisions.len() {
        stepwise.settle(Settlement::of(&decisions[..n]));
        for order in [[0, 1, 2, 3], [3, 1, 0, 2]] {
            let mut fresh = Catalogue::new(Arc::new(Measures::embedded()));
            fresh.settle(Settlement::of(&decisions[..n]));
            for at in order {
                fresh.insert(forms[at].form.clone(), forms[at].fields.clone());
            }
            assert_eq!(all(&stepwise), all(&fresh), "{n} decisions");
        }
    }
    let element = |form: usize, field: usize| stepwise.field(&forms[form].fields[field].key).map(|f| f.element());
    assert_eq!(element(0, 3), element(1, 3));
    assert_eq!(element(1, 0), element(2, 1));
    assert!(element(3, 0) != element(0, 0) && element(0, 0) == element(1, 0));
    // A form that goes and comes back under decisions leaves the index as it was.
    let before = all(&stepwise);
    stepwise.remove(&FormId::from_stored("town"));
    stepwise.insert(forms[1].form.clone(), forms[1].fields.clone());
    assert_eq!(all(&stepwise), before);
    stepwise.settle(Settlement::default());
    assert_eq!(all(&stepwise), unsettled, "undone to the last");
}

#[test]
fn weighing_quickly_gives_what_the_full_comparison_gives() {
    let mut forms = sample();
    let noted = |at: usize| format!("其他粮食{at}（除稻谷、小麦）");
    let (one, two) = (noted(1), noted(2));
    forms.push(form("left out", Level::Township, Frequency::Annual, &[(&one, "吨"), ("男性常住人口", "人"), ("60岁及以上人口", "人")]));
    forms.push(form("left out too", Level::Township, Frequency::Annual, &[(&two, "公斤"), ("女性常住人口", "人"), ("65岁及以上人口", "")]));
    let order: Vec<usize> = (0..forms.len()).collect();
    let view = catalogue(&forms, &order).snapshot().with_joined();
    let (mut n_equal, mut n_bounded) = (0, 0);
    for (at, own) in view.state.elements.iter() {
        let placed = own.standing_for().unwrap_or_else(|| panic!("no field"));
        let rarities = Rarities::new(&view.state, placed.profile().unwrap_or_else(|| panic!("no profile")));
        for (_, other) in view.state.elements.iter().filter(|(other, e)| *other != at && !e.meets(own)) {
            let beside = other.standing_for().unwrap_or_else(|| panic!("no field"));
            let full = outcome(&view.state, placed, beside);
            let (profile, profile_beside) = (placed.profile().unwrap(), beside.profile().unwrap());
            let bound = most(&rarities, &placed.entry.briefs()[placed.at], &beside.entry.briefs()[beside.at]);
            match weigh(&rarities, profile, profile_beside) {
                Some(Weighed::Sum(sum)) => {
                    let milli = sum + rarities.context(&view.state, placed, beside);
                    assert!(bound.is_some_and(|bound| bound >= milli), "{bound:?} does not bound {milli}");
                    n_bounded += usize::from(bound.is_some_and(|bound| bound < milli + 500));
                    let (quick, full) = (compared(&rarities, profile, profile_beside, milli), full.clone().unwrap());
                    let said = |c: &Comparison| (c.milli, c.veto, c.only_a, c.only_b, c.is_other_thing);
                    assert_eq!(said(&quick), said(&full));
                }
                Some(Weighed::Conflict(facet)) => assert_eq!(full.as_ref().and_then(|c| c.veto), Some(facet)),
                Some(Weighed::OtherYear) => assert_eq!(full.as_ref().and_then(|c| c.veto), Some("offset")),
                None => {}
            }
            match worth(&view.state, &rarities, own, other) {
                Worth::Alike(milli) => {
                    assert_eq!(full.map(|c| c.milli), Some(milli));
                    n_equal += 1;
                }
                Worth::Conflict => assert!(full.is_some_and(|c| c.veto.is_some_and(|v| v != "offset"))),
                Worth::Nothing => assert!(full.is_none_or(|c| c.veto.is_some() || c.score() < MIN_SCORE)),
            }
        }
    }
    assert!(n_equal >= 4, "{n_equal}");
    assert!(n_bounded >= 4, "{n_bounded} bounds are near what they bound");
}
