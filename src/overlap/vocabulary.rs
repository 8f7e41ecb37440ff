//! The vocabulary (限定词表): the words that forms are written in, each with the facet it gives, from `schemas/vocabulary/*.toml`.
//!
//! A statistician edits the files; this module reads them, refuses contradictions, and builds the automaton that finds words in a label.
//! It knows nothing of forms. Words are found leftmost-longest, so that 村民委员会成员 is never read as 村民委员会.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

use crate::domain::facet::TimeBasis;
use crate::overlap::Error;
use crate::overlap::facets::text::normalise;

/// Files of the vocabulary with their text, in the order in which they are read.
const FILES: [(&str, &str); 8] = [
    ("statistics.toml", include_str!("../../schemas/vocabulary/statistics.toml")),
    ("population.toml", include_str!("../../schemas/vocabulary/population.toml")),
    ("qualifiers.toml", include_str!("../../schemas/vocabulary/qualifiers.toml")),
    ("agriculture.toml", include_str!("../../schemas/vocabulary/agriculture.toml")),
    ("land.toml", include_str!("../../schemas/vocabulary/land.toml")),
    ("society.toml", include_str!("../../schemas/vocabulary/society.toml")),
    ("economy.toml", include_str!("../../schemas/vocabulary/economy.toml")),
    ("writing.toml", include_str!("../../schemas/vocabulary/writing.toml")),
];

/// Number of a term in the vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TermId(u32);

/// What a word gives to the meaning of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// The thing counted or measured.
    Measure,
    /// What is told about it.
    Statistic,
    /// A statistic that the unit of measure tells already (数, 面积, 总额).
    PlainStatistic,
    /// Population or scope.
    Population,
    /// Further restriction.
    Qualifier,
    /// Time basis.
    Time,
    /// Year of the column.
    Offset,
    /// Price basis.
    Price,
    /// 合计, 总计, 小计: the whole, without the breakdown's qualifier.
    Total,
    /// 其他: what the siblings leave.
    Other,
    /// Says nothing by itself (情况, 人员, 本村).
    Filler,
    /// About the form, not the unit: 填表人, 备注.
    Meta,
    /// Identity of the reporting unit: 行政区划代码, 村名.
    Identity,
}

/// A term: one meaning with all its spellings.
#[derive(Clone, Debug)]
pub(crate) struct Term {
    /// Standard name.
    pub name: String,
    /// Facet it gives.
    pub role: Role,
    /// Its class in the files.
    pub class: u32,
    /// Time basis that it gives (role time) or has where the form does not say.
    pub time: Option<TimeBasis>,
    /// Years of offset (role offset).
    pub years: i16,
}

/// What all terms of a class share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Class {
    /// The broader term, where there is one.
    pub kind_of: Option<TermId>,
    /// Name of the broader term.
    kind_of_name: String,
    /// A narrower value of the same class replaces this one instead of joining it.
    pub is_exclusive: bool,
    /// Statistic by unit dimension where the form does not say.
    pub statistic: BTreeMap<String, String>,
    /// Dimension that the word itself names (人数: person).
    pub dimension: Option<String>,
    /// The word in a form's title rules every field of the form.
    pub from_title: bool,
    /// Whether the term is no narrower scope for rural things (农村 before 耕地).
    pub is_rural: bool,
    /// Notes may give the term (公安 → 户籍).
    pub from_note: bool,
    /// A thing that an institution has (pupils, staff, income, rooms): the institution of the form's title rules it.
    pub is_institutional: bool,
    /// Its members and those of the whole family share nothing: a member listed under another takes its place (小麦 under 谷物).
    pub is_partition: bool,
    /// People in general (人口, 出生人口, 劳动力), whose residence basis a note may say.
    pub is_demographic: bool,
    /// Insurance: 参加 it and 参保 are one.
    pub is_insurance: bool,
    /// A word that names the column's period only; what the measure is says more.
    pub is_weak: bool,
    /// Money that is somebody's (收入, 资产): without an owner the figure is not told.
    pub is_finance: bool,
    /// Part of a person or of people wherever it stands (女, 60 岁以上), so that it also reaches from a heading down.
    pub is_firm: bool,
    /// Names a kind of reporting unit (村, 乡镇): in a title it says who fills the form, not what is counted.
    pub is_unit_kind: bool,
    /// Told from a boundary (外来人口): the form's level or its note says which.
    pub is_relative: bool,
    /// Names an age group (老年人): beside an age it says nothing more.
    pub is_age_group: bool,
    /// A figure of this statistic is no sum of the figures below (averages, ratios, prices, ranks).
    pub never_sums: bool,
}

/// The vocabulary with its automaton.
#[derive(Debug)]
pub struct Vocabulary {
    terms: Vec<Term>,
    classes: Vec<Class>,
    by_name: HashMap<String, TermId>,
    automaton: AhoCorasick,
    /// Terms of each pattern of the automaton, in the pattern's order.
    pattern_terms: Vec<Vec<TermId>>,
    /// Spellings to replace before reading, longest first found.
    spellings: AhoCorasick,
    replacements: Vec<String>,
    /// Clauses of notes that a term's definition implies.
    implied: HashMap<TermId, Vec<String>>,
    plain_statistic: BTreeMap<String, String>,
    departments: Vec<DepartmentScope>,
    /// (word, what stands above) → what the word means there.
    contextual: HashMap<(TermId, TermId), TermId>,
    /// (term, clause) → the thing that both together are.
    with_clause: HashMap<(TermId, String), TermId>,
    digest: String,
}

/// The population that a department's forms are about where they do not say (残联: 残疾人).
#[derive(Clone, Debug)]
pub(crate) struct DepartmentScope {
    /// Part of the department's name.
    pub department: String,
    /// The term that its fields get.
    pub term: TermId,
    /// A field that already has this in its words says it itself.
    pub unless: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct VocabularyFile {
    #[serde(default)]
    class: Vec<ClassEntry>,
    /// `word = term term …`: one word that gives several terms.
    #[serde(default)]
    compounds: Vec<String>,
    /// `seen = standard`: spelling variants, replaced before reading.
    #[serde(default)]
    spellings: Vec<String>,
    /// `term = clause / clause`: clauses of notes that change nothing, since the term's definition has them.
    #[serde(default)]
    implied: Vec<String>,
    /// Statistic by unit dimension where neither the form nor the measure says.
    #[serde(default)]
    plain_statistic: BTreeMap<String, String>,
    /// `part of a department's name = term / unless`: population of its forms where they do not say.
    #[serde(default)]
    departments: Vec<String>,
    /// `term + clause = meaning`: a thing whose note makes it another thing.
    #[serde(default)]
    with_clause: Vec<String>,
    /// `word @ above = meaning`: words that mean another thing below some heading.
    #[serde(default)]
    contextual: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClassEntry {
    name: String,
    facet: Role,
    /// Where the words come from; every class must say it.
    source: String,
    #[serde(default)]
    kind_of: String,
    #[serde(default)]
    time: Option<TimeBasis>,
    #[serde(default)]
    years: i16,
    #[serde(default)]
    exclusive: bool,
    #[serde(default)]
    statistic: BTreeMap<String, String>,
    #[serde(default)]
    dimension: Option<String>,
    #[serde(default)]
    from_title: bool,
    #[serde(default)]
    rural: bool,
    #[serde(default)]
    from_note: bool,
    #[serde(default)]
    institutional: bool,
    #[serde(default)]
    partition: bool,
    #[serde(default)]
    demographic: bool,
    #[serde(default)]
    insurance: bool,
    #[serde(default)]
    weak: bool,
    #[serde(default)]
    finance: bool,
    #[serde(default)]
    firm: bool,
    #[serde(default)]
    unit_kind: bool,
    #[serde(default)]
    relative: bool,
    #[serde(default)]
    age_group: bool,
    #[serde(default)]
    never_sums: bool,
    /// Each entry is one term: its standard name, then its other spellings, parted by spaces.
    terms: Vec<String>,
}

impl Vocabulary {
    /// Reads the vocabulary that is built in.
    pub fn embedded() -> Result<Self, Error> {
        Self::parse(&FILES)
    }

    /// Digest of all files: another digest means that meanings may have changed.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Reads a vocabulary from its files; the error names the word that contradicts another.
    pub(crate) fn parse(files: &[(&str, &str)]) -> Result<Self, Error> {
        let mut builder = Builder::default();
        let mut hasher = blake3::Hasher::new();
        let mut later: Vec<(&str, VocabularyFile)> = Vec::new();
        for (file, text) in files {
            hasher.update(text.as_bytes());
            let mut parsed: VocabularyFile =
                toml::from_str(text).map_err(|e| Error::Vocabulary { file: (*file).to_owned(), detail: e.to_string() })?;
            for class in std::mem::take(&mut parsed.class) {
                builder.add_class(file, class)?;
            }
            later.push((*file, parsed));
        }
        for (file, parsed) in later {
            builder.add_rest(file, parsed)?;
        }
        builder.finish(hasher.finalize().to_hex().to_string())
    }

    pub(crate) fn term(&self, id: TermId) -> &Term {
        // Ids are made by the builder only and never outlive their vocabulary.
        #[allow(clippy::indexing_slicing, reason = "ids come from this vocabulary")]
        &self.terms[id.0 as usize]
    }

    pub(crate) fn class(&self, term: &Term) -> &Class {
        #[allow(clippy::indexing_slicing, reason = "classes come from this vocabulary")]
        &self.classes[term.class as usize]
    }

    pub(crate) fn find(&self, name: &str) -> Option<TermId> {
        self.by_name.get(name).copied()
    }

    /// Whether a value of this class, said below, replaces the one said above.
    pub(crate) fn is_exclusive(&self, class: u32) -> bool {
        self.classes.get(class as usize).is_some_and(|c| c.is_exclusive)
    }

    /// Whether a class describes people wherever it stands.
    pub(crate) fn is_firm(&self, class: u32) -> bool {
        self.classes.get(class as usize).is_some_and(|c| c.is_firm)
    }

    /// Whether a class names an institution's own things or an institution as owner.
    pub(crate) fn is_institutional(&self, class: u32) -> bool {
        self.classes.get(class as usize).is_some_and(|c| c.is_institutional)
    }

    /// What a thing is together with a clause of its note.
    pub(crate) fn with_clause(&self, term: TermId, clause: &str) -> Option<TermId> {
        if self.with_clause.is_empty() { None } else { self.with_clause.get(&(term, clause.to_owned())).copied() }
    }

    /// What a word means below `above`, where that differs.
    pub(crate) fn in_context(&self, word: TermId, above: TermId) -> Option<TermId> {
        if self.contextual.is_empty() {
            return None;
        }
        let exact = self.contextual.get(&(word, above));
        let broader = || self.contextual.iter().find(|((w, up), _)| *w == word && self.is_kind_of(above, *up)).map(|(_, meaning)| meaning);
        exact.or_else(broader).copied()
    }

    /// Whether `narrow` is a kind of `broad`, over any number of steps.
    pub(crate) fn is_kind_of(&self, narrow: TermId, broad: TermId) -> bool {
        let mut at = narrow;
        // The builder refuses circles; the bound only guards against a mistake there.
        for _ in 0..16 {
            match self.class(self.term(at)).kind_of {
                Some(up) if up == broad => return true,
                Some(up) => at = up,
                None => return false,
            }
        }
        false
    }

    /// The words of a normalised text: start, end (bytes) and the terms that each gives.
    pub(crate) fn words<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (usize, usize, &'a [TermId])> {
        self.automaton
            .find_iter(text)
            .map(|m| (m.start(), m.end(), self.pattern_terms.get(m.pattern().as_usize()).map_or(&[] as &[TermId], Vec::as_slice)))
    }

    /// Replaces known variants of spelling.
    pub(crate) fn respell(&self, text: &str) -> String {
        if self.spellings.is_match(text) { self.spellings.replace_all(text, &self.replacements) } else { text.to_owned() }
    }

    /// Clauses that a term's own definition implies, normalised.
    pub(crate) fn implied(&self, term: TermId) -> &[String] {
        self.implied.get(&term).map_or(&[], Vec::as_slice)
    }

    /// Populations that departments' forms have where they do not say.
    pub(crate) fn departments(&self) -> &[DepartmentScope] {
        &self.departments
    }

    /// The statistic of a dimension where nothing else says.
    pub(crate) fn plain_statistic(&self, dimension: &str) -> Option<&str> {
        self.plain_statistic.get(dimension).map(String::as_str)
    }
}

#[derive(Default)]
struct Builder {
    terms: Vec<Term>,
    classes: Vec<Class>,
    class_names: HashMap<String, String>,
    by_name: HashMap<String, TermId>,
    by_word: BTreeMap<String, Vec<TermId>>,
    spellings: BTreeMap<String, String>,
    implied: HashMap<TermId, Vec<String>>,
    plain_statistic: BTreeMap<String, String>,
    departments: Vec<DepartmentScope>,
    contextual: HashMap<(TermId, TermId), TermId>,
    with_clause: HashMap<(TermId, String), TermId>,
}

impl Builder {
    fn add_class(&mut self, file: &str, entry: ClassEntry) -> Result<(), Error> {
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
            never_sums: entry.never_sums,
        });
        for line in &entry.terms {
            let mut words = line.split_whitespace().map(normalise);
            let name = words.next().ok_or_else(|| fault(format!("class {} has an empty term", entry.name)))?;
            let id = TermId(u32::try_from(self.terms.len()).unwrap_or(u32::MAX));
            if self.by_name.insert(name.clone(), id).is_some() {
                return Err(fault(format!("term {name} stands twice")));
            }
            self.terms.push(Term { name: name.clone(), role: entry.facet, class, time: entry.time, years: entry.years });
            for word in std::iter::once(name).chain(words) {
                if self.by_word.insert(word.clone(), vec![id]).is_some() {
                    return Err(fault(format!("word {word} stands for two terms")));
                }
            }
        }
        Ok(())
    }

    fn add_rest(&mut self, file: &str, parsed: VocabularyFile) -> Result<(), Error> {
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
            let parsed = line.split_once('=').and_then(|(department, rest)| rest.split_once('/').map(|(t, unless)| (department, t, unless)));
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
        for line in &parsed.with_clause {
            let parts: Vec<&str> = line.split(['+', '=']).collect();
            let [term, clause, meaning] = parts.as_slice() else { return Err(fault(format!("{line} is not term + clause = meaning"))) };
            self.with_clause.insert((find(term)?, normalise(clause)), find(meaning)?);
        }
        self.plain_statistic.extend(parsed.plain_statistic);
        Ok(())
    }

    fn finish(mut self, digest: String) -> Result<Vocabulary, Error> {
        let fault = |detail: String| Error::Vocabulary { file: "all".to_owned(), detail };
        for index in 0..self.classes.len() {
            let Some(class) = self.classes.get_mut(index) else { continue };
            if class.kind_of_name.is_empty() {
                continue;
            }
            let id = self.by_name.get(&normalise(&class.kind_of_name)).copied();
            class.kind_of = Some(id.ok_or_else(|| fault(format!("kind_of {} is no term", class.kind_of_name)))?);
        }
        self.refuse_circles()?;
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
            plain_statistic: self.plain_statistic,
            departments: self.departments,
            contextual: self.contextual,
            with_clause: self.with_clause,
            digest,
        })
    }

    fn refuse_circles(&self) -> Result<(), Error> {
        let up = |id: TermId| {
            self.terms.get(id.0 as usize).and_then(|t| self.classes.get(t.class as usize)).and_then(|class: &Class| class.kind_of)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_vocabulary_reads() {
        let vocabulary = Vocabulary::embedded().unwrap_or_else(|e| panic!("{e}"));
        assert!(vocabulary.terms.len() > 500, "{}", vocabulary.terms.len());
    }

    #[test]
    fn contradictions_are_refused() {
        let class = |terms: &str| format!("[[class]]\nname = \"a\"\nfacet = \"measure\"\nsource = \"test\"\nterms = [{terms}]\n");
        let parse = |text: &str| Vocabulary::parse(&[("t.toml", text)]).map(|_| ()).map_err(|e| e.to_string());
        assert!(parse(&class("\"稻谷 水稻\", \"小麦\"")).is_ok());
        assert!(parse(&class("\"稻谷 水稻\", \"中稻 水稻\"")).is_err_and(|e| e.contains("水稻")));
        assert!(parse(&class("\"稻谷\", \"稻谷\"")).is_err());
        assert!(parse(&class("\"稻谷\"").replace("source = \"test\"", "source = \"\"")).is_err());
        assert!(parse(&class("\"稻谷\"").replace("source", "kind_of = \"稻谷\"\nsource")).is_err_and(|e| e.contains("kind of itself")));
        assert!(parse(&class("\"稻谷\"").replace("source", "kind_of = \"粮食\"\nsource")).is_err());
        assert!(parse("compounds = [\"农户 = 户\"]").is_err());
    }
}
