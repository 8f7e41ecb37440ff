//! Every statement of the PostgreSQL store, in one list, so that a test can EXPLAIN each of them. Lists come in as arrays, one for each column.

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
        concat!("SELECT r.id, u.code AS unit, r.reporter, r.request, r.n_figures::bigint AS n_figures, r.digest, r.stored_at\n", $rest)
    };
}

statements! {
    /// Marks where figures begin.
    SAVEPOINT = "SAVEPOINT figures";
    /// Undoes the figures.
    ROLLBACK_TO_SAVEPOINT = "ROLLBACK TO SAVEPOINT figures";
    /// Asks for nothing.
    PING = "SELECT 1";
    /// Newest migration.
    SCHEMA_VERSION = "SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations";
    /// Whether what is committed is written through.
    SHOW_FSYNC = "SHOW fsync";
    /// Whether pages survive being written in part.
    SHOW_FULL_PAGE_WRITES = "SHOW full_page_writes";

    /// One organisation.
    ORGANISATION = "SELECT id, name, kind, parent FROM organisation WHERE id = $1";
    /// A page of organisations.
    ORGANISATION_PAGE = "SELECT id, name, kind, parent FROM organisation WHERE id > $1 ORDER BY id LIMIT $2";
    /// All organisations.
    ORGANISATION_ALL = "SELECT id, name, kind, parent FROM organisation ORDER BY id";
    /// Inserts or replaces organisations.
    ORGANISATION_PUT = include_str!("queries/organisation_put.sql");

    /// All unit rows.
    UNIT_ROW_ALL = "SELECT code, valid_from, name, level, parent, valid_to FROM unit_row ORDER BY code, valid_from";
    /// Inserts or replaces unit rows.
    UNIT_ROW_PUT = include_str!("queries/unit_row_put.sql");

    /// One version of a form.
    TEMPLATE_VERSION = "SELECT template, fields, vocabulary FROM form_template WHERE form = $1 AND version = $2";
    /// The newest version of a form.
    TEMPLATE_NEWEST = "SELECT template, fields, vocabulary FROM form_template WHERE form = $1 ORDER BY version DESC LIMIT 1";
    /// The newest version of each form, a page.
    TEMPLATE_PAGE = include_str!("queries/template_page.sql");
    /// A new version.
    TEMPLATE_INSERT =
        "INSERT INTO form_template (form, version, registered_at, vocabulary, template, fields, generation) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// Versions of a span of generations: some, and then all of the last one's.
    TEMPLATE_CHANGES =
        "SELECT template, fields, vocabulary, generation FROM form_template WHERE generation > $1 AND generation <= $2
         ORDER BY generation FETCH FIRST $3 ROWS WITH TIES";

    /// How far the registry has come.
    REGISTRY = "SELECT generation, units_generation FROM registry WHERE is_only";
    /// Takes the registry until the transaction ends.
    REGISTRY_RAISE = "UPDATE registry SET generation = generation + 1 WHERE is_only RETURNING generation";
    /// Says that unit rows are of this generation.
    REGISTRY_HAS_UNITS = "UPDATE registry SET units_generation = generation WHERE is_only";

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
    /// How many observations there are. Reads all of an index.
    OBSERVATION_COUNT = "SELECT COUNT(*) FROM observation";
    /// A receipt with the first versions of its figures.
    OBSERVATION_INSERT = include_str!("queries/observation_insert.sql");
    /// Keeps the versions that a correction is about to replace, and holds the current ones.
    OBSERVATION_KEEP_REPLACED = include_str!("queries/observation_keep_replaced.sql");
    /// A receipt with the versions that replace them.
    OBSERVATION_REPLACE = include_str!("queries/observation_replace.sql");

    /// A receipt.
    RECEIPT = receipts!("FROM receipt AS r JOIN unit AS u ON u.number = r.unit WHERE r.id = $1");
    /// A unit's newest receipts.
    RECEIPT_PAGE = receipts!("FROM unit AS u JOIN receipt AS r ON r.unit = u.number WHERE u.code = $1 ORDER BY r.number DESC LIMIT $2");
    /// A unit's receipts older than another.
    RECEIPT_PAGE_BEFORE = receipts!(
        "FROM unit AS u JOIN receipt AS r ON r.unit = u.number
         WHERE u.code = $1 AND r.number < (SELECT b.number FROM receipt AS b WHERE b.id = $2)
         ORDER BY r.number DESC LIMIT $3"
    );

    /// Number of a unit.
    UNIT_FIND = "SELECT number FROM unit WHERE code = $1";
    /// Numbers a unit.
    UNIT_INSERT = "INSERT INTO unit (code) VALUES ($1) ON CONFLICT DO NOTHING";
    /// Numbers of fields with units of measure, with their place in the list.
    TYPED_AS_FIND = include_str!("queries/typed_as_find.sql");
    /// Numbers those that have none.
    TYPED_AS_INSERT = include_str!("queries/typed_as_insert.sql");

    /// A remembered answer.
    ANSWER = "SELECT payload_digest, answer FROM remembered_answer WHERE account = $1 AND request = $2";
    /// Remembers one.
    ANSWER_INSERT = "INSERT INTO remembered_answer (account, request, payload_digest, answer) VALUES ($1, $2, $3, $4)";

    /// A token by its digest.
    TOKEN = "SELECT account, digest, role, scope, expires_at, revoked_at FROM token WHERE digest = $1";
    /// All tokens.
    TOKEN_ALL = "SELECT account, digest, role, scope, expires_at, revoked_at FROM token ORDER BY account";
    /// Inserts or replaces a token.
    TOKEN_PUT = include_str!("queries/token_put.sql");

    /// A page of the audit trail.
    AUDIT_PAGE =
        "SELECT sequence, at, account, act, object, detail, previous, hash FROM audit WHERE sequence > $1 ORDER BY sequence LIMIT $2";
    /// Takes the end of the chain. Its own statement stands in the function; the test of query plans has it too.
    AUDIT_END = "SELECT last_sequence, last_hash FROM audit_end()";
    /// One link more.
    AUDIT_INSERT =
        "INSERT INTO audit (sequence, at, account, act, object, detail, previous, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
}
