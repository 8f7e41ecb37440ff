INSERT INTO observation_version (unit, period, element, version, figure, typed_as, receipt)
SELECT o.unit, o.period, o.element, o.version, o.figure, o.typed_as, o.receipt
FROM UNNEST($2::integer[], $3::bigint[], $4::bigint[]) AS f (period, element, version)
JOIN observation AS o
    ON o.unit = $1
   AND o.period = f.period
   AND o.element = f.element
   AND o.version = f.version - 1
FOR UPDATE OF o
