//! Words for people in both languages: levels, frequencies, standings, kinds of relation. Each pair stands side by side, so that neither
//! language can be forgotten.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::domain::message::Language;
use crate::pb;

impl ValueEnum for Language {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Zh, Self::En]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Zh => PossibleValue::new("zh"),
            Self::En => PossibleValue::new("en"),
        })
    }
}

/// Picks the text of a language.
pub fn pick<'a>(language: Language, zh: &'a str, en: &'a str) -> &'a str {
    match language {
        Language::Zh => zh,
        Language::En => en,
    }
}

/// Name of a level.
pub fn level(language: Language, level: i32) -> &'static str {
    let (zh, en) = match pb::Level::try_from(level).unwrap_or_default() {
        pb::Level::Unspecified => ("", ""),
        pb::Level::Household => ("住户", "household"),
        pb::Level::Village => ("村（社区）", "village"),
        pb::Level::Township => ("乡镇（街道）", "township"),
        pb::Level::County => ("县", "county"),
        pb::Level::City => ("设区市", "city"),
        pb::Level::Province => ("省", "province"),
    };
    pick(language, zh, en)
}

/// Units of a level, as they are counted: `个村（社区）`, `villages`.
pub fn counted_level(language: Language, at: i32) -> String {
    match language {
        Language::Zh => format!("个{}", level(language, at)),
        Language::En => match pb::Level::try_from(at).unwrap_or_default() {
            pb::Level::County => "counties".to_owned(),
            pb::Level::City => "cities".to_owned(),
            _ => format!("{}s", level(language, at)),
        },
    }
}

/// Name of a frequency.
pub fn frequency(language: Language, frequency: i32) -> &'static str {
    let (zh, en) = match pb::Frequency::try_from(frequency).unwrap_or_default() {
        pb::Frequency::Unspecified => ("", ""),
        pb::Frequency::Monthly => ("月报", "monthly"),
        pb::Frequency::Quarterly => ("季报", "quarterly"),
        pb::Frequency::Semiannual => ("半年报", "semiannual"),
        pb::Frequency::Annual => ("年报", "annual"),
        pb::Frequency::Once => ("一次性", "once"),
        pb::Frequency::Other => ("其他", "other"),
    };
    pick(language, zh, en)
}

/// Name of a standing.
pub fn standing(language: Language, standing: i32) -> &'static str {
    let (zh, en) = match pb::Standing::try_from(standing).unwrap_or_default() {
        pb::Standing::Unspecified => ("", ""),
        pb::Standing::Held => ("已采集", "held"),
        pb::Standing::Computable => ("可计算", "computable"),
        pb::Standing::LookAlike => ("疑似", "look-alike"),
        pb::Standing::New => ("新增", "new"),
    };
    pick(language, zh, en)
}

/// Name of a kind of relation.
pub fn relation(language: Language, kind: i32) -> &'static str {
    let (zh, en) = match pb::RelationKind::try_from(kind).unwrap_or_default() {
        pb::RelationKind::Unspecified => ("", ""),
        pb::RelationKind::Same => ("相同", "same"),
        pb::RelationKind::Converted => ("换算后相同", "converted"),
        pb::RelationKind::TimeAggregate => ("按时间汇总", "time aggregate"),
        pb::RelationKind::RollUp => ("逐级汇总", "roll-up"),
        pb::RelationKind::Offset => ("上年同一数", "other year"),
        pb::RelationKind::Narrower => ("范围较窄", "narrower"),
        pb::RelationKind::Broader => ("范围较宽", "broader"),
        pb::RelationKind::Conflict => ("同名异义", "conflict"),
        pb::RelationKind::LooksAlike => ("疑似", "looks alike"),
        pb::RelationKind::Formula => ("计算得出", "formula"),
    };
    pick(language, zh, en)
}

/// Name of a reviewer's answer.
pub fn verdict(language: Language, verdict: i32) -> &'static str {
    let (zh, en) = match pb::Verdict::try_from(verdict).unwrap_or_default() {
        pb::Verdict::Unspecified => ("", ""),
        pb::Verdict::Same => ("相同", "same"),
        pb::Verdict::Different => ("不同", "different"),
        pb::Verdict::Narrower => ("范围较窄", "narrower"),
        pb::Verdict::Broader => ("范围较宽", "broader"),
        pb::Verdict::Unsure => ("说不准", "unsure"),
    };
    pick(language, zh, en)
}

/// Name of a kind of organisation.
pub fn organisation_kind(language: Language, kind: i32) -> &'static str {
    let (zh, en) = match pb::OrganisationKind::try_from(kind).unwrap_or_default() {
        pb::OrganisationKind::Unspecified => ("", ""),
        pb::OrganisationKind::Bureau => ("统计局", "bureau"),
        pb::OrganisationKind::Department => ("部门", "department"),
        pb::OrganisationKind::Office => ("内设机构", "office"),
        pb::OrganisationKind::Subordinate => ("下属单位", "subordinate"),
    };
    pick(language, zh, en)
}

/// Name of a way in which a cell that is not typed is given, or of a level: the keys of the burden report.
pub fn burden_key(language: Language, key: &str) -> Option<&'static str> {
    let (zh, en) = match key {
        "typed" => ("直接填报", "typed"),
        "same" => ("同一数已填", "same figure"),
        "converted" => ("换算", "converted"),
        "time_aggregate" => ("按时间汇总", "aggregated over time"),
        "roll_up" => ("逐级汇总", "rolled up"),
        "time_aggregate_and_roll_up" => ("按时间并逐级汇总", "aggregated over time and rolled up"),
        "balance" => ("由其他数按定义得出", "given by other figures by definition"),
        "supplied" => ("部门登记数据提供", "supplied by a register"),
        "registry" => ("填报单位名录已知", "known from the registry of units"),
        "standing" => ("长期不变，已有", "a standing fact, held"),
        "last_year" => ("取自上年", "taken from the year before"),
        "household" => ("住户", "household"),
        "village" => ("村（社区）", "village"),
        "township" => ("乡镇（街道）", "township"),
        "county" => ("县", "county"),
        "city" => ("设区市", "city"),
        "province" => ("省", "province"),
        "total" => ("合计", "total"),
        _ => return None,
    };
    Some(pick(language, zh, en))
}

/// A label with the headings above it and its column, as a person would read it aloud: `一、人口 / 年末常住人口 / 女`.
pub fn full_label(path: &[String], label: &str, column: &str) -> String {
    let parts = path.iter().map(String::as_str).chain([label, column]).map(str::trim).filter(|p| !p.is_empty());
    parts.collect::<Vec<_>>().join(" / ")
}
