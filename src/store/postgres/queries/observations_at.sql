FROM UNNEST($1::text[], $2::integer[], $3::bigint[]) AS wanted (code, period, element)
JOIN unit AS u ON u.code = wanted.code
-- Looked up one by one by the whole key, also while the planner knows nothing of the table yet: the limit keeps it from joining otherwise.
CROSS JOIN LATERAL (
    SELECT *
    FROM observation AS k
    WHERE k.unit = u.number AND k.period = wanted.period AND k.element = wanted.element
    LIMIT 1
) AS o
