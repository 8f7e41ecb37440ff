INSERT INTO observation (unit, period, element, version, figure, typed_as, receipt)
SELECT f.unit, f.period, f.element, 1, f.figure, f.typed_as, f.receipt
FROM UNNEST($1::integer[], $2::integer[], $3::bigint[], $4::text[], $5::integer[], $6::bigint[])
    AS f (unit, period, element, figure, typed_as, receipt)
ON CONFLICT (unit, period, element) DO NOTHING
