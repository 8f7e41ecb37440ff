FROM json_each(?1) AS wanted
CROSS JOIN unit AS u ON u.code = wanted.value ->> 0
CROSS JOIN observation AS o
    ON o.unit = u.number
   AND o.period = wanted.value ->> 1
   AND o.element = wanted.value ->> 2
