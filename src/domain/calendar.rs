//! Days on which people work (工作日), due rules as forms print them, and the fewest days on which everything can be handed in.
//!
//! Days off come from `schemas/calendar/holidays.toml`, as the State Council announces them each autumn for one year; a year that is not
//! there has weekends only, and whoever asks is told so. Knows no clock.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Longest due rule that is read, in days after the end of the period.
const MAX_DUE_DAYS: u16 = 366;

/// The days off of the years that were announced.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    years: BTreeMap<i16, Year>,
}

#[derive(Clone, Debug)]
struct Year {
    source: String,
    off: BTreeSet<Date>,
    worked: BTreeSet<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct YearEntry {
    source: String,
    off: Vec<String>,
    worked: Vec<String>,
}

impl Calendar {
    /// Reads the table; the error names what cannot be read, lies in another year, or says nothing.
    pub fn parse(toml_text: &str) -> Result<Self, String> {
        let file: BTreeMap<String, YearEntry> = toml::from_str(toml_text).map_err(|e| e.to_string())?;
        let mut years = BTreeMap::new();
        for (year, entry) in file {
            let number: i16 = year.parse().map_err(|_| format!("{year} is no year"))?;
            let days = |list: &[String]| -> Result<BTreeSet<Date>, String> {
                let mut found = BTreeSet::new();
                for text in list {
                    let (first, last) = text.split_once('/').unwrap_or((text, text));
                    let read = |day: &str| day.parse::<Date>().map_err(|e| format!("{year}: {day}: {e}"));
                    let (mut day, last) = (read(first)?, read(last)?);
                    while day <= last {
                        if day.year() != number || !found.insert(day) {
                            return Err(format!("{year}: {text} lies in another year or stands twice"));
                        }
                        day = day.tomorrow().map_err(|e| e.to_string())?;
                    }
                }
                Ok(found)
            };
            let (off, worked) = (days(&entry.off)?, days(&entry.worked)?);
            if let Some(idle) = worked.iter().find(|day| !is_weekend(**day) || off.contains(*day)) {
                return Err(format!("{year}: {idle} is worked anyway or off"));
            }
            years.insert(number, Year { source: entry.source, off, worked });
        }
        Ok(Self { years })
    }

    /// The table that is built in.
    pub fn embedded() -> Self {
        // The embedded file is checked by a test; a broken one leaves weekends only, which that test refuses.
        Self::parse(include_str!("../../schemas/calendar/holidays.toml")).unwrap_or_default()
    }

    /// Where the days off of a year were announced; `None` where the year has weekends only.
    pub fn source(&self, year: i16) -> Option<&str> {
        self.years.get(&year).map(|known| known.source.as_str())
    }

    /// Whether people work on a day.
    pub fn is_workday(&self, day: Date) -> bool {
        match self.years.get(&day.year()) {
            Some(known) => known.worked.contains(&day) || !(is_weekend(day) || known.off.contains(&day)),
            None => !is_weekend(day),
        }
    }

    /// The last workday on or before a day; the day itself where a month has none.
    pub fn last_workday(&self, day: Date) -> Date {
        let mut at = day;
        for _ in 0..31 {
            if self.is_workday(at) {
                return at;
            }
            let Ok(before) = at.yesterday() else { break };
            at = before;
        }
        day
    }

    /// Workdays from a day on, that day among them, to another one; negative where that has passed: workdays since then.
    pub fn workdays_until(&self, today: Date, due: Date) -> i32 {
        let (first, last, sign) = if due >= today { (today, due, 1) } else { (due.saturating_add(1.day()), today, -1) };
        let mut n = 0;
        let mut day = first;
        // Bounded: nobody counts further than the calendar of plans reaches.
        for _ in 0..=2 * i32::from(MAX_DUE_DAYS) {
            if day > last {
                break;
            }
            n += i32::from(self.is_workday(day));
            day = day.saturating_add(1.day());
        }
        sign * n
    }
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// Days from the first on which something can be handed in to the last on which it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window {
    /// First day.
    pub from: Date,
    /// Last day, not before the first.
    pub to: Date,
}

/// For each window a day in it, so that there are as few different days as can be: whenever the window that closes first has no day yet, its
/// last day is taken. Any other choice has a day in that window too, and moving it to the window's end loses no other window.
pub fn fewest_days(windows: &[Window]) -> Vec<Date> {
    let mut order: Vec<&Window> = windows.iter().collect();
    order.sort_by_key(|window| (window.to, window.from));
    let mut days: Vec<Date> = Vec::new();
    for window in order {
        if days.last().is_none_or(|day| *day < window.from) {
            days.push(window.to);
        }
    }
    let day_in = |window: &Window| days.get(days.partition_point(|day| *day < window.from)).copied().unwrap_or(window.to);
    windows.iter().map(day_in).collect()
}

/// Reads a due rule (报送期限) as forms print it: 每月后5日前, 季后10日内, 年后20日前, 次月8日前, 次年1月20日前. Answers with the days after the end of
/// the period. Rules by workdays, and days of a year beyond February, are no fixed number of days and are not read.
pub fn read_due_rule(text: &str) -> Option<u16> {
    use unicode_normalization::UnicodeNormalization;
    let plain: String = text.nfkc().filter(|c| !c.is_whitespace()).collect();
    let plain = plain.trim_start_matches("于").trim_end_matches(['。', '报', '送', '上']);
    let plain = plain.strip_suffix("之前").or_else(|| plain.strip_suffix(['前', '内'])).unwrap_or(plain);
    let number = |text: &str| text.strip_suffix(['日', '天', '号']).and_then(|n| n.parse::<u16>().ok()).filter(|n| *n > 0);
    if let Some(rest) = plain.strip_prefix("次年").or_else(|| plain.strip_prefix("翌年")) {
        let (month, day) = rest.split_once('月')?;
        return match (month.parse::<u16>().ok()?, number(day)?) {
            (1, day @ 1..=31) => Some(day),
            (2, day @ 1..=28) => Some(31 + day),
            _ => None,
        };
    }
    let heads = ["每月后", "月后", "每季后", "季后", "季末后", "半年后", "年后", "年末后", "期后", "次月", "下月", "季后次月"];
    let days = heads.iter().filter_map(|head| number(plain.strip_prefix(head)?)).next()?;
    (days <= MAX_DUE_DAYS).then_some(days)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_embedded_table_reads_and_names_its_sources() {
        let parsed = Calendar::parse(include_str!("../../schemas/calendar/holidays.toml"));
        let calendar = parsed.unwrap_or_else(|e| panic!("{e}"));
        for year in 2024..=2026 {
            assert!(calendar.source(year).is_some_and(|source| source.contains("国办发明电")), "{year}");
        }
        assert_eq!(calendar.source(2027), None);
        // The numbers that the notices come to.
        let workdays = |year: i16| {
            let mut day = date(year, 1, 1);
            let mut n = 0;
            while day.year() == year {
                n += i32::from(calendar.is_workday(day));
                day = day.tomorrow().unwrap_or(Date::MAX);
            }
            n
        };
        assert_eq!([2024, 2025, 2026].map(workdays), [251, 248, 248]);
    }

    #[test]
    fn days_off_and_worked_weekends() {
        let calendar = Calendar::embedded();
        assert!(
            !calendar.is_workday(date(2026, 2, 17)) && calendar.is_workday(date(2026, 2, 14)) && calendar.is_workday(date(2026, 2, 24))
        );
        assert_eq!(calendar.last_workday(date(2026, 10, 5)), date(2026, 9, 30));
        assert_eq!(calendar.last_workday(date(2027, 2, 14)), date(2027, 2, 12), "weekends only");
        assert_eq!(calendar.workdays_until(date(2026, 9, 30), date(2026, 10, 10)), 4);
        assert_eq!(calendar.workdays_until(date(2026, 10, 12), date(2026, 9, 30)), -4);
        assert_eq!(calendar.workdays_until(date(2026, 11, 24), date(2026, 11, 24)), 1);
        for wrong in
            ["[2026]\nsource = \"\"\noff = [\"2025-01-01\"]\nworked = []", "[2026]\nsource = \"\"\noff = []\nworked = [\"2026-01-05\"]"]
        {
            assert!(Calendar::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn due_rules_are_read_as_printed() {
        let cases = [
            ("每月后5日前", Some(5)),
            ("月后 8 日前报送", Some(8)),
            ("季后１０日内", Some(10)),
            ("季后次月12日前", Some(12)),
            ("年后20日前", Some(20)),
            ("次月8日前", Some(8)),
            ("次年1月20日前", Some(20)),
            ("次年2月15日之前", Some(46)),
            ("次年3月1日前", None),
            ("每月后5个工作日内", None),
            ("另行通知", None),
            ("月后0日前", None),
        ];
        for (text, days) in cases {
            assert_eq!(read_due_rule(text), days, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_smaller_set_of_days_meets_all(windows in proptest::collection::vec((0_i64..9, 0_i64..5), 0..7)) {
            let day = |n: i64| date(2026, 1, 1).saturating_add(n.days());
            let windows: Vec<(i64, i64)> = windows.into_iter().map(|(from, length)| (from, from + length)).collect();
            let given: Vec<Window> = windows.iter().map(|(from, to)| Window { from: day(*from), to: day(*to) }).collect();
            let chosen = fewest_days(&given);
            for (window, day) in given.iter().zip(&chosen) {
                proptest::prop_assert!(window.from <= *day && *day <= window.to);
            }
            let n_chosen = chosen.iter().collect::<BTreeSet<_>>().len();
            let meets_all = |set: u32| windows.iter().all(|(from, to)| (*from..=*to).any(|n| set & (1 << n) != 0));
            let fewest = (0_u32..1 << 13).filter(|set| meets_all(*set)).map(u32::count_ones).min().unwrap_or(0);
            proptest::prop_assert_eq!(n_chosen, fewest as usize);
        }
    }
}
