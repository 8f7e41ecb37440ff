-- Decisions of reviewers, and figures that a decision moves from one element to another.

CREATE TABLE decision (
    number      INTEGER PRIMARY KEY,
    a_form      TEXT NOT NULL,
    a_field     TEXT NOT NULL,
    a_since     INTEGER NOT NULL,
    b_form      TEXT NOT NULL,
    b_field     TEXT NOT NULL,
    b_since     INTEGER NOT NULL,
    -- Keys that the readings gave, and whether b is set apart from others with its key; these change with the vocabulary.
    a_key       TEXT NOT NULL,
    b_key       TEXT NOT NULL,
    sets_apart  INTEGER NOT NULL,
    verdict     TEXT NOT NULL,
    note        TEXT NOT NULL,
    decided_by  TEXT NOT NULL,
    decided_at  TEXT NOT NULL,
    is_disputed INTEGER NOT NULL,
    undone_by   TEXT,
    undone_at   TEXT,
    undone_note TEXT
) STRICT;

CREATE TRIGGER decision_stays BEFORE DELETE ON decision
BEGIN SELECT RAISE(ABORT, 'decisions stay'); END;

CREATE TRIGGER decision_stands BEFORE UPDATE OF number, a_form, a_field, a_since, b_form, b_field, b_since, verdict, note, decided_by, decided_at ON decision
BEGIN SELECT RAISE(ABORT, 'decisions stand'); END;

-- Rises with everything that may file figures under other elements, so that whoever read the plan before can tell.
CREATE TABLE settlement (
    number  INTEGER PRIMARY KEY CHECK (number = 1),
    version INTEGER NOT NULL
) STRICT;

INSERT INTO settlement (number, version) VALUES (1, 0);

-- A field, the unit of measure and the element in and under which a figure was typed through it: a receipt digests that element, wherever the
-- figure is kept later.
CREATE TABLE typed_as_new (
    number          INTEGER PRIMARY KEY,
    form            TEXT NOT NULL,
    field           TEXT NOT NULL,
    since           INTEGER NOT NULL,
    unit_of_measure TEXT NOT NULL,
    element         INTEGER NOT NULL,
    UNIQUE (form, field, since, unit_of_measure, element)
) STRICT;

-- A number keeps the first element that it was used with; figures of another element get a number of their own.
INSERT INTO typed_as_new (number, form, field, since, unit_of_measure, element)
SELECT t.number, t.form, t.field, t.since, t.unit_of_measure, used.element
FROM (SELECT typed_as, MIN(element) AS element
      FROM (SELECT typed_as, element FROM observation UNION SELECT typed_as, element FROM observation_version)
      GROUP BY typed_as) AS used
JOIN typed_as AS t ON t.number = used.typed_as;

INSERT INTO typed_as_new (form, field, since, unit_of_measure, element)
SELECT t.form, t.field, t.since, t.unit_of_measure, used.element
FROM (SELECT typed_as, element FROM observation UNION SELECT typed_as, element FROM observation_version) AS used
JOIN typed_as AS t ON t.number = used.typed_as
WHERE TRUE
ON CONFLICT DO NOTHING;

DROP TRIGGER observation_version_stands;

UPDATE observation SET typed_as = n.number
FROM typed_as AS t
JOIN typed_as_new AS n ON n.form = t.form AND n.field = t.field AND n.since = t.since AND n.unit_of_measure = t.unit_of_measure
WHERE t.number = observation.typed_as AND n.element = observation.element AND n.number <> observation.typed_as;

UPDATE observation_version SET typed_as = n.number
FROM typed_as AS t
JOIN typed_as_new AS n ON n.form = t.form AND n.field = t.field AND n.since = t.since AND n.unit_of_measure = t.unit_of_measure
WHERE t.number = observation_version.typed_as AND n.element = observation_version.element AND n.number <> observation_version.typed_as;

DROP TABLE typed_as;
ALTER TABLE typed_as_new RENAME TO typed_as;

-- A figure that a decision brought under an element which holds another for the same unit and period. Both rows stay: this one waits under the
-- element -aside (its number in typed_as), which no form and no filter can name, until the element is free or the bureau chooses.
CREATE TABLE figure_conflict (
    number        INTEGER PRIMARY KEY,
    unit          INTEGER NOT NULL REFERENCES unit (number),
    period        INTEGER NOT NULL,
    aside         INTEGER NOT NULL REFERENCES typed_as (number),
    element       INTEGER NOT NULL,
    -- 0 at rest; inside the transaction that moves figures 1 for those that leave their element and 2 for those that get their place.
    stage         INTEGER NOT NULL,
    resolved_by   TEXT,
    resolved_at   TEXT,
    resolved_note TEXT,
    UNIQUE (unit, period, aside)
) STRICT;

CREATE INDEX figure_conflict_of_element ON figure_conflict (element, unit, period);
CREATE INDEX figure_conflict_of_aside ON figure_conflict (aside);
CREATE INDEX figure_conflict_of_stage ON figure_conflict (stage);

-- The element alone may change, and nothing else of what a correction replaced.
CREATE TRIGGER observation_version_stands BEFORE UPDATE OF unit, period, version, figure, typed_as, receipt ON observation_version
BEGIN SELECT RAISE(ABORT, 'versions stand'); END;
