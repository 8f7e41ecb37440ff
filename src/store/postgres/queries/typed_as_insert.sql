INSERT INTO typed_as (form, field, since, unit_of_measure, element)
SELECT * FROM UNNEST($1::text[], $2::text[], $3::integer[], $4::text[], $5::bigint[])
ON CONFLICT DO NOTHING
