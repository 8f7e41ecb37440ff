//! Figures for the sample province, invented: of the right type and about the right size, the same in every run, and nothing more.
//!
//! A figure is drawn from the digest of its element and unit, so that a unit stays itself over the year, with a little movement from one
//! period to the next. They are not consistent with each other as real ones would be.

use crate::domain::unit::{Level, UnitRow};
use crate::pb;

/// Most decimals that are made, even where a field takes more.
const MAX_DECIMALS: u32 = 2;

/// A figure for a cell, as a clerk would type it.
pub(super) fn invent(cell: &pb::InputCell, unit: &UnitRow) -> String {
    let seed = seed_of(&[&cell.element, unit.code.as_str()]);
    match cell.dtype() {
        pb::DataType::Bool => if seed.is_multiple_of(4) { "否" } else { "是" }.to_owned(),
        pb::DataType::Date => format!("{}-{:02}-{:02}", year_of(&cell.period), 3 + seed % 8, 1 + seed % 28),
        pb::DataType::Code => code(cell, unit, seed),
        pb::DataType::Text => words(cell, unit),
        pb::DataType::Integer => number(cell, unit, seed, 0),
        pb::DataType::Decimal | pb::DataType::Unspecified => number(cell, unit, seed, cell.decimals.min(MAX_DECIMALS)),
    }
}

fn code(cell: &pb::InputCell, unit: &UnitRow, seed: u64) -> String {
    let n = u64::try_from(cell.options.len()).unwrap_or(1).max(1);
    let chosen = usize::try_from(seed % n).ok().and_then(|at| cell.options.get(at));
    chosen.cloned().unwrap_or_else(|| unit.code.to_string())
}

fn words(cell: &pb::InputCell, unit: &UnitRow) -> String {
    let is_name_of_unit = ["村名", "村（社区）名称", "乡镇名称"].iter().any(|w| cell.label.contains(w));
    match cell.label.as_str() {
        _ if is_name_of_unit => unit.name.clone(),
        label if label.contains("名称") => format!("{}（演示）", unit.name),
        label if ["人", "员"].iter().any(|w| label.ends_with(w)) => "演示填报员".to_owned(),
        _ => "演示数据，均系虚构".to_owned(),
    }
}

/// A number of about the size that its unit of measure and the level of the unit suggest.
fn number(cell: &pb::InputCell, unit: &UnitRow, seed: u64, decimals: u32) -> String {
    let heading = format!("{}{}{}", cell.path.concat(), cell.label, cell.column);
    let has = |words: &[&str]| words.iter().any(|w| heading.contains(w));
    let measure = crate::domain::measure::normalise_spelling(&cell.unit_of_measure);
    let is_rate = measure.contains(['%', '‰']) || has(&["率", "比重", "占比"]);
    let is_average = has(&["人均", "户均", "平均", "标准", "单产", "亩产"]);
    let is_all = cell.label.contains("人口") && !has(&["其中", "女", "男", "岁", "劳动", "流", "出生", "死亡", "城镇化"]);
    let (least, span) = match measure.trim_start_matches('万') {
        _ if is_rate => (55, 44),
        "人" | "人次" | "名" if is_all => (700, 900),
        "人" | "人次" | "名" => (12, 160),
        "户" => (20, 180),
        "亩" => (150, 1_800),
        "公顷" => (10, 120),
        "元" if is_average => (18_000, 24_000),
        "元" => (60, 900),
        "吨" | "公斤" => (40, 800),
        "头" | "只" | "羽" | "匹" => (30, 900),
        "公里" | "米" => (2, 30),
        _ => (1, 14),
    };
    let size = if is_rate || is_average { 1 } else { size_of(unit.level) };
    let part = if !is_rate && has(&["其中", "女", "当期", "本月"]) { 30 } else { 100 };
    let base = (least + seed % span) * size * part / 100;
    let moved = if is_rate { base } else { base * (100 + seed_of(&[&cell.element, unit.code.as_str(), &cell.period]) % 5) / 100 };
    let sofar = if has(&["累计", "1-"]) { base * months_of(&cell.period) / 12 } else { moved };
    // In ten thousands the same thing is a smaller number.
    let shrink = if measure.starts_with('万') && !matches!(measure.as_str(), "万元") { 10_000 } else { 1 };
    print(sofar, shrink, decimals, seed)
}

/// How many villages' worth a unit of a level is.
fn size_of(level: Level) -> u64 {
    match level {
        Level::Household | Level::Village => 1,
        Level::Township => 6,
        Level::County => 46,
        Level::City => 300,
        Level::Province => 3_000,
    }
}

/// Prints `whole / shrink` with some digits behind the point.
fn print(whole: u64, shrink: u64, decimals: u32, seed: u64) -> String {
    let unit = 10_u64.pow(decimals);
    let scaled = whole * unit / shrink + if decimals > 0 { seed / 97 % unit } else { 0 };
    if decimals == 0 {
        return scaled.to_string();
    }
    format!("{}.{:0width$}", scaled / unit, scaled % unit, width = decimals as usize)
}

/// The year of a period; standing facts have none.
pub(super) fn year_of(period: &str) -> i16 {
    period.split(['Q', 'H', '-']).next().and_then(|year| year.parse().ok()).unwrap_or(super::province::YEAR)
}

/// Months of the year that have passed at the end of a period.
fn months_of(period: &str) -> u64 {
    let tail = |mark: char| period.split_once(mark).and_then(|(_, n)| n.parse::<u64>().ok());
    match (tail('Q'), tail('H'), tail('-')) {
        (Some(quarter), _, _) => quarter * 3,
        (_, Some(half), _) => half * 6,
        (_, _, Some(month)) => month,
        _ => 12,
    }
}

fn seed_of(parts: &[&str]) -> u64 {
    let digest = blake3::hash(parts.join("|").as_bytes());
    u64::from(digest.as_bytes().first_chunk::<4>().map_or(0, |bytes| u32::from_be_bytes(*bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::figure::Figure;
    use crate::domain::template::DataType;
    use crate::domain::unit::{SINCE_EVER, UnitCode};

    fn unit() -> UnitRow {
        let code = UnitCode::from_stored("980121100200");
        UnitRow { code, name: "云脚村".into(), level: Level::Village, parent: None, valid_from: SINCE_EVER, valid_to: None }
    }

    #[test]
    fn figures_are_of_the_type_that_is_asked() {
        let types = [
            (pb::DataType::Integer, DataType::Integer),
            (pb::DataType::Decimal, DataType::Decimal),
            (pb::DataType::Text, DataType::Text),
            (pb::DataType::Code, DataType::Code),
            (pb::DataType::Date, DataType::Date),
            (pb::DataType::Bool, DataType::Bool),
        ];
        for (asked, dtype) in types {
            for (n, measure) in ["人", "万人", "%", "—", "万元", "亩"].into_iter().enumerate() {
                for decimals in [0, 1, 2, 4] {
                    let cell = pb::InputCell {
                        element: format!("e{n}"),
                        period: "2026-03".into(),
                        label: "本年累计".into(),
                        dtype: asked.into(),
                        unit_of_measure: measure.into(),
                        decimals,
                        ..Default::default()
                    };
                    let figure = invent(&cell, &unit());
                    assert!(Figure::parse(&figure, dtype, decimals).is_ok(), "{dtype:?} {measure} {decimals}: {figure}");
                    assert_eq!(invent(&cell, &unit()), figure, "the same in every run");
                }
            }
        }
    }

    #[test]
    fn codes_come_from_the_list() {
        let options: Vec<String> = ["1平原", "2丘陵", "3山区"].map(ToOwned::to_owned).to_vec();
        let cell = pb::InputCell { dtype: pb::DataType::Code.into(), options: options.clone(), ..Default::default() };
        assert!(options.contains(&invent(&cell, &unit())));
    }

    #[test]
    fn periods_are_read() {
        for (period, months, year) in
            [("2026", 12, 2026), ("2026Q3", 9, 2026), ("2025H1", 6, 2025), ("2026-09", 9, 2026), ("standing", 12, 2026)]
        {
            assert_eq!((months_of(period), year_of(period)), (months, year), "{period}");
        }
    }
}
