WITH RECURSIVE reported (unit, period) AS (
    SELECT u.number, (SELECT MIN(o.period) FROM observation AS o WHERE o.unit = u.number)
    FROM unit AS u
    UNION ALL
    SELECT r.unit, (SELECT MIN(o.period) FROM observation AS o WHERE o.unit = r.unit AND o.period > r.period)
    FROM reported AS r
    WHERE r.period IS NOT NULL
)
INSERT INTO figure_conflict (unit, period, aside, element, stage)
SELECT o.unit, o.period, o.typed_as, m.value ->> 2, 1
FROM reported AS r
CROSS JOIN json_each(?1) AS m
CROSS JOIN observation AS o
    ON o.unit = r.unit
   AND o.period = r.period
   AND o.element = m.value ->> 1
   AND o.typed_as = m.value ->> 0
WHERE r.period IS NOT NULL
