INSERT INTO organisation (id, name, kind, parent)
SELECT o.value ->> 0, o.value ->> 1, o.value ->> 2, o.value ->> 3
FROM json_each(?1) AS o
WHERE TRUE
ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind, parent = excluded.parent
