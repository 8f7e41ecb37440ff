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
WHERE (unit, period, element) IN (
    SELECT moving.unit, moving.period, moving.element
    FROM reported AS r
    CROSS JOIN observation AS moving
        ON moving.unit = r.unit
       AND moving.period = r.period
       AND moving.element = ?2
       AND moving.typed_as = ?1
    WHERE r.period IS NOT NULL
      AND NOT EXISTS (
          SELECT 1 FROM observation AS held
          WHERE held.unit = r.unit AND held.period = r.period AND held.element = ?3
      )
)
