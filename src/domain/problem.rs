//! What a person can get wrong: a stable code, named arguments and the place, without any text.
//!
//! The text comes from `schemas/messages/{zh,en}/problems.toml` through [`crate::domain::message`]. A retired code is never reused.
//! After DHIS2's ErrorCode and Restate's error codes.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Declares the codes once: the enum, its names and the list of all, so that none can be forgotten.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// Stable code of a problem; the name is what clients may rely on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Code {
            /// Every code, in order of declaration.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// Returns the stable name.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Code::$variant => $name,)*
                }
            }

            /// Finds a code by its stable name.
            pub fn find(name: &str) -> Option<Code> {
                match name {
                    $($name => Some(Code::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

codes! {
    /// An identifier is empty. Args: what.
    IdMissing = "ID_MISSING",
    /// An identifier is too long. Args: what, limit.
    IdTooLong = "ID_TOO_LONG",
    /// An identifier has characters that are not allowed. Args: what, value.
    IdMalformed = "ID_MALFORMED",
    /// A mandatory text is empty. Args: what.
    TextMissing = "TEXT_MISSING",
    /// A text is too long. Args: what, limit.
    TextTooLong = "TEXT_TOO_LONG",
    /// A text contains control characters. Args: what.
    TextControlCharacter = "TEXT_CONTROL_CHARACTER",
    /// A list has too many entries. Args: what, limit, n.
    ListTooLong = "LIST_TOO_LONG",
    /// A list is empty. Args: what.
    ListEmpty = "LIST_EMPTY",
    /// Bytes are not valid UTF-8. Args: what.
    EncodingInvalid = "ENCODING_INVALID",
    /// JSON cannot be read. Args: detail.
    JsonMalformed = "JSON_MALFORMED",
    /// CSV cannot be read. Args: detail.
    CsvMalformed = "CSV_MALFORMED",
    /// A CSV column is missing. Args: column.
    CsvColumnMissing = "CSV_COLUMN_MISSING",
    /// A key of a file is not known and ignored (a warning). Args: key.
    KeyUnknown = "KEY_UNKNOWN",
    /// A file that should be a workbook is something else. Args: found.
    WorkbookKindUnknown = "WORKBOOK_KIND_UNKNOWN",
    /// A workbook is damaged. Args: detail.
    WorkbookMalformed = "WORKBOOK_MALFORMED",
    /// A workbook is protected by a password.
    WorkbookEncrypted = "WORKBOOK_ENCRYPTED",
    /// A workbook holds what has no place in one. Args: what.
    WorkbookUnsafe = "WORKBOOK_UNSAFE",
    /// Part of a workbook is not read (a warning). Args: what.
    WorkbookPartLeftOut = "WORKBOOK_PART_LEFT_OUT",
    /// No sheet of a workbook holds a form.
    WorkbookWithoutForm = "WORKBOOK_WITHOUT_FORM",
    /// A sheet holds no form (a warning). Args: sheet.
    SheetWithoutForm = "SHEET_WITHOUT_FORM",
    /// A sheet is hidden and was read all the same (a warning). Args: sheet.
    SheetHidden = "SHEET_HIDDEN",
    /// Rows of a sheet are hidden and were read all the same (a warning). Args: sheet, n.
    SheetRowsHidden = "SHEET_ROWS_HIDDEN",
    /// Each row of a sheet is a person or an enterprise. Args: sheet, columns.
    SheetIsRegister = "SHEET_IS_REGISTER",

    /// Args: value.
    OrganisationKindUnknown = "ORGANISATION_KIND_UNKNOWN",
    /// Args: organisation.
    OrganisationUnknown = "ORGANISATION_UNKNOWN",
    /// Args: organisation.
    OrganisationDuplicate = "ORGANISATION_DUPLICATE",
    /// Args: organisation.
    OrganisationParentMissing = "ORGANISATION_PARENT_MISSING",
    /// Args: organisation.
    OrganisationCycle = "ORGANISATION_CYCLE",

    /// Args: value.
    UnitCodeMalformed = "UNIT_CODE_MALFORMED",
    /// Check character of a unified social credit code is wrong. Args: value.
    UnitCodeCheckCharacter = "UNIT_CODE_CHECK_CHARACTER",
    /// Args: unit.
    UnitUnknown = "UNIT_UNKNOWN",
    /// Two rows of one unit hold at the same time. Args: unit.
    UnitDuplicate = "UNIT_DUPLICATE",
    /// Args: unit, parent.
    UnitParentUnknown = "UNIT_PARENT_UNKNOWN",
    /// Args: unit.
    UnitCycle = "UNIT_CYCLE",
    /// A unit's parent is not above it. Args: unit, level, parent, parent_level.
    UnitLevelOrder = "UNIT_LEVEL_ORDER",
    /// Args: unit, from, to.
    UnitDatesReversed = "UNIT_DATES_REVERSED",
    /// Args: value.
    LevelUnknown = "LEVEL_UNKNOWN",
    /// Args: value.
    DateMalformed = "DATE_MALFORMED",

    /// Args: value.
    PeriodMalformed = "PERIOD_MALFORMED",
    /// Args: value.
    FrequencyUnknown = "FREQUENCY_UNKNOWN",
    /// The period does not fit the frequency. Args: period, frequency.
    PeriodFrequencyMismatch = "PERIOD_FREQUENCY_MISMATCH",
    /// Args: year.
    YearOutOfRange = "YEAR_OUT_OF_RANGE",

    /// Args: form.
    FormUnknown = "FORM_UNKNOWN",
    /// The form belongs to another organisation. Args: form, organisation.
    FormOfOther = "FORM_OF_OTHER",
    /// Args: form, valid_until.
    FormExpired = "FORM_EXPIRED",
    /// 表号, 制定机关 or 批准文号 is missing (a warning until declarations are approved). Args: form, part.
    FormHeaderIncomplete = "FORM_HEADER_INCOMPLETE",
    /// The validity is not a date. Args: value.
    ValidityMalformed = "VALIDITY_MALFORMED",
    /// Args: form, version.
    FormVersionUnknown = "FORM_VERSION_UNKNOWN",
    /// The version registered is the one in force. Args: form, version.
    FormUnchanged = "FORM_UNCHANGED",
    /// Args: form.
    FormWithoutFields = "FORM_WITHOUT_FIELDS",
    /// Args: field.
    FieldDuplicate = "FIELD_DUPLICATE",
    /// Args: field.
    FieldUnknown = "FIELD_UNKNOWN",
    /// Args: field, limit.
    FieldPathTooDeep = "FIELD_PATH_TOO_DEEP",
    /// Args: field, value.
    FieldTypeUnknown = "FIELD_TYPE_UNKNOWN",
    /// A unit of measure is not known; the field is kept and never converted (a warning). Args: field, unit.
    FieldUnitUnknown = "FIELD_UNIT_UNKNOWN",
    /// Args: field, value.
    FieldDecimalsOutOfRange = "FIELD_DECIMALS_OUT_OF_RANGE",
    /// A field is marked classified. Args: field.
    FieldClassified = "FIELD_CLASSIFIED",
    /// A label asks for a person's identifier. Args: field, identifier.
    FieldPersonalIdentifier = "FIELD_PERSONAL_IDENTIFIER",

    /// A printed rule has a word that does not fit (a warning; the rule is not checked). Args: clause, word, at.
    RuleSyntax = "RULE_SYNTAX",
    /// A printed rule names what the form does not have (a warning). Args: clause, word.
    RuleWordUnknown = "RULE_WORD_UNKNOWN",
    /// A printed rule names what the form has several times (a warning). Args: clause, word, n.
    RuleWordAmbiguous = "RULE_WORD_AMBIGUOUS",
    /// The rows of a printed rule have no column in common, or nothing says which (a warning). Args: clause.
    RuleColumnsUnclear = "RULE_COLUMNS_UNCLEAR",
    /// A printed rule names a form that is not known (a warning). Args: clause, word.
    RuleFormUnknown = "RULE_FORM_UNKNOWN",
    /// A printed rule reckons with a field that is no number (a warning). Args: clause, word.
    RuleNotANumber = "RULE_NOT_A_NUMBER",
    /// A printed rule is longer or names more cells than is read (a warning). Args: clause.
    RuleTooLarge = "RULE_TOO_LARGE",
    /// Figures break a printed rule. Args: title, period, rule, clause, shown, fields, left, right, figures.
    RuleBroken = "RULE_BROKEN",
    /// Figures break a printed rule that takes an explanation, and none is given. Args: title, period, rule, clause, shown, fields, left, right, figures.
    RuleExplanationMissing = "RULE_EXPLANATION_MISSING",
    /// Figures break a printed rule, with an explanation (a warning). Args: title, period, rule, clause, shown, fields, left, right, figures.
    RuleExplained = "RULE_EXPLAINED",
    /// Figures break what the form's structure implies, which nobody has confirmed (a warning). Args: title, period, clause, shown, fields, left, right, figures.
    TotalDoubtful = "TOTAL_DOUBTFUL",
    /// An explanation stands beside a figure about which no rule asks (a warning; it is kept). Args: label, period.
    ExplanationNotAsked = "EXPLANATION_NOT_ASKED",
    /// A colleague changed the draft since. Args: expected, version, account.
    DraftStale = "DRAFT_STALE",
    /// Args: unit, due.
    DraftUnknown = "DRAFT_UNKNOWN",
    /// Args: dispute.
    DisputeUnknown = "DISPUTE_UNKNOWN",
    /// The dispute was answered or taken back. Args: dispute, state, account.
    DisputeEnded = "DISPUTE_ENDED",
    /// The unit has an open dispute of the figure. Args: label, dispute.
    DisputeOpen = "DISPUTE_OPEN",
    /// The unit reported the figure itself. Args: label, period.
    DisputeOwnFigure = "DISPUTE_OWN_FIGURE",
    /// The figure is made from several units' and nothing says whose is meant. Args: label, n.
    DisputeSourceUnclear = "DISPUTE_SOURCE_UNCLEAR",
    /// The correction has none of the figures in dispute. Args: dispute, label.
    DisputeNotAnswered = "DISPUTE_NOT_ANSWERED",
    /// Part of a printed rule states no relation (a warning where it is listed at all). Args: clause.
    RuleRemark = "RULE_REMARK",

    /// A figure is missing. Args: label.
    FigureMissing = "FIGURE_MISSING",
    /// Args: value, label, dtype.
    FigureTypeMismatch = "FIGURE_TYPE_MISMATCH",
    /// Args: value, label, decimals.
    FigureTooManyDecimals = "FIGURE_TOO_MANY_DECIMALS",
    /// Args: value, label.
    FigureOutOfRange = "FIGURE_OUT_OF_RANGE",
    /// Args: value, label.
    FigureNegative = "FIGURE_NEGATIVE",
    /// Args: value, label, options.
    FigureNotAnOption = "FIGURE_NOT_AN_OPTION",
    /// Args: unit_of_measure, label, expected.
    FigureUnitMismatch = "FIGURE_UNIT_MISMATCH",
    /// A figure is given twice in one submission. Args: element, period.
    FigureDuplicate = "FIGURE_DUPLICATE",
    /// The plan does not ask this unit for the figure. Args: element, unit, period.
    FigureNotAsked = "FIGURE_NOT_ASKED",
    /// The figure is computed from others, not typed. Args: label, period.
    FigureComputed = "FIGURE_COMPUTED",
    /// Already reported. Args: label, value, unit_of_measure, reporter, receipt, period.
    FigureHeld = "FIGURE_HELD",
    /// Nothing to correct. Args: label, period.
    FigureNotHeld = "FIGURE_NOT_HELD",
    /// The figure changed since it was read. Args: label, expected, version.
    FigureVersionStale = "FIGURE_VERSION_STALE",
    /// A correction needs a reason.
    ReasonMissing = "REASON_MISSING",
    /// Args: element.
    ElementUnknown = "ELEMENT_UNKNOWN",
    /// The due date is not one of the unit's. Args: due, unit.
    DueDateUnknown = "DUE_DATE_UNKNOWN",
    /// The form does not ask units of this level. Args: form, unit, level.
    FormLevelMismatch = "FORM_LEVEL_MISMATCH",

    /// A request id was used with another payload. Args: request.
    RequestIdReused = "REQUEST_ID_REUSED",
    /// Args: value.
    CursorMalformed = "CURSOR_MALFORMED",
    /// Args: value, limit.
    PageSizeOutOfRange = "PAGE_SIZE_OUT_OF_RANGE",
    /// A wanted part of the request is missing. Args: what.
    RequestPartMissing = "REQUEST_PART_MISSING",
    /// Args: value, what.
    RequestValueUnknown = "REQUEST_VALUE_UNKNOWN",
    /// Args: receipt.
    ReceiptUnknown = "RECEIPT_UNKNOWN",
    /// The bytes of a request are no message of the method. Args: detail.
    RequestMalformed = "REQUEST_MALFORMED",
    /// A request has more bytes than are taken. Args: limit.
    RequestTooLarge = "REQUEST_TOO_LARGE",
    /// Nothing answers under this name. Args: method.
    MethodUnknown = "METHOD_UNKNOWN",
    /// The answer took too long and was given up. Args: limit (seconds).
    RequestTimeout = "REQUEST_TIMEOUT",

    /// Both ends of a question are one field. Args: field.
    DecisionOfOneField = "DECISION_OF_ONE_FIELD",
    /// An earlier decision says otherwise. Args: decision, verdict, a, b, reviewer.
    DecisionContradicts = "DECISION_CONTRADICTS",
    /// The figures are of different kinds. Args: facet, a, a_value, b, b_value.
    DecisionVetoed = "DECISION_VETOED",
    /// A form asks for both figures. Args: form, a, b.
    DecisionWithinForm = "DECISION_WITHIN_FORM",
    /// The reviewer answered this question already. Args: decision, verdict.
    DecisionStands = "DECISION_STANDS",
    /// Args: decision.
    DecisionUnknown = "DECISION_UNKNOWN",
    /// Args: decision, reviewer.
    DecisionUndone = "DECISION_UNDONE",
    /// Another reviewer contradicts it; the disagreement comes first. Args: decision, other.
    DecisionDisputed = "DECISION_DISPUTED",
    /// A later decision rests on it. Args: decision, other.
    DecisionNeeded = "DECISION_NEEDED",
    /// Nobody contradicts this decision. Args: decision.
    DisagreementUnknown = "DISAGREEMENT_UNKNOWN",
    /// Args: conflict.
    FigureConflictUnknown = "FIGURE_CONFLICT_UNKNOWN",

    /// No token, or one that is unknown, expired or revoked.
    CallerUnknown = "CALLER_UNKNOWN",
    /// The caller may not do this. Args: act.
    CallerMayNot = "CALLER_MAY_NOT",
    /// The caller may not act for this unit. Args: unit.
    CallerNotOfUnit = "CALLER_NOT_OF_UNIT",
    /// Args: value.
    RoleUnknown = "ROLE_UNKNOWN",
    /// The role must be bound to an organisation or to a unit. Args: role.
    RoleScopeMissing = "ROLE_SCOPE_MISSING",

    /// Two transactions met; try again.
    StoreConflict = "STORE_CONFLICT",
    /// The store cannot be reached or cannot write; nothing was stored.
    StoreUnavailable = "STORE_UNAVAILABLE",
    /// Our own fault; the log has the details. Args: incident.
    Internal = "INTERNAL",
    /// The server is at its limit. Args: limit.
    Overloaded = "OVERLOADED",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much a problem weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The act is refused (错误).
    Error,
    /// The act goes through and the problem is told (警告).
    Warning,
}

/// Where a problem is. Parts that do not apply are `None`; rows count from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// File, as the user named it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub file: Option<String>,
    /// Sheet of a workbook.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sheet: Option<String>,
    /// Form id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub form: Option<String>,
    /// Row of a table, or position in a list, from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub row: Option<u64>,
    /// Column of a table, or name of a part of the request.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub column: Option<String>,
    /// Field id of a form, or element of a consolidated form.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub field: Option<String>,
}

impl Place {
    /// A row of a table or a position in a list, from 1.
    pub fn row(n: usize) -> Self {
        Self { row: Some(n as u64), ..Self::default() }
    }

    /// A field of a form.
    pub fn field(field: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..Self::default() }
    }

    /// A named part of the request.
    pub fn part(name: impl Into<String>) -> Self {
        Self { column: Some(name.into()), ..Self::default() }
    }

    /// Adds the column.
    pub fn column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }

    /// Adds the form.
    pub fn in_form(mut self, form: impl Into<String>) -> Self {
        self.form = Some(form.into());
        self
    }

    /// Adds the file.
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// Adds the sheet.
    pub fn on_sheet(mut self, sheet: impl Into<String>) -> Self {
        self.sheet = Some(sheet.into());
        self
    }

    /// Adds the row.
    pub fn at_row(mut self, n: usize) -> Self {
        self.row = Some(n as u64);
        self
    }
}

/// Longest argument that a problem carries, in characters; longer ones are cut with an ellipsis.
pub const MAX_ARG_CHARS: usize = 120;
/// Longest value of an argument that is told in full, in characters.
pub const MAX_FULL_ARG_CHARS: usize = 2_000;

/// One thing that is wrong (问题).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What is wrong.
    pub code: Code,
    /// How much it weighs.
    pub severity: Severity,
    /// Named arguments of the message, in order of naming.
    pub args: Vec<(String, String)>,
    /// Where it is.
    pub place: Place,
}

impl Problem {
    /// Makes an error without arguments or place.
    pub fn new(code: Code) -> Self {
        Self { code, severity: Severity::Error, args: Vec::new(), place: Place::default() }
    }

    /// Makes a warning without arguments or place.
    pub fn warning(code: Code) -> Self {
        Self { severity: Severity::Warning, ..Self::new(code) }
    }

    /// Adds a named argument; control characters are replaced and long values cut, so that hostile input stays readable.
    pub fn arg(self, name: &str, value: impl fmt::Display) -> Self {
        self.cut_arg(name, &value.to_string(), MAX_ARG_CHARS)
    }

    /// As [`Self::arg`], for what must be told word for word: cut where no printed rule is longer.
    pub fn arg_in_full(self, name: &str, value: impl fmt::Display) -> Self {
        self.cut_arg(name, &value.to_string(), MAX_FULL_ARG_CHARS)
    }

    fn cut_arg(mut self, name: &str, text: &str, max_chars: usize) -> Self {
        let mut shown: String = text.chars().take(max_chars).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        if text.chars().nth(max_chars).is_some() {
            shown.push('…');
        }
        self.args.push((name.to_owned(), shown));
        self
    }

    /// Sets the place.
    pub fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// Returns the named argument.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.args.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Whether the act is refused because of it.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Checks a name or title that a person typed: present, at most 200 characters, no control characters.
pub fn check_text(text: &str, what: &str, max_chars: usize) -> Option<Problem> {
    if text.trim().is_empty() {
        return Some(Problem::new(Code::TextMissing).arg("what", what));
    }
    check_optional_text(text, what, max_chars)
}

/// As [`check_text`], but the text may be empty.
pub fn check_optional_text(text: &str, what: &str, max_chars: usize) -> Option<Problem> {
    if text.len() > max_chars && text.chars().nth(max_chars).is_some() {
        return Some(Problem::new(Code::TextTooLong).arg("what", what).arg("limit", max_chars));
    }
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t' && c != '\r') {
        return Some(Problem::new(Code::TextControlCharacter).arg("what", what));
    }
    None
}

/// Checks a mandatory text in a table, at a row from 1.
pub fn field_of_table(text: &str, column: &str, row: usize) -> Option<Problem> {
    check_text(text, column, 200).map(|p| p.at(Place::row(row).column(column)))
}

impl fmt::Display for Problem {
    /// Prints the code and the arguments, for logs; people read [`crate::domain::message::render`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.as_str())?;
        for (name, value) in &self.args {
            write!(f, " {name}={value:?}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}
