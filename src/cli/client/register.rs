//! `register`: organisations and units from CSV, form templates from JSON. A template's answer says at once what others collect already.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::cli::client::answer::{Answer, Format, finish, read_file, request_id};
use crate::cli::client::connection::{Connection, ServerArgs};
use crate::cli::client::failure::{EXIT_REFUSED, Failure};
use crate::cli::client::json::{print, to_json};
use crate::cli::client::verdict::{added_lines, counts_line, fields_grid};
use crate::cli::client::words::pick;
use crate::domain::message::Language;
use crate::domain::organisation::{Organisation, OrganisationKind};
use crate::domain::problem::Problem;
use crate::formats::organisations_csv::read_organisations;
use crate::pb;

/// Register organisations, reporting units or form templates
#[derive(clap::Args, Debug)]
pub struct RegisterArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// Register organisations from a CSV file: id,name,kind,parent (operators)
    Organisations(TableArgs),
    /// Register reporting units from a CSV file: code,name,level,parent and optionally valid_from,valid_to (operators)
    Units(TableArgs),
    /// Register form templates from JSON files, or preview them (data officers)
    Template(TemplateArgs),
}

#[derive(clap::Args, Debug)]
struct TableArgs {
    /// CSV file in UTF-8; - for standard input
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,
    /// Check only and store nothing
    #[arg(long)]
    preview: bool,
    /// Request id: the same id with the same content gives the same answer
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(clap::Args, Debug)]
struct TemplateArgs {
    /// Template files; - for standard input
    #[arg(required = true, value_name = "FILE.json")]
    files: Vec<PathBuf>,
    /// Say what registering would answer and store nothing
    #[arg(long)]
    preview: bool,
    /// Request id; with several files each gets the id with its number
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    server: ServerArgs,
}

/// Runs the command.
pub async fn run(args: RegisterArgs) -> anyhow::Result<ExitCode> {
    Ok(match args.what {
        What::Organisations(args) => finish(args.server.language, organisations(&args).await),
        What::Units(args) => finish(args.server.language, units(&args).await),
        What::Template(args) => templates(&args).await,
    })
}

async fn organisations(args: &TableArgs) -> Result<Answer, Failure> {
    let organisations = organisations_of(&read_file(&args.file)?)?;
    let request =
        pb::RegisterOrganisationsRequest { request_id: request_id(args.request_id.as_deref()), organisations, validate_only: args.preview };
    let answer = args.server.connect()?.register_organisations(request).await?;
    Ok(registered(args, answer.registered, &answer.problems, ("个单位", "organisations")))
}

/// The organisations of a CSV file as messages; refused where the file has an error.
pub(crate) fn organisations_of(csv: &[u8]) -> Result<Vec<pb::Organisation>, Failure> {
    let read = read_organisations(csv);
    if read.problems.iter().any(Problem::is_error) {
        return Err(Failure::File(read.problems));
    }
    Ok(read.rows.into_iter().map(organisation_to_pb).collect())
}

fn organisation_to_pb(organisation: Organisation) -> pb::Organisation {
    let kind = match organisation.kind {
        OrganisationKind::Bureau => pb::OrganisationKind::Bureau,
        OrganisationKind::Department => pb::OrganisationKind::Department,
        OrganisationKind::Office => pb::OrganisationKind::Office,
        OrganisationKind::Subordinate => pb::OrganisationKind::Subordinate,
    };
    pb::Organisation {
        id: organisation.id.to_string(),
        name: organisation.name,
        kind: kind.into(),
        parent: organisation.parent.map(|p| p.to_string()).unwrap_or_default(),
    }
}

async fn units(args: &TableArgs) -> Result<Answer, Failure> {
    let request = pb::RegisterUnitsRequest {
        request_id: request_id(args.request_id.as_deref()),
        source: Some(pb::register_units_request::Source::Csv(read_file(&args.file)?)),
        validate_only: args.preview,
    };
    let answer = args.server.connect()?.register_units(request).await?;
    Ok(registered(args, answer.registered, &answer.problems, ("行填报单位", "unit rows")))
}

fn registered(args: &TableArgs, n: u32, problems: &[pb::Problem], (zh, en): (&str, &str)) -> Answer {
    let language = args.server.language;
    let line = match (args.preview, problems.is_empty(), language) {
        (false, _, Language::Zh) => format!("已登记 {n} {zh}\n"),
        (false, _, Language::En) => format!("{n} {en} registered\n"),
        (true, true, _) => pick(language, "没有问题，没有保存\n", "no problems; nothing was stored\n").to_owned(),
        (true, false, _) => pick(language, "有以下问题，没有保存\n", "problems were found; nothing was stored\n").to_owned(),
    };
    Answer::of(line).with_problems(language, problems)
}

/// Registers each file; one that is refused does not keep the others from being registered.
async fn templates(args: &TemplateArgs) -> ExitCode {
    let language = args.server.language;
    let mut worst = None;
    let mut answers = Vec::new();
    for (n, file) in args.files.iter().enumerate() {
        match template(args, file, n).await {
            Ok(answer) if args.format == Format::Json => {
                let is_refused = answer.problems.iter().any(|p| p.severity() == pb::Severity::Error);
                worst = if is_refused { Some(ExitCode::from(EXIT_REFUSED)) } else { worst };
                answers.push(answer);
            }
            Ok(answer) => {
                let head = if args.format == Format::Table { format!("{}\n", file.display()) } else { String::new() };
                let shown = shown(language, args.format, &answer);
                let code = finish(language, Ok(Answer { out: format!("{head}{}", shown.out), ..shown }));
                worst = if code == ExitCode::SUCCESS { worst } else { Some(code) };
            }
            Err(failure) => {
                worst = Some(failure.exit_code());
                let told = format!("{}:\n{}", file.display(), failure.render(language));
                crate::cli::client::answer::to_stderr(&told);
            }
        }
    }
    if args.format == Format::Json {
        let all: Vec<serde_json::Value> = answers.iter().map(|a| to_json(a, "RegisterTemplateResponse")).collect();
        let whole = match (args.files.len(), all.first()) {
            (1, Some(only)) => print(only),
            (1, None) => String::new(),
            _ => print(&all.into()),
        };
        crate::cli::client::answer::to_stdout(whole.as_bytes());
    }
    worst.unwrap_or(ExitCode::SUCCESS)
}

async fn template(args: &TemplateArgs, file: &Path, n: usize) -> Result<pb::RegisterTemplateResponse, Failure> {
    let id = match &args.request_id {
        Some(id) if args.files.len() > 1 => format!("{id}-{}", n + 1),
        given => request_id(given.as_deref()),
    };
    register_json(&args.server.connect()?, &id, read_file(file)?, args.preview).await
}

/// Registers or previews one template file.
pub(crate) async fn register_json(
    connection: &Connection,
    request_id: &str,
    json: Vec<u8>,
    preview: bool,
) -> Result<pb::RegisterTemplateResponse, Failure> {
    let request = pb::RegisterTemplateRequest {
        request_id: request_id.to_owned(),
        source: Some(pb::register_template_request::Source::TemplateJson(json)),
        validate_only: preview,
    };
    connection.register_template(request).await
}

fn shown(language: Language, format: Format, answer: &pb::RegisterTemplateResponse) -> Answer {
    let mut head = match (answer.version, language) {
        (0, Language::Zh) => format!("{}：预览，没有保存", answer.form_id),
        (0, Language::En) => format!("{}: preview, nothing was stored", answer.form_id),
        (n, Language::Zh) => format!("{}：已登记第 {n} 版", answer.form_id),
        (n, Language::En) => format!("{}: version {n} registered", answer.form_id),
    };
    if let Some(counts) = &answer.counts {
        head = format!("{head}\n{}\n{}", counts_line(language, counts), added_lines(language, &answer.added).join("\n"));
    }
    let grid = fields_grid(language, &answer.fields);
    let json = || to_json(answer, "RegisterTemplateResponse");
    Answer::of_grid(format, language, &head, &grid, json).with_problems(language, &answer.problems)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn answer() -> pb::RegisterTemplateResponse {
        let key = |form: &str, field: &str| Some(pb::FieldKey { form_id: form.into(), field_id: field.into(), since: 1 });
        let relation = pb::Relation {
            a: key("mzt-cunju", "M05"),
            b: key("tjj-cun", "T09"),
            kind: pb::RelationKind::Same.into(),
            sentence_zh: "与《行政村经济社会基本情况年报》的“年末常住人口”是同一个数".into(),
            sentence_en: "the same figure as 年末常住人口 of 行政村经济社会基本情况年报".into(),
            ..Default::default()
        };
        let field = |id: &str, label: &str, standing: pb::Standing, relations: Vec<pb::Relation>| pb::FieldOverlap {
            field: key("mzt-cunju", id),
            label: label.into(),
            element: format!("e{:016x}", id.len()),
            standing: standing.into(),
            relations,
        };
        pb::RegisterTemplateResponse {
            form_id: "mzt-cunju".into(),
            version: 1,
            problems: vec![],
            fields: vec![
                field("M05", "常住人口", pb::Standing::Held, vec![relation]),
                field("M06", "村民小组数", pb::Standing::New, vec![]),
            ],
            counts: Some(pb::OverlapCounts { fields: 2, held: 1, computable: 0, look_alike: 0, new_fields: 1 }),
            added: vec![pb::AddedBurden {
                level: pb::Level::Township.into(),
                units: 1387,
                cells_per_unit_min: 8,
                cells_per_unit_max: 8,
                cells: 11096,
            }],
        }
    }

    #[test]
    fn the_verdict_on_a_form_is_shown() {
        insta::assert_snapshot!("register_template_zh", shown(Language::Zh, Format::Table, &answer()).out);
        insta::assert_snapshot!("register_template_en", shown(Language::En, Format::Table, &answer()).out);
        insta::assert_snapshot!("register_template_csv", shown(Language::Zh, Format::Csv, &answer()).out);
    }

    #[test]
    fn a_bad_table_is_not_sent() {
        let failure = organisations_of("id,name,kind,parent\na b,x,club,\n".as_bytes()).err().unwrap();
        assert!(matches!(&failure, Failure::File(problems) if problems.len() == 2), "{failure}");
    }
}
