//! Words that the parts of a printed form are known by: headings of columns, lines of the header and of the foot. Words of the trade of
//! printing forms, nothing of what any form asks.

use super::text::plain;

/// What a column (or, in a form whose rows are units, a row) of a table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// What is asked (指标名称).
    Label,
    /// Who reports, where every row is a unit (乡镇名称).
    Reporter,
    /// Unit of measure.
    Measure,
    /// Code or row number.
    Code,
    /// Number in a list of rows (序号).
    Ordinal,
    /// Definition or remark.
    Note,
    /// Figures.
    Value,
}

const LABEL: [&str; 20] = [
    "指标名称",
    "指标",
    "项目",
    "项目名称",
    "名称",
    "指标内容",
    "内容",
    "栏目",
    "统计指标",
    "指标项",
    "填报项目",
    "填报内容",
    "主要指标",
    "调查指标",
    "调查项目",
    "类别",
    "分类",
    "指标名",
    "统计项目",
    "科目",
];
const REPORTER: [&str; 24] = [
    "乡镇",
    "乡镇名称",
    "乡镇街道",
    "镇街",
    "街道",
    "街道名称",
    "村名",
    "村名称",
    "行政村",
    "行政村名称",
    "村居",
    "村居名称",
    "村社区",
    "社区",
    "社区名称",
    "地区",
    "地区名称",
    "单位名称",
    "填报单位",
    "县市区",
    "县区",
    "市县",
    "区划名称",
    "各乡镇",
];
const MEASURE: [&str; 7] = ["计量单位", "计算单位", "单位", "度量单位", "数量单位", "指标单位", "计量"];
const CODE: [&str; 14] = [
    "代码",
    "汇总代码",
    "代码总汇",
    "编码",
    "编号",
    "行次",
    "行号",
    "指标代码",
    "栏次",
    "指标编码",
    "代号",
    "行序",
    "指标编号",
    "项目代码",
];
const NOTE: [&str; 10] = ["备注", "说明", "指标解释", "口径", "指标口径", "填报说明", "指标说明", "解释", "统计口径", "指标含义"];
const GENERIC_VALUE: [&str; 25] = [
    "数量",
    "数值",
    "数据",
    "本年",
    "本期",
    "合计数",
    "填报数",
    "实际",
    "实际数",
    "本年数",
    "本期数",
    "指标值",
    "填报值",
    "值",
    "数",
    "本年实际",
    "填报数据",
    "填报",
    "填写",
    "填写栏",
    "填报栏",
    "数额",
    "报告期",
    "数字",
    "金额",
];

/// The text of a heading without brackets that hold nothing but marks.
fn word(text: &str) -> String {
    plain(text).trim_matches(|c| matches!(c, '(' | ')' | ':' | '*' | '、' | '.')).replace(['、', '(', ')', '/', '（', '）'], "")
}

/// What a column is by its heading; figures where nothing else is said.
pub(super) fn role_of(heading: &str) -> Role {
    let word = word(heading);
    let is = |list: &[&str]| list.contains(&word.as_str());
    match () {
        () if is(&LABEL) => Role::Label,
        () if is(&REPORTER) => Role::Reporter,
        () if is(&MEASURE) => Role::Measure,
        () if is(&CODE) => Role::Code,
        () if word == "序号" || word == "顺序号" => Role::Ordinal,
        () if is(&NOTE) => Role::Note,
        () => Role::Value,
    }
}

/// Whether the one column of figures says nothing by its heading (数量).
pub(super) fn is_generic_value(heading: &str) -> bool {
    let word = word(heading);
    word.is_empty() || GENERIC_VALUE.contains(&word.as_str()) || word.chars().all(|c| c.is_ascii_digit())
}

/// Whether a text is a letter of a numbering row (甲, 乙, 丙).
pub(super) fn is_stem(text: &str) -> bool {
    matches!(plain(text).as_str(), "甲" | "乙" | "丙" | "丁" | "戊" | "己")
}

/// Whether a line begins what stands under a table: signatures, notes, checks.
pub(super) fn begins_foot(text: &str) -> bool {
    let plain = plain(text);
    const FOOT: [&str; 26] = [
        "单位负责人",
        "统计负责人",
        "填表人",
        "填报人",
        "制表人",
        "审核人",
        "负责人:",
        "联系电话",
        "报出日期",
        "填报日期",
        "说明:",
        "说明1",
        "注:",
        "注释",
        "附注",
        "备注:",
        "填表说明",
        "填报说明",
        "审核关系",
        "平衡关系",
        "指标关系",
        "逻辑关系",
        "本表平衡关系",
        "表内关系",
        "校验关系",
        "联系人",
    ];
    FOOT.iter().any(|w| plain.starts_with(w)) || plain == "说明" || plain == "注" || is_page_number(&plain)
}

fn is_page_number(plain: &str) -> bool {
    plain.starts_with('第') && plain.ends_with('页') && plain.chars().count() <= 8
}

/// Whether a line says that the table goes on (续表一).
pub(super) fn is_continuation(text: &str) -> bool {
    let plain = plain(text);
    let inner = plain.trim_matches(|c| matches!(c, '(' | ')' | ':'));
    inner.chars().count() <= 6 && (inner.starts_with("续表") || inner.starts_with("接上表") || inner == "续" || inner.starts_with("续上表"))
}

/// Whether a line above or below a table adds figures in running text (补充资料：… 附报：…).
pub(super) fn begins_supplement(text: &str) -> Option<&'static str> {
    let plain = plain(text);
    ["补充资料", "附报", "补充指标", "附列资料", "附记", "补报"].into_iter().find(|w| plain.starts_with(w))
}

/// Whether a line belongs to the form's header, above the table.
pub(super) fn is_header_line(text: &str) -> bool {
    let plain = plain(text);
    const MARKS: [&str; 18] = [
        "表号",
        "制定机关",
        "制表机关",
        "制表单位",
        "批准文号",
        "批准机关",
        "备案文号",
        "文号",
        "有效期",
        "综合机关",
        "填报单位",
        "填报机关",
        "计量单位:",
        "单位:",
        "统一社会信用代码",
        "行政区划代码",
        "填报时间",
        "详细名称",
    ];
    MARKS.iter().any(|w| plain.contains(w)) && !matches!(plain.as_str(), "计量单位" | "填报单位" | "单位")
}

/// Whether the name of a row stands for a reporting unit or a period, not for something asked (合计, 本年, 红旗镇).
pub(super) fn is_reporter_row(text: &str) -> bool {
    let plain = plain(text);
    const WHOLE: [&str; 16] = [
        "合计",
        "总计",
        "小计",
        "本年",
        "上年",
        "去年",
        "增减",
        "增减%",
        "增长%",
        "同比",
        "横向合计",
        "合计横向",
        "全县",
        "全市",
        "全区",
        "本级",
    ];
    let plain = plain.replace(['(', ')', '±'], "");
    let n = plain.chars().count();
    if WHOLE.contains(&plain.as_str()) {
        return true;
    }
    (2..=12).contains(&n) && plain.ends_with(['乡', '镇', '村', '县', '区', '市', '旗', '场', '局', '办'])
        || plain.ends_with("街道")
        || plain.ends_with("社区")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_have_roles() {
        assert_eq!(role_of("指 标 名 称"), Role::Label);
        assert_eq!(role_of("计量 单位"), Role::Measure);
        assert_eq!(role_of("代\u{3000}码"), Role::Code);
        assert_eq!(role_of("县（市、区）"), Role::Reporter);
        assert_eq!(role_of("播种面积"), Role::Value);
        assert!(is_generic_value("数  量") && !is_generic_value("产量"));
    }

    #[test]
    fn lines_are_told_apart() {
        assert!(begins_foot("单位负责人：     填表人：") && begins_foot("说明：1.本表") && !begins_foot("说明书数量"));
        assert!(is_continuation("续表一") && is_continuation("（续表）") && !is_continuation("续建项目个数"));
        assert!(is_header_line("表    号：B12表") && !is_header_line("计量单位"));
        assert!(is_reporter_row("青岭镇") && is_reporter_row("合    计") && !is_reporter_row("小麦"));
    }
}
