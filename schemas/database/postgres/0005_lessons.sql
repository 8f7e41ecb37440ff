-- Decisions that the system makes by what answers taught: in which way, and by which answers, as JSON. Empty where a person answered.

ALTER TABLE decision ADD COLUMN lesson text;

DROP TRIGGER decision_stands ON decision;

CREATE TRIGGER decision_stands
    BEFORE UPDATE OF number, a_form, a_field, a_since, b_form, b_field, b_since, verdict, note, decided_by, decided_at, lesson ON decision
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
