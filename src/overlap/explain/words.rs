//! Words for facets and their values, so that no key of ours is ever shown to a person.

use crate::domain::message::Language;

/// What a facet is called; `None` for what is no facet of a figure.
pub(super) fn facet(name: &str, language: Language) -> Option<&'static str> {
    let (zh, en) = match name {
        "measure" => ("指标对象", "thing counted"),
        "statistic" => ("统计量", "statistic"),
        "population" => ("统计范围", "population"),
        "qualifier" => ("限定", "qualifier"),
        "time" => ("时间口径", "time basis"),
        "price" => ("价格口径", "price basis"),
        "unit" => ("计量单位", "unit of measure"),
        "clause" => ("口径说明", "definition"),
        "offset" => ("所属年份", "year"),
        "plan" => ("计划或实际", "plan or actual"),
        "level" => ("填报层级", "level"),
        "frequency" => ("报送频率", "frequency"),
        "precision" => ("精度", "precision"),
        "formula" => ("计算关系", "formula"),
        "residue" => ("名称用词", "wording"),
        "label" => ("名称", "name"),
        "key" => ("各项限定", "every facet"),
        _ => return None,
    };
    Some(match language {
        Language::Zh => zh,
        Language::En => en,
    })
}

/// A value of a facet as it is said, in quotes; what the form leaves open is said so.
pub(super) fn said(facet: &str, value: &str, language: Language) -> String {
    if facet == "offset" {
        return year(value, language);
    }
    if value.is_empty() {
        return match language {
            Language::Zh => "未写明".to_owned(),
            Language::En => "not said".to_owned(),
        };
    }
    let boundary = value.strip_prefix('@').and_then(|of| level(of, language));
    if let Some(of) = boundary {
        return match language {
            Language::Zh => format!("以{of}为界"),
            Language::En => format!("counted from the borders of {of}"),
        };
    }
    let translated = match facet {
        "time" => time(value, language),
        "unit" => dimension(value, language),
        "level" => level(value, language),
        "frequency" => frequency(value, language),
        _ => None,
    };
    match translated {
        Some(word) => word.to_owned(),
        None => format!("“{}”", shown(value)),
    }
}

/// A qualifier as a person writes it: 60+ is 60岁及以上.
fn shown(value: &str) -> String {
    let parts: Vec<String> = value.split(['+', '、']).map(str::to_owned).collect();
    let is_age = |t: &str| !t.is_empty() && t.chars().all(|c| c.is_ascii_digit());
    if let Some(low) = value.strip_suffix('+').filter(|low| is_age(low)) {
        return format!("{low}岁及以上");
    }
    if let Some(high) = value.strip_suffix('-').filter(|high| is_age(high)) {
        return format!("{high}岁及以下");
    }
    if let Some((low, high)) = value.split_once('-')
        && is_age(low)
        && is_age(high)
    {
        return format!("{low}～{high}岁");
    }
    if value.contains('、') {
        return parts_shown(value);
    }
    if parts.len() > 1 && parts.iter().all(|p| !p.is_empty()) { parts.join("、") } else { value.replace('@', "") }
}

fn parts_shown(value: &str) -> String {
    value.split('、').map(shown).collect::<Vec<_>>().join("、")
}

fn year(value: &str, language: Language) -> String {
    let n: i32 = value.parse().unwrap_or(0);
    match (language, n) {
        (Language::Zh, 0) => "本年".to_owned(),
        (Language::Zh, -1) => "上年".to_owned(),
        (Language::Zh, n) if n < 0 => format!("{}年前", -n),
        (Language::Zh, n) => format!("{n}年后"),
        (Language::En, 0) => "this year".to_owned(),
        (Language::En, -1) => "the year before".to_owned(),
        (Language::En, n) if n < 0 => format!("{} years before", -n),
        (Language::En, n) => format!("{n} years after"),
    }
}

fn pick(language: Language, zh: &'static str, en: &'static str) -> Option<&'static str> {
    Some(match language {
        Language::Zh => zh,
        Language::En => en,
    })
}

fn time(value: &str, language: Language) -> Option<&'static str> {
    match value {
        "stock" => pick(language, "期末时点数", "the end of the period"),
        "flow" => pick(language, "本期发生数", "the period"),
        "ytd" => pick(language, "年初以来累计数", "the time since January"),
        "avg" => pick(language, "本期平均数", "the period's average"),
        "begin" => pick(language, "期初时点数", "the start of the period"),
        "standing" => pick(language, "长期不变的数", "a standing fact"),
        _ => None,
    }
}

fn dimension(value: &str, language: Language) -> Option<&'static str> {
    match value {
        "person" => pick(language, "人", "persons"),
        "household" => pick(language, "户", "households"),
        "person_time" => pick(language, "人次", "visits"),
        "household_time" => pick(language, "户次", "household visits"),
        "times" => pick(language, "次", "times"),
        "case" => pick(language, "例、件", "cases"),
        "couple" => pick(language, "对", "couples"),
        "count" => pick(language, "个数", "things"),
        "room" => pick(language, "间", "rooms"),
        "building" => pick(language, "栋", "buildings"),
        "copy" => pick(language, "册、份", "copies"),
        "animal" => pick(language, "头、只", "animals"),
        "area" => pick(language, "面积单位", "an area"),
        "length" => pick(language, "长度单位", "a length"),
        "mass" => pick(language, "重量单位", "a weight"),
        "volume" => pick(language, "体积单位", "a volume"),
        "money" => pick(language, "金额单位", "money"),
        "ratio" => pick(language, "比率", "a ratio"),
        "energy" => pick(language, "电量、能量单位", "energy"),
        "power" => pick(language, "功率单位", "power"),
        _ => None,
    }
}

fn level(value: &str, language: Language) -> Option<&'static str> {
    match value {
        "household" => pick(language, "住户", "households"),
        "village" => pick(language, "村（社区）", "villages"),
        "township" => pick(language, "乡镇（街道）", "townships"),
        "county" => pick(language, "县", "counties"),
        "city" => pick(language, "设区市", "cities"),
        "province" => pick(language, "省", "the province"),
        _ => None,
    }
}

fn frequency(value: &str, language: Language) -> Option<&'static str> {
    match value {
        "monthly" => pick(language, "月报", "monthly"),
        "quarterly" => pick(language, "季报", "quarterly"),
        "semiannual" => pick(language, "半年报", "half-yearly"),
        "annual" => pick(language, "年报", "yearly"),
        "once" => pick(language, "一次性调查", "once"),
        "other" => pick(language, "不定期", "irregular"),
        _ => None,
    }
}

/// A canonical key in words: 指标对象“人口”、统计范围“常住”、时间口径期末时点数.
pub(super) fn key_in_words(key: &str, language: Language) -> String {
    let parts = key.split('|').filter_map(|part| {
        let (letter, value) = part.split_once(':')?;
        let name = match letter {
            "M" => "measure",
            "S" => "statistic",
            "P" => "population",
            "Q" => "qualifier",
            "T" => "time",
            "B" => "price",
            "R" => "residue",
            "C" => "clause",
            _ => return None,
        };
        let word = facet(name, language)?;
        let value = said(name, value, language);
        Some(match language {
            Language::Zh => format!("{word}{value}"),
            Language::En => format!("{word} {value}"),
        })
    });
    let parts: Vec<String> = parts.collect();
    match language {
        Language::Zh if parts.is_empty() => "各项限定".to_owned(),
        Language::En if parts.is_empty() => "every facet".to_owned(),
        Language::Zh => parts.join("、"),
        Language::En => parts.join(", "),
    }
}
