//! Identifiers as types of their own, so that two of them can never be swapped.
//!
//! Knows nothing of how an identifier is stored. Parsing here is the only way in; what holds a value is valid.

use serde::{Deserialize, Serialize};
use std::fmt;

use crate::domain::problem::{Code, Problem};

/// Longest identifier that is taken from outside, in characters.
pub const MAX_ID_CHARS: usize = 128;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Parses an identifier from outside: 1 to [`MAX_ID_CHARS`] characters without control characters or white space.
            pub fn parse(text: &str) -> Result<Self, Problem> {
                check_id(text, $what)?;
                Ok(Self(text.to_owned()))
            }

            /// Takes a value that this system made or stored itself.
            pub fn from_stored(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// Returns the identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// Organisation (单位 / 部门).
    OrganisationId, "organisation");
text_id!(
    /// Form number inside the system (表单标识), unique over all departments; its versions share it.
    FormId, "form");
text_id!(
    /// Field of a form as the form numbers it; unique within its form.
    FieldId, "field");
text_id!(
    /// Request id (请求号) chosen by the client: the same id with the same payload gives the same answer.
    RequestId, "request");
text_id!(
    /// Account (账号): who acts; in this version the name of an API token.
    AccountId, "account");
text_id!(
    /// Receipt (回执) of a stored submission or correction.
    ReceiptId, "receipt");

/// Data element (数据元), named by the digest of its canonical key, so that the same meaning always has the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ElementId(u64);

impl ElementId {
    /// Names the element with this canonical key: the first 63 bits of its BLAKE3 digest.
    pub fn of_key(key: &str) -> Self {
        let digest = blake3::hash(key.as_bytes());
        let mut first = [0_u8; 8];
        first.copy_from_slice(digest.as_bytes().first_chunk::<8>().unwrap_or(&[0; 8]));
        Self(u64::from_be_bytes(first) >> 1)
    }

    /// Takes a number that this system stored.
    pub fn from_stored(number: i64) -> Self {
        Self(number.unsigned_abs())
    }

    /// Returns the id as the non-negative number under which it is stored.
    pub fn to_stored(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }

    /// Parses the printed form, `e` and 16 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let number = text.strip_prefix('e').filter(|hex| hex.len() == 16).and_then(|hex| u64::from_str_radix(hex, 16).ok());
        match number {
            Some(number) if number <= i64::MAX as u64 => Ok(Self(number)),
            _ => Err(Problem::new(Code::IdMalformed).arg("what", "element").arg("value", text)),
        }
    }
}

impl fmt::Display for ElementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "e{:016x}", self.0)
    }
}

impl From<ElementId> for String {
    fn from(id: ElementId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for ElementId {
    type Error = Problem;
    fn try_from(text: String) -> Result<Self, Problem> {
        Self::parse(&text)
    }
}

/// A field of a form across the form's versions: the identity that an observation remembers.
///
/// `since` is the version in which the field got its present meaning; a new version that does not change the field keeps it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FieldKey {
    /// The form.
    pub form: FormId,
    /// The field within the form.
    pub field: FieldId,
    /// The template version that gave the field its present meaning, from 1.
    pub since: u32,
}

impl fmt::Display for FieldKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}@{}", self.form, self.field, self.since)
    }
}

fn check_id(text: &str, what: &'static str) -> Result<(), Problem> {
    let n_chars = text.chars().take(MAX_ID_CHARS + 1).count();
    if n_chars == 0 {
        return Err(Problem::new(Code::IdMissing).arg("what", what));
    }
    if n_chars > MAX_ID_CHARS {
        return Err(Problem::new(Code::IdTooLong).arg("what", what).arg("limit", MAX_ID_CHARS));
    }
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(Problem::new(Code::IdMalformed).arg("what", what).arg("value", text));
    }
    Ok(())
}
