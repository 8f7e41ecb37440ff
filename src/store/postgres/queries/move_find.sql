SELECT f.place, t.number
FROM UNNEST($1::text[], $2::text[], $3::integer[]) WITH ORDINALITY AS f (form, field, since, place)
JOIN typed_as AS t
    ON t.form = f.form
   AND t.field = f.field
   AND t.since = f.since
