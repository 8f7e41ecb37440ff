//! Bringing printed text to one form: width, dashes, list markers, brackets, clauses.
//!
//! Knows nothing of the vocabulary. No regular expressions: a million labels pass through here.

use unicode_normalization::UnicodeNormalization;

/// Normalises a text: NFKC, lower case, no white space, quotes or book marks, one kind of dash and of bracket.
pub(crate) fn normalise(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // º and ° would become letters.
    let degrees = text.chars().map(|c| if matches!(c, 'º' | '°') { '度' } else { c });
    for c in degrees.nfkc() {
        match c {
            c if c.is_whitespace() || c.is_control() => {}
            '“' | '”' | '"' | '\'' | '‘' | '’' | '《' | '》' | '「' | '」' | '#' | '★' | '*' | '▲' | '△' | '●' | '·' | '•' | '_' =>
                {}
            '—' | '–' | '―' | '－' | '~' | '～' | '〜' | '∼' | '−' => out.push('-'),
            '〔' | '[' | '【' | '{' => out.push('('),
            '〕' | ']' | '】' | '}' => out.push(')'),
            '，' => out.push(','),
            '。' => out.push('。'),
            _ => out.extend(c.to_lowercase()),
        }
    }
    let mut out = with_arabic_ages(&out);
    while out.contains("--") {
        out = out.replace("--", "-");
    }
    out
}

/// 不满十六周岁 as 不满16周岁; other numbers in words (三级) stay.
fn with_arabic_ages(text: &str) -> String {
    const DIGITS: &str = "零一二三四五六七八九";
    if !text.contains("周岁") {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for (at, part) in text.split("周岁").enumerate() {
        if at > 0 {
            let is_numeral = |c: char| c == '十' || DIGITS.contains(c);
            let kept = out.trim_end_matches(is_numeral).len();
            let value = |c: char| DIGITS.chars().position(|d| d == c).unwrap_or(0);
            let words: Vec<char> = out.get(kept..).unwrap_or_default().chars().collect();
            let number = match words.as_slice() {
                ['十'] => Some(10),
                ['十', unit] => Some(10 + value(*unit)),
                [ten, '十'] => Some(10 * value(*ten)),
                [ten, '十', unit] => Some(10 * value(*ten) + value(*unit)),
                [unit] => Some(value(*unit)),
                _ => None,
            };
            if let Some(number) = number {
                out.truncate(kept);
                out.push_str(&number.to_string());
            }
            out.push_str("周岁");
        }
        out.push_str(part);
    }
    out
}

const HEAVENLY_STEMS: &str = "甲乙丙丁戊己庚辛壬癸";
const CHINESE_DIGITS: &str = "一二三四五六七八九十百";

/// Cuts list markers off a printed text before it is normalised: 一、 （二） 1. (3) ① 甲、 A 01 其中：.
/// Returns the rest and whether 其中 stood before it.
pub(crate) fn strip_markers(text: &str) -> (&str, bool) {
    let mut rest = text.trim();
    let mut is_part = false;
    loop {
        let before = rest;
        rest =
            strip_one_marker(rest).trim_start_matches([' ', '\u{3000}', '\t', '\u{a0}', ':', '：', '、', '．', '.', '*', '#', '-', '－']);
        for word in ["其中", "附报", "另附", "附"] {
            if let Some(after) = rest.strip_prefix(word) {
                if after.starts_with(['：', ':', '\u{3000}', ' ', ',', '，']) || (after.is_empty() && word == "其中") {
                    is_part |= word == "其中";
                    rest = after.trim_start_matches(['：', ':', '\u{3000}', ' ', ',', '，']);
                } else if word == "其中" && !after.is_empty() {
                    is_part = true;
                    rest = after;
                }
            }
        }
        if rest == before {
            return (rest, is_part);
        }
    }
}

fn strip_one_marker(text: &str) -> &str {
    let mut chars = text.char_indices();
    let Some((_, first)) = chars.next() else { return text };
    let after_first = text.get(first.len_utf8()..).unwrap_or_default();
    if ('①'..='⑳').contains(&first) || ('❶'..='❿').contains(&first) || ('⒈'..='⒛').contains(&first) || ('⑴'..='⑽').contains(&first)
    {
        return after_first;
    }
    if first == '(' || first == '（' {
        return strip_bracketed_marker(after_first).unwrap_or(text);
    }
    // 5.八角: a number is either in Arabic or in Chinese figures.
    let is_arabic = |c: char| c.is_ascii_digit() || ('０'..='９').contains(&c);
    let is_number = |c: char| if is_arabic(first) { is_arabic(c) } else { CHINESE_DIGITS.contains(c) };
    let n_number: usize =
        text.chars().take_while(|c| is_number(*c) || (is_arabic(first) && matches!(*c, '.' | '．'))).map(char::len_utf8).sum();
    if n_number > 0 {
        let (number, rest) = text.split_at(n_number);
        let is_chinese = number.chars().all(|c| CHINESE_DIGITS.contains(c));
        if number.ends_with(['.', '．']) && !rest.starts_with(|c: char| c.is_ascii_digit()) {
            return rest;
        }
        let mut follow = rest.chars();
        return match follow.next() {
            Some('、' | ')' | '）' | '．' | '.') if is_chinese && !is_grade_list(rest) => follow.as_str(),
            Some('、' | ')' | '）' | '．' | ' ' | '\u{3000}') if !is_chinese => follow.as_str(),
            _ => text,
        };
    }
    // B21 总户数: the code of the row.
    if (first.is_ascii_alphabetic() || ('Ａ'..='Ｚ').contains(&first))
        && let Some(rest) = strip_row_code(after_first)
    {
        return rest;
    }
    // 第3组, 第二部分: where a row stands, not what it is.
    if first == '第' {
        let number: usize = after_first.chars().take_while(|c| c.is_ascii_digit() || CHINESE_DIGITS.contains(*c)).map(char::len_utf8).sum();
        let rest = after_first.get(number..).unwrap_or_default();
        for word in ["组", "部分", "章", "节", "栏"] {
            if let Some(rest) = rest.strip_prefix(word).filter(|_| number > 0) {
                return rest;
            }
        }
    }
    if (HEAVENLY_STEMS.contains(first) || first.is_ascii_uppercase())
        && let Some(rest) = after_first.strip_prefix(['、', '.', '．', ' ', '\u{3000}'])
    {
        return rest;
    }
    text
}

/// What follows the code of a row after its letter: B21 总户数, B4-1-2 户数, C90a 项目.
fn strip_row_code(after_letter: &str) -> Option<&str> {
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).count();
    let n_digits = digits(after_letter);
    if !(1..=4).contains(&n_digits) {
        return None;
    }
    let mut rest = after_letter.get(n_digits..)?;
    if let Some(after) = rest.strip_prefix(|c: char| c.is_ascii_lowercase()) {
        rest = after.get(digits(after)..)?;
    }
    while let Some(after) = rest.strip_prefix('-').filter(|after| (1..=3).contains(&digits(after))) {
        rest = after.get(digits(after)..)?;
    }
    rest.starts_with(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '%' | '/')).then_some(rest)
}

/// 三、四级 is a list of grades, not the third heading.
fn is_grade_list(rest: &str) -> bool {
    let mut chars = rest.chars().skip(1);
    chars.next().is_some_and(|c| CHINESE_DIGITS.contains(c))
        && chars.next().is_some_and(|c| matches!(c, '级' | '类' | '产' | '档' | '星' | '年'))
}

fn strip_bracketed_marker(inside: &str) -> Option<&str> {
    let close = inside.find([')', '）'])?;
    let (marker, rest) = inside.split_at(close);
    let is_marker = !marker.is_empty()
        && marker.chars().all(|c| c.is_ascii_digit() || ('０'..='９').contains(&c) || CHINESE_DIGITS.contains(c) || c.is_ascii_lowercase());
    // （一）级 would be a grade; headings never go on with a unit.
    if is_marker { rest.strip_prefix([')', '）']) } else { None }
}

/// Splits a normalised text into what stands outside brackets and the contents of the brackets.
pub(crate) fn split_brackets(text: &str) -> (String, Vec<String>) {
    let mut main = String::with_capacity(text.len());
    let mut inside: Vec<String> = Vec::new();
    let mut current = String::new();
    let mut depth = 0_u32;
    for c in text.chars() {
        match c {
            '(' => {
                depth += 1;
                if depth > 1 {
                    current.push(c);
                }
            }
            ')' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    inside.push(std::mem::take(&mut current));
                } else {
                    current.push(c);
                }
            }
            ')' => {}
            _ if depth > 0 => current.push(c),
            _ => main.push(c),
        }
    }
    if !current.is_empty() {
        inside.push(current);
    }
    inside.retain(|t| !t.is_empty());
    (main, inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_cut_and_nothing_else() {
        let check = |text: &str, expect: &str| assert_eq!(strip_markers(text).0, expect, "{text}");
        check("一、茶叶产量合计", "茶叶产量合计");
        check("（一）乡镇政府个数", "乡镇政府个数");
        check("(2)中稻(含一季晚)", "中稻(含一季晚)");
        check("1.小麦", "小麦");
        check("1、乡政府", "乡政府");
        check("①自发", "自发");
        check("甲、党员队伍", "党员队伍");
        check("A 社区信息", "社区信息");
        check("02 班数及幼儿数", "班数及幼儿数");
        check("其中：女", "女");
        check("其中:  女", "女");
        check("其中女性", "女性");
        check("2型糖尿病", "2型糖尿病");
        check("三、四级", "三、四级");
        check("二、三产业", "二、三产业");
        check("60岁及以上", "60岁及以上");
        check("一级", "一级");
        check("50平方米以上的综合商店", "50平方米以上的综合商店");
        check("1.1.2 总数", "总数");
        check("5.八角", "八角");
        check("B21 总户数", "总户数");
        check("B4-1-2 有劳动能力的户数", "有劳动能力的户数");
        check("C64a自来水", "自来水");
        check("H7N9病例", "H7N9病例");
        check("第3组", "");
        check("第二部分 收入", "收入");
        check("第一产业", "第一产业");
        check("其中：", "");
        assert!(strip_markers("其中：女").1);
    }

    #[test]
    fn widths_dashes_and_brackets_become_one() {
        assert_eq!(normalise("０－６岁（含）　㎡"), "0-6岁(含)m2");
        assert_eq!(normalise("村“两委”成员"), "村两委成员");
        assert_eq!(normalise("不满十六周岁、六十周岁以上、周岁"), "不满16周岁、60周岁以上、周岁");
        assert_eq!(split_brackets("烤烟(未去梗烤烟叶)产量"), ("烤烟产量".to_owned(), vec!["未去梗烤烟叶".to_owned()]));
    }
}
