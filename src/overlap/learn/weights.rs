//! Weights of evidence (证据权重): for each level that a comparison of two fields can reach, how much it speaks for one figure.
//!
//! A weight is the logarithm of m/u: how often the level is seen between two fields of one figure, over how often between two of different
//! figures (Fellegi and Sunter, 1969). The weights in use come from `schemas/overlap/weights.toml`, which `baoyici learn` writes. They are
//! whole thousandths, so that sums are exact and the reasons of a relation add up to its score on every machine.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The shipped weights.
const SHIPPED: &str = include_str!("../../../schemas/overlap/weights.toml");
/// Greatest weight that is believed, in thousandths.
const MAX_MILLI: i32 = 9_000;

/// A level that the comparison of a facet can reach. A level not named here (both sides say nothing) weighs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Feature {
    /// What holds before anything is compared: the share of one figure among pairs that share a rare token.
    Prior,
    /// Same dimension of the unit of measure.
    UnitSame,
    /// A dimension that one side leaves open.
    UnitOpen,
    /// Same statistic.
    StatisticSame,
    /// A statistic that one side leaves open.
    StatisticOpen,
    /// Same time basis.
    TimeSame,
    /// Another time basis.
    TimeDiffers,
    /// 计划 on one side only.
    PlanDiffers,
    /// A word of the measure on both sides.
    MeasureShared,
    /// A word of the measure on one side.
    MeasureOpen,
    /// A population on both sides.
    PopulationShared,
    /// A population on one side.
    PopulationOpen,
    /// A qualifier on both sides.
    QualifierShared,
    /// A qualifier on one side.
    QualifierOpen,
    /// A clause of the note on both sides.
    ClauseShared,
    /// A clause of the note on one side.
    ClauseOpen,
    /// How rare a shared word is: the adjustment for term frequencies.
    Rarity,
    /// Unknown words on one side only.
    ResidueOpen,
    /// Unknown words on both sides that have no two characters in common.
    Residue0,
    /// Unknown words half alike.
    Residue50,
    /// Unknown words that are equal.
    Residue100,
    /// Printed texts without two characters in common.
    Text0,
    /// A quarter alike.
    Text25,
    /// Half alike.
    Text50,
    /// Three quarters alike.
    Text75,
    /// Equal printed texts.
    Text100,
    /// One of the fields directly around is one figure already, in both forms.
    ContextOne,
    /// More than one of them is.
    ContextMore,
}

/// Number of features.
pub(crate) const N_FEATURES: usize = 28;

/// A feature with its name in files, the comparison that it is a level of, and its weight by hand.
struct Row(Feature, &'static str, &'static str, i32);

/// The table of features. The weights by hand were chosen from what statistical forms do; learning starts from them, and what is seen
/// rarely stays near them.
const TABLE: [Row; N_FEATURES] = [
    Row(Feature::Prior, "prior", "prior", -3_200),
    Row(Feature::UnitSame, "unit.same", "unit", 600),
    Row(Feature::UnitOpen, "unit.open", "unit", -600),
    Row(Feature::StatisticSame, "statistic.same", "statistic", 800),
    Row(Feature::StatisticOpen, "statistic.open", "statistic", -1_000),
    Row(Feature::TimeSame, "time.same", "time", 400),
    Row(Feature::TimeDiffers, "time.differs", "time", -2_000),
    Row(Feature::PlanDiffers, "plan.differs", "plan", -4_000),
    Row(Feature::MeasureShared, "measure.shared", "measure", 0),
    Row(Feature::MeasureOpen, "measure.open", "measure", -1_600),
    Row(Feature::PopulationShared, "population.shared", "population", 0),
    Row(Feature::PopulationOpen, "population.open", "population", -900),
    Row(Feature::QualifierShared, "qualifier.shared", "qualifier", 0),
    Row(Feature::QualifierOpen, "qualifier.open", "qualifier", -1_600),
    Row(Feature::ClauseShared, "clause.shared", "clause", 0),
    Row(Feature::ClauseOpen, "clause.open", "clause", -400),
    Row(Feature::Rarity, "rarity", "rarity", 500),
    Row(Feature::ResidueOpen, "residue.open", "residue", -1_400),
    Row(Feature::Residue0, "residue.0", "residue", -2_240),
    Row(Feature::Residue50, "residue.50", "residue", 380),
    Row(Feature::Residue100, "residue.100", "residue", 3_000),
    Row(Feature::Text0, "text.0", "text", -900),
    Row(Feature::Text25, "text.25", "text", -150),
    Row(Feature::Text50, "text.50", "text", 600),
    Row(Feature::Text75, "text.75", "text", 1_350),
    Row(Feature::Text100, "text.100", "text", 2_100),
    Row(Feature::ContextOne, "context.one", "context", 500),
    Row(Feature::ContextMore, "context.more", "context", 1_000),
];

/// Levels of the similarity of two texts, from nothing in common to equal, evenly spaced.
pub(crate) const TEXT: [Feature; 5] = [Feature::Text0, Feature::Text25, Feature::Text50, Feature::Text75, Feature::Text100];
/// Levels of the similarity of unknown words.
pub(crate) const RESIDUE: [Feature; 3] = [Feature::Residue0, Feature::Residue50, Feature::Residue100];

impl Feature {
    /// All features, in the order of the table.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.0)
    }

    /// Its place in lists of all features.
    pub(crate) fn at(self) -> usize {
        self as usize
    }

    /// Its name in files.
    pub(crate) fn name(self) -> &'static str {
        TABLE.get(self.at()).map_or("", |row| row.1)
    }

    /// The comparison that it is a level of.
    pub(crate) fn comparison(self) -> &'static str {
        TABLE.get(self.at()).map_or("", |row| row.2)
    }
}

/// Splits a similarity between the two levels that it lies between, so that a little more alike weighs a little more.
pub(crate) fn graded(levels: &[Feature], similarity: f64) -> [(Feature, f64); 2] {
    let n_steps = levels.len().saturating_sub(1).max(1);
    let place = similarity.clamp(0.0, 1.0) * n_steps as f64;
    let below = (0..n_steps).take_while(|step| (step + 1) as f64 <= place).count().min(n_steps - 1);
    let share = place - below as f64;
    let level = |at: usize| levels.get(at).copied().unwrap_or(Feature::Prior);
    [(level(below), 1.0 - share), (level(below + 1), share)]
}

/// What a weight rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Probabilities {
    /// How often the level is seen between fields of one figure.
    pub m: f64,
    /// How often between fields of different figures.
    pub u: f64,
}

/// A weight for each feature, in thousandths.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    milli: Vec<i32>,
}

#[derive(Deserialize)]
struct WeightsFile {
    weight: BTreeMap<String, i32>,
}

impl Weights {
    /// The weights chosen by hand, from which learning starts.
    pub(crate) fn by_hand() -> Self {
        Self { milli: TABLE.iter().map(|row| row.3).collect() }
    }

    /// The weights that are built in.
    pub(crate) fn shipped() -> Self {
        // A test reads the file; should a build lack a name all the same, the weight by hand takes its place.
        Self::parse(SHIPPED).unwrap_or_else(|_| Self::by_hand())
    }

    /// Reads weights from a file; the error names what is missing or unknown.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut file: WeightsFile = toml::from_str(text).map_err(|e| e.to_string())?;
        let take = |f: Feature| file.weight.remove(f.name()).ok_or_else(|| format!("{} is missing", f.name()));
        let milli = Feature::all().map(take).collect::<Result<Vec<i32>, String>>()?;
        match file.weight.keys().next() {
            Some(name) => Err(format!("{name} is unknown")),
            None => Ok(Self { milli }),
        }
    }

    /// Writes the weights as a file, each with what it rests on.
    pub(crate) fn print(&self, probabilities: &[Probabilities], head: &str) -> String {
        let mut text = String::new();
        for line in head.lines() {
            let _ = writeln!(text, "# {line}");
        }
        text.push_str("\n[weight]\n");
        for feature in Feature::all() {
            let p = probabilities.get(feature.at()).copied().unwrap_or_default();
            let basis = if p == Probabilities::default() { String::new() } else { format!("  # m {:.4}, u {:.4}", p.m, p.u) };
            let _ = writeln!(text, "\"{}\" = {}{basis}", feature.name(), self.of(feature));
        }
        text
    }

    /// Takes weights from numbers in the order of the features, rounded to thousandths.
    pub(crate) fn from_numbers(numbers: &[f64]) -> Self {
        let round = |x: f64| {
            // Within the limit by the clamp, so that the cast is exact.
            #[allow(clippy::cast_possible_truncation, reason = "clamped to the limit")]
            let milli = (x * 1_000.0).round().clamp(f64::from(-MAX_MILLI), f64::from(MAX_MILLI)) as i32;
            milli
        };
        Self { milli: Feature::all().map(|f| numbers.get(f.at()).map_or(0, |x| round(*x))).collect() }
    }

    /// The weights as numbers, in the order of the features.
    pub(crate) fn numbers(&self) -> Vec<f64> {
        self.milli.iter().map(|milli| f64::from(*milli) / 1_000.0).collect()
    }

    /// The weight of a feature, in thousandths.
    pub(crate) fn of(&self, feature: Feature) -> i32 {
        self.milli.get(feature.at()).copied().unwrap_or(0)
    }

    /// The weight of a feature that is there to a degree, in whole thousandths.
    pub(crate) fn weigh(&self, feature: Feature, degree: f64) -> i64 {
        #[allow(clippy::cast_possible_truncation, reason = "degrees are below a thousand")]
        let milli = (f64::from(self.of(feature)) * degree).round() as i64;
        milli
    }

    /// The greatest weight among some features.
    pub(crate) fn greatest(&self, features: &[Feature]) -> i64 {
        features.iter().map(|f| i64::from(self.of(*f))).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_features() {
        assert!(Feature::all().enumerate().all(|(at, f)| f.at() == at));
        let names: std::collections::BTreeSet<&str> = Feature::all().map(Feature::name).collect();
        assert_eq!(names.len(), N_FEATURES);
    }

    #[test]
    fn the_shipped_file_reads_and_prints_back() {
        let shipped = Weights::parse(SHIPPED).unwrap();
        assert_eq!(Weights::parse(&shipped.print(&[], "head")).unwrap(), shipped);
        assert!(Weights::parse("[weight]\nprior = 1").is_err_and(|e| e.contains("unit.same")));
        let more = format!("{}\nnonsense = 1\n", Weights::by_hand().print(&[], ""));
        assert!(Weights::parse(&more).is_err_and(|e| e.contains("nonsense")));
    }

    #[test]
    fn similarities_lie_between_their_levels() {
        for (similarity, expect) in [
            (0.0, [(Feature::Text0, 1.0), (Feature::Text25, 0.0)]),
            (0.25, [(Feature::Text25, 1.0), (Feature::Text50, 0.0)]),
            (0.625, [(Feature::Text50, 0.5), (Feature::Text75, 0.5)]),
            (1.0, [(Feature::Text75, 0.0), (Feature::Text100, 1.0)]),
        ] {
            assert_eq!(graded(&TEXT, similarity), expect, "{similarity}");
        }
    }
}
