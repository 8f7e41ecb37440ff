//! From what was found on a sheet to a template: ids, types, units, rules, and the account of every guess.

use std::collections::{BTreeMap, BTreeSet};

use super::fields::{Found, Guess, Unread};
use super::head::{self, Head, Part};
use super::inline::{Running, blanks, boxes};
use super::layout::{Shape, Table, tables};
use super::outline::Outline;
use super::sheet::{At, Sheet, name_of};
use super::text::{clean, marker, plain};
use super::units::{apply_line, in_line};
use super::words::{begins_foot, begins_supplement, is_header_line};
use super::{ReadWorkbook, SheetForm, WorkbookDefaults, list, matrix, register};
use crate::domain::id::{FieldId, FormId};
use crate::domain::measure::Measures;
use crate::domain::problem::{Code, Place, Problem};
use crate::domain::rule::check_rules;
use crate::domain::template::{DataType, Field, FormTemplate, MAX_FIELDS, MAX_LABEL_CHARS, MAX_NOTE_CHARS, MAX_PATH_DEPTH, MAX_RULES};

/// What goes on from sheet to sheet.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Form ids that are taken.
    ids: BTreeSet<String>,
    /// Headings met so far, in order.
    headings: Vec<String>,
    /// The outline of the form before, with its number.
    outline: Option<(String, Outline)>,
}

/// Most cells of one sheet that are named as not understood.
const MAX_UNREAD: usize = 100;

/// Reads one sheet into `read`.
pub(super) fn sheet(sheet: &Sheet, defaults: &WorkbookDefaults, measures: &Measures, state: &mut State, read: &mut ReadWorkbook) {
    let tables = tables(sheet, measures);
    let groups = groups(sheet, &tables);
    if groups.is_empty() && !sheet.rows().any(|(_, cells)| cells.values().any(|c| c.raw.contains('□'))) {
        let problem = Problem::warning(Code::SheetWithoutForm).arg("sheet", &sheet.name);
        read.problems.push(problem.at(Place::default().on_sheet(&sheet.name)));
        return;
    }
    let groups = if groups.is_empty() { vec![(0, sheet.last_row() + 1, Vec::new())] } else { groups };
    for (from, until, tables) in groups {
        one_form(sheet, (from, until), &tables, defaults, measures, state, read);
    }
}

/// Tables of one form together: another begins where another 表号 stands above its table.
fn groups<'t>(sheet: &Sheet, tables: &'t [Table]) -> Vec<(u32, u32, Vec<&'t Table>)> {
    let mut groups: Vec<(u32, u32, Vec<&Table>)> = Vec::new();
    let mut from = 0;
    for table in tables {
        let above = head::read(sheet, from, table.head.0);
        let begins = !table.is_continued && (groups.is_empty() || !above.number.text.is_empty());
        if begins || groups.is_empty() {
            let start = if groups.is_empty() { 0 } else { first_head_row(sheet, from, table.head.0) };
            if let Some(last) = groups.last_mut() {
                last.1 = start;
            }
            groups.push((start, sheet.last_row() + 1, vec![table]));
        } else if let Some(group) = groups.last_mut() {
            group.2.push(table);
        }
        from = table.body.1;
    }
    groups
}

/// The row where the header of a second form begins: behind the notes of the first.
fn first_head_row(sheet: &Sheet, from: u32, head: u32) -> u32 {
    let first_line = (from..head).find(|row| sheet.row(*row).any(|(_, cell)| plain(&cell.text).contains("表号"))).unwrap_or(head);
    // The title stands in the row before, where that is a short line of its own.
    let above = first_line.saturating_sub(1);
    let is_title = above > from
        && sheet.row(above).count() == 1
        && sheet.row(above).all(|(_, c)| c.text.chars().count() <= 40 && !begins_foot(&c.text) && !head::is_rule(&c.text));
    if is_title { above } else { first_line }
}

#[allow(clippy::too_many_arguments, reason = "the parts of one pass over a sheet, none of which belongs with another")]
fn one_form(
    sheet: &Sheet,
    rows: (u32, u32),
    tables: &[&Table],
    defaults: &WorkbookDefaults,
    measures: &Measures,
    state: &mut State,
    read: &mut ReadWorkbook,
) {
    let head_end = tables.first().map_or(rows.1, |t| t.head.0);
    let head = head::read(sheet, rows.0, head_end);
    let title = if head.title.text.is_empty() { clean(&sheet.name) } else { head.title.text.clone() };
    if let Some(by) = tables.iter().find_map(|t| register::identifying(t, &format!("{title}{}", sheet.name))) {
        let place = Place::row(tables.first().map_or(1, |t| t.head.0 as usize + 1)).on_sheet(&sheet.name);
        read.problems.push(Problem::new(Code::SheetIsRegister).arg("sheet", &sheet.name).arg("columns", by).at(place));
        return;
    }
    let foot = foot(sheet, rows, tables);
    let rules: Vec<String> =
        foot.iter().filter(|(_, text)| head::is_rule(text)).map(|(_, text)| text.trim().to_owned()).take(MAX_RULES).collect();
    let mut found: Vec<Found> = Vec::new();
    let members = list::members(&rules);
    let number = plain(&head.number.text);
    let mut outline = match &state.outline {
        Some((before, outline)) if goes_on(before, &number) => outline.resumed(members),
        _ => Outline::new(members),
    };
    for table in tables {
        match table.shape {
            Shape::List => found.extend(list::fields(sheet, table, &mut outline, measures, &mut read.unread)),
            Shape::Matrix => found.extend(matrix::fields(sheet, table, &mut outline, &state.headings, measures)),
        }
    }
    note_headings(&found, state);
    state.outline = Some((number, outline));
    pad_codes(&mut found, &rules);
    let text_fields = running_text(sheet, rows, tables, measures);
    found.extend(text_fields);
    found.sort_by_key(|f| usize::from(f.options.is_empty() || f.figure_at.is_some()));
    if let Some((units, at)) = unit_line(sheet, rows, tables) {
        apply_line(&units, at, &mut found, measures);
    }
    if found.is_empty() {
        let problem = Problem::warning(Code::SheetWithoutForm).arg("sheet", &sheet.name);
        read.problems.push(problem.at(Place::default().on_sheet(&sheet.name)));
        return;
    }
    let mut form = template(sheet, &title, &head, &foot, rules, found, defaults, state);
    let template = &form.template;
    let checked = [template.check(), template.check_units(measures), check_rules(template, measures)];
    let on_sheet = |p: Problem| {
        let place = p.place.clone().on_sheet(&sheet.name);
        p.at(place)
    };
    form.problems.extend(checked.into_iter().flatten().map(on_sheet));
    note_unread(sheet, rows, tables, &mut read.unread);
    let hidden: Vec<u32> = sheet.hidden_rows().filter(|row| (rows.0..rows.1).contains(row)).collect();
    if let Some(first) = hidden.first() {
        let problem = Problem::warning(Code::SheetRowsHidden).arg("sheet", &sheet.name).arg("n", hidden.len());
        form.problems.push(problem.at(Place::row(*first as usize + 1).on_sheet(&sheet.name)));
    }
    read.forms.push(form);
}

/// Whether a form's number says that it goes on from the one before (表号：农03表（续）).
fn goes_on(before: &str, number: &str) -> bool {
    let base = |text: &str| text.split(['(', '续']).next().unwrap_or_default().to_owned();
    number.contains('续') && !base(number).is_empty() && base(before) == base(number)
}

/// Keeps the headings for sheets that go on from this one.
fn note_headings(found: &[Found], state: &mut State) {
    for field in found {
        for heading in field.path.iter().chain([&field.label]) {
            if marker(heading).is_some() && state.headings.last() != Some(heading) && state.headings.len() < 50_000 {
                state.headings.push(heading.clone());
            }
        }
    }
}

/// Codes that the sheet holds as numbers lost their leading zeros; two digits is how forms print them, and more where the equations do.
fn pad_codes(found: &mut [Found], rules: &[String]) {
    let largest = found.iter().filter_map(|f| f.code.parse::<u32>().ok()).max().unwrap_or(0);
    let has_zero_in_rules = rules.iter().any(|r| r.contains('0'));
    if (10..100).contains(&largest) || (largest >= 100 && has_zero_in_rules) {
        for field in found.iter_mut().filter(|f| f.code.len() == 1 && f.code.chars().all(|c| c.is_ascii_digit())) {
            field.code.insert(0, '0');
        }
    }
}

/// The lines that stand outside the tables, below the first of them.
fn foot(sheet: &Sheet, rows: (u32, u32), tables: &[&Table]) -> Vec<(At, String)> {
    let first = tables.first().map_or(rows.0, |t| t.body.1);
    let is_inside = |row: u32| tables.iter().any(|t| (t.head.0..t.body.1).contains(&row));
    let lines =
        (first..rows.1).filter(|row| !is_inside(*row)).flat_map(|row| sheet.row(row).map(move |(c, cell)| ((row, c), cell.raw.clone())));
    lines.collect()
}

/// Figures asked in running text above, between and below the tables.
fn running_text(sheet: &Sheet, rows: (u32, u32), tables: &[&Table], measures: &Measures) -> Vec<Found> {
    let mut found = Vec::new();
    let mut running = Running::default();
    let mut is_supplement = false;
    for row in rows.0..rows.1 {
        if tables.iter().any(|t| (t.head.0..t.body.1).contains(&row)) {
            continue;
        }
        for (column, cell) in sheet.row(row) {
            if cell.raw.contains('□') {
                found.extend(boxes(cell, (row, column)));
                continue;
            }
            if begins_supplement(&cell.text).is_some() {
                is_supplement = true;
                running = Running::default();
            } else if begins_foot(&cell.text) {
                is_supplement = false;
            }
            if is_supplement {
                found.extend(blanks(cell, (row, column), &mut running, measures));
            }
        }
    }
    found
}

/// The line above the first table that names units for all of it.
fn unit_line(sheet: &Sheet, rows: (u32, u32), tables: &[&Table]) -> Option<(Vec<String>, At)> {
    let until = tables.first().map_or(rows.1, |t| t.head.0);
    (rows.0..until).rev().find_map(|row| sheet.row(row).find_map(|(c, cell)| in_line(&cell.text).map(|units| (units, (row, c)))))
}

#[allow(clippy::too_many_arguments, reason = "what the template is made of")]
fn template(
    sheet: &Sheet,
    title: &str,
    head: &Head,
    foot: &[(At, String)],
    rules: Vec<String>,
    found: Vec<Found>,
    defaults: &WorkbookDefaults,
    state: &mut State,
) -> SheetForm {
    let mut guesses = Vec::new();
    let mut note = |about: &str, part: &'static str, at: At, value: String, sureness: u8| {
        guesses.push(Guess { sheet: sheet.name.clone(), cell: name_of(at), about: about.to_owned(), part, value, sureness });
    };
    let mut texts: Vec<&str> = vec![title, sheet.name.as_str(), head.number.text.as_str()];
    let foot_texts: Vec<&str> = foot.iter().map(|(_, t)| t.as_str()).collect();
    texts.extend(&foot_texts);
    let frequency = head::frequency_of(&texts);
    let lines: Vec<String> = sheet.rows().take(12).flat_map(|(_, cells)| cells.values().map(|c| c.text.clone())).collect();
    texts.extend(lines.iter().map(String::as_str));
    let level = head::level_of(&texts);
    let id = form_id(&head.number.text, title, state);
    let parts: [(&'static str, &Part); 5] = [
        ("title", &head.title),
        ("number", &head.number),
        ("authority", &head.authority),
        ("approval", &head.approval),
        ("valid_until", &head.valid_until),
    ];
    for (part, found) in parts.iter().filter(|(_, p)| !p.text.is_empty()) {
        note("form", part, found.at, found.text.clone(), found.sureness);
    }
    note("form", "level", head.title.at, level.0.as_str().to_owned(), level.1);
    note("form", "frequency", head.title.at, frequency.0.as_str().to_owned(), frequency.1);
    let layout = layout_digest(&found);
    let mut problems = Vec::new();
    if found.len() > MAX_FIELDS {
        let problem = Problem::new(Code::ListTooLong).arg("what", "fields").arg("limit", MAX_FIELDS).arg("n", found.len());
        problems.push(problem.at(Place::part("fields").in_form(id.as_str()).on_sheet(&sheet.name)));
    }
    let ids = field_ids(&found);
    let mut fields = Vec::new();
    for (found, id) in found.into_iter().zip(ids).take(MAX_FIELDS) {
        note(&id, "label", found.at, found.label.clone(), 98);
        note(&id, "path", found.at, found.path.join(" / "), found.path_sureness);
        note(
            &id,
            "unit",
            found.unit_at.or(found.figure_at).unwrap_or(found.at),
            found.unit.clone(),
            if found.unit.is_empty() { 30 } else { found.unit_sureness },
        );
        let field = field(found, &id);
        fields.push(field);
    }
    let cut = |text: &str, n: usize| -> String { text.chars().take(n).collect() };
    let authority = clean(&head.authority.text);
    let template = FormTemplate {
        id,
        organisation: defaults.organisation.clone(),
        title: cut(title, MAX_LABEL_CHARS),
        department: cut(&authority, 200),
        authority: cut(&authority, 500),
        number: cut(&head.number.text, 100),
        approval: cut(&head.approval.text, 200),
        valid_until: cut(&head.valid_until.text, 50),
        level: level.0,
        frequency: frequency.0,
        year: head.year.unwrap_or(defaults.year),
        due_days_after: None,
        fields,
        rules: rules.into_iter().map(|r| cut(&r, MAX_NOTE_CHARS)).collect(),
    };
    SheetForm { sheet: sheet.name.clone(), template, problems, guesses, layout }
}

fn field(found: Found, id: &str) -> Field {
    let cut = |text: String, n: usize| -> String { if text.chars().count() > n { text.chars().take(n).collect() } else { text } };
    let dtype = data_type(&found);
    let mut path: Vec<String> = found.path.into_iter().map(|h| cut(h, MAX_LABEL_CHARS)).collect();
    path.truncate(MAX_PATH_DEPTH);
    Field {
        id: FieldId::from_stored(id),
        code: cut(found.code, 100),
        label: cut(found.label, MAX_LABEL_CHARS),
        path,
        column: cut(found.column, MAX_LABEL_CHARS),
        unit: cut(found.unit, 50),
        dtype,
        decimals: None,
        note: cut(found.note, MAX_NOTE_CHARS),
        options: found.options,
        classified: false,
        not_personal_because: String::new(),
    }
}

/// Whole things are counted in whole numbers; everything measured may have decimals.
fn data_type(found: &Found) -> DataType {
    if !found.options.is_empty() {
        return DataType::Code;
    }
    if matches!(
        found.unit.as_str(),
        "人" | "户" | "个" | "头" | "只" | "台" | "家" | "所" | "辆" | "艘" | "次" | "件" | "人次" | "套" | "株"
    ) {
        return DataType::Integer;
    }
    if found.unit.is_empty() && (found.label.ends_with("日期") || found.label.ends_with("时间")) {
        return DataType::Date;
    }
    if found.unit.is_empty() && found.label.starts_with("是否") {
        return DataType::Bool;
    }
    Field::guess_type(&found.unit, &found.label, &found.options)
}

/// A form's id: its number, else its title, else what tells it from the others of the book.
fn form_id(number: &str, title: &str, state: &mut State) -> FormId {
    let shape = |text: &str| -> String {
        plain(text).chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '(' | ')')).take(60).collect()
    };
    let base = [shape(number), shape(title), "form".to_owned()].into_iter().find(|t| !t.is_empty()).unwrap_or_default();
    let mut id = base.clone();
    let mut n = 1;
    while !state.ids.insert(id.clone()) {
        n += 1;
        id = format!("{base}~{n}");
    }
    FormId::from_stored(id)
}

/// Field ids: the code where it is one field's own, the code with the number of the column where rows have several, else the cell.
fn field_ids(found: &[Found]) -> Vec<String> {
    let mut n_of: BTreeMap<&str, usize> = BTreeMap::new();
    for field in found {
        *n_of.entry(field.code.as_str()).or_default() += 1;
    }
    let mut met: BTreeMap<&str, usize> = BTreeMap::new();
    let mut taken = BTreeSet::new();
    let mut ids = Vec::new();
    for field in found {
        let n = met.entry(field.code.as_str()).or_default();
        *n += 1;
        let is_usable =
            !field.code.is_empty() && field.code.chars().count() <= 40 && !field.code.chars().any(|c| c.is_whitespace() || c.is_control());
        let base = match (is_usable, n_of.get(field.code.as_str())) {
            (true, Some(1)) => field.code.clone(),
            (true, _) => format!("{}.{n}", field.code),
            (false, _) => name_of(field.figure_at.unwrap_or(field.at)),
        };
        let mut id = base.clone();
        let mut m = 1;
        while !taken.insert(id.clone()) {
            m += 1;
            id = format!("{base}~{m}");
        }
        ids.push(id);
    }
    ids
}

/// What makes a layout: cells and words of the fields. Figures, years and names of units are no part of it.
fn layout_digest(found: &[Found]) -> String {
    let mut hasher = blake3::Hasher::new();
    for field in found {
        for part in [name_of(field.at).as_str(), &field.code, &field.label, &field.column, &field.unit]
            .into_iter()
            .chain(field.path.iter().map(String::as_str))
        {
            hasher.update(part.as_bytes());
            hasher.update(&[0]);
        }
        hasher.update(&[1]);
    }
    hasher.finalize().to_hex().to_string()
}

/// Names the cells above and between the tables that are no part of the header.
fn note_unread(sheet: &Sheet, rows: (u32, u32), tables: &[&Table], unread: &mut Vec<Unread>) {
    let Some(first) = tables.first() else { return };
    let mut n = 0;
    for row in rows.0..first.head.0 {
        let mut cells = sheet.row(row);
        let is_read = cells.all(|(_, cell)| {
            is_header_line(&cell.text) || cell.raw.contains('□') || in_line(&cell.text).is_some() || cell.text.chars().count() <= 60
        });
        if is_read {
            continue;
        }
        for (column, cell) in sheet.row(row).filter(|(_, cell)| cell.text.chars().count() > 60) {
            n += 1;
            if n <= MAX_UNREAD {
                unread.push(Unread {
                    sheet: sheet.name.clone(),
                    cell: name_of((row, column)),
                    text: cell.text.chars().take(120).collect(),
                });
            }
        }
    }
}
