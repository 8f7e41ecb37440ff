SELECT c.unit, c.period, c.aside, c.element, o.typed_as
FROM figure_conflict AS c
JOIN observation AS o ON o.unit = c.unit AND o.period = c.period AND o.element = c.element
WHERE c.number = $1
