UPDATE observation AS o
SET version = f.value ->> 4,
    figure = f.value ->> 2,
    typed_as = f.value ->> 3,
    receipt = ?2
FROM json_each(?3) AS f
WHERE o.unit = ?1
  AND o.period = f.value ->> 0
  AND o.element = f.value ->> 1
