//! What a clerk is told about where a figure comes from.

use super::tables::county;
use super::*;
use crate::domain::message::Language;
use Frequency::{Annual, Monthly, Quarterly, Semiannual};
use Level::{County, Township, Village};

#[test]
fn a_clerk_is_told_in_a_sentence() {
    let units = county();
    let [c, t1, v1] = ["C", "T1", "V1"].map(|c| units.position(&UnitCode::from_stored(c)).unwrap());
    let with = |form: &str, level, frequency, what: fn(&mut AskedField)| {
        let mut f = field(form, "1", "e", level, frequency);
        what(&mut f);
        f
    };
    let flow: fn(&mut AskedField) = |f| f.time_basis = Some(TimeBasis::Flow);
    let area: fn(&mut AskedField) = |f| (f.unit, f.decimals) = (mu(), 2);
    let wide: fn(&mut AskedField) = |f| (f.unit, f.decimals) = (hectare(), 2);
    let ytd: fn(&mut AskedField) = |f| f.time_basis = Some(TimeBasis::YearToDate);
    let same: fn(&mut AskedField) = |_| {};
    let (annual, monthly) = (Annual, Monthly);
    let cases = [
        (vec![with("a", Village, annual, same)], v1, "2026", "由本单位填报一次，各表共用"),
        (vec![with("a", Village, annual, wide), with("b", Village, annual, area)], v1, "2026", "由亩换算为公顷"),
        (vec![with("a", Village, annual, flow), with("b", Village, monthly, flow)], v1, "2026", "由12个月的本月数相加得出"),
        (vec![with("a", Village, annual, flow), with("b", Village, Quarterly, flow)], v1, "2026", "由4个季度的本季数相加得出"),
        (vec![with("a", Village, annual, same), with("b", Village, monthly, same)], v1, "2026", "取自2026年12月的期末数"),
        (vec![with("a", Village, Semiannual, ytd), with("b", Village, Quarterly, ytd)], v1, "2026H1", "取自2026年第2季度的累计数"),
        (vec![with("a", Township, annual, same), with("b", Village, annual, same)], t1, "2026", "由下辖2个村的数汇总得出"),
        (
            vec![with("a", Township, annual, wide), with("b", Village, annual, area)],
            t1,
            "2026",
            "由下辖2个村的数汇总得出，再由亩换算为公顷",
        ),
        (vec![with("a", Township, annual, flow), with("b", Village, monthly, flow)], t1, "2026", "由下辖2个村各12个月的本月数汇总得出"),
        (vec![with("a", Township, annual, same), with("b", Village, monthly, same)], t1, "2026", "由下辖2个村2026年12月的期末数汇总得出"),
        (
            vec![with("a", County, annual, same), with("b", Village, annual, same), with("d", Township, annual, same)],
            c,
            "2026",
            "由下辖1个乡镇、3个村的数汇总得出",
        ),
        (
            vec![with("a", County, annual, flow), with("b", Village, monthly, flow), with("d", Township, annual, flow)],
            c,
            "2026",
            "由下辖1个乡镇、3个村较短时期的数汇总得出",
        ),
        (vec![with("a", Village, annual, |f| f.time_basis = Some(TimeBasis::Standing))], v1, "2026", "长期不变的数，只报一次"),
    ];
    for (fields, unit, at, expected) in cases {
        let plan = plan_of(&units, &fields);
        assert_eq!(plan.explain(unit, &key("a", "1"), period(at), Language::Zh).as_deref(), Some(expected));
        let english = plan.explain(unit, &key("a", "1"), period(at), Language::En).unwrap();
        assert!(!english.contains(['?', '{']), "{english}");
    }
    let mut last = field("a", "1", "e", Township, Annual);
    last.offset_years = -1;
    let element = last.element;
    for (before, expected) in [
        ((element, Township, Annual), "取自上年已报数"),
        ((element, Village, Monthly), "取自上年已报数，由下辖2个村2025年12月的期末数汇总得出"),
    ] {
        let before = HashSet::from([before]);
        let plan = make_plan(&PlanInput {
            year: YEAR,
            fields: &[last.clone()],
            units: &units,
            collected_before: &before,
            balances: &[],
            supplied: &BTreeSet::new(),
        });
        assert_eq!(plan.explain(t1, &key("a", "1"), period("2026"), Language::Zh).as_deref(), Some(expected));
    }
}
