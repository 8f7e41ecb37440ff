//! One sentence on what the values say, in Chinese or English. Names no figure of any unit.

use rust_decimal::Decimal;

use crate::domain::message::Language;
use crate::overlap::values::pair::{ValueEvidence, ValueVerdict};

/// Two columns that differ by the factor between two units of measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitMistake {
    /// How many times the second the first is.
    pub factor: Decimal,
    /// Cells that were compared; zeros are not.
    pub n_compared: u32,
    /// Cells that the factor explains.
    pub n_explained: u32,
}

/// Says what the values of `a` and `b` (names for people) say of them.
pub fn say_evidence(evidence: &ValueEvidence, mistake: Option<&UnitMistake>, a: &str, b: &str, language: Language) -> String {
    let (n, equal) = (evidence.n_compared, evidence.n_equal);
    let by_chance = (evidence.chance * 100.0).round();
    if let Some(m) = mistake {
        let (factor, explained, compared) = (m.factor.normalize(), m.n_explained, m.n_compared);
        return match language {
            Language::Zh => format!("{compared} 处中有 {explained} 处“{a}”恰为“{b}”的 {factor} 倍，可能是计量单位填错。"),
            Language::En => {
                format!("in {explained} of {compared} cells {a} is exactly {factor} times {b}: perhaps the wrong unit of measure.")
            }
        };
    }
    match (evidence.verdict, language) {
        (ValueVerdict::Equal, Language::Zh) => {
            format!("“{a}”与“{b}”在 {n} 处中有 {equal} 处相等，偶然相等约 {by_chance}%，数值表明是同一指标。")
        }
        (ValueVerdict::Equal, Language::En) => {
            format!("{a} and {b} are equal in {equal} of {n} cells, about {by_chance} % would be by chance: the values say one figure.")
        }
        (ValueVerdict::Different, Language::Zh) => {
            format!("“{a}”与“{b}”在 {n} 处中只有 {equal} 处相等，数值表明不是同一指标。")
        }
        (ValueVerdict::Different, Language::En) => {
            format!("{a} and {b} are equal in only {equal} of {n} cells: the values say two figures.")
        }
        (ValueVerdict::Unclear, Language::Zh) => {
            format!("“{a}”与“{b}”在 {n} 处中有 {equal} 处相等，偶然相等约 {by_chance}%，还不足以判断。")
        }
        (ValueVerdict::Unclear, Language::En) => {
            format!("{a} and {b} are equal in {equal} of {n} cells, about {by_chance} % would be by chance: not enough to tell.")
        }
    }
}

/// Says that one column is the sum of two others.
pub fn say_sum(total: &str, part: &str, other: &str, n_places: u32, language: Language) -> String {
    match language {
        Language::Zh => format!("在全部 {n_places} 处，“{total}”都等于“{part}”加“{other}”，可以推导，不必填报。"),
        Language::En => {
            format!("in all {n_places} cells {total} is the sum of {part} and {other}: it can be computed and need not be typed.")
        }
    }
}
