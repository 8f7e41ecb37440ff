UPDATE figure_conflict
SET element = m.value ->> 2, resolved_by = NULL, resolved_at = NULL, resolved_note = NULL
FROM json_each(?1) AS m
WHERE figure_conflict.aside = m.value ->> 0
  AND figure_conflict.element = m.value ->> 1
