//! `overlap`: the data elements of a set of templates and the pairs that are left to a reviewer, as tables or as lines for the scorer.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::ValueEnum;
use serde::Serialize;

use crate::cli::client::answer::{Answer, finish, to_stderr};
use crate::cli::client::failure::EXIT_REFUSED;
use crate::cli::client::grid::{Grid, number, text};
use crate::cli::client::words::pick;
use crate::cli::offline::answers::read_decisions;
use crate::cli::offline::decisions;
use crate::cli::offline::files::{catalogue_of, read_paths};
use crate::cli::offline::learned::{self, SynonymLine};
use crate::domain::id::{ElementId, FieldKey};
use crate::domain::measure::Measures;
use crate::domain::message::Language;
use crate::domain::relation::{Relation, RelationKind};
use crate::overlap::learn::learn;
use crate::overlap::{BlockingRecall, Catalogue, Relations, explain};

/// Find which fields of the templates are one figure; needs no server
#[derive(clap::Args, Debug)]
pub struct OverlapArgs {
    /// Template files in JSON, or folders of them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// What reviewers decided, one JSON object a line: a and b (form_id, field_id) and the verdict (same, different, narrower, broader, unsure)
    #[arg(long, value_name = "FILE")]
    decisions: Option<PathBuf>,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t)]
    format: OverlapFormat,
    /// How many lines each table has; 0 for all
    #[arg(long, default_value_t = 40)]
    limit: usize,
    /// Compare every field with every other instead, and tell what share of the pairs worth a look the index finds; slow
    #[arg(long)]
    check_blocking: bool,
    /// Year of forms that name none
    #[arg(long, default_value_t = 2026)]
    year: i16,
    /// Language of tables and messages
    #[arg(long, env = "BAOYICI_LANGUAGE", value_enum, default_value_t = Language::Zh)]
    language: Language,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum OverlapFormat {
    /// Tables for people
    #[default]
    Table,
    /// One JSON object a line: every field with its element, then the candidates, then all other relations, then the synonyms that decisions
    /// propose
    Jsonl,
}

/// A line of the result.
#[derive(Serialize)]
#[serde(untagged)]
enum Line<'a> {
    Field { kind: &'static str, form_id: &'a str, field_id: &'a str, element: ElementId, offset: i16, certain: bool },
    Pair { kind: &'static str, a: End<'a>, b: End<'a>, relation: &'static str, score: f64, why: String },
    Synonym(SynonymLine),
}

/// One side of a pair.
#[derive(Serialize)]
struct End<'a> {
    form_id: &'a str,
    field_id: &'a str,
}

impl<'a> End<'a> {
    fn of(key: &'a FieldKey) -> Self {
        Self { form_id: key.form.as_str(), field_id: key.field.as_str() }
    }
}

/// Runs the command: exit code 2 where a file was refused, the rest is compared all the same.
pub async fn run(args: OverlapArgs) -> anyhow::Result<ExitCode> {
    let measures = Arc::new(Measures::embedded());
    let mut read = read_paths(&args.paths, args.year, &measures)?;
    to_stderr(&read.told(args.language, false));
    let refused = read.has_errors();
    let mut catalogue = catalogue_of(std::mem::take(&mut read.templates), &measures)?;
    if let Some(path) = &args.decisions {
        let answers = read_decisions(path, &catalogue)?;
        to_stderr(&decisions::apply(&mut catalogue, path, args.language)?);
        // As on a server, neighbours that decisions made one figure count, and what they told apart stays apart.
        let learned = learn(&catalogue.snapshot(), &answers.pairs);
        catalogue.set_learned(Arc::new(learned));
    }
    if args.check_blocking {
        let recall = catalogue.snapshot().blocking_recall(1, crate::overlap::LOOK_ALIKE_SCORE).await?;
        let code = finish(args.language, Ok(Answer::of(told(args.language, &recall))));
        return Ok(if refused { ExitCode::from(EXIT_REFUSED) } else { code });
    }
    let relations = catalogue.snapshot().relations().await?;
    let printed = match args.format {
        OverlapFormat::Jsonl => lines(args.language, &catalogue, &relations, &mut BufWriter::new(std::io::stdout().lock())),
        OverlapFormat::Table => write_out(&tables(args.language, &catalogue, &relations, args.limit)),
    };
    // Whoever reads may have enough before the end.
    if let Err(error) = printed
        && error.kind() != ErrorKind::BrokenPipe
    {
        return Err(error.into());
    }
    Ok(if refused { ExitCode::from(EXIT_REFUSED) } else { ExitCode::SUCCESS })
}

fn write_out(text: &str) -> std::io::Result<()> {
    std::io::stdout().lock().write_all(text.as_bytes())
}

fn told(language: Language, recall: &BlockingRecall) -> String {
    let (n_worth, n_met, share) = (recall.n_worth, recall.n_met, recall.share());
    let head = match language {
        Language::Zh => format!("逐对比较，值得一看的有 {n_worth} 对；索引找到其中 {n_met} 对，占 {share:.5}\n"),
        Language::En => format!("of {n_worth} pairs worth a look among all pairs, the index lets {n_met} meet, a share of {share:.5}\n"),
    };
    recall.missed.iter().fold(head, |text, (a, b)| format!("{text}{a}\t{b}\n"))
}

/// Elements that decisions, synonyms and proven scores make one.
fn joined_of(catalogue: &Catalogue, relations: &Relations) -> BTreeMap<ElementId, ElementId> {
    let from = catalogue.learned().calibration.automatic_from;
    let surest = relations.page(&[RelationKind::LooksAlike], 0);
    let proven: Vec<Relation> = surest.take_while(|r| from.is_some_and(|from| r.score >= from)).collect();
    catalogue.snapshot().joined_elements(&proven)
}

/// Writes the lines as they are worked out, so that a large catalogue's relations are never all in memory.
fn lines(language: Language, catalogue: &Catalogue, relations: &Relations, out: &mut impl Write) -> std::io::Result<()> {
    let mut push = |line: Line<'_>| -> std::io::Result<()> {
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")
    };
    let joined = joined_of(catalogue, relations);
    for key in catalogue.forms().flat_map(|form| &form.field_keys) {
        let Some(known) = catalogue.field(key) else { continue };
        let own = known.element();
        let element = joined.get(&own).copied().unwrap_or(own);
        let (form_id, field_id) = (key.form.as_str(), key.field.as_str());
        let (offset, certain) = (known.meaning.offset_years, known.meaning.is_certain);
        push(Line::Field { kind: "field", form_id, field_id, element, offset, certain })?;
    }
    let named = |key: &FieldKey| catalogue.form(&key.form).map(|form| explain::Named::of(form, key)).unwrap_or_default();
    let why = |r: &Relation| explain::sentence(r, &named(&r.a), &named(&r.b), language);
    for r in relations.page(&[RelationKind::LooksAlike], 0) {
        // The reviewer is asked whether the two are the same.
        push(pair("candidate", RelationKind::Same, &r, why(&r)))?;
    }
    let others: Vec<RelationKind> = relations.n_of_kinds().into_keys().filter(|kind| *kind != RelationKind::LooksAlike).collect();
    if !others.is_empty() {
        for r in relations.page(&others, 0) {
            push(pair(r.kind.as_str(), r.kind, &r, why(&r)))?;
        }
    }
    for proposed in &catalogue.learned().synonyms {
        push(Line::Synonym(SynonymLine::of(proposed)))?;
    }
    out.flush()
}

fn pair<'a>(kind: &'static str, relation: RelationKind, r: &'a Relation, why: String) -> Line<'a> {
    Line::Pair { kind, a: End::of(&r.a), b: End::of(&r.b), relation: relation.as_str(), score: r.score, why }
}

/// An element with the fields in which it appears.
type Appearances<'a> = BTreeMap<ElementId, Vec<&'a FieldKey>>;

fn tables(language: Language, catalogue: &Catalogue, relations: &Relations, limit: usize) -> String {
    let limit = if limit == 0 { usize::MAX } else { limit };
    let mut elements: Appearances<'_> = BTreeMap::new();
    let joined = joined_of(catalogue, relations);
    let (mut n_forms, mut n_fields) = (0_usize, 0_usize);
    for form in catalogue.forms() {
        n_forms += 1;
        for key in &form.field_keys {
            n_fields += 1;
            if let Some(known) = catalogue.field(key) {
                let own = known.element();
                elements.entry(joined.get(&own).copied().unwrap_or(own)).or_default().push(key);
            }
        }
    }
    let n_elements = elements.len();
    let n_forms_of = |fields: &[&FieldKey]| fields.iter().map(|k| &k.form).collect::<BTreeSet<_>>().len();
    let mut shared: Vec<(ElementId, Vec<&FieldKey>)> = elements.into_iter().filter(|(_, fields)| n_forms_of(fields) > 1).collect();
    shared.sort_by_key(|(id, fields)| (std::cmp::Reverse(n_forms_of(fields)), std::cmp::Reverse(fields.len()), *id));
    let kinds = relations.n_of_kinds();
    let n_candidates = kinds.get(&RelationKind::LooksAlike).map_or(0, |n| usize::try_from(*n).unwrap_or(usize::MAX));
    let candidates: Vec<Relation> = relations.page(&[RelationKind::LooksAlike], 0).take(limit).collect();
    let n_shared = shared.len();
    let head = match language {
        Language::Zh => format!(
            "{n_forms} 张表，{n_fields} 个指标，{n_elements} 个数据元；{n_shared} 个数据元不止一张表在要；{n_candidates} 对疑似，待人工判断"
        ),
        Language::En => format!(
            "{n_forms} forms, {n_fields} fields, {n_elements} elements; {n_shared} elements are asked by more than one form; {n_candidates} pairs look alike and are left to a reviewer"
        ),
    };
    let shared_head = pick(language, "不止一张表在要的数据元：", "elements that more than one form asks:");
    let alike_head = pick(language, "疑似，把握大的在前：", "look-alikes, the surest first:");
    let more = |n: usize| crate::cli::client::form::more(language, n, limit);
    format!(
        "{head}\n\n{shared_head}\n{}{}\n{alike_head}\n{}{}\n{}{}",
        shared_grid(catalogue, &shared, limit).to_table(language),
        more(n_shared),
        alike_grid(language, catalogue, &candidates).to_table(language),
        more(n_candidates),
        kinds_grid(kinds).to_table(language),
        learned::tables(language, catalogue.learned()),
    )
}

fn shared_grid(catalogue: &Catalogue, shared: &[(ElementId, Vec<&FieldKey>)], limit: usize) -> Grid {
    let mut grid = Grid::new(&[("element", "数据元", "element"), ("name", "名称", "name"), ("fields", "指标", "fields")]);
    for (id, fields) in shared.iter().take(limit) {
        let name = catalogue.element(*id).map(|e| e.name).unwrap_or_default();
        let printed: Vec<String> = fields.iter().map(|k| format!("{}/{}", k.form, k.field)).collect();
        grid.push(vec![text(id.to_string()), text(name), text(printed.join(" "))]);
    }
    grid
}

fn alike_grid(language: Language, catalogue: &Catalogue, candidates: &[Relation]) -> Grid {
    let mut grid = Grid::new(&[
        ("score", "把握", "score"),
        ("a", "指标甲", "field a"),
        ("a_label", "名称", "label"),
        ("b", "指标乙", "field b"),
        ("b_label", "名称", "label"),
        ("why", "理由", "why"),
    ]);
    let label = |key: &FieldKey| {
        let field = catalogue.form(&key.form).and_then(|f| f.template.fields.iter().find(|field| field.id == key.field));
        field.map(|f| f.label.clone()).unwrap_or_default()
    };
    let named = |key: &FieldKey| catalogue.form(&key.form).map(|form| explain::Named::of(form, key)).unwrap_or_default();
    for r in candidates {
        grid.push(vec![
            text(format!("{:.2}", r.score)),
            text(format!("{}/{}", r.a.form, r.a.field)),
            text(label(&r.a)),
            text(format!("{}/{}", r.b.form, r.b.field)),
            text(label(&r.b)),
            text(explain::sentence(r, &named(&r.a), &named(&r.b), language)),
        ]);
    }
    grid
}

fn kinds_grid(kinds: BTreeMap<RelationKind, u64>) -> Grid {
    let mut grid = Grid::new(&[("relation", "关系", "relation"), ("pairs", "对数", "pairs")]);
    for (kind, n) in kinds {
        grid.push(vec![text(kind.as_str()), number(n)]);
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_the_scorer() {
        let end = || End { form_id: "f", field_id: "A1" };
        let print = |line: &Line<'_>| serde_json::to_string(line).unwrap();
        let field =
            Line::Field { kind: "field", form_id: "f", field_id: "A1", element: ElementId::from_stored(10), offset: -1, certain: true };
        let line = r#"{"kind":"field","form_id":"f","field_id":"A1","element":"e000000000000000a","offset":-1,"certain":true}"#;
        assert_eq!(print(&field), line);
        let candidate = Line::Pair { kind: "candidate", a: end(), b: end(), relation: "same", score: 0.5, why: "像".into() };
        assert_eq!(
            print(&candidate),
            r#"{"kind":"candidate","a":{"form_id":"f","field_id":"A1"},"b":{"form_id":"f","field_id":"A1"},"relation":"same","score":0.5,"why":"像"}"#
        );
    }

    #[test]
    fn help_is_stable() {
        insta::assert_snapshot!("help_overlap", crate::cli::client::tests::help_of::<OverlapArgs>("overlap"));
    }
}
