//! Balances: brute force over instances with formulas, conversions, time and roll-up, worlds counted by hand, and small tables.

use std::cell::RefCell;
use std::collections::HashMap;

use super::*;
use crate::domain::balance::Factor;
use crate::domain::measure::to_rational;
use crate::domain::message::Language;
use crate::domain::relation::Origin;
use crate::planning::{SourceKind, Unused};

const N_BRUTE_FORCED: usize = 10_000;
/// Most needs of an instance that brute force tries every set of.
const MAX_NEEDS: usize = 8;

/// A figure: element, unit and period.
type Figure = (ElementId, usize, ReferencePeriod);

fn balance(whole: &AskedField, parts: &[(&AskedField, i128)], origin: Origin) -> Balance<FieldKey> {
    let parts = parts.iter().map(|(f, factor)| (f.key.clone(), Factor::from_integer(-factor)));
    Balance { terms: std::iter::once((whole.key.clone(), Factor::from_integer(1))).chain(parts).collect(), origin, words: String::new() }
}

fn plan_with(units: &UnitTree, fields: &[AskedField], balances: &[Balance<FieldKey>]) -> Plan {
    let (collected_before, supplied) = (HashSet::new(), BTreeSet::new());
    make_plan(&PlanInput { year: YEAR, fields, units, collected_before: &collected_before, balances, supplied: &supplied })
}

/// An instance with the definition of what follows, written from the definition and not from the solver.
struct Tied {
    units: UnitTree,
    fields: Vec<AskedField>,
    balances: Vec<Balance<FieldKey>>,
}

impl Tied {
    fn random(random: &mut Random) -> Self {
        let units = random_tree(random, 4);
        let is_flow = random.chance(40);
        let basis = if is_flow { TimeBasis::Flow } else { random.pick(&[TimeBasis::Stock, TimeBasis::Average, TimeBasis::Begin]) };
        let n_elements = 2 + random.below(4);
        let with_running = is_flow && random.chance(40);
        let in_mu = random.chance(50);
        let mut fields = Vec::new();
        for element in 0..n_elements {
            let sums = random.chance(85);
            for n in 0..1 + random.below(2) {
                let level = random.pick(&[Level::Village, Level::Township, Level::Township, Level::County]);
                let frequency = random.pick(&[Frequency::Annual, Frequency::Annual, Frequency::Semiannual, Frequency::Quarterly]);
                let mut f = field(&format!("f{n}"), &element.to_string(), &format!("e{element}"), level, frequency);
                (f.time_basis, f.sums_over_units) = (Some(basis), sums);
                if with_running && element == n_elements - 1 {
                    f.time_basis = Some(TimeBasis::YearToDate);
                }
                if in_mu {
                    (f.unit, f.decimals, f.dtype) = (random.pick(&[mu(), hectare()]), 2, DataType::Decimal);
                }
                fields.push(f);
            }
        }
        let first = |element: usize| fields.iter().find(|f| f.key.field.as_str() == element.to_string()).unwrap();
        let mut balances = Vec::new();
        let n_plain = n_elements - usize::from(with_running);
        for _ in 0..1 + random.below(2) {
            let mut of: Vec<usize> = (0..n_plain).collect();
            random.shuffle(&mut of);
            let n_terms = (2 + random.below(3)).min(n_plain);
            if n_terms < 2 {
                continue;
            }
            let parts: Vec<(&AskedField, i128)> =
                of[1..n_terms].iter().map(|e| (first(*e), if random.chance(85) { 1 } else { -1 })).collect();
            balances.push(in_atoms(balance(first(of[0]), &parts, Origin::Printed), &fields));
        }
        if with_running {
            let running = first(n_elements - 1);
            balances.push(in_atoms(balance(running, &[(first(0), 1)], Origin::Time), &fields));
        }
        Self { units, fields, balances }
    }

    fn elements(&self) -> Vec<ElementId> {
        let distinct: BTreeSet<ElementId> = self.fields.iter().map(|f| f.element).collect();
        distinct.into_iter().collect()
    }

    fn of(&self, element: ElementId) -> &AskedField {
        self.fields.iter().find(|f| f.element == element).unwrap()
    }

    fn needs(&self) -> Vec<Figure> {
        let mut found = BTreeSet::new();
        for f in &self.fields {
            for unit in (0..self.units.len()).filter(|u| self.units.units()[*u].level == f.level) {
                found.extend(form_periods(f).into_iter().map(|p| (f.element, unit, p)));
            }
        }
        found.into_iter().collect()
    }

    /// The balances that the plan uses, by element with their factors in atoms.
    fn used(&self, plan: &Plan) -> Vec<(Origin, Vec<(ElementId, i128)>)> {
        let used = self.balances.iter().zip(plan.unused_balances()).filter(|(_, unused)| unused.is_none());
        let of_key = |key: &FieldKey| self.fields.iter().find(|f| f.key == *key).unwrap();
        used.map(|(b, _)| {
            let atoms = |f: &AskedField| Factor::from_integer(f.unit.as_ref().unwrap().atoms.mantissa());
            let terms = b.terms.iter().map(|(key, factor)| (of_key(key).element, (*factor / atoms(of_key(key))).to_integer()));
            (b.origin, terms.collect())
        })
        .collect()
    }

    /// Everything that follows from typed figures.
    fn closure(&self, used: &[(Origin, Vec<(ElementId, i128)>)], typed: &BTreeSet<Figure>) -> BTreeSet<Figure> {
        let mut known = typed.clone();
        loop {
            let before = known.len();
            for element in self.elements() {
                for unit in 0..self.units.len() {
                    for frequency in [Frequency::Quarterly, Frequency::Semiannual, Frequency::Annual] {
                        for at in frequency.periods(YEAR) {
                            if !known.contains(&(element, unit, at)) && self.follows_plainly(&known, element, unit, at) {
                                known.insert((element, unit, at));
                            }
                        }
                    }
                }
            }
            for unit in 0..self.units.len() {
                for frequency in [Frequency::Quarterly, Frequency::Semiannual, Frequency::Annual] {
                    self.add_by_balances(used, unit, &frequency.periods(YEAR), &mut known);
                }
            }
            if known.len() == before {
                return known;
            }
        }
    }

    fn follows_plainly(&self, known: &BTreeSet<Figure>, element: ElementId, unit: usize, at: ReferencePeriod) -> bool {
        let field = self.of(element);
        for finer in [Frequency::Quarterly, Frequency::Semiannual] {
            let Some(parts) = at.parts(finer).filter(|p| !at.fits(finer) && !p.is_empty()) else { continue };
            let taken: &[ReferencePeriod] = match field.time_basis {
                Some(TimeBasis::Flow) => &parts,
                Some(TimeBasis::Stock | TimeBasis::YearToDate) => &parts[parts.len() - 1..],
                Some(TimeBasis::Begin) => &parts[..1],
                _ => continue,
            };
            if taken.iter().all(|p| known.contains(&(element, unit, *p))) {
                return true;
            }
        }
        let children = self.units.children(unit);
        let sums = self.fields.iter().filter(|f| f.element == element).all(|f| f.sums_over_units);
        sums && !children.is_empty() && children.iter().all(|c| known.contains(&(element, *c, at)))
    }

    /// All periods of one length together: a figure is determined exactly when its column is free of the other unknown ones.
    fn add_by_balances(
        &self,
        used: &[(Origin, Vec<(ElementId, i128)>)],
        unit: usize,
        periods: &[ReferencePeriod],
        known: &mut BTreeSet<Figure>,
    ) {
        let columns: Vec<Figure> = self.elements().iter().flat_map(|e| periods.iter().map(|p| (*e, unit, *p))).collect();
        let mut rows: Vec<Vec<i128>> = Vec::new();
        for (origin, terms) in used {
            for (n, at) in periods.iter().enumerate() {
                let mut row = vec![0; columns.len()];
                for (element, factor) in terms {
                    let is_flow = self.of(*element).time_basis == Some(TimeBasis::Flow);
                    let parts = if *origin == Origin::Time && is_flow { &periods[..=n] } else { std::slice::from_ref(at) };
                    for part in parts {
                        let column = columns.iter().position(|c| *c == (*element, unit, *part)).unwrap();
                        row[column] += factor;
                    }
                }
                rows.push(row);
            }
        }
        let unknown: Vec<usize> = (0..columns.len()).filter(|n| !known.contains(&columns[*n])).collect();
        let with = |but: Option<usize>| -> Vec<Vec<i128>> {
            rows.iter().map(|row| unknown.iter().filter(|n| Some(**n) != but).map(|n| row[*n]).collect()).collect()
        };
        let rank_of_all = rank(with(None));
        if rank_of_all == 0 {
            return;
        }
        known.extend(unknown.iter().filter(|n| rank(with(Some(**n))) < rank_of_all).map(|n| columns[*n]));
    }

    fn fills_all(&self, used: &[(Origin, Vec<(ElementId, i128)>)], typed: &BTreeSet<Figure>) -> bool {
        let known = self.closure(used, typed);
        self.needs().iter().all(|need| known.contains(need))
    }
}

/// The balance with the factors that printed figures have.
fn in_atoms(balance: Balance<FieldKey>, fields: &[AskedField]) -> Balance<FieldKey> {
    let atoms = |key: &FieldKey| fields.iter().find(|f| f.key == *key).unwrap().unit.as_ref().unwrap().atoms;
    let terms = balance.terms.iter().map(|(key, factor)| (key.clone(), *factor * Factor::from_integer(atoms(key).mantissa())));
    Balance { terms: terms.collect(), ..balance }
}

/// Rank by elimination without fractions.
fn rank(mut rows: Vec<Vec<i128>>) -> usize {
    let n_columns = rows.first().map_or(0, Vec::len);
    let mut found = 0;
    for column in 0..n_columns {
        let Some(pivot) = (found..rows.len()).find(|r| rows[*r][column] != 0) else { continue };
        rows.swap(found, pivot);
        let lead = rows[found].clone();
        for row in rows.iter_mut().skip(found + 1).filter(|r| r[column] != 0) {
            let factor = row[column];
            for (value, above) in row.iter_mut().zip(&lead) {
                *value = *value * lead[column] - above * factor;
            }
            let common = row.iter().fold(0_i128, |a, b| num_integer::gcd(a, *b));
            if common > 1 {
                row.iter_mut().for_each(|v| *v /= common);
            }
        }
        found += 1;
    }
    found
}

fn typed_of(plan: &Plan) -> BTreeSet<Figure> {
    let mut typed = BTreeSet::new();
    for unit in 0..plan.tree.len() {
        for cell in plan.typed_cells(unit) {
            assert!(typed.insert((cell.element, unit, cell.period)), "typed twice");
        }
    }
    typed
}

#[test]
fn no_smaller_plan_exists_with_balances() {
    let (mut n_brute_forced, mut n_by_balance) = (0, 0);
    for seed in 0_u64.. {
        if n_brute_forced == N_BRUTE_FORCED {
            break;
        }
        let tied = Tied::random(&mut Random(seed));
        let needs = tied.needs();
        if needs.is_empty() || needs.len() > 40 {
            continue;
        }
        let plan = plan_with(&tied.units, &tied.fields, &tied.balances);
        let used = tied.used(&plan);
        let typed = typed_of(&plan);
        assert!(typed.iter().all(|f| needs.contains(f)), "seed {seed}: a cell that no form asks");
        if needs.len() > MAX_NEEDS {
            if seed % 8 == 0 {
                assert!(tied.fills_all(&used, &typed), "seed {seed}: a field stays empty");
            }
            continue;
        }
        assert!(tied.fills_all(&used, &typed), "seed {seed}: a field stays empty");
        let n = typed.len().saturating_sub(1);
        for set in 0_u32..1 << needs.len() {
            if set.count_ones() as usize == n {
                let fewer = needs.iter().enumerate().filter(|(i, _)| set & (1 << i) != 0).map(|(_, f)| *f).collect();
                assert!(typed.is_empty() || !tied.fills_all(&used, &fewer), "seed {seed}: {} cells are not the fewest", typed.len());
            }
        }
        n_brute_forced += 1;
        n_by_balance += usize::from(plan.burden().saved.balance > 0);
    }
    assert!(n_by_balance > N_BRUTE_FORCED / 5, "too few of the instances use a balance: {n_by_balance}");
}

/// A world whose parts are known at the finest level and whose wholes are counted from them.
struct World<'a> {
    tied: &'a Tied,
    used: Vec<(Origin, Vec<(ElementId, i128)>)>,
    random: RefCell<Random>,
    known: RefCell<HashMap<Figure, Decimal>>,
}

impl World<'_> {
    fn figure(&self, (element, unit, at): Figure) -> Decimal {
        // Wholes are counted from their parts, in the order of the balances; a world has one balance for each whole.
        if let Some((origin, terms)) = self.used.iter().find(|(_, terms)| terms[0].0 == element) {
            let whole = Decimal::from(terms[0].1);
            let sum: Decimal = terms[1..].iter().map(|(part, factor)| self.part(*origin, (*part, unit, at)) * Decimal::from(*factor)).sum();
            return -sum / whole;
        }
        let field = self.tied.of(element);
        let children = self.tied.units.children(unit);
        if self.tied.fields.iter().filter(|f| f.element == element).all(|f| f.sums_over_units) && !children.is_empty() {
            return children.iter().map(|c| self.figure((element, *c, at))).sum();
        }
        let parts = at.parts(Frequency::Monthly).unwrap_or_default();
        match field.time_basis {
            Some(TimeBasis::Flow) if parts.len() > 1 => return parts.iter().map(|p| self.figure((element, unit, *p))).sum(),
            Some(TimeBasis::Stock) if parts.len() > 1 => return self.figure((element, unit, parts[parts.len() - 1])),
            Some(TimeBasis::Begin) if parts.len() > 1 => return self.figure((element, unit, parts[0])),
            _ => {}
        }
        // 600 atoms are two decimals of 公顷 and thirty of 亩: every form shows them exactly.
        let mut fresh = || Decimal::from(600 * (self.random.borrow_mut().below(9_000)));
        *self.known.borrow_mut().entry((element, unit, at)).or_insert_with(&mut fresh)
    }

    /// A part of a whole; a running total counts all months since January.
    fn part(&self, origin: Origin, (element, unit, at): Figure) -> Decimal {
        if origin != Origin::Time {
            return self.figure((element, unit, at));
        }
        let last = at.parts(Frequency::Monthly).unwrap_or_default().last().copied().unwrap_or(at);
        let since = Frequency::Monthly.periods(YEAR).into_iter().filter(|m| *m <= last);
        since.map(|m| self.figure((element, unit, m))).sum()
    }
}

#[test]
fn every_figure_with_balances_equals_the_one_counted_by_hand() {
    let (mut n_figures, mut n_by_balance) = (0_usize, 0_usize);
    for seed in 0..4_500 {
        let mut random = Random(seed);
        let mut tied = Tied::random(&mut random);
        // Wholes must not be counted in a circle, and what is counted from parts must sum as they do.
        tied.balances.retain(|b| b.terms.iter().skip(1).all(|(key, _)| key.field < b.terms[0].0.field));
        let mut wholes = BTreeSet::new();
        tied.balances.retain(|b| wholes.insert(b.terms[0].0.field.clone()));
        let sums = random.chance(80);
        tied.fields.iter_mut().for_each(|f| f.sums_over_units = sums);
        let plan = plan_with(&tied.units, &tied.fields, &tied.balances);
        let used = tied.used(&plan);
        let world = World { tied: &tied, used, random: RefCell::new(Random(seed ^ 0xabcd)), known: RefCell::default() };
        let mut ledger: HashMap<Figure, Decimal> = HashMap::new();
        for unit in 0..tied.units.len() {
            for cell in plan.typed_cells(unit) {
                let measure = cell.unit.clone().unwrap();
                let figure = (cell.element, unit, cell.period);
                let typed = measure.from_atoms(world.figure(figure), cell.decimals).unwrap();
                ledger.insert(figure, measure.to_atoms(typed).unwrap());
            }
        }
        for f in &tied.fields {
            for unit in (0..tied.units.len()).filter(|u| tied.units.units()[*u].level == f.level) {
                for at in form_periods(f) {
                    let source = plan.source(unit, &f.key, at).unwrap();
                    let sum: Factor = source
                        .terms
                        .iter()
                        .map(|t| {
                            let typed = ledger[&(t.element, t.unit, t.period)].normalize();
                            Factor::new(typed.mantissa(), 10_i128.pow(typed.scale())) * t.factor
                        })
                        .sum();
                    let unit_of_measure = f.unit.as_ref().unwrap();
                    let shown =
                        num_rational::BigRational::new((*sum.numer()).into(), (*sum.denom()).into()) / to_rational(unit_of_measure.atoms);
                    let by_hand = to_rational(world.figure((f.element, unit, at))) / to_rational(unit_of_measure.atoms);
                    assert_eq!(shown, by_hand, "seed {seed}: {} {at} of unit {unit}", f.key);
                    n_figures += 1;
                    n_by_balance += usize::from(source.kind == SourceKind::Balance);
                }
            }
        }
    }
    assert!(n_figures > 10_000 && n_by_balance > 1_000, "{n_figures} {n_by_balance}");
}

fn township() -> UnitTree {
    tree(&[("T", Level::Township, ""), ("V1", Level::Village, "T"), ("V2", Level::Village, "T")])
}

/// 合计, 男 and 女 of a form of villages.
fn by_sex(form: &str) -> [AskedField; 3] {
    [("1", "合计"), ("2", "男"), ("3", "女")].map(|(id, name)| {
        let mut f = field(form, id, name, Level::Village, Frequency::Annual);
        f.label = name.into();
        f
    })
}

#[test]
fn a_total_is_not_typed_and_says_from_what_it_comes() {
    let units = township();
    let [all, men, women] = by_sex("a");
    let above = field("b", "1", "合计", Level::Township, Frequency::Annual);
    let tied = [balance(&all, &[(&men, 1), (&women, 1)], Origin::Printed)];
    let plan = plan_with(&units, &[all.clone(), men.clone(), women.clone(), above.clone()], &tied);
    assert_eq!([0, 1, 2].map(|u| plan.typed_cells(u).len()), [0, 2, 2]);
    let said = |unit: usize, f: &AskedField| plan.explain(unit, &f.key, period("2026"), Language::Zh).unwrap();
    assert_eq!(said(1, &all), "由“男”、“女”相加得出");
    assert_eq!(said(0, &above), "由下辖2个村的数汇总得出");
    assert_eq!(plan.source(0, &above.key, period("2026")).map(|s| (s.terms.len(), s.kind)), Some((4, SourceKind::Balance)));
    let cell = &plan.typed_cells(1)[0];
    assert_eq!((cell.feeds.as_slice(), cell.serves_above), ([(all.key.clone(), period("2026"))].as_slice(), true));
    let burden = plan.burden();
    assert_eq!((burden.total.asked, burden.total.collected, burden.saved.balance), (7, 4, 3));
    // Where a form asks the total and one part only, another form's total gives the rest.
    let plan = plan_with(&units, &[all.clone(), men.clone(), { AskedField { key: key("c", "女"), ..women.clone() } }], &[]);
    assert_eq!(plan.typed_cells(1).len(), 3);
}

#[test]
fn an_equation_of_one_form_serves_another() {
    let units = township();
    let [all, men, women] = by_sex("a");
    let elsewhere = AskedField { key: key("b", "1"), frequency: Frequency::Quarterly, ..all.clone() };
    let parts = [
        AskedField { key: key("c", "1"), frequency: Frequency::Monthly, ..men.clone() },
        AskedField { key: key("d", "1"), frequency: Frequency::Monthly, ..women.clone() },
    ];
    let tied = [balance(&all, &[(&men, 1), (&women, 1)], Origin::Breakdown)];
    let mut fields = vec![all, men, women, elsewhere.clone()];
    fields.extend(parts);
    let plan = plan_with(&units, &fields, &tied);
    assert_eq!(plan.typed_cells(1).len(), 24);
    let source = plan.source(1, &elsewhere.key, period("2026Q2")).unwrap();
    assert_eq!(source.cells(), [(1, period("2026-06")), (1, period("2026-06"))]);
}

#[test]
fn a_total_is_due_with_its_parts() {
    let units = township();
    let [mut all, men, women] = by_sex("a");
    all.due_days = 5;
    let tied = [balance(&all, &[(&men, 1), (&women, 1)], Origin::Printed)];
    let plan = plan_with(&units, &[all, men, women], &tied);
    assert!(plan.typed_cells(1).iter().all(|cell| cell.due.to_string() == "2027-01-05"));
}

#[test]
fn running_totals_and_flows_give_each_other() {
    let units = township();
    let mut month = field("a", "1", "flow", Level::Village, Frequency::Monthly);
    month.time_basis = Some(TimeBasis::Flow);
    let mut running = field("a", "2", "running", Level::Village, Frequency::Monthly);
    running.time_basis = Some(TimeBasis::YearToDate);
    let tied = [balance(&running, &[(&month, 1)], Origin::Time)];
    let plan = plan_with(&units, &[month.clone(), running.clone()], &tied);
    let cells = plan.typed_cells(1);
    assert_eq!(cells.len(), 12);
    let (typed, computed) = if cells[0].via == month.key { (&month, &running) } else { (&running, &month) };
    assert_eq!(plan.source(1, &typed.key, period("2026-03")).unwrap().terms.len(), 1);
    let source = plan.source(1, &computed.key, period("2026-03")).unwrap();
    let told: Vec<(ReferencePeriod, i128)> = source.terms.iter().map(|t| (t.period, t.factor.to_integer())).collect();
    let since: Vec<(ReferencePeriod, i128)> = (1..=3).map(|m| (ReferencePeriod::Month { year: YEAR, month: m }, 1)).collect();
    let less = vec![(period("2026-02"), -1), (period("2026-03"), 1)];
    assert_eq!(told, if typed.key == month.key { since } else { less });
}

#[test]
fn wrong_equations_are_named_and_left_out() {
    let units = township();
    let [all, men, women] = by_sex("a");
    let mut other = field("a", "其他", "其他", Level::Village, Frequency::Annual);
    other.label = "其他".into();
    let mut area = field("a", "面积", "面积", Level::Village, Frequency::Annual);
    area.unit = mu();
    let tied = [
        balance(&all, &[(&men, 1), (&women, 1)], Origin::Printed),
        balance(&all, &[(&men, 1), (&women, 1), (&other, 1)], Origin::Breakdown),
        balance(&all, &[(&men, 1), (&women, 1)], Origin::Breakdown),
        balance(&all, &[(&area, 1), (&women, 1)], Origin::Printed),
        balance(&AskedField { key: key("z", "1"), ..all.clone() }, &[(&men, 1)], Origin::Printed),
    ];
    let plan = plan_with(&units, &[all, men, women, other, area], &tied);
    let expected = [None, Some(Unused::Contradicts), Some(Unused::Implied), Some(Unused::Unlike), Some(Unused::NotAsked)];
    assert_eq!(plan.unused_balances(), expected);
    assert_eq!(plan.typed_cells(1).len(), 4);
}

#[test]
fn a_total_of_rounded_parts_does_not_serve_a_finer_total() {
    let units = township();
    let money = |f: AskedField, symbol: &str, atoms: i64, decimals: u32| AskedField {
        unit: measure(symbol, "money", atoms, false),
        decimals,
        dtype: DataType::Decimal,
        ..f
    };
    let [all, men, women] = by_sex("a");
    // 万亿元 with eight decimals is 万元; the total is asked by 元.
    let coarse = [money(all.clone(), "元", 1, 2), money(men.clone(), "万亿元", 1_000_000_000_000, 2), money(women.clone(), "元", 1, 2)];
    let tie = |f: &[AskedField; 3]| vec![in_atoms(balance(&f[0], &[(&f[1], 1), (&f[2], 1)], Origin::Printed), f)];
    let plan = plan_with(&units, &coarse, &tie(&coarse));
    assert_eq!((plan.typed_cells(1).len(), plan.unused_balances()), (3, [Some(Unused::TooCoarse)].as_slice()));
    // 万元 can be typed by 元, and is where a total needs it.
    let fine = [money(all, "元", 1, 2), money(men, "万元", 10_000, 0), money(women, "万元", 10_000, 0)];
    let plan = plan_with(&units, &fine, &tie(&fine));
    let cells = plan.typed_cells(1);
    assert_eq!(cells.iter().map(|c| c.decimals).collect::<Vec<u32>>(), [6, 6]);
}

#[test]
fn last_years_total_comes_from_last_years_parts() {
    let units = township();
    let [all, men, women] = by_sex("a");
    let last = AskedField { key: key("b", "1"), offset_years: -1, ..all.clone() };
    let before: HashSet<(ElementId, Level, Frequency)> =
        [&all, &men, &women].iter().map(|f| (f.element, Level::Village, Frequency::Annual)).collect();
    let tied = [balance(&all, &[(&men, 1), (&women, 1)], Origin::Printed)];
    let fields = [all, men.clone(), women.clone(), last.clone()];
    let plan = make_plan(&PlanInput {
        year: YEAR,
        fields: &fields,
        units: &units,
        collected_before: &before,
        balances: &tied,
        supplied: &BTreeSet::new(),
    });
    let source = plan.source(1, &last.key, period("2026")).unwrap();
    let told: BTreeSet<(ElementId, ReferencePeriod)> = source.terms.iter().map(|t| (t.element, t.period)).collect();
    assert_eq!(told, BTreeSet::from([(men.element, period("2025")), (women.element, period("2025"))]));
    assert_eq!((source.kind, plan.typed_cells(1).len()), (SourceKind::LastYear, 2));
}

#[test]
fn what_was_typed_under_an_earlier_plan_is_not_asked_again() {
    let units = township();
    let [all, men, women] = by_sex("a");
    let tied = [balance(&all, &[(&men, 1), (&women, 1)], Origin::Printed)];
    let plan = plan_with(&units, &[all.clone(), men.clone(), women.clone()], &tied);
    let at = period("2026");
    let asked = [(men.element, at), (women.element, at)];
    let spared = |held: &[ElementId]| plan.spared(1, &asked, &|(unit, element, _)| *unit == 1 && held.contains(element)).len();
    assert_eq!([spared(&[]), spared(&[all.element]), spared(&[men.element])], [0, 1, 0]);
    // The total alone: it is shown as it was typed. With a part: the other part follows.
    let terms = |f: &AskedField, held: &[ElementId]| {
        let source = plan.source_from(1, &f.key, at, &|(_, element, _)| held.contains(element))?;
        Some(source.terms.iter().map(|t| (t.element, t.factor.to_integer())).collect::<BTreeSet<_>>())
    };
    assert_eq!(terms(&all, &[all.element]), Some(BTreeSet::from([(all.element, 1)])));
    assert_eq!(terms(&men, &[all.element]), None);
    assert_eq!(terms(&women, &[all.element, men.element]), Some(BTreeSet::from([(all.element, 1), (men.element, -1)])));
    assert_eq!(terms(&all, &[men.element, women.element]), Some(BTreeSet::from([(men.element, 1), (women.element, 1)])));
    assert!(plan.elsewhere(1, &women.key, at).contains(&(1, all.element, at)));
}

#[test]
fn a_register_and_the_unit_registry_take_figures_off_the_form() {
    let units = township();
    let [all, men, women] = by_sex("a");
    let mut name = field("a", "村名", "村名", Level::Village, Frequency::Annual);
    (name.dtype, name.fact, name.time_basis) = (DataType::Text, Some(RegistryFact::Name(None)), None);
    let tied = [balance(&all, &[(&men, 1), (&women, 1)], Origin::Printed)];
    let supplied = BTreeSet::from([(all.element, Level::Village)]);
    let fields = [all.clone(), men, women.clone(), name.clone()];
    let collected_before = HashSet::new();
    let plan = make_plan(&PlanInput {
        year: YEAR,
        fields: &fields,
        units: &units,
        collected_before: &collected_before,
        balances: &tied,
        supplied: &supplied,
    });
    let cells = plan.typed_cells(1);
    assert_eq!(cells.len(), 1);
    let burden = plan.burden();
    assert_eq!((burden.saved.supplied, burden.saved.registry, burden.saved.balance), (2, 2, 2));
    assert_eq!(plan.source(1, &all.key, period("2026")).map(|s| s.kind), Some(SourceKind::Supplied));
    let source = plan.source(1, &name.key, period("2026")).unwrap();
    assert_eq!((source.kind, source.fact), (SourceKind::Registry, Some(RegistryFact::Name(None))));
}
