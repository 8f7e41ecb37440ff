FROM unit AS u
JOIN observation AS o
    ON u.code = $1
   AND o.unit = u.number
   AND o.period = $2
   AND o.element = $3
