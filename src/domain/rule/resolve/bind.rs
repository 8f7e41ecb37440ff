//! One statement bound to a form: which row it is about, what each word names, and the checks that follow.

use crate::domain::measure::{Measures, UnitOfMeasure};
use crate::domain::rule::index::FormIndex;
use crate::domain::rule::resolve::cells::Columns;
use crate::domain::rule::resolve::fill::{Fill, Shape, Sketch, Slot, converted, has_cell_on_both_sides, has_number};
use crate::domain::rule::resolve::names::{Meaning, Named, Names, says_period};
use crate::domain::rule::resolve::words::{links, references, subject_of};
use crate::domain::rule::text::{is_subsequence, plain};
use crate::domain::rule::{
    CellRef, Check, Comparator, Comparison, Demand, Expression, Fault, Formula, MAX_CELLS, MAX_CHECKS, Operator, Reference, Severity,
    Statement, Test,
};
use crate::domain::template::FormTemplate;

/// Answers that a rule may ask for.
const ANSWERS: [&str; 4] = ["是", "否", "有", "无"];

/// Binds the statements of one clause.
pub(super) struct Binder<'a, 'b> {
    pub(super) template: &'a FormTemplate,
    pub(super) index: &'b FormIndex,
    pub(super) measures: &'b Measures,
    pub(super) others: &'b dyn Fn(&str) -> Option<&'a FormTemplate>,
    pub(super) rule: usize,
    pub(super) text: &'b str,
}

/// What was gathered of one check.
#[derive(Default)]
struct Words {
    meanings: Vec<Meaning>,
    is_multiplied: bool,
}

impl Binder<'_, '_> {
    /// The checks of a statement.
    pub(super) fn checks(&self, statement: &Statement) -> Result<Vec<Check>, Fault> {
        let subject = subject_of(statement);
        let contexts = subject.map(|reference| self.contexts(reference)).unwrap_or_default();
        if contexts.is_empty() {
            return self.in_context(statement, None).map(|(checks, _)| checks);
        }
        // A label that stands in several tables means each of them in which the rest of the rule fits equally well.
        let mut found: Vec<Check> = Vec::new();
        let mut least = usize::MAX;
        let mut fault: Option<Fault> = None;
        for context in contexts.iter().take(MAX_CHECKS) {
            match self.in_context(statement, Some(context)) {
                Ok((checks, cost)) if cost < least => (found, least) = (checks, cost),
                Ok((checks, cost)) if cost == least => found.extend(checks),
                Ok(_) => {}
                Err(why) => fault = fault.or(Some(why)),
            }
        }
        if found.is_empty() { Err(fault.unwrap_or(Fault::Columns)) } else { Ok(found) }
    }

    /// What the first word may be, where it is a row or a cell.
    fn contexts(&self, reference: &Reference) -> Vec<Meaning> {
        let names = Names { index: self.index, context: None, in_columns: false, subject: None };
        let mut meanings = names.meanings(reference, false).unwrap_or_default();
        meanings.retain(|m| matches!(m.named, Named::Row(_) | Named::Cell(..)));
        meanings
    }

    fn in_context(&self, statement: &Statement, subject: Option<&Meaning>) -> Result<(Vec<Check>, usize), Fault> {
        let context = subject.and_then(|m| if let Named::Row(row) | Named::Cell(row, _) = m.named { Some(row) } else { None });
        let subject = subject_of(statement).cloned().zip(subject.cloned());
        let names = Names { index: self.index, context, in_columns: context.is_none() && self.is_on_columns(statement), subject };
        let mut checks = Vec::new();
        let mut cost = 0;
        for sketch in self.sketches(&statement.demand, &names)? {
            let (sketch, mut words) = sketch;
            let mut conditions = Vec::new();
            for link in statement.when.iter().flat_map(links) {
                let (left, comparator, right) = link;
                conditions.push(self.sketch(left, comparator, right, &names, &mut words)?);
            }
            let scope = self.scope(statement);
            cost += words.meanings.iter().map(|m| names.cost(m)).sum::<usize>();
            checks.extend(self.bound(&sketch, &conditions, &words, scope, statement.severity)?);
            if checks.len() > MAX_CHECKS {
                return Err(Fault::TooLarge);
            }
        }
        Ok((checks, cost))
    }

    /// Whether the first word names a column of the form: then the rule is about columns.
    fn is_on_columns(&self, statement: &Statement) -> bool {
        let names = Names { index: self.index, context: None, in_columns: false, subject: None };
        let is_column = |r: &Reference| names.meanings(r, false).is_ok_and(|m| m.iter().any(|m| matches!(m.named, Named::Column(_))));
        subject_of(statement).is_some_and(is_column)
    }

    fn sketches(&self, demand: &Demand, names: &Names<'_>) -> Result<Vec<(Sketch, Words)>, Fault> {
        let mut found = Vec::new();
        match demand {
            Demand::Compare(chain) => {
                for (left, comparator, right) in links(chain) {
                    let (lefts, rights) = (self.each(left, names)?, self.each(right, names)?);
                    if lefts.len() * rights.len() > MAX_CHECKS {
                        return Err(Fault::TooLarge);
                    }
                    for (left, right) in lefts.iter().flat_map(|l| rights.iter().map(move |r| (l, r))) {
                        let mut words = Words::default();
                        let sketch = self.sketch(left, comparator, right, names, &mut words)?;
                        found.push((sketch, words));
                    }
                }
            }
            Demand::Blank(items) | Demand::Required(items) => {
                for item in items {
                    for one in self.each(item, names)? {
                        let Expression::Word(reference) = one else { return Err(Fault::Columns) };
                        let mut words = Words::default();
                        let slot = self.slot(&reference, names, false, &mut words)?;
                        let sketch = if matches!(demand, Demand::Blank(_)) { Sketch::Blank(slot) } else { Sketch::Required(slot) };
                        found.push((sketch, words));
                    }
                }
            }
        }
        if found.len() > MAX_CHECKS { Err(Fault::TooLarge) } else { Ok(found) }
    }

    /// An expression that stands for several, one by one.
    fn each(&self, expression: &Expression, names: &Names<'_>) -> Result<Vec<Expression>, Fault> {
        match expression {
            Expression::SpanEach(from, to) => Ok(self.span(from, to, names)?.into_iter().map(Expression::Word).collect()),
            Expression::GroupEach(group) => Ok(self.group(group, names)?.into_iter().map(Expression::Word).collect()),
            other => Ok(vec![other.clone()]),
        }
    }

    /// Rows from one to another in the form's order.
    fn span(&self, from: &Reference, to: &Reference, names: &Names<'_>) -> Result<Vec<Reference>, Fault> {
        let row = |reference: &Reference| match names.meanings(reference, false)?.first().map(|m| m.named.clone()) {
            Some(Named::Row(row) | Named::Cell(row, _)) => Ok(row),
            _ => Err(Fault::Unknown { word: reference.word.clone(), at: reference.at }),
        };
        let (first, last) = (row(from)?, row(to)?);
        let rows = self.index.rows.get(first..=last).filter(|rows| !rows.is_empty() && rows.len() <= MAX_CELLS);
        let rows = rows.ok_or_else(|| Fault::Unknown { word: format!("{}~{}", from.word, to.word), at: from.at })?;
        Ok(rows.iter().map(|r| Reference { word: name_of(r), notes: from.notes.clone(), at: from.at }).collect())
    }

    /// Rows below the heading that a group's name stands in.
    fn group(&self, group: &Reference, names: &Names<'_>) -> Result<Vec<Reference>, Fault> {
        let word = plain(&group.word);
        let context = names.context.and_then(|at| self.index.rows.get(at));
        let fits = |row: &&crate::domain::rule::index::Row| {
            row.path.last().is_some_and(|h| h.contains(&word) || word.contains(h.as_str()) || is_subsequence(&word, h))
        };
        let mut rows: Vec<&crate::domain::rule::index::Row> = self.index.rows.iter().filter(fits).collect();
        let near = |row: &&crate::domain::rule::index::Row| context.is_some_and(|c| row.path.contains(&c.label));
        if rows.iter().any(near) {
            rows.retain(near);
        }
        let heading = rows.first().map(|r| r.path.clone());
        rows.retain(|r| Some(&r.path) == heading.as_ref());
        if rows.is_empty() {
            return Err(Fault::Unknown { word: group.word.clone(), at: group.at });
        }
        Ok(rows.into_iter().map(|r| Reference { word: name_of(r), notes: Vec::new(), at: group.at }).collect())
    }

    fn sketch(
        &self,
        left: &Expression,
        comparator: Comparator,
        right: &Expression,
        names: &Names<'_>,
        words: &mut Words,
    ) -> Result<Sketch, Fault> {
        if let (Expression::Word(subject), Expression::Word(answer)) = (left, right)
            && ANSWERS.contains(&answer.word.as_str())
            && matches!(comparator, Comparator::Equal | Comparator::Unequal)
        {
            let slot = self.slot(subject, names, false, words)?;
            return Ok(Sketch::Answer(slot, comparator == Comparator::Equal, answer.word.clone()));
        }
        let left = self.shape(left, names, false, words)?;
        let right = self.shape(right, names, false, words)?;
        Ok(Sketch::Numbers(left, comparator, right))
    }

    fn shape(&self, expression: &Expression, names: &Names<'_>, is_factor: bool, words: &mut Words) -> Result<Shape, Fault> {
        if words.meanings.len() > MAX_CELLS {
            return Err(Fault::TooLarge);
        }
        let total = |references: Vec<Reference>, words: &mut Words| -> Result<Shape, Fault> {
            let mut sum: Option<Shape> = None;
            for reference in references {
                let next = Shape::Slot(self.slot(&reference, names, false, words)?);
                sum = Some(match sum {
                    Some(before) => Shape::Binary(Operator::Add, Box::new(before), Box::new(next)),
                    None => next,
                });
            }
            sum.ok_or(Fault::Columns)
        };
        match expression {
            Expression::Number(share) => Ok(Shape::Share(*share)),
            Expression::Word(reference) => Ok(Shape::Slot(self.slot(reference, names, is_factor, words)?)),
            Expression::SpanSum(from, to) | Expression::SpanEach(from, to) => total(self.span(from, to, names)?, words),
            Expression::GroupSum(group) | Expression::GroupEach(group) => total(self.group(group, names)?, words),
            Expression::Change(reference, shift) => {
                words.is_multiplied = true;
                Ok(Shape::Change(self.slot(reference, names, false, words)?, *shift))
            }
            Expression::Absolute(inner) => Ok(Shape::Absolute(Box::new(self.shape(inner, names, false, words)?))),
            Expression::Binary(operator, left, right) => {
                let multiplies = matches!(operator, Operator::Multiply | Operator::Divide);
                words.is_multiplied |= multiplies;
                let left = self.shape(left, names, multiplies, words)?;
                let right = self.shape(right, names, multiplies, words)?;
                Ok(Shape::Binary(*operator, Box::new(left), Box::new(right)))
            }
        }
    }

    fn slot(&self, reference: &Reference, names: &Names<'_>, is_factor: bool, words: &mut Words) -> Result<Slot, Fault> {
        if let Some(cell) = self.foreign(reference)? {
            return Ok(Slot::Foreign(cell));
        }
        let meanings = names.meanings(reference, is_factor)?;
        let own = meanings.iter().find(|m| matches!(m.named, Named::Row(row) if Some(row) == names.context));
        let meaning = match (meanings.as_slice(), own) {
            (_, Some(own)) => own.clone(),
            ([one], None) => one.clone(),
            _ => return Err(Fault::Ambiguous { word: reference.word.clone(), at: reference.at, n: meanings.len() }),
        };
        words.meanings.push(meaning);
        Ok(Slot::Own(words.meanings.len() - 1))
    }

    /// 《表名》03, G101表03: a cell of another form.
    fn foreign(&self, reference: &Reference) -> Result<Option<CellRef>, Fault> {
        let word = plain(&reference.word);
        let title = word.strip_prefix('《').and_then(|rest| rest.split_once('》'));
        let number =
            || word.split_once('表').filter(|(n, rest)| n.chars().any(|c| c.is_ascii_digit()) && rest.chars().any(|c| c.is_ascii_digit()));
        let Some((form, rest)) = title.or_else(number) else { return Ok(None) };
        if !self.index.labelled(&word).is_empty() {
            return Ok(None);
        }
        let Some(other) = (self.others)(form) else {
            return Err(Fault::UnknownForm { word: reference.word.clone(), at: reference.at });
        };
        let index = FormIndex::new(other);
        let names = Names { index: &index, context: None, in_columns: false, subject: None };
        let inner = Reference { word: rest.trim_start_matches(['表', '中', '的', ':', '第']).to_owned(), ..reference.clone() };
        let meanings = names.meanings(&inner, false)?;
        let columns = Columns { template: other, index: &index, is_additive: true, is_bound: false, scope: Vec::new() };
        let instances = columns.instances(meanings.get(..1).unwrap_or_default()).unwrap_or_default();
        let field = match instances.as_slice() {
            [(_, cells)] => cells.first().copied().flatten().and_then(|at| other.fields.get(at)),
            _ => None,
        };
        let shift = meanings.first().map(|m| m.shift).unwrap_or_default();
        field.map(|f| Some(CellRef { form: Some(other.id.clone()), field: f.id.clone(), shift })).ok_or(Fault::Columns)
    }

    /// Columns that a bracket names for the whole rule: （面积、产量）, （合计栏）, （城市、农村分别审核）.
    fn scope(&self, statement: &Statement) -> Vec<usize> {
        let mut found = Vec::new();
        for note in references(statement).iter().flat_map(|r| &r.notes) {
            let note = plain(note);
            if says_period(&note) {
                continue;
            }
            for part in note.split(['、', ',', '和', '及']) {
                let part = part.trim_end_matches("分别审核").trim_end_matches(['栏', '列']).trim_end_matches("分别");
                let near = |name: &str| {
                    name == part
                        || (part.chars().count() >= 2
                            && (name.contains(part) || part.contains(&*crate::domain::rule::text::without_brackets(name))))
                };
                let columns = self.index.columns.iter().enumerate().filter(|(_, (name, _))| !name.is_empty() && near(name));
                found.extend(columns.map(|(c, _)| c));
            }
        }
        // 播种面积（产量） is said of the first word: both columns are meant.
        let first = subject_of(statement).filter(|r| !r.notes.is_empty() && !found.is_empty());
        if let Some(first) = first {
            let names = Names { index: self.index, context: None, in_columns: false, subject: None };
            let bare = Reference { notes: Vec::new(), ..first.clone() };
            let cells = names.meanings(&bare, false).unwrap_or_default();
            found.extend(cells.iter().filter_map(|m| if let Named::Cell(_, column) = m.named { Some(column) } else { None }));
        }
        found
    }

    fn bound(
        &self,
        sketch: &Sketch,
        conditions: &[Sketch],
        words: &Words,
        scope: Vec<usize>,
        severity: Severity,
    ) -> Result<Vec<Check>, Fault> {
        let is_additive = !words.is_multiplied;
        let is_bound = !matches!(sketch, Sketch::Numbers(_, Comparator::Equal | Comparator::Unequal, _));
        let columns = Columns { template: self.template, index: self.index, is_additive, is_bound, scope };
        let mut meanings = words.meanings.clone();
        if columns.scope.len() > 1 {
            // The first word said one of the columns of the scope; all of them are meant.
            for meaning in &mut meanings {
                if let Named::Cell(row, column) = meaning.named
                    && columns.scope.contains(&column)
                {
                    meaning.named = Named::Row(row);
                }
            }
        }
        let instances = columns.instances(&meanings).ok_or(Fault::Columns)?;
        let guesses: Vec<(String, String)> = meanings.iter().filter_map(|m| m.guess.clone()).collect();
        let severity = if guesses.is_empty() { severity } else { Severity::Explain };
        let mut checks = Vec::new();
        for instance in &instances {
            if !self.index.may_look_at(meanings.len()) {
                return Err(Fault::TooLarge);
            }
            let fill = Fill { template: self.template, meanings: &meanings, instance };
            let test = match sketch {
                Sketch::Blank(slot) => Test::Blank(fill.cell(slot)?),
                Sketch::Required(slot) => Test::Required(fill.cell(slot)?),
                other => Test::Compare(self.in_one_unit(fill.comparison(other)?)),
            };
            if let Some((word, _)) = guesses.first()
                && has_cell_on_both_sides(&test)
            {
                return Err(Fault::Unknown { word: word.clone(), at: 0 });
            }
            let when = conditions.iter().map(|c| fill.comparison(c)).collect::<Result<Vec<Comparison>, Fault>>()?;
            let check = Check {
                rule: self.rule,
                text: self.text.to_owned(),
                column: instance.0.clone(),
                when,
                test,
                severity,
                guesses: guesses.clone(),
            };
            if check.cells().len() > MAX_CELLS {
                return Err(Fault::TooLarge);
            }
            if !checks.contains(&check) {
                checks.push(check);
            }
        }
        Ok(checks)
    }

    /// Cells of one dimension in different units are brought to the first one's, where the rule itself has no factor.
    fn in_one_unit(&self, comparison: Comparison) -> Comparison {
        let Comparison::Numbers { left, comparator, right } = comparison else { return comparison };
        let unit = |cell: &CellRef| {
            let template = match &cell.form {
                None => Some(self.template),
                Some(id) => (self.others)(id.as_str()),
            };
            let field = template?.fields.iter().find(|f| f.id == cell.field)?;
            self.measures.find(&field.unit).cloned()
        };
        let has_number = |f: &Formula| !f.is_additive() || has_number(f);
        let cells: Vec<Option<UnitOfMeasure>> = left.cells().into_iter().chain(right.cells()).map(unit).collect();
        let Some(Some(first)) = cells.first().cloned() else { return Comparison::Numbers { left, comparator, right } };
        let is_mixed = cells.iter().flatten().any(|u| u.atoms != first.atoms);
        let is_one_dimension = cells.iter().all(|u| u.as_ref().is_some_and(|u| u.dimension == first.dimension));
        if !is_mixed || !is_one_dimension || has_number(&left) || has_number(&right) {
            return Comparison::Numbers { left, comparator, right };
        }
        let convert = |formula: Formula| converted(formula, &first, &unit);
        Comparison::Numbers { left: convert(left), comparator, right: convert(right) }
    }
}

fn name_of(row: &crate::domain::rule::index::Row) -> String {
    if row.code.is_empty() { row.label.clone() } else { row.code.clone() }
}
