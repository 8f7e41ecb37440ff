-- What clerks say beside their figures: explanations, drafts, disputes, and what was locked or reopened.

-- Why a figure stands although a rule asks about it. A receipt, a period and a way of typing name one version of one figure, wherever a decision
-- files it later.
CREATE TABLE explanation (
    receipt  bigint NOT NULL,
    period   integer NOT NULL,
    typed_as integer NOT NULL,
    text     text NOT NULL,
    PRIMARY KEY (receipt, period, typed_as)
);

CREATE TRIGGER explanation_stands BEFORE UPDATE OR DELETE ON explanation FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER explanation_is_kept BEFORE TRUNCATE ON explanation EXECUTE FUNCTION refuse_change();

-- What a unit has typed for a due date and not submitted, word for word; the version tells whether somebody else changed it.
CREATE TABLE draft (
    unit     text COLLATE "C" NOT NULL,
    due      text COLLATE "C" NOT NULL,
    version  bigint NOT NULL,
    cells    text NOT NULL,
    saved_by text NOT NULL,
    saved_at text NOT NULL,
    PRIMARY KEY (unit, due)
);

-- A figure that a unit finds wrong and another has reported. The subject names what is disputed; a unit has one open dispute of it.
CREATE TABLE dispute (
    number    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit      text COLLATE "C" NOT NULL,
    addressee text COLLATE "C" NOT NULL,
    subject   text COLLATE "C" NOT NULL,
    about     text NOT NULL,
    raised_by text NOT NULL,
    raised_at text NOT NULL,
    state     text NOT NULL,
    ended_by  text,
    ended_at  text,
    note      text,
    receipt   text
);

CREATE INDEX dispute_of_unit ON dispute (unit, number);
CREATE INDEX dispute_of_addressee ON dispute (addressee, number);
CREATE UNIQUE INDEX dispute_open ON dispute (unit, subject) WHERE state = 'open';

CREATE TRIGGER dispute_stays BEFORE DELETE ON dispute FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER dispute_is_kept BEFORE TRUNCATE ON dispute EXECUTE FUNCTION refuse_change();
CREATE TRIGGER dispute_stands
    BEFORE UPDATE OF number, unit, addressee, subject, about, raised_by, raised_at ON dispute
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER dispute_ends_once BEFORE UPDATE ON dispute FOR EACH ROW WHEN (OLD.state <> 'open') EXECUTE FUNCTION refuse_change();
