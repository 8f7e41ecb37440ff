-- Organisations, the dated tree of reporting units, and the versions of forms.
--
-- Texts are ordered by their bytes on every server, whatever the database's own collation. Days and instants are texts as on SQLite:
-- an instant of the audit trail is hashed to the nanosecond, which timestamptz does not keep.

CREATE TABLE organisation (
    id     text COLLATE "C" PRIMARY KEY,
    name   text NOT NULL,
    kind   text NOT NULL,
    parent text COLLATE "C"
);

CREATE TABLE unit_row (
    code       text COLLATE "C" NOT NULL,
    valid_from text COLLATE "C" NOT NULL,
    name       text NOT NULL,
    level      text NOT NULL,
    parent     text COLLATE "C",
    valid_to   text COLLATE "C",
    PRIMARY KEY (code, valid_from)
);

-- A form is read and written whole, so template and meanings are one JSON text each: the very text, which jsonb would not keep.
CREATE TABLE form_template (
    form          text COLLATE "C" NOT NULL,
    version       integer NOT NULL,
    registered_at text NOT NULL,
    vocabulary    text NOT NULL,
    template      text NOT NULL,
    fields        text NOT NULL,
    generation    bigint NOT NULL,
    PRIMARY KEY (form, version)
);

CREATE INDEX form_template_of_generation ON form_template (generation);

-- One row. Whoever registers forms or units raises the generation in the same transaction and holds the row until it ends: registrations
-- of all servers are one after the other, and a server sees by this number whether its memory is behind.
CREATE TABLE registry (
    is_only          boolean PRIMARY KEY DEFAULT TRUE CHECK (is_only),
    generation       bigint NOT NULL,
    units_generation bigint NOT NULL
);

INSERT INTO registry (generation, units_generation) VALUES (0, 0);
