WITH RECURSIVE reported (unit, period) AS (
    SELECT u.number, (SELECT MIN(o.period) FROM observation AS o WHERE o.unit = u.number)
    FROM unit AS u
    UNION ALL
    SELECT r.unit, (SELECT MIN(o.period) FROM observation AS o WHERE o.unit = r.unit AND o.period > r.period)
    FROM reported AS r
    WHERE r.period IS NOT NULL
)
UPDATE observation
SET element = ?3
FROM reported AS r
WHERE r.period IS NOT NULL
  AND observation.unit = r.unit
  AND observation.period = r.period
  AND observation.element = ?2
  AND observation.typed_as = ?1
  AND NOT EXISTS (
      SELECT 1 FROM observation AS held
      WHERE held.unit = r.unit AND held.period = r.period AND held.element = ?3
  )
