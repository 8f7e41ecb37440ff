//! Judging pairs of elements: which candidates are worth a look, and what is left of a pair where one side has a better partner.
//!
//! An element keeps its best candidates, weighed quickly; each pair that either side keeps is then compared in full. Two fields of one form are
//! never one figure: elements that meet in a form are no pair, and a pair loses where a field beside one of its sides fits the other better.
//! Everything here depends on the two elements and on what stands beside them alone, so that a form asked about and the whole catalogue
//! gone through give the same.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::domain::decision::Verdict;
use crate::overlap::brief::{Brief, most};
use crate::overlap::catalogue::State;
use crate::overlap::element::ElementEntry;
use crate::overlap::placed::Placed;
use crate::overlap::profile::Profile;
use crate::overlap::quick::{Milli, Rarities, Weighed, compared, vetoed, weigh};
use crate::overlap::score::{Comparison, score_of};

/// A pair below this score is no question worth a reviewer's time: fewer than one in a hundred such pairs is one figure.
pub(crate) const MIN_SCORE: f64 = 0.001;
/// Log odds (in thousandths) below which no pair reaches [`MIN_SCORE`], rounding included.
const LEAST_LOG_ODDS: Milli = -6_960;
/// Thousandths that a pair loses for each side that has a better partner in the same form (two fields of one form are never one figure).
pub(crate) const RIVAL_MILLI: Milli = -1_900;
/// Candidates that an element keeps by itself, beside those that keep it: more questions about one field nobody reads.
pub(crate) const MAX_PARTNERS: usize = 16;
/// Conflicts of name that an element keeps.
const MAX_CONFLICTS: usize = 10;

/// A judged pair of elements, the one with the smaller number first.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    /// Place of the first.
    pub a: u32,
    /// Place of the second.
    pub b: u32,
    /// What comparing them in full gave, without its reasons and before rivals.
    pub comparison: Comparison,
    /// Labels of the rivals: of the better partner of the first, beside the second, and the other way round.
    pub rivals: [Option<String>; 2],
    /// Score after rivals; 0 for a conflict.
    pub score: f64,
}

/// Whether a pair is worth a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Worth {
    /// It is not.
    Nothing,
    /// It may be one figure, with these log odds.
    Alike(Milli),
    /// It has one name and differs.
    Conflict,
}

/// Weighs an element, whose words have these rarities, with another.
pub(crate) fn worth(state: &State, rarities: &Rarities<'_>, own: &ElementEntry, other: &ElementEntry) -> Worth {
    let Some((placed, beside)) = own.standing_for().zip(other.standing_for()) else { return Worth::Nothing };
    let Some((profile, profile_beside)) = placed.profile().zip(beside.profile()) else { return Worth::Nothing };
    if profile.is_private || profile_beside.is_private {
        return Worth::Nothing;
    }
    match weigh(rarities, profile, profile_beside) {
        Some(Weighed::Conflict(_)) if !profile.whole.is_empty() && !own.meets(other) => Worth::Conflict,
        Some(Weighed::Sum(sum)) if sum + rarities.most_context() >= LEAST_LOG_ODDS && !own.meets(other) => {
            let milli = sum + rarities.context(state, placed, beside);
            if milli >= LEAST_LOG_ODDS { Worth::Alike(milli) } else { Worth::Nothing }
        }
        _ => Worth::Nothing,
    }
}

/// What is worth a look of an element's candidates.
#[derive(Default)]
struct Found {
    /// The best that are alike: what they weigh less than nothing, then what they are. The last comes first.
    alike: BinaryHeap<(Milli, u64, u32)>,
    conflicts: Vec<(u64, u32)>,
}

impl Found {
    /// The least that one of the best weighs, once there are enough of them.
    fn last(&self) -> Option<Milli> {
        self.alike.peek().filter(|_| self.alike.len() >= MAX_PARTNERS).map(|(milli, ..)| -milli)
    }

    /// Weighs a candidate and keeps it where it belongs.
    fn weigh(&mut self, state: &State, rarities: &Rarities<'_>, own: &ElementEntry, at: u32) {
        let Some(other) = state.elements.get(at) else { return };
        match worth(state, rarities, own, other) {
            Worth::Alike(milli) if self.last().is_none_or(|last| milli >= last) && is_open(state, own, other) => {
                self.alike.push((-milli, other.id, at));
                if self.alike.len() > MAX_PARTNERS {
                    self.alike.pop();
                }
            }
            Worth::Conflict => self.conflicts.push((other.id, at)),
            Worth::Alike(_) | Worth::Nothing => {}
        }
    }
}

/// The candidates of an element that are worth a look, as pairs of places, the element with the smaller number first. What a reviewer told apart
/// takes no place among them.
pub(crate) fn partners(state: &State, place: u32, candidates: &[u32]) -> Vec<(u32, u32)> {
    let (Some(own), Some(brief)) = (state.elements.get(place), state.briefs.get(place)) else { return Vec::new() };
    let Some(profile) = own.standing_for().and_then(Placed::profile) else { return Vec::new() };
    let rarities = Rarities::new(state, profile);
    // Those of one name may be conflicts, which no bound tells, so each of them is looked at.
    let (mut named, mut bounded): (Vec<u32>, Vec<(Milli, u32)>) = (Vec::new(), Vec::new());
    for at in candidates {
        let Some(beside) = state.briefs.get(*at) else { continue };
        if beside.has_name_of(brief) {
            named.push(*at);
        } else if let Some(bound) = most(&rarities, brief, beside).filter(|bound| *bound >= LEAST_LOG_ODDS) {
            bounded.push((bound, *at));
        }
    }
    let mut found = Found::default();
    for at in named {
        found.weigh(state, &rarities, own, at);
    }
    // The most promising first: once enough are better than the rest can be, the rest need not be weighed.
    let mut bounded = BinaryHeap::from(bounded);
    while let Some((bound, at)) = bounded.pop() {
        if found.last().is_some_and(|last| last > bound) {
            break;
        }
        found.weigh(state, &rarities, own, at);
    }
    let Found { alike, mut conflicts } = found;
    conflicts.sort_unstable();
    conflicts.truncate(MAX_CONFLICTS);
    let ordered = |(other, at): (u64, u32)| if own.id < other { (place, at) } else { (at, place) };
    alike.into_iter().map(|(_, id, at)| (id, at)).chain(conflicts).map(ordered).collect()
}

/// Whether no reviewer told two elements apart or made them one.
fn is_open(state: &State, own: &ElementEntry, other: &ElementEntry) -> bool {
    matches!(state.told(own.id, other.id), None | Some(Verdict::Narrower | Verdict::Broader))
}

/// Judges pairs that [`partners`] named; what it looked up for the first of a pair serves the next pair that begins with the same.
pub(crate) struct Judge<'a> {
    state: &'a State,
    /// The last first element, with its rarities.
    first: Option<(u32, Rarities<'a>)>,
}

/// One side of a pair.
struct Side<'s> {
    element: &'s ElementEntry,
    placed: &'s Placed,
    profile: &'s Profile,
    brief: &'s Brief,
    rarities: &'s Rarities<'s>,
}

impl<'a> Judge<'a> {
    /// A judge over a catalogue.
    pub(crate) fn new(state: &'a State) -> Self {
        Self { state, first: None }
    }

    /// Judges a pair; `None` where nothing is left of it.
    pub(crate) fn judge(&mut self, (a, b): (u32, u32)) -> Option<Judged> {
        let state = self.state;
        let (element_a, element_b) = (state.elements.get(a)?, state.elements.get(b)?);
        let (placed_a, placed_b) = (element_a.standing_for()?, element_b.standing_for()?);
        let (profile_a, profile_b) = (placed_a.profile()?, placed_b.profile()?);
        let rarities_a = match self.first.take() {
            Some((place, rarities)) if place == a => rarities,
            _ => Rarities::new(state, profile_a),
        };
        let rarities_a = &self.first.insert((a, rarities_a)).1;
        let sum = match weigh(rarities_a, profile_a, profile_b)? {
            Weighed::Sum(sum) => sum,
            told_apart => {
                let facet = if let Weighed::Conflict(facet) = told_apart { facet } else { "offset" };
                return Some(Judged { a, b, comparison: vetoed(facet), rivals: [None, None], score: 0.0 });
            }
        };
        let mut milli = sum + rarities_a.context(state, placed_a, placed_b);
        let held = score_of(milli);
        if held < MIN_SCORE {
            return None;
        }
        let comparison = compared(rarities_a, profile_a, profile_b, milli);
        let rarities_b = Rarities::new(state, profile_b);
        let (brief_a, brief_b) = (state.briefs.get(a)?, state.briefs.get(b)?);
        let first = Side { element: element_a, placed: placed_a, profile: profile_a, brief: brief_a, rarities: rarities_a };
        let second = Side { element: element_b, placed: placed_b, profile: profile_b, brief: brief_b, rarities: &rarities_b };
        let mut rivals = [None, None];
        for (rival, (own, partner)) in rivals.iter_mut().zip([(&second, &first), (&first, &second)]) {
            *rival = rival_of(state, own.element, partner, comparison.milli);
            milli += if rival.is_some() { RIVAL_MILLI } else { 0 };
            if score_of(milli) < MIN_SCORE {
                return None;
            }
        }
        let labels = rivals.map(|rival| rival?.printed().map(|field| field.label.trim().to_owned()));
        Some(Judged { a, b, comparison, rivals: labels, score: score_of(milli) })
    }
}

/// The field beside `own` in a form that fits `partner` best, and better than `own` does, which reaches the log odds `held`.
fn rival_of(state: &State, own: &ElementEntry, partner: &Side<'_>, held: Milli) -> Option<Placed> {
    let mut best: Option<(Milli, Reverse<u64>, Placed)> = None;
    for placed in &own.first {
        for (at, brief_beside) in placed.entry.briefs().iter().enumerate() {
            let least = best.as_ref().map_or(held, |(most, ..)| (*most - 1).max(held));
            if at == placed.at || most(partner.rarities, partner.brief, brief_beside).is_none_or(|most| most <= least) {
                continue;
            }
            let beside = Placed { entry: placed.entry.clone(), at };
            let Some((profile_beside, field)) = beside.profile().zip(beside.field()) else { continue };
            let Some(Weighed::Sum(sum)) = weigh(partner.rarities, partner.profile, profile_beside) else { continue };
            let milli = sum + partner.rarities.context(state, partner.placed, &beside);
            if milli <= least || score_of(milli) <= score_of(held) {
                continue;
            }
            let Some(element) = state.element(field.element()) else { continue };
            let is_rival = element.id != own.id && element.id != partner.element.id && !element.meets(partner.element);
            let is_better = best.as_ref().is_none_or(|(most, id, _)| (milli, Reverse(element.id)) > (*most, *id));
            if is_rival && is_better {
                best = Some((milli, Reverse(element.id), beside));
            }
        }
    }
    best.map(|(.., placed)| placed)
}
