UPDATE observation_version AS v
SET element = -c.aside
FROM figure_conflict AS c
JOIN UNNEST($1::integer[], $2::bigint[], $3::bigint[]) AS m (number, source, target) ON m.number = c.aside
WHERE c.stage = 1
  AND v.unit = c.unit
  AND v.period = c.period
  AND v.element = m.source
