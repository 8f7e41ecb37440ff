UPDATE observation AS o
SET element = -c.aside
FROM figure_conflict AS c
JOIN UNNEST($1::integer[], $2::bigint[], $3::bigint[]) AS m (number, source, target) ON m.number = c.aside
WHERE c.stage = 1
  AND o.unit = c.unit
  AND o.period = c.period
  AND o.element = m.source
  AND o.typed_as = c.aside
