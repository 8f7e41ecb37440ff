WITH stored AS (
    INSERT INTO receipt (unit, n_figures, id, reporter, request, digest, stored_at, reason)
    VALUES ($1, $2, $3, $4, $5, $6, $7, '')
    RETURNING unit, number
)
INSERT INTO observation (unit, period, element, version, figure, typed_as, receipt)
SELECT stored.unit, f.period, f.element, 1, f.figure, f.typed_as, stored.number
FROM stored
CROSS JOIN UNNEST($8::integer[], $9::bigint[], $10::text[], $11::integer[]) AS f (period, element, figure, typed_as)
ON CONFLICT (unit, period, element) DO NOTHING
