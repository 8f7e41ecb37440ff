INSERT INTO unit_row (code, valid_from, name, level, parent, valid_to)
SELECT * FROM UNNEST($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
ON CONFLICT (code, valid_from) DO UPDATE
SET name = excluded.name, level = excluded.level, parent = excluded.parent, valid_to = excluded.valid_to
