//! Cutting a clause into tokens. Words that the form knows win over operators inside them: A6-1 is a code where the form has it.

use std::collections::{BTreeSet, HashMap};

use crate::domain::rule::text::{Char, is_code_like, is_quote};
use crate::domain::rule::{Comparator, Shift};

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(String),
    Bracket(String),
    Compare(Comparator),
    Plus,
    Minus,
    Times,
    Divide,
    Open,
    Close,
    Bar,
    Percent,
    PlusMinus,
    List,
    Comma,
    Space,
    To,
    Sum,
    If,
    When,
    Then,
    Blank,
    Required,
    Trend(Shift),
    Colon,
    /// A word that says nothing in this place (变动幅度, 须说明).
    Filler(String),
}

/// A token with its place in the printed text, and its length in normalised characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) at: usize,
}

/// Words that a form has: codes, labels, columns.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    by_first: HashMap<char, Vec<Vec<char>>>,
}

impl Words {
    pub(super) fn new(words: BTreeSet<String>) -> Self {
        let mut by_first: HashMap<char, Vec<Vec<char>>> = HashMap::new();
        for word in words {
            let chars: Vec<char> = word.chars().collect();
            if let Some(first) = chars.first() {
                by_first.entry(*first).or_default().push(chars);
            }
        }
        for list in by_first.values_mut() {
            list.sort_by_key(|w| std::cmp::Reverse(w.len()));
        }
        Self { by_first }
    }

    /// Length of the longest known word at the beginning of `rest`.
    fn longest(&self, rest: &[Char]) -> usize {
        let Some(first) = rest.first() else { return 0 };
        let fits = |word: &&Vec<char>| {
            word.len() <= rest.len()
                && word.iter().zip(rest).all(|(w, c)| *w == c.c)
                && ends_there(word, rest.get(word.len()), rest.get(word.len() + 1))
        };
        self.by_first.get(&first.c).and_then(|list| list.iter().find(fits)).map_or(0, Vec::len)
    }
}

/// 1 is no word of 10 or of 1.5.
fn ends_there(word: &[char], next: Option<&Char>, after: Option<&Char>) -> bool {
    let Some(last) = word.last() else { return false };
    let Some(next) = next else { return true };
    if last.is_ascii_digit() && (next.c.is_ascii_digit() || (next.c == '.' && after.is_some_and(|a| a.c.is_ascii_digit()))) {
        return false;
    }
    !(last.is_ascii_alphabetic() && next.c.is_ascii_alphanumeric())
}

/// Comparisons in words, the longer before what they begin with.
const COMPARISONS: [(&str, Comparator); 22] = [
    ("大于或等于", Comparator::AtLeast),
    ("小于或等于", Comparator::AtMost),
    ("大于等于", Comparator::AtLeast),
    ("小于等于", Comparator::AtMost),
    ("不小于", Comparator::AtLeast),
    ("不少于", Comparator::AtLeast),
    ("不低于", Comparator::AtLeast),
    ("不大于", Comparator::AtMost),
    ("不多于", Comparator::AtMost),
    ("不超过", Comparator::AtMost),
    ("不高于", Comparator::AtMost),
    ("不等于", Comparator::Unequal),
    ("等于", Comparator::Equal),
    ("大于", Comparator::More),
    ("小于", Comparator::Less),
    ("超过", Comparator::More),
    ("多于", Comparator::More),
    ("少于", Comparator::Less),
    ("高于", Comparator::More),
    ("低于", Comparator::Less),
    ("恒等", Comparator::Equal),
    ("≡", Comparator::Equal),
];

const DUTIES: [&str; 6] = ["必须", "应当", "应该", "应", "须", "需"];

/// A word and the token that it is.
type Cut = (&'static str, fn() -> Token);

/// Words that cut a run wherever they stand.
const CUTS: [Cut; 22] = [
    ("不得为空", || Token::Required),
    ("不能为空", || Token::Required),
    ("不可为空", || Token::Required),
    ("必须填报", || Token::Required),
    ("必填", || Token::Required),
    ("免填", || Token::Blank),
    ("不填", || Token::Blank),
    ("免报", || Token::Blank),
    ("为空", || Token::Blank),
    ("乘以", || Token::Times),
    ("除以", || Token::Divide),
    ("加上", || Token::Plus),
    ("减去", || Token::Minus),
    ("之和", || Token::Sum),
    ("与上年同期相比", || Token::Trend(Shift::LastYear)),
    ("比上年同期", || Token::Trend(Shift::LastYear)),
    ("较上年同期", || Token::Trend(Shift::LastYear)),
    ("与上期相比", || Token::Trend(Shift::Previous)),
    ("较上期", || Token::Trend(Shift::Previous)),
    ("比上期", || Token::Trend(Shift::Previous)),
    ("同比", || Token::Trend(Shift::LastYear)),
    ("环比", || Token::Trend(Shift::Previous)),
];

const FILLERS: [&str; 14] =
    ["增减变动幅度", "变动幅度", "变化幅度", "增减幅度", "波动幅度", "增减", "变动", "变化", "波动", "增长", "增幅", "幅度", "以内", "的"];

struct Lexer<'a> {
    chars: &'a [Char],
    words: &'a Words,
    tokens: Vec<Placed>,
    position: usize,
}

/// Cuts a clause into tokens.
pub(super) fn tokens(chars: &[Char], words: &Words) -> Vec<Placed> {
    let mut lexer = Lexer { chars, words, tokens: Vec::new(), position: 0 };
    while lexer.position < chars.len() {
        let before = lexer.position;
        lexer.step();
        // Every step goes on by at least one character, so that the work is linear in the text times the longest word.
        lexer.position = lexer.position.max(before + 1);
    }
    lexer.tokens
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.position + ahead).map(|c| c.c)
    }

    fn rest(&self, from: usize) -> &[Char] {
        self.chars.get(from..).unwrap_or_default()
    }

    fn starts(&self, from: usize, word: &str) -> bool {
        let mut rest = self.rest(from).iter();
        word.chars().all(|w| rest.next().is_some_and(|c| c.c == w))
    }

    fn push(&mut self, token: Token, n: usize) {
        let at = self.chars.get(self.position).map_or(0, |c| c.at);
        self.tokens.push(Placed { token, at });
        self.position += n;
    }

    fn last(&self) -> Option<&Token> {
        self.tokens.last().map(|p| &p.token)
    }

    fn is_after_operand(&self) -> bool {
        matches!(self.last(), Some(Token::Word(_) | Token::Bracket(_) | Token::Close | Token::Percent))
    }

    fn step(&mut self) {
        let Some(c) = self.peek(0) else { return };
        if c == ' ' {
            return self.push(Token::Space, 1);
        }
        let known = self.words.longest(self.rest(self.position));
        if known > 0 && known >= self.run_length() {
            return self.take_word(known);
        }
        if is_quote(c) {
            return self.quoted();
        }
        if c == '(' {
            return self.bracket();
        }
        if let Some((comparator, n)) = self.comparison(self.position) {
            return self.push(Token::Compare(comparator), n);
        }
        let simple = match c {
            '+' => Some(Token::Plus),
            '-' => Some(Token::Minus),
            '×' => Some(Token::Times),
            '÷' => Some(Token::Divide),
            ')' => Some(Token::Close),
            '|' => Some(Token::Bar),
            '%' => Some(Token::Percent),
            '±' => Some(Token::PlusMinus),
            '、' => Some(Token::List),
            ',' => Some(Token::Comma),
            '~' | '…' => Some(Token::To),
            ':' => Some(Token::Colon),
            '∑' | 'σ' => Some(Token::Sum),
            _ => None,
        };
        if let Some(token) = simple {
            let n = if c == '…' { self.rest(self.position).iter().take_while(|x| x.c == '…').count() } else { 1 };
            return self.push(token, n);
        }
        if let Some((token, n)) = self.word_operator(self.position, true) {
            return self.push(token, n);
        }
        let n = self.run_length();
        self.take_word(n.max(1));
    }

    fn take_word(&mut self, n: usize) {
        let word: String = self.rest(self.position).iter().take(n).map(|c| c.c).filter(|c| !is_quote(*c)).collect();
        self.push(Token::Word(word), n);
    }

    fn quoted(&mut self) {
        let inside: String = self.rest(self.position + 1).iter().map(|c| c.c).take_while(|c| !is_quote(*c)).collect();
        let n = inside.chars().count();
        if n > 0 && self.peek(n + 1).is_some() {
            self.push(Token::Word(inside), n + 2);
        } else {
            self.position += 1;
        }
    }

    /// Brackets group, enclose a code, or say something of what stands before them.
    fn bracket(&mut self) {
        let mut depth = 0_i32;
        let mut n = 0_usize;
        for c in self.rest(self.position) {
            n += 1;
            match c.c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        let inside: String = self.rest(self.position + 1).iter().take(n.saturating_sub(2)).map(|c| c.c).collect();
        let is_known = self.words.longest(self.rest(self.position + 1)) == inside.chars().count();
        let operates = !is_known && inside.contains(['+', '-', '×', '÷', '=', '≥', '≤', '>', '<']);
        if depth != 0 || (operates && !self.is_after_operand()) {
            return self.push(Token::Open, 1);
        }
        if self.is_after_operand() {
            return self.push(Token::Bracket(inside), n);
        }
        let is_word = is_code_like(&inside) && !self.rest(self.position + n).first().is_some_and(|c| is_run(c.c) && !c.c.is_ascii());
        let token = if is_word { Token::Word(inside) } else { Token::Filler(inside) };
        self.push(token, n);
    }

    fn comparison(&self, from: usize) -> Option<(Comparator, usize)> {
        let mut at = from;
        for duty in DUTIES {
            if self.starts(at, duty) {
                at += duty.chars().count();
                break;
            }
        }
        if let Some((word, comparator)) = COMPARISONS.iter().find(|(word, _)| self.starts(at, word)) {
            return Some((*comparator, at - from + word.chars().count()));
        }
        let signs: String = self.rest(at).iter().map(|c| c.c).filter(|c| *c != ' ').take_while(|c| "=<>≥≤≠!".contains(*c)).collect();
        let n = self.rest(at).iter().take_while(|c| "=<>≥≤≠! ".contains(c.c)).count();
        let comparator = match signs.as_str() {
            "=" | "==" => Comparator::Equal,
            "≠" | "<>" | "!=" | "><" => Comparator::Unequal,
            "≥" | ">=" | "=>" | "≥=" => Comparator::AtLeast,
            "≤" | "<=" | "=<" | "≤=" => Comparator::AtMost,
            ">" => Comparator::More,
            "<" => Comparator::Less,
            _ => return None,
        };
        Some((comparator, at - from + n))
    }

    /// An operator written as a word; `is_first` where a run would begin here.
    fn word_operator(&self, at: usize, is_first: bool) -> Option<(Token, usize)> {
        for (word, token) in CUTS {
            if self.starts(at, word) {
                return Some((token(), word.chars().count()));
            }
        }
        if is_first {
            let is_start = self.tokens.iter().all(|t| matches!(t.token, Token::Space | Token::Filler(_) | Token::Comma | Token::Colon));
            // 当年造林面积 begins no condition: a condition ends in 时 or 则, or in a comma after a comparison.
            let has_end = self.rest(at).iter().any(|c| matches!(c.c, '时' | '则'));
            let has_comma = self.rest(at).iter().any(|c| c.c == ',');
            let opening = |w: &&str| self.starts(at, w) && (has_end || (*w != "当" && has_comma));
            if is_start && let Some(word) = ["如果", "当", "若", "如"].into_iter().find(opening) {
                return Some((Token::If, word.chars().count()));
            }
            for (word, token) in [("时则", Token::When), ("时", Token::When), ("则", Token::Then), ("那么", Token::Then)] {
                if self.starts(at, word) {
                    return Some((token, word.chars().count()));
                }
            }
            let is_trend = self.tokens.iter().any(|t| matches!(t.token, Token::Trend(_)));
            if let Some(word) = FILLERS.into_iter().find(|w| is_trend && self.starts(at, w)) {
                return Some((Token::Filler(word.to_owned()), word.chars().count()));
            }
            if is_trend && self.starts(at, "在±") {
                return Some((Token::Filler("在".to_owned()), 1));
            }
            let is_value = |c: Option<&Char>| c.is_some_and(|c| c.c.is_ascii_digit() || c.c == '零');
            if self.is_after_operand() && self.starts(at, "为") && is_value(self.chars.get(at + 1)) {
                return Some((Token::Compare(Comparator::Equal), 1));
            }
            return self.joint(at);
        }
        None
    }

    /// 至, 与, 加 … between two codes; inside labels they are letters.
    fn joint(&self, at: usize) -> Option<(Token, usize)> {
        let before = match self.last() {
            Some(Token::Word(word)) => is_code_like(word.trim_start_matches('第').trim_end_matches(['行', '列', '栏', '项'])),
            _ => false,
        };
        let next = self.chars.get(at + 1).map(|c| c.c);
        let after = next.is_some_and(|c| c.is_ascii_alphanumeric() || c == '第' || c == '(');
        if !before || !after {
            return None;
        }
        let token = match self.chars.get(at)?.c {
            '至' | '到' => Token::To,
            '与' | '和' | '及' => Token::List,
            '加' => Token::Plus,
            '减' => Token::Minus,
            '乘' => Token::Times,
            '除' => Token::Divide,
            _ => return None,
        };
        Some((token, 1))
    }

    /// Length of the run of word characters here, up to the first operator.
    fn run_length(&self) -> usize {
        let mut n = 0;
        while let Some(c) = self.peek(n) {
            let is_point = c == '.' && self.peek(n + 1).is_some_and(|d| d.is_ascii_digit()) && n > 0;
            if !(is_run(c) || is_point) || (n > 0 && self.cuts_here(n)) {
                break;
            }
            n += 1;
        }
        n
    }

    /// Whether a run that has `n` characters ends here.
    fn cuts_here(&self, n: usize) -> bool {
        let at = self.position + n;
        if self.comparison(at).is_some() || self.word_operator(at, false).is_some() {
            return true;
        }
        let Some(here) = self.chars.get(at).map(|c| c.c) else { return false };
        if !"至到与和及加减乘除为时则".contains(here) {
            return false;
        }
        let run: String = self.rest(self.position).iter().take(n).map(|c| c.c).collect();
        let next = self.chars.get(at + 1).map(|c| c.c);
        let is_code = is_code_like(run.trim_start_matches('第').trim_end_matches(['行', '列', '栏', '项']));
        match here {
            '为' => is_code && next.is_some_and(|c| c.is_ascii_digit() || c == '零'),
            // 否时 and 0时 end a condition.
            '时' => {
                let is_value = is_code || matches!(run.as_str(), "是" | "否" | "有" | "无" | "零" | "空");
                is_value || matches!(next, Some(',' | '则')) && self.tokens.iter().any(|t| t.token == Token::If)
            }
            '则' => self.tokens.iter().any(|t| t.token == Token::If),
            _ => is_code && next.is_some_and(|c| c.is_ascii_alphanumeric() || c == '第' || c == '('),
        }
    }
}

/// Characters of words.
fn is_run(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '#' | '·' | '《' | '》' | '℃' | '¥' | '$')
}
