UPDATE figure_conflict
SET stage = 2
WHERE element IN (SELECT value FROM json_each(?1))
  AND NOT EXISTS (
      SELECT 1 FROM observation AS o
      WHERE o.unit = figure_conflict.unit AND o.period = figure_conflict.period AND o.element = figure_conflict.element
  )
  AND NOT EXISTS (
      SELECT 1 FROM figure_conflict AS first
      WHERE first.element = figure_conflict.element
        AND first.unit = figure_conflict.unit
        AND first.period = figure_conflict.period
        AND first.aside < figure_conflict.aside
  )
