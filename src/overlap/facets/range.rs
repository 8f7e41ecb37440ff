//! The grammar of ranges: 60岁及以上, 16—59岁, 50平方米以上, 501-1000元, 1个月-3个月, 未满18周岁.
//!
//! 以上, 以下, 以内 and 届满 include the number (民法典 第1259条); 不满, 超过, 以外 do not.

/// A range found in a text: where it stands and its canonical value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// `60+`, `59-`, `16-59` for ages; `50平方米+` for the rest.
    pub value: String,
    /// Whether it is about years of age.
    pub is_age: bool,
}

/// Units that ranges are told in, longest first.
const RANGE_UNITS: [&str; 41] = [
    "个月",
    "平方公里",
    "平方米",
    "万平方米",
    "周岁",
    "公里",
    "公顷",
    "万元",
    "千元",
    "亿元",
    "小时",
    "分钟",
    "人次",
    "公斤",
    "千瓦",
    "立方米",
    "马力",
    "周年",
    "年级",
    "m2",
    "km",
    "岁",
    "元",
    "亩",
    "米",
    "人",
    "户",
    "头",
    "只",
    "羽",
    "年",
    "月",
    "天",
    "日",
    "吨",
    "层",
    "%",
    "座",
    "张",
    "级",
    "千伏",
];

/// Finds all ranges of a normalised text, from left to right.
pub(crate) fn find_ranges(text: &str) -> Vec<Range> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let Some(offset) = rest.find(|c: char| c.is_ascii_digit()) else { break };
        let start = at + offset;
        match read_range(text, start) {
            Some(range) => {
                at = range.end;
                found.push(range);
            }
            None => at = skip_number(text, start),
        }
    }
    found
}

fn skip_number(text: &str, start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    start + rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len())
}

fn read_range(text: &str, start: usize) -> Option<Range> {
    let low_end = skip_number(text, start);
    let low = text.get(start..low_end)?.trim_end_matches('.');
    let (low_unit, after_low) = read_unit(text, low_end);
    let before = text.get(..start)?;
    if let Some((high, unit, end)) = read_high(text, after_low) {
        let unit = unit.or(low_unit)?;
        let end = skip_words(text, end, &["之间", "(含)"]);
        return Some(make(start, end, low, Some(high), unit, ""));
    }
    let unit = low_unit?;
    let rest = text.get(after_low..)?;
    let (below, above) =
        (["以下", "及以下", "以内", "之内", "(含)以下", "及以内"], ["以上", "及以上", "及其以上", "(含)以上", "或以上", "起"]);
    for word in above {
        if rest.starts_with(word) {
            return Some(make(start, after_low + word.len(), low, None, unit, "+"));
        }
    }
    for word in below {
        if rest.starts_with(word) {
            return Some(make(start, after_low + word.len(), low, None, unit, "-"));
        }
    }
    for (word, sign) in [("未满", "<"), ("不满", "<"), ("不足", "<"), ("超过", ">"), ("超", ">"), ("满", "+"), ("达到", "+")] {
        if before.ends_with(word) {
            return Some(make(start - word.len(), after_low, low, None, unit, sign));
        }
    }
    // A bare age (80岁老人) is a restriction too; other bare numbers (2型, 12位) are not.
    (unit == "岁").then(|| make(start, after_low, low, None, unit, ""))
}

fn read_unit(text: &str, at: usize) -> (Option<&'static str>, usize) {
    let rest = text.get(at..).unwrap_or_default();
    for unit in RANGE_UNITS {
        if rest.starts_with(unit) {
            let canonical = match unit {
                "周岁" => "岁",
                "m2" => "平方米",
                "km" => "公里",
                "周年" => "年",
                other => other,
            };
            return (Some(canonical), at + unit.len());
        }
    }
    (None, at)
}

fn read_high(text: &str, at: usize) -> Option<(&str, Option<&'static str>, usize)> {
    let rest = text.get(at..)?;
    let separator = ["-", "至", "到"].into_iter().find(|s| rest.starts_with(s))?;
    let start = at + separator.len();
    if !text.get(start..)?.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let end = skip_number(text, start);
    let (unit, after) = read_unit(text, end);
    Some((text.get(start..end)?, unit, after))
}

fn skip_words(text: &str, at: usize, words: &[&str]) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    words.iter().find(|w| rest.starts_with(**w)).map_or(at, |w| at + w.len())
}

fn make(start: usize, end: usize, low: &str, high: Option<&str>, unit: &str, sign: &str) -> Range {
    let is_age = unit == "岁";
    let shown = if is_age { "" } else { unit };
    let value = match (high, sign) {
        // 0-6岁 are all up to six.
        (Some(high), _) if is_age && low == "0" => format!("{high}-"),
        (Some(high), _) => format!("{low}-{high}{shown}"),
        // Ages are whole years: under 18 is 17 and below.
        (None, "<") if is_age => {
            low.parse::<u32>().ok().and_then(|n| n.checked_sub(1)).map_or_else(|| format!("<{low}"), |n| format!("{n}-"))
        }
        (None, "<" | ">") => format!("{sign}{low}{shown}"),
        (None, "") => format!("{low}岁"),
        (None, _) => format!("{low}{shown}{sign}"),
    };
    Range { start, end, value, is_age }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_law_counts() {
        let check = |text: &str, expect: &str| {
            let values: Vec<String> = find_ranges(text).into_iter().map(|r| r.value).collect();
            assert_eq!(values.join("|"), expect, "{text}");
        };
        check("60岁及以上老年人", "60+");
        check("60周岁以上", "60+");
        check("35岁及以下", "35-");
        check("16-59岁", "16-59");
        check("男16-59周岁、女16-54周岁", "16-59|16-54");
        check("0-6岁儿童", "6-");
        check("6至14周岁", "6-14");
        check("21岁-49岁", "21-49");
        check("不满16周岁", "15-");
        check("50平方米以上的商店", "50平方米+");
        check("1个月-3个月", "1-3个月");
        check("501-1000元", "501-1000元");
        check("2型糖尿病", "");
        check("80岁老人", "80岁");
        check("2016年", "");
    }
}
