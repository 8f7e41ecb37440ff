UPDATE observation_version
SET element = c.element
FROM figure_conflict AS c
WHERE c.stage = 2
  AND observation_version.unit = c.unit
  AND observation_version.period = c.period
  AND observation_version.element = -c.aside
