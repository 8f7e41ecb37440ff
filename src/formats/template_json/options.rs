//! Code lists that a form prints as one text: `1重点镇 2非重点镇`, `1.是 2.否`, `①是②否`, `是/否`.

/// Splits a printed code list into its items, each as printed. A text without any mark of a list is one item.
pub(super) fn split(text: &str) -> Vec<String> {
    let text = text.trim();
    if text.is_empty() {
        return Vec::new();
    }
    for parts in [split_at(text, &circled_starts(text)), split_at(text, &numbered_starts(text))] {
        if parts.len() > 1 {
            return parts;
        }
    }
    let separators: [&[char]; 4] = [&[';', '；', '\n'], &['/', '|', '／'], &['、', ',', '，'], &[' ', '\t', '\u{3000}']];
    for separator in separators {
        let parts: Vec<String> = text.split(separator).map(clean).filter(|p| !p.is_empty()).collect();
        if parts.len() > 1 {
            return parts;
        }
    }
    vec![text.to_owned()]
}

/// Byte positions of ①②③… that count up from ①.
fn circled_starts(text: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    for (at, c) in text.char_indices() {
        // ① is U+2460, ⑳ is U+2473.
        let next = u32::try_from(starts.len()).ok().and_then(|n| char::from_u32(0x2460 + n)).filter(|c| *c <= '\u{2473}');
        if next == Some(c) {
            starts.push(at);
        }
    }
    starts
}

/// Byte positions of the numbers 1, 2, 3… (or 0, 1, 2…) that count up and stand where an item may begin.
fn numbered_starts(text: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut expected: Option<u32> = None;
    let mut before: Option<char> = None;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let at = text.len() - rest.len();
        let n_digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if n_digits == 0 {
            before = Some(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
            continue;
        }
        let (digits, tail) = rest.split_at_checked(n_digits).unwrap_or((rest, ""));
        let number: Option<u32> = digits.parse().ok();
        let is_dotted = tail.starts_with(['.', '、', '．', ':', '：', ')', '）', '-']) && !tail.starts_with("、 ");
        let may_begin = before.is_none_or(|b| b.is_whitespace() || ";；,，、/|(（。".contains(b)) || is_dotted;
        let is_next = match expected {
            None => matches!(number, Some(0 | 1)) && before.is_none_or(|b| "(（".contains(b)),
            Some(_) => number == expected,
        };
        if may_begin && is_next {
            let opens = before.filter(|b| "(（".contains(*b)).map_or(0, char::len_utf8);
            starts.push(at - opens);
            expected = number.and_then(|n| n.checked_add(1));
        }
        before = digits.chars().last();
        rest = tail;
    }
    starts
}

/// Cuts the text at the positions; what stands before the first belongs to no item and makes it no list.
fn split_at(text: &str, starts: &[usize]) -> Vec<String> {
    if starts.first() != Some(&0) {
        return Vec::new();
    }
    let ends = starts.iter().copied().skip(1).chain([text.len()]);
    let parts = starts.iter().zip(ends).map(|(&from, to)| clean(text.get(from..to).unwrap_or_default()));
    parts.filter(|p| !p.is_empty()).collect()
}

fn clean(part: &str) -> String {
    part.trim().trim_end_matches([';', '；', ',', '，', '、', '/', '|', '。']).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &[&str]) {
        assert_eq!(split(text), expect, "{text}");
    }

    #[test]
    fn lists_as_forms_print_them() {
        check("1重点镇 2非重点镇 3乡 4街道", &["1重点镇", "2非重点镇", "3乡", "4街道"]);
        check("1.是 2.否", &["1.是", "2.否"]);
        check("1.是2.否", &["1.是", "2.否"]);
        check("1、平原；2、丘陵；3、山区", &["1、平原", "2、丘陵", "3、山区"]);
        check("①平原②丘陵③山区", &["①平原", "②丘陵", "③山区"]);
        check("(1)有 (2)无", &["(1)有", "(2)无"]);
        check("1水泥 2柏油路 3沙石 4砖、石板 5其他", &["1水泥", "2柏油路", "3沙石", "4砖、石板", "5其他"]);
        check("0否 1是", &["0否", "1是"]);
        check("是/否", &["是", "否"]);
        check("有、无", &["有", "无"]);
    }

    #[test]
    fn what_is_no_list_stays_whole() {
        check("(下拉选项)", &["(下拉选项)"]);
        check("", &[]);
        check("2025年", &["2025年"]);
        check("1", &["1"]);
    }

    #[test]
    fn numbers_inside_items_do_not_split() {
        check("1 60岁以下 2 60岁以上", &["1 60岁以下", "2 60岁以上"]);
        check("1每户2人以下 2每户3人", &["1每户2人以下", "2每户3人"]);
    }
}
