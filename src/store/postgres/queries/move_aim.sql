UPDATE figure_conflict AS c
SET element = m.target, resolved_by = NULL, resolved_at = NULL, resolved_note = NULL
FROM UNNEST($1::integer[], $2::bigint[], $3::bigint[]) AS m (number, source, target)
WHERE c.aside = m.number
  AND c.element = m.source
