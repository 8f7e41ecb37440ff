WITH stored AS (
    INSERT INTO receipt (unit, n_figures, id, reporter, request, digest, stored_at, reason)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    RETURNING unit, number
)
INSERT INTO observation (unit, period, element, version, figure, typed_as, receipt)
SELECT stored.unit, f.period, f.element, f.version, f.figure, f.typed_as, stored.number
FROM stored
CROSS JOIN UNNEST($9::integer[], $10::bigint[], $11::text[], $12::integer[], $13::bigint[]) AS f (period, element, figure, typed_as, version)
ON CONFLICT (unit, period, element) DO UPDATE
SET version = excluded.version, figure = excluded.figure, typed_as = excluded.typed_as, receipt = excluded.receipt
WHERE observation.version = excluded.version - 1
