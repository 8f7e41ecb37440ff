INSERT INTO explanation (receipt, period, typed_as, text)
SELECT o.receipt, o.period, o.typed_as, e.text
FROM UNNEST($1::text[], $2::integer[], $3::bigint[], $4::text[]) AS e (code, period, element, text)
JOIN unit AS u ON u.code = e.code
-- Looked up one by one by the whole key, as where observations are read by their keys.
CROSS JOIN LATERAL (
    SELECT *
    FROM observation AS k
    WHERE k.unit = u.number AND k.period = e.period AND k.element = e.element
    LIMIT 1
) AS o
