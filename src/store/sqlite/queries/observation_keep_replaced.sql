INSERT INTO observation_version (unit, period, element, version, figure, typed_as, receipt)
SELECT o.unit, o.period, o.element, o.version, o.figure, o.typed_as, o.receipt
FROM json_each(?2) AS f
CROSS JOIN observation AS o
    ON o.unit = ?1
   AND o.period = f.value ->> 0
   AND o.element = f.value ->> 1
   AND o.version = (f.value ->> 4) - 1
