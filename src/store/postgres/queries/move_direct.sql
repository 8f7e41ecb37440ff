WITH RECURSIVE reported (unit, period) AS (
    SELECT u.number, (SELECT o.period FROM observation AS o WHERE o.unit = u.number ORDER BY o.period LIMIT 1)
    FROM unit AS u
    UNION ALL
    SELECT r.unit, (SELECT o.period FROM observation AS o WHERE o.unit = r.unit AND o.period > r.period ORDER BY o.period LIMIT 1)
    FROM reported AS r
    WHERE r.period IS NOT NULL
)
UPDATE observation AS o
SET element = $3
FROM reported AS r
WHERE r.period IS NOT NULL
  AND o.unit = r.unit
  AND o.period = r.period
  AND o.element = $2
  AND o.typed_as = $1
  AND NOT EXISTS (
      SELECT 1 FROM observation AS held
      WHERE held.unit = r.unit AND held.period = r.period AND held.element = $3
  )
