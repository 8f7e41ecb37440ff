//! Form templates (报表模板): a versioned form with its header, sections and fields.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

use crate::domain::id::{FieldId, FieldKey, FormId, OrganisationId};
use crate::domain::measure::{Measures, normalise_spelling, says_no_unit};
use crate::domain::period::{Frequency, MAX_YEAR, MIN_YEAR, ReferencePeriod};
use crate::domain::problem::{Code, Place, Problem, check_optional_text, check_text};
use crate::domain::unit::Level;

/// Most fields of one template.
pub const MAX_FIELDS: usize = 5_000;
/// Deepest path of headings above a field.
pub const MAX_PATH_DEPTH: usize = 16;
/// Longest label or heading, in characters.
pub const MAX_LABEL_CHARS: usize = 500;
/// Longest note (口径) or printed equation, in characters.
pub const MAX_NOTE_CHARS: usize = 8_000;
/// Most items of one code list.
pub const MAX_OPTIONS: usize = 1_000;
/// Most printed equations of one template.
pub const MAX_RULES: usize = 1_000;

/// Data type (数据类型) of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataType {
    /// Whole number.
    Integer,
    /// Decimal number.
    Decimal,
    /// Free text.
    Text,
    /// A code of a code list.
    Code,
    /// A date.
    Date,
    /// Yes or no.
    Bool,
}

impl DataType {
    /// Returns the word used in files and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Decimal => "decimal",
            Self::Text => "text",
            Self::Code => "code",
            Self::Date => "date",
            Self::Bool => "bool",
        }
    }

    /// Finds the type by its word.
    pub fn find(text: &str) -> Option<Self> {
        [Self::Integer, Self::Decimal, Self::Text, Self::Code, Self::Date, Self::Bool].into_iter().find(|d| d.as_str() == text)
    }

    /// Whether figures of this type are numbers.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Decimal)
    }
}

/// One thing that a form asks for (指标 / 栏目).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its id within the form.
    pub id: FieldId,
    /// Code or row number printed on the form (指标代码 / 行次).
    pub code: String,
    /// The leaf text as printed.
    pub label: String,
    /// Headings and rows above it, outermost first.
    pub path: Vec<String>,
    /// Column heading of a cross table, "/" between levels; empty where there is none.
    pub column: String,
    /// Unit of measure as printed.
    pub unit: String,
    /// Data type; guessed where the form does not say, see [`Field::guess_type`].
    pub dtype: DataType,
    /// Decimals that the form states; `None` where it does not.
    pub decimals: Option<u32>,
    /// Definition (口径).
    pub note: String,
    /// Code list, as printed; empty where there is none.
    pub options: Vec<String>,
    /// Whether the form marks the field as classified or sensitive (涉密、敏感).
    pub classified: bool,
    /// Why a field that looks like a person's identifier is none, by the department.
    pub not_personal_because: String,
}

impl Field {
    /// Guesses the data type where a form does not say: options make a code, a unit of measure makes a number.
    pub fn guess_type(unit: &str, label: &str, options: &[String]) -> DataType {
        let unit = normalise_spelling(unit);
        if unit == "代码" || options.len() > 1 {
            return DataType::Code;
        }
        if says_no_unit(&unit) {
            let is_textual = ["名称", "姓名", "负责人", "备注", "说明", "地址", "电话"].iter().any(|w| label.contains(w));
            return if is_textual { DataType::Text } else { DataType::Decimal };
        }
        DataType::Decimal
    }

    /// Decimals of the figures: what the form states; else 0 for integers and 4 for the rest, which keeps 万人 exact to the person.
    pub fn decimals(&self) -> u32 {
        match self.dtype {
            DataType::Decimal => self.decimals.unwrap_or(4),
            DataType::Integer | DataType::Text | DataType::Code | DataType::Date | DataType::Bool => 0,
        }
    }

    /// Whether another version's field means the same: everything but its code and its place in the list is equal.
    fn means_the_same(&self, other: &Field) -> bool {
        self.label == other.label
            && self.path == other.path
            && self.column == other.column
            && self.unit == other.unit
            && self.dtype == other.dtype
            && self.decimals() == other.decimals()
            && self.note == other.note
            && self.options == other.options
    }
}

/// A form template (报表模板) as a department declares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormTemplate {
    /// Its id over all versions.
    pub id: FormId,
    /// The organisation that collects it.
    pub organisation: OrganisationId,
    /// Title.
    pub title: String,
    /// The department as printed.
    pub department: String,
    /// 制定机关.
    pub authority: String,
    /// 表号.
    pub number: String,
    /// 批准文号.
    pub approval: String,
    /// 有效期至, as printed.
    pub valid_until: String,
    /// Who fills it.
    pub level: Level,
    /// How often.
    pub frequency: Frequency,
    /// The year it is drawn for.
    pub year: i16,
    /// Days after the end of the period by which it is due; `None` for the default of its frequency.
    pub due_days_after: Option<u16>,
    /// Fields in the form's order.
    pub fields: Vec<Field>,
    /// Printed equations (审核关系), word for word.
    pub rules: Vec<String>,
}

impl FormTemplate {
    /// Day by which the form for `period` is due; `None` for standing facts.
    pub fn due_date(&self, period: ReferencePeriod) -> Option<Date> {
        due_date(period, self.due_days_after.unwrap_or_else(|| self.frequency.default_due_days()))
    }

    /// Last day on which the form may be asked: the end of the day, month or year that 有效期至 names.
    /// `Ok(None)` where the form does not say; an error where what it says is no date.
    pub fn valid_through(&self) -> Result<Option<Date>, Problem> {
        parse_validity(&self.valid_until)
    }

    /// Checks everything that can be checked without knowing other forms; returns all problems, warnings among them.
    pub fn check(&self) -> Vec<Problem> {
        let form = self.id.as_str();
        let mut problems: Vec<Problem> = Vec::new();
        let header = [
            ("title", check_text(&self.title, "title", MAX_LABEL_CHARS)),
            ("department", check_optional_text(&self.department, "department", 200)),
            ("authority", check_optional_text(&self.authority, "authority", 500)),
            ("number", check_optional_text(&self.number, "number", 100)),
            ("approval", check_optional_text(&self.approval, "approval", 200)),
            ("valid_until", check_optional_text(&self.valid_until, "valid_until", 50)),
        ];
        problems.extend(header.into_iter().filter_map(|(column, p)| p.map(|p| p.at(Place::part(column).in_form(form)))));
        for (part, value) in [("表号", &self.number), ("制定机关", &self.authority), ("批准文号", &self.approval)] {
            if value.trim().is_empty() {
                problems.push(
                    Problem::warning(Code::FormHeaderIncomplete)
                        .arg("form", form)
                        .arg("part", part)
                        .at(Place::part("header").in_form(form)),
                );
            }
        }
        if let Err(problem) = self.valid_through() {
            problems.push(problem.at(Place::part("valid_until").in_form(form)));
        }
        if !(MIN_YEAR..=MAX_YEAR).contains(&self.year) {
            problems.push(Problem::new(Code::YearOutOfRange).arg("year", self.year).at(Place::part("year").in_form(form)));
        }
        if self.rules.len() > MAX_RULES {
            let too_long = Problem::new(Code::ListTooLong).arg("what", "rules").arg("limit", MAX_RULES).arg("n", self.rules.len());
            problems.push(too_long.at(Place::part("rules").in_form(form)));
        }
        let rules = self.rules.iter().enumerate().take(MAX_RULES);
        problems.extend(rules.filter_map(|(n, rule)| {
            check_optional_text(rule, "rules", MAX_NOTE_CHARS).map(|p| p.at(Place::part("rules").in_form(form).at_row(n + 1)))
        }));
        if self.fields.is_empty() {
            problems.push(Problem::new(Code::FormWithoutFields).arg("form", form).at(Place::part("fields").in_form(form)));
        }
        if self.fields.len() > MAX_FIELDS {
            let too_long = Problem::new(Code::ListTooLong).arg("what", "fields").arg("limit", MAX_FIELDS).arg("n", self.fields.len());
            problems.push(too_long.at(Place::part("fields").in_form(form)));
            return problems;
        }
        let mut seen = HashSet::new();
        for field in &self.fields {
            if !seen.insert(&field.id) {
                let place = Place::field(field.id.as_str()).in_form(form);
                problems.push(Problem::new(Code::FieldDuplicate).arg("field", field.id.as_str()).at(place));
            }
            problems.extend(check_field(field, form));
        }
        problems
    }

    /// Warns of every number whose unit of measure is not known; such a field is kept and never converted.
    pub fn check_units(&self, measures: &Measures) -> Vec<Problem> {
        let unknown = self.fields.iter().filter(|f| f.dtype.is_number() && !says_no_unit(&f.unit) && measures.find(&f.unit).is_none());
        let warning = |f: &Field| Problem::warning(Code::FieldUnitUnknown).arg("field", &f.id).arg("unit", &f.unit);
        unknown.map(|f| warning(f).at(Place::field(f.id.as_str()).in_form(self.id.as_str()))).collect()
    }

    /// Gives every field its identity: a field that means the same as in the version before keeps its `since`.
    pub fn field_keys(&self, version: u32, before: Option<&RegisteredTemplate>) -> Vec<FieldKey> {
        let mut known: HashMap<&FieldId, (&Field, u32)> = HashMap::new();
        if let Some(before) = before {
            for (field, key) in before.template.fields.iter().zip(&before.field_keys) {
                known.insert(&field.id, (field, key.since));
            }
        }
        let since = |field: &Field| match known.get(&field.id) {
            Some((old, since)) if old.means_the_same(field) => *since,
            _ => version,
        };
        self.fields.iter().map(|f| FieldKey { form: self.id.clone(), field: f.id.clone(), since: since(f) }).collect()
    }
}

/// A template that was registered: one version of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredTemplate {
    /// What was declared.
    pub template: FormTemplate,
    /// Its version, from 1.
    pub version: u32,
    /// Identity of each field, in the order of `template.fields`.
    pub field_keys: Vec<FieldKey>,
    /// When it was registered.
    pub registered_at: jiff::Timestamp,
}

/// Day by which a form for `period` is due that is due `days` after the end of the period.
pub fn due_date(period: ReferencePeriod, days: u16) -> Option<Date> {
    period.last_day().and_then(|day| day.checked_add(jiff::Span::new().days(i64::from(days))).ok())
}

fn check_field(field: &Field, form: &str) -> Vec<Problem> {
    let place = || Place::field(field.id.as_str()).in_form(form);
    let id = field.id.as_str();
    let mut found: Vec<Option<Problem>> = vec![
        check_text(&field.label, "label", MAX_LABEL_CHARS),
        check_optional_text(&field.code, "code", 100),
        check_optional_text(&field.column, "column", MAX_LABEL_CHARS),
        check_optional_text(&field.unit, "unit", 50),
        check_optional_text(&field.note, "note", MAX_NOTE_CHARS),
    ];
    if field.path.len() > MAX_PATH_DEPTH {
        found.push(Some(Problem::new(Code::FieldPathTooDeep).arg("field", id).arg("limit", MAX_PATH_DEPTH)));
    } else {
        found.extend(field.path.iter().map(|h| check_optional_text(h, "path", MAX_LABEL_CHARS)));
    }
    found.push(check_optional_text(&field.not_personal_because, "not_personal_because", MAX_LABEL_CHARS));
    if field.options.len() > MAX_OPTIONS {
        found.push(Some(Problem::new(Code::ListTooLong).arg("what", "options").arg("limit", MAX_OPTIONS).arg("n", field.options.len())));
    } else {
        // One bad item is enough to name the list.
        found.push(field.options.iter().find_map(|o| check_optional_text(o, "options", MAX_LABEL_CHARS)));
    }
    if field.decimals.is_some_and(|d| d > crate::domain::figure::MAX_DECIMALS) {
        let value = field.decimals.unwrap_or_default();
        found.push(Some(Problem::new(Code::FieldDecimalsOutOfRange).arg("field", id).arg("value", value)));
    }
    if field.classified {
        found.push(Some(Problem::new(Code::FieldClassified).arg("field", id)));
    }
    if let Some(identifier) = personal_identifier(&field.label)
        && field.not_personal_because.trim().is_empty()
    {
        found.push(Some(Problem::new(Code::FieldPersonalIdentifier).arg("field", id).arg("identifier", identifier)));
    }
    found.into_iter().flatten().map(|p| p.at(place())).collect()
}

/// Words for a person's identifiers (GB/T 35273-2020, annex A: personal information; annex B: sensitive).
const PERSONAL_IDENTIFIERS: [&str; 14] = [
    "身份证号",
    "身份证件号",
    "公民身份号码",
    "证件号码",
    "护照号",
    "手机号",
    "手机号码",
    "移动电话号码",
    "银行卡号",
    "银行账号",
    "银行帐号",
    "社保卡号",
    "社会保障号码",
    "微信号",
];

/// The word by which a label asks for a person's identifier, if it does.
pub fn personal_identifier(label: &str) -> Option<&'static str> {
    use unicode_normalization::UnicodeNormalization;
    let plain: String = label.nfkc().filter(|c| !c.is_whitespace()).collect();
    PERSONAL_IDENTIFIERS.into_iter().find(|w| plain.contains(w))
}

/// Reads 有效期至 as it is printed: `2026-08-31`, `2026年8月31日`, `2026年8月`, `2026.8`, `2026年`, `长期`.
fn parse_validity(text: &str) -> Result<Option<Date>, Problem> {
    use unicode_normalization::UnicodeNormalization;
    let plain: String = text.nfkc().filter(|c| !c.is_whitespace()).collect();
    let plain = plain.trim_start_matches("有效期至:").trim_end_matches(['止', '。']);
    if matches!(plain, "" | "长期" | "长期有效" | "—" | "-") {
        return Ok(None);
    }
    let malformed = || Problem::new(Code::ValidityMalformed).arg("value", text);
    let parts: Vec<&str> = plain.split(['年', '月', '日', '-', '.', '/']).filter(|p| !p.is_empty()).collect();
    let numbers: Option<Vec<i16>> = parts.iter().map(|p| p.parse::<i16>().ok()).collect();
    let day = match numbers.as_deref() {
        Some([year]) => Date::new(*year, 12, 31),
        Some([year, month]) => {
            i8::try_from(*month).map_or_else(|_| Date::new(0, 13, 1), |m| Date::new(*year, m, 1)).map(|d| d.last_of_month())
        }
        Some([year, month, day]) => match (i8::try_from(*month), i8::try_from(*day)) {
            (Ok(month), Ok(day)) => Date::new(*year, month, day),
            _ => Date::new(0, 13, 1),
        },
        _ => return Err(malformed()),
    };
    day.ok().filter(|d| (MIN_YEAR..=MAX_YEAR).contains(&d.year())).map(Some).ok_or_else(malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validity_is_read_as_printed() {
        let read = |text: &str| parse_validity(text).map(|d| d.map(|d| d.to_string())).map_err(|p| p.code);
        assert_eq!(read("2026年8月"), Ok(Some("2026-08-31".into())));
        assert_eq!(read("２０２６年８月３０日"), Ok(Some("2026-08-30".into())));
        assert_eq!(read("2027-12-31"), Ok(Some("2027-12-31".into())));
        assert_eq!(read("2025年"), Ok(Some("2025-12-31".into())));
        assert_eq!(read(""), Ok(None));
        assert_eq!(read("明年"), Err(Code::ValidityMalformed));
        assert_eq!(read("2026年13月"), Err(Code::ValidityMalformed));
        assert_eq!(read("2026-02-30"), Err(Code::ValidityMalformed));
    }

    #[test]
    fn identifiers_are_found_in_any_width() {
        assert_eq!(personal_identifier("负责人 手 机 号"), Some("手机号"));
        assert_eq!(personal_identifier("手机上网户数"), None);
    }

    fn field(id: &str, label: &str) -> Field {
        Field {
            id: FieldId::from_stored(id),
            code: String::new(),
            label: label.to_owned(),
            path: Vec::new(),
            column: String::new(),
            unit: "人".to_owned(),
            dtype: DataType::Integer,
            decimals: None,
            note: String::new(),
            options: Vec::new(),
            classified: false,
            not_personal_because: String::new(),
        }
    }

    fn form(fields: Vec<Field>) -> FormTemplate {
        FormTemplate {
            id: FormId::from_stored("f"),
            organisation: OrganisationId::from_stored("o"),
            title: "表".to_owned(),
            department: "部门".to_owned(),
            authority: "机关".to_owned(),
            number: "表1".to_owned(),
            approval: "文号".to_owned(),
            valid_until: "2027年12月".to_owned(),
            level: Level::Village,
            frequency: Frequency::Annual,
            year: 2026,
            due_days_after: None,
            fields,
            rules: Vec::new(),
        }
    }

    #[test]
    fn a_new_version_keeps_the_identity_of_fields_that_did_not_change() {
        let first = form(vec![field("1", "人口"), field("2", "户数")]);
        let keys = first.field_keys(1, None);
        let registered = RegisteredTemplate { template: first, version: 1, field_keys: keys, registered_at: jiff::Timestamp::UNIX_EPOCH };
        let second = form(vec![field("2", "户数"), field("1", "常住人口"), field("3", "面积")]);
        let since: Vec<u32> = second.field_keys(2, Some(&registered)).iter().map(|k| k.since).collect();
        assert_eq!(since, [1, 2, 2]);
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let mut classified = field("1", "兵力");
        classified.classified = true;
        let mut template = form(vec![classified, field("2", "户主身份证号"), field("2", "\u{1}")]);
        template.approval = String::new();
        template.valid_until = "明年".to_owned();
        let mut codes: Vec<Code> = template.check().iter().map(|p| p.code).collect();
        codes.sort();
        let mut expected = [
            Code::FormHeaderIncomplete,
            Code::ValidityMalformed,
            Code::FieldClassified,
            Code::FieldPersonalIdentifier,
            Code::FieldDuplicate,
            Code::TextControlCharacter,
        ];
        expected.sort();
        assert_eq!(codes, expected);
    }
}
