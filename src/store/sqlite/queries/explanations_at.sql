SELECT u.code AS unit, o.period AS period, o.element AS element, o.version AS version, e.text AS text
FROM json_each(?1) AS wanted
CROSS JOIN unit AS u ON u.code = wanted.value ->> 0
CROSS JOIN observation AS o
    ON o.unit = u.number
   AND o.period = wanted.value ->> 1
   AND o.element = wanted.value ->> 2
CROSS JOIN explanation AS e
    ON e.receipt = o.receipt
   AND e.period = o.period
   AND e.typed_as = o.typed_as
UNION ALL
SELECT u.code AS unit, o.period AS period, o.element AS element, o.version AS version, e.text AS text
FROM json_each(?1) AS wanted
CROSS JOIN unit AS u ON u.code = wanted.value ->> 0
CROSS JOIN observation_version AS o
    ON o.unit = u.number
   AND o.period = wanted.value ->> 1
   AND o.element = wanted.value ->> 2
CROSS JOIN explanation AS e
    ON e.receipt = o.receipt
   AND e.period = o.period
   AND e.typed_as = o.typed_as
