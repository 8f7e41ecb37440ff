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
JOIN observation AS moving
    ON moving.unit = r.unit
   AND moving.period = r.period
   AND moving.element = $2
   AND moving.typed_as = $1
WHERE r.period IS NOT NULL
  AND v.unit = r.unit
  AND v.period = r.period
  AND v.element = $2
  AND NOT EXISTS (
      SELECT 1 FROM observation AS held
      WHERE held.unit = r.unit AND held.period = r.period AND held.element = $3
  )
