//! What stands around a table: title, 表号, 制定机关, 批准文号, 有效期至, who fills it and how often; notes and equations below.

use super::sheet::{At, Sheet};
use super::text::{clean, is_number, plain};
use super::words::is_header_line;
use crate::domain::period::Frequency;
use crate::domain::unit::Level;

/// A part of the header with its cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    pub text: String,
    pub at: At,
    pub sureness: u8,
}

/// The header of a form.
#[derive(Clone, Debug, Default)]
pub(super) struct Head {
    pub title: Part,
    pub number: Part,
    pub authority: Part,
    pub approval: Part,
    pub valid_until: Part,
    pub year: Option<i16>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Number,
    Authority,
    Approval,
    Validity,
    Other,
}

/// Words before a value, the longest first where one holds another.
const KEYS: [(&str, Key); 25] = [
    ("表号", Key::Number),
    ("制定机关", Key::Authority),
    ("制表机关", Key::Authority),
    ("制表单位", Key::Authority),
    ("制定单位", Key::Authority),
    ("制发机关", Key::Authority),
    ("批准文号", Key::Approval),
    ("备案文号", Key::Approval),
    ("批准机关", Key::Other),
    ("备案机关", Key::Other),
    ("文号", Key::Approval),
    ("有效期至", Key::Validity),
    ("有效期限", Key::Validity),
    ("有效期", Key::Validity),
    ("综合机关名称", Key::Other),
    ("综合单位名称", Key::Other),
    ("填报单位", Key::Other),
    ("填报机关", Key::Other),
    ("计量单位", Key::Other),
    ("金额单位", Key::Other),
    ("填报时间", Key::Other),
    ("报告期", Key::Other),
    ("统一社会信用代码", Key::Other),
    ("行政区划代码", Key::Other),
    ("单位详细名称", Key::Other),
];

/// Reads the header from the rows before `until`.
pub(super) fn read(sheet: &Sheet, from: u32, until: u32) -> Head {
    let mut head = Head::default();
    let mut title: Option<Part> = None;
    for row in from..until {
        let cells: Vec<(u32, &str)> = sheet.row(row).map(|(c, cell)| (c, cell.text.as_str())).collect();
        for (n, (column, text)) in cells.iter().enumerate() {
            let at = (row, *column);
            let next = cells.get(n + 1).map(|(c, text)| ((row, *c), *text));
            keyed(text, at, next, &mut head);
            head.year = head.year.or_else(|| year_in(text));
            if title.is_none() && is_title(text) && !is_header_line(text) {
                title = Some(Part { text: (*text).to_owned(), at, sureness: 90 });
            }
        }
    }
    head.title = title.unwrap_or_default();
    head
}

fn is_title(text: &str) -> bool {
    let plain = plain(text);
    let n = plain.chars().filter(|c| !c.is_ascii()).count();
    (3..=60).contains(&n)
        && !is_number(text)
        && !plain.contains([':', '□', '。'])
        && !plain.ends_with('年')
        && !plain.starts_with("附件")
        && !plain.starts_with("续表")
}

/// Takes the values out of a line of keys; a key with nothing behind it has its value in the next cell.
fn keyed(text: &str, at: At, next: Option<(At, &str)>, head: &mut Head) {
    let text = clean(text);
    let mut marks: Vec<(usize, usize, Key)> = Vec::new();
    for (word, key) in KEYS {
        for (from, _) in text.match_indices(word) {
            let is_inside = marks.iter().any(|(a, b, _)| (*a..*b).contains(&from));
            let after = text.get(from + word.len()..).unwrap_or_default();
            if !is_inside && (after.is_empty() || after.starts_with([':', '：'])) {
                marks.push((from, from + word.len(), key));
            }
        }
    }
    marks.sort_unstable_by_key(|(from, ..)| *from);
    for (n, (_, end, key)) in marks.iter().enumerate() {
        let until = marks.get(n + 1).map_or(text.len(), |(from, ..)| *from);
        let own = text.get(*end..until).unwrap_or_default().trim_matches([':', '：', ' ', ';', '；']).to_owned();
        let (value, at) = match (own.is_empty(), next) {
            (true, Some((at, next))) if n + 1 == marks.len() && !is_header_line(next) => (next.to_owned(), at),
            _ => (own, at),
        };
        let slot = match key {
            Key::Number => &mut head.number,
            Key::Authority => &mut head.authority,
            Key::Approval => &mut head.approval,
            Key::Validity => &mut head.valid_until,
            Key::Other => continue,
        };
        if slot.text.is_empty() && !value.is_empty() {
            *slot = Part { text: value, at, sureness: 95 };
        }
    }
}

/// A year as forms print it: 2016年, 20 16 年, ２０１６年.
fn year_in(text: &str) -> Option<i16> {
    let plain = plain(text);
    let at = plain.find('年')?;
    let digits: String = plain.get(..at)?.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
    digits.parse::<i16>().ok().filter(|year| (1990..=2100).contains(year))
}

/// Who fills the form, by what its notes and header say; with how sure.
pub(super) fn level_of(texts: &[&str]) -> (Level, u8) {
    let all: Vec<String> = texts.iter().map(|t| plain(t)).collect();
    let by_whom = all.iter().find_map(|t| {
        let from = t.find("本表由")? + "本表由".len();
        let rest = t.get(from..)?;
        let end = rest.find(['填', '报', '汇', '。', ',', ';']).unwrap_or(rest.len());
        rest.get(..end).map(str::to_owned)
    });
    if let Some(who) = by_whom {
        for (words, level) in LEVELS {
            if words.iter().any(|w| who.contains(w)) {
                return (level, 90);
            }
        }
    }
    let title = all.first().map(String::as_str).unwrap_or_default();
    for (words, level) in TITLES {
        if words.iter().any(|w| title.contains(w)) {
            return (level, 75);
        }
    }
    // 省(区、市) 市 县 乡(镇) 村: the blanks go down to the level that fills.
    for text in &all {
        if text.contains("省(区") || text.contains("区划代码") {
            if text.contains('村') {
                return (Level::Village, 80);
            }
            if text.contains("乡(镇)") || text.contains("乡镇") {
                return (Level::Township, 80);
            }
            if text.contains('县') {
                return (Level::County, 80);
            }
        }
    }
    (Level::County, 40)
}

const LEVELS: [(&[&str], Level); 4] = [
    (&["村民委员会", "村委会", "行政村", "居民委员会", "村(居)", "社区", "各村"], Level::Village),
    (&["乡(镇)", "乡镇", "街道", "镇人民政府", "镇政府", "乡、镇"], Level::Township),
    (&["县", "市辖区"], Level::County),
    (&["市", "州", "地区"], Level::City),
];
const TITLES: [(&[&str], Level); 4] = [
    (&["村级", "行政村", "村社会", "村(社区)", "村(居)", "村卫生室", "村基本"], Level::Village),
    (&["乡(镇)", "乡镇", "镇街", "镇(街道)", "街道"], Level::Township),
    (&["县(市)", "县级", "全县", "县(市、区)"], Level::County),
    (&["市级", "全市"], Level::City),
];

/// How often the form is filled, by its title, number and notes; with how sure.
pub(super) fn frequency_of(texts: &[&str]) -> (Frequency, u8) {
    const WORDS: [(&str, Frequency); 12] = [
        ("月报", Frequency::Monthly),
        ("半年报", Frequency::Semiannual),
        ("季报", Frequency::Quarterly),
        ("季节报", Frequency::Quarterly),
        ("年报", Frequency::Annual),
        ("报送频率为月", Frequency::Monthly),
        ("按月报送", Frequency::Monthly),
        ("按季报送", Frequency::Quarterly),
        ("每季", Frequency::Quarterly),
        ("每月", Frequency::Monthly),
        ("半年度", Frequency::Semiannual),
        ("年度", Frequency::Annual),
    ];
    for (n, text) in texts.iter().enumerate() {
        let plain = plain(text);
        if let Some((_, frequency)) = WORDS.iter().find(|(word, _)| plain.contains(word)) {
            return (*frequency, if n < 2 { 90 } else { 75 });
        }
    }
    (Frequency::Annual, 50)
}

/// Whether a line of the foot states equations: it says so, or has codes on both sides of a comparison.
pub(super) fn is_rule(text: &str) -> bool {
    let plain = plain(text);
    let says =
        ["平衡关系", "审核关系", "指标关系", "逻辑关系", "校验关系", "表内关系", "表间关系", "审核公式"].iter().any(|w| plain.contains(w));
    let compares = plain.split(['=', '≥', '≤', '>', '<', '﹥', '﹤', '≧', '≦']).count() > 1;
    says && (compares || plain.chars().count() > 8) || compares && plain.chars().filter(char::is_ascii_digit).count() >= 2
}

#[cfg(test)]
mod tests {
    use super::super::sheet::Cell;
    use super::*;

    #[test]
    fn headers_in_one_cell_or_two() {
        let mut sheet = Sheet::new("表");
        sheet.put((0, 0), Cell::text("文 化 设 施 情 况", 0));
        sheet.put((1, 0), Cell::text(" 表    号：B12表", 0));
        sheet.put((2, 3), Cell::text("制定机关：", 0));
        sheet.put((2, 4), Cell::text("国家统计局", 0));
        sheet.put((3, 0), Cell::text("综合机关名称：    2016年       有效期至：2017年6月", 0));
        let head = read(&sheet, 0, 5);
        assert_eq!(
            [&head.title, &head.number, &head.authority, &head.valid_until].map(|p| p.text.as_str()),
            ["文化设施情况", "B12表", "国家统计局", "2017年6月"]
        );
        assert_eq!(head.year, Some(2016));
    }

    #[test]
    fn levels_and_frequencies() {
        assert_eq!(level_of(&["情况", "说明：1.本表由村民委员会填报。"]).0, Level::Village);
        assert_eq!(level_of(&["乡(镇)社会经济基本情况"]).0, Level::Township);
        assert_eq!(level_of(&["情况", "1.本表由各市、州统计局报送"]).0, Level::City);
        assert_eq!(frequency_of(&["畜牧业生产情况月报"]).0, Frequency::Monthly);
        assert!(is_rule("23（面积、产量）=24+28+30") && is_rule("2.平衡关系：06≤04") && !is_rule("4.报送时间为2016年12月25日。"));
    }
}
