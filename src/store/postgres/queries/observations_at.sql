FROM UNNEST($1::text[], $2::integer[], $3::bigint[]) AS wanted (code, period, element)
JOIN unit AS u ON u.code = wanted.code
JOIN observation AS o
    ON o.unit = u.number
   AND o.period = wanted.period
   AND o.element = wanted.element
