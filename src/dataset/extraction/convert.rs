//! From atoms to a column's figure: exact integers, one rounding, half away from zero (GB/T 8170 as statistics are printed).
//!
//! A figure in a unit of `m / 10^s` atoms, shown with `d` decimals, has the mantissa `atoms × 10^(s + d) / m`, rounded.

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array};
use arrow::datatypes::{DataType, Decimal128Type, Decimal256Type, Int32Type, i256};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use std::sync::Arc;

/// Decimals in which atoms are summed.
pub(super) const ATOM_SCALE: u32 = 10;
/// Most digits of a Decimal128.
pub(super) const MAX_PRECISION: u8 = 38;
/// Most digits of a figure, decimals included: what a [`rust_decimal::Decimal`] holds whatever its digits are.
const MAX_FIGURE_DIGITS: u32 = 28;

/// The SQL function `figure_of_atoms(atoms, unit_mantissa, unit_scale, decimals)`. Its answer counts steps of the last decimal; it is null
/// where an argument is null or the figure has more than [`MAX_FIGURE_DIGITS`].
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct FigureOfAtoms {
    signature: Signature,
}

impl FigureOfAtoms {
    pub(super) fn new() -> Self {
        let types =
            vec![DataType::Decimal256(76, ATOM_SCALE as i8), DataType::Decimal128(MAX_PRECISION, 0), DataType::Int32, DataType::Int32];
        Self { signature: Signature::exact(types, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for FigureOfAtoms {
    fn name(&self) -> &'static str {
        "figure_of_atoms"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Decimal128(MAX_PRECISION, 0))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [atoms, mantissas, scales, decimals] = arrays.as_slice() else {
            return Err(DataFusionError::Internal("figure_of_atoms takes four arguments".into()));
        };
        let wrong = || DataFusionError::Internal("figure_of_atoms got arguments of other types".into());
        let atoms = atoms.as_primitive_opt::<Decimal256Type>().ok_or_else(wrong)?;
        let mantissas = mantissas.as_primitive_opt::<Decimal128Type>().ok_or_else(wrong)?;
        let scales = scales.as_primitive_opt::<Int32Type>().ok_or_else(wrong)?;
        let decimals = decimals.as_primitive_opt::<Int32Type>().ok_or_else(wrong)?;
        let figures = (0..atoms.len()).map(|n| {
            let all_there = atoms.is_valid(n) && mantissas.is_valid(n) && scales.is_valid(n) && decimals.is_valid(n);
            if all_there { figure_of_atoms(atoms.value(n), mantissas.value(n), scales.value(n), decimals.value(n)) } else { None }
        });
        let figures: Decimal128Array = figures.collect();
        let figures: ArrayRef = Arc::new(figures.with_precision_and_scale(MAX_PRECISION, 0)?);
        Ok(ColumnarValue::Array(figures))
    }
}

/// Steps of the last decimal; `None` where they have more than [`MAX_FIGURE_DIGITS`].
fn figure_of_atoms(atoms: i256, unit_mantissa: i128, unit_scale: i32, decimals: i32) -> Option<i128> {
    if unit_mantissa <= 0 {
        return None;
    }
    // atoms count steps of 10^-ATOM_SCALE.
    let shift = unit_scale.checked_add(decimals)?.checked_sub(ATOM_SCALE as i32)?;
    let power = shift.unsigned_abs();
    let quick = || {
        let denominator = if shift <= 0 { unit_mantissa.checked_mul(10_i128.checked_pow(power)?)? } else { unit_mantissa };
        let numerator = if shift > 0 { atoms.to_i128()?.checked_mul(10_i128.checked_pow(power)?)? } else { atoms.to_i128()? };
        let (quotient, rest) = (numerator / denominator, numerator % denominator);
        let is_up = rest.unsigned_abs() >= denominator.unsigned_abs() - rest.unsigned_abs();
        Some(if is_up { quotient + numerator.signum() } else { quotient })
    };
    let rounded = quick().or_else(|| slow(atoms, unit_mantissa, shift, power))?;
    (rounded.unsigned_abs() < 10_u128.pow(MAX_FIGURE_DIGITS)).then_some(rounded)
}

/// The same in 256 bits.
fn slow(atoms: i256, unit_mantissa: i128, shift: i32, power: u32) -> Option<i128> {
    let factor = i256::from_i128(10).checked_pow(power)?;
    let unit = i256::from_i128(unit_mantissa);
    let denominator = if shift <= 0 { unit.checked_mul(factor)? } else { unit };
    let numerator = if shift > 0 { atoms.checked_mul(factor)? } else { atoms };
    let quotient = numerator.checked_div(denominator)?;
    let rest = numerator.checked_rem(denominator)?.checked_abs()?;
    let is_up = rest >= denominator.checked_sub(rest)?;
    let rounded = if is_up { quotient.checked_add(numerator.signum())? } else { quotient };
    rounded.to_i128()
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigInt;
    use num_rational::BigRational;
    use num_traits::{Signed, ToPrimitive};
    use proptest::prelude::*;

    /// The definition, in rationals.
    fn expected(atoms: i256, mantissa: i128, scale: i32, decimals: i32) -> Option<i128> {
        let ten = |n: i32| BigRational::from_integer(BigInt::from(10)).pow(n);
        let atoms: BigInt = atoms.to_string().parse().unwrap();
        let exact = BigRational::from_integer(atoms) * ten(-(ATOM_SCALE as i32)) * ten(scale) / BigRational::from_integer(mantissa.into())
            * ten(decimals);
        let magnitude = (exact.abs() + BigRational::new(1.into(), 2.into())).floor().to_integer();
        let rounded = if exact.is_negative() { -magnitude } else { magnitude };
        rounded.to_i128().filter(|r| r.unsigned_abs() < 10_u128.pow(MAX_FIGURE_DIGITS))
    }

    #[test]
    fn halves_go_away_from_zero() {
        let of = |atoms: i128, decimals: i32| figure_of_atoms(i256::from_i128(atoms * 10_i128.pow(ATOM_SCALE)), 30_000, 0, decimals);
        assert_eq!(of(2_000, 4), Some(667));
        assert_eq!(of(15_000, 0), Some(1));
        assert_eq!(of(-15_000, 0), Some(-1));
        assert_eq!(of(14_999, 0), Some(0));
        assert_eq!(of(0, 8), Some(0));
    }

    proptest! {
        #[test]
        fn agrees_with_rationals(high in any::<i64>(), low in any::<u64>(), shrink in 0_u32..120, mantissa in 1_i128..1_000_000_000_000, scale in 0_i32..6, decimals in 0_i32..9) {
            let atoms = i256::from_i128((i128::from(high) << 63 | i128::from(low >> 1)) >> shrink);
            prop_assert_eq!(figure_of_atoms(atoms, mantissa, scale, decimals), expected(atoms, mantissa, scale, decimals));
            let wide = atoms.checked_mul(i256::from_i128(1_000_003)).unwrap();
            prop_assert_eq!(figure_of_atoms(wide, mantissa, scale, decimals), expected(wide, mantissa, scale, decimals));
        }

        #[test]
        fn there_and_back_is_the_identity(value in -1_000_000_000_000_i128..1_000_000_000_000, mantissa in 1_i128..100_000_000, decimals in 0_i32..9) {
            // `value` steps of 10^-decimals of the unit, in steps of 10^-ATOM_SCALE atoms.
            let atoms = value * mantissa * 10_i128.pow(ATOM_SCALE - decimals.unsigned_abs());
            prop_assert_eq!(figure_of_atoms(i256::from_i128(atoms), mantissa, 0, decimals), Some(value));
        }
    }
}
