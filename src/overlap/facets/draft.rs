//! A meaning in the making: what one phrase says, and how a phrase narrows what stands above it.
//!
//! The rules are those of printed forms: 其中 narrows the total above; a child's label that names no thing of its own speaks of its parent's;
//! a heading that is no row of its own only says what its rows leave open.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::facet::{FacetEvidence, TimeBasis};
use crate::overlap::facets::phrase::{Phrase, Piece};
use crate::overlap::vocabulary::{Class, Role, TermId, Vocabulary};

/// Class number under which ages are kept, so that a narrower age replaces a wider one.
const AGE_CLASS: u32 = u32::MAX;
/// Class number of other ranges and of negated words.
const RANGE_CLASS: u32 = u32::MAX - 1;

/// A meaning in the making.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    /// Things counted or measured.
    pub measures: BTreeSet<TermId>,
    /// The thing that the words end in, which is what is counted: 行政村 in 有卫生室的行政村, 卫生室 in 行政村卫生室.
    pub head: Option<TermId>,
    /// Whether the words only describe what stands above (通宽带的, 其中：有卫生室).
    pub describes: bool,
    /// Statistic that the words name.
    pub statistic: Option<String>,
    /// Whether that statistic names its thing itself (城镇化率).
    pub names_thing: bool,
    /// Dimension that a plain statistic word names (人数: person).
    pub named_dimension: Option<String>,
    /// Population with the class of each word.
    pub population: BTreeMap<String, u32>,
    /// Qualifiers with the class of each.
    pub qualifiers: BTreeMap<String, u32>,
    /// Time basis that words say.
    pub time: Option<TimeBasis>,
    /// Whether only a column (本年) or a heading says it, which yields to what the measure is.
    pub time_is_weak: bool,
    /// Whether 累计 stands alone, which may reach back over years.
    pub is_bare_sum: bool,
    /// Time basis that statistics and qualifiers have where the form does not say.
    pub usual_time: Option<TimeBasis>,
    /// Years of offset.
    pub years: i16,
    /// Price basis.
    pub price: Option<String>,
    /// Clauses of brackets and notes.
    pub clauses: BTreeSet<String>,
    /// Not understood.
    pub residue: BTreeSet<String>,
    /// Not understood, in brackets beside something that was.
    pub gloss_residue: BTreeSet<String>,
    /// 其他.
    pub is_other: bool,
    /// 填表人, 备注 ….
    pub is_meta: bool,
    /// 行政区划代码, 村名 ….
    pub is_identity: bool,
    /// Whether the measure comes from a row of the form, not from a heading.
    pub from_row: bool,
    /// Unit dimension of that row.
    pub dimension: Option<String>,
    /// Whether the words list several topics (人口与就业), none of which alone is what stands below.
    pub lists_topics: bool,
    /// Whether words of a row of another dimension were taken over.
    pub crossed: bool,
    /// Whether a parent's unknown words were left out.
    pub dropped_context: bool,
    /// People whom an outer heading is about, below headings that name none (外出从业情况 / 社会保障).
    pub people: BTreeSet<TermId>,
    /// Whether a heading above has words that were not understood.
    pub below_unknown: bool,
    /// Terms of population and qualifiers, for the clauses that they imply.
    pub word_terms: BTreeSet<TermId>,
    /// Steps of the reading.
    pub evidence: Vec<FacetEvidence>,
}

/// Words that begin a description of the thing above: 通宽带, 设有卫生室, 参加合作社.
const DESCRIBING: [&str; 22] = [
    "有", "已", "通", "建有", "设有", "配有", "拥有", "建立", "成立", "设立", "开展", "实行", "实现", "纳入", "参加", "完成", "达到",
    "使用", "配备", "接通", "覆盖", "未",
];

/// The last thing that the words name.
fn head_of(vocabulary: &Vocabulary, phrase: &Phrase) -> Option<TermId> {
    phrase.pieces.iter().rev().find_map(|piece| match piece {
        Piece::Word { term, is_negated: false, suffix: "" } if vocabulary.term(*term).role == Role::Measure => Some(*term),
        _ => None,
    })
}

/// Reads what one phrase says by itself.
pub(crate) fn draft_of(vocabulary: &Vocabulary, phrase: &Phrase, source: &str) -> Draft {
    let mut draft = Draft::default();
    for piece in &phrase.pieces {
        draft.add_piece(vocabulary, piece, source);
    }
    draft.head = head_of(vocabulary, phrase);
    draft.describes = phrase.is_part || phrase.text.ends_with('的') || DESCRIBING.iter().any(|word| phrase.text.starts_with(word));
    let is_named = !draft.measures.is_empty();
    let is_list = draft.statistic.is_some() && phrase.gloss.len() > 1 && phrase.gloss.iter().any(|p| matches!(p, Piece::Residue(_)));
    for piece in &phrase.gloss {
        match piece {
            // A gloss on a known thing (烤烟（未去梗烤烟叶）) explains it; on an unknown one it is part of the name.
            // （肉、产品）产量 lists what a column may hold.
            _ if is_list => {}
            Piece::Residue(text) if is_named => {
                draft.gloss_residue.insert(text.clone());
            }
            Piece::Word { term, .. } if is_named && vocabulary.term(*term).role == Role::Measure => {
                let gloss = vocabulary.term(*term);
                let is_beside = draft.measures.iter().any(|m| vocabulary.term(*m).class == gloss.class);
                if draft.measures.contains(term) {
                    continue;
                }
                // 特殊群体学生（义务教育阶段）: the rows below are those of that institution.
                if source == "path" && vocabulary.class(gloss).from_title {
                    draft.measures.insert(*term);
                    continue;
                }
                // 小学（教学点） counts both; 烤烟（烟叶） only says what it is.
                if is_beside {
                    draft.clauses.insert(format!("含{}", gloss.name));
                } else {
                    draft.gloss_residue.insert(gloss.name.clone());
                }
            }
            piece => draft.add_piece(vocabulary, piece, source),
        }
    }
    draft.lists_topics = ["与", "和", "及", "、"].iter().any(|word| phrase.text.contains(word));
    // 图书馆、文化站 are counted together.
    draft.head = draft.head.filter(|_| !draft.lists_topics);
    draft.clauses.extend(phrase.clauses.iter().cloned());
    draft.drop_broader(vocabulary);
    draft
}

impl Draft {
    /// Whether the words name a thing, known or unknown.
    pub(crate) fn is_named(&self) -> bool {
        let is_described = !self.population.is_empty() || !self.qualifiers.is_empty();
        self.names_thing || !self.measures.is_empty() || !self.residue.is_empty() || (self.statistic.is_some() && is_described)
    }

    /// Takes over the people that a heading is about, where the words themselves name none: 参加养老保险 under 从业人员 counts 从业人员.
    fn inherit_people(&mut self, vocabulary: &Vocabulary, above: &Draft) {
        let is_people = |m: &TermId| is_group(vocabulary, *m);
        let named: Vec<TermId> = above.measures.iter().copied().filter(|m| is_people(m) && !above.lists_topics).collect();
        let heading = if named.is_empty() { above.people.iter().copied().collect() } else { named };
        // Below 脱贫户、监测户 the workforce is theirs, or is not.
        let listed: Vec<TermId> = above.measures.iter().copied().filter(|m| is_people(m) && above.lists_topics).collect();
        let own: Vec<TermId> = self.measures.iter().copied().filter(is_people).collect();
        if own.is_empty() && !self.is_of_everybody(vocabulary) {
            self.measures.extend(heading);
        } else if !own.is_empty() {
            // 村党组织书记 > 大学生村官: whether the heading restricts the row, nobody can tell.
            let is_kin = |a: &TermId, b: &TermId| a == b || vocabulary.is_kind_of(*a, *b) || vocabulary.is_kind_of(*b, *a);
            let is_general = |m: &TermId| {
                let class = vocabulary.class(vocabulary.term(*m));
                class.is_demographic || class.is_generic
            };
            self.crossed |= heading.iter().any(|up| !is_general(up) && !own.iter().any(|m| is_kin(m, up)));
            let is_told = listed.iter().any(|up| own.iter().any(|m| is_kin(m, up)));
            self.crossed |= !is_told && listed.iter().any(|up| !is_general(up)) && own.iter().all(is_general);
        }
    }

    /// Gives words their meaning below `above` (豆类 below 蔬菜 are vegetables).
    fn read_in_context(&mut self, vocabulary: &Vocabulary, above: &Draft) {
        let changes: Vec<(TermId, TermId)> = self
            .measures
            .iter()
            .filter_map(|own| above.measures.iter().find_map(|up| vocabulary.in_context(*own, *up)).map(|meaning| (*own, meaning)))
            .collect();
        for (word, meaning) in changes {
            self.measures.remove(&word);
            self.head = self.head.map(|head| if head == word { meaning } else { head });
            self.add_term(vocabulary, meaning, "", "path");
        }
    }

    fn note(&mut self, facet: &str, value: &str, words: &str, source: &str) {
        self.evidence.push(FacetEvidence { facet: facet.into(), value: value.into(), words: words.into(), source: source.into() });
    }

    fn add_piece(&mut self, vocabulary: &Vocabulary, piece: &Piece, source: &str) {
        match piece {
            Piece::Residue(text) => {
                self.residue.insert(text.clone());
            }
            Piece::Range { value, is_age } => self.add_range(value, *is_age, source),
            Piece::Word { term, is_negated: true, .. } => {
                let value = format!("未{}", vocabulary.term(*term).name);
                self.note("qualifier", &value, &value, source);
                self.qualifiers.insert(value, RANGE_CLASS);
            }
            Piece::Word { term, suffix, .. } => self.add_term(vocabulary, *term, suffix, source),
        }
    }

    /// Adds a range.
    pub(crate) fn add_range(&mut self, value: &str, is_age: bool, source: &str) {
        self.qualifiers.insert(value.to_owned(), if is_age { AGE_CLASS } else { RANGE_CLASS });
        self.note("qualifier", value, value, source);
    }

    /// Adds the boundary from which strangers are told.
    pub(crate) fn add_boundary(&mut self, boundary: &str) {
        self.qualifiers.insert(boundary.to_owned(), RANGE_CLASS);
        self.note("qualifier", boundary, boundary, "note");
    }

    /// 参加 an insurance is to be insured.
    pub(crate) fn insure(&mut self, vocabulary: &Vocabulary) {
        if let Some(insured) = vocabulary.find("参保").filter(|_| self.is_of(vocabulary, |class| class.is_insurance))
            && self.qualifiers.remove("参加").is_some()
        {
            self.add_term(vocabulary, insured, "", "label");
        }
    }

    /// Whether one of the things is of a class.
    pub(crate) fn is_of(&self, vocabulary: &Vocabulary, is_wanted: impl Fn(&Class) -> bool) -> bool {
        self.measures.iter().any(|m| is_wanted(vocabulary.class(vocabulary.term(*m))))
    }

    /// Adds what a note restricts the figure to.
    pub(crate) fn add_restriction(&mut self, words: &str) {
        self.qualifiers.insert(words.to_owned(), RANGE_CLASS);
        self.note("qualifier", words, words, "note");
    }

    /// Adds a thing that only says which of others are meant.
    pub(crate) fn add_thing_as_qualifier(&mut self, name: &str) {
        self.qualifiers.insert(name.to_owned(), RANGE_CLASS);
    }

    /// Whether the figure is about people or households in general, whose residence basis a note may say.
    pub(crate) fn is_of_everybody(&self, vocabulary: &Vocabulary) -> bool {
        self.residue.is_empty() && self.measures.iter().all(|m| matches!(vocabulary.term(*m).name.as_str(), "人口" | "户"))
    }

    /// Whether a definition in a note may say what the figure is: the words were not understood, or name the same kind of thing.
    pub(crate) fn is_unknown_or_kin(&self, vocabulary: &Vocabulary, alias: &Draft) -> bool {
        // 农户 defined as 常住户 stays 农户: a definition may narrow a thing, and never widens it.
        // 行政村 defined as 村民委员会 is the other name of one body.
        let is_same_body = |a: &TermId, m: &TermId| {
            let (a, m) = (vocabulary.term(*a), vocabulary.term(*m));
            a.class == m.class && vocabulary.class(a).is_unit_kind
        };
        let narrows = |a: &TermId, m: &TermId| a == m || vocabulary.is_kind_of(*a, *m) || is_same_body(a, m);
        let are_kin = self.measures.iter().all(|m| alias.measures.iter().any(|a| narrows(a, m)));
        self.measures.is_empty() || (self.residue.is_empty() && are_kin)
    }

    /// Whether the figure is one of demography, whose residence basis a note may say.
    pub(crate) fn is_demographic(&self, vocabulary: &Vocabulary) -> bool {
        self.residue.is_empty() && self.measures.iter().all(|m| vocabulary.class(vocabulary.term(*m)).is_demographic)
    }

    /// 从业人员 and 企业 below a heading that names some other thing (农家乐) are those of that thing; below several nobody knows whose.
    fn inherit_setting(&mut self, vocabulary: &Vocabulary, above: &Draft) {
        if !self.measures.iter().all(|m| vocabulary.class(vocabulary.term(*m)).is_generic) {
            return;
        }
        let everybody = ["人口", "户"];
        let is_kin = |up: TermId| self.measures.iter().any(|m| *m == up || vocabulary.is_kind_of(*m, up) || vocabulary.is_kind_of(up, *m));
        let is_setting = |up: &TermId| {
            let term = vocabulary.term(*up);
            !vocabulary.class(term).is_unit_kind
                && !vocabulary.class(term).is_demographic
                && !everybody.contains(&term.name.as_str())
                && !is_kin(*up)
        };
        let settings: Vec<TermId> = above.measures.iter().copied().filter(is_setting).collect();
        self.crossed |= above.lists_topics && !settings.is_empty();
        self.measures.extend(settings);
    }

    /// Whether the figure is about people, in general or of some group.
    pub(crate) fn is_of_people(&self, vocabulary: &Vocabulary) -> bool {
        self.is_demographic(vocabulary) || self.is_of(vocabulary, |class| class.dimension.as_deref() == Some("person"))
    }

    /// Takes over the institution of a heading: 在校生 under 小学 are that school's.
    fn inherit_institution(&mut self, vocabulary: &Vocabulary, above: &Draft) {
        let class = |m: &TermId| vocabulary.class(vocabulary.term(*m));
        let is_institution = |m: &TermId| class(m).from_title && vocabulary.term(*m).role == Role::Measure;
        if self.measures.iter().any(|m| class(m).is_institutional) && !self.measures.iter().any(is_institution) && !above.lists_topics {
            let heading: Vec<TermId> = above.measures.iter().copied().filter(is_institution).collect();
            self.measures.extend(heading);
        }
    }

    /// Which thing is counted, seen from the row above: 卫生室 below 行政村 may count either, unless the words say that they only describe it.
    fn tell_head(&mut self, vocabulary: &Vocabulary, above: &Draft, same_dimension: bool) {
        let is_place = |head: TermId| vocabulary.class(vocabulary.term(head)).is_unit_kind;
        match (self.head, above.head) {
            (None, _) => self.head = above.head,
            (Some(own), Some(up)) if same_dimension && above.from_row && own != up && !vocabulary.is_kind_of(own, up) => {
                let is_thing_of_place = is_place(up) && !is_place(own);
                if self.describes || is_thing_of_place {
                    self.crossed |= !self.describes && self.dimension_counts(above);
                    self.head = Some(up);
                }
            }
            _ => {}
        }
    }

    fn dimension_counts(&self, above: &Draft) -> bool {
        above.dimension.as_deref() == Some("count")
    }

    /// Whether an age is said.
    pub(crate) fn has_age(&self) -> bool {
        self.qualifiers.values().any(|class| *class == AGE_CLASS)
    }

    /// Adds one term of the vocabulary.
    pub(crate) fn add_term(&mut self, vocabulary: &Vocabulary, id: TermId, suffix: &str, source: &str) {
        let term = vocabulary.term(id);
        let name = format!("{}{suffix}", term.name);
        let facet = match term.role {
            // 小学及以下 is a level of schooling, not a school.
            Role::Measure if !suffix.is_empty() => {
                let schooling = vocabulary.find(&format!("{}文化", term.name)).map(|id| vocabulary.term(id));
                let (base, class) = schooling.map_or((term.name.as_str(), RANGE_CLASS), |s| (s.name.as_str(), s.class));
                self.qualifiers.insert(format!("{base}{suffix}"), class);
                "qualifier"
            }
            Role::Measure => {
                self.measures.insert(id);
                "measure"
            }
            Role::Statistic => {
                self.statistic = Some(name.clone());
                self.names_thing = vocabulary.class(term).names_thing;
                self.usual_time = term.time.or(self.usual_time);
                self.named_dimension = vocabulary.class(term).dimension.clone().or(self.named_dimension.take());
                "statistic"
            }
            Role::PlainStatistic => {
                self.named_dimension = vocabulary.class(term).dimension.clone().or(self.named_dimension.take());
                self.usual_time = self.usual_time.or(term.time);
                return;
            }
            Role::Population => {
                self.population.insert(name.clone(), term.class);
                self.word_terms.insert(id);
                "population"
            }
            Role::Qualifier => {
                self.qualifiers.insert(name.clone(), term.class);
                self.word_terms.insert(id);
                self.usual_time = term.time.or(self.usual_time);
                "qualifier"
            }
            Role::Time => {
                let is_weak = vocabulary.class(term).is_weak;
                if self.time.is_none() || self.time_is_weak {
                    self.time = term.time;
                    self.time_is_weak = is_weak;
                    self.is_bare_sum = term.name == "累计";
                }
                "time"
            }
            Role::Offset => {
                self.years = term.years;
                if term.time.is_some() {
                    self.time = term.time;
                    self.time_is_weak = false;
                }
                "offset"
            }
            Role::Price => {
                self.price = Some(name.clone());
                "price"
            }
            Role::Other => {
                self.is_other = true;
                return;
            }
            Role::Meta => {
                self.is_meta = true;
                return;
            }
            Role::Identity => {
                self.is_identity = true;
                return;
            }
            Role::Filler => {
                self.usual_time = self.usual_time.or(term.time);
                return;
            }
            Role::Total => return,
        };
        self.note(facet, &name, &name, source);
    }

    /// Drops measures that another measure beside them is a kind of.
    pub(crate) fn drop_broader(&mut self, vocabulary: &Vocabulary) {
        let all: Vec<TermId> = self.measures.iter().copied().collect();
        self.measures.retain(|broad| !all.iter().any(|narrow| narrow != broad && vocabulary.is_kind_of(*narrow, *broad)));
    }

    /// Takes over population and qualifiers from above; what is said below wins within an exclusive class.
    fn inherit_restrictions(&mut self, vocabulary: &Vocabulary, above: &Draft, with_qualifiers: bool) {
        let exclusive = |class: u32| class == AGE_CLASS || (class != RANGE_CLASS && vocabulary.is_exclusive(class));
        let is_institutional =
            self.measures.is_empty() || self.measures.iter().any(|m| vocabulary.class(vocabulary.term(*m)).is_institutional);
        let (above_is_row, lists_topics) = (above.from_row, above.lists_topics);
        let names_group = self.is_of(vocabulary, |class| class.dimension.as_deref() == Some("person"));
        let merge = |own: &mut BTreeMap<String, u32>, above: &BTreeMap<String, u32>, takes_all: bool| {
            let classes: BTreeSet<u32> = own.values().copied().collect();
            for (name, class) in above {
                // An organisation above (村集体) owns income and staff, not the people and land of the place.
                if !takes_all && !is_firm(vocabulary, *class) {
                    continue;
                }
                if names_group && vocabulary.is_group_list(*class) {
                    continue;
                }
                if lists_topics && !above_is_row && vocabulary.is_institutional(*class) {
                    continue;
                }
                let belongs = is_institutional || above_is_row || !vocabulary.is_institutional(*class);
                if belongs && !(exclusive(*class) && classes.contains(class)) {
                    own.entry(name.clone()).or_insert(*class);
                }
            }
        };
        merge(&mut self.population, &above.population, true);
        merge(&mut self.qualifiers, &above.qualifiers, with_qualifiers);
    }
}

/// Sex, age, schooling …: true of the people below wherever it stands.
pub(crate) fn is_firm(vocabulary: &Vocabulary, class: u32) -> bool {
    class == AGE_CLASS || (class != RANGE_CLASS && vocabulary.is_firm(class))
}

/// Whether a thing is a group of people, or of households that are told from others (脱贫户).
fn is_group(vocabulary: &Vocabulary, id: TermId) -> bool {
    let term = vocabulary.term(id);
    match vocabulary.class(term).dimension.as_deref() {
        Some("person") => true,
        Some("household") => term.name != "农户",
        _ => false,
    }
}

/// What `own` means below `above`; `dimension` is the unit dimension of `own`.
pub(crate) fn narrow(vocabulary: &Vocabulary, above: &Draft, own: Draft, dimension: Option<&str>) -> Draft {
    let same_dimension = above.dimension.is_some() && above.dimension.as_deref() == dimension;
    let mut out = own;
    out.read_in_context(vocabulary, above);
    let was_named = out.is_named();
    let is_partition = |m: &TermId| vocabulary.class(vocabulary.term(*m)).is_partition;
    let replaces = out.measures.iter().any(is_partition);
    let is_kind = replaces || out.measures.iter().any(|own| above.measures.iter().any(|up| vocabulary.is_kind_of(*own, *up)));
    let narrows_heading =
        above.from_row || !was_named || out.measures.iter().any(|own| above.measures.iter().any(|up| vocabulary.is_kind_of(*own, *up)));
    out.inherit_restrictions(vocabulary, above, narrows_heading);
    // 总户数 below 放弃二孩指标户: people or households in general below a heading that names some of them are those.
    let names_some = |up: &Draft| !(up.lists_topics || (up.residue.is_empty() && up.qualifiers.is_empty()));
    if !above.from_row && out.is_of_everybody(vocabulary) && !out.measures.is_empty() && out.measures == above.measures && names_some(above)
    {
        out.residue.extend(above.residue.iter().cloned());
        for (name, class) in &above.qualifiers {
            out.qualifiers.entry(name.clone()).or_insert(*class);
        }
    }
    out.tell_head(vocabulary, above, same_dimension);
    out.years = if out.years == 0 { above.years } else { out.years };
    if out.time.is_none() || (out.time_is_weak && above.time.is_some() && !above.time_is_weak) {
        out.time = above.time;
        out.time_is_weak = above.time_is_weak;
        out.is_bare_sum = above.is_bare_sum;
    }
    out.price = out.price.or_else(|| above.price.clone());
    out.is_other |= above.is_other && !was_named;
    let crosses = above.from_row && was_named && !same_dimension && !above.qualifiers.is_empty();
    out.crossed |= above.crossed || crosses;
    out.dropped_context |= above.dropped_context && !was_named;
    out.below_unknown |= above.below_unknown || (!above.from_row && !above.residue.is_empty());
    // Below 健康档案与重点人群管理 a row without a name of its own may be about either.
    out.crossed |= !was_named && !above.from_row && above.lists_topics && !above.measures.is_empty();
    if !was_named || (above.from_row && same_dimension) {
        out.measures.extend(above.measures.iter().copied().filter(|m| !(replaces && is_partition(m))));
        if !was_named || !is_kind {
            out.residue.extend(above.residue.iter().cloned());
            out.clauses.extend(above.clauses.iter().cloned());
            out.gloss_residue.extend(above.gloss_residue.iter().cloned());
        }
        out.drop_broader(vocabulary);
    } else if out.measures.is_empty() && !out.names_thing {
        out.dropped_context |= above.is_named();
    } else if !above.from_row {
        out.inherit_setting(vocabulary, above);
        if matches!(dimension, Some("person" | "household") | None) {
            out.inherit_people(vocabulary, above);
        }
        out.inherit_institution(vocabulary, above);
    }
    if out.statistic.is_none() && (out.named_dimension.is_none() || same_dimension) && (!above.from_row || same_dimension || !was_named) {
        out.statistic = above.statistic.clone();
    }
    out.usual_time = out.usual_time.or(above.usual_time);
    out.word_terms.extend(above.word_terms.iter().copied());
    let mut evidence = above.evidence.clone();
    evidence.append(&mut out.evidence);
    out.evidence = evidence;
    out
}

/// What stands under a heading that is no row: the heading speaks only where its rows are silent.
pub(crate) fn under_heading(vocabulary: &Vocabulary, above: &Draft, heading: Draft) -> Draft {
    if above.from_row {
        let mut out = narrow(vocabulary, above, heading, above.dimension.as_deref());
        out.from_row = true;
        out.dimension = above.dimension.clone();
        return out;
    }
    let mut out = narrow(vocabulary, above, heading, None);
    // 其他情况 heads a section; below 其他社区工作者 the rows are about a rest that nobody told.
    out.dropped_context |= out.is_other && out.is_named();
    out.is_other = false;
    let is_people = |m: &TermId| is_group(vocabulary, *m);
    if !out.measures.iter().any(is_people) {
        let named: BTreeSet<TermId> = above.measures.iter().copied().filter(|m| is_people(m) && !above.lists_topics).collect();
        out.people = if named.is_empty() { above.people.clone() } else { named };
    }
    let kept: Vec<TermId> =
        above.measures.iter().copied().filter(|up| out.measures.iter().any(|own| vocabulary.is_kind_of(*up, *own))).collect();
    out.measures.extend(kept);
    out.drop_broader(vocabulary);
    out.from_row = false;
    out.dimension = None;
    out.time_is_weak = true;
    out.clauses.clear();
    out
}
