//! Recognises lists whose rows are persons or enterprises (名册, 台账): microdata does not travel here.

use super::layout::Table;
use super::text::plain;

/// Headings that only a person's row has.
const PERSON: [&str; 22] = [
    "姓名",
    "户主",
    "户主姓名",
    "性别",
    "民族",
    "出生年月",
    "出生日期",
    "身份证",
    "身份证号",
    "身份证号码",
    "公民身份号码",
    "证件号码",
    "与户主关系",
    "家庭住址",
    "联系电话",
    "手机",
    "手机号码",
    "学历",
    "文化程度",
    "政治面貌",
    "银行卡号",
    "电话",
];
/// Headings that only an enterprise's row has.
const ENTERPRISE: [&str; 12] = [
    "企业名称",
    "公司名称",
    "合作社名称",
    "统一社会信用代码",
    "组织机构代码",
    "法定代表人",
    "法人代表",
    "法人姓名",
    "注册资本",
    "联系人",
    "经营地址",
    "营业执照号",
];
/// Names of such lists.
const TITLES: [&str; 8] = ["名册", "花名册", "台账", "台帐", "名单", "登记簿", "明细表", "信息采集表"];
/// Headings by which alone a list is of persons.
const IDENTITY: [&str; 9] = ["姓名", "户主", "户主姓名", "身份证", "身份证号", "身份证号码", "公民身份号码", "证件号码", "法人姓名"];

/// The headings by which a table is a list of persons or enterprises; `None` for a form.
pub(super) fn identifying(table: &Table, title: &str) -> Option<String> {
    let headings: Vec<String> =
        table.blocks.iter().flat_map(|b| b.columns.values()).flat_map(|(_, texts)| texts).map(|t| bare(t)).collect();
    let met = |list: &[&str]| -> Vec<String> {
        let mut met: Vec<String> = headings.iter().filter(|h| list.contains(&h.as_str())).cloned().collect();
        met.sort();
        met.dedup();
        met
    };
    let (persons, enterprises) = (met(&PERSON), met(&ENTERPRISE));
    let is_named = TITLES.iter().any(|w| title.contains(w));
    let has_identity = headings.iter().any(|h| IDENTITY.contains(&h.as_str()));
    let is_person = has_identity && persons.len() >= 2 || is_named && !persons.is_empty();
    let is_enterprise = enterprises.len() >= 2 || is_named && !enterprises.is_empty();
    (is_person || is_enterprise).then(|| persons.into_iter().chain(enterprises).collect::<Vec<_>>().join("、"))
}

fn bare(heading: &str) -> String {
    let plain = plain(heading);
    plain.split('(').next().unwrap_or_default().trim_matches(['*', ':', '、']).to_owned()
}
