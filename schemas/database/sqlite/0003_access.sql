-- Who may call, what was answered to whom, and the audit trail.

CREATE TABLE token (
    account    TEXT NOT NULL PRIMARY KEY,
    digest     TEXT NOT NULL UNIQUE,
    role       TEXT NOT NULL,
    scope      TEXT NOT NULL,
    expires_at TEXT,
    revoked_at TEXT
) STRICT;

CREATE TABLE remembered_answer (
    account        TEXT NOT NULL,
    request        TEXT NOT NULL,
    payload_digest TEXT NOT NULL,
    answer         TEXT NOT NULL,
    PRIMARY KEY (account, request)
) STRICT;

CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY,
    at       TEXT NOT NULL,
    account  TEXT NOT NULL,
    act      TEXT NOT NULL,
    object   TEXT NOT NULL,
    detail   TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash     TEXT NOT NULL
) STRICT;

CREATE TRIGGER audit_stays BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail stays'); END;

CREATE TRIGGER audit_stands BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail stands'); END;
