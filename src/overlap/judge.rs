//! Judging pairs of elements: which candidates are worth a look, and what is left of a pair where one side has a better partner.
//!
//! An element keeps its best candidates, weighed quickly; each pair that either side keeps is then compared in full. Two fields of one form are
//! never one figure: elements that meet in a form are no pair, and a pair loses where a field beside one of its sides fits the other better.
//! Everything here depends on the two elements and on what stands beside them alone, so that a form asked about and the whole catalogue
//! gone through give the same.

use std::cmp::Reverse;

use crate::domain::decision::Verdict;
use crate::overlap::catalogue::{Placed, State};
use crate::overlap::element::ElementEntry;
use crate::overlap::quick::{Milli, Rarities, Weighed, weigh};
use crate::overlap::score::{Comparison, outcome, score_of};

/// A pair below this score is no question worth a reviewer's time: fewer than one in a hundred such pairs is one figure.
pub(crate) const MIN_SCORE: f64 = 0.001;
/// Log odds (in thousandths) below which no pair reaches [`MIN_SCORE`], rounding included.
const LEAST_LOG_ODDS: Milli = -6_960;
/// Thousandths that a pair loses for each side that has a better partner in the same form (two fields of one form are never one figure).
pub(crate) const RIVAL_MILLI: Milli = -1_900;
/// Candidates that an element keeps: as many as are ever shown of a field.
const MAX_PARTNERS: usize = 40;
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
        Some(Weighed::Conflict) if !profile.whole.is_empty() && !own.meets(other) => Worth::Conflict,
        Some(Weighed::Sum(sum)) if sum + rarities.most_context() >= LEAST_LOG_ODDS && !own.meets(other) => {
            let milli = sum + rarities.context(state, placed, beside);
            if milli >= LEAST_LOG_ODDS { Worth::Alike(milli) } else { Worth::Nothing }
        }
        _ => Worth::Nothing,
    }
}

/// The candidates of an element that are worth a look, as pairs of places, the element with the smaller number first. What a reviewer told apart
/// takes no place among them.
pub(crate) fn partners(state: &State, place: u32, candidates: &[u32]) -> Vec<(u32, u32)> {
    let Some(own) = state.elements.get(place) else { return Vec::new() };
    let Some(profile) = own.standing_for().and_then(Placed::profile) else { return Vec::new() };
    let rarities = Rarities::new(state, profile);
    let mut alike: Vec<(Milli, u64, u32)> = Vec::new();
    let mut conflicts: Vec<(u64, u32)> = Vec::new();
    for at in candidates {
        let Some(other) = state.elements.get(*at) else { continue };
        let is_open = || matches!(state.told(own.id, other.id), None | Some(Verdict::Narrower | Verdict::Broader));
        match worth(state, &rarities, own, other) {
            Worth::Alike(milli) if is_open() => alike.push((-milli, other.id, *at)),
            Worth::Conflict => conflicts.push((other.id, *at)),
            Worth::Alike(_) | Worth::Nothing => {}
        }
    }
    alike.sort_unstable();
    alike.truncate(MAX_PARTNERS);
    conflicts.sort_unstable();
    conflicts.truncate(MAX_CONFLICTS);
    let ordered = |(other, at): (u64, u32)| if own.id < other { (place, at) } else { (at, place) };
    alike.into_iter().map(|(_, id, at)| (id, at)).chain(conflicts).map(ordered).collect()
}

/// Judges a pair that [`partners`] named; `None` where nothing is left of it.
pub(crate) fn judge(state: &State, (a, b): (u32, u32)) -> Option<Judged> {
    let (element_a, element_b) = (state.elements.get(a)?, state.elements.get(b)?);
    let comparison = outcome(state, element_a.standing_for()?, element_b.standing_for()?)?;
    if comparison.veto.is_some() {
        return Some(Judged { a, b, comparison, rivals: [None, None], score: 0.0 });
    }
    if comparison.score() < MIN_SCORE {
        return None;
    }
    let mut milli = comparison.milli;
    let mut rivals = [None, None];
    for (rival, (own, partner)) in rivals.iter_mut().zip([(element_b, element_a), (element_a, element_b)]) {
        *rival = rival_of(state, own, partner, comparison.score());
        milli += if rival.is_some() { RIVAL_MILLI } else { 0 };
        if score_of(milli) < MIN_SCORE {
            return None;
        }
    }
    Some(Judged { a, b, comparison, rivals, score: score_of(milli) })
}

/// The label of the field beside `own` in a form that fits `partner` best, and better than `own` does, which reaches the score `held`.
fn rival_of(state: &State, own: &ElementEntry, partner: &ElementEntry, held: f64) -> Option<String> {
    let placed_partner = partner.standing_for()?;
    let profile = placed_partner.profile()?;
    let rarities = Rarities::new(state, profile);
    let mut best: Option<(Milli, Reverse<u64>, Placed)> = None;
    for placed in &own.first {
        for (at, (profile_beside, field)) in placed.entry.profiles().iter().zip(&placed.entry.fields).enumerate() {
            if at == placed.at || profile_beside.is_private {
                continue;
            }
            let Some(Weighed::Sum(sum)) = weigh(&rarities, profile, profile_beside) else { continue };
            if score_of(sum + rarities.most_context()) <= held {
                continue;
            }
            let beside = Placed { entry: placed.entry.clone(), at };
            let milli = sum + rarities.context(state, placed_partner, &beside);
            let Some(element) = state.element(field.element()).filter(|_| score_of(milli) > held) else { continue };
            let is_rival = element.id != own.id && element.id != partner.id && !element.meets(partner);
            let is_better = best.as_ref().is_none_or(|(most, id, _)| (milli, Reverse(element.id)) > (*most, *id));
            if is_rival && is_better {
                best = Some((milli, Reverse(element.id), beside));
            }
        }
    }
    best?.2.printed().map(|field| field.label.trim().to_owned())
}
