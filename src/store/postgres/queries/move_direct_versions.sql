WITH RECURSIVE reported (unit, period) AS (
    SELECT u.number, (SELECT o.period FROM observation_version AS o WHERE o.unit = u.number ORDER BY o.period LIMIT 1)
    FROM unit AS u
    UNION ALL
    SELECT r.unit, (SELECT o.period FROM observation_version AS o WHERE o.unit = r.unit AND o.period > r.period ORDER BY o.period LIMIT 1)
    FROM reported AS r
    WHERE r.period IS NOT NULL
)
UPDATE observation_version AS v
SET element = $3
FROM reported AS r
CROSS JOIN LATERAL (
    SELECT *
    FROM observation AS k
    WHERE k.unit = r.unit AND k.period = r.period AND k.element = $2 AND k.typed_as = $1
    LIMIT 1
) AS moving
WHERE r.period IS NOT NULL
  AND v.unit = moving.unit
  AND v.period = moving.period
  AND v.element = $2
  AND NOT EXISTS (
      SELECT 1 FROM observation AS held
      WHERE held.unit = r.unit AND held.period = r.period AND held.element = $3
      OFFSET 0
  )
