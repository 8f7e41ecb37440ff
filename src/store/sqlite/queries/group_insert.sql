SAVEPOINT members;
INSERT INTO receipt (number, id, unit, reporter, request, n_figures, digest, stored_at, reason)
SELECT r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4, r.value ->> 5, r.value ->> 6, r.value ->> 7, ''
FROM jsonb_each(?) AS r;
INSERT INTO observation (unit, period, element, version, figure, typed_as, receipt)
SELECT f.value ->> 0, f.value ->> 1, f.value ->> 2, 1, f.value ->> 3, f.value ->> 4, f.value ->> 5
FROM jsonb_each(?) AS f;
INSERT INTO remembered_answer (account, request, payload_digest, answer)
SELECT a.value ->> 0, a.value ->> 1, a.value ->> 2, a.value ->> 3
FROM jsonb_each(?) AS a;
INSERT INTO audit (sequence, at, account, act, object, detail, previous, hash)
SELECT a.value ->> 0, a.value ->> 1, a.value ->> 2, a.value ->> 3, a.value ->> 4, a.value ->> 5, a.value ->> 6, a.value ->> 7
FROM jsonb_each(?) AS a
