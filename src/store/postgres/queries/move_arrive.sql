UPDATE observation AS o
SET element = c.element
FROM figure_conflict AS c
WHERE c.stage = 2
  AND o.unit = c.unit
  AND o.period = c.period
  AND o.element = -c.aside
