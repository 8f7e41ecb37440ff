//! Every statement of the SQLite store, in one list, so that a test can EXPLAIN each of them. Lists come in as one JSON text.

/// A statement as the test of query plans sees it.
#[cfg(test)]
pub(super) struct Listed {
    /// Its name.
    pub(super) name: &'static str,
    /// Its text.
    pub(super) sql: &'static str,
}

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* pub(super) const $name: &str = $sql;)*
        /// All of them.
        #[cfg(test)]
        pub(super) const ALL: &[Listed] = &[$(Listed { name: stringify!($name), sql: $name },)*];
    };
}

macro_rules! observations {
    ($file:literal) => {
        concat!(include_str!("queries/observation_columns.sql"), include_str!($file), include_str!("queries/observation_details.sql"))
    };
}

macro_rules! receipts {
    ($rest:literal) => {
        concat!(include_str!("queries/receipt_columns.sql"), $rest)
    };
}

statements! {
    /// Takes the write lock at once, so that no transaction has to upgrade.
    BEGIN = "BEGIN IMMEDIATE";
    /// Ends a transaction.
    COMMIT = "COMMIT";
    /// Undoes a transaction.
    ROLLBACK = "ROLLBACK";
    /// Marks where figures begin.
    SAVEPOINT = "SAVEPOINT figures";
    /// Undoes the figures.
    ROLLBACK_TO_SAVEPOINT = "ROLLBACK TO figures";
    /// Keeps the figures.
    RELEASE_SAVEPOINT = "RELEASE figures";
    /// Asks for nothing.
    PING = "SELECT 1";
    /// Newest migration.
    SCHEMA_VERSION = "SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations";

    /// One organisation.
    ORGANISATION = "SELECT id, name, kind, parent FROM organisation WHERE id = ?1";
    /// A page of organisations.
    ORGANISATION_PAGE = "SELECT id, name, kind, parent FROM organisation WHERE id > ?1 ORDER BY id LIMIT ?2";
    /// All organisations.
    ORGANISATION_ALL = "SELECT id, name, kind, parent FROM organisation ORDER BY id";
    /// Inserts or replaces organisations.
    ORGANISATION_PUT = include_str!("queries/organisation_put.sql");

    /// All unit rows.
    UNIT_ROW_ALL = "SELECT code, valid_from, name, level, parent, valid_to FROM unit_row ORDER BY code, valid_from";
    /// Inserts or replaces unit rows.
    UNIT_ROW_PUT = include_str!("queries/unit_row_put.sql");

    /// One version of a form.
    TEMPLATE_VERSION = "SELECT template, fields, vocabulary FROM form_template WHERE form = ?1 AND version = ?2";
    /// The newest version of a form.
    TEMPLATE_NEWEST = "SELECT template, fields, vocabulary FROM form_template WHERE form = ?1 ORDER BY version DESC LIMIT 1";
    /// The newest version of each form, a page.
    TEMPLATE_PAGE = include_str!("queries/template_page.sql");
    /// A new version.
    TEMPLATE_INSERT =
        "INSERT INTO form_template (form, version, registered_at, vocabulary, template, fields) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

    /// Observations of units.
    OBSERVATIONS_OF_UNITS = observations!("queries/observations_of_units.sql");
    /// Observations of units and elements.
    OBSERVATIONS_OF_ELEMENTS = observations!("queries/observations_of_elements.sql");
    /// Observations of units and periods.
    OBSERVATIONS_OF_PERIODS = observations!("queries/observations_of_periods.sql");
    /// Observations of units, periods and elements.
    OBSERVATIONS_OF_ALL = observations!("queries/observations_of_all.sql");
    /// Observations under keys.
    OBSERVATIONS_AT = observations!("queries/observations_at.sql");
    /// All versions of one observation: the replaced ones and the current one, in one statement, so that none can move in between.
    OBSERVATION_VERSIONS = concat!(
        include_str!("queries/observation_columns.sql"),
        include_str!("queries/version_replaced.sql"),
        include_str!("queries/observation_details.sql"),
        "UNION ALL\n",
        include_str!("queries/observation_columns.sql"),
        include_str!("queries/version_current.sql"),
        include_str!("queries/observation_details.sql"),
        "ORDER BY version"
    );
    /// How many observations there are. Reads the whole table.
    OBSERVATION_COUNT = "SELECT COUNT(*) FROM observation";
    /// First versions of figures.
    OBSERVATION_INSERT = include_str!("queries/observation_insert.sql");
    /// Keeps the versions that a correction is about to replace.
    OBSERVATION_KEEP_REPLACED = include_str!("queries/observation_keep_replaced.sql");
    /// Replaces them.
    OBSERVATION_REPLACE = include_str!("queries/observation_replace.sql");

    /// A receipt.
    RECEIPT = receipts!("FROM receipt AS r CROSS JOIN unit AS u ON u.number = r.unit WHERE r.id = ?1");
    /// A unit's newest receipts.
    RECEIPT_PAGE = receipts!(
        "FROM unit AS u CROSS JOIN receipt AS r ON r.unit = u.number WHERE u.code = ?1 ORDER BY r.number DESC LIMIT ?2"
    );
    /// A unit's receipts older than another.
    RECEIPT_PAGE_BEFORE = receipts!(
        "FROM unit AS u CROSS JOIN receipt AS r ON r.unit = u.number
         WHERE u.code = ?1 AND r.number < (SELECT b.number FROM receipt AS b WHERE b.id = ?2)
         ORDER BY r.number DESC LIMIT ?3"
    );
    /// A new receipt.
    RECEIPT_INSERT =
        "INSERT INTO receipt (id, unit, reporter, request, n_figures, digest, stored_at, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

    /// Number of a unit.
    UNIT_FIND = "SELECT number FROM unit WHERE code = ?1";
    /// Numbers a unit.
    UNIT_INSERT = "INSERT INTO unit (code) VALUES (?1)";
    /// Numbers of fields with units of measure, with their place in the list.
    TYPED_AS_FIND = include_str!("queries/typed_as_find.sql");
    /// Numbers those that have none.
    TYPED_AS_INSERT =
        "INSERT INTO typed_as (form, field, since, unit_of_measure)
         SELECT f.value ->> 0, f.value ->> 1, f.value ->> 2, f.value ->> 3 FROM json_each(?1) AS f WHERE TRUE ON CONFLICT DO NOTHING";

    /// A remembered answer.
    ANSWER = "SELECT payload_digest, answer FROM remembered_answer WHERE account = ?1 AND request = ?2";
    /// Remembers one.
    ANSWER_INSERT = "INSERT INTO remembered_answer (account, request, payload_digest, answer) VALUES (?1, ?2, ?3, ?4)";

    /// A token by its digest.
    TOKEN = "SELECT account, digest, role, scope, expires_at, revoked_at FROM token WHERE digest = ?1";
    /// All tokens.
    TOKEN_ALL = "SELECT account, digest, role, scope, expires_at, revoked_at FROM token ORDER BY account";
    /// Inserts or replaces a token.
    TOKEN_PUT = include_str!("queries/token_put.sql");

    /// A page of the audit trail.
    AUDIT_PAGE =
        "SELECT sequence, at, account, act, object, detail, previous, hash FROM audit WHERE sequence > ?1 ORDER BY sequence LIMIT ?2";
    /// End of the chain.
    AUDIT_LAST = "SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1";
    /// One link more.
    AUDIT_INSERT =
        "INSERT INTO audit (sequence, at, account, act, object, detail, previous, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
}
