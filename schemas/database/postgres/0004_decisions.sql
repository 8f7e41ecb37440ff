-- Decisions of reviewers, and figures that a decision moves from one element to another.

CREATE TABLE decision (
    number      bigint PRIMARY KEY,
    a_form      text NOT NULL,
    a_field     text NOT NULL,
    a_since     integer NOT NULL,
    b_form      text NOT NULL,
    b_field     text NOT NULL,
    b_since     integer NOT NULL,
    -- Keys that the readings gave, and whether b is set apart from others with its key; these change with the vocabulary.
    a_key       text NOT NULL,
    b_key       text NOT NULL,
    sets_apart  boolean NOT NULL,
    verdict     text NOT NULL,
    note        text NOT NULL,
    decided_by  text NOT NULL,
    decided_at  text NOT NULL,
    is_disputed boolean NOT NULL,
    undone_by   text,
    undone_at   text,
    undone_note text
);

CREATE TRIGGER decision_stays BEFORE DELETE ON decision FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER decision_is_kept BEFORE TRUNCATE ON decision EXECUTE FUNCTION refuse_change();
CREATE TRIGGER decision_stands
    BEFORE UPDATE OF number, a_form, a_field, a_since, b_form, b_field, b_since, verdict, note, decided_by, decided_at ON decision
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Rises with everything that may file figures under other elements, so that whoever read the plan before can tell.
CREATE TABLE settlement (
    number  integer PRIMARY KEY CHECK (number = 1),
    version bigint NOT NULL
);

INSERT INTO settlement (number, version) VALUES (1, 0);

-- Says which settlement is in force and keeps it so until the transaction ends: submissions share this, and a decision waits for them. No row is
-- locked, for each submission would write to it.
CREATE FUNCTION settlement_held() RETURNS bigint LANGUAGE plpgsql VOLATILE AS
$$
BEGIN
    PERFORM pg_advisory_xact_lock_shared('settlement'::regclass::oid::integer, 0);
    RETURN (SELECT s.version FROM settlement AS s WHERE s.number = 1);
END
$$;

-- Puts the next settlement in force, once no transaction stores figures under the present one.
CREATE FUNCTION settlement_next() RETURNS void LANGUAGE plpgsql VOLATILE AS
$$
BEGIN
    PERFORM pg_advisory_xact_lock('settlement'::regclass::oid::integer, 0);
    UPDATE settlement SET version = version + 1 WHERE number = 1;
END
$$;

-- A field, the unit of measure and the element in and under which a figure was typed through it: a receipt digests that element, wherever the
-- figure is kept later. A number keeps the first element that it was used with; figures of another element get a number of their own.
ALTER TABLE typed_as ADD COLUMN element bigint;
ALTER TABLE typed_as DISABLE TRIGGER typed_as_stands;
ALTER TABLE observation_version DISABLE TRIGGER observation_version_stands;

CREATE TEMPORARY TABLE used ON COMMIT DROP AS
    SELECT typed_as, element FROM observation UNION SELECT typed_as, element FROM observation_version;

DELETE FROM typed_as AS t WHERE NOT EXISTS (SELECT 1 FROM used AS u WHERE u.typed_as = t.number);

UPDATE typed_as AS t SET element = first.element
FROM (SELECT typed_as, MIN(element) AS element FROM used GROUP BY typed_as) AS first
WHERE t.number = first.typed_as;

ALTER TABLE typed_as ALTER COLUMN element SET NOT NULL;
ALTER TABLE typed_as DROP CONSTRAINT typed_as_form_field_since_unit_of_measure_key;
ALTER TABLE typed_as ADD CONSTRAINT typed_as_key UNIQUE (form, field, since, unit_of_measure, element);

INSERT INTO typed_as (form, field, since, unit_of_measure, element)
SELECT t.form, t.field, t.since, t.unit_of_measure, u.element
FROM used AS u
JOIN typed_as AS t ON t.number = u.typed_as
WHERE u.element <> t.element;

UPDATE observation AS o SET typed_as = n.number
FROM typed_as AS t
JOIN typed_as AS n ON n.form = t.form AND n.field = t.field AND n.since = t.since AND n.unit_of_measure = t.unit_of_measure
WHERE t.number = o.typed_as AND n.element = o.element AND n.number <> o.typed_as;

UPDATE observation_version AS o SET typed_as = n.number
FROM typed_as AS t
JOIN typed_as AS n ON n.form = t.form AND n.field = t.field AND n.since = t.since AND n.unit_of_measure = t.unit_of_measure
WHERE t.number = o.typed_as AND n.element = o.element AND n.number <> o.typed_as;

ALTER TABLE typed_as ENABLE TRIGGER typed_as_stands;

-- A figure that a decision brought under an element which holds another for the same unit and period. Both rows stay: this one waits under the
-- element -aside (its number in typed_as), which no form and no filter can name, until the element is free or the bureau chooses.
CREATE TABLE figure_conflict (
    number        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    element       bigint NOT NULL,
    unit          integer NOT NULL REFERENCES unit (number),
    period        integer NOT NULL,
    aside         integer NOT NULL REFERENCES typed_as (number),
    -- 0 at rest; inside the transaction that moves figures 1 for those that leave their element and 2 for those that get their place.
    stage         integer NOT NULL,
    resolved_by   text,
    resolved_at   text,
    resolved_note text,
    UNIQUE (unit, period, aside)
);

CREATE INDEX figure_conflict_of_element ON figure_conflict (element, unit, period);
CREATE INDEX figure_conflict_of_aside ON figure_conflict (aside);
CREATE INDEX figure_conflict_of_stage ON figure_conflict (stage);

-- The element alone may change, and nothing else of what a correction replaced.
DROP TRIGGER observation_version_stands ON observation_version;
CREATE TRIGGER observation_version_stands
    BEFORE UPDATE OF unit, period, version, figure, typed_as, receipt ON observation_version
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER observation_version_stays BEFORE DELETE ON observation_version FOR EACH ROW EXECUTE FUNCTION refuse_change();
