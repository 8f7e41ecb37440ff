FROM unit AS u
CROSS JOIN figure_conflict AS c ON u.code = ?1 AND c.unit = u.number
CROSS JOIN observation AS o ON o.unit = c.unit AND o.period = c.period AND o.element = -c.aside
