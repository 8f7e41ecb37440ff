//! The difference (差异) of two meanings: the words that only one of them has, and what a key becomes when such words are exchanged.

use std::collections::BTreeSet;

use crate::domain::facet::{Facets, Meaning};
use crate::overlap::facets::key::key_of;
use crate::overlap::learn::synonym::FacetWord;

/// All words of a meaning, each with its facet.
pub(crate) fn words_of(meaning: &Meaning) -> BTreeSet<FacetWord> {
    let facets = &meaning.facets;
    let mut words: BTreeSet<FacetWord> = BTreeSet::new();
    let mut push = |facet: &'static str, word: &str| {
        words.insert(FacetWord { facet, word: word.to_owned() });
    };
    facets.measure.iter().flat_map(|m| m.split('+')).for_each(|w| push("measure", w));
    facets.population.iter().for_each(|w| push("population", w));
    facets.qualifiers.iter().for_each(|w| push("qualifier", w));
    facets.clauses.iter().for_each(|w| push("clause", w));
    meaning.residue.iter().for_each(|w| push("residue", w));
    facets.statistic.iter().for_each(|w| push("statistic", w));
    facets.dimension.iter().for_each(|w| push("unit", w));
    facets.price_basis.iter().for_each(|w| push("price", w));
    facets.time_basis.iter().for_each(|t| push("time", t.as_str()));
    words
}

/// Words of the measure that are not `without`, joined: what an exchange of words stands beside.
pub(crate) fn measure_beside(words: &BTreeSet<FacetWord>, without: &[FacetWord]) -> String {
    let beside: Vec<&str> = words.iter().filter(|w| w.facet == "measure" && !without.contains(w)).map(|w| w.word.as_str()).collect();
    beside.join("+")
}

/// Whether the words can be exchanged in a key without touching what the figure is told in: statistic, unit, time and prices stay.
pub(crate) fn is_exchangeable(words: &[FacetWord]) -> bool {
    words.iter().all(|w| matches!(w.facet, "measure" | "population" | "qualifier" | "clause" | "residue"))
}

/// The canonical key of a meaning with some words taken out and others put in.
pub(crate) fn exchanged_key(meaning: &Meaning, out: &[FacetWord], into: &[FacetWord]) -> String {
    let mut facets: Facets = meaning.facets.clone();
    let mut residue: BTreeSet<String> = meaning.residue.iter().cloned().collect();
    let mut measures: BTreeSet<String> = facets.measure.iter().flat_map(|m| m.split('+')).map(str::to_owned).collect();
    let mut set = |word: &FacetWord, is_in: bool| {
        let words = match word.facet {
            "measure" => &mut measures,
            "population" => &mut facets.population,
            "qualifier" => &mut facets.qualifiers,
            "clause" => &mut facets.clauses,
            "residue" => &mut residue,
            _ => return,
        };
        if is_in {
            words.insert(word.word.clone());
        } else {
            words.remove(&word.word);
        }
    };
    out.iter().for_each(|w| set(w, false));
    into.iter().for_each(|w| set(w, true));
    facets.measure = (!measures.is_empty()).then(|| measures.into_iter().collect::<Vec<_>>().join("+"));
    key_of(&facets, &residue.into_iter().collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::facet::TimeBasis;

    fn meaning(measure: &str, population: &[&str], residue: &[&str]) -> Meaning {
        let set = |list: &[&str]| list.iter().map(|w| (*w).to_owned()).collect::<BTreeSet<String>>();
        let facets = Facets {
            measure: Some(measure.to_owned()).filter(|m| !m.is_empty()),
            population: set(population),
            time_basis: Some(TimeBasis::Stock),
            ..Facets::default()
        };
        let residue: Vec<String> = residue.iter().map(|w| (*w).to_owned()).collect();
        let key = key_of(&facets, &residue);
        Meaning { facets, residue, key, offset_years: 0, sums_over_units: true, is_certain: true, evidence: Vec::new() }
    }

    fn word(facet: &'static str, word: &str) -> FacetWord {
        FacetWord { facet, word: word.to_owned() }
    }

    #[test]
    fn exchanging_gives_the_key_of_the_other_reading() {
        let (village, unit) = (meaning("有线电视+行政村", &["农村"], &[]), meaning("有线电视+村民委员会", &[], &["个"]));
        let out = [word("measure", "行政村"), word("population", "农村")];
        let into = [word("measure", "村民委员会"), word("residue", "个")];
        assert_eq!(exchanged_key(&village, &out, &into), unit.key);
        assert_eq!(exchanged_key(&unit, &into, &out), village.key);
        assert_eq!(exchanged_key(&village, &[], &[]), village.key);
    }

    #[test]
    fn the_difference_of_a_meaning_and_its_exchange_is_what_was_exchanged() {
        let (a, b) = (words_of(&meaning("户", &["农村"], &[])), words_of(&meaning("户", &[], &["村居"])));
        assert_eq!(a.difference(&b).cloned().collect::<Vec<_>>(), [word("population", "农村")]);
        assert_eq!(b.difference(&a).cloned().collect::<Vec<_>>(), [word("residue", "村居")]);
        assert_eq!(measure_beside(&a, &[]), "户");
        assert!(!is_exchangeable(&[word("time", "stock")]));
    }
}
