SELECT t.template, t.fields, t.vocabulary
FROM json_each(?1) AS wanted
CROSS JOIN form_template AS t
    ON t.form = wanted.value
   AND t.version = (SELECT MAX(v.version) FROM form_template AS v WHERE v.form = t.form)
