INSERT INTO decision
    (number, a_form, a_field, a_since, b_form, b_field, b_since, a_key, b_key, sets_apart, verdict, note, decided_by, decided_at, is_disputed,
     lesson)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
