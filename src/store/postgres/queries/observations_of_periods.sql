FROM UNNEST($1::text[]) AS wanted (code)
JOIN unit AS u ON u.code = wanted.code
CROSS JOIN UNNEST($2::integer[]) AS at (period)
-- Looked up by unit and period, also while the planner knows nothing of the table yet: the offset keeps it from joining otherwise.
CROSS JOIN LATERAL (
    SELECT *
    FROM observation AS k
    WHERE k.unit = u.number AND k.period = at.period AND k.element >= 0
    OFFSET 0
) AS o
