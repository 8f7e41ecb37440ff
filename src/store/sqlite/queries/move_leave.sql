UPDATE observation
SET element = -moving.aside
FROM (
    SELECT c.unit, c.period, c.aside, m.value ->> 1 AS source
    FROM figure_conflict AS c
    CROSS JOIN json_each(?1) AS m
    WHERE c.stage = 1 AND m.value ->> 0 = c.aside
) AS moving
WHERE observation.unit = moving.unit
  AND observation.period = moving.period
  AND observation.element = moving.source
  AND observation.typed_as = moving.aside
