INSERT INTO receipt (unit, n_figures, id, reporter, request, digest, stored_at, reason)
SELECT r.unit, r.n_figures, r.id, r.reporter, r.request, r.digest, r.stored_at, ''
FROM UNNEST($1::integer[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
    AS r (unit, n_figures, id, reporter, request, digest, stored_at)
RETURNING number, id
