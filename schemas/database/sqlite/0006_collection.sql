-- What clerks say beside their figures: explanations, drafts, disputes, and what was locked or reopened.

-- Why a figure stands although a rule asks about it. A receipt, a period and a way of typing name one version of one figure, wherever a decision
-- files it later.
CREATE TABLE explanation (
    receipt  INTEGER NOT NULL REFERENCES receipt (number),
    period   INTEGER NOT NULL,
    typed_as INTEGER NOT NULL,
    text     TEXT NOT NULL,
    PRIMARY KEY (receipt, period, typed_as)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER explanation_stays BEFORE DELETE ON explanation
BEGIN SELECT RAISE(ABORT, 'explanations stay'); END;

CREATE TRIGGER explanation_stands BEFORE UPDATE ON explanation
BEGIN SELECT RAISE(ABORT, 'explanations stand'); END;

-- What a unit has typed for a due date and not submitted, word for word; the version tells whether somebody else changed it.
CREATE TABLE draft (
    unit     TEXT NOT NULL,
    due      TEXT NOT NULL,
    version  INTEGER NOT NULL,
    cells    TEXT NOT NULL,
    saved_by TEXT NOT NULL,
    saved_at TEXT NOT NULL,
    PRIMARY KEY (unit, due)
) STRICT;

-- A figure that a unit finds wrong and another has reported. The subject names what is disputed; a unit has one open dispute of it.
CREATE TABLE dispute (
    number    INTEGER PRIMARY KEY,
    unit      TEXT NOT NULL,
    addressee TEXT NOT NULL,
    subject   TEXT NOT NULL,
    about     TEXT NOT NULL,
    raised_by TEXT NOT NULL,
    raised_at TEXT NOT NULL,
    state     TEXT NOT NULL,
    ended_by  TEXT,
    ended_at  TEXT,
    note      TEXT,
    receipt   TEXT
) STRICT;

CREATE INDEX dispute_of_unit ON dispute (unit, number);
CREATE INDEX dispute_of_addressee ON dispute (addressee, number);
CREATE UNIQUE INDEX dispute_open ON dispute (unit, subject) WHERE state = 'open';

CREATE TRIGGER dispute_stays BEFORE DELETE ON dispute
BEGIN SELECT RAISE(ABORT, 'disputes stay'); END;

CREATE TRIGGER dispute_stands BEFORE UPDATE OF number, unit, addressee, subject, about, raised_by, raised_at ON dispute
BEGIN SELECT RAISE(ABORT, 'disputes stand'); END;

CREATE TRIGGER dispute_ends_once BEFORE UPDATE ON dispute WHEN OLD.state <> 'open'
BEGIN SELECT RAISE(ABORT, 'disputes end once'); END;
