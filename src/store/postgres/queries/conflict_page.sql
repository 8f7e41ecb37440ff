FROM figure_conflict AS c
JOIN unit AS u ON u.number = c.unit
JOIN observation AS o ON o.unit = c.unit AND o.period = c.period AND o.element = -c.aside
JOIN typed_as AS t ON t.number = o.typed_as
JOIN receipt AS r ON r.number = o.receipt
WHERE c.number > $1
ORDER BY c.number
LIMIT $2
