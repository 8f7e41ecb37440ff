//! Learning as a whole: reasons that add up, answers that move weights, synonyms that reach as far as nothing contradicts them, and merges
//! that wait for their proof.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::cli::offline::answers::read_labels;
use crate::cli::offline::files::{catalogue_of, read_paths};
use crate::domain::decision::{Decision, DecisionId, Verdict};
use crate::domain::facet::{Facets, Meaning, TimeBasis};
use crate::domain::id::{AccountId, FieldKey};
use crate::domain::measure::Measures;
use crate::domain::period::Frequency;
use crate::domain::relation::{Relation, RelationKind};
use crate::domain::unit::Level;
use crate::overlap::facets::key::key_of;
use crate::overlap::learn::weights::Feature;
use crate::overlap::learn::{Calibration, DecidedPair, Learned, ProposedSynonym, Scope, learn};
use crate::overlap::tests::{Printed, all, catalogue, form, run};
use crate::overlap::{Catalogue, Settlement, Snapshot};

/// Words of a field: measure (several joined by `+`), populations and qualifiers (the same), and unknown words.
type Words<'a> = (&'a str, &'a str, &'a str, &'a str);

/// A form whose fields mean what is said here, whatever the vocabulary would read.
fn form_of(id: &str, fields: &[Words<'_>]) -> Printed {
    let labels: Vec<String> = fields.iter().map(|(m, p, q, r)| format!("{p}{m}{q}{r}")).collect();
    let labels: Vec<(&str, &str)> = labels.iter().map(|l| (l.as_str(), "个")).collect();
    let mut printed = form(id, Level::Village, Frequency::Annual, &labels);
    for (field, (measure, population, qualifiers, residue)) in printed.fields.iter_mut().zip(fields) {
        field.meaning = meaning(measure, population, qualifiers, residue);
    }
    printed
}

fn meaning(measure: &str, population: &str, qualifiers: &str, residue: &str) -> Meaning {
    let set = |words: &str| words.split('+').filter(|w| !w.is_empty()).map(str::to_owned).collect::<BTreeSet<String>>();
    let facets = Facets {
        measure: Some(measure.to_owned()).filter(|m| !m.is_empty()),
        statistic: Some("个数".to_owned()),
        population: set(population),
        qualifiers: set(qualifiers),
        time_basis: Some(TimeBasis::Stock),
        dimension: Some("count".to_owned()),
        ..Facets::default()
    };
    let residue: Vec<String> = set(residue).into_iter().collect();
    let key = key_of(&facets, &residue);
    Meaning { facets, residue, key, offset_years: 0, sums_over_units: true, is_certain: true, evidence: Vec::new() }
}

fn whole(forms: &[Printed]) -> Catalogue {
    catalogue(forms, &(0..forms.len()).collect::<Vec<_>>())
}

fn key(form: &Printed, at: usize) -> FieldKey {
    form.fields[at].key.clone()
}

fn decided(pairs: &[(FieldKey, FieldKey)], verdict: Verdict) -> Vec<DecidedPair> {
    pairs.iter().map(|(a, b)| DecidedPair { a: a.clone(), b: b.clone(), verdict }).collect()
}

/// Settles a catalogue by answers and takes what they teach, as a server does.
fn take(catalogue: &mut Catalogue, answers: &[DecidedPair]) {
    let key = |field: &FieldKey| catalogue.meaning(field).unwrap().key.clone();
    let decision = |(at, pair): (usize, &DecidedPair)| Decision {
        id: DecisionId(at as u64 + 1),
        a: pair.a.clone(),
        b: pair.b.clone(),
        a_key: key(&pair.a),
        b_key: key(&pair.b),
        verdict: pair.verdict,
        sets_apart: false,
        note: String::new(),
        decided_by: AccountId::from_stored("x"),
        decided_at: jiff::Timestamp::UNIX_EPOCH,
        is_disputed: false,
        undone: None,
        lesson: None,
    };
    let decisions: Vec<Decision> = answers.iter().enumerate().map(decision).collect();
    catalogue.settle(Settlement::of(&decisions));
    catalogue.set_learned(Arc::new(learn(&catalogue.snapshot(), answers)));
}

fn are_one(view: &Snapshot, a: &FieldKey, b: &FieldKey) -> bool {
    let joined = view.joined_elements(&[]);
    let element = |key: &FieldKey| {
        let own = view.find(key).unwrap().field().unwrap().element();
        joined.get(&own).copied().unwrap_or(own)
    };
    element(a) == element(b)
}

/// Our own sample province: many forms with rivals, settled neighbours and everything else.
fn province() -> Catalogue {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/forms/templates");
    let measures = Arc::new(Measures::embedded());
    let read = read_paths(&[folder], 2026, &measures).unwrap();
    catalogue_of(read.templates, &measures).unwrap()
}

#[test]
fn reasons_add_up_to_the_score() {
    let relations = all(&province());
    // What a form shows needs no weighing: only what was weighed has a prior.
    let is_weighed = |r: &&Relation| r.reasons.iter().any(|reason| reason.facet == "prior");
    let judged = |r: &&Relation| r.kind == RelationKind::LooksAlike || (r.kind != RelationKind::Conflict && is_weighed(r));
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for relation in relations.iter().filter(judged) {
        let sum: f64 = relation.reasons.iter().map(|r| r.weight).sum();
        let score = 1.0 / (1.0 + (-sum).exp());
        assert!((score - relation.score).abs() <= 0.000_051, "{score} for {relation:?}");
        assert_eq!(relation.reasons.iter().filter(|r| r.facet == "prior").count(), 1);
        seen.extend(relation.reasons.iter().map(|r| r.facet.clone()));
    }
    for facet in ["prior", "context", "rival", "label", "measure"] {
        assert!(seen.contains(facet), "no reason about {facet} in {seen:?}");
    }
}

#[test]
fn the_shipped_weights_speak_in_the_expected_direction() {
    let weights = Learned::default().weights;
    for (more, less) in [
        (Feature::StatisticSame, Feature::StatisticOpen),
        (Feature::TimeSame, Feature::TimeDiffers),
        (Feature::Residue100, Feature::Residue0),
        (Feature::Text100, Feature::Text0),
        (Feature::ContextMore, Feature::Prior),
    ] {
        assert!(weights.of(more) > weights.of(less), "{} and {}", more.name(), less.name());
    }
    assert!(weights.of(Feature::MeasureOpen) < 0 && weights.of(Feature::ContextOne) > 0 && weights.of(Feature::Rarity) > 0);
}

/// Three villages' forms: the second says 丙 where the first says 乙, in each of its rows.
fn villages() -> Vec<Printed> {
    let rows = |word: &str| ["男", "女", "老"].map(|q| (word.to_owned(), q.to_owned()));
    let form = |id: &str, word: &str| {
        let rows = rows(word);
        let fields: Vec<Words<'_>> = rows.iter().map(|(m, q)| (m.as_str(), "", q.as_str(), "")).collect();
        form_of(id, &fields)
    };
    vec![form("one", "乙+甲"), form("two", "丙+甲"), form("three", "丁+甲")]
}

#[test]
fn answers_move_the_weights_of_what_they_saw() {
    let forms = villages();
    let catalogue = whole(&forms);
    let pairs: Vec<_> = (0..3).map(|at| (key(&forms[0], at), key(&forms[1], at))).collect();
    let weight = |verdict: Verdict, feature: Feature| learn(&catalogue.snapshot(), &decided(&pairs, verdict)).weights.of(feature);
    let shipped = Learned::default().weights.of(Feature::MeasureOpen);
    assert!(weight(Verdict::Same, Feature::MeasureOpen) > shipped);
    assert!(weight(Verdict::Different, Feature::MeasureOpen) <= shipped);
    assert_eq!(weight(Verdict::Same, Feature::PlanDiffers), Learned::default().weights.of(Feature::PlanDiffers), "nobody saw a plan");
    assert_eq!(learn(&catalogue.snapshot(), &decided(&pairs, Verdict::Unsure)).weights, Learned::default().weights);
}

#[test]
fn a_look_alike_told_apart_weighs_less_from_then_on() {
    let forms = [form_of("one", &[("甲", "", "", "仙草作坊联营")]), form_of("two", &[("甲", "", "", "仙草作坊联合")])];
    let catalogue = whole(&forms);
    let pair = [(key(&forms[0], 0), key(&forms[1], 0))];
    let of = |verdict: Verdict, feature: Feature| learn(&catalogue.snapshot(), &decided(&pair, verdict)).weights.of(feature);
    let shipped = Learned::default().weights;
    for feature in [Feature::Prior, Feature::Residue100, Feature::Text75] {
        assert!(
            of(Verdict::Different, feature) < shipped.of(feature) && of(Verdict::Same, feature) > shipped.of(feature),
            "{}",
            feature.name()
        );
    }
}

fn accepted(learned: &Learned) -> Vec<&ProposedSynonym> {
    learned.synonyms.iter().filter(|s| s.is_accepted).collect()
}

#[test]
fn a_synonym_serves_rows_and_forms_that_nobody_decided() {
    let forms = villages();
    let two: Vec<_> = (0..2).map(|at| (key(&forms[0], at), key(&forms[1], at))).collect();
    let mut catalogue = whole(&forms);
    let one = learn(&catalogue.snapshot(), &decided(&two[..1], Verdict::Same));
    assert!(accepted(&one).is_empty(), "one pair is not enough: {:?}", one.synonyms);
    let learned = learn(&catalogue.snapshot(), &decided(&two, Verdict::Same));
    assert!(accepted(&learned).iter().any(|s| s.scope == Scope::Beside("甲".to_owned())), "{:?}", learned.synonyms);
    take(&mut catalogue, &decided(&two, Verdict::Same));
    assert!(are_one(&catalogue.snapshot(), &key(&forms[0], 2), &key(&forms[1], 2)), "the row that was not decided");
    assert!(!are_one(&catalogue.snapshot(), &key(&forms[0], 2), &key(&forms[2], 2)), "丁 is another thing");
    let later = form_of("later", &[("丙+甲", "", "少", "")]);
    let other = form_of("other", &[("乙+甲", "", "少", "")]);
    for printed in [&later, &other] {
        catalogue.insert(printed.form.clone(), printed.fields.clone());
    }
    assert!(are_one(&catalogue.snapshot(), &key(&later, 0), &key(&other, 0)), "forms that came later");
}

/// Two forms that print one table of seven rows; the second reads rows from the third on otherwise. `note` stands beside the last row.
fn one_table(note: &str) -> [Printed; 2] {
    let rows = ["仙草作坊", "仙草工坊", "仙草货栈", "仙草驿站", "仙草码头", "仙草园林", "仙草书院"];
    let first: Vec<Words<'_>> = rows.iter().map(|r| ("", "", "", *r)).collect();
    let mut forms = [form_of("left", &first), form_of("right", &first)];
    for (at, field) in forms[1].fields.iter_mut().enumerate().skip(3) {
        field.meaning = meaning("仙草", "", "", rows[at]);
        field.meaning.facets.qualifiers.extend((0..at).map(|n| format!("第{n}")));
        field.meaning.key = key_of(&field.meaning.facets, &field.meaning.residue);
    }
    let last = Arc::make_mut(&mut forms[1].form).template.fields.last_mut().unwrap();
    last.note = note.to_owned();
    forms[1].fields.last_mut().unwrap().meaning.is_certain = note.is_empty();
    forms
}

#[test]
fn equal_names_count_between_forms_that_print_one_table() {
    for (note, expect) in [("", true), ("指上一年的", false)] {
        let forms = one_table(note);
        let mut catalogue = whole(&forms);
        let pair = |at: usize| (key(&forms[0], at), key(&forms[1], at));
        assert!(are_one(&catalogue.snapshot(), &pair(0).0, &pair(0).1) && !are_one(&catalogue.snapshot(), &pair(4).0, &pair(4).1));
        let one = learn(&catalogue.snapshot(), &decided(&[pair(3)], Verdict::Same));
        assert!(accepted(&one).is_empty(), "one answer does not tell");
        take(&mut catalogue, &decided(&[pair(3), pair(4)], Verdict::Same));
        let view = catalogue.snapshot();
        assert!(are_one(&view, &pair(5).0, &pair(5).1), "{:?}", catalogue.learned().synonyms);
        assert_eq!(are_one(&view, &pair(6).0, &pair(6).1), expect, "a note that only one of them has may define it otherwise");
        let mixed = [decided(&[pair(3), pair(4)], Verdict::Same), decided(&[pair(5)], Verdict::Different)].concat();
        assert!(accepted(&learn(&catalogue.snapshot(), &mixed)).is_empty(), "one answer against it");
    }
}

#[test]
fn what_is_contradicted_is_not_accepted() {
    let mut forms = villages();
    let two: Vec<_> = (0..2).map(|at| (key(&forms[0], at), key(&forms[1], at))).collect();
    let against = vec![DecidedPair { a: key(&forms[0], 2), b: key(&forms[1], 2), verdict: Verdict::Narrower }];
    let mixed = [decided(&two, Verdict::Same), against].concat();
    assert!(accepted(&learn(&whole(&forms).snapshot(), &mixed)).is_empty(), "an answer against it");
    // A form that has both a row for 乙 and one for 丙 tells them apart.
    forms.push(form_of("both", &[("乙+甲", "", "青", ""), ("丙+甲", "", "青", "")]));
    let learned = learn(&whole(&forms).snapshot(), &decided(&two, Verdict::Same));
    let wide = |s: &&&ProposedSynonym| !matches!(s.scope, Scope::Between(..) | Scope::Names(..));
    assert_eq!(accepted(&learned).iter().filter(wide).count(), 0, "{:?}", learned.synonyms);
}

#[test]
fn what_was_told_apart_stays_apart_over_any_number_of_steps() {
    let forms = villages();
    let mut catalogue = whole(&forms);
    let (a, b, c) = (key(&forms[0], 0), key(&forms[1], 0), key(&forms[2], 0));
    let same = decided(&[(a.clone(), b.clone()), (b.clone(), c.clone())], Verdict::Same);
    let apart = decided(&[(a.clone(), c.clone())], Verdict::Different);
    take(&mut catalogue, &[apart, same].concat());
    let view = catalogue.snapshot();
    assert!(are_one(&view, &a, &b) && !are_one(&view, &a, &c), "{:?}", view.learned_merges(&[], &[]));
    // Two rows of one form are two figures, whatever somebody decides by mistake.
    let (x, y) = (key(&forms[0], 1), key(&forms[0], 2));
    take(&mut catalogue, &decided(&[(x.clone(), y.clone())], Verdict::Same));
    assert!(!are_one(&catalogue.snapshot(), &x, &y));
}

#[test]
fn the_order_of_forms_and_answers_does_not_matter() {
    let forms = villages();
    let pairs: Vec<_> = (0..3).map(|at| (key(&forms[0], at), key(&forms[1], at))).collect();
    let answers = [decided(&pairs[..2], Verdict::Same), decided(&[(key(&forms[2], 0), key(&forms[1], 0))], Verdict::Different)].concat();
    let of = |order: &[usize], answers: &[DecidedPair]| {
        let mut catalogue = catalogue(&forms, order);
        take(&mut catalogue, answers);
        let learned = catalogue.learned().clone();
        let relations = all(&catalogue);
        let joined = catalogue.snapshot().joined_elements(&relations);
        (learned.weights, learned.synonyms, learned.calibration, relations, joined)
    };
    let first = of(&[0, 1, 2], &answers);
    let backwards: Vec<DecidedPair> = answers.iter().rev().cloned().collect();
    for order in [[2, 1, 0], [1, 0, 2]] {
        assert_eq!(of(&order, &answers), first);
        assert_eq!(of(&order, &backwards), first);
    }
}

#[test]
fn nothing_merges_by_its_score_without_proof() {
    let mut catalogue = province();
    let relations = all(&catalogue);
    let alike: Vec<&Relation> = relations.iter().filter(|r| r.kind == RelationKind::LooksAlike).collect();
    let surest = alike.first().unwrap();
    // Every look-alike decided to be one figure is still too few.
    let answers: Vec<_> = alike.iter().take(100).map(|r| (r.a.clone(), r.b.clone())).collect();
    let learned = learn(&catalogue.snapshot(), &decided(&answers, Verdict::Same));
    assert_eq!(learned.calibration.automatic_from, None);
    assert!(catalogue.snapshot().joined_elements(&relations).is_empty());
    let proven =
        |from: f64| Learned { calibration: Calibration { automatic_from: Some(from), ..Calibration::default() }, ..Learned::default() };
    let joined = |catalogue: &Catalogue| catalogue.snapshot().joined_elements(&relations).len();
    catalogue.set_learned(Arc::new(proven(surest.score)));
    assert!(joined(&catalogue) >= 2);
    catalogue.set_learned(Arc::new(proven(surest.score + 0.000_1)));
    assert_eq!(joined(&catalogue), 0);
    let told_apart = decided(&[(surest.a.clone(), surest.b.clone())], Verdict::Different);
    take(&mut catalogue, &told_apart);
    catalogue.set_learned(Arc::new(proven(surest.score)));
    let (a, b) = (&surest.a, &surest.b);
    assert!(!are_one(&catalogue.snapshot(), a, b));
}

#[test]
fn the_shipped_weights_are_those_of_the_sample() {
    let catalogue = province();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/forms/labels.jsonl");
    let labels = read_labels(&file, &catalogue).unwrap();
    let label = |a: &FieldKey, b: &FieldKey| Some(labels.get(a)?.as_ref()? == labels.get(b)?.as_ref()?);
    let estimate = run(catalogue.snapshot().estimate_weights(&label)).unwrap_or_else(|e| panic!("{e}"));
    let shipped = Learned::default().weights;
    for feature in Feature::all() {
        let (is, was) = (estimate.weights.of(feature), shipped.of(feature));
        // A new word in the vocabulary moves weights a little; what moves further is renewed.
        assert!((is - was).abs() <= 400, "{}: {was} is shipped and the sample gives {is}: run make weights", feature.name());
    }
}

#[test]
fn weights_are_estimated_from_pairs_nobody_answered() {
    let catalogue = province();
    let estimate = |label: &(dyn Fn(&FieldKey, &FieldKey) -> Option<bool> + Sync)| {
        run(catalogue.snapshot().estimate_weights(label)).unwrap_or_else(|e| panic!("{e}"))
    };
    let unlabelled = estimate(&|_, _| None);
    assert_eq!(unlabelled.print("x"), estimate(&|_, _| None).print("x"), "the same forms give the same file");
    assert!(unlabelled.n_labelled == 0 && unlabelled.n_candidates > 100 && unlabelled.n_apart > 100);
    assert!(unlabelled.share > 0.001 && unlabelled.share < 0.1, "{}", unlabelled.share);
    let none = estimate(&|_, _| Some(false));
    assert!(none.weights.of(Feature::Prior) < unlabelled.weights.of(Feature::Prior));
}
