FROM json_each(?1) AS wanted_unit
CROSS JOIN unit AS u ON u.code = wanted_unit.value
CROSS JOIN observation AS o
    ON o.unit = u.number
   AND o.period IN (SELECT value FROM json_each(?2))
   AND o.element >= 0
