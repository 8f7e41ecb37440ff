//! Units of measure (计量单位) and exact conversion between them.
//!
//! Every unit of a dimension is an exact rational multiple of the dimension's *atom*; atoms are chosen so that the factor of every unit
//! in use is a finite decimal (the atom of area is 1/3 m², so that 亩 = 2000/3 m² is 2000 atoms and 公顷 30000). Sums are taken in atoms,
//! exactly; rounding (half away from zero, GB/T 8170 for statistics as printed) happens once, when a figure is shown with a form's decimals.
//! The table of units is `schemas/vocabulary/units.toml`.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use rust_decimal::Decimal;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A unit of measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitOfMeasure {
    /// Standard spelling, e.g. `万人`.
    pub symbol: String,
    /// Dimension, e.g. `person`, `household`, `count`, `area`, `money`, `mass`, `ratio`. Figures of different dimensions are never the same.
    pub dimension: String,
    /// How many atoms of the dimension one of this is; a finite decimal, positive.
    pub atoms: Decimal,
    /// Whether one atom cannot be divided (people, households, things): an integer figure in atoms is exact.
    pub is_discrete: bool,
}

impl UnitOfMeasure {
    /// Turns a figure in this unit into atoms; `None` when it does not fit 28 digits.
    pub fn to_atoms(&self, figure: Decimal) -> Option<Decimal> {
        figure.checked_mul(self.atoms).map(|d| d.normalize()).filter(|product| {
            // checked_mul rounds silently when the product needs more than 28 digits; the exact product tells.
            to_rational(figure) * to_rational(self.atoms) == to_rational(*product)
        })
    }

    /// Turns atoms into a figure in this unit, rounded once to `decimals`, half away from zero.
    pub fn from_atoms(&self, atoms: Decimal, decimals: u32) -> Option<Decimal> {
        round_rational(&(to_rational(atoms) / to_rational(self.atoms)), decimals)
    }

    /// The smallest step that a figure with `decimals` in this unit can show, in atoms; zero where whole atoms are exact.
    pub fn resolution(&self, decimals: u32) -> Decimal {
        let step = self.atoms * Decimal::new(1, decimals);
        if self.is_discrete && step <= Decimal::ONE { Decimal::ZERO } else { step.normalize() }
    }
}

/// Exact value of a decimal.
pub fn to_rational(figure: Decimal) -> BigRational {
    BigRational::new(BigInt::from(figure.mantissa()), BigInt::from(10_u8).pow(figure.scale()))
}

/// Rounds a rational to `decimals`, half away from zero; `None` when it does not fit 28 digits.
pub fn round_rational(value: &BigRational, decimals: u32) -> Option<Decimal> {
    let scaled = value * BigRational::from_integer(BigInt::from(10_u8).pow(decimals));
    let half = BigRational::new(BigInt::one(), BigInt::from(2_u8));
    let magnitude = (scaled.abs() + half).floor().to_integer();
    let signed = if scaled.is_negative() { -magnitude } else { magnitude };
    if signed.is_zero() {
        return Some(Decimal::ZERO);
    }
    Decimal::try_from_i128_with_scale(signed.to_i128()?, decimals).ok().map(|d| d.normalize())
}

/// The table of units of measure, found by any of their spellings.
#[derive(Clone, Debug, Default)]
pub struct Measures {
    by_spelling: BTreeMap<String, UnitOfMeasure>,
}

#[derive(Deserialize)]
struct UnitsFile {
    dimension: BTreeMap<String, DimensionEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DimensionEntry {
    #[serde(default)]
    discrete: bool,
    #[serde(default)]
    #[allow(dead_code, reason = "a note for the statistician who edits the file")]
    note: String,
    units: Vec<UnitEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnitEntry {
    symbol: String,
    atoms: String,
    #[serde(default)]
    spellings: Vec<String>,
}

impl Measures {
    /// Reads the table; the error names the entry that contradicts another or cannot be read.
    pub fn parse(toml_text: &str) -> Result<Self, String> {
        let file: UnitsFile = toml::from_str(toml_text).map_err(|e| e.to_string())?;
        let mut by_spelling = BTreeMap::new();
        for (dimension, entry) in file.dimension {
            for unit in entry.units {
                let atoms: Decimal =
                    unit.atoms.parse().map_err(|_| format!("{dimension}/{}: atoms {:?} is no decimal", unit.symbol, unit.atoms))?;
                if atoms <= Decimal::ZERO {
                    return Err(format!("{dimension}/{}: atoms must be positive", unit.symbol));
                }
                let parsed =
                    UnitOfMeasure { symbol: unit.symbol.clone(), dimension: dimension.clone(), atoms, is_discrete: entry.discrete };
                for spelling in std::iter::once(&unit.symbol).chain(&unit.spellings) {
                    if by_spelling.insert(normalise_spelling(spelling), parsed.clone()).is_some() {
                        return Err(format!("{dimension}/{}: spelling {spelling:?} stands twice", unit.symbol));
                    }
                }
            }
        }
        Ok(Self { by_spelling })
    }

    /// The table that is built in.
    pub fn embedded() -> Self {
        // The embedded file is checked by a test; a broken one leaves an empty table, which that test refuses.
        Self::parse(include_str!("../../schemas/vocabulary/units.toml")).unwrap_or_default()
    }

    /// Finds a unit by any spelling: full-width characters, white space and surrounding brackets do not matter.
    pub fn find(&self, spelling: &str) -> Option<&UnitOfMeasure> {
        let spelling = normalise_spelling(spelling);
        self.by_spelling.get(&spelling).or_else(|| self.find_alike(&spelling))
    }

    /// A list of units that are one in size and kind (台、套): each is for the things that it suits.
    fn find_alike(&self, spelling: &str) -> Option<&UnitOfMeasure> {
        let mut units = spelling.split(['、', '/', ',']).map(|part| self.by_spelling.get(part));
        let first = units.next()??;
        let is_alike = |unit: &UnitOfMeasure| unit.dimension == first.dimension && unit.atoms == first.atoms;
        units.all(|unit| unit.is_some_and(is_alike)).then_some(first)
    }

    /// How many times one unit of a dimension is another: every ratio that is a finite decimal, each once, sorted.
    pub fn factors(&self, dimension: &str) -> Vec<Decimal> {
        let atoms: std::collections::BTreeSet<Decimal> =
            self.by_spelling.values().filter(|u| u.dimension == dimension).map(|u| u.atoms.normalize()).collect();
        let ratio = |(a, b): (&Decimal, &Decimal)| {
            let quotient = a.checked_div(*b)?.normalize();
            (quotient != Decimal::ONE && to_rational(quotient) * to_rational(*b) == to_rational(*a)).then_some(quotient)
        };
        let pairs = atoms.iter().flat_map(|a| atoms.iter().map(move |b| (a, b)));
        pairs.filter_map(ratio).collect::<std::collections::BTreeSet<_>>().into_iter().collect()
    }

    /// Number of spellings known.
    pub fn len(&self) -> usize {
        self.by_spelling.len()
    }

    /// Whether the table is empty.
    pub fn is_empty(&self) -> bool {
        self.by_spelling.is_empty()
    }
}

/// Brings a unit's spelling to one form (Unicode NFKC, no white space, no surrounding brackets, lower-case Latin).
pub fn normalise_spelling(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    let plain: String = text.nfkc().filter(|c| !c.is_whitespace()).collect();
    let inner = plain.trim_start_matches(['(', '[', '【']).trim_end_matches([')', ']', '】']);
    inner.trim_start_matches("单位:").trim_start_matches("计量单位:").to_lowercase()
}

/// Whether a unit's text says that there is none (a dash, nothing, 无).
pub fn says_no_unit(text: &str) -> bool {
    matches!(normalise_spelling(text).as_str(), "" | "-" | "--" | "—" | "——" | "―" | "/" | "无" | "*" | "…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_table_reads() {
        let parsed = Measures::parse(include_str!("../../schemas/vocabulary/units.toml"));
        assert!(parsed.as_ref().is_ok_and(|m| m.len() > 100), "{:?}", parsed.err());
    }

    #[test]
    fn there_and_back_is_the_identity() {
        let measures = Measures::embedded();
        for (coarse, fine, decimals) in [("公顷", "亩", 2), ("万人", "人", 0), ("万元", "元", 2), ("吨", "公斤", 1), ("平方公里", "亩", 2)]
        {
            let (Some(coarse), Some(fine)) = (measures.find(coarse), measures.find(fine)) else { panic!("{coarse} or {fine} missing") };
            for mantissa in [0_i64, 1, 7, 123_456, 99_999_999] {
                let figure = Decimal::new(mantissa, decimals).normalize();
                let atoms = fine.to_atoms(figure).unwrap_or_default();
                assert_eq!(fine.from_atoms(atoms, decimals), Some(figure));
                let shown = coarse.from_atoms(atoms, 20).unwrap_or_default();
                assert_eq!(
                    round_rational(&(to_rational(shown) * to_rational(coarse.atoms) / to_rational(fine.atoms)), decimals),
                    Some(figure)
                );
            }
        }
    }

    #[test]
    fn factors_are_the_finite_ratios_of_units() {
        let factors = Measures::embedded().factors("area");
        assert!(factors.contains(&Decimal::from(15)) && factors.contains(&Decimal::from(10_000)), "{factors:?}");
        assert!(factors.is_sorted() && !factors.contains(&Decimal::ONE));
        assert!(Measures::embedded().factors("no dimension").is_empty());
    }

    #[test]
    fn one_mu_is_a_fifteenth_of_a_hectare() {
        let measures = Measures::embedded();
        let (Some(mu), Some(hectare)) = (measures.find("亩"), measures.find("公顷")) else { panic!("units missing") };
        assert_eq!(hectare.atoms, mu.atoms * Decimal::from(15));
        assert_eq!(mu.to_atoms(Decimal::ONE).and_then(|a| hectare.from_atoms(a, 4)), Some(Decimal::new(667, 4)));
    }
}
