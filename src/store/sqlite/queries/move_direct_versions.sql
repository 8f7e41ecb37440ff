WITH RECURSIVE reported (unit, period) AS (
    SELECT u.number, (SELECT MIN(v.period) FROM observation_version AS v WHERE v.unit = u.number)
    FROM unit AS u
    UNION ALL
    SELECT r.unit, (SELECT MIN(v.period) FROM observation_version AS v WHERE v.unit = r.unit AND v.period > r.period)
    FROM reported AS r
    WHERE r.period IS NOT NULL
)
UPDATE observation_version
SET element = ?3
FROM reported AS r
CROSS JOIN observation AS moving
    ON moving.unit = r.unit
   AND moving.period = r.period
   AND moving.element = ?2
   AND moving.typed_as = ?1
WHERE r.period IS NOT NULL
  AND observation_version.unit = r.unit
  AND observation_version.period = r.period
  AND observation_version.element = ?2
  AND NOT EXISTS (
      SELECT 1 FROM observation AS held
      WHERE held.unit = r.unit AND held.period = r.period AND held.element = ?3
  )
