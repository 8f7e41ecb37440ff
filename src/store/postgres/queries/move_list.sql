WITH RECURSIVE reported (unit, period) AS (
    SELECT u.number, (SELECT o.period FROM observation AS o WHERE o.unit = u.number ORDER BY o.period LIMIT 1)
    FROM unit AS u
    UNION ALL
    SELECT r.unit, (SELECT o.period FROM observation AS o WHERE o.unit = r.unit AND o.period > r.period ORDER BY o.period LIMIT 1)
    FROM reported AS r
    WHERE r.period IS NOT NULL
)
INSERT INTO figure_conflict (unit, period, aside, element, stage)
SELECT o.unit, o.period, o.typed_as, m.target, 1
FROM reported AS r
CROSS JOIN UNNEST($1::integer[], $2::bigint[], $3::bigint[]) AS m (number, source, target)
CROSS JOIN LATERAL (
    SELECT *
    FROM observation AS k
    WHERE k.unit = r.unit AND k.period = r.period AND k.element = m.source AND k.typed_as = m.number
    LIMIT 1
) AS o
WHERE r.period IS NOT NULL
