SELECT f.place, t.number
FROM UNNEST($1::text[], $2::text[], $3::integer[], $4::text[], $5::bigint[])
    WITH ORDINALITY AS f (form, field, since, unit_of_measure, element, place)
JOIN typed_as AS t
    ON t.form = f.form
   AND t.field = f.field
   AND t.since = f.since
   AND t.unit_of_measure = f.unit_of_measure
   AND t.element = f.element
