INSERT INTO unit_row (code, valid_from, name, level, parent, valid_to)
SELECT r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4, r.value ->> 5
FROM json_each(?1) AS r
WHERE TRUE
ON CONFLICT (code, valid_from) DO UPDATE
SET name = excluded.name, level = excluded.level, parent = excluded.parent, valid_to = excluded.valid_to
