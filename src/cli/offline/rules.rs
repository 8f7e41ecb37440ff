//! `rules`: how the printed rules of templates are read, clause by clause, and the totals that their structure implies.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::json;

use crate::cli::client::answer::{Answer, finish, to_stderr};
use crate::cli::client::failure::EXIT_REFUSED;
use crate::cli::client::grid::{Grid, text};
use crate::cli::client::words::{full_label, pick};
use crate::cli::offline::files::read_paths;
use crate::domain::measure::Measures;
use crate::domain::message::{Language, render};
use crate::domain::rule::{CellRef, Check, Fault, Reading, Severity, read_rules};
use crate::domain::template::FormTemplate;
use crate::overlap::{Proposal, proposals};

/// Show how the printed rules of templates are read; needs no server
#[derive(clap::Args, Debug)]
pub struct RulesArgs {
    /// Template files in JSON, or folders of them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t)]
    format: RulesFormat,
    /// Only clauses that are not checked
    #[arg(long)]
    unread: bool,
    /// Show the totals that the structure implies too
    #[arg(long)]
    structure: bool,
    /// Language of tables and messages
    #[arg(long, env = "BAOYICI_LANGUAGE", value_enum, default_value_t = Language::Zh)]
    language: Language,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum RulesFormat {
    /// A table for people and a line of shares
    #[default]
    Table,
    /// One JSON object for each clause
    Jsonl,
}

/// How many clauses became what.
#[derive(Debug, Default)]
struct Shares {
    rules: usize,
    rules_whole: usize,
    clauses: usize,
    parsed: usize,
    resolved: usize,
    checks: usize,
    remarks: usize,
    reasons: BTreeMap<&'static str, usize>,
}

impl Shares {
    fn add(&mut self, template: &FormTemplate, readings: &[Reading]) {
        self.rules += template.rules.len();
        for rule in 0..template.rules.len() {
            let mut own = readings.iter().filter(|r| r.rule == rule && r.checks.as_ref().err() != Some(&Fault::Remark)).peekable();
            self.rules_whole += usize::from(own.peek().is_some() && own.all(|r| r.checks.is_ok()));
        }
        for reading in readings {
            match &reading.checks {
                Err(Fault::Remark) => self.remarks += 1,
                Ok(checks) => {
                    self.clauses += 1;
                    self.parsed += 1;
                    self.resolved += 1;
                    self.checks += checks.len();
                }
                Err(fault) => {
                    self.clauses += 1;
                    self.parsed += usize::from(reading.clause.read.is_ok());
                    *self.reasons.entry(fault.as_str()).or_default() += 1;
                }
            }
        }
    }

    fn line(&self, language: Language) -> String {
        let share = |n: usize, of: usize| if of == 0 { "-".to_owned() } else { format!("{:.1} %", 100.0 * n as f64 / of as f64) };
        let reasons: Vec<String> = self.reasons.iter().map(|(reason, n)| format!("{reason} {n}")).collect();
        let Self { rules, rules_whole, clauses, parsed, resolved, checks, remarks, .. } = self;
        let (p, r, w) = (share(*parsed, *clauses), share(*resolved, *clauses), share(*rules_whole, *rules));
        match language {
            Language::Zh => format!(
                "{rules} 条审核关系，{clauses} 个分句：读懂 {parsed}（{p}），对上指标 {resolved}（{r}），成为 {checks} 个审核式；整条都对上的 {rules_whole}（{w}）；说明文字 {remarks} 处。没有对上的：{}\n",
                if reasons.is_empty() { "无".to_owned() } else { reasons.join("，") }
            ),
            Language::En => format!(
                "{rules} printed rules, {clauses} clauses: read {parsed} ({p}), bound to fields {resolved} ({r}), as {checks} checks; {rules_whole} rules whole ({w}); {remarks} remarks. Not bound: {}\n",
                if reasons.is_empty() { "none".to_owned() } else { reasons.join(", ") }
            ),
        }
    }
}

/// Runs the command: exit code 2 where a file was refused.
pub fn run(args: RulesArgs) -> anyhow::Result<ExitCode> {
    let measures = Measures::embedded();
    let read = read_paths(&args.paths, 2026, &measures)?;
    to_stderr(&read.told(args.language, false));
    let other = |name: &str| {
        read.templates
            .iter()
            .find(|t| [&t.number, &t.title].into_iter().any(|n| n.trim().eq_ignore_ascii_case(name)) || t.id.as_str() == name)
    };
    let mut shares = Shares::default();
    let mut grid = Grid::new(&[
        ("form", "表", "form"),
        ("rule", "条", "rule"),
        ("clause", "原文", "as printed"),
        ("reading", "读法或原因", "reading or reason"),
    ]);
    let mut lines = String::new();
    for template in &read.templates {
        let readings = read_rules(template, &measures, &other);
        shares.add(template, &readings);
        for reading in readings.iter().filter(|r| !args.unread || matches!(&r.checks, Err(f) if *f != Fault::Remark)) {
            lines.push_str(&format!("{}\n", line(template, reading, args.language)));
            grid.push(vec![
                text(template.id.as_str()),
                text((reading.rule + 1).to_string()),
                text(reading.clause.text.clone()),
                text(reading_of(template, reading, args.language)),
            ]);
        }
        for proposal in proposals(template).iter().filter(|_| args.structure) {
            let shown = proposal_of(template, proposal);
            let words = pick(args.language, "结构", "structure");
            lines.push_str(&format!("{}\n", json!({"form_id": template.id.as_str(), "structure": proposal.words, "check": shown})));
            grid.push(vec![text(template.id.as_str()), text(words), text(proposal.words.clone()), text(shown)]);
        }
    }
    let out = match args.format {
        RulesFormat::Jsonl => lines,
        RulesFormat::Table => format!("{}{}", grid.to_table(args.language), shares.line(args.language)),
    };
    let code = finish(args.language, Ok(Answer::of(out)));
    Ok(if read.has_errors() { ExitCode::from(EXIT_REFUSED) } else { code })
}

fn name(template: &FormTemplate, cell: &CellRef) -> String {
    let own = template.fields.iter().find(|f| f.id == cell.field).filter(|_| cell.form.is_none());
    match (own, &cell.form) {
        (Some(field), _) => full_label(&[], &field.label, &field.column),
        (None, Some(form)) => format!("{form}/{}", cell.field),
        (None, None) => cell.field.to_string(),
    }
}

fn shown(template: &FormTemplate, check: &Check) -> String {
    let name = |cell: &CellRef| name(template, cell);
    check.show(&name)
}

fn reading_of(template: &FormTemplate, reading: &Reading, language: Language) -> String {
    match &reading.checks {
        Ok(checks) => {
            let first: Vec<String> = checks.iter().take(3).map(|c| shown(template, c)).collect();
            let more = checks.len().saturating_sub(3);
            let mut out = first.join("\n");
            if more > 0 {
                out.push_str(pick(language, &format!("\n…另有 {more} 个"), &format!("\n… {more} more")));
            }
            for (word, label) in checks.first().map(|c| c.guesses.clone()).unwrap_or_default() {
                out.push_str(pick(language, &format!("\n（“{word}”按“{label}”理解）"), &format!("\n(“{word}” taken for “{label}”)")));
            }
            out
        }
        Err(fault) => render(&fault.to_problem(&reading.clause), language),
    }
}

fn line(template: &FormTemplate, reading: &Reading, language: Language) -> serde_json::Value {
    let mut line = json!({
        "form_id": template.id.as_str(),
        "rule": reading.rule + 1,
        "at": reading.clause.at + 1,
        "printed": reading.clause.text,
        "parsed": reading.clause.read.as_ref().ok().map(ToString::to_string),
    });
    let rest = match &reading.checks {
        Ok(checks) => json!({
            "checks": checks.iter().map(|c| shown(template, c)).collect::<Vec<_>>(),
            "severity": checks.first().map(|c| if c.severity == Severity::Refuse { "refuse" } else { "explain" }),
            "guesses": checks.first().map(|c| c.guesses.clone()).unwrap_or_default(),
        }),
        Err(fault) => json!({"reason": fault.as_str(), "message": render(&fault.to_problem(&reading.clause), language)}),
    };
    if let (Some(line), serde_json::Value::Object(rest)) = (line.as_object_mut(), rest) {
        line.extend(rest);
    }
    line
}

fn proposal_of(template: &FormTemplate, proposal: &Proposal) -> String {
    let label = |at: &usize| template.fields.get(*at).map(|f| full_label(&[], &f.label, &f.column)).unwrap_or_default();
    let parts: Vec<String> = proposal.parts.iter().map(label).collect();
    format!("{} {} {}", label(&proposal.total), if proposal.is_exhaustive { "=" } else { "≥" }, parts.join(" + "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_the_sample_is_bound() {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schemas/forms/templates");
        let measures = Measures::embedded();
        let read = read_paths(&[folder], 2026, &measures).unwrap();
        let mut shares = Shares::default();
        for template in &read.templates {
            shares.add(template, &read_rules(template, &measures, &|_| None));
        }
        assert_eq!((shares.rules, shares.rules_whole, shares.clauses, shares.resolved), (124, 124, 150, 150), "{shares:?}");
        assert!(shares.line(Language::Zh).contains("100.0 %"));
    }

    #[test]
    fn help_is_stable() {
        insta::assert_snapshot!("help_rules", crate::cli::client::tests::help_of::<RulesArgs>("rules"));
    }
}
