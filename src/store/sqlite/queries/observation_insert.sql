INSERT INTO observation (unit, period, element, version, figure, typed_as, receipt)
SELECT ?1, f.value ->> 0, f.value ->> 1, 1, f.value ->> 2, f.value ->> 3, ?2
FROM json_each(?3) AS f
WHERE TRUE
ON CONFLICT (unit, period, element) DO NOTHING
