SELECT u.code AS unit, o.period::bigint AS period, o.element AS element, o.version::bigint AS version, e.text AS text
FROM UNNEST($1::text[], $2::integer[], $3::bigint[]) AS wanted (code, period, element)
JOIN unit AS u ON u.code = wanted.code
CROSS JOIN LATERAL (
    SELECT *
    FROM observation AS k
    WHERE k.unit = u.number AND k.period = wanted.period AND k.element = wanted.element
    LIMIT 1
) AS o
CROSS JOIN LATERAL (
    SELECT x.text
    FROM explanation AS x
    WHERE x.receipt = o.receipt AND x.period = o.period AND x.typed_as = o.typed_as
    LIMIT 1
) AS e
UNION ALL
SELECT u.code AS unit, o.period::bigint AS period, o.element AS element, o.version::bigint AS version, e.text AS text
FROM UNNEST($1::text[], $2::integer[], $3::bigint[]) AS wanted (code, period, element)
JOIN unit AS u ON u.code = wanted.code
CROSS JOIN LATERAL (
    SELECT *
    FROM observation_version AS k
    WHERE k.unit = u.number AND k.period = wanted.period AND k.element = wanted.element
    LIMIT 10000
) AS o
CROSS JOIN LATERAL (
    SELECT x.text
    FROM explanation AS x
    WHERE x.receipt = o.receipt AND x.period = o.period AND x.typed_as = o.typed_as
    LIMIT 1
) AS e
