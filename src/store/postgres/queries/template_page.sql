SELECT t.template, t.fields, t.vocabulary
FROM form_template AS t
WHERE t.form > $1
  AND t.version = (SELECT MAX(v.version) FROM form_template AS v WHERE v.form = t.form)
ORDER BY t.form
LIMIT $2
