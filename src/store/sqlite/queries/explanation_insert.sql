INSERT INTO explanation (receipt, period, typed_as, text)
SELECT o.receipt, o.period, o.typed_as, e.value ->> 3
FROM json_each(?1) AS e
CROSS JOIN unit AS u ON u.code = e.value ->> 0
CROSS JOIN observation AS o
    ON o.unit = u.number
   AND o.period = e.value ->> 1
   AND o.element = e.value ->> 2
