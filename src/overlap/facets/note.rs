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

/// The clause of a figure that is only about the institution that reports (在本院分娩).
const OWN_INSTITUTION: &str = "本机构";

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
        // A short definition may still narrow: 居住1个月以上.
        let clauses = text.split([',', '。', ';', '；', '、']).filter(|c| is_clause(c));
        reading.clauses.extend(clauses.map(|clause| canonical_clause(vocabulary, measures, clause, level)));
        for range in find_ranges(&text) {
            if range.is_age || (is_duration(&range.value) && text.contains("居住")) {
                reading.ranges.push((range.value, range.is_age));
            }
        }
        let is_residence = |id: &TermId| {
            let term = vocabulary.term(*id);
            term.role == Role::Population && vocabulary.class(term).from_note
        };
        reading.terms.extend(read_phrase(vocabulary, measures, &text, level).terms().filter(is_residence));
    }
    if text.is_empty() || is_definition(&text) {
        return reading;
    }
    reading.fuller = fuller_name(vocabulary, measures, &text, level);
    reading.is_unusual = UNUSUAL.iter().any(|w| text.contains(w)) && !text.contains("无常住人口数");
    for clause in text.split([',', '。', ';', '；', '、', '!', '/', '(', ')']).filter(|c| c.chars().count() > 1) {
        if is_clause(clause) {
            reading.clauses.push(canonical_clause(vocabulary, measures, clause, level));
            continue;
        }
        if clause.contains("口径") {
            // 乡镇财政口径: the accounts of that level.
            let is_level = |id: &TermId| vocabulary.class(vocabulary.term(*id)).is_unit_kind;
            let levels = read_phrase(vocabulary, measures, clause, level).terms().filter(is_level).collect::<Vec<_>>();
            reading.clauses.extend(levels.into_iter().map(|id| format!("{}口径", vocabulary.term(id).name)));
        }
        if let Some((_, into)) = clause.split_once("纳入") {
            // 已纳入保障 tells some of them from the rest.
            reading.clauses.push(format!("纳入{into}"));
        }
        reading.boundary = reading.boundary.take().or_else(|| boundary_of(clause));
        if clause.chars().count() <= LONGEST_RESTRICTION && !text.contains(['、', '+', '/']) {
            reading.restrictions.extend(restriction(vocabulary, &read_phrase(vocabulary, measures, clause, level)));
        }
        let is_negative = ["不", "非", "未", "无"].iter().any(|w| clause.contains(w));
        let phrase = read_phrase(vocabulary, measures, clause, level);
        if clause.starts_with('按') {
            let is_basis = |id: &TermId| {
                let term = vocabulary.term(*id);
                term.role == Role::Measure && !vocabulary.class(term).is_unit_kind
            };
            reading.basis.extend(phrase.terms().filter(is_basis));
            reading.is_unusual |= ["台账", "账面", "证载", "合同", "确权", "测绘"].iter().any(|w| clause.contains(w));
        }
        if ["本院", "本机构", "本单位", "本校", "本所", "本站", "本中心", "本园"].iter().any(|own| clause.contains(own))
        {
            reading.clauses.push(OWN_INSTITUTION.to_owned());
        }
        if clause.starts_with(['在', '本']) {
            let is_institution =
                |id: &TermId| vocabulary.class(vocabulary.term(*id)).from_title && vocabulary.term(*id).role == Role::Measure;
            reading.places.extend(phrase.terms().filter(is_institution));
            // 本村调委会 beside 人民调解员: those of that body only.
            let is_body =
                |name: &str| name.ends_with(['会', '站', '所', '室', '院', '社']) || name.ends_with("中心") || name.ends_with("机构");
            let bodies = phrase.terms().filter(|id| !is_institution(id)).map(|id| vocabulary.term(id).name.as_str());
            reading.clauses.extend(bodies.filter(|name| is_body(name)).map(|name| format!("在{name}")));
        }
        for piece in phrase.pieces {
            match piece {
                Piece::Word { term, is_negated: false, .. } => {
                    let entry = vocabulary.term(term);
                    let class = vocabulary.class(entry);
                    if (class.from_note && !is_negative) || (matches!(entry.role, Role::Time | Role::Offset) && !class.is_weak) {
                        reading.terms.push(term);
                    }
                }
                Piece::Range { value, is_age } if is_age || (is_duration(&value) && is_stay(clause)) => {
                    reading.ranges.push((value, is_age))
                }
                _ => {}
            }
        }
    }
    reading
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
            Role::Qualifier | Role::Population if !is_legal && !vocabulary.class(entry).from_note => {
                words.push(format!("{}{}{suffix}", if *is_negated { "未" } else { "" }, entry.name));
            }
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

/// Where a note stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NotePlace {
    /// Who fills the form.
    pub level: Level,
    /// Whether it is printed once for all columns of a row.
    pub is_row_note: bool,
    /// Whether the figure counts people or households.
    pub is_of_people: bool,
}

/// Puts what the note says of residence and of the thing itself into a whole, from which its parts take it over.
pub(crate) fn apply_note_of_whole(vocabulary: &Vocabulary, draft: &mut Draft, note: &NoteReading, place: &NotePlace) {
    let is_residence = |id: &TermId| matches!(vocabulary.term(*id).role, Role::Population | Role::Offset);
    let residence = NoteReading {
        terms: note.terms.iter().copied().filter(is_residence).collect(),
        alias: note.alias.clone(),
        fuller: note.fuller.clone(),
        ..NoteReading::default()
    };
    apply_note(vocabulary, draft, &residence, place);
}

/// Puts what the note says into the meaning, where the field's own words do not say it.
pub(crate) fn apply_note(vocabulary: &Vocabulary, draft: &mut Draft, note: &NoteReading, place: &NotePlace) {
    let NotePlace { level, is_row_note, is_of_people } = *place;
    for term in &note.terms {
        let entry = vocabulary.term(*term);
        match entry.role {
            Role::Time if draft.time.is_none() || draft.time_is_weak => draft.add_term(vocabulary, *term, "", "note"),
            Role::Offset if draft.years == 0 && !is_row_note => {
                draft.years = entry.years;
                draft.time = draft.time.or(entry.time).or(Some(TimeBasis::Stock));
            }
            Role::Qualifier if !draft.qualifiers.values().any(|class| *class == entry.class) => {
                draft.add_term(vocabulary, *term, "", "note")
            }
            Role::Population
                if (is_of_people || draft.is_of_people(vocabulary)) && !draft.population.values().any(|class| *class == entry.class) =>
            {
                draft.add_term(vocabulary, *term, "", "note");
            }
            _ => {}
        }
    }
    if let Some(alias) = &note.alias
        && draft.is_unknown_or_kin(vocabulary, alias)
    {
        draft.residue.clear();
        draft.measures.clone_from(&alias.measures);
        draft.population.extend(alias.population.clone());
        draft.word_terms.extend(&alias.word_terms);
    }
    if let Some(fuller) = note.fuller.as_ref().filter(|_| draft.residue.is_empty() && !draft.measures.is_empty()) {
        let is_same_body = |m: &TermId, own: &TermId| {
            let (m, own) = (vocabulary.term(*m), vocabulary.term(*own));
            m.class == own.class && vocabulary.class(m).is_unit_kind
        };
        let narrows = |m: &TermId, own: &TermId| vocabulary.is_kind_of(*m, *own) || is_same_body(m, own);
        let narrower = |own: &TermId| fuller.measures.iter().find(|m| narrows(m, own)).copied();
        let is_said = |own: &TermId| fuller.measures.contains(own) || narrower(own).is_some();
        let is_institution = |m: &TermId| vocabulary.class(vocabulary.term(*m)).from_title || draft.measures.contains(m);
        let only_narrows = fuller.measures.iter().all(|m| is_institution(m) || draft.measures.iter().any(|own| narrows(m, own)));
        if draft.measures.iter().all(is_said) && only_narrows {
            draft.measures.retain(|own| !fuller.measures.iter().any(|m| m != own && is_same_body(m, own)));
            draft.measures.extend(fuller.measures.iter().copied());
            draft.drop_broader(vocabulary);
        }
    }
    let is_institutional = |m: &TermId| vocabulary.class(vocabulary.term(*m)).is_institutional;
    if draft.measures.iter().any(is_institutional) {
        draft.measures.extend(note.places.iter().copied());
    }
    let is_foreign = |basis: &TermId| !draft.measures.iter().any(|m| m == basis || vocabulary.is_kind_of(*basis, *m));
    draft.crossed |= note.basis.iter().any(is_foreign);
    let implied: Vec<&String> = draft.measures.iter().chain(&draft.word_terms).flat_map(|m| vocabulary.implied(*m)).collect();
    if !draft.has_age() {
        for (value, is_age) in &note.ranges {
            if !implied.iter().any(|i| i.as_str() == value) {
                draft.add_range(value, *is_age, "note");
            }
        }
    }
    for clause in &note.clauses {
        draft.clauses.insert(clause.clone());
    }
    for restriction in &note.restrictions {
        let is_said = restriction.split('+').all(|w| draft.qualifiers.contains_key(w) || draft.population.contains_key(w));
        if !is_said && !implied.iter().any(|i| *i == restriction) {
            draft.add_restriction(restriction);
        }
    }
    // 60岁以上 with 含60周岁 only says how it counts.
    let says_bound = |clause: &String| {
        let number = clause.strip_prefix('含').and_then(|c| c.strip_suffix('岁'));
        number.is_some_and(|n| draft.qualifiers.keys().any(|q| q.strip_prefix(n).is_some_and(|rest| rest == "+" || rest == "-")))
    };
    let has_institution = draft.is_of(vocabulary, |class| class.from_title);
    let says_nothing = |clause: &&String| {
        says_bound(clause)
            || (has_institution && *clause == OWN_INSTITUTION)
            || implied.iter().any(|i| *i == *clause || i.as_str() == without_own_words(vocabulary, draft, clause))
            || includes_own_kinds(vocabulary, draft, clause)
            || (has_institution && is_about_owners(vocabulary, clause))
            || (level > Level::Village && includes_lower_levels(vocabulary, draft, clause))
    };
    let changes: Vec<(TermId, TermId, String)> = draft
        .measures
        .iter()
        .flat_map(|m| draft.clauses.iter().filter_map(|c| vocabulary.with_clause(*m, c).map(|meaning| (*m, meaning, c.clone()))))
        .collect();
    let dropped: Vec<String> = draft.clauses.iter().filter(says_nothing).cloned().collect();
    for clause in dropped {
        draft.clauses.remove(&clause);
    }
    for (term, meaning, clause) in changes {
        draft.measures.remove(&term);
        draft.clauses.remove(&clause);
        draft.add_term(vocabulary, meaning, "", "note");
    }
}

/// 含民办 beside 幼儿园 says nothing: institutions are counted whoever owns them.
fn is_about_owners(vocabulary: &Vocabulary, clause: &str) -> bool {
    let Some(words) = clause.strip_prefix('含') else { return false };
    let owners = ["民办", "公办", "集体", "村集体", "国有", "私营", "个体"];
    words.split('+').all(|word| word == "办" || (owners.contains(&word) && vocabulary.find(word).is_some()))
}

/// A clause without the words that are the thing's own (含九年一贯制学校初中段 beside 初中) and without particles.
fn without_own_words(vocabulary: &Vocabulary, draft: &Draft, clause: &str) -> String {
    let Some((sign, words)) = ["不含", "含"].iter().find_map(|sign| clause.strip_prefix(sign).map(|words| (*sign, words))) else {
        return clause.to_owned();
    };
    let is_own = |word: &str| vocabulary.find(word).is_some_and(|id| draft.measures.contains(&id));
    let kept: Vec<&str> = words.split('+').filter(|word| !is_own(word) && word.chars().count() > 1).collect();
    format!("{sign}{}", kept.join("+"))
}

/// 含村级 beside a township's 健身广场 says nothing: what its villages have is in the township.
fn includes_lower_levels(vocabulary: &Vocabulary, draft: &Draft, clause: &str) -> bool {
    let Some(words) = clause.strip_prefix('含') else { return false };
    let is_level = |word: &str| matches!(word, "村级" | "村" | "社区" | "行政村" | "村居" | "站" | "室" | "点" | "村社区" | "级");
    let is_own = |word: &str| vocabulary.find(word).is_some_and(|id| draft.measures.contains(&id));
    words.split('+').all(|word| is_level(word) || is_own(word)) && words.split('+').any(is_level)
}

/// 含薯类 beside 粮食 says nothing: a total includes its own kinds.
fn includes_own_kinds(vocabulary: &Vocabulary, draft: &Draft, clause: &str) -> bool {
    let Some(words) = clause.strip_prefix('含') else { return false };
    let is_own = |word: &str| {
        let Some(id) = vocabulary.find(word) else { return false };
        draft.measures.iter().any(|m| *m == id || vocabulary.is_kind_of(id, *m))
    };
    words.split('+').all(is_own)
}
