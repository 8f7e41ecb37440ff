FROM UNNEST($1::text[]) AS wanted (code)
JOIN unit AS u ON u.code = wanted.code
JOIN observation AS o ON o.unit = u.number
   AND o.element >= 0
