UPDATE observation_version
SET element = -moving.aside
FROM (
    SELECT c.unit, c.period, c.aside, m.value ->> 1 AS source
    FROM figure_conflict AS c
    CROSS JOIN json_each(?1) AS m
    WHERE c.stage = 1 AND m.value ->> 0 = c.aside
) AS moving
WHERE observation_version.unit = moving.unit
  AND observation_version.period = moving.period
  AND observation_version.element = moving.source
