-- The ledger: receipts, the one current observation per unit, period and element, and what corrections replaced.

-- A unit's number, so that an observation carries three bytes of it and not twelve.
CREATE TABLE unit (
    number INTEGER PRIMARY KEY,
    code   TEXT NOT NULL UNIQUE
) STRICT;

-- A field and the unit of measure in which a figure was typed through it.
CREATE TABLE typed_as (
    number          INTEGER PRIMARY KEY,
    form            TEXT NOT NULL,
    field           TEXT NOT NULL,
    since           INTEGER NOT NULL,
    unit_of_measure TEXT NOT NULL,
    UNIQUE (form, field, since, unit_of_measure)
) STRICT;

-- Reporter, time and reason of a figure stand here, once for all figures of the receipt.
CREATE TABLE receipt (
    number    INTEGER PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE,
    unit      INTEGER NOT NULL REFERENCES unit (number),
    reporter  TEXT NOT NULL,
    request   TEXT NOT NULL,
    n_figures INTEGER NOT NULL,
    digest    TEXT NOT NULL,
    stored_at TEXT NOT NULL,
    reason    TEXT NOT NULL
) STRICT;

CREATE INDEX receipt_of_unit ON receipt (unit, number);

-- At most once is this primary key. Period before element: a form is one unit's figures of few periods.
CREATE TABLE observation (
    unit     INTEGER NOT NULL REFERENCES unit (number),
    period   INTEGER NOT NULL,
    element  INTEGER NOT NULL,
    version  INTEGER NOT NULL,
    figure   TEXT NOT NULL,
    typed_as INTEGER NOT NULL REFERENCES typed_as (number),
    receipt  INTEGER NOT NULL REFERENCES receipt (number),
    PRIMARY KEY (unit, period, element)
) STRICT, WITHOUT ROWID;

-- Versions that a correction replaced; the current one stands in observation only, so that a figure is written once.
CREATE TABLE observation_version (
    unit     INTEGER NOT NULL REFERENCES unit (number),
    period   INTEGER NOT NULL,
    element  INTEGER NOT NULL,
    version  INTEGER NOT NULL,
    figure   TEXT NOT NULL,
    typed_as INTEGER NOT NULL REFERENCES typed_as (number),
    receipt  INTEGER NOT NULL REFERENCES receipt (number),
    PRIMARY KEY (unit, period, element, version)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER receipt_stays BEFORE DELETE ON receipt
BEGIN SELECT RAISE(ABORT, 'receipts stay'); END;

CREATE TRIGGER receipt_stands BEFORE UPDATE ON receipt
BEGIN SELECT RAISE(ABORT, 'receipts stand'); END;

CREATE TRIGGER observation_stays BEFORE DELETE ON observation
BEGIN SELECT RAISE(ABORT, 'observations stay'); END;

CREATE TRIGGER observation_version_stays BEFORE DELETE ON observation_version
BEGIN SELECT RAISE(ABORT, 'versions stay'); END;

CREATE TRIGGER observation_version_stands BEFORE UPDATE ON observation_version
BEGIN SELECT RAISE(ABORT, 'versions stand'); END;
