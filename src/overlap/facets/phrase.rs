//! One printed phrase (a label, a heading, a column heading) as words of the vocabulary, ranges, and what was not understood.
//!
//! Knows nothing of the form around the phrase.

use crate::domain::measure::Measures;
use crate::domain::unit::Level;
use crate::overlap::facets::range::{Range, find_ranges};
use crate::overlap::facets::text::{normalise, split_brackets, strip_markers};
use crate::overlap::vocabulary::{Role, TermId, Vocabulary};

/// One piece of a phrase, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A word of the vocabulary.
    Word {
        /// The term.
        term: TermId,
        /// 未 / 非 / 无 stood before it.
        is_negated: bool,
        /// 及以上 or 及以下 stood after it; empty otherwise.
        suffix: &'static str,
    },
    /// A range (60岁及以上).
    Range {
        /// Canonical value.
        value: String,
        /// Whether it is about age.
        is_age: bool,
    },
    /// Not understood.
    Residue(String),
}

/// A phrase, read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Phrase {
    /// Pieces outside brackets.
    pub pieces: Vec<Piece>,
    /// Pieces inside brackets: a gloss on what stands outside.
    pub gloss: Vec<Piece>,
    /// Whether that gloss only gives examples (医院、诊所等).
    pub gloss_is_open: bool,
    /// 含… / 不含… inside brackets, normalised.
    pub clauses: Vec<String>,
    /// Unit of measure printed in brackets.
    pub unit: Option<String>,
    /// A heading that only names the breakdown (按性别分).
    pub is_breakdown: bool,
    /// The normalised text outside brackets.
    pub text: String,
    /// 其中 stood before it.
    pub is_part: bool,
}

/// Endings of words that name people.
const PEOPLE: [&str; 38] = [
    "人员",
    "对象",
    "人口",
    "者",
    "儿童",
    "老人",
    "老年人",
    "妇女",
    "居民",
    "学生",
    "党员",
    "成员",
    "孤儿",
    "农民",
    "劳动力",
    "职工",
    "教师",
    "医生",
    "护士",
    "干部",
    "书记",
    "主任",
    "代表",
    "委员",
    "患者",
    "军人",
    "孕妇",
    "产妇",
    "幼儿",
    "青年",
    "残疾人",
    "毕业生",
    "在校生",
    "招生",
    "教职工",
    "农民工",
    "村医",
    "律师",
];

/// Words that say how many, behind the thing that is counted.
const COUNTING: [&str; 10] = ["总数", "总量", "数量", "个数", "合计", "总计", "小计", "规模", "数", "总"];

impl Phrase {
    /// The words without those that only say how many: 户籍人口 of 户籍人口总数.
    fn counted(&self) -> &str {
        let mut text = self.text.as_str();
        while let Some(rest) = COUNTING.iter().find_map(|word| text.strip_suffix(word)) {
            text = rest;
        }
        text
    }

    /// Unit dimension of words that end in people, households or institutions: 低保对象, 脱贫户, 社会组织总数.
    pub(crate) fn dimension_of_thing(&self, vocabulary: &Vocabulary) -> Option<String> {
        let counted = self.counted();
        let ends_in = |words: &[&str]| words.iter().any(|word| counted.ends_with(word));
        let last = self.pieces.iter().rev().find_map(|piece| match piece {
            Piece::Word { term, .. } if vocabulary.term(*term).role == Role::Measure => Some(vocabulary.class(vocabulary.term(*term))),
            _ => None,
        })?;
        if ends_in(&["户", "家庭"]) {
            return Some("household".to_owned());
        }
        if ends_in(&PEOPLE) {
            return Some("person".to_owned());
        }
        let counts = counted.len() < self.text.len() && (last.is_unit_kind || last.from_title);
        last.dimension.clone().or_else(|| counts.then(|| "count".to_owned()))
    }

    /// The words outside brackets.
    pub(crate) fn terms(&self) -> impl Iterator<Item = TermId> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Word { term, .. } => Some(*term),
            _ => None,
        })
    }

    /// Unit dimension that a word like 户数 names.
    pub(crate) fn named_dimension(&self, vocabulary: &Vocabulary) -> Option<String> {
        self.pieces.iter().rev().find_map(|piece| match piece {
            Piece::Word { term, .. } if matches!(vocabulary.term(*term).role, Role::Statistic | Role::PlainStatistic) => {
                vocabulary.class(vocabulary.term(*term)).dimension.clone()
            }
            _ => None,
        })
    }
}

/// Reads a printed phrase. At the village's own level 村（居） means the village itself.
pub(crate) fn read_phrase(vocabulary: &Vocabulary, measures: &Measures, printed: &str, level: Level) -> Phrase {
    let (rest, is_part) = strip_markers(printed);
    let mut text = normalise(rest);
    let is_own = level == Level::Village;
    if is_own {
        text = text.replace("村(居)两委", "村两委");
    }
    // A body of villages and communities is not one of villages alone; before other words 村(社区) names who fills the form.
    text = text.replace("村(居)民小组", "村居小组").replace("村(居)", "村居");
    if is_own {
        text = text.replace("村(社区)两委", "村两委");
        if text.starts_with("两委") {
            text.insert(0, '村');
        }
    }
    text = text.replace("村(社区)", if is_own { "本村" } else { "村社区" });
    let text = vocabulary.respell(without_breakdown(&text));
    let (main, inside) = split_brackets(&text);
    let mut phrase = Phrase { text: main.clone(), is_part, ..Phrase::default() };
    if is_breakdown(&main) {
        phrase.is_breakdown = true;
        return phrase;
    }
    phrase.pieces = read_pieces(vocabulary, &main);
    name_the_village(vocabulary, &mut phrase.pieces);
    for content in inside {
        if let Some(unit) = unit_in(measures, &content).filter(|_| phrase.unit.is_none()) {
            phrase.unit = Some(unit.to_owned());
        } else if content == "含" {
            // 65岁(含)以上: the law counts it in anyway.
        } else if is_clause(&content) {
            phrase.clauses.push(content);
        } else {
            phrase.gloss_is_open |= content.ends_with('等') || content.contains("等各");
            phrase.gloss.extend(read_pieces(vocabulary, &content));
        }
    }
    if let Some(at) = main.find("单位:") {
        let unit = main.get(at + "单位:".len()..).unwrap_or_default();
        if measures.find(unit).is_some() {
            phrase.unit = Some(unit.to_owned());
            phrase.pieces = read_pieces(vocabulary, main.get(..at).unwrap_or_default());
        }
    }
    phrase
}

/// 通有线电视村: 村 behind what describes a place is the village that is counted.
fn name_the_village(vocabulary: &Vocabulary, pieces: &mut [Piece]) {
    let Some(village) = vocabulary.find("行政村") else { return };
    let is_of_place = |piece: &Piece| match piece {
        Piece::Word { term, .. } => vocabulary.class(vocabulary.term(*term)).is_of_place,
        _ => false,
    };
    if !pieces.iter().any(is_of_place) {
        return;
    }
    for piece in pieces {
        if *piece == Piece::Residue("村".to_owned()) {
            *piece = Piece::Word { term: village, is_negated: false, suffix: "" };
        }
    }
}

/// The unit that brackets name: 公顷, 计量单位:公顷, 面积单位:公顷.
fn unit_in<'a>(measures: &Measures, content: &'a str) -> Option<&'a str> {
    let unit = content.split_once("单位:").map_or(content, |(_, unit)| unit);
    measures.find(unit).is_some().then_some(unit)
}

/// Whether a text adds to or takes from a definition.
pub(crate) fn is_clause(text: &str) -> bool {
    ["含", "不含", "包括", "不包括", "包含", "不包含", "剔除", "扣除", "不计", "除", "未含", "内含"].iter().any(|w| text.starts_with(w))
}

/// 按等级:重度 is 重度.
fn without_breakdown(text: &str) -> &str {
    let rest = text.split_once(':').filter(|(before, after)| before.starts_with('按') && before.chars().count() <= 8 && !after.is_empty());
    rest.map_or(text, |(_, after)| after)
}

fn is_breakdown(text: &str) -> bool {
    let ends = ["分", "分组", "划分", "分类", "分列", "区分"].iter().any(|w| text.ends_with(w));
    (text.starts_with('按') || text.starts_with("总计中") || text.starts_with("依")) && ends
}

fn read_pieces(vocabulary: &Vocabulary, text: &str) -> Vec<Piece> {
    let ranges = find_ranges(text);
    let mut words: Vec<(usize, usize, &[TermId])> = vocabulary.words(text).collect();
    // A word with digits of its own (4050人员) wins over a range; otherwise the range wins.
    let overlaps = |r: &Range, start: usize, end: usize| r.start < end && start < r.end;
    let has_digit = |start: usize, end: usize| text.get(start..end).is_some_and(|t| t.contains(|c: char| c.is_ascii_digit()));
    let ranges: Vec<Range> =
        ranges.into_iter().filter(|r| !words.iter().any(|(s, e, _)| overlaps(r, *s, *e) && has_digit(*s, *e))).collect();
    words.retain(|(s, e, _)| !ranges.iter().any(|r| overlaps(r, *s, *e)));
    let mut pieces: Vec<Piece> = Vec::new();
    let mut at = 0;
    let (mut next_word, mut next_range) = (words.iter().peekable(), ranges.iter().peekable());
    loop {
        let word_start = next_word.peek().map(|w| w.0);
        let range_start = next_range.peek().map(|r| r.start);
        let takes_word = match (word_start, range_start) {
            (None, None) => break,
            (Some(w), Some(r)) => w < r,
            (Some(_), None) => true,
            (None, Some(_)) => false,
        };
        if takes_word {
            let Some((start, end, terms)) = next_word.next() else { break };
            let is_negated = push_gap(text.get(at..*start).unwrap_or_default(), &mut pieces, true);
            for term in *terms {
                pieces.push(Piece::Word { term: *term, is_negated, suffix: "" });
            }
            at = *end;
        } else {
            let Some(range) = next_range.next() else { break };
            push_gap(text.get(at..range.start).unwrap_or_default(), &mut pieces, false);
            pieces.push(Piece::Range { value: range.value.clone(), is_age: range.is_age });
            at = range.end;
        }
    }
    push_gap(text.get(at..).unwrap_or_default(), &mut pieces, false);
    pieces
}

/// Adds what stands between two words; returns whether it ends in a negation of the word that follows.
fn push_gap(gap: &str, pieces: &mut Vec<Piece>, before_word: bool) -> bool {
    let mut gap = gap;
    if let Some(Piece::Word { suffix, .. }) = pieces.last_mut() {
        for (word, canonical) in [("及以上", "及以上"), ("以上", "及以上"), ("及以下", "及以下"), ("以下", "及以下")]
        {
            if let Some(rest) = gap.strip_prefix(word) {
                *suffix = canonical;
                gap = rest;
                break;
            }
        }
    }
    let mut is_negated = false;
    if before_word {
        for word in ["没有", "未", "非", "无", "不"] {
            if let Some(rest) = gap.strip_suffix(word) {
                is_negated = true;
                gap = rest;
                break;
            }
        }
    }
    for part in gap.split(|c: char| !c.is_alphanumeric()) {
        let part = part.trim_matches(|c: char| "的之和及与或等了在于由为对从其所按以中内".contains(c));
        // 设村级物流站, 已治理: what is there was set up.
        // 年收入: of the year, as the form is; 快递业务量: how much, as the unit says.
        if !part.is_empty() && !matches!(part, "设" | "已" | "共" | "现" | "该" | "各" | "年" | "量" | "额") {
            pieces.push(Piece::Residue(part.to_owned()));
        }
    }
    is_negated
}
