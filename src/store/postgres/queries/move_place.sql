UPDATE figure_conflict AS c
SET stage = 2
WHERE c.element = ANY ($1::bigint[])
  AND NOT EXISTS (
      SELECT 1 FROM observation AS o
      WHERE o.unit = c.unit AND o.period = c.period AND o.element = c.element
  )
  AND NOT EXISTS (
      SELECT 1 FROM figure_conflict AS first
      WHERE first.element = c.element AND first.unit = c.unit AND first.period = c.period AND first.aside < c.aside
  )
