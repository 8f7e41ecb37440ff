//! The files of the vocabulary: what may stand in them, and how they become one vocabulary without contradictions.

use aho_corasick::{AhoCorasickBuilder, MatchKind};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

use crate::domain::facet::TimeBasis;
use crate::overlap::Error;
use crate::overlap::facets::text::normalise;
use crate::overlap::vocabulary::{Class, DepartmentScope, Role, Term, TermId, Vocabulary};

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct VocabularyFile {
    #[serde(default)]
    pub(super) class: Vec<ClassEntry>,
    /// `word = term term …`: one word that gives several terms.
    #[serde(default)]
    pub(super) compounds: Vec<String>,
    /// `seen = standard`: spelling variants, replaced before reading.
    #[serde(default)]
    pub(super) spellings: Vec<String>,
    /// `term = clause / clause`: clauses of notes that change nothing, since the term's definition has them.
    #[serde(default)]
    pub(super) implied: Vec<String>,
    /// `term = thing thing …`: institutions and groups that say nothing beside a term, since it is always theirs.
    #[serde(default)]
    pub(super) implied_things: Vec<String>,
    /// Statistic by unit dimension where neither the form nor the measure says.
    #[serde(default)]
    pub(super) plain_statistic: BTreeMap<String, String>,
    /// `term term … = broader term`: kinds of a thing that stand in classes of other kinds.
    #[serde(default)]
    pub(super) kinds: Vec<String>,
    /// `part of a department's name = term / unless`: population of its forms where they do not say.
    #[serde(default)]
    pub(super) departments: Vec<String>,
    /// `term + clause = meaning`: a thing whose note makes it another thing.
    #[serde(default)]
    pub(super) with_clause: Vec<String>,
    /// `term @ dimension = meaning`: what a thing is called when another kind is counted (脱贫户 in people are 脱贫人口).
    #[serde(default)]
    pub(super) counted: Vec<String>,
    /// `word @ above = meaning`: words that mean another thing below some heading.
    #[serde(default)]
    pub(super) contextual: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClassEntry {
    pub(super) name: String,
    pub(super) facet: Role,
    /// Where the words come from; every class must say it.
    pub(super) source: String,
    #[serde(default)]
    pub(super) kind_of: String,
    #[serde(default)]
    pub(super) time: Option<TimeBasis>,
    #[serde(default)]
    pub(super) years: i16,
    #[serde(default)]
    pub(super) exclusive: bool,
    #[serde(default)]
    pub(super) statistic: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) dimension: Option<String>,
    #[serde(default)]
    pub(super) from_title: bool,
    #[serde(default)]
    pub(super) rural: bool,
    #[serde(default)]
    pub(super) from_note: bool,
    #[serde(default)]
    pub(super) institutional: bool,
    #[serde(default)]
    pub(super) partition: bool,
    #[serde(default)]
    pub(super) demographic: bool,
    #[serde(default)]
    pub(super) insurance: bool,
    #[serde(default)]
    pub(super) weak: bool,
    #[serde(default)]
    pub(super) finance: bool,
    #[serde(default)]
    pub(super) firm: bool,
    #[serde(default)]
    pub(super) unit_kind: bool,
    #[serde(default)]
    pub(super) relative: bool,
    #[serde(default)]
    pub(super) age_group: bool,
    #[serde(default)]
    pub(super) generic: bool,
    #[serde(default)]
    pub(super) needs_owner: bool,
    #[serde(default)]
    pub(super) personal: bool,
    #[serde(default)]
    pub(super) group_list: bool,
    #[serde(default)]
    pub(super) status: bool,
    #[serde(default)]
    pub(super) names_thing: bool,
    #[serde(default)]
    pub(super) of_place: bool,
    #[serde(default)]
    pub(super) stands_alone: bool,
    #[serde(default)]
    pub(super) never_sums: bool,
    /// Each entry is one term: its standard name, then its other spellings, parted by spaces.
    pub(super) terms: Vec<String>,
}

#[derive(Default)]
pub(super) struct Builder {
    terms: Vec<Term>,
    classes: Vec<Class>,
    class_names: HashMap<String, String>,
    by_name: HashMap<String, TermId>,
    by_word: BTreeMap<String, Vec<TermId>>,
    spellings: BTreeMap<String, String>,
    implied: HashMap<TermId, Vec<String>>,
    implied_things: HashMap<TermId, Vec<TermId>>,
    plain_statistic: BTreeMap<String, String>,
    departments: Vec<DepartmentScope>,
    contextual: HashMap<(TermId, TermId), TermId>,
    with_clause: HashMap<(TermId, String), TermId>,
    kinds: Vec<(TermId, TermId)>,
    counted: HashMap<(TermId, String), TermId>,
}

impl Builder {
    pub(super) fn add_class(&mut self, file: &str, entry: ClassEntry) -> Result<(), Error> {
        let fault = |detail: String| Error::Vocabulary { file: file.to_owned(), detail };
        if entry.source.trim().is_empty() {
            return Err(fault(format!("class {} names no source", entry.name)));
        }
        if let Some(other) = self.class_names.insert(entry.name.clone(), file.to_owned()) {
            return Err(fault(format!("class {} stands also in {other}", entry.name)));
        }
        let class = u32::try_from(self.classes.len()).unwrap_or(u32::MAX);
        self.classes.push(Class {
            kind_of: None,
            kind_of_name: entry.kind_of,
            is_exclusive: entry.exclusive,
            statistic: entry.statistic,
            dimension: entry.dimension,
            from_title: entry.from_title,
            is_rural: entry.rural,
            from_note: entry.from_note,
            is_institutional: entry.institutional,
            is_partition: entry.partition,
            is_demographic: entry.demographic,
            is_insurance: entry.insurance,
            is_weak: entry.weak,
            is_finance: entry.finance,
            is_firm: entry.firm,
            is_unit_kind: entry.unit_kind,
            is_relative: entry.relative,
            is_age_group: entry.age_group,
            is_generic: entry.generic,
            needs_owner: entry.needs_owner,
            is_personal: entry.personal,
            is_group_list: entry.group_list,
            is_status: entry.status,
            names_thing: entry.names_thing,
            is_of_place: entry.of_place,
            stands_alone: entry.stands_alone,
            never_sums: entry.never_sums,
        });
        for line in &entry.terms {
            let mut words = line.split_whitespace().map(normalise);
            let name = words.next().ok_or_else(|| fault(format!("class {} has an empty term", entry.name)))?;
            let id = TermId(u32::try_from(self.terms.len()).unwrap_or(u32::MAX));
            if self.by_name.insert(name.clone(), id).is_some() {
                return Err(fault(format!("term {name} stands twice")));
            }
            self.terms.push(Term { name: name.clone(), role: entry.facet, class, time: entry.time, years: entry.years, kind_of: None });
            for word in std::iter::once(name).chain(words) {
                if self.by_word.insert(word.clone(), vec![id]).is_some() {
                    return Err(fault(format!("word {word} stands for two terms")));
                }
            }
        }
        Ok(())
    }

    pub(super) fn add_rest(&mut self, file: &str, parsed: VocabularyFile) -> Result<(), Error> {
        let fault = |detail: String| Error::Vocabulary { file: file.to_owned(), detail };
        for line in &parsed.compounds {
            let (word, parts) = line.split_once('=').ok_or_else(|| fault(format!("compound {line} has no =")))?;
            let mut ids = Vec::new();
            for part in parts.split_whitespace().map(normalise) {
                let id = self.by_name.get(&part).ok_or_else(|| fault(format!("compound {line}: {part} is no term")))?;
                ids.push(*id);
            }
            for word in word.split_whitespace().map(normalise) {
                if self.by_word.insert(word.clone(), ids.clone()).is_some() {
                    return Err(fault(format!("word {word} stands for two terms")));
                }
            }
        }
        for line in &parsed.spellings {
            let (seen, standard) = line.split_once('=').ok_or_else(|| fault(format!("spelling {line} has no =")))?;
            if self.spellings.insert(normalise(seen), normalise(standard)).is_some() {
                return Err(fault(format!("spelling {seen} stands twice")));
            }
        }
        for line in &parsed.implied {
            let (term, clauses) = line.split_once('=').ok_or_else(|| fault(format!("implied clause {line} has no =")))?;
            let id = *self.by_name.get(&normalise(term)).ok_or_else(|| fault(format!("implied clause {line}: no such term")))?;
            self.implied.entry(id).or_default().extend(clauses.split('/').map(normalise));
        }
        for line in &parsed.departments {
            let parsed =
                line.split_once('=').and_then(|(department, rest)| rest.split_once('/').map(|(t, unless)| (department, t, unless)));
            let (department, term, unless) = parsed.ok_or_else(|| fault(format!("department {line} is not name = term / unless")))?;
            let term = *self.by_name.get(&normalise(term)).ok_or_else(|| fault(format!("department {line}: no such term")))?;
            self.departments.push(DepartmentScope { department: normalise(department), term, unless: normalise(unless) });
        }
        let find = |name: &str| self.by_name.get(&normalise(name)).copied().ok_or_else(|| fault(format!("{name} is no term")));
        for line in &parsed.contextual {
            let parts: Vec<&str> = line.split(['@', '=']).collect();
            let [word, above, meaning] = parts.as_slice() else { return Err(fault(format!("{line} is not word @ above = meaning"))) };
            self.contextual.insert((find(word)?, find(above)?), find(meaning)?);
        }
        for line in &parsed.counted {
            let parts: Vec<&str> = line.split(['@', '=']).collect();
            let [term, dimension, meaning] = parts.as_slice() else {
                return Err(fault(format!("{line} is not term @ dimension = meaning")));
            };
            self.counted.insert((find(term)?, normalise(dimension)), find(meaning)?);
        }
        for line in &parsed.kinds {
            let (narrow, broad) = line.split_once('=').ok_or_else(|| fault(format!("kinds {line} have no =")))?;
            for term in narrow.split_whitespace() {
                self.kinds.push((find(term)?, find(broad)?));
            }
        }
        for line in &parsed.implied_things {
            let (term, things) = line.split_once('=').ok_or_else(|| fault(format!("implied things {line} have no =")))?;
            let things = things.split_whitespace().map(find).collect::<Result<Vec<TermId>, Error>>()?;
            self.implied_things.insert(find(term)?, things);
        }
        for line in &parsed.with_clause {
            let parts: Vec<&str> = line.split(['+', '=']).collect();
            let [term, clause, meaning] = parts.as_slice() else { return Err(fault(format!("{line} is not term + clause = meaning"))) };
            self.with_clause.insert((find(term)?, normalise(clause)), find(meaning)?);
        }
        self.plain_statistic.extend(parsed.plain_statistic);
        Ok(())
    }

    pub(super) fn finish(mut self, digest: String) -> Result<Vocabulary, Error> {
        let fault = |detail: String| Error::Vocabulary { file: "all".to_owned(), detail };
        for index in 0..self.classes.len() {
            let Some(class) = self.classes.get_mut(index) else { continue };
            if class.kind_of_name.is_empty() {
                continue;
            }
            let id = self.by_name.get(&normalise(&class.kind_of_name)).copied();
            class.kind_of = Some(id.ok_or_else(|| fault(format!("kind_of {} is no term", class.kind_of_name)))?);
        }
        for (narrow, broad) in std::mem::take(&mut self.kinds) {
            if let Some(term) = self.terms.get_mut(narrow.0 as usize) {
                term.kind_of = Some(broad);
            }
        }
        self.refuse_circles()?;
        self.imply_places();
        self.respell_bracketed();
        let words: Vec<&String> = self.by_word.keys().collect();
        let build = |patterns: &[&String]| {
            AhoCorasickBuilder::new().match_kind(MatchKind::LeftmostLongest).build(patterns).map_err(|e| fault(e.to_string()))
        };
        let automaton = build(&words)?;
        let seen: Vec<&String> = self.spellings.keys().collect();
        let spellings = build(&seen)?;
        Ok(Vocabulary {
            automaton,
            spellings,
            replacements: self.spellings.values().cloned().collect(),
            pattern_terms: self.by_word.values().cloned().collect(),
            terms: self.terms,
            classes: self.classes,
            by_name: self.by_name,
            implied: self.implied,
            implied_things: self.implied_things,
            plain_statistic: self.plain_statistic,
            departments: self.departments,
            contextual: self.contextual,
            with_clause: self.with_clause,
            counted: self.counted,
            digest,
        })
    }

    /// A term that is also written with 农村 before its name (农村留守儿童) is of the countryside, whether a form says so or not.
    fn imply_places(&mut self) {
        for (id, term) in self.terms.iter().enumerate() {
            let Ok(id) = u32::try_from(id) else { return };
            for place in ["农村", "城镇"] {
                if self.by_word.get(&format!("{place}{}", term.name)).is_some_and(|ids| *ids == [TermId(id)]) {
                    self.implied.entry(TermId(id)).or_default().push(place.to_owned());
                }
            }
        }
    }

    /// Brackets are cut out before words are looked for, so a word written with brackets (乡(镇)卫生院) is replaced by its standard name first.
    fn respell_bracketed(&mut self) {
        for (word, ids) in &self.by_word {
            let [id] = ids.as_slice() else { continue };
            let name = self.terms.get(id.0 as usize).map(|term| term.name.clone());
            if let Some(name) = name.filter(|name| word.contains('(') && !name.contains('(')) {
                self.spellings.entry(word.clone()).or_insert(name);
            }
        }
    }

    fn refuse_circles(&self) -> Result<(), Error> {
        let up = |id: TermId| {
            let term = self.terms.get(id.0 as usize)?;
            term.kind_of.or_else(|| self.classes.get(term.class as usize).and_then(|class: &Class| class.kind_of))
        };
        for (name, id) in &self.by_name {
            let mut at = up(*id);
            let mut n_steps = 0;
            while let Some(next) = at {
                n_steps += 1;
                if next == *id || n_steps > 16 {
                    return Err(Error::Vocabulary { file: "all".to_owned(), detail: format!("{name} is a kind of itself") });
                }
                at = up(next);
            }
        }
        Ok(())
    }
}
