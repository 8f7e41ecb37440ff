FROM unit AS u
JOIN figure_conflict AS c ON u.code = $1 AND c.unit = u.number
JOIN observation_version AS o ON o.unit = c.unit AND o.period = c.period AND o.element = -c.aside
