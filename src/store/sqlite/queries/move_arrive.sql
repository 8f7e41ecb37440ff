UPDATE observation
SET element = c.element
FROM figure_conflict AS c
WHERE c.stage = 2
  AND observation.unit = c.unit
  AND observation.period = c.period
  AND observation.element = -c.aside
