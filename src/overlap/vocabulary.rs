//! The vocabulary (限定词表): the words that forms are written in, each with the facet it gives, from `schemas/vocabulary/*.toml`.
//!
//! A statistician edits the files; this module reads them, refuses contradictions, and builds the automaton that finds words in a label.
//! It knows nothing of forms. Words are found leftmost-longest, so that 村民委员会成员 is never read as 村民委员会.

mod files;

use aho_corasick::AhoCorasick;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

use crate::domain::facet::TimeBasis;
use crate::overlap::Error;
use crate::overlap::vocabulary::files::{Builder, VocabularyFile};

/// Files of the vocabulary with their text, in the order in which they are read.
const FILES: [(&str, &str); 20] = [
    ("statistics.toml", include_str!("../../schemas/vocabulary/statistics.toml")),
    ("population.toml", include_str!("../../schemas/vocabulary/population.toml")),
    ("qualifiers.toml", include_str!("../../schemas/vocabulary/qualifiers.toml")),
    ("agriculture.toml", include_str!("../../schemas/vocabulary/agriculture.toml")),
    ("land.toml", include_str!("../../schemas/vocabulary/land.toml")),
    ("society.toml", include_str!("../../schemas/vocabulary/society.toml")),
    ("civil.toml", include_str!("../../schemas/vocabulary/civil.toml")),
    ("health.toml", include_str!("../../schemas/vocabulary/health.toml")),
    ("education.toml", include_str!("../../schemas/vocabulary/education.toml")),
    ("labour.toml", include_str!("../../schemas/vocabulary/labour.toml")),
    ("governance.toml", include_str!("../../schemas/vocabulary/governance.toml")),
    ("places.toml", include_str!("../../schemas/vocabulary/places.toml")),
    ("rural.toml", include_str!("../../schemas/vocabulary/rural.toml")),
    ("economy.toml", include_str!("../../schemas/vocabulary/economy.toml")),
    ("market.toml", include_str!("../../schemas/vocabulary/market.toml")),
    ("safety.toml", include_str!("../../schemas/vocabulary/safety.toml")),
    ("works.toml", include_str!("../../schemas/vocabulary/works.toml")),
    ("culture.toml", include_str!("../../schemas/vocabulary/culture.toml")),
    ("environment.toml", include_str!("../../schemas/vocabulary/environment.toml")),
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
    /// The broader term, where it is another one than the class has.
    kind_of: Option<TermId>,
}

/// What all terms of a class share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Class {
    /// The broader term, where there is one.
    kind_of: Option<TermId>,
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
    /// A thing found in many settings (企业, 项目, 设备): below a heading that was not understood nobody knows which ones are meant.
    pub is_generic: bool,
    /// A thing of some institution (床位, 职工): where no institution is named nobody knows whose.
    pub needs_owner: bool,
    /// Makes people of itself where no thing is named (失业人数).
    pub is_personal: bool,
    /// Names a list of groups (重点人群): a group named below takes its place.
    pub is_group_list: bool,
    /// A status that people of any group may have (党员, 低保).
    pub is_status: bool,
    /// A rate that names its thing itself (城镇化率).
    pub names_thing: bool,
    /// Names what is measured where no thing is named (公益林面积, 节水灌溉面积).
    pub stands_alone: bool,
    /// Says what a place has or is (通自来水), whatever body stands for the place.
    pub is_of_place: bool,
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
    /// Things that a thing's name implies (在园幼儿: 幼儿园).
    implied_things: HashMap<TermId, Vec<TermId>>,
    plain_statistic: BTreeMap<String, String>,
    departments: Vec<DepartmentScope>,
    /// (word, what stands above) → what the word means there.
    contextual: HashMap<(TermId, TermId), TermId>,
    /// (term, clause) → the thing that both together are.
    with_clause: HashMap<(TermId, String), TermId>,
    /// (thing, unit dimension) → what it is called when that is counted.
    counted: HashMap<(TermId, String), TermId>,
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

    /// The term that a term is a kind of.
    pub(crate) fn broader(&self, id: TermId) -> Option<TermId> {
        let term = self.term(id);
        term.kind_of.or(self.class(term).kind_of)
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

    /// Whether a word of the class in a title rules every field of the form.
    pub(crate) fn is_from_title(&self, class: u32) -> bool {
        self.classes.get(class as usize).is_some_and(|c| c.from_title)
    }

    /// Whether a class makes people of itself.
    pub(crate) fn is_personal(&self, class: u32) -> bool {
        self.classes.get(class as usize).is_some_and(|c| c.is_personal)
    }

    /// Whether a class names lists of groups.
    pub(crate) fn is_group_list(&self, class: u32) -> bool {
        self.classes.get(class as usize).is_some_and(|c| c.is_group_list)
    }

    /// What a thing is together with a clause of its note.
    pub(crate) fn with_clause(&self, term: TermId, clause: &str) -> Option<TermId> {
        if self.with_clause.is_empty() { None } else { self.with_clause.get(&(term, clause.to_owned())).copied() }
    }

    /// What a thing is called when a figure counts `dimension` of it.
    pub(crate) fn counted_as(&self, thing: TermId, dimension: &str) -> Option<TermId> {
        if self.counted.is_empty() { None } else { self.counted.get(&(thing, dimension.to_owned())).copied() }
    }

    /// What a word means below `above`, where that differs.
    pub(crate) fn in_context(&self, word: TermId, above: TermId) -> Option<TermId> {
        if self.contextual.is_empty() {
            return None;
        }
        // The nearest kind above decides, so that the answer is one and the same in every run.
        let mut at = above;
        for _ in 0..=16 {
            if let Some(meaning) = self.contextual.get(&(word, at)) {
                return Some(*meaning);
            }
            at = self.broader(at)?;
        }
        None
    }

    /// Whether `narrow` is a kind of `broad`, over any number of steps.
    pub(crate) fn is_kind_of(&self, narrow: TermId, broad: TermId) -> bool {
        let mut at = narrow;
        // The builder refuses circles; the bound only guards against a mistake there.
        for _ in 0..16 {
            match self.broader(at) {
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

    /// Things that say nothing beside a term, since it is always theirs.
    pub(crate) fn implied_things(&self, term: TermId) -> &[TermId] {
        self.implied_things.get(&term).map_or(&[], Vec::as_slice)
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
