//! Notes (口径): what a definition adds to or takes from a figure, clause by clause.
//!
//! A note that spells out the definition of a standard term (指…) does not change the term. A short remark does: 含… and 不含… are part of
//! the meaning unless the term's own definition implies them; 口径 that differs, estimates and provisional figures make a field uncertain.

use crate::domain::facet::TimeBasis;
use crate::domain::measure::Measures;
use crate::domain::unit::Level;
use crate::overlap::facets::draft::{Draft, draft_of};
use crate::overlap::facets::phrase::{Phrase, Piece, is_clause, read_phrase};
use crate::overlap::facets::range::find_ranges;
use crate::overlap::facets::text::normalise;
use crate::overlap::vocabulary::{Role, TermId, Vocabulary};

/// Longest note, in characters, that is read as a remark; a longer one is a definition.
const LONGEST_REMARK: usize = 70;

/// Longest definition, in characters, that is read for what it adds; official ones of standard terms are longer.
const LONGEST_NARROWING: usize = 30;

/// Longest clause, in characters, that only names the period (本年, 本年度): beside a label it says that the figure arose in it.
const LONGEST_PERIOD: usize = 4;

/// Words for the place that reports; where people live in it, it says nothing.
const OWN_PLACE: [&str; 2] = ["本乡镇内", "本县"];

/// Most characters of the words that a definition ends in.
const LONGEST_TAIL: usize = 10;

/// The clause of a figure that is only about the institution that reports (在本院分娩).
pub(crate) const OWN_INSTITUTION: &str = "本机构";

/// Longest clause, in characters, that is read as a restriction by itself (在编, 县级以上).
const LONGEST_RESTRICTION: usize = 8;

/// Words of a remark that say the figure is not the usual one.
const UNUSUAL: [&str; 24] = [
    "只填",
    "仅填",
    "只统计",
    "仅统计",
    "只报",
    "仅含",
    "只含",
    "仅包括",
    "只包括",
    "仅限",
    "口径不同",
    "口径有",
    "口径略",
    "非统计口径",
    "估算",
    "推算",
    "预计",
    "估计",
    "不同于",
    "有差异",
    "不一致",
    "未经审核",
    "仅指",
    "特指",
];

/// What a note says.
#[derive(Clone, Debug, Default)]
pub(crate) struct NoteReading {
    /// Terms of population and time that the note gives.
    pub terms: Vec<TermId>,
    /// Age or other ranges.
    pub ranges: Vec<(String, bool)>,
    /// 含 / 不含 clauses, normalised: sign and words in order.
    pub clauses: Vec<String>,
    /// Whether the note says that the figure is not the usual one.
    pub is_unusual: bool,
    /// What a short definition says the figure is.
    pub alias: Option<Draft>,
    /// Things of another kind that the figure is taken from (按承包台账).
    pub basis: Vec<TermId>,
    /// The boundary from which 外来 or 流动 is told (本乡镇 …).
    pub boundary: Option<&'static str>,
    /// Insurances that the note names.
    pub insurances: Vec<TermId>,
    /// Words that restrict the figure by themselves: 在编, 未改造, 县级以上.
    pub restrictions: Vec<String>,
    /// A fuller name of the figure, with which the note begins: 养老机构床位 for 床位.
    pub fuller: Option<Draft>,
    /// Institutions in which the people counted work (在村卫生室执业).
    pub places: Vec<TermId>,
}

/// The boundary that a clause like 户籍不在本乡镇 or 来自本县以外 names.
pub(crate) fn boundary_of(clause: &str) -> Option<&'static str> {
    let is_outside = ["不在本", "以外", "外流入", "本乡镇外", "本县外", "跨"].iter().any(|w| clause.contains(w));
    let places = [
        ("乡镇", "乡镇"),
        ("乡(镇)", "乡镇"),
        ("街道", "乡镇"),
        ("村", "村"),
        ("社区", "村"),
        ("县", "县"),
        ("区", "县"),
        ("市", "市"),
        ("省", "省"),
    ];
    if is_outside { places.iter().find(|(word, _)| clause.contains(word)).map(|(_, place)| *place) } else { None }
}

/// Reads a note.
pub(crate) fn read_note(vocabulary: &Vocabulary, measures: &Measures, note: &str, level: Level) -> NoteReading {
    let mut reading = NoteReading::default();
    let text = normalise(note).replace("村(社区)", "村社区").replace("乡镇(街道)", "乡镇").replace("村(居)", "村居");
    reading.alias = alias_of(vocabulary, measures, &text, level);
    if text.starts_with('指') && text.chars().count() <= LONGEST_NARROWING {
        read_definition(vocabulary, measures, &mut reading, &text, level);
    }
    if text.is_empty() || is_definition(&text) {
        return reading;
    }
    reading.fuller = fuller_name(vocabulary, measures, &text, level);
    reading.is_unusual = UNUSUAL.iter().any(|w| text.contains(w)) && !text.contains("无常住人口数");
    if let Some((before, tail)) = definition(&text) {
        let tail = read_phrase(vocabulary, measures, tail, level);
        if names_people(vocabulary, &tail) {
            reading.is_unusual |= residue_chars(&read_phrase(vocabulary, measures, before, level)) >= LEAST_UNREAD;
            reading.terms.extend(places_of_people(vocabulary, &tail));
        }
    }
    let parts = text.split([',', '。', ';', '；', '!', '(', ')']);
    let clauses = parts.flat_map(|part| {
        let is_list = part.contains(['、', '+', '/']);
        part.split(['、', '/']).map(move |clause| (clause, is_list))
    });
    for (clause, is_list) in clauses.filter(|(clause, _)| clause.chars().count() > 1) {
        if is_clause(clause) {
            reading.clauses.push(canonical_clause(vocabulary, measures, clause, level));
            continue;
        }
        let phrase = read_phrase(vocabulary, measures, clause, level);
        if clause.chars().count() <= LONGEST_RESTRICTION && !is_list {
            // 乡镇财政口径 restricts as 乡镇财政 does.
            let accounts = clause.strip_suffix("口径").map(|rest| read_phrase(vocabulary, measures, rest, level));
            reading.restrictions.extend(restriction(vocabulary, accounts.as_ref().unwrap_or(&phrase)));
        }
        reading.boundary = reading.boundary.take().or_else(|| boundary_of(clause));
        read_scope(vocabulary, &mut reading, clause, &phrase);
        read_words(vocabulary, &mut reading, clause, phrase);
    }
    reading
}

/// A short definition may still narrow: 指居住1个月以上的人口, 指不满18周岁的.
fn read_definition(vocabulary: &Vocabulary, measures: &Measures, reading: &mut NoteReading, text: &str, level: Level) {
    let clauses = text.split([',', '。', ';', '；', '、']).filter(|c| is_clause(c));
    reading.clauses.extend(clauses.map(|clause| canonical_clause(vocabulary, measures, clause, level)));
    for range in find_ranges(text) {
        if range.is_age || (is_duration(&range.value) && is_stay(text)) {
            reading.ranges.push((range.value, range.is_age));
        }
    }
    let is_residence = |id: &TermId| {
        let term = vocabulary.term(*id);
        term.role == Role::Population && vocabulary.class(term).from_note
    };
    reading.terms.extend(read_phrase(vocabulary, measures, text, level).terms().filter(is_residence));
    if let Some((_, tail)) = definition(text) {
        reading.terms.extend(places_of_people(vocabulary, &read_phrase(vocabulary, measures, tail, level)));
    }
}

/// Characters of a definition that may stay unread before nobody knows who counts.
const LEAST_UNREAD: usize = 4;

/// A definition in its two parts: what tells those who count, and the words for them (户口在农村…的 户).
fn definition(text: &str) -> Option<(&str, &str)> {
    let sentence = text.split(['。', ';', '；', '(']).next()?;
    let clause = sentence.split(',').find(|clause| !is_clause(clause) && clause.contains('的'))?;
    // What 指 spells out in the middle of a remark is the standard's own definition.
    let clause = Some(clause).filter(|clause| !clause.contains('指') || clause.starts_with('指'))?;
    let (before, tail) = clause.rsplit_once('的')?;
    ((1..=LONGEST_TAIL).contains(&tail.chars().count()) && before.chars().count() > LEAST_UNREAD).then_some((before, tail))
}

/// Whether words name people or households and nothing that was not understood.
fn names_people(vocabulary: &Vocabulary, phrase: &Phrase) -> bool {
    let is_people = |id: TermId| {
        let term = vocabulary.term(id);
        let is_counted = matches!(vocabulary.class(term).dimension.as_deref(), Some("person" | "household"));
        is_counted || matches!(term.name.as_str(), "人口" | "户")
    };
    let ends_in_people = ["人", "人员", "人口", "户", "家庭"].iter().any(|word| phrase.text.ends_with(word));
    (phrase.terms().any(is_people) || ends_in_people) && residue_chars(phrase) == 0
}

/// 农村 and 城镇 in the words that a definition ends in.
fn places_of_people(vocabulary: &Vocabulary, tail: &Phrase) -> Vec<TermId> {
    let is_place = |id: &TermId| matches!(vocabulary.term(*id).name.as_str(), "农村" | "城镇");
    if names_people(vocabulary, tail) { tail.terms().filter(is_place).collect() } else { Vec::new() }
}

fn residue_chars(phrase: &Phrase) -> usize {
    phrase.pieces.iter().map(|piece| if let Piece::Residue(text) = piece { text.chars().count() } else { 0 }).sum()
}

/// What a clause says of whose figures these are and what they are taken from.
fn read_scope(vocabulary: &Vocabulary, reading: &mut NoteReading, clause: &str, phrase: &Phrase) {
    let name = |id: TermId| vocabulary.term(id).name.as_str();
    let class = |id: &TermId| vocabulary.class(vocabulary.term(*id));
    if clause.contains("口径") {
        // 乡镇财政口径: the accounts of that level.
        let levels = phrase.terms().filter(|id| class(id).is_unit_kind);
        reading.clauses.extend(levels.map(|id| format!("{}口径", name(id))));
    }
    if let Some((_, into)) = clause.split_once("纳入") {
        // 已纳入保障 tells some of them from the rest.
        reading.clauses.push(format!("纳入{into}"));
    }
    if clause.starts_with('按') {
        let is_basis = |id: &TermId| vocabulary.term(*id).role == Role::Measure && !class(id).is_unit_kind;
        reading.basis.extend(phrase.terms().filter(is_basis));
        reading.is_unusual |= ["台账", "账面", "证载", "合同", "确权", "测绘"].iter().any(|w| clause.contains(w));
    }
    if ["本院", "本机构", "本单位", "本校", "本所", "本站", "本中心", "本园"].iter().any(|own| clause.contains(own)) {
        reading.clauses.push(OWN_INSTITUTION.to_owned());
    }
    if clause.starts_with(['在', '本']) {
        let is_institution = |id: &TermId| class(id).from_title && vocabulary.term(*id).role == Role::Measure;
        reading.places.extend(phrase.terms().filter(is_institution));
        // 本村调委会 beside 人民调解员: those of that body only.
        let is_body = |name: &str| name.ends_with(['会', '站', '所', '室', '院', '社']) || name.ends_with("中心") || name.ends_with("机构");
        // 在派出所登记常住户口 says who keeps the register.
        let is_register = ["登记", "备案", "注册", "户口"].iter().any(|word| clause.contains(word));
        let bodies = phrase.terms().filter(|id| !is_register && !is_institution(id)).map(name);
        reading.clauses.extend(bodies.filter(|name| is_body(name)).map(|name| format!("在{name}")));
    }
}

/// The words and ranges of a clause that a note may give.
fn read_words(vocabulary: &Vocabulary, reading: &mut NoteReading, clause: &str, phrase: Phrase) {
    let is_negative = ["不", "非", "未", "无"].iter().any(|w| clause.contains(w));
    for piece in phrase.pieces {
        match piece {
            Piece::Word { term, is_negated: false, .. } => {
                let entry = vocabulary.term(term);
                let class = vocabulary.class(entry);
                if class.is_insurance {
                    reading.insurances.push(term);
                }
                if (class.from_note && !is_negative)
                    || (matches!(entry.role, Role::Time | Role::Offset) && (!class.is_weak || clause.chars().count() <= LONGEST_PERIOD))
                {
                    reading.terms.push(term);
                }
            }
            Piece::Range { value, is_age } if is_age || (is_duration(&value) && is_stay(clause)) => reading.ranges.push((value, is_age)),
            _ => {}
        }
    }
}

/// How long somebody lives or stays somewhere, which defines who counts.
fn is_duration(value: &str) -> bool {
    value.contains("个月") || value.contains('月') || value.contains('天')
}

/// Whether a clause says how long somebody lives, works or stays away somewhere.
fn is_stay(clause: &str) -> bool {
    ["居住", "从业", "外出", "务工", "就业", "工作", "离开", "脱产", "在外"].iter().any(|word| clause.contains(word))
}

/// The thing that a short definition names: 指本行政村年末常住人口.
fn alias_of(vocabulary: &Vocabulary, measures: &Measures, text: &str, level: Level) -> Option<Draft> {
    let clause = text.split([',', '。', ';', '；']).next().unwrap_or_default();
    let rest = clause.strip_prefix('指').or_else(|| clause.strip_prefix('即')).or_else(|| clause.strip_prefix('='))?;
    if rest.chars().count() > 20 {
        return None;
    }
    // 指陆地面积和水域面积 lists what a thing is made of.
    if ["和", "及", "与"].iter().any(|word| rest.contains(word)) {
        return None;
    }
    let mut draft = draft_of(vocabulary, &read_phrase(vocabulary, measures, rest, level), "note");
    // 本行政村常住人口: the village is who reports.
    if draft.measures.len() > 1 {
        draft.measures.retain(|m| !vocabulary.class(vocabulary.term(*m)).is_unit_kind);
    }
    draft.residue.remove("本");
    if rest.contains("居住") || rest.contains("户口") {
        draft.population.retain(|name, _| !OWN_PLACE.contains(&name.as_str()));
        draft.word_terms.retain(|id| !OWN_PLACE.contains(&vocabulary.term(*id).name.as_str()));
    }
    (draft.measures.len() == 1 && draft.residue.is_empty()).then_some(draft)
}

/// The restriction that a short clause is, where it is nothing else. That something is registered or filed is so by law.
fn restriction(vocabulary: &Vocabulary, phrase: &Phrase) -> Option<String> {
    let mut words = Vec::new();
    for piece in &phrase.pieces {
        let Piece::Word { term, suffix, is_negated } = piece else { return None };
        let entry = vocabulary.term(*term);
        let is_legal = matches!(entry.name.as_str(), "登记" | "持证" | "注册" | "管理");
        match entry.role {
            Role::Filler => {}
            // 期末未消除风险: when it is counted restricts nothing.
            Role::Time if entry.time == Some(TimeBasis::Stock) => {}
            // 城乡合计 is everybody.
            Role::Population if entry.name == "城乡" => {}
            Role::Qualifier | Role::Population if !is_legal && !vocabulary.class(entry).from_note => {
                words.push(format!("{}{}{suffix}", if *is_negated { "未" } else { "" }, entry.name));
            }
            // 公共法律服务工作站, and its note: 乡镇.
            Role::Measure if vocabulary.class(entry).is_unit_kind => words.push(entry.name.clone()),
            _ => return None,
        }
    }
    words.sort();
    (!words.is_empty()).then(|| words.join("+"))
}

/// What the first words of a remark name, where all of them are understood.
fn fuller_name(vocabulary: &Vocabulary, measures: &Measures, text: &str, level: Level) -> Option<Draft> {
    // 医院、卫生院 … lists what a thing is made of.
    let clause = text.split([',', '。', ';', '；', '(']).next().filter(|c| (2..=12).contains(&c.chars().count()) && !c.contains('/'))?;
    let draft = draft_of(vocabulary, &read_phrase(vocabulary, measures, clause, level), "note");
    let is_plain = draft.residue.is_empty() && draft.qualifiers.is_empty() && draft.statistic.is_none() && !draft.lists_topics;
    (is_plain && !draft.measures.is_empty()).then_some(draft)
}

fn is_definition(text: &str) -> bool {
    text.starts_with('指') || text.starts_with("是指") || text.chars().count() > LONGEST_REMARK
}

/// Sign and sorted words of a clause, so that 含预备党员 and 包括预备党员 are one.
fn canonical_clause(vocabulary: &Vocabulary, measures: &Measures, clause: &str, level: Level) -> String {
    let excludes = ["不含", "不包括", "不包含", "剔除", "扣除", "不计", "除", "未含"];
    let includes = ["内含", "包括", "包含", "含"];
    let (sign, rest) = excludes
        .iter()
        .find_map(|w| clause.strip_prefix(w).map(|r| ("不含", r)))
        .or_else(|| includes.iter().find_map(|w| clause.strip_prefix(w).map(|r| ("含", r))))
        .unwrap_or(("含", clause));
    let phrase = read_phrase(vocabulary, measures, rest, level);
    let mut words: Vec<String> = phrase
        .pieces
        .iter()
        .filter_map(|p| match p {
            Piece::Word { term, .. } if matches!(vocabulary.term(*term).role, Role::Filler | Role::PlainStatistic | Role::Total) => None,
            Piece::Word { term, suffix, is_negated } => {
                Some(format!("{}{}{suffix}", if *is_negated { "未" } else { "" }, vocabulary.term(*term).name))
            }
            Piece::Range { value, .. } => Some(value.clone()),
            Piece::Residue(text) => Some(text.clone()),
        })
        .collect();
    words.sort();
    format!("{sign}{}", words.join("+"))
}
