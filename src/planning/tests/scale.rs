//! A province: many units and elements, and what stays small about them.

use super::*;

/// A province of 11 cities, 90 counties, 1,387 townships and some 25,600 villages; every tenth township has no village.
pub(super) fn province() -> UnitTree {
    let mut units: Vec<(String, Level, String)> = vec![("P".into(), Level::Province, String::new())];
    for city in 0..11 {
        units.push((format!("C{city:02}"), Level::City, "P".into()));
    }
    for county in 0..90 {
        units.push((format!("D{county:02}"), Level::County, format!("C{:02}", county % 11)));
    }
    for township in 0..1_387 {
        units.push((format!("T{township:04}"), Level::Township, format!("D{:02}", township % 90)));
    }
    for village in 0..25_547 {
        let township = village % 1_387;
        let township = if township % 10 == 9 { township - 1 } else { township };
        units.push((format!("V{village:05}"), Level::Village, format!("T{township:04}")));
    }
    let borrowed: Vec<(&str, Level, &str)> = units.iter().map(|(c, l, p)| (c.as_str(), *l, p.as_str())).collect();
    tree(&borrowed)
}

/// Fields of `n` elements, one to four each, on forms of 50 fields.
pub(super) fn fields(n: usize) -> Vec<AskedField> {
    let mut random = Random(7);
    let mut found = Vec::new();
    for element in 0..n {
        let basis = random.pick(&[TimeBasis::Stock, TimeBasis::Flow, TimeBasis::YearToDate, TimeBasis::Average, TimeBasis::Standing]);
        let sums = random.chance(70);
        for _ in 0..1 + random.below(4) {
            let level = random.pick(&[Level::Village, Level::Village, Level::Township, Level::Township, Level::County, Level::City]);
            let frequency =
                random.pick(&[Frequency::Annual, Frequency::Annual, Frequency::Annual, Frequency::Quarterly, Frequency::Monthly]);
            let number = found.len();
            let mut f = field(&format!("f{}", number / 50), &format!("R{number}"), &format!("e{element}"), level, frequency);
            (f.time_basis, f.sums_over_units) = (Some(basis), sums);
            f.offset_years = -i16::from(random.chance(10));
            if random.chance(30) {
                (f.unit, f.decimals, f.dtype) = (ten_thousand_persons(), 2, DataType::Decimal);
            }
            found.push(f);
        }
    }
    found
}

#[test]
fn a_province_is_planned() {
    let units = province();
    assert!(units.len() > 27_000);
    let fields = fields(3_000);
    let plan = plan_of(&units, &fields);
    assert!(plan.shapes.list.len() < 30, "{} shapes", plan.shapes.list.len());
    let burden = plan.burden();
    assert_eq!(burden.units.len(), units.len());
    assert_eq!(burden.total.asked, burden.total.collected + burden.saved.total());
    assert!(burden.total.collected > 10_000_000 && burden.reduction() > Decimal::TEN);
    for unit in [0, 5, 50, 500, 1_000, 5_000, 27_000] {
        assert_eq!(plan.typed_cells(unit).len() as u64, burden.units[unit].collected);
        for field in plan.fields_of_unit(unit).take(200) {
            let source = plan.source(unit, &field.key, form_periods(field)[0]);
            assert!(source.is_some_and(|s| !s.terms.is_empty()), "{}", field.key);
        }
    }
}
