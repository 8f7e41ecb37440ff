WITH stored AS (
    INSERT INTO receipt (unit, n_figures, id, reporter, request, digest, stored_at, reason)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    RETURNING number
)
UPDATE observation AS o
SET version = f.version, figure = f.figure, typed_as = f.typed_as, receipt = stored.number
FROM stored
CROSS JOIN UNNEST($9::integer[], $10::bigint[], $11::text[], $12::integer[], $13::bigint[]) AS f (period, element, figure, typed_as, version)
WHERE o.unit = $1
  AND o.period = f.period
  AND o.element = f.element
  AND o.version = f.version - 1
