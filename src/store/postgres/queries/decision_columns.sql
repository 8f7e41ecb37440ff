SELECT number, a_form, a_field, a_since::bigint AS a_since, b_form, b_field, b_since::bigint AS b_since, a_key, b_key, sets_apart, verdict, note,
       decided_by, decided_at, is_disputed, undone_by, undone_at, undone_note, lesson
