-- The ledger: receipts, the one current observation per unit, period and element, and what corrections replaced.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% stays as it stands', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$;

-- A unit's number, so that an observation carries four bytes of it and not thirteen.
CREATE TABLE unit (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code   text COLLATE "C" NOT NULL UNIQUE
);

-- A field and the unit of measure in which a figure was typed through it.
CREATE TABLE typed_as (
    number          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    form            text COLLATE "C" NOT NULL,
    field           text COLLATE "C" NOT NULL,
    since           integer NOT NULL,
    unit_of_measure text COLLATE "C" NOT NULL,
    UNIQUE (form, field, since, unit_of_measure)
);

-- Reporter, time and reason of a figure stand here, once for all figures of the receipt.
CREATE TABLE receipt (
    number    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit      integer NOT NULL REFERENCES unit (number),
    n_figures integer NOT NULL,
    id        text COLLATE "C" NOT NULL UNIQUE,
    reporter  text NOT NULL,
    request   text NOT NULL,
    digest    text NOT NULL,
    stored_at text NOT NULL,
    reason    text NOT NULL
);

CREATE INDEX receipt_of_unit ON receipt (unit, number);

-- At most once is this primary key. Period before element: a form is one unit's figures of few periods. Parts are by unit, so that a
-- submission is in one part, and each part's index stays small. Columns go from wide to narrow, so that no byte is lost between them.
--
-- No references: each would look up, and lock, one row of another table for each figure, and the rows of units and fields are shared by
-- all writers. They hold all the same: numbers are read or made in the transaction that stores the figure, and the rows that have
-- them cannot be removed or changed.
CREATE TABLE observation (
    element  bigint NOT NULL,
    receipt  bigint NOT NULL,
    unit     integer NOT NULL,
    period   integer NOT NULL,
    version  integer NOT NULL,
    typed_as integer NOT NULL,
    figure   text NOT NULL,
    PRIMARY KEY (unit, period, element)
) PARTITION BY HASH (unit);

-- Versions that a correction replaced; the current one stands in observation only, so that a figure is written once.
CREATE TABLE observation_version (
    element  bigint NOT NULL,
    receipt  bigint NOT NULL,
    unit     integer NOT NULL,
    period   integer NOT NULL,
    version  integer NOT NULL,
    typed_as integer NOT NULL,
    figure   text NOT NULL,
    PRIMARY KEY (unit, period, element, version)
);

CREATE TRIGGER observation_stays BEFORE DELETE ON observation FOR EACH ROW EXECUTE FUNCTION refuse_change();

DO $$
BEGIN
    FOR part IN 0..15 LOOP
        EXECUTE format('CREATE TABLE observation_%s PARTITION OF observation FOR VALUES WITH (MODULUS 16, REMAINDER %s)', part, part);
        EXECUTE format('CREATE TRIGGER observation_is_kept BEFORE TRUNCATE ON observation_%s EXECUTE FUNCTION refuse_change()', part);
    END LOOP;
END $$;

CREATE TRIGGER unit_stands BEFORE UPDATE OR DELETE ON unit FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER unit_is_kept BEFORE TRUNCATE ON unit EXECUTE FUNCTION refuse_change();
CREATE TRIGGER typed_as_stands BEFORE UPDATE OR DELETE ON typed_as FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER typed_as_is_kept BEFORE TRUNCATE ON typed_as EXECUTE FUNCTION refuse_change();
CREATE TRIGGER receipt_stands BEFORE UPDATE OR DELETE ON receipt FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER receipt_is_kept BEFORE TRUNCATE ON receipt EXECUTE FUNCTION refuse_change();
CREATE TRIGGER observation_is_kept BEFORE TRUNCATE ON observation EXECUTE FUNCTION refuse_change();
CREATE TRIGGER observation_version_stands BEFORE UPDATE OR DELETE ON observation_version FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER observation_version_is_kept BEFORE TRUNCATE ON observation_version EXECUTE FUNCTION refuse_change();
