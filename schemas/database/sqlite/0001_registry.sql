-- Organisations, the dated tree of reporting units, and the versions of forms.

CREATE TABLE organisation (
    id     TEXT NOT NULL PRIMARY KEY,
    name   TEXT NOT NULL,
    kind   TEXT NOT NULL,
    parent TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE unit_row (
    code       TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    name       TEXT NOT NULL,
    level      TEXT NOT NULL,
    parent     TEXT,
    valid_to   TEXT,
    PRIMARY KEY (code, valid_from)
) STRICT, WITHOUT ROWID;

-- A form is read and written whole, so template and meanings are one JSON text each.
CREATE TABLE form_template (
    form          TEXT NOT NULL,
    version       INTEGER NOT NULL,
    registered_at TEXT NOT NULL,
    vocabulary    TEXT NOT NULL,
    template      TEXT NOT NULL,
    fields        TEXT NOT NULL,
    PRIMARY KEY (form, version)
) STRICT;
