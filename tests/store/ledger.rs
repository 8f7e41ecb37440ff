//! Observations: stored once, read back by key and by set.

use crate::store::fixture::{Backend, done, element, field_key, figure, instant, key, receipt, submit, unit, year};
use baoyici::domain::figure::Figure;
use baoyici::domain::id::{FieldId, FieldKey, FormId};
use baoyici::domain::observation::{NewObservation, Observation, ObservationKey};
use baoyici::domain::period::ReferencePeriod;
use baoyici::store::ObservationFilter;
use rust_decimal::Decimal;
use std::str::FromStr;

fn keys_of(observations: &[Observation]) -> Vec<ObservationKey> {
    observations.iter().map(|o| o.key.clone()).collect()
}

pub async fn a_figure_is_read_back_with_its_receipt(backend: &mut impl Backend) {
    let store = backend.store();
    let given = figure(key(1, 1), 1234);
    let receipt = submit(store.as_ref(), "r1", std::slice::from_ref(&given)).await;
    let found = store.observations_at(std::slice::from_ref(&given.key)).await.expect("reads");
    let expected = Observation {
        typed_under: given.key.element,
        key: given.key,
        figure: given.figure,
        unit_of_measure: given.unit_of_measure,
        via: given.via,
        version: 1,
        reporter: receipt.reporter,
        receipt: receipt.id,
        stored_at: instant(1),
        reason: String::new(),
    };
    assert_eq!(found, [expected]);
}

pub async fn every_kind_of_figure_reads_back(backend: &mut impl Backend) {
    let store = backend.store();
    let number = |text: &str| Figure::Number(Decimal::from_str(text).expect("a decimal"));
    let text = |text: &str| Figure::Text(text.to_owned());
    let given: Vec<NewObservation> = [
        number("0"),
        number("-0.00000001"),
        number("999999999999999.99999999"),
        number("1.50"),
        text("是"),
        text("n1"),
        text("1"),
        text("2026-09-30"),
        text("\"引号\"、'单引号'、\\反斜杠\\ 与 { } [ ] ,"),
        text("𠮷野家👩‍🌾é\u{301}"),
        text(&"长".repeat(500)),
        Figure::Bool(true),
        Figure::Bool(false),
    ]
    .into_iter()
    .enumerate()
    .map(|(n, figure)| NewObservation { figure, ..self::figure(key(1, n as u32), 0) })
    .collect();
    submit(store.as_ref(), "r1", &given).await;
    for one in &given {
        let found = store.observations_at(std::slice::from_ref(&one.key)).await.expect("reads");
        assert_eq!(found.first().map(|o| &o.figure), Some(&one.figure));
        assert_eq!(found.first().map(|o| o.figure.to_string()), Some(one.figure.to_string()), "the digits stay as they were typed");
    }
}

pub async fn every_kind_of_period_reads_back(backend: &mut impl Backend) {
    let store = backend.store();
    let given: Vec<NewObservation> = ["standing", "1949", "2200", "2026", "2026H1", "2026Q4", "2026-01", "2026-12"]
        .iter()
        .map(|text| ReferencePeriod::parse(text).expect("a period"))
        .map(|period| figure(ObservationKey { period, ..key(1, 1) }, 1))
        .collect();
    submit(store.as_ref(), "r1", &given).await;
    let found = store.observations(&ObservationFilter { units: vec![unit(1)], ..Default::default() }).await.expect("reads");
    let mut expected: Vec<_> = given.into_iter().map(|f| f.key).collect();
    expected.sort();
    assert_eq!(keys_of(&found), expected);
}

pub async fn the_field_and_unit_of_measure_are_remembered(backend: &mut impl Backend) {
    let store = backend.store();
    let via = |form: &str, field: &str, since: u32| FieldKey { form: FormId::from_stored(form), field: FieldId::from_stored(field), since };
    let appearances = [
        (via("甲", "f", 1), "人"),
        (via("甲", "f", 1), "万人"),
        (via("甲", "f", 2), "人"),
        (via("甲", "g\"'/@", 1), ""),
        (via("乙", "f", 1), "人"),
    ];
    let figures: Vec<NewObservation> = appearances
        .iter()
        .enumerate()
        .map(|(n, (via, unit))| NewObservation {
            via: via.clone(),
            unit_of_measure: (*unit).to_owned(),
            ..figure(key(1, n as u32), n as i64)
        })
        .collect();
    submit(store.as_ref(), "r1", &figures).await;
    for one in &figures {
        let found = store.observations_at(std::slice::from_ref(&one.key)).await.expect("reads");
        assert_eq!(found.first().map(|o| (&o.via, &o.unit_of_measure)), Some((&one.via, &one.unit_of_measure)));
    }
}

pub async fn a_held_figure_is_answered_and_nothing_is_stored(backend: &mut impl Backend) {
    let store = backend.store();
    let first = submit(store.as_ref(), "r1", &[figure(key(1, 1), 10), figure(key(1, 2), 20)]).await;
    let second = [figure(key(1, 3), 30), figure(key(1, 2), 21), figure(key(1, 1), 11)];
    let receipt = receipt("r2", &second);
    let held = done(store.as_ref(), |tx| Box::pin(tx.insert_observations(&receipt, &second))).await;
    let mut expected = vec![key(1, 1), key(1, 2)];
    expected.sort();
    assert_eq!(keys_of(&held), expected, "by key");
    assert!(held.iter().all(|o| o.receipt == first.id && o.reporter == first.reporter && o.version == 1));
    assert_eq!(store.n_observations().await.expect("reads"), 2);
    assert_eq!(store.receipt(&receipt.id).await.expect("reads"), None);
    assert_eq!(store.observations_at(&[key(1, 3)]).await.expect("reads"), []);
}

pub async fn after_a_refusal_the_transaction_goes_on(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[figure(key(1, 1), 10)]).await;
    let refused = [figure(key(1, 1), 11), figure(key(1, 2), 12)];
    let accepted = [figure(key(1, 2), 13)];
    let (bad, good) = (receipt("bad", &refused), receipt("good", &accepted));
    done(store.as_ref(), |tx| {
        let (bad, good, refused, accepted) = (&bad, &good, &refused, &accepted);
        Box::pin(async move {
            assert_eq!(tx.insert_observations(bad, refused).await?.len(), 1);
            assert_eq!(tx.insert_observations(good, accepted).await?, []);
            Ok(())
        })
    })
    .await;
    assert_eq!(store.observations_at(&[key(1, 2)]).await.expect("reads").first().map(|o| o.receipt.clone()), Some(good.id));
    assert_eq!(store.receipt(&bad.id).await.expect("reads"), None);
}

pub async fn the_same_element_of_other_units_and_periods_is_free(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[figure(key(1, 1), 1)]).await;
    submit(store.as_ref(), "r2", &[figure(key(2, 1), 1)]).await;
    submit(store.as_ref(), "r3", &[figure(ObservationKey { period: year(2027), ..key(1, 1) }, 1)]).await;
    submit(store.as_ref(), "r4", &[figure(key(1, 2), 1)]).await;
    assert_eq!(store.n_observations().await.expect("reads"), 4);
}

pub async fn a_key_twice_in_one_call_is_an_error(backend: &mut impl Backend) {
    let store = backend.store();
    let twice = [figure(key(1, 1), 1), figure(key(1, 1), 2)];
    let receipt = receipt("r1", &twice);
    let mut transaction = store.begin().await.expect("begins");
    assert!(transaction.insert_observations(&receipt, &twice).await.is_err());
    assert!(transaction.commit().await.is_err());
    assert_eq!(store.n_observations().await.expect("reads"), 0);
}

pub async fn a_figure_of_another_unit_than_the_receipt_is_an_error(backend: &mut impl Backend) {
    let store = backend.store();
    let mixed = [figure(key(1, 1), 1), figure(key(2, 1), 2)];
    let receipt = receipt("r1", &mixed);
    let mut transaction = store.begin().await.expect("begins");
    assert!(transaction.insert_observations(&receipt, &mixed).await.is_err());
    drop(transaction);
    assert_eq!(store.n_observations().await.expect("reads"), 0);
}

pub async fn an_empty_submission_is_a_receipt(backend: &mut impl Backend) {
    let store = backend.store();
    let receipt = submit(store.as_ref(), "r1", &[]).await;
    assert_eq!(store.receipt(&receipt.id).await.expect("reads"), Some(receipt));
}

pub async fn a_transaction_sees_its_figures_and_nobody_else_does(backend: &mut impl Backend) {
    let store = backend.store();
    let given = [figure(key(1, 2), 2), figure(key(1, 1), 1)];
    let receipt = receipt("r1", &given);
    let mut transaction = store.begin().await.expect("begins");
    transaction.insert_observations(&receipt, &given).await.expect("stores");
    let keys = [key(1, 1), key(1, 2), key(1, 3)];
    let mut expected = vec![key(1, 1), key(1, 2)];
    expected.sort();
    assert_eq!(keys_of(&transaction.observations_at(&keys).await.expect("reads")), expected);
    assert_eq!(store.observations_at(&keys).await.expect("reads"), []);
    assert_eq!(store.n_observations().await.expect("reads"), 0);
    transaction.commit().await.expect("commits");
    assert_eq!(keys_of(&store.observations_at(&keys).await.expect("reads")), expected);
}

pub async fn far_more_figures_than_parameters_are_one_call(backend: &mut impl Backend) {
    let store = backend.store();
    let given: Vec<NewObservation> =
        (0..40_000).map(|n| NewObservation { via: field_key(n % 7_000), ..figure(key(1, n), i64::from(n)) }).collect();
    submit(store.as_ref(), "r1", &given).await;
    assert_eq!(store.n_observations().await.expect("reads"), 40_000);
    let keys: Vec<ObservationKey> = given.iter().map(|f| f.key.clone()).collect();
    let found = store.observations_at(&keys).await.expect("reads");
    assert_eq!(found.len(), 40_000);
    assert!(found.is_sorted_by(|a, b| a.key < b.key));
    let again = receipt("r2", &given);
    assert_eq!(done(store.as_ref(), |tx| Box::pin(tx.insert_observations(&again, &given))).await.len(), 40_000);
}

pub async fn observations_come_by_unit_element_and_period(backend: &mut impl Backend) {
    let store = backend.store();
    // Units are stored in an order that is not the order of their codes.
    for n in [3, 1, 2] {
        let figures: Vec<NewObservation> = [2026, 2024, 2025]
            .iter()
            .flat_map(|y| (0..3).map(move |e| figure(ObservationKey { period: year(*y), ..key(n, e) }, 1)))
            .collect();
        submit(store.as_ref(), &format!("r{n}"), &figures).await;
    }
    let filter = ObservationFilter { units: vec![unit(2), unit(3), unit(1)], ..Default::default() };
    let found = store.observations(&filter).await.expect("reads");
    assert_eq!(found.len(), 27);
    assert!(found.is_sorted_by(|a, b| a.key < b.key));
}

pub async fn a_filter_takes_what_is_in_all_three_lists(backend: &mut impl Backend) {
    let store = backend.store();
    for n in 1..4 {
        let figures: Vec<NewObservation> = [2024, 2025, 2026]
            .iter()
            .flat_map(|y| (0..3).map(move |e| figure(ObservationKey { period: year(*y), ..key(n, e) }, 1)))
            .collect();
        submit(store.as_ref(), &format!("r{n}"), &figures).await;
    }
    let check = async |n_units: u32, n_elements: u32, n_years: i16, expected: usize| {
        let filter = ObservationFilter {
            units: (1..=n_units).map(unit).collect(),
            elements: (0..n_elements).map(element).collect(),
            periods: (0..n_years).map(|n| year(2024 + n)).collect(),
        };
        let found = store.observations(&filter).await.expect("reads");
        assert_eq!(found.len(), expected, "{filter:?}");
        assert!(found.is_sorted_by(|a, b| a.key < b.key));
        let matches = |o: &Observation| {
            filter.units.contains(&o.key.unit)
                && (n_elements == 0 || filter.elements.contains(&o.key.element))
                && (n_years == 0 || filter.periods.contains(&o.key.period))
        };
        assert!(found.iter().all(matches));
    };
    check(2, 0, 0, 18).await;
    check(2, 1, 0, 6).await;
    check(2, 0, 2, 12).await;
    check(2, 2, 1, 4).await;
    check(9, 9, 9, 27).await;
    check(0, 1, 1, 0).await;
}

pub async fn a_filter_without_units_finds_nothing(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[figure(key(1, 1), 1)]).await;
    assert_eq!(store.observations(&ObservationFilter::default()).await.expect("reads"), []);
}

pub async fn what_is_named_twice_is_found_once(backend: &mut impl Backend) {
    let store = backend.store();
    submit(store.as_ref(), "r1", &[figure(key(1, 1), 1)]).await;
    let filter =
        ObservationFilter { units: vec![unit(1), unit(1)], elements: vec![element(1), element(1)], periods: vec![year(2026), year(2026)] };
    assert_eq!(store.observations(&filter).await.expect("reads").len(), 1);
    assert_eq!(store.observations_at(&[key(1, 1), key(1, 1)]).await.expect("reads").len(), 1);
}

pub async fn unknown_keys_are_not_answered(backend: &mut impl Backend) {
    let store = backend.store();
    assert_eq!(store.observations_at(&[]).await.expect("reads"), []);
    assert_eq!(store.observations_at(&[key(9, 9)]).await.expect("reads"), []);
    assert_eq!(store.observation_versions(&key(9, 9)).await.expect("reads"), []);
    assert_eq!(store.n_observations().await.expect("reads"), 0);
}

pub async fn a_figure_may_come_without_a_registered_unit(backend: &mut impl Backend) {
    // Whether a unit may report is for the use case to know; the ledger keeps figures of units that were merged away.
    let store = backend.store();
    submit(store.as_ref(), "r1", &[figure(key(77, 1), 1)]).await;
    assert_eq!(store.unit_rows().await.expect("reads"), []);
    assert_eq!(store.n_observations().await.expect("reads"), 1);
}
