//! Texts of cells as people type them: stretched with spaces, numbered, indented, broken over lines. Knows nothing of tables.

use unicode_normalization::UnicodeNormalization;

/// A list marker (一、（一）1.（1）① a、) at the head of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    /// How deep this kind of marker stands by custom: 1 for 一、, 2 for （一）, 3 for 1., 4 for （1）, 5 for ①, 6 for a、.
    pub rank: u8,
    /// Its place in the list, from 1.
    pub number: u32,
    /// Bytes that it takes.
    len: usize,
}

/// A text without private characters and stretched spaces: none between two Chinese characters, one elsewhere.
pub(super) fn clean(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut gap = false;
    for c in raw.chars() {
        if c.is_whitespace() || c == '\u{200b}' || c == '\u{feff}' {
            gap = true;
            continue;
        }
        if c.is_control() || ('\u{e000}'..='\u{f8ff}').contains(&c) {
            continue;
        }
        if gap && out.chars().next_back().is_some_and(|before| is_latin(before) && is_latin(c)) {
            out.push(' ');
        }
        gap = false;
        out.push(c);
    }
    out
}

fn is_latin(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | ',' | '-' | '%' | ')' | '(' | '/')
}

/// The text in standard width without any white space, for comparing with words.
pub(super) fn plain(text: &str) -> String {
    text.nfkc().filter(|c| !c.is_whitespace() && !('\u{e000}'..='\u{f8ff}').contains(c)).collect()
}

/// How far a text is indented, in half-width columns.
pub(super) fn indent_of(raw: &str) -> usize {
    let spaces = raw.chars().take_while(|c| c.is_whitespace() || ('\u{e000}'..='\u{f8ff}').contains(c));
    spaces.map(|c| if c == '\u{3000}' { 2 } else { 1 }).sum()
}

/// Whether a cell says that nothing is to be filled in (—, ——, ×, ／).
pub(super) fn is_dash(text: &str) -> bool {
    let mut chars = text.chars().filter(|c| !c.is_whitespace()).peekable();
    chars.peek().is_some() && chars.all(|c| matches!(c, '-' | '—' | '–' | '－' | '―' | '─' | '━' | '×' | '╳' | '✕' | '/' | '／' | '\\'))
}

/// Whether a text is a number as it is typed.
pub(super) fn is_number(text: &str) -> bool {
    let plain = plain(text);
    let digits = plain.trim_start_matches(['-', '+']).trim_end_matches('%');
    !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',')) && digits.chars().any(|c| c.is_ascii_digit())
}

/// The marker at the head of a cleaned label.
pub(super) fn marker(label: &str) -> Option<Marker> {
    let mut chars = label.char_indices();
    let (_, first) = chars.next()?;
    if let Some(number) = circled(first) {
        return Some(Marker { rank: 5, number, len: first.len_utf8() });
    }
    let opens = matches!(first, '(' | '（');
    let body_at = if opens { first.len_utf8() } else { 0 };
    let body = label.get(body_at..)?;
    let chinese: String = body.chars().take_while(|c| CHINESE.contains(*c)).collect();
    let digits: String = body.chars().take_while(|c| c.is_ascii_digit() || ('０'..='９').contains(c)).collect();
    let (rank, number, taken) = if !chinese.is_empty() {
        (if opens { 2 } else { 1 }, chinese_number(&chinese)?, chinese.len())
    } else if !digits.is_empty() && digits.chars().count() <= 2 {
        (if opens { 4 } else { 3 }, plain(&digits).parse().ok()?, digits.len())
    } else {
        let letter = body.chars().next().filter(char::is_ascii_alphabetic)?;
        let number = u32::from(letter.to_ascii_lowercase()).checked_sub(u32::from('a'))? + 1;
        (6, number, 1)
    };
    let rest = body.get(taken..)?;
    let close = rest.chars().next()?;
    let is_closed = if opens {
        matches!(close, ')' | '）')
    } else {
        matches!(close, '、' | '.' | '．' | '，' | ',') || (rank == 3 && matches!(close, ')' | '）'))
    };
    let after: String = rest.chars().skip(1).take(1).collect();
    let is_decimal = rank == 3 && matches!(close, '.' | '．') && after.chars().all(|c| c.is_ascii_digit()) && !after.is_empty();
    if !is_closed || is_decimal || (rank == 6 && !opens && matches!(close, ',' | '，')) {
        return None;
    }
    let more: usize = rest.chars().skip(1).take_while(|c| matches!(c, '.' | '．' | '、')).map(char::len_utf8).sum();
    Some(Marker { rank, number, len: body_at + taken + close.len_utf8() + more })
}

/// A number that begins a label without any mark after it (2灌木林): a marker only where it follows its predecessor.
pub(super) fn bare_number(label: &str) -> Option<Marker> {
    let digits: String = label.chars().take_while(char::is_ascii_digit).collect();
    let number: u32 = digits.parse().ok().filter(|n| (1..=30).contains(n))?;
    let next = label.chars().nth(digits.len())?;
    let is_word = !next.is_ascii() && !"年月日岁以个至—－～人户亩公万元级类胎孩孔".contains(next);
    is_word.then_some(Marker { rank: 3, number, len: digits.len() })
}

/// The label behind a marker.
pub(super) fn behind<'t>(label: &'t str, marker: &Marker) -> &'t str {
    label.get(marker.len..).unwrap_or_default()
}

/// Whether a text is a marker and nothing else (一、 or 二).
pub(super) fn is_marker_alone(label: &str) -> bool {
    !label.is_empty() && (marker(label).is_some_and(|m| behind(label, &m).is_empty()) || label.chars().all(|c| CHINESE.contains(c)))
}

const CHINESE: &str = "一二三四五六七八九十";

fn circled(c: char) -> Option<u32> {
    let code = u32::from(c);
    match c {
        '①'..='⑳' => Some(code - u32::from('①') + 1),
        '⑴'..='⒇' => Some(code - u32::from('⑴') + 1),
        '❶'..='❿' => Some(code - u32::from('❶') + 1),
        _ => None,
    }
}

fn chinese_number(text: &str) -> Option<u32> {
    let digit = |c: char| CHINESE.chars().position(|d| d == c).and_then(|at| u32::try_from(at + 1).ok());
    let chars: Vec<char> = text.chars().collect();
    match chars.as_slice() {
        [one] => digit(*one),
        ['十', unit] => Some(10 + digit(*unit)?),
        [tens, '十'] => Some(10 * digit(*tens)?),
        [tens, '十', unit] => Some(10 * digit(*tens)? + digit(*unit)?),
        _ => None,
    }
}

/// Whether a label begins with 其中 (or 在…中：), and what stands behind it.
pub(super) fn of_which(label: &str) -> Option<&str> {
    let rest = label.strip_prefix('#').or_else(|| label.strip_prefix("其中"))?;
    Some(rest.trim_start_matches([':', '：', ';', '；', ',', '，', '、']))
}

/// Whether a label begins a note on how the heading above is divided (按…分, 分…).
pub(super) fn is_breakdown(label: &str) -> bool {
    (label.contains('按') && (label.ends_with('分') || label.ends_with("分组") || label.ends_with("分类") || label.ends_with("划分")))
        || label.ends_with("分:")
        || label.ends_with("分：")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretched_texts_are_drawn_together() {
        for (raw, expected) in [
            ("初  中", "初中"),
            ("四、\u{a0}\u{a0} 食用菌", "四、食用菌"),
            ("\u{e003}台", "台"),
            ("代\n码", "代码"),
            ("B 12 表", "B 12表"),
            ("  2001-3000元", "2001-3000元"),
        ] {
            assert_eq!(clean(raw), expected, "{raw:?}");
        }
    }

    #[test]
    fn markers_are_told_from_figures() {
        let read = |label: &str| marker(label).map(|m| (m.rank, m.number, behind(label, &m).to_owned()));
        assert_eq!(read("一、农业"), Some((1, 1, "农业".into())));
        assert_eq!(read("十一、社会"), Some((1, 11, "社会".into())));
        assert_eq!(read("（二）外出"), Some((2, 2, "外出".into())));
        assert_eq!(read("5..农业设施"), Some((3, 5, "农业设施".into())));
        assert_eq!(read("1．男"), Some((3, 1, "男".into())));
        assert_eq!(read("(1)早稻"), Some((4, 1, "早稻".into())));
        assert_eq!(read("①水田"), Some((5, 1, "水田".into())));
        assert_eq!(read("a、农业从业人员"), Some((6, 1, "农业从业人员".into())));
        assert_eq!(read("1.5公里以内"), None);
        assert_eq!(read("501-1000元"), None);
        assert_eq!(read("一般公共预算收入"), None);
        assert_eq!(bare_number("2灌木林").map(|m| m.number), Some(2));
        assert_eq!(bare_number("20岁以下"), None);
        assert!(is_marker_alone("二") && is_marker_alone("一、") && !is_marker_alone("一、农业"));
    }

    #[test]
    fn dashes_and_numbers() {
        assert!(is_dash(" —— ") && is_dash("—     —") && !is_dash("") && !is_dash("-5"));
        assert!(is_number("1,234 ") && is_number("３５") && is_number("-4.5%") && !is_number("无"));
    }
}
