//! Bringing printed rules, labels and columns to one way of writing, with the place of every character kept.

use unicode_normalization::UnicodeNormalization;

/// A character of a normalised text and where it stood in the printed one, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Char {
    pub(super) c: char,
    pub(super) at: usize,
}

/// Normalises a printed rule: full and half width, every way of writing an operator, lower case.
pub(super) fn normalise(text: &str) -> Vec<Char> {
    let mut out = Vec::with_capacity(text.len());
    for (at, printed) in text.chars().enumerate() {
        if printed == '…' {
            // Its compatible form would be three full stops.
            out.push(Char { c: printed, at });
            continue;
        }
        for c in std::iter::once(printed).nfkc() {
            for c in c.to_lowercase() {
                out.push(Char { c: unify(c), at });
            }
        }
    }
    out
}

fn unify(c: char) -> char {
    match c {
        '〉' | '›' | '>' => '>',
        '〈' | '‹' | '<' => '<',
        '≧' | '⩾' | '≥' => '≥',
        '≦' | '⩽' | '≤' => '≤',
        '✕' | '╳' | '×' | '*' | '⨯' | '⋅' => '×',
        '÷' | '/' | '∕' => '÷',
        '−' | '–' | '—' | '―' | '-' | '‐' | '‑' => '-',
        '∼' | '〜' | '~' | '∽' => '~',
        '【' | '〔' | '[' | '{' => '(',
        '】' | '〕' | ']' | '}' => ')',
        '﹑' => '、',
        '\u{3000}' | '\t' | '\u{a0}' => ' ',
        '\r' => '\n',
        other => other,
    }
}

/// A word as it is compared: normalised, without white space, quotes and book marks.
pub(super) fn plain(text: &str) -> String {
    let joined: String = normalise(text).into_iter().map(|c| c.c).filter(|c| !c.is_whitespace() && !is_quote(*c)).collect();
    if joined.contains("其它") { joined.replace("其它", "其他") } else { joined }
}

/// Whether a character only encloses a name.
pub(super) fn is_quote(c: char) -> bool {
    matches!(c, '“' | '”' | '"' | '\'' | '‘' | '’' | '「' | '」')
}

/// A printed label without a circled number before it, which would become a digit.
pub(super) fn without_circle(printed: &str) -> &str {
    let printed = printed.trim_start();
    printed.trim_start_matches(|c: char| ('①'..='⑳').contains(&c) || ('⑴'..='⒇').contains(&c))
}

const CHINESE_DIGITS: &str = "一二三四五六七八九十";

/// A label without its list marker and 其中; `plain` before.
pub(super) fn strip_marker(label: &str) -> &str {
    let mut rest = label;
    for _ in 0..3 {
        let before = rest;
        for word in ["其中:", "其中", "#", "附报:", "补充资料:"] {
            rest = rest.strip_prefix(word).unwrap_or(rest);
        }
        rest = strip_number(rest).unwrap_or(rest);
        if rest == before || rest.is_empty() {
            break;
        }
    }
    if rest.is_empty() { label } else { rest }
}

/// Cuts `一、`, `(一)`, `1.`, `1、`, `甲、`; `None` where there is no marker.
fn strip_number(text: &str) -> Option<&str> {
    let is_number = |t: &str| {
        !t.is_empty()
            && (t.chars().all(|c| c.is_ascii_digit())
                || t.chars().all(|c| CHINESE_DIGITS.contains(c))
                || matches!(t, "甲" | "乙" | "丙" | "丁" | "戊" | "己"))
    };
    if let Some(inside) = text.strip_prefix('(') {
        let (marker, rest) = inside.split_once(')')?;
        return (is_number(marker) && !rest.is_empty()).then_some(rest);
    }
    let end = text.find(['、', '.', ','])?;
    let (marker, rest) = text.split_at(end);
    let rest = rest.trim_start_matches(['、', '.', ',']);
    // 三、四级 and 2.5亩 are no markers.
    let goes_on = !rest.starts_with(|c: char| c.is_ascii_digit() || CHINESE_DIGITS.contains(c));
    (is_number(marker) && goes_on && !rest.is_empty()).then_some(rest)
}

/// The marker of a label (`一` of `一、全年粮食`), where it has one.
pub(super) fn marker_of(label: &str) -> Option<&str> {
    let rest = strip_number(label)?;
    let marker = label.get(..label.len() - rest.len())?;
    Some(marker.trim_matches(['(', ')', '、', '.', ',']))
}

/// A text without what stands in brackets.
pub(super) fn without_brackets(text: &str) -> String {
    let mut depth = 0_u32;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

/// Whether a word looks like a row code: digits, Latin letters, points and dashes, with a digit.
pub(super) fn is_code_like(word: &str) -> bool {
    word.chars().any(|c| c.is_ascii_digit()) && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
}

/// Whether a word is a plain numeral.
pub(super) fn is_numeral(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
        && word.ends_with(|c: char| c.is_ascii_digit())
        && word.chars().all(|c| c.is_ascii_digit() || c == '.')
        && word.matches('.').count() <= 1
}

/// Whether all characters of `short` stand in `long`, in their order.
pub(super) fn is_subsequence(short: &str, long: &str) -> bool {
    let mut rest = long.chars();
    short.chars().all(|c| rest.any(|l| l == c))
}
