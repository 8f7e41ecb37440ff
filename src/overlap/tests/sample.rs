//! The sample province as a whole: any order of arrival, one by one against all at once, nothing overlooked.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{Printed, all, catalogue, run};
use crate::domain::id::{FormId, OrganisationId};
use crate::domain::measure::Measures;
use crate::domain::relation::{Relation, RelationKind};
use crate::domain::template::RegisteredTemplate;
use crate::formats::template_json::{TemplateDefaults, read_template};
use crate::overlap::{Catalogue, Vocabulary, read_form};

/// The sample forms, by file name.
fn sample_forms() -> Vec<Printed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/forms/templates");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let (vocabulary, measures) = (Vocabulary::embedded().unwrap(), Measures::embedded());
    let read = |path: &std::path::PathBuf| {
        let defaults = TemplateDefaults { organisation: OrganisationId::from_stored("sample"), year: 2026 };
        let template = read_template(&std::fs::read(path).unwrap(), &defaults, &measures).unwrap().template;
        let field_keys = template.field_keys(1, None);
        let fields = read_form(&vocabulary, &measures, &template, &field_keys);
        let form = RegisteredTemplate { template, version: 1, field_keys, registered_at: jiff::Timestamp::UNIX_EPOCH };
        Printed { form: Arc::new(form), fields }
    };
    paths.iter().map(read).collect()
}

/// Everything that a catalogue answers, as bytes: every element with its fields, and every relation.
fn answers(catalogue: &Catalogue, forms: &[Printed]) -> String {
    let ids: BTreeSet<_> = forms.iter().flat_map(|f| &f.fields).map(|f| f.element()).collect();
    let elements: Vec<_> = ids.iter().map(|id| (catalogue.element(*id), catalogue.fields_of(*id))).collect();
    let lines: Vec<String> = all(catalogue).iter().map(|r| serde_json::to_string(r).unwrap()).collect();
    format!("{elements:?}\n{}", lines.join("\n"))
}

#[test]
fn any_order_of_arrival_gives_the_same_byte_for_byte() {
    let forms = sample_forms();
    let n = forms.len();
    let expect = answers(&catalogue(&forms, &(0..n).collect::<Vec<_>>()), &forms);
    // Forms arrive in any order, some arrive, leave and come back, and some are registered again on top.
    let orders = (Just((0..n).collect::<Vec<_>>()).prop_shuffle(), proptest::collection::vec((0..n, any::<bool>()), 0..12));
    let mut runner = TestRunner::new(Config { cases: 8, failure_persistence: None, ..Config::default() });
    let result = runner.run(&orders, |(order, again)| {
        let mut shuffled = catalogue(&forms, &order);
        for (at, leaves) in &again {
            if *leaves {
                shuffled.remove(&forms[*at].form.template.id);
            }
            shuffled.insert(forms[*at].form.clone(), forms[*at].fields.clone());
        }
        // A snapshot that others hold makes every later change a copy.
        let held = shuffled.snapshot();
        shuffled.remove(&FormId::from_stored("nobody"));
        shuffled.insert(forms[0].form.clone(), forms[0].fields.clone());
        prop_assert!(answers(&shuffled, &forms) == expect, "order {order:?}, again {again:?}");
        prop_assert_eq!(run(held.compare_all()).unwrap().len(), run(shuffled.snapshot().compare_all()).unwrap().len());
        Ok(())
    });
    result.unwrap_or_else(|e| panic!("{e}"));
}

/// A relation as it is seen from either side.
fn unordered(r: &Relation) -> (String, String, u64, &'static str) {
    let kind = match r.kind {
        RelationKind::Broader => RelationKind::Narrower,
        kind => kind,
    };
    let (a, b) = (r.a.to_string(), r.b.to_string());
    (a.clone().min(b.clone()), a.max(b), r.score.to_bits(), kind.as_str())
}

#[test]
fn one_form_after_the_other_gives_what_the_whole_gives() {
    let forms = sample_forms();
    let every: Vec<usize> = (0..forms.len()).collect();
    let whole = catalogue(&forms, &every);
    let relations = all(&whole);
    let mut single = BTreeSet::new();
    for (at, printed) in forms.iter().enumerate() {
        let present = run(whole.snapshot().compare(&printed.form, &printed.fields)).unwrap();
        if at % 5 == 0 {
            let others: Vec<usize> = every.iter().copied().filter(|o| *o != at).collect();
            let absent = run(catalogue(&forms, &others).snapshot().compare(&printed.form, &printed.fields)).unwrap();
            assert_eq!(absent, present, "{}", printed.form.template.id);
        }
        single.extend(present.iter().flat_map(|o| &o.relations).map(unordered));
    }
    // What a form says twice itself is told of the whole alone.
    for relation in relations.iter().filter(|r| r.a.form != r.b.form) {
        assert!(single.contains(&unordered(relation)), "{relation:?}");
    }
    let told = run(whole.snapshot().relations()).unwrap();
    assert_eq!(told.len(), relations.len());
    let alike: Vec<Relation> = relations.iter().filter(|r| r.kind == RelationKind::LooksAlike).skip(3).cloned().collect();
    assert!(told.page(&[RelationKind::LooksAlike], 3).eq(alike));
}

#[test]
fn the_index_overlooks_nothing() {
    let forms = sample_forms();
    let whole = catalogue(&forms, &(0..forms.len()).collect::<Vec<_>>());
    let recall = run(whole.snapshot().blocking_recall(1, crate::overlap::LOOK_ALIKE_SCORE)).unwrap();
    assert!(recall.n_worth >= 40, "{recall:?}");
    assert!(recall.share() >= 0.999, "{} of {}: {:?}", recall.n_met, recall.n_worth, recall.missed);
}
