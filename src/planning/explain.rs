//! Explanations: the source of a figure in one sentence that a clerk understands, from `schemas/messages/{zh,en}/sources.toml`.
//!
//! Says only what the plan says; it must not know a figure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use num_traits::{One, Signed};

use crate::domain::balance::Factor;
use crate::domain::id::FieldKey;
use crate::domain::message::Language;
use crate::domain::period::ReferencePeriod;
use crate::domain::unit::Level;
use crate::planning::slot::{Slot, TimeClass};
use crate::planning::solve::Choice;
use crate::planning::source::{Place, Source, SourceKind, Term, shows_another_unit};
use crate::planning::{AskedField, Plan};

type Texts = BTreeMap<String, String>;

static ZH: LazyLock<Texts> = LazyLock::new(|| read(include_str!("../../schemas/messages/zh/sources.toml")));
static EN: LazyLock<Texts> = LazyLock::new(|| read(include_str!("../../schemas/messages/en/sources.toml")));

fn read(text: &str) -> Texts {
    // Checked by the test below.
    toml::from_str(text).unwrap_or_default()
}

fn say(language: Language, key: &str, arguments: &[(&str, &str)]) -> String {
    let texts = match language {
        Language::Zh => &*ZH,
        Language::En => &*EN,
    };
    let template = texts.get(key).map_or(key, String::as_str);
    let mut text = String::new();
    let mut rest = template;
    // One pass over the template, so that braces in an argument are taken as they are.
    while let Some((before, tail)) = rest.split_once('{') {
        text.push_str(before);
        let (name, after) = tail.split_once('}').unwrap_or((tail, ""));
        text.push_str(arguments.iter().find(|(known, _)| *known == name).map_or("?", |(_, value)| value));
        rest = after;
    }
    text.push_str(rest);
    text
}

impl Plan {
    /// Says where the figure of a field of a unit comes from, for the form's period; `None` where the unit is not asked for it.
    pub fn explain(&self, unit: usize, field: &FieldKey, period: ReferencePeriod, language: Language) -> Option<String> {
        let place = self.place(unit, field, period)?;
        let source = self.source(unit, field, period)?;
        if place.series.class == TimeClass::Standing && !source.rolls_up(unit) {
            let key = if source.kind == SourceKind::LastYear { "standing_held" } else { "standing" };
            return Some(say(language, key, &[]));
        }
        let (from, to) = self.conversion(&place, &source).unwrap_or_default();
        let conversion = [("from", from.as_str()), ("to", to.as_str())];
        if source.kind == SourceKind::Converted {
            return Some(say(language, "converted", &conversion));
        }
        if source.kind == SourceKind::Typed {
            return Some(say(language, "typed", &[]));
        }
        if source.kind == SourceKind::Registry || (source.kind == SourceKind::Supplied && source.is_plain()) {
            return Some(say(language, if source.kind == SourceKind::Registry { "registry" } else { "supplied" }, &[]));
        }
        let is_itself =
            matches!(source.terms.as_slice(), [one] if one.unit == unit && one.period == place.period && one.element == source.element);
        if is_itself {
            return Some(say(language, "last_year", &[]));
        }
        let mut how = self.derivation(&place, &source, unit, language);
        if !from.is_empty() {
            how = say(language, "and_converted", &[("how", how.as_str()), conversion[0], conversion[1]]);
        }
        if source.kind == SourceKind::LastYear {
            how = say(language, "last_year_from", &[("how", &how)]);
        }
        Some(how)
    }

    /// How the figure is put together from more than one cell, or from another period.
    fn derivation(&self, place: &Place<'_>, source: &Source, unit: usize, language: Language) -> String {
        if let Some(said) = self.by_balance(place, unit, language) {
            return said;
        }
        let rolls_up = source.rolls_up(unit);
        let units = if rolls_up { self.counted_units(source, language) } else { String::new() };
        let prefix = if rolls_up { "roll_up_" } else { "" };
        let lengths: BTreeSet<Option<Slot>> = source.terms.iter().map(|t| Slot::of_period(t.period)).collect();
        let (Some(Some(slot)), 1) = (lengths.first(), lengths.len()) else {
            // Standing facts have no length; units that type different lengths have no common one.
            let key = if lengths.len() > 1 { "roll_up_mixed" } else { "roll_up" };
            return say(language, key, &[("units", &units)]);
        };
        if *slot == place.slot {
            return say(language, "roll_up", &[("units", &units)]);
        }
        let parts = place.series.class.parts(place.period, *slot);
        let n = parts.len().to_string();
        let period = parts.first().map(|p| say_period(*p, language)).unwrap_or_default();
        let word = match (place.series.class, slot) {
            (TimeClass::Sum, Slot::Month) => "sum_month",
            (TimeClass::Sum, Slot::Quarter) => "sum_quarter",
            (TimeClass::Sum, Slot::Half | Slot::Year) => "sum_half",
            (TimeClass::First, _) => "first",
            _ if place.series.is_year_to_date => "year_to_date",
            _ => "last",
        };
        say(language, &format!("{prefix}{word}"), &[("units", &units), ("n", &n), ("period", &period)])
    }

    /// How a figure follows from others of the same unit by definition, with their names; `None` where it follows otherwise.
    fn by_balance(&self, place: &Place<'_>, unit: usize, language: Language) -> Option<String> {
        let choice = self.part(place.position, unit)?.choice.get(place.slot);
        let Choice::Balance(_) = choice else { return None };
        let terms = self.terms(place.position, choice);
        let level = self.unit(unit)?.level;
        let mut names: Vec<(usize, String, Factor)> = Vec::new();
        for (position, factor) in &terms {
            let series = self.series.get(*position)?;
            if series.is_year_to_date != place.series.is_year_to_date && terms.len() == 1 {
                let key = if place.series.is_year_to_date { "since_january" } else { "less_before" };
                return Some(say(language, key, &[]));
            }
            let ask = series.ask(level, place.slot).or_else(|| series.asks.first());
            let name = ask.and_then(|a| self.fields.get(a.via)).map(|f| f.label.trim().to_owned());
            let rank = ask.and_then(|a| self.rank.get(a.via)).copied().unwrap_or(usize::MAX);
            names.push((rank, name.unwrap_or_else(|| series.element.to_string()), *factor));
        }
        // In the order of the forms, but what is added comes first, so that a sentence never begins by taking away.
        names.sort_by_key(|(rank, _, factor)| (factor.is_negative(), *rank));
        let is_sum = names.iter().all(|(.., factor)| factor.is_one());
        let mut text = String::new();
        for (n, (_, name, factor)) in names.iter().enumerate() {
            let joint = match (n, is_sum, factor.is_negative()) {
                (0, _, false) => String::new(),
                (_, true, _) => say(language, "comma", &[]),
                (_, false, true) => say(language, "minus", &[]),
                (_, false, false) => say(language, "plus", &[]),
            };
            let size = factor.abs();
            let word = if size.is_one() { "figure" } else { "figure_times" };
            text.push_str(&joint);
            text.push_str(&say(language, word, &[("name", name), ("factor", &size.to_string())]));
        }
        let key = match (is_sum, names.len()) {
            (_, 1) => "balance_equal",
            (true, _) => "balance_sum",
            (false, _) => "balance",
        };
        Some(say(language, key, &[("figures", &text)]))
    }

    /// The units of measure between which the figure is converted, if it is: as typed, as shown.
    fn conversion(&self, place: &Place<'_>, source: &Source) -> Option<(String, String)> {
        let via_of = |term: &Term| -> Option<&AskedField> {
            let slot = Slot::of_period(term.period).unwrap_or(Slot::Year);
            // Of a figure held from last year it is not known in which unit of measure it was typed.
            let (position, series) = self.series_of_element(term.element).find(|(_, s)| s.offset == place.series.offset)?;
            self.part(position, term.unit).filter(|p| p.typed.has(slot))?;
            self.fields.get(series.ask(self.unit(term.unit)?.level, slot)?.via)
        };
        let via = source.terms.iter().filter_map(via_of).find(|via| shows_another_unit(via, place.field))?;
        Some((via.unit.as_ref()?.symbol.clone(), place.field.unit.as_ref()?.symbol.clone()))
    }

    /// The units that the figure is summed from, counted by level: "2个乡镇、14个村".
    fn counted_units(&self, source: &Source, language: Language) -> String {
        let distinct: BTreeSet<usize> = source.terms.iter().map(|t| t.unit).collect();
        let mut counts: BTreeMap<Level, usize> = BTreeMap::new();
        for row in distinct.into_iter().filter_map(|unit| self.unit(unit)) {
            *counts.entry(row.level).or_default() += 1;
        }
        let words = counts.into_iter().rev().map(|(level, n)| {
            let number = if n == 1 { "one" } else { "many" };
            say(language, &format!("{level}_{number}"), &[("n", &n.to_string())])
        });
        words.collect::<Vec<_>>().join(&say(language, "comma", &[]))
    }
}

impl Source {
    fn rolls_up(&self, unit: usize) -> bool {
        self.terms.iter().any(|t| t.unit != unit)
    }
}

fn say_period(period: ReferencePeriod, language: Language) -> String {
    let year = period.year().unwrap_or_default().to_string();
    let (key, n) = match period {
        ReferencePeriod::Standing => return String::new(),
        ReferencePeriod::Year { .. } => ("period_year", 0),
        ReferencePeriod::Half { half: 1, .. } => ("period_half_1", 1),
        ReferencePeriod::Half { .. } => ("period_half_2", 2),
        ReferencePeriod::Quarter { quarter, .. } => ("period_quarter", quarter),
        ReferencePeriod::Month { month, .. } => ("period_month", month),
    };
    say(language, key, &[("year", &year), ("n", &n.to_string())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_say_the_same_things() {
        let names = |text: &str| -> BTreeSet<String> {
            text.split('{').skip(1).filter_map(|t| t.split_once('}')).map(|(n, _)| n.to_owned()).collect()
        };
        assert!(ZH.len() > 30 && ZH.keys().eq(EN.keys()), "keys differ");
        for (key, zh) in ZH.iter() {
            assert_eq!(names(zh), names(&EN[key]), "{key}: the two texts use different arguments");
            assert!(!EN[key].chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{key}: Chinese in the English text");
        }
        for level in Level::ALL {
            assert!(ZH.contains_key(&format!("{level}_one")) && ZH.contains_key(&format!("{level}_many")), "{level}");
        }
    }

    #[test]
    fn arguments_are_taken_as_they_are() {
        assert_eq!(say(Language::Zh, "converted", &[("from", "{to}"), ("to", "亩")]), "由{to}换算为亩");
    }
}
