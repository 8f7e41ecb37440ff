//! Components: series that balances (合计 = 男 + 女) tie together, and the balances that are not used, each with the reason.
//!
//! A balance is stated between fields and holds between the figures that they show, so that it serves every form, level and year in which these
//! figures are asked. Knows nothing of units.

use std::collections::{BTreeMap, BTreeSet};

use num_traits::{CheckedAdd, CheckedMul, Signed, Zero};
use rust_decimal::Decimal;

use crate::domain::balance::{Balance, Factor, factor_of};
use crate::domain::id::{ElementId, FieldKey};
use crate::domain::measure::normalise_spelling;
use crate::domain::relation::Origin;
use crate::planning::AskedField;
use crate::planning::linear::{Row, is_absurd};
use crate::planning::series::Series;
use crate::planning::slot::{Slots, TimeClass};

/// Most series of one component, and most figures of one balance: what is larger is no form that people fill.
const MAX_MEMBERS: usize = 2_000;

/// Why a balance does not serve the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unused {
    /// Its figures are not all asked in the year, or it names one figure twice.
    NotAsked,
    /// Its figures are of different dimensions, years or kinds of time, or are no numbers.
    Unlike,
    /// One of its figures cannot be typed as fine as another needs it.
    TooCoarse,
    /// With the others it would force figures to be zero: one of them is wrong.
    Contradicts,
    /// It follows from the others and serves as a check only.
    Implied,
}

/// Series that are solved together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Component {
    /// Positions of the series: parts before their wholes, so that parts are typed where there is a choice.
    pub(crate) members: Vec<usize>,
    /// The balances between the members, in atoms, by the place of each in `members`.
    pub(crate) rows: Vec<Row>,
}

/// A balance between elements, in atoms; `whole` is the first of its terms where one is the whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Identity {
    origin: Origin,
    terms: BTreeMap<ElementId, Factor>,
    whole: ElementId,
    /// Position of the balance that it is made of.
    of: usize,
}

/// What balances make of the series of a plan.
pub(crate) struct Tied {
    /// All series in components, most of them alone.
    pub(crate) components: Vec<Component>,
    /// By balance; `None` where it is used.
    pub(crate) unused: Vec<Option<Unused>>,
}

/// Ties series by balances. Last year's figures of elements that balances name are added to the series where they were collected: 上年合计 follows
/// from last year's parts although no form asks for those again.
pub(crate) fn tie(
    fields: &[AskedField],
    series: &mut Vec<Series>,
    balances: &[Balance<FieldKey>],
    held: &BTreeMap<ElementId, BTreeMap<crate::domain::unit::Level, Slots>>,
) -> Tied {
    let mut unused = vec![None; balances.len()];
    let identities = identities_of(fields, series, balances, &mut unused);
    add_last_year(series, &identities, held);
    series.sort_by_key(|s| (s.element, s.offset));
    let at: BTreeMap<(ElementId, i16), usize> = series.iter().enumerate().map(|(n, s)| ((s.element, s.offset), n)).collect();
    let offsets: BTreeSet<i16> = series.iter().map(|s| s.offset).collect();
    let mut instances: Vec<Instance> = Vec::new();
    for identity in &identities {
        let mut is_placed = false;
        for offset in &offsets {
            let row: Option<Row> = identity.terms.iter().map(|(e, f)| Some((*at.get(&(*e, *offset))?, *f))).collect();
            let Some(row) = row else { continue };
            is_placed = true;
            match fits(series, &row) {
                Ok(()) => {
                    let whole = at.get(&(identity.whole, *offset)).copied().unwrap_or_default();
                    instances.push(Instance { row, whole, of: identity.of });
                }
                Err(why) => mark(&mut unused, identity.of, why),
            }
        }
        if !is_placed {
            mark(&mut unused, identity.of, Unused::NotAsked);
        }
    }
    let components = components_of(series, instances, &mut unused);
    Tied { components, unused }
}

/// A balance between series.
struct Instance {
    row: Row,
    whole: usize,
    of: usize,
}

fn mark(unused: &mut [Option<Unused>], at: usize, why: Unused) {
    if let Some(slot) = unused.get_mut(at) {
        *slot = Some(why);
    }
}

/// Balances as identities of elements, in a fixed order: running totals first, then printed ones, then those of layouts; each once.
fn identities_of(fields: &[AskedField], series: &[Series], balances: &[Balance<FieldKey>], unused: &mut [Option<Unused>]) -> Vec<Identity> {
    let mut home: BTreeMap<usize, usize> = BTreeMap::new();
    for (position, one) in series.iter().enumerate() {
        home.extend(one.asks.iter().flat_map(|a| &a.fields).map(|field| (*field, position)));
    }
    let mut found: Vec<Identity> = Vec::new();
    for (of, balance) in balances.iter().enumerate() {
        match identity(fields, series, &home, balance, of) {
            Ok(identity) => found.push(identity),
            Err(why) => mark(unused, of, why),
        }
    }
    let order = |origin: Origin| match origin {
        Origin::Time => 0,
        Origin::Printed => 1,
        Origin::Breakdown | Origin::Growth => 2,
    };
    found.sort_by(|a, b| (order(a.origin), &a.terms, a.of).cmp(&(order(b.origin), &b.terms, b.of)));
    let mut seen: BTreeSet<BTreeMap<ElementId, Factor>> = BTreeSet::new();
    found.retain(|i| {
        let is_new = seen.insert(i.terms.clone());
        if !is_new {
            mark(unused, i.of, Unused::Implied);
        }
        is_new
    });
    found
}

fn identity(
    fields: &[AskedField],
    series: &[Series],
    home: &BTreeMap<usize, usize>,
    balance: &Balance<FieldKey>,
    of: usize,
) -> Result<Identity, Unused> {
    let mut terms: BTreeMap<ElementId, Factor> = BTreeMap::new();
    let mut whole = None;
    let mut like: Option<(Kind, i16)> = None;
    if balance.terms.len() > MAX_MEMBERS {
        return Err(Unused::Unlike);
    }
    for (key, factor) in &balance.terms {
        let at = fields.binary_search_by(|f| f.key.cmp(key)).map_err(|_| Unused::NotAsked)?;
        let (Some(field), Some(one)) = (fields.get(at), home.get(&at).and_then(|p| series.get(*p))) else { return Err(Unused::NotAsked) };
        let kind = Kind::of(field, one, balance.origin).ok_or(Unused::Unlike)?;
        let is_like = like.get_or_insert_with(|| (kind.clone(), one.offset));
        if *is_like != (kind, one.offset) {
            return Err(Unused::Unlike);
        }
        whole = whole.or(Some(one.element));
        // A printed figure is its atoms divided by those of its unit.
        let atoms = field.unit.as_ref().map_or(Some(Factor::from_integer(1)), |u| factor_of(u.atoms)).ok_or(Unused::Unlike)?;
        let in_atoms = factor.checked_mul(&atoms.recip()).ok_or(Unused::Unlike)?;
        let known = terms.entry(one.element).or_default();
        *known = known.checked_add(&in_atoms).ok_or(Unused::Unlike)?;
    }
    let n_named = terms.len();
    terms.retain(|_, factor| !factor.is_zero());
    let scale = whole.and_then(|w| terms.get(&w)).map(Factor::recip).ok_or(Unused::NotAsked)?;
    if n_named != balance.terms.len() || terms.len() < 2 {
        return Err(Unused::NotAsked);
    }
    for factor in terms.values_mut() {
        *factor = factor.checked_mul(&scale).ok_or(Unused::Unlike)?;
    }
    Ok(Identity { origin: balance.origin, terms, whole: whole.unwrap_or(ElementId::from_stored(0)), of })
}

/// What the figures of a balance have in common.
#[derive(Clone, PartialEq, Eq)]
struct Kind {
    measured_in: String,
    is_standing: bool,
    is_running: bool,
}

impl Kind {
    fn of(field: &AskedField, series: &Series, origin: Origin) -> Option<Self> {
        let measured_in = match &field.unit {
            Some(unit) => unit.dimension.clone(),
            None => format!("\u{1f}{}", normalise_spelling(&field.unit_text)),
        };
        // A running total follows from its flow; no other balance mixes the two.
        let is_running = series.is_year_to_date && origin != Origin::Time;
        let is_standing = series.class == TimeClass::Standing;
        field.dtype.is_number().then_some(Self { measured_in, is_standing, is_running })
    }
}

/// Adds series without asks for what was collected last year and is named by a balance together with a last-year figure that is asked.
fn add_last_year(
    series: &mut Vec<Series>,
    identities: &[Identity],
    held: &BTreeMap<ElementId, BTreeMap<crate::domain::unit::Level, Slots>>,
) {
    let mut there: BTreeSet<ElementId> = series.iter().filter(|s| s.offset == -1).map(|s| s.element).collect();
    let now: BTreeMap<ElementId, usize> = series.iter().enumerate().filter(|(_, s)| s.offset == 0).map(|(n, s)| (s.element, n)).collect();
    let mut by_element: BTreeMap<ElementId, Vec<usize>> = BTreeMap::new();
    for (n, identity) in identities.iter().enumerate() {
        for element in identity.terms.keys() {
            by_element.entry(*element).or_default().push(n);
        }
    }
    let mut open: Vec<ElementId> = there.iter().copied().collect();
    while let Some(element) = open.pop() {
        for identity in by_element.get(&element).into_iter().flatten().filter_map(|n| identities.get(*n)) {
            for other in identity.terms.keys() {
                let template = now.get(other).and_then(|n| series.get(*n)).filter(|s| s.class != TimeClass::Standing);
                let (Some(template), Some(before)) = (template, held.get(other)) else { continue };
                if there.insert(*other) {
                    let clone =
                        Series { offset: -1, year: template.year - 1, asks: Vec::new(), before: before.clone(), ..template.clone() };
                    series.push(clone);
                    open.push(*other);
                }
            }
        }
    }
}

/// Whether every figure of a balance can be typed as fine as any other needs it. Elimination adds and subtracts rows, so that the steps of all
/// members are compared, and none of them may count for more than its share.
fn fits(series: &[Series], row: &Row) -> Result<(), Unused> {
    let members = || row.keys().filter_map(|n| series.get(*n));
    if members().any(|s| !is_always_fine(s)) {
        return Err(Unused::TooCoarse);
    }
    let spread = row.values().map(Factor::abs).max().zip(row.values().map(Factor::abs).min()).map(|(high, low)| high / low);
    let (reach, required) = (members().filter_map(coarsest_reach).max(), members().filter_map(finest_required).min());
    let (Some(reach), Some(required)) = (reach, required) else { return Ok(()) };
    if reach.is_zero() {
        return Ok(());
    }
    let scaled = factor_of(reach).zip(spread).and_then(|(reach, spread)| reach.checked_mul(&spread));
    match scaled.zip(factor_of(required)) {
        Some((reach, required)) if reach <= required => Ok(()),
        _ => Err(Unused::TooCoarse),
    }
}

fn coarsest_reach(series: &Series) -> Option<Decimal> {
    series.asks.iter().map(|a| a.reach).max()
}

fn finest_required(series: &Series) -> Option<Decimal> {
    series.asks.iter().map(|a| a.required).min()
}

fn is_always_fine(series: &Series) -> bool {
    coarsest_reach(series).zip(finest_required(series)).is_none_or(|(reach, required)| reach <= required)
}

/// Groups series by the balances that can be used together.
fn components_of(series: &[Series], instances: Vec<Instance>, unused: &mut [Option<Unused>]) -> Vec<Component> {
    let mut root: Vec<usize> = (0..series.len()).collect();
    for instance in &instances {
        let mut members = instance.row.keys().copied();
        let Some(first) = members.next() else { continue };
        for other in members {
            let (a, b) = (find(&mut root, first), find(&mut root, other));
            if let Some(slot) = root.get_mut(a.max(b)) {
                *slot = a.min(b);
            }
        }
    }
    let mut groups: BTreeMap<usize, (Vec<usize>, Vec<Instance>)> = BTreeMap::new();
    for position in 0..series.len() {
        groups.entry(find(&mut root, position)).or_default().0.push(position);
    }
    for instance in instances {
        let first = instance.row.keys().next().copied().unwrap_or_default();
        groups.entry(find(&mut root, first)).or_default().1.push(instance);
    }
    let mut components = Vec::new();
    for (members, tied) in groups.into_values() {
        if tied.is_empty() {
            components.extend(members.into_iter().map(|one| Component { members: vec![one], rows: Vec::new() }));
            continue;
        }
        let tied = if members.len() > MAX_MEMBERS { Vec::new() } else { usable(series, tied, unused) };
        components.extend(split(members, tied));
    }
    components.sort_by(|a, b| a.members.iter().min().cmp(&b.members.iter().min()));
    components
}

fn find(root: &mut [usize], mut at: usize) -> usize {
    while let Some(up) = root.get(at).copied().filter(|up| *up != at) {
        let above = root.get(up).copied().unwrap_or(up);
        if let Some(slot) = root.get_mut(at) {
            *slot = above;
        }
        at = up;
    }
    at
}

/// The balances of a group that can be used together, in their order: those that others imply, contradict or are too fine for are left out.
fn usable(series: &[Series], tied: Vec<Instance>, unused: &mut [Option<Unused>]) -> Vec<Instance> {
    let mut kept = tied;
    // A coarse figure spoils every balance that elimination might bring it into.
    loop {
        let steps = |n: &usize| series.get(*n).map(|s| (coarsest_reach(s), finest_required(s)));
        let all: Vec<(Option<Decimal>, Option<Decimal>)> = kept.iter().flat_map(|i| i.row.keys()).filter_map(steps).collect();
        let (Some(reach), Some(required)) = (all.iter().filter_map(|s| s.0).max(), all.iter().filter_map(|s| s.1).min()) else { break };
        if reach <= required {
            break;
        }
        let is_coarse = |i: &Instance| i.row.keys().any(|n| series.get(*n).and_then(coarsest_reach) == Some(reach));
        let dropped = kept.extract_if(.., |i| is_coarse(i));
        dropped.for_each(|i| mark(unused, i.of, Unused::TooCoarse));
    }
    let rows: Vec<Row> = kept.iter().map(|i| i.row.clone()).collect();
    if !is_absurd(&rows) {
        return kept;
    }
    let mut sound: Vec<Row> = Vec::new();
    kept.retain(|instance| {
        sound.push(instance.row.clone());
        let is_sound = !is_absurd(&sound);
        if !is_sound {
            sound.pop();
            mark(unused, instance.of, Unused::Contradicts);
        }
        is_sound
    });
    kept
}

/// Makes components of a group once more, as some of its balances may have been left out.
fn split(members: Vec<usize>, tied: Vec<Instance>) -> Vec<Component> {
    let place: BTreeMap<usize, usize> = members.iter().enumerate().map(|(n, m)| (*m, n)).collect();
    let mut root: Vec<usize> = (0..members.len()).collect();
    for instance in &tied {
        let mut own = instance.row.keys().filter_map(|n| place.get(n).copied());
        let Some(first) = own.next() else { continue };
        for other in own {
            let (a, b) = (find(&mut root, first), find(&mut root, other));
            if let Some(slot) = root.get_mut(a.max(b)) {
                *slot = a.min(b);
            }
        }
    }
    let height = heights(&members, &place, &tied);
    let mut groups: BTreeMap<usize, Component> = BTreeMap::new();
    for (n, member) in members.iter().enumerate() {
        groups.entry(find(&mut root, n)).or_default().members.push(*member);
    }
    let mut found: Vec<Component> = groups.into_values().collect();
    for component in &mut found {
        component.members.sort_by_key(|m| (place.get(m).and_then(|n| height.get(*n)).copied(), *m));
        let own: BTreeMap<usize, usize> = component.members.iter().enumerate().map(|(n, m)| (*m, n)).collect();
        for instance in &tied {
            let row: Option<Row> = instance.row.iter().map(|(n, f)| Some((*own.get(n)?, *f))).collect();
            component.rows.extend(row);
        }
    }
    found
}

/// How many storeys of wholes stand below each member: 0 for what is never a whole.
fn heights(members: &[usize], place: &BTreeMap<usize, usize>, tied: &[Instance]) -> Vec<usize> {
    let mut height = vec![0_usize; members.len()];
    for _ in 0..members.len().min(16) {
        let mut is_settled = true;
        for instance in tied {
            let parts = instance.row.keys().filter(|n| **n != instance.whole);
            let below = parts.filter_map(|n| place.get(n).and_then(|p| height.get(*p))).max().copied().unwrap_or_default();
            if let Some(own) = place.get(&instance.whole).and_then(|p| height.get_mut(*p)).filter(|own| **own <= below) {
                *own = below + 1;
                is_settled = false;
            }
        }
        if is_settled {
            break;
        }
    }
    height
}
