-- A version above the first needs the one before it; a first one needs that there is none.
INSERT INTO draft (unit, due, version, cells, saved_by, saved_at)
SELECT $1, $2, $3::bigint, $4, $5, $6
WHERE $3::bigint = 1 OR EXISTS (SELECT 1 FROM draft AS d WHERE d.unit = $1 AND d.due = $2 AND d.version = $3::bigint - 1)
ON CONFLICT (unit, due) DO UPDATE
SET version = excluded.version, cells = excluded.cells, saved_by = excluded.saved_by, saved_at = excluded.saved_at
WHERE draft.version = excluded.version - 1
