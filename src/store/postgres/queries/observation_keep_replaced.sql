INSERT INTO observation_version (unit, period, element, version, figure, typed_as, receipt)
SELECT o.unit, o.period, o.element, o.version, o.figure, o.typed_as, o.receipt
FROM UNNEST($2::integer[], $3::bigint[], $4::bigint[]) AS f (period, element, version)
CROSS JOIN LATERAL (
    SELECT *
    FROM observation AS k
    WHERE k.unit = $1 AND k.period = f.period AND k.element = f.element AND k.version = f.version - 1
    LIMIT 1
    FOR UPDATE
) AS o
