-- Who may call, what was answered to whom, and the audit trail.

CREATE TABLE token (
    account    text COLLATE "C" PRIMARY KEY,
    digest     text COLLATE "C" NOT NULL UNIQUE,
    role       text NOT NULL,
    scope      text NOT NULL,
    expires_at text,
    revoked_at text
);

CREATE TABLE remembered_answer (
    account        text COLLATE "C" NOT NULL,
    request        text COLLATE "C" NOT NULL,
    payload_digest text NOT NULL,
    answer         text NOT NULL,
    PRIMARY KEY (account, request)
);

CREATE TABLE audit (
    sequence bigint PRIMARY KEY,
    at       text NOT NULL,
    account  text NOT NULL,
    act      text NOT NULL,
    object   text NOT NULL,
    detail   text NOT NULL,
    previous text NOT NULL,
    hash     text NOT NULL
);

CREATE TRIGGER audit_stands BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_is_kept BEFORE TRUNCATE ON audit EXECUTE FUNCTION refuse_change();

-- Takes the end of the chain until the transaction ends, and answers with it. The lock is of no row: a row that each submission rewrites
-- would leave a dead version each time, which a long backup keeps in everybody's way. The second statement of a volatile function sees
-- what was committed while the first one waited; one statement alone would not.
CREATE FUNCTION audit_end() RETURNS TABLE (last_sequence bigint, last_hash text) LANGUAGE plpgsql VOLATILE AS
$$
BEGIN
    PERFORM pg_advisory_xact_lock('audit'::regclass::oid::integer, 0);
    RETURN QUERY SELECT a.sequence, a.hash FROM audit AS a ORDER BY a.sequence DESC LIMIT 1;
END
$$;
