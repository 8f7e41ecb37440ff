SELECT f.key, t.number
FROM json_each(?1) AS f
CROSS JOIN typed_as AS t
    ON t.form = f.value ->> 0
   AND t.field = f.value ->> 1
   AND t.since = f.value ->> 2
   AND t.unit_of_measure = f.value ->> 3
   AND t.element = f.value ->> 4
