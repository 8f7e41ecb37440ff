//! A meaning in the making: what one phrase says by itself.
//!
//! How phrases work upon one another is told in `narrow` (what stands above) and `apply` (notes).

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::facet::{FacetEvidence, TimeBasis};
use crate::overlap::facets::phrase::{Phrase, Piece};
use crate::overlap::vocabulary::{Class, Role, TermId, Vocabulary};

/// Class number under which ages are kept, so that a narrower age replaces a wider one.
pub(crate) const AGE_CLASS: u32 = u32::MAX;
/// Class number of other ranges and of negated words.
pub(crate) const RANGE_CLASS: u32 = u32::MAX - 1;

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
    /// Whether the words name a span of their own (本月), which no 累计 above them lengthens.
    pub names_span: bool,
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
    /// People or institutions that an outer heading is about, below headings that name none (外出从业情况 / 社会保障).
    pub people: BTreeSet<TermId>,
    /// Whether a heading of the section names the thing too (一、党员 above 党员总数), so that the title's other groups are not meant.
    pub is_told: bool,
    /// Classes (性别) of a heading that only names a topic, since rows below say their value themselves: 妇女参政 above 女党员.
    pub topical: BTreeSet<u32>,
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
                let is_beside = draft.measures.iter().any(|m| {
                    // 小型水库（山塘） counts another thing beside what it is a kind of.
                    let broader = vocabulary.broader(*m).filter(|broad| broad != term);
                    vocabulary.term(*m).class == gloss.class || broader.is_some_and(|broad| vocabulary.term(broad).class == gloss.class)
                });
                if draft.measures.contains(term) {
                    continue;
                }
                // 特殊群体学生（义务教育阶段）: the rows below are those of that institution.
                if source == "path" && vocabulary.class(gloss).from_title {
                    draft.measures.insert(*term);
                    continue;
                }
                // 水果（园林水果） is the narrower one.
                let is_kind = draft.measures.iter().any(|m| vocabulary.is_kind_of(*term, *m));
                if is_kind && phrase.gloss.len() == 1 && !phrase.gloss_is_open {
                    draft.measures.insert(*term);
                    continue;
                }
                // 医疗卫生机构（医院、诊所） are those two; with 等 they are examples.
                let is_listed = is_kind && !phrase.gloss_is_open;
                // 小学（教学点） counts both; 烤烟（烟叶） only says what it is.
                if is_listed {
                    draft.clauses.insert(format!("仅{}", gloss.name));
                } else if is_beside {
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
    draft.name_members(vocabulary);
    draft.drop_broader(vocabulary);
    draft
}

impl Draft {
    /// 村委会女成员: a body and its members in one phrase are its members.
    pub(crate) fn name_members(&mut self, vocabulary: &Vocabulary) {
        let bodies = self.measures.iter().copied().filter(|m| vocabulary.class(vocabulary.term(*m)).is_unit_kind);
        let member_of = |body: TermId| {
            let of_body = |own: &TermId| vocabulary.in_context(*own, body).map(|meaning| (body, *own, meaning));
            self.measures.iter().filter(|own| **own != body).find_map(of_body)
        };
        let is_people = |id: TermId| vocabulary.class(vocabulary.term(id)).dimension.as_deref() == Some("person");
        // 小组数 in the column 村民委员会 are its groups.
        let is_group = |own: TermId| vocabulary.class(vocabulary.term(own)).is_generic;
        let found = bodies.filter_map(member_of).find(|(_, own, meaning)| is_people(*meaning) || is_group(*own));
        if let Some((body, word, members)) = found {
            self.measures.remove(&body);
            self.measures.remove(&word);
            self.measures.insert(members);
            self.head = Some(members);
        }
    }

    /// Whether the words name a thing, known or unknown.
    pub(crate) fn is_named(&self, vocabulary: &Vocabulary) -> bool {
        let is_described = !self.population.is_empty() || !self.qualifiers.is_empty();
        // 淡水养殖面积 names what it measures by how it is produced.
        let is_way_of_production = self.named_dimension.is_some() && self.population.values().any(|class| vocabulary.is_from_title(*class));
        self.names_thing
            || !self.measures.is_empty()
            || !self.residue.is_empty()
            || (self.statistic.is_some() && is_described)
            || is_way_of_production
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

    /// Whether the figure is about people, in general or of some group.
    pub(crate) fn is_of_people(&self, vocabulary: &Vocabulary) -> bool {
        self.is_demographic(vocabulary) || self.is_of(vocabulary, |class| class.dimension.as_deref() == Some("person"))
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
                    self.names_span = term.name == "本月";
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
}

/// Sex, age, schooling …: true of the people below wherever it stands.
pub(crate) fn is_firm(vocabulary: &Vocabulary, class: u32) -> bool {
    class == AGE_CLASS || (class != RANGE_CLASS && vocabulary.is_firm(class))
}
