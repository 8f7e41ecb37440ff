//! Classes against brute force, order independence, setting apart, and forms that ask for both.

use super::*;
use crate::domain::decision::Undone;
use crate::domain::facet::{Facets, Meaning};
use crate::domain::id::{AccountId, FieldId, FormId};
use proptest::prelude::*;

fn key(form: &str, field: &str) -> FieldKey {
    FieldKey { form: FormId::from_stored(form), field: FieldId::from_stored(field), since: 1 }
}

/// A decision on fields `a/1` and `b/1` whose readings gave these keys.
fn decision(id: u64, (a, a_key): (&str, &str), (b, b_key): (&str, &str), verdict: Verdict) -> Decision {
    Decision {
        id: DecisionId(id),
        a: key(a, "1"),
        b: key(b, "1"),
        a_key: a_key.to_owned(),
        b_key: b_key.to_owned(),
        verdict,
        sets_apart: verdict.tells_apart() && a_key == b_key,
        note: String::new(),
        decided_by: AccountId::from_stored("x"),
        decided_at: jiff::Timestamp::UNIX_EPOCH,
        is_disputed: false,
        undone: None,
        lesson: None,
    }
}

fn simple(id: u64, a: &str, b: &str, verdict: Verdict) -> Decision {
    decision(id, (a, a), (b, b), verdict)
}

fn field(form: &str, id: &str, reading: &str, offset_years: i16) -> CataloguedField {
    let meaning = Meaning {
        facets: Facets::default(),
        residue: Vec::new(),
        key: reading.to_owned(),
        offset_years,
        sums_over_units: true,
        is_certain: true,
        evidence: Vec::new(),
    };
    CataloguedField::new(key(form, id), meaning)
}

fn keys(settlement: &Settlement, mut fields: Vec<CataloguedField>) -> Vec<String> {
    settlement.settle(&mut fields);
    fields.iter().map(|f| f.element_key().to_owned()).collect()
}

#[test]
fn a_class_is_named_by_its_smallest_certain_key() {
    let decisions = [simple(1, "?f/1@1", "B", Verdict::Same), simple(2, "A", "B", Verdict::Same)];
    let settled = Settlement::of(&decisions);
    for node in ["?f/1@1", "A", "B"] {
        assert_eq!(settled.class_of(node), "A");
    }
    assert_eq!(settled.class_of("C"), "C");
    assert_eq!(Settlement::of(&[simple(1, "?g", "?f", Verdict::Same)]).class_of("?g"), "?f", "the smallest where none is certain");
}

#[test]
fn undone_and_disputed_decisions_do_nothing() {
    let undone = Undone { by: AccountId::from_stored("x"), at: jiff::Timestamp::UNIX_EPOCH, note: String::new() };
    let decisions = [
        Decision { undone: Some(undone), ..simple(1, "A", "B", Verdict::Same) },
        Decision { is_disputed: true, ..simple(2, "B", "C", Verdict::Same) },
    ];
    assert_eq!(Settlement::of(&decisions), Settlement::default());
}

#[test]
fn fields_with_one_key_are_told_apart_one_by_one() {
    let apart = decision(1, ("f", "A"), ("g", "A"), Verdict::Different);
    let settled = Settlement::of(std::slice::from_ref(&apart));
    assert_eq!(keys(&settled, vec![field("f", "1", "A", 0)]), ["A"]);
    assert_eq!(keys(&settled, vec![field("g", "1", "A", 0)]), ["?g/1@1"]);
    assert_eq!(keys(&settled, vec![field("h", "1", "A", 0)]), ["A"], "others stay with the first");
    // What was said of the field itself goes with it.
    let settled = Settlement::of(&[decision(2, ("g", "A"), ("x", "X"), Verdict::Same), apart.clone()]);
    assert_eq!(keys(&settled, vec![field("g", "1", "A", 0)]), ["X"]);
    assert_eq!(keys(&settled, vec![field("f", "1", "A", 0)]), ["A"]);
    assert!(settled.told_apart("A", "X").is_some(), "what it was told apart from stays apart from what it was joined with");
    // And what contradicts it waits.
    let both =
        Settlement::of(&[apart, decision(2, ("g", "A"), ("x", "X"), Verdict::Same), decision(3, ("f", "A"), ("x", "X"), Verdict::Same)]);
    assert_eq!(both.contradictions(), [Contradiction { waiting: DecisionId(3), standing: DecisionId(1) }]);
}

#[test]
fn a_field_may_be_set_apart_from_what_its_reading_was_joined_with() {
    let odd = Decision { sets_apart: true, ..decision(2, ("f", "A"), ("x", "B"), Verdict::Different) };
    let settled = Settlement::of(&[decision(1, ("f", "A"), ("g", "B"), Verdict::Same), odd]);
    assert_eq!(settled.contradictions(), []);
    assert_eq!(keys(&settled, vec![field("g", "1", "B", 0)]), ["A"]);
    assert_eq!(keys(&settled, vec![field("x", "1", "B", 0)]), ["?x/1@1"]);
    // A form that asks for both readings gets the one back that was not set apart.
    let both = Settlement::of(&[decision(1, ("f", "A"), ("g", "B"), Verdict::Same)]);
    let form = || vec![field("x", "1", "B", 0), field("x", "2", "A", 0)];
    assert_eq!(keys(&both, form()), ["?x/1@1", "?x/2@1"]);
    assert_eq!(keys(&settled, form()), ["?x/1@1", "A"]);
}

#[test]
fn what_follows_is_known() {
    let decisions = [
        simple(1, "A", "B", Verdict::Same),
        simple(2, "C", "D", Verdict::Same),
        simple(3, "B", "C", Verdict::Narrower),
        simple(4, "E", "F", Verdict::Unsure),
    ];
    let settled = Settlement::of(&decisions);
    let told = |a, b| settled.told_apart(settled.class_of(a), settled.class_of(b)).map(|t| (t.decision.0, t.verdict));
    assert_eq!(told("A", "D"), Some((3, Verdict::Narrower)));
    assert_eq!(told("D", "A"), Some((3, Verdict::Broader)));
    assert_eq!(told("A", "E"), None);
    assert!(settled.is_unsure("F", "E") && !settled.is_unsure("A", "E"));
    let chain = [simple(7, "A", "B", Verdict::Same), simple(8, "B", "C", Verdict::Same), simple(9, "A", "C", Verdict::Different)];
    let settled = Settlement::of(&chain);
    assert_eq!(settled.contradictions(), [Contradiction { waiting: DecisionId(9), standing: DecisionId(7) }]);
    assert_eq!(settled.class_of("C"), "A");
}

#[test]
fn two_fields_of_one_form_never_meet() {
    let settled = Settlement::of(&[simple(1, "A", "B", Verdict::Same)]);
    let form = vec![field("f", "1", "A", 0), field("f", "2", "B", 0), field("f", "3", "C", 0)];
    assert_eq!(keys(&settled, form), ["?f/1@1", "?f/2@1", "C"]);
    // A field that stood in the form before the other came stays where it is.
    let mut later = field("f", "2", "B", 0);
    later.key.since = 2;
    assert_eq!(keys(&settled, vec![field("f", "1", "A", 0), later]), ["A", "?f/2@2"]);
    // Last year's column beside this year's is one element in two years.
    assert_eq!(keys(&settled, vec![field("f", "1", "A", 0), field("f", "2", "B", -1)]), ["A", "A"]);
}

#[test]
fn settling_anew_finds_what_differs() {
    let before = Settlement::of(&[simple(1, "A", "B", Verdict::Same)]);
    let after =
        Settlement::of(&[simple(1, "A", "B", Verdict::Same), simple(2, "B", "C", Verdict::Same), simple(3, "D", "E", Verdict::Different)]);
    let differing = before.differing(&after);
    for touched in ["A", "B", "C"] {
        assert!(differing.touches(&key("f", "1"), touched), "{touched}");
    }
    for untouched in ["D", "E", "F"] {
        assert!(!differing.touches(&key("f", "1"), untouched), "{untouched}");
    }
    assert!(after.differing(&after).is_empty());
}

const NODES: [&str; 7] = ["?a", "?b", "A", "B", "C", "D", "E"];

fn decisions() -> impl Strategy<Value = Vec<(usize, usize, bool)>> {
    prop::collection::vec((0..NODES.len(), 0..NODES.len(), prop::bool::weighted(0.6)), 0..14)
}

fn made(raw: &[(usize, usize, bool)]) -> Vec<Decision> {
    let usable = raw.iter().filter(|(a, b, _)| a != b).zip(1..);
    let verdict = |is_same| if is_same { Verdict::Same } else { Verdict::Different };
    usable.map(|((a, b, is_same), id)| simple(id, NODES[*a], NODES[*b], verdict(*is_same))).collect()
}

/// Whether two nodes are joined by `same`, found by walking until nothing is added.
fn reach(decisions: &[&Decision], from: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::from([from.to_owned()]);
    loop {
        let n = found.len();
        for d in decisions.iter().filter(|d| d.verdict == Verdict::Same) {
            if found.contains(&d.a_key) || found.contains(&d.b_key) {
                found.extend([d.a_key.clone(), d.b_key.clone()]);
            }
        }
        if found.len() == n {
            return found;
        }
    }
}

/// The decisions that stand when they are taken one by one and whatever contradicts those before waits.
fn standing(decisions: &[Decision]) -> Vec<&Decision> {
    let mut kept: Vec<&Decision> = Vec::new();
    for d in decisions {
        kept.push(d);
        let clash = |x: &&&Decision| x.verdict.tells_apart() && reach(&kept, &x.a_key).contains(&x.b_key);
        if kept.iter().any(|x| clash(&x)) {
            kept.pop();
        }
    }
    kept
}

proptest! {
    #[test]
    fn classes_are_what_brute_force_finds(raw in decisions()) {
        let decisions = made(&raw);
        let settled = Settlement::of(&decisions);
        let kept = standing(&decisions);
        prop_assert_eq!(settled.contradictions().len(), decisions.len() - kept.len());
        for a in NODES {
            let class = reach(&kept, a);
            let name = class.iter().min_by(|x, y| rank(x).cmp(&rank(y))).unwrap();
            prop_assert_eq!(settled.class_of(a), name.as_str());
            for b in NODES {
                let other = reach(&kept, b);
                let is_apart = kept.iter().any(|d| d.verdict.tells_apart() && ((class.contains(&d.a_key) && other.contains(&d.b_key)) || (class.contains(&d.b_key) && other.contains(&d.a_key))));
                prop_assert_eq!(settled.told_apart(settled.class_of(a), settled.class_of(b)).is_some(), is_apart, "{} {}", a, b);
            }
        }
    }

    #[test]
    fn the_order_of_decisions_matters_only_where_they_contradict(raw in decisions(), by in 0_usize..14) {
        let decisions = made(&raw);
        let settled = Settlement::of(&decisions);
        let mut turned: Vec<Decision> = decisions.clone();
        let n = turned.len().max(1);
        turned.rotate_left(by % n);
        prop_assert_eq!(&Settlement::of(&turned), &settled, "the list's order says nothing, the numbers do");
        for (d, id) in turned.iter_mut().zip(1..) {
            d.id = DecisionId(id);
        }
        let again = Settlement::of(&turned);
        prop_assume!(settled.contradictions().is_empty());
        prop_assert!(again.contradictions().is_empty());
        prop_assert_eq!(&again.class_of, &settled.class_of);
        prop_assert_eq!(again.told_apart.keys().collect::<BTreeSet<_>>(), settled.told_apart.keys().collect::<BTreeSet<_>>());
    }
}
