-- Decisions that the system makes by what answers taught: in which way, and by which answers, as JSON. Empty where a person answered.

ALTER TABLE decision ADD COLUMN lesson TEXT;

DROP TRIGGER decision_stands;

CREATE TRIGGER decision_stands
    BEFORE UPDATE OF number, a_form, a_field, a_since, b_form, b_field, b_since, verdict, note, decided_by, decided_at, lesson ON decision
BEGIN SELECT RAISE(ABORT, 'decisions stand'); END;
