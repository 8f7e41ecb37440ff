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
    /// Takes the write lock for a group of submissions and asks on what it builds: last receipt, end of the audit chain, settlement.
    GROUP_BEGIN = include_str!("queries/group_begin.sql");
    /// Everything that a group stores. What meets a held key, or anything else that is taken, stops it. Its parameters are one after the other:
    /// a numbered one is bound wrongly in a text of several statements, since each statement counts its own.
    GROUP_INSERT = include_str!("queries/group_insert.sql");
    /// Undoes what a group stored.
    GROUP_UNDO = "ROLLBACK TO members";
    /// Marks where a member of a group begins.
    MEMBER = "SAVEPOINT member";
    /// Undoes the member.
    MEMBER_UNDO = "ROLLBACK TO member";
    /// Keeps the member.
    MEMBER_KEEP = "RELEASE member";
    /// Asks for nothing.
    PING = "SELECT 1";
    /// Stops enforcing references.
    REFERENCES_OFF = "PRAGMA foreign_keys = OFF";
    /// Enforces references.
    REFERENCES_ON = "PRAGMA foreign_keys = ON";
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
    /// The newest versions of some forms.
    TEMPLATES_NEWEST_OF = include_str!("queries/templates_newest_of.sql");
    /// The newest version of each form, a page.
    TEMPLATE_PAGE = include_str!("queries/template_page.sql");
    /// Other meanings for a version.
    TEMPLATE_REREAD = "UPDATE form_template SET fields = ?3, vocabulary = ?4 WHERE form = ?1 AND version = ?2";
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
    /// How many observations there are, without those that were set aside. Reads the whole table.
    OBSERVATION_COUNT = "SELECT COUNT(*) FROM observation WHERE element >= 0";
    /// First versions of figures.
    OBSERVATION_INSERT = include_str!("queries/observation_insert.sql");
    /// Keeps the versions that a correction is about to replace.
    OBSERVATION_KEEP_REPLACED = include_str!("queries/observation_keep_replaced.sql");
    /// Replaces them.
    OBSERVATION_REPLACE = include_str!("queries/observation_replace.sql");

    /// All decisions.
    DECISION_ALL = concat!(include_str!("queries/decision_columns.sql"), "FROM decision ORDER BY number");
    /// A new decision.
    DECISION_INSERT = include_str!("queries/decision_insert.sql");
    /// Marks one as undone, once.
    DECISION_UNDO = "UPDATE decision SET undone_by = ?2, undone_at = ?3, undone_note = ?4 WHERE number = ?1 AND undone_by IS NULL";
    /// Puts one in force that was disputed.
    DECISION_UPHOLD = "UPDATE decision SET is_disputed = 0 WHERE number = ?1 AND is_disputed = 1";
    /// Gives decisions the keys that a new vocabulary gives their fields.
    DECISION_RENAME =
        "UPDATE decision SET a_key = r.value ->> 1, b_key = r.value ->> 2, sets_apart = r.value ->> 3 FROM json_each(?1) AS r WHERE decision.number = r.value ->> 0";
    /// Which settlement is in force.
    SETTLEMENT_VERSION = "SELECT version FROM settlement WHERE number = 1";
    /// The next one is.
    SETTLEMENT_NEXT = "UPDATE settlement SET version = version + 1 WHERE number = 1";
    /// Every field through which something was typed.
    TYPED_FIELDS = "SELECT DISTINCT form, field, since FROM typed_as ORDER BY form, field, since";
    /// Numbers under which something was typed through fields, with the place of each field in the list.
    MOVE_FIND = include_str!("queries/move_find.sql");
    /// Moves the figures typed under one number where their new element is free, replaced versions first. Looks into each unit's periods.
    MOVE_DIRECT_VERSIONS = include_str!("queries/move_direct_versions.sql");
    /// The same for the figures themselves.
    MOVE_DIRECT = include_str!("queries/move_direct.sql");
    /// Figures already set aside get another element to wait for.
    MOVE_AIM = include_str!("queries/move_aim.sql");
    /// Lists the figures that leave their element. Looks into each unit's periods, a province's in seconds.
    MOVE_LIST = include_str!("queries/move_list.sql");
    /// Replaced versions leave with them.
    MOVE_LEAVE_VERSIONS = include_str!("queries/move_leave_versions.sql");
    /// They leave.
    MOVE_LEAVE = include_str!("queries/move_leave.sql");
    /// All that leave have left.
    MOVE_LEFT = "UPDATE figure_conflict SET stage = 0 WHERE stage = 1";
    /// Chooses those that get their place: where it is free, the one with the lowest number.
    MOVE_PLACE = include_str!("queries/move_place.sql");
    /// Replaced versions arrive.
    MOVE_ARRIVE_VERSIONS = include_str!("queries/move_arrive_versions.sql");
    /// Figures arrive.
    MOVE_ARRIVE = include_str!("queries/move_arrive.sql");
    /// They are no longer set aside.
    MOVE_ARRIVED = "DELETE FROM figure_conflict WHERE stage = 2";
    /// How many wait for some elements.
    MOVE_WAITING = "SELECT COUNT(*) FROM figure_conflict WHERE element IN (SELECT value FROM json_each(?1))";
    /// A page of figures that were set aside.
    CONFLICT_PAGE = concat!(
        "SELECT c.number AS number, c.resolved_by AS resolved_by, c.resolved_at AS resolved_at, c.resolved_note AS resolved_note,\n",
        include_str!("queries/aside_columns.sql"),
        include_str!("queries/conflict_page.sql")
    );
    /// Every version of the figures of a unit that were set aside.
    ASIDE_OF_UNIT = concat!(
        "SELECT ",
        include_str!("queries/aside_columns.sql"),
        include_str!("queries/aside_current.sql"),
        include_str!("queries/observation_details.sql"),
        "UNION ALL\nSELECT ",
        include_str!("queries/aside_columns.sql"),
        include_str!("queries/aside_replaced.sql"),
        include_str!("queries/observation_details.sql")
    );
    /// A figure that was set aside, with the number of the one that stands.
    CONFLICT_FIND = include_str!("queries/conflict_find.sql");
    /// Keeps a figure under another element.
    FIGURE_REFILE = "UPDATE observation SET element = ?4 WHERE unit = ?1 AND period = ?2 AND element = ?3";
    /// Keeps its replaced versions there.
    VERSIONS_REFILE = "UPDATE observation_version SET element = ?4 WHERE unit = ?1 AND period = ?2 AND element = ?3";
    /// Resolves a conflict.
    CONFLICT_RESOLVE =
        "UPDATE figure_conflict SET aside = ?2, resolved_by = ?3, resolved_at = ?4, resolved_note = ?5 WHERE number = ?1";

    /// Explains figures that stand.
    EXPLANATION_INSERT = include_str!("queries/explanation_insert.sql");
    /// Explanations of all versions under keys.
    EXPLANATIONS_AT = include_str!("queries/explanations_at.sql");

    /// A draft.
    DRAFT = "SELECT unit, due, version, cells, saved_by, saved_at FROM draft WHERE unit = ?1 AND due = ?2";
    /// All drafts of a unit.
    DRAFTS_OF_UNIT = "SELECT unit, due, version, cells, saved_by, saved_at FROM draft WHERE unit = ?1 ORDER BY due";
    /// The first version of a draft, or the next one.
    DRAFT_PUT = include_str!("queries/draft_put.sql");
    /// Removes a version of a draft.
    DRAFT_REMOVE = "DELETE FROM draft WHERE unit = ?1 AND due = ?2 AND version = ?3";

    /// A dispute.
    DISPUTE = "SELECT number, unit, addressee, about, raised_by, raised_at, state, ended_by, ended_at, note, receipt FROM dispute WHERE number = ?1";
    /// The open dispute of a unit about a subject.
    DISPUTE_OPEN = "SELECT number FROM dispute WHERE unit = ?1 AND subject = ?2 AND state = 'open'";
    /// A page of disputes.
    DISPUTE_PAGE =
        "SELECT number, unit, addressee, about, raised_by, raised_at, state, ended_by, ended_at, note, receipt FROM dispute
         WHERE number > ?1 ORDER BY number LIMIT ?2";
    /// A page of those that a party raised or is asked about.
    DISPUTE_PAGE_OF =
        "SELECT number, unit, addressee, about, raised_by, raised_at, state, ended_by, ended_at, note, receipt FROM dispute
         WHERE number IN (
             SELECT a.number FROM dispute AS a WHERE a.unit = ?1 AND a.number > ?3
             UNION ALL
             SELECT b.number FROM dispute AS b WHERE b.addressee = ?2 AND b.number > ?3
         )
         ORDER BY number LIMIT ?4";
    /// A new dispute.
    DISPUTE_INSERT =
        "INSERT INTO dispute (unit, addressee, subject, about, raised_by, raised_at, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'open') RETURNING number";
    /// Ends a dispute.
    DISPUTE_END =
        "UPDATE dispute SET state = ?2, ended_by = ?3, ended_at = ?4, note = ?5, receipt = ?6
         WHERE number = ?1 AND state = 'open'";

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
        "INSERT INTO typed_as (form, field, since, unit_of_measure, element)
         SELECT f.value ->> 0, f.value ->> 1, f.value ->> 2, f.value ->> 3, f.value ->> 4 FROM json_each(?1) AS f WHERE TRUE ON CONFLICT DO NOTHING";

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
